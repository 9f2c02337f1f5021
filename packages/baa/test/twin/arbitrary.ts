import type { DataClass, Label, Service, Use } from '@phi/core'
import fc from 'fast-check'
import {
  type Agreement,
  type DecisionRequest,
  parseAgreement,
  paymentActivities,
  type Registry,
  registry,
} from '../../src/index.ts'

import { atOrUnder } from './words.ts'

// Registries and questions of a small world, so that what is asked and what was agreed often meet.

const START = Date.parse('2026-01-01T00:00:00.000Z')
const DAY = 86_400_000
const stamp = (day: number, hour: number) => new Date(START + day * DAY + hour * 3_600_000).toISOString()
export const instant = fc
  .tuple(fc.integer({ min: 0, max: 11 }), fc.constantFrom(0, 9, 10, 11, 12, 13))
  .map(([n, hour]) => stamp(n * 30, hour))
const day = instant.map((text) => text.slice(0, 10))
const when = fc.oneof(instant, day)

const rarely = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 })
const mostly = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 6 })
const said = <Value extends object>(value: Value) =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Value

const classes: readonly DataClass[] = [
  'phi',
  'phi.identity',
  'phi.identity.name',
  'phi.identity.date.birth',
  'phi.identity.geo.zip5',
  'phi.clinical',
  'phi.clinical.note',
  'phi.clinical.note.session',
  'phi.clinical.note.psychotherapy',
  'phi.clinical.note.sud-counseling',
  'phi.clinical.diagnosis',
  'phi.clinical.lab',
  'phi.code',
  'phi.code.icd10',
  'phi.code.cpt',
  'phi.financial',
  'phi.financial.payment',
  'phi.financial.claim',
  'phi.schedule.appointment',
  'phi.ai.prompt',
  'phi.ai',
  'phi.ops.backup',
]
const labels: readonly Label[] = ['psychotherapy', 'part2', 'hiv', 'self-pay-restricted', 'patient-restricted', 'state:CA']
const services: readonly Service[] = [
  'scheduling',
  'records',
  'records.notes',
  'billing.payments',
  'telehealth',
  'telehealth.audio',
  'ai',
  'ai.summary',
  'storage',
  'hosting',
]
const uses: readonly Use[] = [
  'treatment',
  'treatment',
  'payment',
  'operations',
  'operations.training',
  'operations.quality',
  'ai',
  'ai.inference',
  'ai.training',
  'research',
  'sale',
  'required-by-law',
  'individual.access',
]
const aClass = fc.constantFrom(...classes)
const aService = fc.constantFrom(...services)
export const aUse = fc.constantFrom(...uses)
const aLabel = fc.constantFrom(...labels)
export const aSelector = fc.oneof(
  aClass,
  aLabel.map((label) => `label:${label}` as const),
)

const parties = [
  { id: 'ce', kind: 'covered-entity', type: 'health-care-provider' },
  { id: 'plan', kind: 'covered-entity', type: 'health-plan' },
  { id: 'ba', kind: 'business-associate' },
  { id: 'sub', kind: 'subcontractor' },
  { id: 'deep', kind: 'subcontractor' },
  { id: 'doctor', kind: 'provider' },
  { id: 'clerk', kind: 'workforce' },
  { id: 'patient', kind: 'individual' },
  { id: 'bank', kind: 'other' },
] as const
type Id = (typeof parties)[number]['id']
const party = (id: Id) => parties.find((each) => each.id === id) as (typeof parties)[number]

/** Who discloses to whom, under which tier. */
const pairs: readonly (readonly [tier: string, from: Id, to: Id])[] = [
  ...Array(7).fill(['ce-ba', 'ce', 'ba'] as const),
  ['data-use', 'ce', 'ba'],
  ['qsoa', 'ce', 'ba'],
  ['ce-ba', 'plan', 'ba'],
  ['ba-sub', 'ba', 'sub'],
  ['ba-sub', 'ba', 'sub'],
  ['ba-sub', 'sub', 'deep'],
  ['data-use', 'ce', 'plan'],
]

const scopeValue = fc.constantFrom('us', 'eu')
const limits = fc
  .record({ region: rarely(scopeValue), configuration: rarely(fc.record({ training: fc.constantFrom('on', 'off') })) })
  .map(said)
const bare = fc.constant({})
const serviceClause = fc
  .tuple(aService, fc.oneof({ weight: 5, arbitrary: bare }, { weight: 1, arbitrary: limits }))
  .map(([service, more]) => ({ service, ...more }))

const few = <Value>(value: fc.Arbitrary<Value>, maxLength = 2) => fc.array(value, { maxLength })
const some = <Value>(value: fc.Arbitrary<Value>, maxLength = 2) => fc.array(value, { minLength: 1, maxLength })

/** Members as they depart from what allows much. */
const agreementShape = {
  pair: fc.constantFrom(...pairs),
  services: fc.array(serviceClause, { minLength: 1, maxLength: 4 }),
  excludes: some(serviceClause, 1),
  permits: some(aClass, 4),
  prohibits: some(aSelector),
  uses: some(aUse, 5),
  prohibitsUses: some(aUse, 1),
  conditions: some(fc.record({ condition: fc.constantFrom('mfa', 'training-off'), services: rarely(few(aService)) }).map(said)),
  eligibility: fc.record({ free: fc.constant('never'), pro: fc.constantFrom('always', 'on-request') }),
  plan: fc.constantFrom('free', 'pro'),
  subcontractors: fc.constant(undefined),
  part2: fc.constant(true),
  ai: fc.option(
    fc
      .record({
        training: fc.option(fc.constantFrom('prohibited', 'permitted'), { nil: undefined }),
        subprocessors: mostly(few(fc.constantFrom('ba', 'sub', 'deep'), 1)),
      })
      .map(said),
    { nil: undefined, freq: 3 },
  ),
  first: rarely(instant),
  second: rarely(instant),
  signedEarly: fc.constant(false),
  effective: when,
  expires: when,
  terminated: when,
  windingDown: when,
  closed: when,
}

type Drawn = {
  readonly [Key in keyof typeof agreementShape]: (typeof agreementShape)[Key] extends fc.Arbitrary<infer Value> ? Value : never
}
type Shape = {
  readonly [Key in keyof Drawn]: Key extends 'subcontractors'
    ? true | undefined
    : Key extends 'pair'
      ? Drawn[Key]
      : Drawn[Key] | undefined
}

/** What allows much. Most agreements depart from it in a few members. */
const benign: Shape = {
  pair: ['ce-ba', 'ce', 'ba'],
  services: services.map((service) => ({ service })),
  excludes: [],
  permits: ['phi'],
  prohibits: [],
  uses: ['treatment', 'payment', 'operations', 'ai.inference', 'research'],
  prohibitsUses: [],
  conditions: [],
  eligibility: undefined,
  plan: undefined,
  subcontractors: true,
  part2: undefined,
  ai: { training: undefined, subprocessors: [] },
  first: undefined,
  second: undefined,
  signedEarly: undefined,
  effective: '2025-06-01',
  expires: undefined,
  terminated: undefined,
  windingDown: undefined,
  closed: undefined,
}

/** Some members as they were drawn, the others as they stand in a base. */
const mixed = <Value extends object>(base: Value, drawn: fc.Arbitrary<Value>, keys: readonly (keyof Value)[], most: number) =>
  fc
    .tuple(drawn, fc.subarray([...keys], { maxLength: most }))
    .map(([value, taken]) => ({ ...base, ...Object.fromEntries(taken.map((key) => [key, value[key]])) }) as Value)

const shape = fc
  .tuple(
    mixed(benign, fc.record(agreementShape) as fc.Arbitrary<Shape>, Object.keys(benign) as (keyof Shape)[], 4),
    agreementShape.pair,
  )
  .map(([value, pair]): Shape => ({ ...value, pair }))

/** An agreement, or nothing where what was drawn contradicts itself. */
function agreementOf(id: string, drawn: Shape): Agreement | undefined {
  const [tier, from, to] = drawn.pair
  const early = '2025-05-01T00:00:00.000Z'
  const signatures = [
    ...(drawn.signedEarly !== false
      ? [{ party: from, at: early }]
      : drawn.first === undefined
        ? []
        : [{ party: from, at: drawn.first }]),
    ...(drawn.signedEarly !== false
      ? [{ party: to, at: early }]
      : drawn.second === undefined
        ? []
        : [{ party: to, at: drawn.second }]),
  ]
  const { pair: _, subcontractors, part2, first: __, second: ___, signedEarly: ____, eligibility, plan, ...rest } = drawn
  const against = drawn.prohibitsUses ?? []
  const out = (drawn.excludes ?? []).filter((each) => Object.keys(each).length === 1)
  const prohibited = drawn.prohibits ?? []
  const ends = drawn.expires ?? drawn.terminated
  const over = drawn.windingDown ?? drawn.closed
  try {
    return parseAgreement({
      ...rest,
      // What would only contradict itself is left out, so that the rest can be asked about.
      uses: drawn.uses?.filter((use) => !against.some((each) => atOrUnder(each, use))),
      services: drawn.services?.filter(({ service }) => !out.some((each) => atOrUnder(each.service, service))),
      permits: drawn.permits?.filter((permit) => !prohibited.some((each) => atOrUnder(each, permit))),
      id,
      tier,
      version: '1',
      from: party(from),
      to: party(to),
      eligibility,
      plan: eligibility === undefined ? undefined : plan,
      terms: said({ subcontractors, part2 }),
      signatures,
      terminated: drawn.terminated !== undefined ? { at: drawn.terminated } : over && !ends ? { at: '2025-07-01' } : undefined,
      windingDown: drawn.windingDown === undefined ? undefined : { from: drawn.windingDown },
      closed: drawn.closed === undefined ? undefined : { at: drawn.closed, how: 'destroyed' },
    })
  } catch {
    return undefined
  }
}

const tri = fc.constantFrom(true, true, true, false, undefined)
const letters = [...'ABCDEFGHIJKLMNOPQR']
export const claim = fc
  .oneof(
    fc.record({ kind: fc.constant('treatment'), treatsTheIndividual: tri }),
    fc.record({ kind: fc.constant('workforce'), underDirectControl: tri }),
    fc.record({
      kind: fc.constant('conduit'),
      transmits: fc.constantFrom('only', 'only', 'and-more', undefined),
      storage: fc.constantFrom('none', 'temporary', 'persistent', undefined),
      access: fc.constantFrom('none', 'random-or-infrequent', 'routine', undefined),
    }),
    fc.record({
      kind: fc.constant('payment-processing'),
      financialInstitution: tri,
      activities: rarely(few(fc.constantFrom(...paymentActivities))),
      otherServices: fc.constantFrom(false, false, true, undefined),
    }),
    fc.record({
      kind: fc.constant('de-identified'),
      method: fc.constantFrom('safe-harbor', 'expert', undefined),
      evidence: mostly(fc.constant('report 7')),
      removed: fc.constantFrom(letters, letters.slice(1), undefined),
      actualKnowledge: fc.constantFrom(false, false, true, undefined),
      validUntil: mostly(when),
    }),
    fc.record({ kind: fc.constant('individual'), identityVerified: tri, isSubject: tri }),
    fc.record({ kind: fc.constant('payment-of-recipient'), forItsOwnPayment: tri }),
  )
  .map(said)

const someParty = fc.constantFrom(...parties.map(({ id }) => id))
const edge = fc
  .record({
    pair: fc.constantFrom(['ba', 'sub'], ['ba', 'sub'], ['sub', 'deep'], ['deep', 'ba'], ['ba', 'ce'], ['sub', 'ba'], [
      'ba',
      'clerk',
    ] as const),
    for: fc.array(aService, { minLength: 1, maxLength: 2 }),
    does: aService,
    data: rarely(fc.array(aClass, { minLength: 1, maxLength: 2 })),
    use: rarely(aUse),
    where: rarely(fc.record({ region: scopeValue })),
  })
  .map(({ pair: [of, to], ...more }) => said({ of, to, ...more }))

const attestation = fc
  .record({
    party: fc.constantFrom('ce', 'ce', 'ba'),
    with: rarely(fc.constantFrom('ba', 'sub')),
    condition: fc.constantFrom('mfa', 'training-off'),
    met: fc.constantFrom(true, true, false),
    asOf: day,
    reviewBy: day,
  })
  .filter(({ asOf, reviewBy }) => asOf <= reviewBy)
  .map(said)

export const aRegistry: fc.Arbitrary<Registry> = fc
  .record({
    agreements: fc.array(shape, { minLength: 1, maxLength: 4 }),
    subprocessors: fc.oneof({ weight: 1, arbitrary: fc.constant([]) }, fc.array(edge, { maxLength: 4 })),
    complete: fc.subarray(['ba', 'sub', 'deep'] as const),
    attestations: fc.array(attestation, { maxLength: 5 }),
    exemptions: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      few(fc.record({ from: someParty, to: someParty, claim }), 2),
    ),
  })
  .map(({ agreements, ...more }) =>
    registry(
      agreements.map((drawn, index) => agreementOf(`a${index}`, drawn)).filter((each) => each !== undefined),
      { parties, ...more } as Parameters<typeof registry>[1],
    ),
  )

const item: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  item: fc.oneof(
    { weight: 3, arbitrary: aClass },
    {
      weight: 4,
      arbitrary: fc
        .record({
          class: fc.oneof({ weight: 12, arbitrary: aClass }, fc.constant('phi.nothing')),
          labels: mostly(
            fc.oneof(
              { weight: 2, arbitrary: fc.constant([]) },
              few(fc.oneof({ weight: 12, arbitrary: aLabel }, fc.constant('hvi'))),
            ),
          ),
          madeOf: rarely(fc.array(tie('item'), { maxLength: 2 })),
        })
        .map(said),
    },
  ),
})).item

const authorization = fc
  .record({
    reference: mostly(fc.constant('form 12')),
    uses: few(aUse),
    data: few(aSelector, 3),
    until: rarely(instant),
  })
  .map(said)

/** Members as they depart from a question that is often allowed. */
const anyRequest = fc.record({
  ends: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(['ba', 'sub'], ['ba', 'ce'], ['ba', 'ce'], ['patient', 'ce'], ['ce', 'plan'], [
        'sub',
        'deep',
      ] as const),
    },
    { weight: 4, arbitrary: fc.tuple(fc.constant('ce'), someParty) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom('ce', 'nobody'), fc.constantFrom('ba', 'nobody')) },
  ),
  service: fc.oneof({ weight: 20, arbitrary: aService }, fc.constant('records.nots')),
  data: fc.array(item, { maxLength: 3 }),
  use: fc.oneof({ weight: 20, arbitrary: aUse }, fc.constant('selling')),
  at: instant,
  where: fc
    .record({ region: rarely(scopeValue), configuration: rarely(fc.record({ training: fc.constantFrom('on', 'off') })) })
    .map(said),
  plan: fc.constantFrom('free', 'pro', 'gold'),
  conditions: fc.record({ mfa: rarely(fc.boolean()), 'training-off': rarely(fc.boolean()) }).map(said),
  identifiability: fc
    .record({
      level: fc.constantFrom('identified', 'coded', 'limited-data-set', 'limited-data-set', 'de-identified.expert', 'raw'),
      evidence: mostly(fc.constant('report 3')),
    })
    .map(said),
  authorization,
  heldFor: fc.constantFrom('ce', 'ce', 'plan', 'ba'),
  exemption: claim,
})

type Given = typeof anyRequest extends fc.Arbitrary<infer Value> ? Value : never
type AnyRequest = { readonly [Key in keyof Given]: Given[Key] | undefined } & Pick<Given, 'ends'>
const allowed: AnyRequest = {
  ends: ['ce', 'ba'],
  service: 'records.notes',
  data: [{ class: 'phi.clinical.note.session', labels: [] }],
  use: 'treatment',
  at: stamp(150, 12),
  where: undefined,
  plan: undefined,
  conditions: undefined,
  identifiability: undefined,
  authorization: undefined,
  heldFor: undefined,
  exemption: undefined,
}

export const aRequest: fc.Arbitrary<DecisionRequest> = mixed(
  allowed,
  anyRequest as fc.Arbitrary<AnyRequest>,
  Object.keys(allowed) as (keyof AnyRequest)[],
  4,
).map(({ ends: [from, to], ...more }) => said({ from, to, ...more }) as unknown as DecisionRequest)
