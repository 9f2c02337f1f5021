import { isInstant, isPhiError } from '@phi/core'
import { envelopeError } from '../errors.ts'
import type { Custody } from '../keys/custody.ts'
import { eachKey } from '../keys/guarded-store.ts'
import { type DataKeyRecord, isErased } from '../keys/key-record.ts'
import type { GuardedKms } from '../kms/guarded.ts'
import { receiptSchema } from './certificate.ts'

/** A KEK that is to be destroyed, in the KMS that holds it. */
export interface CondemnedKek {
  readonly kms: GuardedKms
  readonly kek: string
}

/** How far the KMS is with one. */
export interface KekOutcome {
  readonly kms: string
  readonly kek: string
  readonly state: 'destroyed' | 'reported-gone' | 'destruction-scheduled'
  /** RFC 3339 UTC, where the KMS says when. */
  readonly destroyAt: string | null
  readonly receipt: Readonly<Record<string, string>>
}

/** The KEKs that wrap these keys, or did before they were erased, after those that the caller names. @internal */
export function keksOf(custody: Custody, records: readonly DataKeyRecord[], also: readonly string[]): readonly CondemnedKek[] {
  const found = new Map<string, CondemnedKek>()
  const add = (kms: GuardedKms, kek: string) => found.set(JSON.stringify([kms.name, kek]), { kms, kek })
  for (const kek of also) add(custody.kms, kek)
  for (const record of records) add(custody.kmsOf(record), record.kek)
  return [...found.values()]
}

/** A name that goes on after one of these names a part of the key: its version, say. */
const SEPARATOR = /^[:/@;?#|]/

/** Whether a KEK is the other one, or a version of it. */
const isPartOf = (kek: string, of: string): boolean =>
  kek === of || (kek.startsWith(of) && SEPARATOR.test(kek.slice(of.length)))

const shared = (detail: string) => envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'destroy.kek', detail })

/**
 * Refuses where the end of these KEKs would take more with it than the keys it is meant for: other keys of the store, or
 * whatever the KMS wraps with next. A key named without its version stands for all its versions.
 * @throws PhiError PHI_ENVELOPE_OPTIONS, and whatever the KMS says when it is asked for its current KEK
 * @internal
 */
export async function refuseShared(
  custody: Custody,
  keks: readonly CondemnedKek[],
  concerned: ReadonlySet<string>,
): Promise<void> {
  const hits = (kms: string, kek: string) => keks.some((each) => each.kms.name === kms && isPartOf(kek, each.kek))
  for (const kms of new Set(keks.map((each) => each.kms))) {
    if (hits(kms.name, (await kms.describe()).kek)) throw shared('it is the KEK that the KMS wraps with by default')
  }
  for await (const record of eachKey(custody.store)) {
    if (concerned.has(record.id) || isErased(record.state)) continue
    if (hits(record.kms, record.kek)) throw shared('other keys are wrapped under the same KEK')
  }
}

/** Has the KMS destroy one KEK, or tell how far it is. @throws PhiError PHI_ENVELOPE_KMS_* @internal */
export async function destroyKek({ kms, kek }: CondemnedKek): Promise<KekOutcome> {
  try {
    const { state, destroyAt, receipt } = await kms.destroy(kek)
    const shown = receiptSchema.safeParse(receipt)
    if (!shown.success || (destroyAt !== undefined && !isInstant(destroyAt))) {
      throw envelopeError('PHI_ENVELOPE_KMS_ANSWER', { detail: 'no receipt or date of the destruction' })
    }
    return { kms: kms.name, kek, state, destroyAt: destroyAt ?? null, receipt: shown.data }
  } catch (error) {
    // The KMS states that there is no such key: an earlier call, or somebody else, has destroyed it, and no receipt is left.
    if (!isPhiError(error, 'PHI_ENVELOPE_KMS_KEY_GONE')) throw error
    return { kms: kms.name, kek, state: 'reported-gone', destroyAt: null, receipt: {} }
  }
}

const unproven = (detail: string, cause?: unknown) =>
  envelopeError('PHI_ENVELOPE_CERTIFICATE', { detail, ...(isPhiError(cause) ? { cause } : {}) })

/** Whether the KMS, asked on its own, says that the KEK is destroyed. Whatever is not a clear yes is no. @internal */
export async function proveKekGone({ kms, kek }: CondemnedKek): Promise<void> {
  try {
    if ((await kms.describe(kek)).state === 'destroyed') return
  } catch (error) {
    if (isPhiError(error, 'PHI_ENVELOPE_KMS_KEY_GONE')) return
    throw unproven('the KMS did not say whether the KEK is gone', error)
  }
  throw unproven('the KMS does not say that the KEK is gone')
}

/**
 * That a wrapped key no longer opens, and for the one reason that lasts. @throws PhiError PHI_ENVELOPE_CERTIFICATE @internal
 */
export async function proveUnopenable(custody: Custody, record: DataKeyRecord): Promise<void> {
  try {
    ;(await custody.kmsOf(record).unwrap(record)).fill(0)
  } catch (error) {
    if (isPhiError(error, 'PHI_ENVELOPE_KMS_KEY_GONE')) return
    // Unreachable, denied, disabled or refused: any of these may pass, and then it opens again.
    throw unproven('the KMS did not say that a wrapped key no longer opens', error)
  }
  throw unproven('a wrapped key still opens')
}
