import { type Actor, type ActorInput, actorSchema, type DataClass, isDataClass, isInstant, plainText } from '@phi/core'
import * as z from 'zod'
import { freeze } from '../freeze.ts'
import { readOwn } from '../own.ts'
import { aiError } from './errors.ts'
import { refuseKey, type TextHash, type TextKey, textHash } from './text-hash.ts'

/** What happens to a prompt, an output or an edit, and the action under which @phi/audit knows it. */
export const aiUses = {
  prompt: 'send',
  output: 'create',
  edit: 'update',
  read: 'read',
  review: 'review',
  accept: 'sign',
  reject: 'review',
  file: 'amend',
  delete: 'delete',
} as const
export type AiUseKind = keyof typeof aiUses

/** Something that somebody did with a model, its prompts or its outputs. Texts come in, and only their hashes go out. */
export interface AiUse {
  readonly kind: AiUseKind
  readonly at: string
  readonly actor: ActorInput
  /** `denied`: the gate, or the rule of the draft, refused it. */
  readonly outcome: 'success' | 'failure' | 'denied'
  /** The model, by the name and version under which it was called. */
  readonly model?: string | undefined
  readonly prompt?: string | undefined
  readonly output?: string | undefined
  /** The text after an edit. */
  readonly edited?: string | undefined
  /** Ids of patients, as your log names them. */
  readonly patients?: readonly string[] | undefined
  /** The draft, note or claim. */
  readonly resource?: { readonly type: string; readonly id: string } | undefined
  readonly dataClasses?: readonly DataClass[] | undefined
  /** The agreement that it was decided under, and the reason: `covered`. */
  readonly decision?: { readonly policy: string; readonly rule: string } | undefined
}

/** An event for @phi/audit, which accepts it as it is. It holds no text. */
export interface AiAuditEvent {
  readonly action: (typeof aiUses)[AiUseKind]
  readonly outcome: AiUse['outcome']
  readonly occurredAt: string
  readonly actor: Mutable<Actor>
  readonly subject?: {
    readonly dataClasses?: DataClass[]
    readonly patients?: string[]
    readonly resource?: { readonly type: string; readonly id: string }
  }
  readonly context: {
    readonly ai: { readonly model?: string; readonly promptHash?: TextHash; readonly outputHash?: TextHash }
    readonly decision?: { readonly policy: string; readonly rule: string }
    readonly details: { readonly [key: string]: string | number }
  }
}

/** @phi/audit takes lists that may be changed; these are copies, and nobody changes them. */
type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] extends readonly (infer Each)[] ? Each[] : Value[Key] }

const text = z
  .string()
  .max(10_000_000)
  .refine((each) => each.isWellFormed(), 'must not hold a lone surrogate')
  .optional()

const schema = z.strictObject({
  kind: z.enum(Object.keys(aiUses) as [AiUseKind, ...AiUseKind[]]),
  at: z.string().refine(isInstant, 'must be an instant'),
  actor: actorSchema,
  outcome: z.enum(['success', 'failure', 'denied']),
  model: plainText(256).optional(),
  prompt: text,
  output: text,
  edited: text,
  patients: z.array(plainText(256)).max(1000).optional(),
  resource: z.strictObject({ type: plainText(256), id: plainText(256) }).optional(),
  dataClasses: z.array(z.custom<DataClass>(isDataClass, 'must be a data class of the taxonomy')).max(64).optional(),
  decision: z.strictObject({ policy: plainText(256), rule: plainText(256) }).optional(),
})

/**
 * An audit event that shows who gave what to which model, what came back and what was changed, without the texts: keyed hashes, by which
 * a text can be recognized later (`isHashOf`), and lengths in UTF-16 code units.
 * @throws PhiError PHI_BAA_AI_EVENT, PHI_BAA_AI_KEY
 */
export function aiAuditEvent(use: AiUse, key: TextKey): AiAuditEvent {
  const read = readOwn(schema, use, 'use', (context) => aiError('PHI_BAA_AI_EVENT', context))
  refuseKey(key)
  const { kind, prompt, output, edited, model, patients, resource, dataClasses, decision } = read
  const subject = {
    ...(dataClasses === undefined ? {} : { dataClasses: [...new Set(dataClasses)] }),
    ...(patients === undefined ? {} : { patients: [...new Set(patients)] }),
    ...(resource === undefined ? {} : { resource }),
  }
  return freeze({
    action: aiUses[kind],
    outcome: read.outcome,
    occurredAt: read.at,
    actor: { ...read.actor, roles: [...read.actor.roles] },
    ...(Object.keys(subject).length === 0 ? {} : { subject }),
    context: {
      ai: {
        ...(model === undefined ? {} : { model }),
        ...(prompt === undefined ? {} : { promptHash: textHash(key, prompt) }),
        ...(output === undefined ? {} : { outputHash: textHash(key, output) }),
      },
      ...(decision === undefined ? {} : { decision }),
      details: {
        aiUse: kind,
        hash: 'hmac-sha256',
        ...(prompt === undefined ? {} : { promptLength: prompt.length }),
        ...(output === undefined ? {} : { outputLength: output.length }),
        ...(edited === undefined ? {} : { editedHash: textHash(key, edited), editedLength: edited.length }),
      },
    },
  }) as AiAuditEvent
}
