import { covers, type DataClass, isService, isUse, type Label, overlaps, type Service, type Use, uses } from '@phi/core'
import type { AgreementWords } from '../agreement/agreement.ts'
import type { ExemptionClaim, ExemptionKind } from '../exemption/exemption.ts'
import { claimSchema } from '../exemption/schema.ts'
import { testExemption } from '../exemption/test.ts'
import type { Registry } from '../registry/registry.ts'
import { type CompiledAgreement, clauseOnly } from './compile.ts'
import { isEligible, type Model, modelOf } from './model.ts'
import { ownUses, permissionOf } from './permission.ts'
import { type Question, readQuestion } from './question.ts'
import { type Effect, type Reason, reason } from './reason.ts'
import type { DecisionRequest } from './request.ts'

/** What whoever sends still owes when a decision allows: 45 CFR 164.502(b) and 164.528. */
export const duties = ['minimum-necessary', 'accounting'] as const
export type Duty = (typeof duties)[number]

export interface Decision {
  /** `needs`: not allowed until what the reasons name is known or done. */
  readonly outcome: Effect
  /** All of them, those that deny first. An allowing decision has those that allow. */
  readonly reasons: readonly Reason[]
  /** The agreement that an allowing decision rests on. */
  readonly agreement?: string
  /** The exemption that an allowing decision rests on. */
  readonly exemption?: ExemptionKind
  /** It holds for records that are under none of these labels: nobody has said whether they are. */
  readonly provided: readonly Label[]
  readonly duties: readonly Duty[]
}

/** The service of a request, when an agreement of the registry has it in its scope; else a sentence that says so. */
export type CoveredService<Words extends AgreementWords, Asked extends Service> = Service extends Asked
  ? Asked
  : Asked extends Words['service'] | `${Words['service']}.${string}`
    ? Asked
    : `service '${Asked}' is not in the agreement's scope`

/**
 * May this data go there, for this, now? Default deny; a prohibition goes before every permit; what is not known is `needs`, and never
 * `allow`. Every reason is given, with the clause and the text of the law.
 *
 * A service that no agreement of the registry names does not compile, unless an exemption is claimed. Where the registry came from data,
 * the program finds out when it runs. Of two agreements between the same parties one must allow, and no prohibition of either may fire.
 * @throws PhiError PHI_BAA_REQUEST when the question is no object, or `at` no instant. Unknown words are reasons, not errors
 */
export function decide<Words extends AgreementWords, const Asked extends Service>(
  model: Registry<Words>,
  request: Omit<DecisionRequest, 'service' | 'exemption'> & { readonly service: CoveredService<Words, Asked> & Asked },
): Decision
export function decide(model: Registry, request: DecisionRequest & { readonly exemption: ExemptionClaim }): Decision
export function decide(model: Registry, request: DecisionRequest): Decision {
  return decideAny(model, request)
}

/** As `decide`, for questions whose words are only known when the program runs. @throws PhiError PHI_BAA_REQUEST */
export function decideAny(model: Registry, request: DecisionRequest): Decision {
  return judge(modelOf(model), readQuestion(request), [])
}

const unknownParty = (id: unknown) => reason('unknown-party', typeof id === 'string' && id.length <= 64 ? { name: id } : {})
const unknownService = reason('unknown-service')
const unknownUse = reason('unknown-use')
const samePartyReason = reason('same-party')

const ranks: { readonly [Each in Effect]: number } = { deny: 0, needs: 1, allow: 2 }
const none: readonly never[] = Object.freeze([])

/** One way in which the data may go: under an agreement, or under an exemption. */
interface Way {
  readonly outcome: Effect
  readonly reasons: readonly Reason[]
  readonly compiled?: CompiledAgreement
  readonly exemption?: ExemptionKind
}

/** The worst of several reasons. Without any reason nothing is allowed. */
function worst(reasons: readonly Reason[]): Effect {
  if (reasons.length === 0) return 'deny'
  let effect: Effect = 'allow'
  for (const each of reasons) {
    if (each.effect === 'deny') return 'deny'
    if (each.effect === 'needs') effect = 'needs'
  }
  return effect
}

const sorted = (reasons: readonly Reason[]): readonly Reason[] => [...reasons].sort((a, b) => ranks[a.effect] - ranks[b.effect])

function judge(model: Model, question: Question, path: readonly string[]): Decision {
  const { from, to, service, use, data } = question
  const open: Reason[] = [...data.problems]
  if (!model.registry.parties.has(from)) open.push(unknownParty(from))
  if (!model.registry.parties.has(to)) open.push(unknownParty(to))
  if (!isService(service)) open.push(unknownService)
  if (!isUse(use)) open.push(unknownUse)
  if (from === to) open.push(samePartyReason)
  // A word that is not known cannot be judged; the rest waits until it is.
  if (!isService(service) || !isUse(use) || from === to || data.classes.length === 0) return refused('needs', open)

  const agreements = model.between(from, to)
  const ways: Way[] = agreements.map((compiled) => underAgreement(model, compiled, question, service, use, path))
  const claim = question.exemption ?? model.exemption(from, to)
  if (claim !== undefined) ways.push(underExemption(model, claim, question, service, use))
  if (ways.length === 0) ways.push(withoutAgreement(model, question))

  let best = ways[0] as Way
  for (const way of ways) if (ranks[way.outcome] > ranks[best.outcome]) best = way
  const others = best.outcome === 'allow' ? prohibitionsOf(agreements, best, question, service, use) : none
  if (best.outcome !== 'allow' || others.length > 0 || open.length > 0) {
    const outcome = others.length > 0 ? 'deny' : best.outcome === 'deny' ? 'deny' : 'needs'
    const shown = best.outcome === 'allow' ? [...others, ...best.reasons] : ways.flatMap((way) => way.reasons)
    return refused(outcome, [...open, ...shown])
  }
  const { compiled, exemption } = best
  return {
    outcome: 'allow',
    reasons: best.reasons,
    ...(compiled ? { agreement: compiled.agreement.id } : {}),
    ...(exemption ? { exemption } : {}),
    provided: compiled && data.unstated ? without(compiled.provided(use), data.labels) : none,
    duties: exemption === 'de-identified' || isReturn(best) ? none : dutiesOf(model, question, use),
  }
}

const refused = (outcome: Effect, reasons: readonly Reason[]): Decision => ({
  outcome,
  reasons: sorted(reasons),
  provided: none,
  duties: none,
})

const without = (labels: readonly Label[], stated: readonly Label[]): readonly Label[] =>
  stated.length === 0 ? labels : labels.filter((each) => !stated.includes(each))

const isReturn = (way: Way) => way.reasons.some(({ code }) => code === 'returned-to-source')

function underAgreement(
  model: Model,
  compiled: CompiledAgreement,
  question: Question,
  service: Service,
  use: Use,
  path: readonly string[],
): Way {
  const { data, at } = question
  const { reasons: standing } = compiled.standingAt(at)
  const reasons: Reason[] = [...standing, ...planReasons(compiled, question), ...compiled.service(service, question.where)]
  for (const each of compiled.conditions(service)) reasons.push(conditionReason(model, compiled, each.condition, question))
  for (const each of data.classes) for (const found of compiled.class(each)) reasons.push(found)
  for (const each of data.labels) for (const found of compiled.label(each)) reasons.push(found)
  for (const found of compiled.use(use)) reasons.push(found)
  if (data.labels.length > 0 || uses[use].needsAuthorization !== false)
    permissionReasons(model, compiled, question, use, reasons)
  if (compiled.agreement.tier === 'data-use') identifiabilityReasons(compiled, question, reasons)
  onwardReasons(model, compiled, question, service, use, path, reasons)
  return { outcome: worst(reasons), reasons, compiled }
}

function planReasons(compiled: CompiledAgreement, question: Question): readonly Reason[] {
  const { eligibility, plan, id } = compiled.agreement
  if (eligibility === undefined) return none
  const asked = question.plan ?? plan
  if (asked === undefined) return [reason('plan-unknown', { agreement: id })]
  const answer = Object.hasOwn(eligibility, asked) ? eligibility[asked] : undefined
  if (answer === undefined) return [reason('plan-unknown', { agreement: id })]
  return [reason(isEligible(answer) ? 'plan-eligible' : 'plan-not-eligible', { agreement: id, name: asked })]
}

function conditionReason(model: Model, compiled: CompiledAgreement, condition: string, question: Question): Reason {
  const { id, from, to } = compiled.agreement
  const { conditions, at } = question
  const clause = compiled.agreement.conditions.find((each) => each.condition === condition)
  const more = { agreement: id, name: condition, ...(clause ? { clause: clauseOnly(clause) } : {}) }
  const stated = conditions && Object.hasOwn(conditions, condition) ? conditions[condition] : undefined
  const met = stated ?? model.attested(from.id, to.id, condition, at)
  if (met === true) return reason('condition-met', more)
  if (met === false) return reason('condition-not-met', more)
  return reason(met === 'stale' ? 'condition-stale' : 'condition-unknown', more)
}

function permissionReasons(
  model: Model,
  compiled: CompiledAgreement,
  { data, authorization, at, from, to }: Question,
  use: Use,
  reasons: Reason[],
): void {
  const agreement = compiled.agreement.id
  const permission = permissionOf(authorization, at)
  if (uses[use].needsAuthorization !== false) {
    const given = permission.use(use) && permission.classes(data.classes)
    reasons.push(reason(given ? 'authorized' : 'authorization-needed', { agreement, about: use }))
  }
  if (data.labels.includes('psychotherapy') && !ownUses.some((each) => covers(each, use))) {
    const given = permission.use(use) && permission.label('psychotherapy')
    reasons.push(reason(given ? 'authorized' : 'authorization-needed', { agreement, about: 'psychotherapy' }))
  }
  if (data.labels.includes('part2') && !compiled.hasPart2Terms) {
    const organization = model
      .between(from, to)
      .some((each) => each.agreement.tier === 'qsoa' && each.hasPart2Terms && each.standingAt(at).status === 'in-force')
    const consent = permission.use(use) && permission.label('part2')
    if (consent) reasons.push(reason('authorized', { agreement, about: 'part2' }))
    else if (!organization) reasons.push(reason('part2-without-terms', { agreement, about: 'part2' }))
  }
}

function identifiabilityReasons({ agreement }: CompiledAgreement, { identifiability }: Question, reasons: Reason[]): void {
  const { level, evidence } = identifiability ?? {}
  const attested = typeof evidence === 'string' && evidence.trim() !== ''
  if (level === 'identified' || level === 'coded') reasons.push(reason('too-identifying', { agreement: agreement.id }))
  else if (level === undefined || !attested) reasons.push(reason('identifiability-unknown', { agreement: agreement.id }))
}

/** The vendors further down that the service reaches, each judged under its own agreement. */
function onwardReasons(
  model: Model,
  compiled: CompiledAgreement,
  question: Question,
  service: Service,
  use: Use,
  path: readonly string[],
  reasons: Reason[],
): void {
  const { agreement } = compiled
  const { to } = question
  const downstream = model.subprocessors(to)
  const more = { agreement: agreement.id, about: service }
  if (downstream.length === 0 && agreement.terms.subcontractors === undefined && !model.registry.complete.includes(to)) {
    reasons.push(reason('onward-unknown', { ...more, name: to }))
  }
  if (overlaps('ai', service)) {
    for (const host of agreement.ai?.subprocessors ?? none) {
      const named =
        host === to || downstream.some((each) => each.to === host && each.for.some((served) => overlaps(served, service)))
      if (!named) reasons.push(reason('onward-unknown', { ...more, name: host }))
    }
  }
  for (const next of downstream) {
    if (!next.for.some((each) => overlaps(each, service))) continue
    if (next.to === question.from || path.includes(next.to)) {
      reasons.push(reason('chain-cycle', { ...more, name: next.to }))
      continue
    }
    const classes = next.data ? reaching(next.data, question.data.classes) : question.data.classes
    if (classes.length === 0) continue
    const asked: Question = {
      from: to,
      to: next.to,
      service: next.does,
      use: next.use ?? use,
      data: { ...question.data, classes },
      at: question.at,
      where: next.where,
      plan: undefined,
      conditions: undefined,
      identifiability: question.identifiability,
      authorization: question.authorization,
      exemption: undefined,
    }
    const decision = judge(model, asked, [...path, question.from])
    const code =
      decision.outcome === 'allow' ? 'onward-covered' : decision.outcome === 'deny' ? 'onward-not-covered' : 'onward-unknown'
    reasons.push(reason(code, { ...more, name: next.to, because: decision.reasons }))
  }
}

/** What of the data that was sent is among the data that goes on. */
function reaching(goesOn: readonly DataClass[], sent: readonly DataClass[]): readonly DataClass[] {
  const out = new Set<DataClass>()
  for (const each of sent) {
    for (const next of goesOn) {
      if (covers(next, each)) out.add(each)
      else if (covers(each, next)) out.add(next)
    }
  }
  return [...out]
}

function underExemption(model: Model, claim: ExemptionClaim, question: Question, service: Service, use: Use): Way {
  const read = claimSchema.safeParse(claim)
  if (!read.success) return { outcome: 'needs', reasons: [reason('exemption-unproved')] }
  const { kind } = read.data
  const to = model.registry.parties.get(question.to)
  if (to === undefined) return { outcome: 'needs', reasons: [unknownParty(question.to)] }
  const facts = testExemption(read.data, { to, service, use, classes: question.data.classes, at: question.at })
  const failed = facts.filter(({ holds }) => holds === false)
  const unproved = facts.filter(({ holds }) => holds === 'unknown')
  if (failed.length > 0 || unproved.length > 0) {
    const reasons = [
      ...failed.map(({ fact }) => reason('exemption-not-met', { name: `${kind}: ${fact}` })),
      ...unproved.map(({ fact }) => reason('exemption-unproved', { name: `${kind}: ${fact}` })),
    ]
    return { outcome: worst(reasons), reasons }
  }
  return { outcome: 'allow', reasons: [reason(exemptCodes[kind])], exemption: kind }
}

const exemptCodes = {
  treatment: 'exempt-treatment',
  workforce: 'exempt-workforce',
  conduit: 'exempt-conduit',
  'payment-processing': 'exempt-payment',
  'de-identified': 'exempt-de-identified',
  individual: 'exempt-individual',
} as const satisfies { readonly [Kind in ExemptionKind]: Reason['code'] }

/** Nothing was agreed in this direction: data can still go back to where it came from. */
function withoutAgreement(model: Model, { from, to, at }: Question): Way {
  const upstream = model.between(to, from)
  const signed = upstream.filter((each) => !['draft', 'partly-signed'].includes(each.standingAt(at).status))
  const returned = signed[0]
  if (returned) {
    return {
      outcome: 'allow',
      reasons: [reason('returned-to-source', { agreement: returned.agreement.id })],
      compiled: returned,
    }
  }
  if (upstream.length > 0) return { outcome: 'needs', reasons: [reason('returning-unsure')] }
  return { outcome: 'deny', reasons: [reason('no-agreement')] }
}

/** Rights of the individual, and data that identifies nobody, are not subject to what two parties agree on. */
const aboveAgreements: readonly (ExemptionKind | undefined)[] = ['individual', 'de-identified']
const prohibitions: readonly Reason['code'][] = [
  'class-prohibited',
  'label-prohibited',
  'use-prohibited',
  'training-prohibited',
]

/** The prohibitions of the other agreements in force between the two, as far as their scope reaches the service. */
function prohibitionsOf(
  agreements: readonly CompiledAgreement[],
  best: Way,
  { data, at, where }: Question,
  service: Service,
  use: Use,
): readonly Reason[] {
  if (agreements.length === 0 || aboveAgreements.includes(best.exemption)) return none
  return agreements.flatMap((each): readonly Reason[] => {
    if (each === best.compiled || each.standingAt(at).status !== 'in-force') return none
    const scope = each.service(service, where)
    if (scope.some(({ code }) => code === 'service-not-covered' || code === 'scope-elsewhere')) return none
    return [
      ...data.classes.flatMap((key) => each.class(key)),
      ...data.labels.flatMap((key) => each.label(key)),
      ...each.use(use),
    ].filter(({ code }) => prohibitions.includes(code))
  })
}

const bothDuties: readonly Duty[] = Object.freeze(['minimum-necessary', 'accounting'])
const minimumOnly: readonly Duty[] = Object.freeze(['minimum-necessary'])
const accountingOnly: readonly Duty[] = Object.freeze(['accounting'])

function dutiesOf(model: Model, { to, at, authorization, data }: Question, use: Use): readonly Duty[] {
  const { minimumNecessary, accountable } = uses[use]
  const permission = authorization === undefined ? undefined : permissionOf(authorization, at)
  // 164.502(b)(2)(iii) and 164.528(a)(1)(iv): neither for what the individual has authorized.
  if (permission?.use(use) && permission.classes(data.classes)) return none
  const minimum =
    minimumNecessary === true || (minimumNecessary !== false && model.registry.parties.get(to)?.kind !== 'provider')
  if (minimum && accountable !== false) return bothDuties
  if (minimum) return minimumOnly
  return accountable === false ? none : accountingOnly
}
