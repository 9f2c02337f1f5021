import { covers, isWithinIdentifiability, type Service, type Use } from '@phi/core'
import type { CompiledAgreement, CompiledCondition } from './compile.ts'
import { limitedDataSetUses } from './free-uses.ts'
import { isEligible } from './model.ts'
import { onward } from './onward.ts'
import { mayNeedPermission, permissionReasons } from './permission.ts'
import type { Question } from './question.ts'
import { type Reason, reason } from './reason.ts'
import { type Inquiry, type Way, worst } from './way.ts'

/** Everything that one agreement says of a question. */
export function underAgreement(
  inquiry: Inquiry,
  compiled: CompiledAgreement,
  question: Question,
  service: Service,
  use: Use,
): Way {
  const { data, at } = question
  // Loops and no spreads: this runs for every question.
  const reasons: Reason[] = []
  for (const found of compiled.standingAt(at).reasons) reasons.push(found)
  if (compiled.hasPlans) for (const found of planReasons(compiled, question)) reasons.push(found)
  for (const found of compiled.service(service, question.where)) reasons.push(found)
  for (const each of compiled.conditions(service)) reasons.push(conditionReason(inquiry, each, question))
  for (const each of data.classes) for (const found of compiled.class(each)) reasons.push(found)
  for (const each of data.labels) for (const found of compiled.label(each)) reasons.push(found)
  for (const found of compiled.use(use)) reasons.push(found)
  if (mayNeedPermission(question, use)) {
    for (const found of permissionReasons(inquiry, compiled, question, service, use, true)) reasons.push(found)
  }
  if (compiled.tier === 'data-use') for (const found of dataUseReasons(compiled, question, use)) reasons.push(found)
  // A covered entity needs the assurances of 164.504(e) beside those of Part 2; a programme that is none needs only the latter.
  if (compiled.tier === 'qsoa' && inquiry.model.party(question.from)?.kind === 'covered-entity') {
    reasons.push(reason('qsoa-alone', { agreement: compiled.agreement.id }))
  }
  const provided = onward(inquiry, compiled, question, service, use, reasons)
  return { outcome: worst(reasons), reasons, compiled, provided }
}

/** Where the agreement and the question each name a plan, both are judged. */
function planReasons(compiled: CompiledAgreement, question: Question): readonly Reason[] {
  const { eligibility = {}, plan, id } = compiled.agreement
  const plans = new Set([plan, question.plan].filter((each) => each !== undefined))
  if (plans.size === 0) return [reason('plan-unknown', { agreement: id })]
  return [...plans].map((name) => {
    const answer = Object.hasOwn(eligibility, name) ? eligibility[name] : undefined
    if (answer === undefined) return reason('plan-unknown', { agreement: id })
    return reason(isEligible(answer) ? 'plan-eligible' : 'plan-not-eligible', { agreement: id, name })
  })
}

function conditionReason(
  { model }: Inquiry,
  { condition, met, notMet, unknown, stale }: CompiledCondition,
  { from, to, conditions, at }: Question,
): Reason {
  const stated = conditions && Object.hasOwn(conditions, condition) ? conditions[condition] : undefined
  const attested = model.attested(from, to, condition, at)
  // Whoever says "not met" wins: a caller's word is no evidence against what somebody saw.
  if (stated === false || attested === false) return notMet
  if (stated === true || attested === true) return met
  return attested === 'stale' ? stale : unknown
}

/** A limited data set, attested, for one of the three purposes. */
function dataUseReasons({ agreement }: CompiledAgreement, { identifiability }: Question, use: Use): readonly Reason[] {
  const more = { agreement: agreement.id }
  const reasons: Reason[] = []
  if (identifiability === undefined) reasons.push(reason('identifiability-unknown', more))
  else if (!isWithinIdentifiability(identifiability, 'limited-data-set')) reasons.push(reason('too-identifying', more))
  if (!limitedDataSetUses.some((each) => covers(each, use))) reasons.push(reason('use-not-permitted', { ...more, about: use }))
  return reasons
}
