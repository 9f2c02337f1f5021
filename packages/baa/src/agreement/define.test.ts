import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { complete } from '../../test/complete.ts'
import { agreed } from '../../test/twin/make.ts'
import { defineAgreement, parseAgreement } from '../index.ts'

const written = (over: Readonly<Record<string, unknown>> = {}) => ({ ...complete, ...over })
const refused = (over: Readonly<Record<string, unknown>>) => refusal(() => parseAgreement(written(over)))

describe('what is written', () => {
  it('S28 S29 becomes plain frozen JSON in which every clause has its place and its source', () => {
    const agreement = defineAgreement(complete)
    expect(agreement.services[0]).toEqual({
      id: 'services[0]',
      section: '1.1',
      page: 1,
      text: 'Scheduling and reminders.',
      service: 'scheduling',
      limits: {},
    })
    expect(agreement.permits[1]).toEqual({ id: 'permits[1]', class: 'phi.clinical.plan' })
    expect(agreement.prohibits[4]).toEqual({
      id: 'prohibits[4]',
      section: '2.4',
      page: 3,
      text: 'HIV status must not be stored.',
      selector: 'label:hiv',
    })
    expect(agreement.uses[0]).toEqual({ id: 'uses[0]', use: 'treatment' })
    expect(agreement.terms.access).toEqual({ id: 'terms.access', section: '5.2', page: 5, within: { days: 10 } })
    expect(agreement.ai).toMatchObject({ id: 'ai', training: 'prohibited', retention: { days: 30 }, subprocessors: [] })
    expect(agreement.agency).toEqual({ id: 'agency', is: 'independent', section: '8.1', page: 8 })
    expect(JSON.parse(JSON.stringify(agreement))).toEqual(agreement)
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen))
    expect(frozen(agreement)).toBe(true)
  })

  it('S161 keeps the version and the date of the terms', async () => {
    const agreement = defineAgreement({ ...complete, version: '1.3', dated: '2025-01-31' })
    expect([agreement.version, agreement.dated]).toEqual(['1.3', '2025-01-31'])
    for (const over of [{ version: '' }, { version: undefined }, { dated: 'January 2025' }, { dated: '2025-02-30' }]) {
      expect((await refused(over)).code).toBe('PHI_BAA_AGREEMENT')
    }
  })

  it('S28 leaves out what is not said, and takes `true` for a clause whose place is not written down', () => {
    const bare = agreed({ terms: { safeguards: true, access: { within: { days: 5 } } } })
    expect(bare.terms).toEqual({ safeguards: { id: 'terms.safeguards' }, access: { id: 'terms.access', within: { days: 5 } } })
    expect('expires' in bare || 'agency' in bare || 'eligibility' in bare).toBe(false)
    expect(JSON.stringify(parseAgreement(written({ expires: undefined, agency: undefined })))).not.toContain('undefined')
  })

  it('S29 a scope clause takes one value or several for each key', () => {
    const { services } = agreed({
      services: [
        {
          service: 'telehealth.video',
          vendor: 'v',
          edition: ['pro', 'team'],
          configuration: { 'waiting-room': 'on' },
          page: 4,
        },
      ],
    })
    expect(services).toEqual([
      {
        id: 'services[0]',
        page: 4,
        service: 'telehealth.video',
        limits: { vendor: ['v'], edition: ['pro', 'team'], configuration: { 'waiting-room': ['on'] } },
      },
    ])
  })

  it('S28 what was read can be read again, and is the same', () => {
    const inputs = [
      complete,
      agreed(),
      agreed({
        services: [{ service: 'ai', region: 'us', configuration: { training: ['off'] }, section: '1' }],
        excludes: [{ service: 'ai.chat', product: ['a', 'b'] }],
        conditions: ['mfa-on', { condition: 'waiting-room', services: ['telehealth'], page: 3 }],
        eligibility: { free: 'never', pro: 'on-request' },
        plan: 'pro',
        terminated: { at: '2026-08-01', section: '9' },
        windingDown: { from: '2026-08-02' },
        closed: { at: '2026-09-01', how: 'destroyed', evidence: 'certificate 7' },
      }),
    ]
    for (const input of inputs) {
      const once = parseAgreement(input)
      const stored = parseAgreement(JSON.parse(JSON.stringify(once)))
      expect(stored).toEqual(once)
      expect(JSON.stringify(stored)).toBe(JSON.stringify(once))
      expect(parseAgreement(once)).toEqual(once)
    }
  })
})

describe('contradictions are refused, with their place', () => {
  const party = (id: string, kind: string) => ({ id, kind })
  const signatures: readonly unknown[] = []
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['to', { to: { ...complete.from }, signatures }],
    ['from.kind', { from: party('practice', 'individual'), signatures }],
    ['from.kind', { from: party('practice', 'subcontractor'), signatures }],
    ['to.kind', { to: party('platform', 'workforce'), signatures }],
    ['to.kind', { to: party('platform', 'subcontractor'), signatures }],
    ['from.kind', { tier: 'ba-sub', signatures }],
    ['from.kind', { tier: 'mou', from: party('practice', 'other'), signatures }],
    ['to.kind', { tier: 'data-use', to: party('platform', 'individual'), signatures }],
    ['from.kind', { tier: 'qsoa', from: party('practice', 'workforce'), signatures }],
    ['services.*', { excludes: ['records'] }],
    ['services.*', { excludes: [{ service: 'records.notes' }] }],
    ['permits.*', { permits: ['phi.clinical.note'], prohibits: ['phi.clinical'] }],
    ['permits.*', { permits: ['phi.clinical.note'], prohibits: ['phi.clinical.note'] }],
    ['uses.*', { uses: ['operations.quality'], prohibitsUses: ['operations'] }],
    ['ai.training', { uses: ['ai.training'], prohibitsUses: [] }],
    ['ai.training', { ai: { training: 'permitted' } }],
    ['plan', { eligibility: { pro: 'always' }, plan: 'free' }],
    ['signatures.*.party', { signatures: [{ party: 'somebody', at: '2026-01-02T15:00:00.000Z' }] }],
    [
      'signatures',
      {
        signatures: [
          { party: 'practice', at: '2026-01-02T15:00:00.000Z' },
          { party: 'practice', at: '2026-01-03T15:00:00.000Z' },
        ],
      },
    ],
    ['expires', { effective: '2026-05-01', expires: '2026-04-30' }],
    ['expires', { effective: '2026-05-01T00:00:00.000Z', expires: '2026-05-01T00:00:00.000Z' }],
    ['windingDown', { expires: undefined, windingDown: { from: '2026-06-01' } }],
    ['windingDown', { windingDown: { from: '2026-06-01' } }],
    ['closed', { expires: undefined, closed: { at: '2026-06-01', how: 'returned' } }],
    ['closed', { closed: { at: '2027-12-30', how: 'returned' } }],
    [
      'closed',
      { terminated: { at: '2026-05-01' }, windingDown: { from: '2026-06-01' }, closed: { at: '2026-05-20', how: 'returned' } },
    ],
  ])('S28 %s: %j', async (path, over) => {
    const error = await refused(over)
    expect([error.code, error.path]).toEqual(['PHI_BAA_CONTRADICTION', `agreement.${path}`])
  })

  it('S28 what only looks like one is taken', () => {
    const fine: readonly Readonly<Record<string, unknown>>[] = [
      // A narrower exclusion or prohibition takes a part out of what is wider.
      { services: ['records'], excludes: ['records.export'] },
      { services: ['ai'], excludes: [{ service: 'ai', region: 'eu' }] },
      { permits: ['phi'], prohibits: ['phi.code'] },
      { permits: ['phi.clinical.note'], prohibits: ['label:hiv'] },
      { uses: ['operations'], prohibitsUses: ['operations.training'] },
      { ai: { training: 'permitted' }, uses: ['ai.training'], prohibitsUses: [] },
      { expires: '2026-01-02' },
      { windingDown: { from: '2028-01-01' } },
      { terminated: { at: '2026-05-01' }, windingDown: { from: '2026-05-01' }, closed: { at: '2026-05-01', how: 'returned' } },
      { signatures },
    ]
    for (const over of fine) expect(parseAgreement(written(over)).id).toBe(complete.id)
  })
})

describe('hostile data', () => {
  it('S28 a word that is not in the taxonomy, or is no word, is refused by its place', async () => {
    const cases: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
      [{ services: ['records.nots'] }, 'agreement.services.*'],
      [{ services: [{ service: 'records.notes', limits: { planet: 'x' } }] }, 'agreement.services.*'],
      [{ permits: ['label:hiv'] }, 'agreement.permits.*'],
      [{ permits: [{ class: 'constructor' }] }, 'agreement.permits.*'],
      [{ prohibits: ['label:hvi'] }, 'agreement.prohibits.*'],
      [{ uses: ['toString'] }, 'agreement.uses.*'],
      [{ conditions: ['__proto__'] }, 'agreement.conditions.*'],
      [{ conditions: ['constructor'] }, 'agreement.conditions.*'],
      [{ eligibility: { pro: 'sometimes' } }, 'agreement.eligibility.*'],
      [{ terms: { goodFaith: true } }, 'agreement.terms'],
      [{ terms: { access: false } }, 'agreement.terms.access'],
      [{ effective: '2026-02-29' }, 'agreement.effective'],
      [{ effective: Number.NaN }, 'agreement.effective'],
      [{ signatures: [{ party: 'practice', at: '2026-01-02' }] }, 'agreement.signatures.*.at'],
      [{ documentHash: 'A'.repeat(64) }, 'agreement.documentHash'],
      [{ tier: 'ce' }, 'agreement.tier'],
      [{ format: 'phi.agreement/v2' }, 'agreement.format'],
      [{ sevrices: [] }, 'agreement'],
      [{ from: { ...complete.from, id: '../x' } }, 'agreement.from.id'],
      [{ from: { ...complete.from, npi: '1234567890' } }, 'agreement.from.npi'],
      [{ services: Array.from({ length: 501 }, () => 'records') }, 'agreement.services'],
      [{ services: { length: 1, 0: 'records' } }, 'agreement.services'],
    ]
    for (const [over, path] of cases) {
      const error = await refused(over)
      expect(error.code).toBe('PHI_BAA_AGREEMENT')
      expect(`${error.path}`.startsWith(path), `${path}: ${error.path}`).toBe(true)
    }
  })

  it.each([undefined, null, 1, 'text', [], () => 0, Symbol('x'), new Map(), Number.NaN])(
    'S28 %s is no agreement',
    async (value) => {
      expect((await refusal(() => parseAgreement(value))).code).toBe('PHI_BAA_AGREEMENT')
    },
  )

  it('S28 a cycle, a getter that throws and a proxy are refused, and nothing of them is shown', async () => {
    const cycle: Record<string, unknown> = written()
    cycle.terms = cycle
    const thrower = Object.defineProperty(written(), 'id', {
      enumerable: true,
      get: () => {
        throw new Error('Jane Roe')
      },
    })
    const proxy = new Proxy(written(), {
      ownKeys: () => {
        throw new Error('Jane Roe')
      },
    })
    for (const value of [cycle, thrower, proxy]) {
      const error = await refusal(() => parseAgreement(value))
      expect(error.code).toBe('PHI_BAA_AGREEMENT')
      expect(JSON.stringify(error) + error.message + String(error.cause)).not.toContain('Jane')
    }
  })

  it('S28 whatever is put in the place of a member: an agreement, or a refusal that shows nothing of it', () => {
    const keys = Object.keys(complete)
    fc.assert(
      fc.property(
        fc.constantFrom(...keys),
        fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true }),
        (key, value) => {
          try {
            const agreement = parseAgreement(written({ [key]: value }))
            expect(parseAgreement(JSON.parse(JSON.stringify(agreement)))).toEqual(agreement)
          } catch (error) {
            if (!isPhiError(error)) throw error
            expect(['PHI_BAA_AGREEMENT', 'PHI_BAA_CONTRADICTION']).toContain(error.code)
          }
        },
      ),
      { numRuns: process.env.PHI_LONG === '1' ? 10_000 : 150 },
    )
  })

  it('S28 a marker in any text of the input never reaches an error', async () => {
    const marker = 'Jane-Roe-4711'
    for (const over of [
      { id: `${marker}\n` },
      { [marker]: 1 },
      { services: [marker] },
      { services: [{ service: 'records', [marker]: 1 }] },
      { from: { ...complete.from, name: ` ${marker}` } },
      { eligibility: { [marker]: 'x' } },
      { signatures: [{ party: marker, at: '2026-01-02T15:00:00.000Z' }] },
      { terms: { [marker]: true } },
    ]) {
      const error = await refused(over)
      expect(JSON.stringify(error) + error.message + error.path + String(error.cause)).not.toContain(marker)
    }
  })
})
