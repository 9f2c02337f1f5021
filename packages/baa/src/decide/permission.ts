import {
  type ClassSelector,
  covers,
  type DataClass,
  isClassSelector,
  isInstant,
  isUse,
  type Label,
  type Service,
  type Use,
  uses,
} from '@phi/core'
import type { CompiledAgreement } from './compile.ts'
import { limitedDataSetUses, ownUses } from './free-uses.ts'
import type { Model } from './model.ts'
import type { Question } from './question.ts'
import { type Reason, reason } from './reason.ts'
import type { Authorization } from './request.ts'
import type { Inquiry } from './way.ts'

/** What the individual has permitted, at an instant. */
export interface Permission {
  use(use: Use): boolean
  /** All of these classes. */
  classes(classes: readonly DataClass[]): boolean
  label(label: Label): boolean
}

const nothing: Permission = { use: () => false, classes: () => false, label: () => false }

/** Reads a permission. What cannot be read, or has no reference, or is over, permits nothing. */
export function permissionOf(authorization: Authorization | undefined, at: number): Permission {
  if (authorization === undefined) return nothing
  const own = (key: keyof Authorization): unknown => (Object.hasOwn(authorization, key) ? authorization[key] : undefined)
  const [reference, permitted, data, until] = [own('reference'), own('uses'), own('data'), own('until')]
  if (typeof reference !== 'string' || reference.trim() === '' || !Array.isArray(permitted) || !Array.isArray(data)) {
    return nothing
  }
  if (until !== undefined && !(typeof until === 'string' && isInstant(until) && at < Date.parse(until))) return nothing
  const selectors = data.filter(isClassSelector) as ClassSelector[]
  const classes = selectors.filter((each): each is DataClass => !each.startsWith('label:'))
  return {
    use: (use) => permitted.some((each) => isUse(each) && covers(each, use)),
    classes: (asked) => asked.every((each) => classes.some((above) => covers(above, each))),
    label: (label) => selectors.includes(`label:${label}`),
  }
}

/** Whether the question is about a limited data set that goes under a data use agreement. */
export const isLimitedDataSet = (compiled: CompiledAgreement | undefined, { identifiability }: Question): boolean =>
  compiled?.tier === 'data-use' && identifiability === 'limited-data-set'

/** Whether any reason of this kind can be there: most questions have neither labels nor a use that needs more. */
export const mayNeedPermission = ({ data }: Question, use: Use): boolean =>
  data.labels.length > 0 || uses[use].needsAuthorization !== false

/**
 * What needs the individual's permission, whether the data goes under an agreement or under an exemption: an exemption frees of the
 * agreement, and of nothing else.
 * @param originates whether the sender's own use of psychotherapy notes is in question; a disclosure to another provider is not one
 */
export function permissionReasons(
  { model }: Inquiry,
  compiled: CompiledAgreement | undefined,
  question: Question,
  service: Service,
  use: Use,
  originates: boolean,
): readonly Reason[] {
  const { data, authorization, at, from, to } = question
  const more = compiled ? { agreement: compiled.agreement.id } : {}
  const permission = permissionOf(authorization, at)
  const reasons: Reason[] = []
  const limited = isLimitedDataSet(compiled, question) && limitedDataSetUses.some((each) => covers(each, use))
  if (uses[use].needsAuthorization !== false && !limited) {
    const given = permission.use(use) && permission.classes(data.classes)
    reasons.push(reason(given ? 'authorized' : 'authorization-needed', { ...more, about: use }))
  }
  if (data.labels.includes('psychotherapy') && !(originates && ownUses.some((each) => covers(each, use)))) {
    const given = permission.use(use) && permission.label('psychotherapy')
    reasons.push(reason(given ? 'authorized' : 'authorization-needed', { ...more, about: 'psychotherapy' }))
  }
  if (data.labels.includes('part2') && !compiled?.hasPart2Terms) {
    if (permission.use(use) && permission.label('part2')) reasons.push(reason('authorized', { ...more, about: 'part2' }))
    else if (!model.between(from, to).some((each) => servesPart2(each, question, service, use))) {
      reasons.push(reason('part2-without-terms', { ...more, about: 'part2' }))
    }
  }
  if (data.labels.includes('self-pay-restricted') && isKeptFromPlan(model, to, use)) {
    reasons.push(reason('restricted-from-plan', { ...more, about: 'self-pay-restricted' }))
  }
  return reasons
}

/** Whether an item that was paid in full out of pocket must not go there for this use, 164.522(a)(1)(vi). */
export const isKeptFromPlan = (model: Model, to: string, use: Use): boolean =>
  (covers('payment', use) || covers('operations', use)) && model.party(to)?.type === 'health-plan'

/** A qualified service organization agreement in force that has the service in its scope, and prohibits nothing of the question. */
function servesPart2(each: CompiledAgreement, { at, where, data }: Question, service: Service, use: Use): boolean {
  if (each.tier !== 'qsoa' || !each.hasPart2Terms || each.standingAt(at).status !== 'in-force') return false
  const scope = each.service(service, where)
  const prohibited = [
    ...data.classes.flatMap((key) => [...each.class(key)]),
    ...data.labels.flatMap((key) => [...each.label(key)]),
    ...each.use(use),
  ].some(({ code }) => code === 'class-prohibited' || code === 'label-prohibited' || code === 'use-prohibited')
  return scope.every(({ effect }) => effect === 'allow') && !prohibited
}
