import { canonicalJson, fromHex, toHex } from '@phi/core'
import * as z from 'zod'
import { sanitizationSchema, workerSchema } from '../certificate/certificate.ts'
import { dispositionError } from '../errors.ts'
import { readProgress, saveProgress } from '../store/guarded-store.ts'
import type { RetentionStore } from '../store/store.ts'
import { civilDate, count, instant, shownText } from '../text.ts'

/** What a run says of itself: fixed when it begins, so that one certificate is true of all of it. */
const statementSchema = z.strictObject({
  method: sanitizationSchema,
  performer: workerSchema,
  validator: workerSchema.nullable(),
  backupHorizon: instant.nullable(),
  /** Whether keys are destroyed. */
  keys: z.boolean(),
})
export type RunStatement = z.infer<typeof statementSchema>

const stateSchema = z.strictObject({
  startedAt: instant,
  /** Hexadecimal. */
  salt: z.string().regex(/^[0-9a-f]{64}$/),
  statement: statementSchema,
  approvals: z
    .array(z.strictObject({ by: shownText, role: shownText, on: civilDate, signed: z.boolean() }))
    .min(1)
    .readonly(),
  /** The records of the plan that were dealt with, and the sequence of the last receipt seen. */
  next: count,
  sequence: count,
  finished: z.strictObject({ certificate: z.string().nullable() }).nullable(),
})

/** How far a run has come, as the store keeps it. */
export type RunState = z.infer<typeof stateSchema>

export interface HeldState {
  readonly version: number
  readonly state: RunState
}

function parseState(body: string): RunState {
  try {
    const read = stateSchema.safeParse(JSON.parse(body))
    if (read.success) return read.data
  } catch {
    // No JSON: refused below.
  }
  throw dispositionError('PHI_RETENTION_STORE', { detail: 'the progress of the run is not as it was saved' })
}

/** @throws PhiError PHI_RETENTION_STORE */
export async function loadState(store: RetentionStore, run: string): Promise<HeldState | null> {
  const progress = await readProgress(store, run)
  return progress === null ? null : { version: progress.version, state: parseState(progress.body) }
}

/** Saves the state over the one that was held; `null` when somebody else saved meanwhile. */
export async function saveState(
  store: RetentionStore,
  run: string,
  held: HeldState | null,
  state: RunState,
): Promise<HeldState | null> {
  const version = (held?.version ?? 0) + 1
  return (await saveProgress(store, { run, version, body: canonicalJson(state) })) ? { version, state } : null
}

/** Begins a run, or joins the one that somebody else has begun meanwhile. */
export async function beginState(
  store: RetentionStore,
  run: string,
  begin: Omit<RunState, 'salt' | 'next' | 'sequence' | 'finished'> & { readonly salt: Uint8Array },
): Promise<HeldState> {
  const known = await loadState(store, run)
  if (known !== null) return known
  const state: RunState = { ...begin, salt: toHex(begin.salt), next: 0, sequence: 0, finished: null }
  const saved = await saveState(store, run, null, state)
  const held = saved ?? (await loadState(store, run))
  if (held === null)
    throw dispositionError('PHI_RETENTION_STORE', { detail: 'a run was begun by somebody else, and is not there' })
  return held
}

export const saltOf = (state: RunState): Uint8Array => fromHex(state.salt)
export const isSameStatement = (a: RunStatement, b: RunStatement): boolean => canonicalJson(a) === canonicalJson(b)
