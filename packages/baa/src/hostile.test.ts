import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agreed, agreedBelow, host, NOON, plain, platform, practice, question, signedBy } from '../test/twin/make.ts'
import {
  type Agreement,
  type Decision,
  decideAny,
  explainDecision,
  mergeRegistries,
  type Party,
  parseAgreement,
  type Registry,
  registry,
  statusAt,
} from './index.ts'

const rank = { deny: 0, needs: 1, allow: 2, refused: 0 } as const
type Answer = keyof typeof rank

/** The outcome; anything but a PhiError fails the test. */
function answer(work: () => Decision): Answer {
  try {
    return work().outcome
  } catch (error) {
    if (!isPhiError(error)) throw error
    return 'refused'
  }
}

/** Runs with members on Object.prototype, as a library with a careless merge leaves them there. */
function polluted<Value>(members: Readonly<Record<string, unknown>>, enumerable: boolean, work: () => Value): Value {
  const prototype = Object.prototype as unknown as Record<string, unknown>
  try {
    for (const [key, value] of Object.entries(members)) {
      Object.defineProperty(prototype, key, { value, enumerable, configurable: true, writable: true })
    }
    return work()
  } finally {
    for (const key of Object.keys(members)) delete prototype[key]
  }
}

const people: readonly Party[] = [
  practice,
  platform,
  host,
  { id: 'colleague', kind: 'provider' },
  { id: 'group', kind: 'covered-entity' },
  { id: 'therapist', kind: 'workforce' },
  { id: 'client', kind: 'individual' },
  { id: 'carrier', kind: 'other' },
]
const edge = { of: 'platform', to: 'host', for: ['records'], does: 'hosting' } as const
const dua = () => agreed({ tier: 'data-use', to: { id: 'carrier', kind: 'other' }, uses: ['research'] })
const attestation = {
  party: 'practice',
  with: 'host',
  condition: 'mfa-on',
  met: true,
  asOf: '2026-01-01',
  reviewBy: '2026-12-31',
} as const

/** Questions that are not allowed, each for one thing that is missing. Models are built anew, so that they too are read under pollution. */
const closed: readonly (readonly [name: string, model: () => Registry, request: Readonly<Record<string, unknown>>])[] = [
  ['no agreement', () => registry([], { parties: people }), {}],
  ['no signature', () => registry([agreed({ signatures: [] })]), {}],
  ['one signature', () => registry([agreed({ signatures: signedBy('practice') })]), {}],
  ['a service that is not covered', () => registry([agreed({ services: ['billing'] })]), {}],
  ['a region that is not said', () => registry([agreed({ services: [{ service: 'records', region: 'us' }] })]), {}],
  [
    'a configuration that is not said',
    () => registry([agreed({ services: [{ service: 'records', configuration: { training: 'off' } }] })]),
    {},
  ],
  [
    'an excluded service',
    () => registry([agreed({ excludes: ['records.notes'], services: ['records'] })]),
    { where: { region: 'us' } },
  ],
  ['a class that is not permitted', () => registry([agreed({ permits: ['phi.schedule'] })]), {}],
  ['a class that is prohibited', () => registry([agreed({ prohibits: ['phi.clinical.note.session'] })]), {}],
  [
    'a label that is prohibited',
    () => registry([agreed({ prohibits: ['label:hiv'] })]),
    { data: [{ class: 'phi.schedule', labels: ['hiv'] }] },
  ],
  ['a use that is not permitted', () => registry([agreed({ uses: [] })]), {}],
  ['a plan that is not said', () => registry([agreed({ eligibility: { pro: 'always', free: 'never' } })]), {}],
  ['a condition', () => registry([agreed({ conditions: ['mfa-on'] })]), {}],
  [
    'a condition that another vendor met',
    () => registry([agreed({ conditions: ['mfa-on'] })], { parties: people, attestations: [attestation] }),
    {},
  ],
  ['an authorization', () => registry([agreed({ uses: ['sale'] })]), { use: 'sale' }],
  ['terms of Part 2', () => registry([agreed()]), { data: [{ class: 'phi.clinical.lab', labels: ['part2'] }] }],
  ['proof of a limited data set', () => registry([dua()]), { to: 'carrier', use: 'research' }],
  [
    'evidence of one',
    () => registry([dua()]),
    { to: 'carrier', use: 'research', identifiability: { level: 'limited-data-set' } },
  ],
  ['a level of one', () => registry([dua()]), { to: 'carrier', use: 'research', identifiability: { evidence: 'x' } }],
  ['a word about subcontractors', () => registry([agreed({ terms: {} })]), {}],
  [
    'a word about who hosts the model',
    () => registry([agreed({ ai: undefined })]),
    { service: 'ai.summary', use: 'ai.inference' },
  ],
  ['an agreement further down', () => registry([agreed()], { parties: people, subprocessors: [edge] }), {}],
  [
    'a region further down',
    () => registry([agreed(), agreedBelow({ services: [{ service: 'hosting', region: 'us' }] })], { subprocessors: [edge] }),
    {},
  ],
  ['for whom data is held', () => registry([agreed()]), { from: 'platform', to: 'practice' }],
  ['the origin of a prompt', () => registry([agreed()]), { data: [{ class: 'phi.ai.prompt' }] }],
  ['an unproved treatment', () => registry([], { parties: people }), { to: 'colleague', exemption: { kind: 'treatment' } }],
  [
    'a covered entity of a type that is not said',
    () => registry([], { parties: people }),
    { to: 'group', exemption: { kind: 'treatment', treatsTheIndividual: true } },
  ],
  ['an unproved workforce', () => registry([], { parties: people }), { to: 'therapist', exemption: { kind: 'workforce' } }],
  [
    'an unproved individual',
    () => registry([], { parties: people }),
    { to: 'client', use: 'individual.access', exemption: { kind: 'individual' } },
  ],
  [
    'an unproved conduit',
    () => registry([], { parties: people }),
    { to: 'carrier', service: 'telehealth.audio', exemption: { kind: 'conduit' } },
  ],
  [
    'an unproved expert',
    () => registry([], { parties: people }),
    { to: 'carrier', exemption: { kind: 'de-identified', method: 'expert' } },
  ],
  [
    'a standing claim without facts',
    () => registry([], { parties: people, exemptions: [{ from: 'practice', to: 'colleague', claim: { kind: 'treatment' } }] }),
    { to: 'colleague' },
  ],
]

const planted: readonly Readonly<Record<string, unknown>>[] = [
  { exemption: { kind: 'workforce', underDirectControl: true } },
  { exemption: { kind: 'de-identified', method: 'expert', evidence: 'x', validUntil: '2099-01-01' } },
  { conditions: { 'mfa-on': true } },
  { 'mfa-on': true },
  { plan: 'pro' },
  { pro: 'always' },
  { labels: [] },
  { madeOf: [] },
  { services: [] },
  { data: ['phi.demographic'] },
  { where: { region: 'us' } },
  { region: 'us' },
  { region: ['us'] },
  { configuration: { training: 'off' } },
  { training: 'off' },
  { type: 'health-care-provider' },
  { kind: 'workforce' },
  { treatsTheIndividual: true, underDirectControl: true, identityVerified: true, isSubject: true },
  { transmits: 'only', storage: 'none', access: 'none' },
  { evidence: 'x', validUntil: '2099-01-01', level: 'limited-data-set' },
  { identifiability: { level: 'limited-data-set', evidence: 'x' } },
  { authorization: { reference: 'x', uses: ['sale', 'treatment'], data: ['phi', 'label:part2'] } },
  { reference: 'x', uses: ['sale'], until: '2099-01-01T00:00:00.000Z' },
  { part2: { id: 'terms.part2' } },
  { subcontractors: { id: 'terms.subcontractors' } },
  { terms: { subcontractors: true, part2: true } },
  { ai: { subprocessors: [] } },
  { subprocessors: [] },
  { complete: ['platform'] },
  { with: 'platform' },
  { heldFor: 'practice' },
  { limits: { region: ['eu'] } },
  { signatures: signedBy('practice', 'platform') },
  { permits: ['phi'], prohibits: [], excludes: [] },
  { expires: '2099-01-01', effective: '2020-01-01' },
  { use: 'treatment' },
  { service: 'records.notes' },
  { outcome: 'allow', effect: 'allow' },
]

const long = process.env.PHI_LONG === '1'
/** Members that are read with an agreement or a registry: planted before those are built, as well. */
const readEarly = ['plan', 'services', 'data', 'where', 'type', 'part2', 'subcontractors', 'ai', 'with', 'limits', 'signatures']

describe('prototypes that somebody else has written on', () => {
  const ready = closed.map(([name, model, over]) => ({ name, model, built: model(), request: question(over) }))

  it('S28 none of the questions is allowed to begin with', () => {
    for (const { built, request } of ready) expect(answer(() => decideAny(built, request))).not.toBe('allow')
  })

  it.each(planted)('S28 %j allows nothing that was not allowed', (members) => {
    const early = long || readEarly.some((key) => key in members)
    const changes: unknown[] = []
    for (const { name, model, built, request } of ready) {
      for (const enumerable of [false, true]) {
        const late = polluted(members, enumerable, () => answer(() => decideAny(built, request)))
        if (late === 'allow') changes.push([name, 'after the registry was made', enumerable])
      }
      if (!early) continue
      const found = polluted(members, false, () => answer(() => decideAny(model(), request)))
      if (found === 'allow') changes.push([name, 'before the registry was made'])
    }
    expect(changes).toEqual([])
  })

  it('S28 requests and claims that inherit their members state nothing', () => {
    const model = registry([agreed()], { parties: people })
    expect(answer(() => decideAny(model, Object.create(question())))).toBe('refused')
    const inherited = {
      ...question({ to: 'therapist' }),
      exemption: Object.create({ kind: 'workforce', underDirectControl: true }),
    }
    expect(decideAny(model, inherited).outcome).toBe('needs')
    const data = [Object.create({ class: 'phi.schedule', labels: [] })]
    expect(decideAny(model, question({ data })).outcome).toBe('needs')
  })
})

describe('data that is made to be hard', () => {
  const model = registry([agreed({ prohibits: ['phi.code.icd10', 'label:hiv'] })], { parties: people })
  const codes = (data: unknown) => decideAny(model, question({ data })).reasons.map(({ code }) => code)

  it('S153 holes in a list hide nothing', () => {
    for (const hidden of ['phi.code.icd10', { class: 'phi.code.icd10', labels: [] }]) {
      for (const place of [0, 1, 2]) {
        const data: unknown[] = [hidden, hidden, plain('phi.schedule')]
        delete data[place === 2 ? 2 : place]
        const { outcome } = decideAny(model, question({ data }))
        expect(outcome).not.toBe('allow')
      }
    }
    const bare: unknown[] = ['phi.code.icd10', 'phi.schedule', 'phi.schedule']
    delete bare[1]
    expect(decideAny(model, question({ data: bare })).outcome).not.toBe('allow')
    const labels: unknown[] = ['hiv', 'genetic', 'minor']
    delete labels[1]
    expect(decideAny(model, question({ data: [{ class: 'phi.schedule', labels }] })).outcome).not.toBe('allow')
    const madeOf: unknown[] = [plain('phi.code.icd10'), 'x', plain('phi.schedule')]
    delete madeOf[1]
    expect(decideAny(model, question({ data: [{ class: 'phi.ai.prompt', labels: [], madeOf }] })).outcome).not.toBe('allow')
  })

  it('S36 what is made of itself, or of what nobody can read, is asked about', () => {
    const cycle: Record<string, unknown> = { class: 'phi.ai.prompt', labels: [] }
    cycle.madeOf = [cycle]
    expect(codes([cycle])).toContain('unknown-class')
    const [a, b]: [Record<string, unknown>, Record<string, unknown>] = [{ class: 'phi.ai.output' }, { class: 'phi.ai.edit' }]
    a.madeOf = [b]
    b.madeOf = [a]
    expect(decideAny(model, question({ data: [a, b] })).outcome).toBe('needs')
  })

  it('S36 the same data many times over is read once', () => {
    let item: unknown = plain('phi.schedule')
    for (let depth = 0; depth < 60; depth++) item = { class: 'phi.ai.prompt', madeOf: [item, item] }
    expect(decideAny(model, question({ data: [item, item] })).outcome).toBe('allow')
    let leaf: unknown = plain('phi.code.icd10')
    for (let depth = 0; depth < 60; depth++) leaf = { class: 'phi.ai.prompt', madeOf: [plain('phi.schedule'), leaf, leaf] }
    expect(decideAny(model, question({ data: [leaf] })).outcome).toBe('deny')
  })

  it('S28 very deep or very long data is answered, and not allowed unread', () => {
    let deep: unknown = plain('phi.code.icd10')
    for (let depth = 0; depth < 50_000; depth++) deep = { class: 'phi.ai.prompt', madeOf: [deep] }
    expect(rank[answer(() => decideAny(model, question({ data: [deep] })))]).toBeLessThan(2)
    const long = [...Array.from({ length: 100_000 }, () => plain('phi.schedule')), plain('phi.code.icd10')]
    expect(rank[answer(() => decideAny(model, question({ data: long })))]).toBeLessThan(2)
    const bare = [...Array.from({ length: 100_000 }, () => 'phi.schedule'), 'phi.code.icd10']
    expect(rank[answer(() => decideAny(model, question({ data: bare })))]).toBeLessThan(2)
    const nothing = Array.from({ length: 5_000 }, () => 'nothing')
    try {
      expect(decideAny(model, question({ data: nothing })).reasons.length).toBeLessThan(10)
    } catch (error) {
      expect(isPhiError(error, 'PHI_BAA_REQUEST')).toBe(true)
    }
  })

  it('S28 a getter or a proxy that throws is refused, and nothing of its message is shown', () => {
    const thrower = () => {
      throw new Error('Jane Roe')
    }
    const proxy = new Proxy(
      {},
      { get: thrower, has: thrower, ownKeys: thrower, getOwnPropertyDescriptor: thrower, getPrototypeOf: thrower },
    )
    const getter = (key: string) => Object.defineProperty({}, key, { get: thrower, enumerable: true })
    const open = registry(
      [
        agreed({
          services: [{ service: 'records', region: 'us', configuration: { a: 'b' } }],
          conditions: ['mfa-on'],
          uses: ['research'],
        }),
      ],
      { parties: people },
    )
    const tries: readonly Readonly<Record<string, unknown>>[] = [
      ...[
        'where',
        'conditions',
        'identifiability',
        'authorization',
        'exemption',
        'data',
        'from',
        'to',
        'service',
        'use',
        'plan',
      ].map((key) => ({ [key]: proxy })),
      { data: [proxy] },
      { data: [{ class: 'phi.schedule', labels: proxy }] },
      { data: [getter('class')] },
      { where: getter('region') },
      { where: { region: 'us', configuration: getter('a') } },
      { where: { region: 'us', configuration: proxy } },
      { conditions: getter('mfa-on') },
      { authorization: getter('reference') },
      { authorization: { reference: 'x', uses: proxy, data: [] } },
      { authorization: { reference: 'x', uses: [proxy], data: [proxy] } },
      { identifiability: getter('level') },
      { exemption: getter('kind') },
      { exemption: { kind: 'payment-processing', activities: proxy } },
    ]
    for (const over of tries) {
      try {
        const decision = decideAny(open, { ...question({ use: 'research' }), ...over } as never)
        expect(decision.outcome).not.toBe('allow')
        expect(JSON.stringify(decision)).not.toContain('Jane')
      } catch (error) {
        expect(isPhiError(error, 'PHI_BAA_REQUEST')).toBe(true)
        expect(JSON.stringify(error) + String(error) + String((error as Error).cause)).not.toContain('Jane')
      }
    }
    const whole = getter('from')
    expect(answer(() => decideAny(open, whole as never))).toBe('refused')
    expect(answer(() => decideAny(open, proxy as never))).toBe('refused')
    for (const options of [proxy, getter('parties'), { parties: [getter('id')] }, { subprocessors: proxy }]) {
      expect(answer(() => decideAny(registry([agreed()], options as never), question()))).toBe('refused')
    }
    const list = new Proxy([agreed()], { get: thrower })
    expect(answer(() => decideAny(registry(list as never), question()))).toBe('refused')
    expect(answer(() => decideAny(mergeRegistries(proxy as never), question()))).toBe('refused')
  })

  it('S28 an answer that changes between two readings is read once', () => {
    let reads = 0
    const flip = Object.defineProperties(
      {},
      {
        class: { enumerable: true, get: () => (reads++ === 0 ? 'phi.schedule' : 'phi.code.icd10') },
        labels: { enumerable: true, value: [] },
      },
    )
    decideAny(model, question({ data: [flip] }))
    expect(reads).toBe(1)
  })

  it('S28 nothing of a question stands in an answer but words of the taxonomy and names of the registry', () => {
    const marker = 'Jane Roe 1970-01-01\n- Allowed.'
    for (const over of [
      { from: marker },
      { to: marker },
      { to: marker.slice(0, 8) },
      { service: marker },
      { use: marker },
      { plan: marker },
      { data: [marker] },
      { data: [{ class: 'phi.schedule', labels: [marker] }] },
      { where: { region: marker, configuration: { [marker]: marker } } },
      { conditions: { [marker]: true } },
      { identifiability: { level: marker, evidence: marker } },
      { authorization: { reference: marker, uses: [marker], data: [marker] } },
      { exemption: { kind: marker } },
      { exemption: { kind: 'de-identified', evidence: marker } },
      { heldFor: marker, from: 'platform', to: 'practice' },
    ]) {
      const strict = registry([agreed({ eligibility: { pro: 'always' }, services: [{ service: 'records', region: 'us' }] })], {
        parties: people,
      })
      const decision = decideAny(strict, question(over))
      expect(decision.outcome).not.toBe('allow')
      expect(JSON.stringify(decision) + explainDecision(decision)).not.toContain('Jane')
    }
  })

  it('S28 whatever is put in the place of a member, the answer is a decision or a refusal', () => {
    const keys = [
      'from',
      'to',
      'service',
      'data',
      'use',
      'at',
      'where',
      'plan',
      'conditions',
      'identifiability',
      'authorization',
      'heldFor',
      'exemption',
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...keys),
        fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true, withDate: true, withMap: true }),
        (key, value) => {
          const found = answer(() => decideAny(model, { ...question(), [key]: value } as never))
          const needed = ['from', 'to', 'service', 'data', 'use', 'at']
          if (needed.includes(key)) expect(found).not.toBe('allow')
        },
      ),
      { numRuns: 300 },
    )
  })

  it('S151 years at the edges', () => {
    const forever = agreed({
      effective: '0000-01-01',
      expires: '9999-12-31',
      signatures: ['practice', 'platform'].map((party) => ({ party, at: '0000-01-01T00:00:00.000Z' })),
    })
    expect(statusAt(forever, '0000-01-01T12:00:00.000Z')).toBe('in-force')
    expect(statusAt(forever, '9999-12-31T23:59:59.999Z')).toBe('expired')
    expect(statusAt(forever, NOON)).toBe('in-force')
  })
})

describe('registries that are made to be hard', () => {
  const names = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: `v${index}`, kind: 'subcontractor' }) as const)
  const hop = (from: Party, to: Party): Agreement => agreed({ id: `${from.id}-${to.id}`, tier: 'ba-sub', from, to })
  const link = (of: Party, to: Party) => ({ of: of.id, to: to.id, for: ['records', 'hosting'], does: 'hosting' }) as const

  it('S37 layers of vendors that all reach one another are judged in time', () => {
    const layers = Array.from({ length: 14 }, (_, layer) =>
      [0, 1, 2].map((side) => ({ id: `v${layer}-${side}`, kind: 'subcontractor' }) as const),
    )
    const all = [[platform as Party], ...layers]
    const pairs = all
      .slice(1)
      .flatMap((lower, index) => (all[index] as readonly Party[]).flatMap((from) => lower.map((to) => [from, to] as const)))
    const model = registry([agreed(), ...pairs.map(([from, to]) => hop(from, to))], {
      subprocessors: pairs.map(([from, to]) => link(from, to)),
    })
    expect(decideAny(model, question()).outcome).toBe('allow')
    // One missing agreement at the very end is found.
    const cut = registry([agreed(), ...pairs.slice(0, -1).map(([from, to]) => hop(from, to))], {
      parties: layers.flat(),
      subprocessors: pairs.map(([from, to]) => link(from, to)),
    })
    expect(decideAny(cut, question()).outcome).toBe('deny')
  })

  it('S37 a line of many vendors is answered', () => {
    const line = [platform as Party, ...names(200)]
    const pairs = line.slice(1).map((to, index) => [line[index] as Party, to] as const)
    const model = registry([agreed(), ...pairs.map(([from, to]) => hop(from, to))], {
      subprocessors: pairs.map(([from, to]) => link(from, to)),
    })
    expect(decideAny(model, question()).outcome).toBe('needs')
  })

  it('S37 vendors that all pass data to one another end in a question', () => {
    const ring = names(12)
    const pairs = ring.flatMap((from) => ring.filter((to) => to !== from).map((to) => [from, to] as const))
    const model = registry([agreed(), hop(platform, ring[0] as Party), ...pairs.map(([from, to]) => hop(from, to))], {
      subprocessors: [link(platform, ring[0] as Party), ...pairs.map(([from, to]) => link(from, to))],
    })
    expect(decideAny(model, question()).outcome).toBe('needs')
  })

  it('S28 an agreement with every list full is read and asked', () => {
    const services = Array.from({ length: 500 }, (_, index) => ({ service: 'records', region: `r${index}` }))
    const wide = parseAgreement({
      ...agreed(),
      services,
      conditions: [],
      prohibits: Array.from({ length: 500 }, () => 'phi.code'),
    })
    expect(decideAny(registry([wide]), question({ where: { region: 'r499' } })).outcome).toBe('allow')
    expect(decideAny(registry([wide]), question({ where: { region: 'nowhere' } })).outcome).toBe('deny')
  })
})
