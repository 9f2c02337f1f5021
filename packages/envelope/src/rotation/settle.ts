import { isPhiError } from '@phi/core'
import { envelopeError } from '../errors.ts'
import type { Custody } from '../keys/custody.ts'
import type { DataKeyRecord, KeyState } from '../keys/key-record.ts'

/** Every conflict means that somebody else got on, and a key has few steps to go: more conflicts than this are no accident. */
const ATTEMPTS = 32

/**
 * Does a step that compares and swaps, reads the record again after every conflict, and decides anew.
 * @throws PhiError PHI_ENVELOPE_CONFLICT after too many; PHI_ENVELOPE_STORE when the record has vanished
 * @internal
 */
export async function settle(
  custody: Custody,
  record: DataKeyRecord,
  step: (now: DataKeyRecord) => Promise<DataKeyRecord>,
): Promise<DataKeyRecord> {
  let now = record
  for (let attempt = 1; ; attempt++) {
    try {
      return await step(now)
    } catch (error) {
      if (!isPhiError(error, 'PHI_ENVELOPE_CONFLICT') || attempt === ATTEMPTS) throw error
    }
    const found = await custody.store.find(record.id)
    if (found === undefined) throw envelopeError('PHI_ENVELOPE_STORE', { detail: 'a key record has vanished' })
    now = found
  }
}

/** Moves a key to the state from one of the others; a key in any further state stays as it is. @internal */
export const moveFrom = (
  custody: Custody,
  record: DataKeyRecord,
  from: readonly KeyState[],
  to: KeyState,
): Promise<DataKeyRecord> => settle(custody, record, async (now) => (from.includes(now.state) ? custody.move(now, to) : now))

/** How many keys' tombstones are asked for at a time. @internal */
export const TOMBSTONES_AT_A_TIME = 200

/**
 * @throws PhiError PHI_ENVELOPE_RESTORED when destroyed keys are among these: nothing is done to them before the guard ran.
 * @internal
 */
export async function refuseRestored(custody: Custody, records: readonly DataKeyRecord[]): Promise<void> {
  for (let at = 0; at < records.length; at += TOMBSTONES_AT_A_TIME) {
    if ((await custody.resurrected(records.slice(at, at + TOMBSTONES_AT_A_TIME))).length > 0)
      throw envelopeError('PHI_ENVELOPE_RESTORED')
  }
}
