import { formatInstant, parseAs, parseInstant } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import { instantSchema } from '../instant.ts'
import { eachKey } from '../keys/guarded-store.ts'
import { type DataKeyRecord, isCondemned } from '../keys/key-record.ts'
import type { RotationPolicy } from '../keys/keyring-options.ts'
import type { KeyringParts } from '../keys/keyring-parts.ts'
import type { KeyPurpose } from '../keys/purpose.ts'
import { currentKeks, isUnder } from './current-kek.ts'
import { DAY_MS } from './status.ts'

/** Something that ought to be done to a key. */
export interface DueKey {
  /**
   * 'rotate' and 'finish-rotation': `keyring.rotate`. 'rewrap': `keyring.rewrap`. 'describe-failed': the KMS did not say what
   * its current KEK is, so whether the key is to be rewrapped is not known. 'check-kek': the current KEK cannot wrap.
   */
  readonly action: 'rotate' | 'finish-rotation' | 'rewrap' | 'describe-failed' | 'check-kek'
  /**
   * 'age', 'seals', 'bytes': the rotation policy. 'no-active': nothing seals in this place, and not because it was destroyed.
   * 'two-active': a rotation was cut off. 'kek-rotated', 'kms-changed': wrapped under another KEK, or by another KMS, than new
   * keys are.
   */
  readonly reason:
    | 'age'
    | 'seals'
    | 'bytes'
    | 'no-active'
    | 'two-active'
    | 'kek-rotated'
    | 'kms-changed'
    | 'kms-unknown'
    | 'kek-unusable'
  readonly tenant: string
  readonly subject: string | null
  readonly keyId: string
  readonly purpose: KeyPurpose
  readonly version: number
  /** Since when it is due, RFC 3339 UTC; null for what has no date. */
  readonly dueAt: string | null
  /** Whether it is later than `dueAt`. Exactly at `dueAt` a key is due and not overdue. What has no date is not overdue. */
  readonly overdue: boolean
  /** The error's code, for 'describe-failed'. */
  readonly code?: string
}

const schema = z.strictObject({
  at: instantSchema.optional(),
})

type Finding = Pick<DueKey, 'action' | 'reason'> & Partial<Pick<DueKey, 'dueAt' | 'overdue' | 'code'>>

const found = ({ tenant, subject, id, purpose, version }: DataKeyRecord, finding: Finding): DueKey =>
  Object.freeze({ tenant, subject, keyId: id, purpose, version, dueAt: null, overdue: false, ...finding })

/** The first rule of the policy that an active key has reached: exactly at the limit is reached. */
function worn(record: DataKeyRecord, { everyDays, maxSeals, maxBytes }: RotationPolicy, at: number): Finding | undefined {
  const dueAt = parseInstant(record.createdAt) + everyDays * DAY_MS
  if (at >= dueAt) return { action: 'rotate', reason: 'age', dueAt: formatInstant(dueAt), overdue: at > dueAt }
  if (record.usage.seals >= maxSeals) return { action: 'rotate', reason: 'seals' }
  if (record.usage.bytes >= maxBytes) return { action: 'rotate', reason: 'bytes' }
  return undefined
}

/** The newest keys of one tenant, purpose and subject. */
interface Slot {
  newest: DataKeyRecord
  /** Active ones, the newest first. */
  active: DataKeyRecord[]
  condemned: boolean
}

function note(slots: Map<string, Slot>, record: DataKeyRecord): void {
  const name = JSON.stringify([record.tenant, record.purpose, record.subject])
  const slot = slots.get(name) ?? { newest: record, active: [], condemned: false }
  slots.set(name, slot)
  if (record.version > slot.newest.version) slot.newest = record
  if (isCondemned(record)) slot.condemned = true
  if (record.state === 'active') slot.active = [record, ...slot.active].sort((a, b) => b.version - a.version)
}

/**
 * Everything that is due at an instant, over all keys of the store. Reads only: `rotate` and `rewrap` do what it names. Keeps
 * one small entry for each tenant, purpose and subject in memory while it runs.
 * @internal
 */
export async function* due({ custody, cache }: KeyringParts, options: { readonly at?: string } = {}): AsyncGenerator<DueKey> {
  const { at: asked } = parseAs(schema, options, 'due', (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))
  const at = asked === undefined ? custody.settings.clock() : parseInstant(asked)
  const current = currentKeks(custody)
  const slots = new Map<string, Slot>()
  await cache.flush()
  for await (const record of eachKey(custody.store)) {
    note(slots, record)
    // What waits for its destruction is not carried over to another KEK: it shall end with its own.
    if (isCondemned(record)) continue
    const kek = await current(record.tenant)
    if ('failed' in kek) {
      yield found(record, { action: 'describe-failed', reason: 'kms-unknown', code: kek.failed.code })
      continue
    }
    if (kek.described.state !== 'enabled') yield found(record, { action: 'check-kek', reason: 'kek-unusable' })
    if (isUnder(record, custody.kms.name, kek.described)) continue
    yield found(record, { action: 'rewrap', reason: record.kms === custody.kms.name ? 'kek-rotated' : 'kms-changed' })
  }
  for (const { newest, active, condemned } of slots.values()) {
    if (condemned) continue
    const [sealing, ...older] = active
    if (sealing === undefined) {
      yield found(newest, { action: 'rotate', reason: 'no-active' })
      continue
    }
    for (const record of older) yield found(record, { action: 'finish-rotation', reason: 'two-active' })
    const finding = worn(sealing, custody.settings.rotation, at)
    if (finding) yield found(sealing, finding)
  }
}
