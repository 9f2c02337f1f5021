import { isLabel, isPurposeOfUse, type Label, type PurposeOfUse, plainText } from '@phi/core'
import * as z from 'zod'
import { nameSchema } from '../expression/expression.ts'
import { directiveError } from './errors.ts'
import {
  type Changed,
  identity,
  inOrder,
  instant,
  type Manner,
  manner,
  millisecondsOf,
  ORDER,
  parseFrozen,
  type Recording,
  type Refused,
  recordedOf,
  recording,
  refusedBecause,
} from './fields.ts'
import { citing } from './law.ts'

/**
 * Purposes that a restriction reaches when it names none: treatment, payment, operations, and disclosure to family and others
 * involved in the care (45 CFR 164.522(a)(1)(i), 164.510(b)). The patient's own access and what the law requires stay outside.
 */
export const restrictablePurposes = [
  'TREAT',
  'HPAYMT',
  'HOPERAT',
  'FAMRQT',
  'SUPNWK',
] as const satisfies readonly PurposeOfUse[]

const words = (limit: number) => z.array(plainText(256)).min(1).max(limit).readonly().optional()
const names = z.array(nameSchema).min(1).max(200).readonly().optional()

/** What a restriction is about. Each part narrows; without any, it is everything about the patient. */
const scope = z
  .strictObject({
    /** Types of records, by the policy's names. */
    types: names,
    /** Field level: these fields of these types are hidden, and the rest of the record stays open. */
    fields: z.record(nameSchema, z.array(nameSchema).min(1).max(200).readonly()).readonly().optional(),
    /** Records that carry one of these labels. */
    labels: z.array(z.custom<Label>(isLabel, 'must be a label of the taxonomy')).min(1).max(64).readonly().optional(),
    /** These records, by id. */
    records: words(500),
    /** What belongs to one of these services or items. */
    items: words(500),
    actions: names,
    purposes: z
      .array(z.custom<PurposeOfUse>(isPurposeOfUse, 'must be a code of HL7 v3 PurposeOfUse'))
      .min(1)
      .max(100)
      .readonly()
      .optional(),
    /** Members of the workforce who must not see it, by actor id. */
    actors: words(200),
    /** Kinds of recipients to whom it must not go: `family`, `employer`. */
    recipientKinds: words(200),
    /** Recipients to whom it must not go, by id. */
    recipients: words(200),
  })
  .refine((each) => each.types === undefined || each.fields === undefined, 'must name types or fields, not both')
  .refine((each) => each.fields === undefined || Object.keys(each.fields).length > 0, 'must name a field where it says fields')
  .readonly()
export type RestrictionScope = z.output<typeof scope>

const step = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('requested'), at: instant, how: manner, ...recording }).readonly(),
  /** `until`: first instant at which it no longer counts, where an end was agreed. */
  z.strictObject({ step: z.literal('agreed'), at: instant, until: instant.optional(), ...recording }).readonly(),
  /** 164.522(a)(1)(vi)(B): paid in full, by the individual or by somebody else who is not the plan. */
  z
    .strictObject({ step: z.literal('mandatory'), at: instant, paidBy: z.enum(['individual', 'other-person']), ...recording })
    .readonly(),
  z.strictObject({ step: z.literal('denied'), at: instant, ...recording }).readonly(),
  z
    .strictObject({
      step: z.literal('terminated'),
      ground: z.enum(['individual-in-writing', 'individual-orally', 'notice-by-entity']),
      /** When it took effect; for a notice, when the individual was told. */
      at: instant,
      ...recording,
      document: plainText(256),
    })
    .readonly(),
])
export type RestrictionStep = z.output<typeof step>
export type TerminationGround = Extract<RestrictionStep, { step: 'terminated' }>['ground']

/** Which step may follow which. A notice ends an agreement for the future only, so the individual may still end the rest. */
const follows: Readonly<Record<string, readonly string[]>> = {
  start: ['requested'],
  requested: ['agreed', 'mandatory', 'denied'],
  agreed: ['mandatory', 'individual-in-writing', 'individual-orally', 'notice-by-entity'],
  mandatory: ['individual-in-writing', 'individual-orally'],
  'notice-by-entity': ['individual-in-writing', 'individual-orally'],
}
const nameOf = (each: RestrictionStep): string => (each.step === 'terminated' ? each.ground : each.step)
const isLawful = (history: readonly RestrictionStep[]): boolean =>
  history.every((each, index) =>
    follows[index === 0 ? 'start' : nameOf(history[index - 1] as RestrictionStep)]?.includes(nameOf(each)),
  )

export const restrictionSchema = z
  .strictObject({
    kind: z.literal('restriction'),
    ...identity,
    /** True: an item that is to be paid out of pocket, kept from the health plan. */
    selfPay: z.boolean(),
    scope,
    history: z.array(step).min(1).max(1_000).readonly(),
  })
  .refine((each) => isLawful(each.history), { path: ['history'], message: 'holds a step that may not follow the one before' })
  .refine((each) => inOrder(each.history), { path: ['history'], message: ORDER })
  .refine((each) => each.selfPay || each.history.every(({ step: name }) => name !== 'mandatory'), {
    path: ['history'],
    message: 'is mandatory without being about an item paid out of pocket',
  })
  .refine(
    ({ selfPay, scope: about }) =>
      !selfPay || [about.actions, about.purposes, about.actors, about.recipientKinds, about.recipients].every((x) => !x),
    { path: ['scope'], message: 'must leave actions, purposes and recipients to the law: a self-pay restriction has its own' },
  )
  .refine(
    ({ history }) =>
      history.every(
        (each) => each.step !== 'agreed' || each.until === undefined || Date.parse(each.until) > Date.parse(each.at),
      ),
    { path: ['history'], message: 'ends before it begins' },
  )
  .readonly()

/**
 * A restriction under 45 CFR 164.522(a). Its history is all there is: `restrictionAt` says what it amounts to at an instant.
 */
export type Restriction = z.output<typeof restrictionSchema>
export type RestrictionStatus = 'requested' | 'denied' | 'agreed' | 'mandatory' | 'terminated'

/** What a restriction amounts to at an instant. */
export interface RestrictionStanding {
  readonly status: RestrictionStatus
  /**
   * `as`: under which rules it holds. `createdUntil`: only for what was created or received until then, in milliseconds since
   * 1970.
   */
  readonly inForce: { readonly as: 'agreed' | 'mandatory'; readonly createdUntil: number | null } | null
}

/** @param at UTC text or milliseconds since 1970 @throws PhiError PHI_RBAC_DIRECTIVE_OPTIONS */
export function restrictionAt(restriction: Restriction, at: string | number): RestrictionStanding {
  const now = millisecondsOf(at, 'at')
  let standing: RestrictionStanding = { status: 'requested', inForce: null }
  for (const each of restriction.history) {
    const from = Date.parse(each.at)
    if (from > now) continue
    if (each.step === 'denied') standing = { status: 'denied', inForce: null }
    if (each.step === 'mandatory') standing = { status: 'mandatory', inForce: { as: 'mandatory', createdUntil: null } }
    if (each.step === 'agreed') {
      const over = each.until !== undefined && Date.parse(each.until) <= now
      standing = over
        ? { status: 'terminated', inForce: null }
        : { status: 'agreed', inForce: { as: 'agreed', createdUntil: null } }
    }
    if (each.step === 'terminated') {
      // 164.522(a)(2)(iii)(B): a notice reaches only what is created or received after it. An agreement that had ended stays ended.
      const rest = each.ground === 'notice-by-entity' && standing.inForce !== null
      standing = { status: 'terminated', inForce: rest ? { as: 'agreed', createdUntil: from } : null }
    }
  }
  return standing
}

const parse = (value: unknown): Restriction =>
  parseFrozen(restrictionSchema, value, 'directive', (context) => directiveError('PHI_RBAC_DIRECTIVE', context))

const last = (restriction: Restriction): RestrictionStep => restriction.history.at(-1) as RestrictionStep

const changed = (restriction: Restriction, next: RestrictionStep): Changed<Restriction> => ({
  outcome: 'changed',
  directive: parse({ ...restriction, history: [...restriction.history, next] }),
})

export interface RestrictionRequest extends Recording {
  readonly id: string
  readonly tenant: string
  readonly patient: string
  readonly scope?: RestrictionScope | undefined
  /** When it was asked for, and how. */
  readonly at: string
  readonly how: Manner
  /**
   * For an item or service paid out of pocket, to be kept from the health plan. With `paidInFull` the entity has no choice, and the
   * restriction is in force from then; without, it is a request until the payment is complete.
   */
  readonly selfPay?: { readonly paidInFull?: { readonly at: string; readonly by: 'individual' | 'other-person' } } | undefined
}

/**
 * Records that a patient asks for a restriction (45 CFR 164.522(a)(1)(i)).
 * @throws PhiError PHI_RBAC_DIRECTIVE
 */
export function requestRestriction(request: RestrictionRequest): Restriction {
  const { id, tenant, patient, at, how, selfPay } = request
  const requested = { step: 'requested', at, how, ...recordedOf(request) }
  const paid = selfPay?.paidInFull
  const mandatory = paid && { step: 'mandatory', at: paid.at, paidBy: paid.by, ...recordedOf(request) }
  const history = mandatory ? [requested, mandatory] : [requested]
  return parse({
    kind: 'restriction',
    id,
    tenant,
    patient,
    selfPay: selfPay !== undefined,
    scope: request.scope ?? {},
    history,
  })
}

export type NotRequested = Refused<'not-requested'>

/** The entity agrees. @param more `at`: in force from; `until`: to then, where an end was agreed */
export function agree(
  restriction: Restriction,
  more: Recording & { readonly at: string; readonly until?: string | undefined },
): Changed<Restriction> | NotRequested {
  if (last(restriction).step !== 'requested') return refusedBecause('not-requested', ...citing('mayAsk'))
  const until = more.until === undefined ? {} : { until: more.until }
  return changed(restriction, { step: 'agreed', at: more.at, ...until, ...recordedOf(more) })
}

/** The entity does not agree, which it need not; only what is paid in full out of pocket it must. */
export function deny(
  restriction: Restriction,
  more: Recording & { readonly at: string },
): Changed<Restriction> | NotRequested | Refused<'must-agree'> {
  const before = last(restriction).step
  if (before === 'mandatory') return refusedBecause('must-agree', ...citing('selfPay'))
  if (before !== 'requested') return refusedBecause('not-requested', ...citing('needNotAgree'))
  return changed(restriction, { step: 'denied', at: more.at, ...recordedOf(more) })
}

/** The item is paid in full: from now on the restriction toward the health plan is mandatory (45 CFR 164.522(a)(1)(vi)). */
export function paidInFull(
  restriction: Restriction,
  more: Recording & { readonly at: string; readonly by: 'individual' | 'other-person' },
): Changed<Restriction> | Refused<'not-self-pay' | 'not-requested'> {
  if (!restriction.selfPay) return refusedBecause('not-self-pay', ...citing('selfPay'))
  if (!['requested', 'agreed'].includes(last(restriction).step)) return refusedBecause('not-requested', ...citing('selfPay'))
  return changed(restriction, { step: 'mandatory', at: more.at, paidBy: more.by, ...recordedOf(more) })
}

export interface Termination extends Recording {
  readonly ground: TerminationGround
  /** When it takes effect; for a notice, when the individual was told. */
  readonly at: string
}
export type TerminationRefusal = 'not-in-force' | 'already-terminated' | 'mandatory-not-by-notice' | 'not-documented'

/**
 * Ends a restriction under 45 CFR 164.522(a)(2): the individual agrees or asks in writing; the individual agrees orally and that is
 * documented; or the entity gives notice, which leaves what was created until then restricted and never ends a mandatory one.
 * Each ground needs its `document`.
 */
export function terminate(restriction: Restriction, by: Termination): Changed<Restriction> | Refused<TerminationRefusal> {
  const before = nameOf(last(restriction))
  const cited = citing('terminatedInWriting', 'terminatedOrally', 'terminatedByNotice')
  if (before === 'requested' || before === 'denied') return refusedBecause('not-in-force', ...cited)
  if (before === 'mandatory' && by.ground === 'notice-by-entity') {
    return refusedBecause('mandatory-not-by-notice', ...citing('terminatedByNotice', 'selfPay'))
  }
  if (!follows[before]?.includes(by.ground)) return refusedBecause('already-terminated', ...cited)
  const { document } = by
  if (document === undefined) return refusedBecause('not-documented', ...citing('terminatedOrally', 'restrictionDocumented'))
  const { ground, at } = by
  return changed(restriction, { step: 'terminated', ground, at, ...recordedOf(by), document })
}
