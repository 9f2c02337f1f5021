import { parseAs } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import { type Custody, isBuried } from '../keys/custody.ts'
import { type DataKeyRecord, isErased } from '../keys/key-record.ts'
import type { KeyringParts } from '../keys/keyring-parts.ts'
import { infoOf, type KeyInfo } from '../rotation/key-info.ts'
import { settle } from '../rotation/settle.ts'
import { appendTombstone, eachTombstone } from './graves.ts'
import type { CertificateKeys } from './jws.ts'
import { parseTombstone, type Tombstone } from './tombstone.ts'
import { verifyCertificate } from './verify-certificate.ts'

export interface RestoreProgress {
  /** Tombstones held against the key store. */
  readonly checked: number
  readonly destroyedAgain: number
}

export interface RestoreGuardOptions {
  /** Tombstones kept elsewhere, besides those of the keyring's own store. */
  readonly tombstones?: Iterable<Tombstone> | AsyncIterable<Tombstone>
  /**
   * Destruction certificates, each of which names its keys, where tombstones were lost; and the public keys that check them.
   */
  readonly certificates?: readonly string[]
  readonly certificateKeys?: CertificateKeys
  /** Called now and then. */
  readonly onProgress?: (progress: RestoreProgress) => void
}

export interface RestoreReport {
  readonly checked: number
  /** Keys that were there again, in the state in which the backup had them. They are destroyed now. */
  readonly destroyedAgain: readonly KeyInfo[]
  /** Destroyed keys that were still destroyed, or not in the store at all. */
  readonly intact: number
}

const iterable = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)

const schema = z.strictObject({
  tombstones: z.custom<NonNullable<RestoreGuardOptions['tombstones']>>(iterable, 'must be a list of tombstones').optional(),
  certificates: z.array(z.string()).readonly().default([]),
  certificateKeys: z.custom<CertificateKeys>((value) => typeof value === 'object' && value !== null, 'must be keys').optional(),
  onProgress: z
    .custom<NonNullable<RestoreGuardOptions['onProgress']>>((value) => typeof value === 'function', 'must be a function')
    .optional(),
})

type Given = z.output<typeof schema>

/** The tombstones that a certificate stands for. @throws PhiError PHI_ENVELOPE_CERTIFICATE */
async function tombstonesOfCertificate(jws: string, keys: CertificateKeys, at: string): Promise<readonly Tombstone[]> {
  const report = await verifyCertificate(jws, keys, { at })
  if (report.verdict === 'invalid') throw envelopeError('PHI_ENVELOPE_CERTIFICATE', { detail: 'a certificate does not verify' })
  const { tenant } = report.certificate
  return report.certificate.keys.map(({ id, purpose, version, commitment, destroyedAt, backupHorizon }) => ({
    keyId: id,
    tenant,
    purpose,
    version,
    commitment,
    destroyedAt,
    backupHorizon,
  }))
}

/**
 * Every tombstone there is. Those from elsewhere are put into the keyring's own store first: they may have been lost with the
 * backup.
 */
async function* gather(custody: Custody, { tombstones, certificates, certificateKeys }: Given): AsyncGenerator<Tombstone> {
  const own = custody.settings.tombstones
  const certified: Tombstone[] = []
  for (const jws of certificates) {
    certified.push(...(await tombstonesOfCertificate(jws, certificateKeys as CertificateKeys, custody.now())))
  }
  // All of them verified before the first is believed.
  for (const stone of certified) {
    if (own) await appendTombstone(own, stone)
    yield stone
  }
  for await (const given of tombstones ?? []) {
    const stone = parseTombstone(given)
    if (own) await appendTombstone(own, stone)
    yield stone
  }
  if (own) yield* eachTombstone(own)
}

/** Erases the key whatever its state: it was destroyed before, and a backup's state says nothing against that. */
async function destroyAgain(custody: Custody, record: DataKeyRecord): Promise<void> {
  await settle(custody, record, async (now) => {
    if (isErased(now.state)) return now
    const next = { ...now, state: 'destroyed', wrapped: new Uint8Array(0), changedAt: custody.now() } as const
    if ((await custody.store.replace(next, now.revision)) === 'conflict') throw envelopeError('PHI_ENVELOPE_CONFLICT')
    const erased = { ...next, revision: now.revision + 1 }
    custody.tell('restored-key-destroyed', erased)
    return erased
  })
}

/** How many tombstones between two calls of `onProgress`. */
const PROGRESS_EVERY = 100

/** @internal */
export async function restoreGuard(
  { custody, cache }: KeyringParts,
  options: RestoreGuardOptions = {},
): Promise<RestoreReport> {
  const given = parseAs(schema, options, 'guard', (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))
  const { settings } = custody
  if (settings.tombstones === undefined && given.tombstones === undefined && given.certificates.length === 0) {
    throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'guard.tombstones', detail: 'there are none to go by' })
  }
  if (given.certificates.length > 0 && given.certificateKeys === undefined) {
    throw envelopeError('PHI_ENVELOPE_OPTIONS', {
      path: 'guard.certificateKeys',
      detail: 'certificates are read with public keys',
    })
  }
  const destroyedAgain: KeyInfo[] = []
  const seen = new Set<string>()
  for await (const stone of gather(custody, given)) {
    const name = `${stone.keyId}${stone.commitment}`
    if (seen.has(name)) continue
    seen.add(name)
    const record = await custody.store.find(stone.keyId)
    if (record !== undefined && !isErased(record.state) && isBuried(record, [stone])) {
      // Before and after, as with a revocation: nothing goes on with it meanwhile, and nothing read meanwhile is taken in.
      cache.evict(record.tenant)
      await destroyAgain(custody, record)
      cache.evict(record.tenant)
      destroyedAgain.push(infoOf(record))
    }
    if (seen.size % PROGRESS_EVERY === 0) given.onProgress?.({ checked: seen.size, destroyedAgain: destroyedAgain.length })
  }
  const checked = seen.size
  given.onProgress?.({ checked, destroyedAgain: destroyedAgain.length })
  return Object.freeze({ checked, destroyedAgain, intact: checked - destroyedAgain.length })
}
