import { isService, isUse, type Label, type Service, type Use, uses } from '@phi/core'
import { partyId } from '../agreement/party.ts'
import { missingSignatures } from '../agreement/status.ts'
import type { ExemptionKind } from '../exemption/exemption.ts'
import type { CompiledAgreement } from './compile.ts'
import { type Decision, type Duty, duties } from './decision.ts'
import type { Model } from './model.ts'
import { isKeptFromPlan, isLimitedDataSet, mayNeedPermission, permissionOf, permissionReasons } from './permission.ts'
import type { Question } from './question.ts'
import { type Effect, type Reason, reason } from './reason.ts'
import { recall, remember } from './recall.ts'
import { underAgreement } from './under-agreement.ts'
import { underExemption } from './under-exemption.ts'
import { type Inquiry, type Way, worst } from './way.ts'

const none: readonly never[] = Object.freeze([])

const unknownParty = (id: unknown) => reason('unknown-party', partyId.safeParse(id).success ? { name: id as string } : {})
const unknownService = reason('unknown-service')
const unknownUse = reason('unknown-use')
const sameParty = reason('same-party')
const returningUnsure = reason('returning-unsure')
const noAgreement = reason('no-agreement')
const fromIndividual = reason('from-individual')

const ranks: { readonly [Each in Effect]: number } = { deny: 0, needs: 1, allow: 2 }
const order: readonly Effect[] = ['deny', 'needs', 'allow']

/** Decides one question. */
export function judgeQuestion(model: Model, question: Question): Decision {
  const { from, to, service, use, data, at } = question
  const alone = question.isPlain && data.isKept ? model.alone(from, to) : undefined
  if (alone === undefined) return judge(question, { model, path: none, answers: new Map(), judge })
  const standing = alone.standingAt(at)
  const before = recall(alone, standing, data, service, use)
  if (before !== undefined) return before
  const decision = judge(question, { model, path: none, answers: new Map(), judge })
  // A word that is not known is not remembered: there is no end of them.
  if (isService(service) && isUse(use)) remember(alone, standing, data, service, use, decision)
  return decision
}

function judge(question: Question, inquiry: Inquiry): Decision {
  const { model } = inquiry
  const { from, to, service, use, data } = question
  const knowsParties = model.party(from) !== undefined && model.party(to) !== undefined
  if (!knowsParties || !isService(service) || !isUse(use) || from === to || data.classes.length === 0) {
    return refused('needs', wordsToAsk(model, question))
  }
  const agreements = model.between(from, to)
  const ways = waysOf(inquiry, agreements, question, service, use)
  // A way that allows and meets no prohibition of the others is the best there is.
  let best = ways[0] as Way
  let others: readonly CompiledAgreement[] = none
  let prohibited: readonly Reason[] = none
  let rank = -1
  for (const way of ways) {
    const beside = way.outcome === 'deny' ? none : othersInForce(agreements, way, question, service)
    const fired = beside.length === 0 ? none : prohibitionsOf(beside, question, use)
    const reached = fired.length > 0 ? ranks.deny : ranks[way.outcome]
    if (reached <= rank) continue
    rank = reached
    best = way
    others = beside
    prohibited = fired
  }
  if (rank !== ranks.allow || data.problems.length > 0) {
    const outcome = rank === ranks.deny ? 'deny' : 'needs'
    // Where the data alone leaves something open, the way that would allow is what a reader looks at; else all are shown.
    const shown = rank === ranks.allow || ways.length === 1 ? best.reasons : ways.flatMap((way) => way.reasons)
    const more = data.problems.length === 0 && prohibited.length === 0 ? none : [...data.problems, ...prohibited]
    return refused(outcome, more.length === 0 ? shown : [...more, ...shown])
  }
  const { compiled, exemption } = best
  return Object.freeze({
    outcome: 'allow',
    reasons: Object.freeze(best.reasons),
    ...(compiled ? { agreement: compiled.agreement.id } : {}),
    ...(exemption ? { exemption } : {}),
    provided: data.unstated ? providedBy(model, best, others, question, use) : none,
    duties: exemption === 'de-identified' || best.isFree ? none : dutiesOf(model, best, question, use),
  })
}

/** What has to be known before anything can be judged. */
function wordsToAsk(model: Model, { from, to, service, use, data }: Question): readonly Reason[] {
  return [
    ...(model.party(from) === undefined ? [unknownParty(from)] : []),
    ...(model.party(to) === undefined ? [unknownParty(to)] : []),
    ...(isService(service) ? [] : [unknownService]),
    ...(isUse(use) ? [] : [unknownUse]),
    ...(from === to ? [sameParty] : []),
    ...data.problems,
  ]
}

/** Those that deny first, each kind in the order in which it was found. */
function refused(outcome: Effect, reasons: readonly Reason[]): Decision {
  const sorted: Reason[] = []
  for (const effect of order) for (const each of reasons) if (each.effect === effect) sorted.push(each)
  return Object.freeze({ outcome, reasons: Object.freeze(sorted), provided: none, duties: none })
}

function waysOf(
  inquiry: Inquiry,
  agreements: readonly CompiledAgreement[],
  question: Question,
  service: Service,
  use: Use,
): readonly Way[] {
  const { model, path } = inquiry
  const ways: Way[] = []
  for (const each of agreements) ways.push(underAgreement(inquiry, each, question, service, use))
  const claims = question.exemption === undefined ? model.exemptions(question.from, question.to) : [question.exemption]
  for (const claim of claims) ways.push(underExemption(inquiry, claim, question, service, use))
  // Further down a chain it is known whose data it is: nothing goes back there.
  const back = path.length === 0 ? returning(inquiry, question, service, use, ways.length === 0) : undefined
  if (back) ways.push(back)
  // What individuals do with their own data is not governed.
  if (model.party(question.from)?.kind === 'individual')
    ways.push({ outcome: 'allow', reasons: [fromIndividual], isFree: true })
  if (ways.length === 0) ways.push({ outcome: 'deny', reasons: [noAgreement] })
  return ways
}

/** Data that goes back to the party for whom it is held. */
function returning(inquiry: Inquiry, question: Question, service: Service, use: Use, only: boolean): Way | undefined {
  const { from, to, at, heldFor } = question
  const upstream = inquiry.model.between(to, from)
  if (upstream.length === 0) return undefined
  const signed = upstream.find(({ agreement }) => missingSignatures(agreement, at).length === 0)
  if (heldFor === to && signed !== undefined) {
    const needs = mayNeedPermission({ ...question, data: { ...question.data, labels: none } }, use)
      ? permissionReasons(inquiry, undefined, { ...question, data: { ...question.data, labels: none } }, service, use, true)
      : none
    const reasons = [reason('returned-to-source', { agreement: signed.agreement.id }), ...needs]
    return { outcome: worst(reasons), reasons, compiled: signed, isFree: true }
  }
  // Beside an agreement in this direction the question whose data it is need not be asked.
  return only && (heldFor === undefined || heldFor === to) ? { outcome: 'needs', reasons: [returningUnsure] } : undefined
}

/** Rights of the individual, and data that identifies nobody, are not subject to what two parties agree on. */
const aboveAgreements: readonly (ExemptionKind | undefined)[] = ['individual', 'de-identified']

/** The other agreements in force between the two, as far as their scope reaches the service, or may. */
function othersInForce(
  agreements: readonly CompiledAgreement[],
  best: Way,
  { at, where }: Question,
  service: Service,
): readonly CompiledAgreement[] {
  if (agreements.length === (best.compiled && !best.isFree ? 1 : 0)) return none
  if (best.isFree || aboveAgreements.includes(best.exemption)) return none
  return agreements.filter(
    (each) =>
      each !== best.compiled &&
      each.standingAt(at).status === 'in-force' &&
      !each.service(service, where).some(({ code }) => code === 'service-not-covered' || code === 'scope-elsewhere'),
  )
}

const prohibitions: readonly Reason['code'][] = [
  'class-prohibited',
  'label-prohibited',
  'use-prohibited',
  'training-prohibited',
]

const prohibitionsOf = (others: readonly CompiledAgreement[], { data }: Question, use: Use): readonly Reason[] =>
  others.flatMap((each) =>
    [
      ...data.classes.flatMap((key) => [...each.class(key)]),
      ...data.labels.flatMap((key) => [...each.label(key)]),
      ...each.use(use),
    ].filter(({ code }) => prohibitions.includes(code)),
  )

function providedBy(
  model: Model,
  best: Way,
  others: readonly CompiledAgreement[],
  { to, data }: Question,
  use: Use,
): readonly Label[] {
  if (best.isFree || aboveAgreements.includes(best.exemption)) return none
  const own = best.compiled?.provided(use) ?? exemptProvided
  const below = best.provided ?? none
  const toPlan = isKeptFromPlan(model, to, use)
  if (others.length === 0 && below.length === 0 && data.labels.length === 0 && !toPlan) return own
  const prohibited = others.flatMap((each) => [...each.prohibitedLabels])
  const all = new Set([...own, ...below, ...prohibited, ...(toPlan ? ['self-pay-restricted' as const] : [])])
  return Object.freeze([...all].filter((each) => !data.labels.includes(each)))
}

/** What an exemption does not free of. */
const exemptProvided: readonly Label[] = Object.freeze(['part2', 'psychotherapy'])

/** Every set of duties, by the bits of its members. */
const dutySets: readonly (readonly Duty[])[] = Array.from({ length: 2 ** duties.length }, (_, bits) =>
  Object.freeze(duties.filter((_each, index) => (bits & (1 << index)) !== 0)),
)

function dutiesOf(model: Model, best: Way, question: Question, use: Use): readonly Duty[] {
  const { to, at, authorization, data } = question
  const { minimumNecessary, accountable } = uses[use]
  const permission = authorization === undefined ? undefined : permissionOf(authorization, at)
  // 164.502(b)(2)(iii) and 164.528(a)(1)(iv): neither for what the individual has authorized.
  const authorized = permission?.use(use) === true && permission.classes(data.classes)
  const toProvider = minimumNecessary === 'except-to-providers' && model.isProvider(to)
  const minimum = !authorized && minimumNecessary !== false && !toProvider
  // 164.528(a)(1)(viii): a limited data set is not accounted for.
  const accounted = !authorized && accountable !== false && !isLimitedDataSet(best.compiled, question)
  const restricted = data.labels.includes('patient-restricted')
  return dutySets[(minimum ? 1 : 0) + (accounted ? 2 : 0) + (restricted ? 4 : 0)] as readonly Duty[]
}
