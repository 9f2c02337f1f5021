import { type AuditRecord, ed25519Signer, openAuditLog } from '@phi/audit'
import { type Clock, fixedClock } from '@phi/core'
import { type Keyring, localKms, memoryTombstones, openKeyring } from '@phi/envelope'
import { auditStore, type Db, keyStore } from '@phi/postgres'

const origin = 'clinic.example/audit'

/** 32 bytes in base64 that look like a key and are none. */
export const secret = (first: number): string =>
  Buffer.from(Uint8Array.from({ length: 32 }, (_, at) => (first + at * 7) % 256)).toString('base64')

/** The key pair of RFC 8037, appendix A. */
export const certificateKey = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  kid: 'privacy-2026',
} as const
const certificateSecret = { ...certificateKey, d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' }

export const env = {
  USER: 'ops',
  PHI_KEK: secret(1),
  PHI_KEK_NEW: secret(2),
  PHI_AUDIT_SIGNER: ed25519Signer.fromSecretKey(origin, new Uint8Array(32).fill(7)).exportSkey(),
  PHI_CERTIFICATE_SIGNER: JSON.stringify(certificateSecret),
} as const

export const config = {
  audit: { origin, signerFrom: 'PHI_AUDIT_SIGNER' },
  envelope: { kekFrom: 'PHI_KEK', certificateSignerFrom: 'PHI_CERTIFICATE_SIGNER' },
} as const

/** A keyring as the service has it, at a time of its own. */
export async function serviceKeyring(db: Db, at: string | Clock, kek: string = env.PHI_KEK): Promise<Keyring> {
  const clock = typeof at === 'string' ? fixedClock(at) : at
  return openKeyring({ kms: localKms.fromSecret(kek), store: keyStore(db), tombstones: memoryTombstones(), clock })
}

/** What was recorded of the commands, the oldest first. */
export async function recorded(db: Db): Promise<readonly AuditRecord['event'][]> {
  const log = await openAuditLog<never>({ origin, store: auditStore(db) as never })
  try {
    const { records } = await log.query({ limit: 1000, order: 'oldest' })
    return records.map(({ event }) => event)
  } finally {
    await log.close()
  }
}

/** Ids of keys are random: here they are numbered in the order in which they appear, in the same width. */
export function numbered(text: string): string {
  const seen = new Map<string, string>()
  return text.replace(/\b[0-9a-f]{8}\b/g, (id) => {
    const name = seen.get(id) ?? `key-${String(seen.size + 1).padStart(4, '0')}`
    seen.set(id, name)
    return name
  })
}

/** The clinic of the guide: keys of August, three notes, and the configuration. Run its commands at the clock of `phi`, one after the other. */
export async function guideClinic(
  db: Db,
): Promise<{ readonly config: object; readonly env: Readonly<Record<string, string>> }> {
  const keyring = await serviceKeyring(db, '2026-08-01T09:00:00.000Z')
  const body = (await keyring.tenant('clinic-a')).field({ table: 'note', column: 'body' })
  await db.exec('create table note (id text primary key, body text)')
  for (const id of ['n-1', 'n-2', 'n-3'])
    await db.query('insert into note values ($1, $2)', [id, body.seal(`made up, ${id}`, { row: id })])
  await keyring.close()
  return { config: { ...config, tenant: 'clinic-a' }, env }
}
