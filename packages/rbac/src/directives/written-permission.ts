import { isPurposeOfUse, type PurposeOfUse, plainText } from '@phi/core'
import * as z from 'zod'
import { nameSchema } from '../expression/expression.ts'
import { directiveError } from './errors.ts'
import {
  type Changed,
  identity,
  inOrder,
  instant,
  type Manner,
  ORDER,
  parseFrozen,
  type Recording,
  type Refused,
  recordedOf,
  recording,
  refusedBecause,
} from './fields.ts'
import { citing } from './law.ts'

const written = z.enum(['written', 'electronic'])
const step = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('recorded'), at: instant, ...recording }).readonly(),
  /** `at`: when the written revocation was received. */
  z.strictObject({ step: z.literal('revoked'), at: instant, how: written, ...recording }).readonly(),
  /** Something material in it is known to be false. */
  z.strictObject({ step: z.literal('found-false'), at: instant, ...recording }).readonly(),
])
type Step = z.output<typeof step>

/** When it ends. `until`: first instant at which it no longer counts. An event is told apart when grants are made. */
const expiry = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('date'), until: instant }).readonly(),
  z.strictObject({ by: z.literal('event'), event: plainText(500) }).readonly(),
  z.strictObject({ by: z.literal('none'), because: z.enum(['research', 'single-tpo-consent']) }).readonly(),
])

/**
 * Special notes, told apart from everything else: psychotherapy notes in an authorization, SUD counseling notes in a Part 2 consent.
 * `together` is kept as it was signed, and counts as a defect.
 */
const notes = z.enum(['none', 'only', 'together'])

/**
 * What both kinds have. Elements that the law requires are optional here, because forms come back incomplete: such a record is
 * kept, and its defects are named. The texts are those of the form; the lists beside them are what a policy can use.
 */
const elements = {
  information: z
    .strictObject({
      text: plainText(2_000),
      notes: notes.optional(),
      types: z.array(nameSchema).min(1).max(200).readonly().optional(),
    })
    .readonly()
    .optional(),
  disclosers: plainText(1_000).optional(),
  /** `ids` and `kinds`: whom the application knows under these names. */
  recipients: z
    .strictObject({
      text: plainText(1_000),
      ids: z.array(plainText(256)).min(1).max(200).readonly().optional(),
      kinds: z.array(plainText(256)).min(1).max(200).readonly().optional(),
    })
    .readonly()
    .optional(),
  purpose: z
    .strictObject({
      text: plainText(1_000),
      codes: z
        .array(z.custom<PurposeOfUse>(isPurposeOfUse, 'must be a code of HL7 v3 PurposeOfUse'))
        .min(1)
        .max(100)
        .readonly()
        .optional(),
    })
    .readonly()
    .optional(),
  expires: expiry.optional(),
  /** Whose signature, and for a representative the authority to act. */
  signature: z
    .strictObject({ at: instant, by: z.enum(['individual', 'representative']), authority: plainText(500).optional() })
    .readonly()
    .optional(),
  history: z.array(step).min(1).max(1_000).readonly(),
}

const startsRecorded = (history: readonly Step[]): boolean =>
  history[0]?.step === 'recorded' && history.slice(1).every((each) => each.step !== 'recorded')
const STARTS = 'must begin with the recording, and record once'

export const authorizationSchema = z
  .strictObject({
    kind: z.literal('authorization'),
    ...identity,
    ...elements,
    /** Which of the required statements the form makes. */
    statements: z
      .strictObject({ revocation: z.boolean(), conditioning: z.boolean(), redisclosure: z.boolean() })
      .readonly()
      .optional(),
    plainLanguage: z.boolean().optional(),
    /** What else the document is. */
    combinedWith: z.enum(['nothing', 'research-consent', 'other-authorizations', 'other-document']).optional(),
    /** What depends on signing it. */
    conditioned: z
      .enum(['nothing', 'research-treatment', 'plan-enrollment', 'care-for-third-party', 'something-else'])
      .optional(),
    /** Whether it is for marketing or for a sale, and whether it then says that money is paid. */
    marketing: z.enum(['no', 'without-payment', 'payment-stated', 'payment-not-stated']).optional(),
    sale: z.enum(['no', 'payment-stated', 'payment-not-stated']).optional(),
  })
  .refine((each) => startsRecorded(each.history), { path: ['history'], message: STARTS })
  .refine((each) => inOrder(each.history), { path: ['history'], message: ORDER })
  .readonly()
/** An authorization under 45 CFR 164.508(c). */
export type Authorization = z.output<typeof authorizationSchema>

export const consentSchema = z
  .strictObject({
    kind: z.literal('consent'),
    ...identity,
    ...elements,
    /** Whether the form names the patient. */
    namesPatient: z.boolean().optional(),
    /** One consent for all future treatment, payment and operations. */
    singleTpo: z.boolean(),
    statements: z
      .strictObject({ revocation: z.boolean(), redisclosure: z.boolean(), refusal: z.boolean() })
      .readonly()
      .optional(),
    /** For civil, criminal, administrative or legislative proceedings against the patient: never together with anything else. */
    proceedings: notes.optional(),
  })
  .refine((each) => startsRecorded(each.history), { path: ['history'], message: STARTS })
  .refine((each) => inOrder(each.history), { path: ['history'], message: ORDER })
  .readonly()
/** A written consent for Part 2 records under 42 CFR 2.31. */
export type Consent = z.output<typeof consentSchema>

/**
 * Records a revocation, which has to be in writing (45 CFR 164.508(b)(5), 42 CFR 2.31); what was done in reliance before stays done.
 * An application that takes a spoken revocation as well, which protects more, records the note about it as the writing.
 * @throws PhiError PHI_RBAC_DIRECTIVE
 */
export function revoke<Permission extends Authorization | Consent>(
  permission: Permission,
  more: Recording & { readonly at: string; readonly how: Manner },
): Changed<Permission> | Refused<'not-in-writing' | 'already-revoked'> {
  const cited = citing(permission.kind === 'authorization' ? 'authorizationRevoked' : 'consentPartTwo')
  const { how, at } = more
  if (how !== 'written' && how !== 'electronic') return refusedBecause('not-in-writing', ...cited)
  if (permission.history.some((each) => each.step === 'revoked')) return refusedBecause('already-revoked', ...cited)
  const schema = permission.kind === 'authorization' ? authorizationSchema : consentSchema
  const next: Step = { step: 'revoked', at, how, ...recordedOf(more) }
  const directive = parseFrozen(schema, { ...permission, history: [...permission.history, next] }, 'directive', (context) =>
    directiveError('PHI_RBAC_DIRECTIVE', context),
  )
  return { outcome: 'changed', directive: directive as Permission }
}
