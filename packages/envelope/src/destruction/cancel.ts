import { parseAs, tenantSchema } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import { isErased, subjectSchema } from '../keys/key-record.ts'
import type { KeyringParts } from '../keys/keyring-parts.ts'
import { infoOf, type KeyInfo } from '../rotation/key-info.ts'
import { moveFrom } from '../rotation/settle.ts'
import { tombstonesFor } from './graves.ts'
import { keksOf } from './keks.ts'
import { keysOfTarget, tombstonesOf } from './target.ts'

export interface CancelOptions {
  readonly tenant: string
  /** As it was given to `destroy`. */
  readonly subject?: string
}

const schema = z.strictObject({ tenant: tenantSchema, subject: subjectSchema.optional() })
const state = (detail: string) => envelopeError('PHI_ENVELOPE_KEY_STATE', { detail })

/**
 * Calls a destruction off while the KMS still waits. What the KMS has scheduled is called off in the KMS itself, by somebody
 * who may; this only believes what it then says.
 * @internal
 */
export async function cancelDestruction({ custody, cache }: KeyringParts, options: CancelOptions): Promise<readonly KeyInfo[]> {
  const { tenant, subject } = parseAs(schema, options, 'cancel', (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))
  const records = await keysOfTarget(custody, { tenant, subject })
  const waiting = records.filter((record) => record.state === 'destruction-scheduled')
  if (waiting.length === 0) throw state('no destruction is waiting')
  const stones = await tombstonesFor(tombstonesOf(custody), records)
  // Tombstones are never taken back: a key that has one would be destroyed again by the next restore guard.
  if (waiting.some(({ id }) => stones.has(id)))
    throw state('the destruction has begun and is to be finished: call `destroy` again')
  for (const { kms, kek } of keksOf(custody, waiting, [])) {
    const described = await kms.describe(kek)
    if (described.state === 'destroyed') throw envelopeError('PHI_ENVELOPE_KMS_KEY_GONE')
    if (described.state !== 'enabled' && described.state !== 'disabled') {
      throw envelopeError('PHI_ENVELOPE_KMS_KEY_UNUSABLE', { detail: 'call the deletion off in the KMS first' })
    }
  }
  const back: KeyInfo[] = []
  for (const record of waiting) {
    const moved = await moveFrom(custody, record, ['destruction-scheduled'], 'revoked')
    if (isErased(moved.state)) throw state('the keys were destroyed in the meantime')
    back.push(infoOf(moved))
  }
  cache.evict(tenant)
  return Object.freeze(back)
}
