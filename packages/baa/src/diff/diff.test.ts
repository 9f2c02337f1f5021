import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { scribe } from '../../test/chained.ts'
import { complete } from '../../test/complete.ts'
import type { AgreementInput, Registry, RegistryOptions } from '../index.ts'
import { decideAny, parseAgreement, registry } from '../index.ts'
import { type Diff, type DiffOptions, diff, registryOfOne } from './diff.ts'
import { diffInMarkdown } from './diff-in-markdown.ts'

const parse = (input: AgreementInput) => parseAgreement(JSON.parse(JSON.stringify(input)))
const compared = (before: AgreementInput, after: AgreementInput, options?: DiffOptions) =>
  diff(parse(before), parse(after), options)
const v2 = (more: Partial<AgreementInput>): AgreementInput => ({ ...complete, version: '1.4', ...more })
const outcomes = ({ outcomes: all }: Diff) => Object.fromEntries(all.map(({ was, is, requests }) => [`${was} ${is}`, requests]))
const directions = ({ agreements }: Diff) =>
  agreements.flatMap(({ clauses }) =>
    clauses.filter(({ path }) => path !== 'version').map(({ path, direction }) => `${direction} ${path}`),
  )

/** Every witness is asked again. */
function witnessed(found: Diff, before: Registry, after: Registry): void {
  for (const { witness, was, is, requests } of found.flips) {
    expect([decideAny(before, witness).outcome, decideAny(after, witness).outcome]).toEqual([was, is])
    expect(requests).toBeGreaterThan(0)
  }
  const total = found.flips.reduce((sum, each) => sum + each.requests, 0)
  expect(total).toBe(found.outcomes.reduce((sum, each) => sum + each.requests, 0))
  expect(total).toBeLessThanOrEqual(found.requests)
}
const ofOne = (input: AgreementInput) => registryOfOne(parse(input))

describe('two versions of one agreement', () => {
  it('S161 a new version with a new date and nothing else changes no decision', () => {
    const found = compared(complete, v2({ dated: '2026-06-01', asOf: '2026-06-02' }))
    expect(found).toMatchObject({ flips: [], outcomes: [], undecided: [], exitCode: 0, added: [], removed: [] })
    expect(found.requests).toBeGreaterThan(1_000_000)
    expect(found.agreements[0]?.clauses.map(({ path, direction, was, is }) => [path, direction, was, is])).toEqual([
      ['version', 'neutral', '1.3', '1.4'],
      ['dated', 'neutral', '2026-01-01', '2026-06-01'],
      ['asOf', 'neutral', '2026-01-05', '2026-06-02'],
    ])
    expect(compared(complete, v2({ dated: '2026-06-01' }), { failOn: 'any' }).exitCode).toBe(1)
  })

  it('S161 a prohibition that was taken out, with the decisions that it opens and a witness', () => {
    const after = v2({
      permits: [...complete.permits, 'phi.code.icd10', 'phi.financial.claim', 'phi.clinical.diagnosis'],
      prohibits: complete.prohibits.filter((each) => each !== 'phi.code.icd10' && each !== 'phi.code.cpt'),
    })
    const found = compared(complete, after)
    expect(found.exitCode).toBe(1)
    expect(directions(found)).toEqual([
      'widened permits',
      'widened permits',
      'widened permits',
      'widened prohibits',
      'widened prohibits',
    ])
    expect(found.flips.every(({ was }) => was === 'deny')).toBe(true)
    const told = found.flips
      .filter(({ is }) => is === 'allow')
      .map(({ data, because }) => [data, because.before.map(({ code, clause }) => [code, clause?.id])])
    expect(told).toContainEqual([
      ['phi.clinical.diagnosis', 'phi.code.icd10'],
      expect.arrayContaining([['class-prohibited', 'prohibits[1]']]),
    ])
    witnessed(found, ofOne(complete), ofOne(after))
    expect(found.flips[0]?.witness).toMatchObject({ from: 'practice', to: 'platform' })
  })

  it('S115 S139 plans, conditions, places and dates', () => {
    const cases: [Partial<AgreementInput>, Partial<AgreementInput>, string, string[]][] = [
      [{}, { eligibility: { free: 'never', pro: 'always' } }, 'narrowed eligibility', ['allow deny', 'allow needs']],
      [{}, { conditions: ['mfa-on'] }, 'narrowed conditions', ['allow deny', 'allow needs']],
      [
        {},
        { services: [{ service: 'scheduling', region: 'us' }] },
        'narrowed services',
        ['allow deny', 'allow needs', 'needs deny'],
      ],
      [{}, { expires: '2028-12-31' }, 'widened expires', ['deny allow']],
      [{}, { terminated: { at: '2026-12-01' } }, 'narrowed terminated', ['allow deny']],
      [{}, { signatures: complete.signatures.slice(0, 1) }, 'narrowed signatures.platform', ['allow deny']],
      [{}, { excludes: ['scheduling.reminders'] }, 'narrowed excludes', ['allow deny']],
      [
        {},
        { prohibitsUses: ['operations.training'], ai: { training: 'prohibited' } },
        'narrowed prohibitsUses',
        ['allow deny'],
      ],
    ]
    for (const [was, is, clause, flipped] of cases) {
      const [before, after] = [
        { ...complete, ...was },
        { ...complete, ...is },
      ]
      const found = compared(before, after, {
        labels: ['part2'],
        services: ['scheduling', 'scheduling.reminders', 'ai.note-draft'],
      })
      expect(directions(found)).toContain(clause)
      for (const each of flipped) {
        if (each !== 'needs deny') expect(Object.keys(outcomes(found))).toContain(each)
      }
      witnessed(found, ofOne(before), ofOne(after))
    }
  })

  it('S33 S99 promises are clauses, and flip no decision', () => {
    const { reportBreaches, logRetention: _, ...rest } = complete.terms
    const found = compared(
      complete,
      v2({ terms: { ...rest, reportBreaches: { ...reportBreaches, within: { days: 60 }, from: 'confirmation' } } }),
    )
    expect(found.flips).toEqual([])
    expect(directions(found)).toEqual([
      'widened terms.logRetention',
      'widened terms.reportBreaches.within',
      'widened terms.reportBreaches.from',
    ])
    expect([
      found.exitCode,
      compared(complete, v2({ terms: { ...complete.terms, reportBreaches: { ...reportBreaches, within: { days: 5 } } } }))
        .exitCode,
    ]).toEqual([1, 0])
    expect(found.agreements[0]?.clauses[1]).toEqual({
      path: 'terms.reportBreaches.within',
      direction: 'widened',
      was: '10 days',
      is: '60 days',
      before: { id: 'terms.reportBreaches', section: '4.2', page: 4 },
      after: { id: 'terms.reportBreaches', section: '4.2', page: 4 },
    })
  })

  it('S38 terms on models', () => {
    const found = compared(complete, v2({ ai: { training: 'prohibited', retention: { days: 90 }, humanReview: true } }))
    expect(directions(found)).toEqual(['widened ai.retention', 'widened ai.deletion', 'widened ai.subprocessors', 'neutral ai'])
    const silent = compared(complete, { ...v2({}), ai: undefined } as never)
    expect(directions(silent)).toContain('widened ai.training')
  })

  it('the order of clauses and other words for the same change nothing', () => {
    const found = compared(complete, {
      ...complete,
      permits: [...complete.permits].reverse(),
      services: [...complete.services, 'scheduling.reminders'],
      prohibits: [...complete.prohibits, 'phi.clinical.note.psychotherapy'],
    })
    expect(directions(found)).toEqual(['neutral services'])
    expect(found).toMatchObject({ flips: [], exitCode: 0 })
  })

  it('S161 covers more than a thousand million requests, and lists few causes', () => {
    const after = v2({
      permits: [...complete.permits, 'phi.clinical', 'phi.code.hcpcs'].filter((each) => each !== 'phi.schedule') as never,
      prohibits: ['label:hiv', 'phi.code.cpt'],
      uses: [...complete.uses, 'research'],
      conditions: ['mfa-on', { condition: 'training-off', services: ['ai'] }],
      eligibility: { free: 'never', pro: 'always', team: 'on-request' },
      services: [...complete.services, { service: 'messaging', region: ['us', 'eu'], edition: 'pro' }],
      expires: '2026-12-31',
    })
    const [a, b] = [parse(complete), parse(after)]
    const found = diff(a, b)
    expect(found.requests).toBeGreaterThan(1e9)
    expect(found.undecided).toEqual([])
    witnessed(found, registryOfOne(a), registryOfOne(b))
    // The list stays short enough to read.
    expect(found.flips.length).toBeLessThan(60)
  })
})

describe('two registries', () => {
  const made = (inputs: readonly AgreementInput[], options: RegistryOptions = {}) => registry(inputs.map(parse), options)

  it('S161 a renewal under a new id is the same agreement, and others come and go', () => {
    const renewed = {
      ...complete,
      id: 'practice-platform-2028',
      version: '2.0',
      effective: '2028-01-01',
      expires: '2029-12-31',
    }
    const found = diff(made([complete]), made([renewed, scribe]))
    expect(found.agreements).toMatchObject([
      { before: { id: 'practice-platform-2026', version: '1.3' }, after: { id: 'practice-platform-2028', version: '2.0' } },
    ])
    expect([found.added, found.removed]).toEqual([[{ id: 'platform-scribe-2026', version: '1.3' }], []])
    expect(found.exitCode).toBe(1)
  })

  it('S9 a vendor further down loses its agreement, and the service above is denied, with the cause', () => {
    const options: RegistryOptions = {
      subprocessors: [{ of: 'platform', to: 'scribe', for: ['ai'], does: 'ai.note-draft' }],
      complete: ['platform', 'scribe'],
    }
    const platform = { ...complete, ai: { ...complete.ai, subprocessors: ['scribe'] } } satisfies AgreementInput
    const [before, after] = [made([platform, scribe], options), made([platform], { ...options, parties: [scribe.to] })]
    const alone = { ...scribe, ai: { ...scribe.ai, subprocessors: [] } } satisfies AgreementInput
    const found = diff(made([platform, alone], options), after)
    const lost = found.flips.filter(({ from, was }) => from === 'practice' && was === 'allow')
    expect(lost).toMatchObject([
      {
        is: 'deny',
        because: { before: [], after: [{ code: 'onward-not-covered', name: 'scribe' }] },
        services: ['ai.note-draft'],
      },
    ])
    expect(found.exitCode).toBe(0)
    witnessed(diff(before, after), before, after)
  })

  it('what is too much to ask is undecided, and never "nothing changed"', () => {
    const found = compared(complete, v2({ permits: ['phi'], prohibits: [] }), { limit: 3 })
    expect(found.undecided).toEqual([{ from: 'practice', to: 'platform' }])
    const same = diff(parse(complete), parse({ ...complete, prohibits: [...complete.prohibits, 'phi.clinical.lab'] }), {
      limit: 3,
    })
    expect([same.exitCode, same.flips]).toEqual([2, []])
    expect(diffInMarkdown(same)).toContain('Not decided')
    const many = { ...complete, conditions: Array.from({ length: 60 }, (_, index) => `c${index}`) }
    expect(compared(complete, many).undecided).toHaveLength(1)
  })
})

describe('from outside', () => {
  const agreement = parse(complete)
  it.each([
    ['an agreement and a registry', () => diff(agreement, registryOfOne(agreement) as never)],
    ['agreements of other parties', () => diff(agreement, parse(scribe))],
    ['a service that is none', () => diff(agreement, agreement, { services: ['Jane Doe' as never] })],
    ['a time that is none', () => diff(agreement, agreement, { at: ['Jane Doe'] })],
    ['an option that is none', () => diff(agreement, agreement, { Jane: 1 } as never)],
    ['a limit that is no number', () => diff(agreement, agreement, { limit: Number.NaN })],
    [
      'options that throw',
      () =>
        diff(agreement, agreement, {
          get at(): string[] {
            throw new Error('Jane')
          },
        }),
    ],
  ])('%s: refused, without what was given', async (_, ask) => {
    const error = await refusal(ask)
    expect(error.code).toBe('PHI_BAA_DIFF')
    expect(error.message + JSON.stringify(error) + String(error.cause)).not.toContain('Jane')
  })

  it('an agreement or a registry that nobody read is read, or refused', async () => {
    expect(diff(complete as never, agreement)).toMatchObject({ flips: [], exitCode: 0 })
    expect((await refusal(() => diff({ agreements: [] } as never, {} as never))).code).toBe('PHI_BAA_REGISTRY')
    expect((await refusal(() => diff(null as never, agreement))).code).toBe('PHI_BAA_REGISTRY')
    expect((await refusal(() => diff(agreement, {} as never))).code).toBe('PHI_BAA_AGREEMENT')
    expect((await refusal(() => diff({ format: 'Jane' } as never, agreement))).code).toBe('PHI_BAA_AGREEMENT')
  })

  it('nothing asked about is nothing found', () => {
    expect(compared(complete, v2({ permits: ['phi'], prohibits: [] }), { services: [] })).toMatchObject({
      requests: 0,
      flips: [],
      exitCode: 1,
    })
  })
})

describe('in Markdown', () => {
  it('S161 says how many, the clauses, the decisions by cause, and a request for each', () => {
    const found = compared(
      complete,
      v2({
        permits: [...complete.permits, 'phi.clinical.lab'],
        uses: [...complete.uses, 'public-health'],
        terms: { ...complete.terms, reportBreaches: { ...complete.terms.reportBreaches, within: { days: 30 } } },
      }),
    )
    expect(diffInMarkdown(found)).toMatchInlineSnapshot(`
      "**Of 52,481,520 requests 22,932 are decided in another way: deny to allow 22,771, deny to needs 161.**

      ### practice-platform-2026 1.3 to practice-platform-2026 1.4

      |  | clause | before | after |
      |---|---|---|---|
      | widened | permits |  | phi.clinical.lab (permits\\[8\\]) |
      | widened | uses |  | public-health (uses\\[5\\]) |
      | widened | terms.reportBreaches.within | 10 days (4.2, page 4) | 30 days (4.2, page 4) |
      | neutral | version | 1.3 | 1.4 |

      ### Decisions

      |  | outcome | requests | against it before | against it now | services; data; uses |
      |---|---|---|---|---|---|
      | practice → platform | deny to allow | 12,250 | No clause permits the use. |  | ai.note-draft, records.notes, records.plans, scheduling; phi.ai.prompt, phi.clinical.note.observation, phi.clinical.note.session, phi.clinical.note.summary, phi.clinical.plan, phi.financial.payment and 4 more; public-health |
      | practice → platform | deny to allow | 9,646 | No clause permits the class of data. |  | ai.note-draft, records.notes, records.plans, scheduling; phi.clinical.lab; ai.inference, ba.management, operations, payment, required-by-law, treatment |
      | practice → platform | deny to allow | 875 | several of these together |  | ai.note-draft, records.notes, records.plans, scheduling; phi.clinical.lab; public-health |
      | practice → platform | deny to needs | 98 | No clause permits the use. | The use needs the authorization of the individual, or an exception that somebody shows. | ai.note-draft, records.notes, records.plans, scheduling; phi.ai.prompt, phi.clinical.note.observation, phi.clinical.note.session, phi.clinical.note.summary, phi.clinical.plan, phi.financial.payment and 4 more; public-health |
      | practice → platform | deny to needs | 56 | No clause permits the class of data. | The use needs the authorization of the individual, or an exception that somebody shows. | ai.note-draft, records.notes, records.plans, scheduling; phi.clinical.lab; ai.inference, ba.management, operations.audit, operations.business-management, operations.data-aggregation, operations.quality and 1 more |
      | practice → platform | deny to needs | 7 | several of these together |  | ai.note-draft, records.notes, records.plans, scheduling; phi.clinical.lab; public-health |

      <details><summary>A request for each (6)</summary>

      | outcome | request |
      |---|---|
      | deny to allow | \\{"from":"practice","to":"platform","service":"scheduling","data":\\[\\{"class":"phi.identity.name","labels":\\[\\]\\}\\],"use":"public-health","at":"2026-01-03T09:30:00.000Z"\\} |
      | deny to allow | \\{"from":"practice","to":"platform","service":"scheduling","data":\\[\\{"class":"phi.clinical.lab","labels":\\[\\]\\}\\],"use":"treatment","at":"2026-01-03T09:30:00.000Z"\\} |
      | deny to allow | \\{"from":"practice","to":"platform","service":"scheduling","data":\\[\\{"class":"phi.clinical.lab","labels":\\[\\]\\}\\],"use":"public-health","at":"2026-01-03T09:30:00.000Z"\\} |
      | deny to needs | \\{"from":"practice","to":"platform","service":"scheduling","data":\\[\\{"class":"phi.identity.name","labels":\\["psychotherapy"\\]\\}\\],"use":"public-health","at":"2026-01-03T09:30:00.000Z"\\} |
      | deny to needs | \\{"from":"practice","to":"platform","service":"scheduling","data":\\[\\{"class":"phi.clinical.lab","labels":\\["psychotherapy"\\]\\}\\],"use":"payment","at":"2026-01-03T09:30:00.000Z"\\} |
      | deny to needs | \\{"from":"practice","to":"platform","service":"scheduling","data":\\[\\{"class":"phi.clinical.lab","labels":\\["psychotherapy"\\]\\}\\],"use":"public-health","at":"2026-01-03T09:30:00.000Z"\\} |

      </details>
      "
    `)
  })

  it('says so when nothing changed', () => {
    expect(diffInMarkdown(compared(complete, complete))).toMatch(/^\*\*Of \d+ requests none is decided in another way\.\*\*\n$/)
  })
})
