import { createHash, createHmac } from 'node:crypto'
import { fixedClock } from '@phi/core'
import { generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../core/test/refusal.ts'
import {
  destructionRules,
  type KeyStore,
  localKms,
  memoryKeyStore,
  memoryTombstones,
  normalizers,
  openKeyring,
  reindex,
  type TableAccess,
  type TableRow,
} from '../src/index.ts'
import { denied, faultyKms } from './faulty.ts'

// Each of these has happened to others; the reference says where it is told. Here only the public surface is used.

const note = { table: 'note', column: 'body' } as const
const row = 'n-1'
const code = async (work: Promise<unknown> | (() => unknown)) => (await refusal(work)).code

async function clinic() {
  const keyring = await openKeyring({ kms: localKms.generate(), store: memoryKeyStore() })
  return keyring.tenant('clinic-a', { purposes: ['field', 'file', 'index', 'deterministic'] })
}

describe('where others went wrong', () => {
  it('S18 plaintext handed back in silence where a value is not sealed (prisma-field-encryption #127, cipherstash/stack #767, #23)', async () => {
    const keys = await clinic()
    const body = keys.field(note)
    const mrn = keys.deterministic({ table: 'patient', column: 'mrn' })
    const scans = keys.files({ collection: 'scan' })
    for (const value of ['Patient reports better sleep.', '', 'null', '{"iv":"","data":""}']) {
      expect(await code(() => body.open(value, { row }))).toBe('PHI_ENVELOPE_NOT_SEALED')
      expect(await code(() => mrn.open(value))).toBe('PHI_ENVELOPE_NOT_SEALED')
      expect(await code(() => scans.open(new TextEncoder().encode(value.padEnd(200)), { file: 'f' }))).toBe('PHI_ENVELOPE_FILE')
    }
  })

  it('S18 a failed decryption swallowed, and the ciphertext encrypted a second time (WeKnora #1100, open-mercato #6067)', async () => {
    const keys = await clinic()
    const body = keys.field(note)
    const sealed = body.seal('x', { row })
    const shown = (() => {
      try {
        return body.open(sealed, { row: 'another' })
      } catch {
        return sealed
      }
    })()
    expect(await code(() => body.seal(shown, { row }))).toBe('PHI_ENVELOPE_ALREADY_SEALED')
    expect(await code(() => keys.deterministic({ table: 'p', column: 'c' }).seal(shown))).toBe('PHI_ENVELOPE_ALREADY_SEALED')
  })

  it('a backfill with another key set: rows open and no search finds them (cipherstash/stack #821)', async () => {
    const right = await clinic()
    const wrong = await clinic()
    const options = { table: 'patient', column: 'email', index: 'email', normalizer: normalizers.email(), bits: 64 } as const
    const email = right.field({ table: 'patient', column: 'email' })
    const rows = new Map(
      ['p-1', 'p-2', 'p-3'].map((id) => [
        id,
        { email: email.seal(`${id}@example.org`, { row: id }), idx: null as string | null },
      ]),
    )
    const table: TableAccess = {
      async read({ after, limit }) {
        const ids = [...rows.keys()].filter((id) => after === undefined || id > String(after[0])).slice(0, limit)
        return ids.map(
          (id): TableRow => ({ key: [id], row: id, values: { ...(rows.get(id) as { email: string; idx: string | null }) } }),
        )
      },
      async swap([id], { set }) {
        Object.assign(rows.get(String(id)) as object, set)
        return true
      },
    }
    const searched = right.index(options)
    const run = (index: typeof searched) =>
      reindex({
        table,
        index,
        indexColumn: 'idx',
        sealedColumns: ['email'],
        value: ({ row: id, values }) => email.open(values.email as string, { row: id }),
        refresh: async () => undefined,
        // The application's own search.
        find: async (value: string) => {
          const terms: readonly string[] = searched.terms(value)
          return [...rows].filter(([, { idx }]) => idx !== null && terms.includes(idx)).map(([id]) => [id])
        },
      })
    expect(await code(run(wrong.index(options)))).toBe('PHI_ENVELOPE_JOB')
    for (const each of rows.values()) each.idx = null
    expect(await run(searched)).toMatchObject({ done: true, remaining: 0 })
  })

  it('an index that is a plain hash, which anyone can try out (prisma-field-encryption #84)', async () => {
    const index = (await clinic()).index({
      table: 'patient',
      column: 'email',
      index: 'email',
      normalizer: normalizers.email(),
      bits: 256,
    })
    const term = index.term('ann.lee@example.org').slice(8)
    for (const text of ['ann.lee@example.org', 'email', '']) {
      expect(term).not.toBe(createHash('sha256').update(text).digest('hex'))
      expect(term).not.toBe(createHmac('sha256', text).update('ann.lee@example.org').digest('hex'))
    }
    const other = (await clinic()).index({
      table: 'patient',
      column: 'email',
      index: 'email',
      normalizer: normalizers.email(),
      bits: 256,
    })
    expect(other.term('ann.lee@example.org').slice(8)).not.toBe(term)
  })

  it('S91 no associated data, or only some: ciphertexts moved between rows, columns and tenants (tink-go #4, vault #29532)', async () => {
    const keyring = await openKeyring({ kms: localKms.generate(), store: memoryKeyStore() })
    const a = await keyring.tenant('clinic-a')
    const b = await keyring.tenant('clinic-b')
    const sealed = a.field(note).seal('x', { row })
    for (const open of [
      () => a.field(note).open(sealed, { row: 'n-2' }),
      () => a.field({ ...note, column: 'summary' }).open(sealed, { row }),
      () => a.field({ ...note, table: 'letter' }).open(sealed, { row }),
      () => a.field({ ...note, type: 'json' }).open(sealed, { row }),
      () => b.field(note).open(sealed, { row }),
    ])
      expect(await code(open)).toBe('PHI_ENVELOPE_OPEN')
  })

  it('S18 a nonce of 96 bits at random wears a key out after 2^32 messages (vault #13243)', async () => {
    const body = (await clinic()).field(note)
    const count = 20_000
    const nonces = new Set<string>()
    const firstHalves = new Set<string>()
    for (let i = 0; i < count; i++) {
      const nonce = body.sealBytes('x', { row }).subarray(6, 30)
      nonces.add(Buffer.from(nonce).toString('hex'))
      // The first half chooses the message's own key: different halves, different keys under GCM.
      firstHalves.add(Buffer.from(nonce.subarray(0, 12)).toString('hex'))
    }
    expect([nonces.size, firstHalves.size]).toEqual([count, count])
  })

  it('S91 a key cache that is shared, and skips the other owner’s policy (CVE-2026-6550)', async () => {
    const kms = faultyKms(localKms.generate())
    const store = memoryKeyStore()
    const allowed = await openKeyring({ kms: kms.it, store })
    const body = (await allowed.tenant('clinic-a')).field(note)
    const plain = (await allowed.tenant('clinic-a')).field({ ...note, suite: 'XAES-256-GCM' })
    const uncommitted = plain.seal('x', { row })
    // One field's leave to open uncommitted values is not another's, although both use the one cached key.
    expect(await code(() => body.open(uncommitted, { row }))).toBe('PHI_ENVELOPE_OPEN')
    const other = await openKeyring({ kms: kms.it, store })
    kms.fail(() => denied)
    expect(await code(other.tenant('clinic-a'))).toBe('PHI_ENVELOPE_KMS_DENIED')
  })

  it('S20 bytes that were not verified yet come out of a stream', async () => {
    const scans = (await clinic()).files({ collection: 'scan' })
    const plaintext = new Uint8Array(100_000).map((_, i) => i)
    const sealed = scans.seal(plaintext, { file: 'f' })
    for (const at of [100, 16_500, 50_000, sealed.length - 1]) {
      const altered = Uint8Array.from(sealed)
      ;(altered[at] as number) ^= 1
      const got: number[] = []
      const stream = new Blob([altered]).stream().pipeThrough(scans.openStream({ file: 'f' }))
      const work = async () => {
        const reader = stream.getReader()
        for (;;) {
          const { done, value } = await reader.read()
          if (done) return
          for (const byte of value) got.push(byte)
        }
      }
      expect(await code(work())).toBe('PHI_ENVELOPE_FILE')
      expect(got.length).toBeLessThan(at)
      expect(got).toEqual([...plaintext.subarray(0, got.length)])
    }
  })

  it('S19 a revoked key is still in a cache (pg_tde #571)', async () => {
    const keyring = await openKeyring({ kms: localKms.generate(), store: memoryKeyStore() })
    const body = (await keyring.tenant('clinic-a')).field(note)
    const sealed = body.seal('x', { row })
    const [key] = (await keyring.status('clinic-a')).filter(({ purpose }) => purpose === 'field')
    await keyring.revoke({ tenant: 'clinic-a', keyId: key?.id as string })
    expect(await code(() => body.open(sealed, { row }))).toBe('PHI_ENVELOPE_STALE')
    await keyring.tenant('clinic-a')
    expect(await code(() => body.open(sealed, { row }))).toBe('PHI_ENVELOPE_OPEN')
    expect(await code(() => body.seal('x', { row }))).toBe('PHI_ENVELOPE_NO_KEY')
  })

  it('S121 a backup brings destroyed keys back (airo #1212)', async () => {
    const clock = fixedClock('2026-11-21T12:00:00.000Z')
    const kms = localKms.generate()
    const tombstones = memoryTombstones()
    let store = memoryKeyStore()
    // A store that can be put back to what it was.
    const restorable = new Proxy({} as KeyStore, { get: (_, name) => Reflect.get(store, name) as unknown, has: () => true })
    const facade: KeyStore = {
      insert: (record) => restorable.insert(record),
      find: (id) => restorable.find(id),
      list: (tenant, subject) => restorable.list(tenant, subject),
      scan: (options) => restorable.scan(options),
      replace: (record, revision) => restorable.replace(record, revision),
      addUsage: (id, work) => restorable.addUsage(id, work),
    }
    const keyring = await openKeyring({ kms, store: facade, tombstones, clock })
    const sealed = (await keyring.tenant('clinic-a')).field(note).seal('x', { row })
    const backup = await store.scan({ limit: 100 })
    const { privateKey } = await generateKeyPair('Ed25519')
    await keyring.destroy({
      tenant: 'clinic-a',
      approver: 'Privacy officer',
      rule: destructionRules.baaTermination,
      backupHorizon: '2027-03-01T00:00:00.000Z',
      signer: { alg: 'EdDSA', kid: 'k', key: privateKey },
    })
    store = memoryKeyStore()
    for (const record of backup) await store.insert(record)
    clock.advance(60_000)
    expect(await code(keyring.tenant('clinic-a'))).toBe('PHI_ENVELOPE_RESTORED')
    expect((await keyring.restoreGuard()).destroyedAgain).toHaveLength(3)
    clock.advance(60_000)
    const after = await keyring.tenant('clinic-a')
    expect(await code(() => after.field(note).open(sealed, { row }))).toBe('PHI_ENVELOPE_OPEN')
    expect(await code(() => after.field(note).seal('x', { row }))).toBe('PHI_ENVELOPE_NO_KEY')
  })
})
