import { parseAs, tenantSchema, toHex } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import { latest } from '../instant.ts'
import { eachKey } from '../keys/guarded-store.ts'
import type { DataKeyRecord } from '../keys/key-record.ts'
import type { KeyringParts } from '../keys/keyring-parts.ts'
import { infoOf, type KeyInfo } from '../rotation/key-info.ts'
import { moveFrom } from '../rotation/settle.ts'
import { ADDENDUM_FORMAT, ADDENDUM_TYPE, addendumSchema, type DestructionAddendum } from './certificate.ts'
import { tombstonesFor } from './graves.ts'
import { type CertificateSigner, proveSigner, readSigner, signDocument } from './jws.ts'
import { tombstonesOf } from './target.ts'
import type { Tombstone } from './tombstone.ts'

export interface HorizonOptions {
  /** Default: all tenants. */
  readonly tenant?: string
  /** Signs an addendum for each tenant; without, none is made. */
  readonly signer?: CertificateSigner
}

export interface HorizonResult {
  /** Keys that this call moved to 'past-backup-horizon'. */
  readonly passed: readonly KeyInfo[]
  /** Destroyed keys whose backups have not expired. */
  readonly waiting: number
  /** Destroyed keys without a tombstone: when their backups expire is not known, so they stay 'destroyed'. */
  readonly unknown: readonly string[]
  /**
   * For each tenant all of whose passed keys it lists, those of earlier calls too. A compact JWS; `verifyAddendum` reads it.
   */
  readonly addenda: readonly { readonly tenant: string; readonly addendum: string }[]
}

const schema = z.strictObject({ tenant: tenantSchema.optional(), signer: z.unknown().optional() })

function addendumOf(
  tenant: string,
  keys: readonly { record: DataKeyRecord; stone: Tombstone }[],
  now: string,
): DestructionAddendum {
  return addendumSchema.parse({
    format: ADDENDUM_FORMAT,
    status: 'past-backup-horizon',
    tenant,
    keys: keys.map(({ record, stone }) => ({
      id: record.id,
      commitment: toHex(record.commitment),
      backupHorizon: stone.backupHorizon,
    })),
    backupHorizon: latest(keys.map(({ stone }) => stone.backupHorizon)),
    issuedAt: now,
  })
}

/** @internal */
export async function passBackupHorizon({ custody }: KeyringParts, options: HorizonOptions = {}): Promise<HorizonResult> {
  const given = parseAs(schema, options, 'horizon', (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))
  const tombstones = tombstonesOf(custody)
  const signer = given.signer === undefined ? undefined : readSigner(given.signer)
  if (signer) await proveSigner(signer)
  const now = custody.now()
  const erased: DataKeyRecord[] = []
  for await (const record of eachKey(custody.store, given.tenant)) {
    if (record.state === 'destroyed' || record.state === 'past-backup-horizon') erased.push(record)
  }
  const stones = await tombstonesFor(tombstones, erased)
  const passed: KeyInfo[] = []
  const unknown: string[] = []
  const past = new Map<string, { record: DataKeyRecord; stone: Tombstone }[]>()
  let waiting = 0
  for (const record of erased) {
    const stone = stones.get(record.id)
    if (stone === undefined) {
      if (record.state === 'destroyed') unknown.push(record.id)
    } else if (record.state === 'destroyed' && now < stone.backupHorizon) waiting += 1
    else {
      if (record.state === 'destroyed')
        passed.push(infoOf(await moveFrom(custody, record, ['destroyed'], 'past-backup-horizon')))
      past.set(record.tenant, [...(past.get(record.tenant) ?? []), { record, stone }])
    }
  }
  const addenda: { tenant: string; addendum: string }[] = []
  for (const [tenant, keys] of past) {
    // All of the tenant's passed keys, so that a call that was cut off before it signed leaves nothing out of the next.
    const isNews = given.tenant !== undefined || passed.some((key) => key.tenant === tenant)
    if (signer && isNews)
      addenda.push({ tenant, addendum: await signDocument(signer, ADDENDUM_TYPE, addendumOf(tenant, keys, now)) })
  }
  return Object.freeze({ passed, waiting, unknown, addenda })
}
