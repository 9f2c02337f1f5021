import {
  covers,
  type DataClass,
  type DataClassRow,
  dataClasses,
  type Label,
  labelOf,
  overlaps,
  type Service,
  scopeVerdict,
  type Use,
  uses,
} from '@phi/core'
import {
  type Agreement,
  type ConditionClause,
  type ScopeLimits,
  type ServiceClause,
  scopeKeys,
  type Where,
} from '../agreement/agreement.ts'
import { clauseOnly } from '../agreement/clause.ts'
import { lifeOf, missingSignatures, type Status } from '../agreement/status.ts'
import { ownUses } from './free-uses.ts'
import { type Reason, type ReasonCode, reason } from './reason.ts'

// One agreement, made ready for many questions. Every verdict depends on one thing at a time (a time, a service, a class, a label, a
// use), so each is worked out when it is first asked for, and kept. The keys are those of the taxonomy, so the tables stay small.

/** What an agreement says of a service. */
export interface ServiceVerdict {
  /** Clauses that take it out. Those with limits take it out where the limits hold, or may hold. */
  readonly excluded: readonly ScopeCheck[]
  readonly covering: readonly ScopeCheck[]
  readonly conditions: readonly CompiledCondition[]
  /** Where no clause has limits: the reasons as they are. */
  readonly constant: readonly Reason[] | undefined
}

interface ScopeCheck {
  readonly clause: ServiceClause
  readonly reason: Reason
}

/** From an instant on. One object for each stretch of time. */
export interface Standing {
  readonly from: number
  readonly status: Status
  readonly reasons: readonly Reason[]
}

/** A condition, with what can be said of it. */
export interface CompiledCondition {
  readonly condition: string
  readonly met: Reason
  readonly notMet: Reason
  readonly unknown: Reason
  readonly stale: Reason
}

export interface CompiledAgreement {
  readonly agreement: Agreement
  // What every question asks. Objects without a prototype are slow to read, so these stand here.
  readonly tier: Agreement['tier']
  readonly hasPlans: boolean
  readonly promisesSubcontractors: boolean
  standingAt(at: number): Standing
  service(service: Service, where: Where | undefined): readonly Reason[]
  /** The conditions that stand before a service. */
  conditions(service: Service): readonly CompiledCondition[]
  class(each: DataClass): readonly Reason[]
  label(each: Label): readonly Reason[]
  use(each: Use): readonly Reason[]
  /** Labels that no record may be under: the prohibited ones, and those that would ask for more. */
  provided(use: Use): readonly Label[]
  readonly prohibitedLabels: readonly Label[]
  readonly hasPart2Terms: boolean
}

/** A table that is filled as it is asked. */
function kept<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const table = new Map<Key, Value>()
  return (key) => {
    let value = table.get(key)
    if (value === undefined) {
      value = make(key)
      table.set(key, value)
    }
    return value
  }
}

export function compileAgreement(agreement: Agreement): CompiledAgreement {
  const { id } = agreement
  const say = (code: ReasonCode, more: Omit<Parameters<typeof reason>[1] & object, 'agreement'> = {}) =>
    reason(code, { agreement: id, ...more })
  const standings = standingsOf(agreement, say)
  const labels = agreement.prohibits.flatMap(({ selector }) => labelOf(selector) ?? [])

  const hasPart2Terms = agreement.terms.part2 !== undefined

  const ofService = kept((service: Service) => serviceVerdict(agreement, service, say))
  return {
    agreement,
    tier: agreement.tier,
    hasPlans: agreement.eligibility !== undefined,
    promisesSubcontractors: agreement.terms.subcontractors !== undefined,
    hasPart2Terms,
    prohibitedLabels: labels,
    provided: kept((use: Use) => {
      const part2 = hasPart2Terms ? [] : ['part2' as const]
      const psychotherapy = ownUses.some((each) => covers(each, use)) ? [] : ['psychotherapy' as const]
      return Object.freeze([...new Set([...labels, ...part2, ...psychotherapy])])
    }),
    standingAt(at) {
      let standing = standings[0] as Standing
      for (let i = 1; i < standings.length && (standings[i] as Standing).from <= at; i++) standing = standings[i] as Standing
      return standing
    },
    service(service, where) {
      const verdict = ofService(service)
      return verdict.constant ?? scopeReasons(verdict, where, service, say)
    },
    conditions: (service) => ofService(service).conditions,
    class: kept((each: DataClass) => classReasons(agreement, each, say)),
    label: kept((each: Label) =>
      agreement.prohibits.flatMap((clause) =>
        labelOf(clause.selector) === each ? [say('label-prohibited', { clause: clauseOnly(clause), about: each })] : [],
      ),
    ),
    use: kept((each: Use) => useReasons(agreement, each, say)),
  }
}

type Say = (code: ReasonCode, more?: Omit<Parameters<typeof reason>[1] & object, 'agreement'>) => Reason

const codeOfStatus: { readonly [Each in Exclude<Status, 'draft' | 'partly-signed'>]: ReasonCode } = {
  signed: 'not-yet-effective',
  'in-force': 'in-force',
  expired: 'expired',
  terminated: 'terminated',
  'winding-down': 'winding-down',
  closed: 'closed',
}

function standingsOf(agreement: Agreement, say: Say): readonly Standing[] {
  return lifeOf(agreement).map(({ from, status }) => {
    const reasons =
      status === 'draft' || status === 'partly-signed'
        ? missingSignatures(agreement, from).map((name) => say('not-signed', { name }))
        : [
            say(
              codeOfStatus[status],
              status === 'terminated' ? { clause: clauseOnly({ id: 'terminated', ...agreement.terminated }) } : {},
            ),
          ]
    return { from, status, reasons: Object.freeze(reasons) }
  })
}

const isLimited = (limits: ScopeLimits) => Object.keys(limits).length > 0

function serviceVerdict(agreement: Agreement, service: Service, say: Say): ServiceVerdict {
  const about = service
  const check =
    (code: ReasonCode) =>
    (clause: ServiceClause): ScopeCheck => ({
      clause,
      reason: say(code, { clause: clauseOnly(clause), about }),
    })
  const excluded = agreement.excludes.filter((each) => overlaps(each.service, service)).map(check('service-excluded'))
  const covering = agreement.services.filter((each) => covers(each.service, service)).map(check('service-covered'))
  const conditions = agreement.conditions
    .filter(({ services }) => services === undefined || services.some((each) => overlaps(each, service)))
    .map((clause) => compileCondition(clause, say))
  const anyLimits = [...excluded, ...covering].some(({ clause }) => isLimited(clause.limits))
  const verdict = { excluded, covering, conditions, constant: undefined }
  return anyLimits ? verdict : { ...verdict, constant: Object.freeze(scopeReasons(verdict, undefined, service, say)) }
}

function compileCondition(clause: ConditionClause, say: Say): CompiledCondition {
  const { condition } = clause
  const more = { name: condition, clause: clauseOnly(clause) }
  return {
    condition,
    met: say('condition-met', more),
    notMet: say('condition-not-met', more),
    unknown: say('condition-unknown', more),
    stale: say('condition-stale', more),
  }
}

/** Whether limits hold for where a service runs. */
type Fit = 'fits' | 'elsewhere' | 'unknown'

function fitOf(limits: ScopeLimits, where: Where | undefined): { readonly fit: Fit; readonly keys: readonly string[] } {
  const open: string[] = []
  const other: string[] = []
  const judge = (key: string, wanted: readonly string[], given: unknown) => {
    if (given === undefined || given === null) open.push(key)
    else if (typeof given !== 'string' || !wanted.includes(given)) other.push(key)
  }
  for (const key of scopeKeys) {
    const wanted = limits[key]
    if (wanted) judge(key, wanted, where && Object.hasOwn(where, key) ? where[key] : undefined)
  }
  const setting = where && Object.hasOwn(where, 'configuration') ? where.configuration : undefined
  for (const [name, wanted] of Object.entries(limits.configuration ?? {})) {
    judge(`configuration.${name}`, wanted, setting && Object.hasOwn(setting, name) ? setting[name] : undefined)
  }
  if (other.length > 0) return { fit: 'elsewhere', keys: other }
  return open.length > 0 ? { fit: 'unknown', keys: open } : { fit: 'fits', keys: [] }
}

function scopeReasons(verdict: ServiceVerdict, where: Where | undefined, service: Service, say: Say): readonly Reason[] {
  const reasons: Reason[] = []
  for (const { clause, reason: excluded } of verdict.excluded) {
    const { fit, keys } = fitOf(clause.limits, where)
    if (fit === 'fits') reasons.push(excluded)
    if (fit === 'unknown') {
      for (const name of keys) reasons.push(say('scope-unknown', { clause: clauseOnly(clause), about: service, name }))
    }
  }
  const fits = verdict.covering.map((check) => ({ ...check, ...fitOf(check.clause.limits, where) }))
  const covered = fits.find(({ fit }) => fit === 'fits')
  if (covered) return [...reasons, covered.reason]
  // What may be covered is asked for before what certainly is not is told: an answer to the first settles it.
  const open = fits.filter(({ fit }) => fit === 'unknown')
  const failed = open.length > 0 ? open : fits
  const code = open.length > 0 ? 'scope-unknown' : 'scope-elsewhere'
  for (const { clause, keys } of failed) {
    for (const name of keys) reasons.push(say(code, { clause: clauseOnly(clause), about: service, name }))
  }
  if (fits.length === 0) reasons.push(say('service-not-covered', { about: service }))
  return reasons
}

function classReasons(agreement: Agreement, each: DataClass, say: Say): readonly Reason[] {
  const about = each
  const reasons: Reason[] = []
  for (const clause of agreement.prohibits) {
    // One prohibition at a time, judged by the rule of @phi/core: overlap either way, codes with what they tell, labels by nature.
    const { fired } = scopeVerdict({ permits: [], prohibits: [clause.selector] }, { classes: [each], labels: [] })
    const code = labelOf(clause.selector) === undefined ? 'class-prohibited' : 'label-prohibited'
    if (fired.length > 0) reasons.push(say(code, { clause: clauseOnly(clause), about }))
  }
  const permit = agreement.permits.find((clause) => covers(clause.class, each))
  reasons.push(permit ? say('class-permitted', { clause: clauseOnly(permit), about }) : say('class-not-permitted', { about }))
  // A data use agreement carries limited data sets, and sixteen identifiers are in none.
  if (agreement.tier === 'data-use' && directIdentifiers.some((key) => overlaps(key, each))) {
    reasons.push(say('too-identifying', { about }))
  }
  return Object.freeze(reasons)
}

const dropped = () =>
  Object.values<DataClassRow>(dataClasses)
    .filter((row) => row.limitedDataSet === 'drop')
    .map((row) => row.key)
const directIdentifiers: readonly DataClass[] = /* @__PURE__ */ dropped()

function useReasons(agreement: Agreement, each: Use, say: Say): readonly Reason[] {
  const about = each
  const reasons: Reason[] = []
  for (const clause of agreement.prohibitsUses) {
    if (overlaps(clause.use, each)) reasons.push(say('use-prohibited', { clause: clauseOnly(clause), about }))
  }
  if (agreement.ai?.training === 'prohibited' && overlaps('ai.training', each)) {
    reasons.push(say('training-prohibited', { clause: clauseOnly(agreement.ai), about }))
  }
  const permit = agreement.uses.find((clause) => covers(clause.use, each))
  if (permit) reasons.push(say('use-permitted', { clause: clauseOnly(permit), about }))
  else reasons.push(say(uses[each].baMay === 'as-law-requires' ? 'use-required-by-law' : 'use-not-permitted', { about }))
  return Object.freeze(reasons)
}
