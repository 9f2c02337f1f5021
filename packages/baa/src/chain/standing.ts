import { type DataClass, type DataItem, dataClasses, type Service, type Use } from '@phi/core'
import type { Agreement, Where } from '../agreement/agreement.ts'
import { type Status, statusAt } from '../agreement/status.ts'
import { decideAny } from '../decide/decide.ts'
import { modelOf } from '../decide/model.ts'
import type { Effect, Reason, ReasonCode } from '../decide/reason.ts'
import type { ExemptionKind } from '../exemption/exemption.ts'
import { type Registry, registry } from '../registry/registry.ts'

export type LinkVerdict = 'covered' | 'not-covered' | 'unknown'

/** Where the agreement between two parties stands, for what the one does for the other. */
export interface Standing {
  readonly verdict: LinkVerdict
  readonly agreement: Agreement | undefined
  readonly status: Status | 'none'
  readonly exemption: ExemptionKind | undefined
  /** Those that do not allow. */
  readonly reasons: readonly Reason[]
}

export interface Step {
  readonly of: string
  readonly to: string
  readonly service: Service
  readonly data: readonly DataClass[] | undefined
  readonly use: Use | undefined
  readonly where: Where | undefined
  readonly at: string
}

const hops = new WeakMap<Registry, Registry>()

/** The registry without its subprocessors: `decide` then judges one step, and the walk is done here. */
function oneStep(model: Registry): Registry {
  let hop = hops.get(model)
  if (hop === undefined) {
    hop = registry(model.agreements, {
      parties: [...model.parties.values()],
      complete: [...model.parties.keys()],
      attestations: model.attestations,
      exemptions: model.exemptions,
    })
    hops.set(model, hop)
  }
  return hop
}

const onward: readonly ReasonCode[] = ['onward-covered', 'onward-not-covered', 'onward-unknown', 'chain-cycle']
const ofData: readonly ReasonCode[] = [
  'class-permitted',
  'class-not-permitted',
  'class-prohibited',
  'label-prohibited',
  'too-identifying',
  'identifiability-unknown',
  'part2-without-terms',
  'unknown-origin',
]
const ofUse: readonly ReasonCode[] = [
  'use-permitted',
  'use-required-by-law',
  'use-not-permitted',
  'use-prohibited',
  'training-prohibited',
  'authorization-needed',
  'authorized',
]
const prohibiting: readonly ReasonCode[] = ['class-prohibited', 'label-prohibited', 'use-prohibited', 'training-prohibited']
const outOfScope: readonly ReasonCode[] = ['service-not-covered', 'scope-elsewhere']

const ranks: { readonly [Each in Effect]: number } = { deny: 0, needs: 1, allow: 2 }
const worst = (reasons: readonly Reason[]): Effect =>
  reasons.reduce<Effect>((effect, each) => (ranks[each.effect] < ranks[effect] ? each.effect : effect), 'allow')

// Where no data or no use was named, these stand in, and what `decide` says of them is left aside.
const anyData: readonly DataClass[] = ['phi.identity.name']
const anyUse: Use = 'operations'
/** What the test of each exemption looks at. */
const testedOn: { readonly [Kind in ExemptionKind]: readonly ('data' | 'use')[] } = {
  treatment: ['use'],
  workforce: [],
  conduit: [],
  'payment-processing': ['data', 'use'],
  'de-identified': ['data'],
  individual: ['use'],
  'payment-of-recipient': ['use'],
}

const asItem = (each: DataClass): DataItem =>
  // The classes are all that the data carries, so what a derived one was made of is among them.
  dataClasses[each].derived ? { class: each, madeOf: [] } : { class: each }

const verdicts = { allow: 'covered', needs: 'unknown', deny: 'not-covered' } as const

/** How one step stands at an instant, by `decide`, as far as the question says what goes and for what. */
export function standingOf(model: Registry, step: Step): Standing {
  const { of, to, service, at, where } = step
  const decision = decideAny(oneStep(model), {
    from: of,
    to,
    service,
    data: (step.data ?? anyData).map(asItem),
    use: step.use ?? anyUse,
    at,
    where,
  })
  const agreements = modelOf(model).between(of, to)
  const claims = modelOf(model).exemptions(of, to)
  const isFull = step.data !== undefined && step.use !== undefined
  const exemption = decision.exemption
  if (exemption !== undefined) {
    const isTested = testedOn[exemption].every((each) => step[each] !== undefined)
    const verdict = isTested ? 'covered' : 'unknown'
    return { verdict, agreement: undefined, status: 'none', exemption: isTested ? exemption : undefined, reasons: [] }
  }
  const counts = ({ code }: Reason) =>
    !onward.includes(code) &&
    (step.data !== undefined || !ofData.includes(code)) &&
    (step.use !== undefined || !ofUse.includes(code))
  const reasons = decision.reasons.filter(counts)
  const ways = agreements.map(({ agreement }) => {
    const own = reasons.filter((each) => each.agreement === agreement.id)
    // An agreement that was not looked at further, because another allows, has said nothing.
    const effect = decision.agreement === agreement.id ? 'allow' : own.length === 0 ? 'deny' : worst(own)
    return { agreement, own, effect, status: statusAt(agreement, at) }
  })
  if (ways.length === 0) {
    // A claim that could not be tested, because nobody said what goes, is not known; nothing at all is not covered.
    const effect = claims.length === 0 ? 'deny' : isFull ? worst(reasons) : 'needs'
    const verdict = effect === 'allow' ? 'not-covered' : verdicts[effect]
    return { verdict, agreement: undefined, status: 'none', exemption: undefined, reasons: reasons.filter(refuses) }
  }
  const best = ways.reduce((one, other) => {
    const better =
      ranks[other.effect] - ranks[one.effect] || Number(other.status === 'in-force') - Number(one.status === 'in-force')
    return better > 0 ? other : one
  })
  const forbidden = ways.flatMap(({ agreement, own, status }) =>
    agreement === best.agreement || status !== 'in-force' || own.some(({ code }) => outOfScope.includes(code))
      ? []
      : own.filter(({ code }) => prohibiting.includes(code)),
  )
  const effect = best.effect === 'allow' && forbidden.length > 0 ? 'deny' : best.effect
  const shown = best.effect === 'allow' ? forbidden : ways.flatMap(({ own }) => own)
  return {
    verdict: verdicts[effect],
    agreement: best.agreement,
    status: best.status,
    exemption: undefined,
    reasons: shown.filter(refuses),
  }
}

const refuses = ({ effect }: Reason) => effect !== 'allow'
