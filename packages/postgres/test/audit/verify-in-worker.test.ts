import { ed25519Signer, openAuditLog } from '@phi/audit'
import { ed25519Cosigner, formatWitnessPolicy, witnessPolicy } from '@phi/audit/witness'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { auditStore, connect, type Db, verifyInWorker as fromSources, type Queryable } from '../../src/index.ts'
import { migratedDatabase, startServer, type TestServer } from '../server.ts'
import { type BuiltWorker, builtWorker } from './built-worker.ts'

const origin = 'clinic.example/worker'
let server: TestServer
let db: Db
let connection: string
let vkey: string
let trusted: string[]
let built: BuiltWorker
const verifyInWorker: BuiltWorker['verifyInWorker'] = (options) => built.verifyInWorker(options)

beforeAll(async () => {
  built = await builtWorker()
  server = await startServer()
  connection = (await migratedDatabase(server.url)).url
  db = await connect(connection)
  const signer = await ed25519Signer.generate(origin)
  const log = await openAuditLog<Queryable>({ origin, tenant: 'clinic-a', store: auditStore(db), signer })
  await Promise.all(
    Array.from({ length: 3000 }, (_, i) =>
      log.append({ id: `e-${i}`, action: 'read', outcome: 'success', actor: { id: 'u-1', type: 'workforce' } }),
    ),
  )
  trusted = [await log.checkpoint()]
  vkey = signer.vkey
  await log.close()
})
afterAll(async () => {
  await db.close()
  await server.stop()
  await built.remove()
})

describe('verifying in a thread of its own', () => {
  const target = () => ({ connection, tenant: 'clinic-a', origin, keys: [vkey], trusted, store: { pageEntries: 500 } })

  it('S95 says what verify() says, with progress on the way, while this thread goes on', async () => {
    const progress: number[] = []
    let turns = 0
    const ticking = setInterval(() => turns++, 1)
    const report = await verifyInWorker({ ...target(), onProgress: ({ checked, total }) => progress.push(checked / total) })
    clearInterval(ticking)
    const log = await openAuditLog<Queryable>({ origin, tenant: 'clinic-a', store: auditStore(db) })
    const { freshness: _, ...here } = await log.verify({ keys: [vkey], trusted })
    const { freshness: __, ...there } = report
    expect(there).toEqual(here)
    expect(report).toMatchObject({ verdict: 'intact', coverage: { checked: 3000, anchoredTo: 3000 } })
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
    expect(progress.length).toBeGreaterThanOrEqual(6)
    expect(progress.at(-1)).toBe(1)
    expect(turns).toBeGreaterThan(0)
    const { resume } = report
    if (resume === undefined) throw new Error('no resume point')
    // Once from the sources, as everybody runs it who works on them.
    expect(await fromSources({ ...target(), from: { verified: resume } })).toMatchObject({
      coverage: { from: 3000, checked: 0 },
    })
  })

  it('asks for the witnesses of a policy, and passes over no demand that it does not know', async () => {
    const { vkey: cosigner } = await ed25519Cosigner.generate('witness.example/w1')
    const policy = formatWitnessPolicy(witnessPolicy({ witnesses: [{ name: 'w1', vkey: cosigner }], quorum: 1 }))
    const report = await verifyInWorker({ ...target(), witnesses: policy })
    expect(report).toMatchObject({ verdict: 'unverifiable', coverage: { anchoredTo: 0 } })
    expect(report.findings.map(({ code }) => code)).toContain('not-witnessed')
    expect(await refusal(verifyInWorker({ ...target(), witnesses: 'quorum nobody' }))).toMatchObject({
      code: 'PHI_AUDIT_WITNESS_POLICY',
    })
    for (const more of [{ witnesses: {} }, { sealer: 'x' }, { policy }]) {
      expect(await refusal(verifyInWorker({ ...target(), ...(more as object) }))).toMatchObject({ code: 'PHI_PG_OPTIONS' })
    }
  })

  it('S95 finds what was altered', async () => {
    await db.exec(`alter table phi.audit_entry disable trigger append_only`)
    const edit = (from: string, to: string) =>
      db.exec(`update phi.audit_entry set actor = replace(actor, '${from}', '${to}') where idx = 1234`)
    await edit('u-1', 'u-2')
    expect(await verifyInWorker(target())).toMatchObject({
      verdict: 'broken',
      findings: [{ code: 'altered-group', index: 1234 }],
    })
    await edit('u-2', 'u-1')
    await db.exec(`alter table phi.audit_entry enable always trigger append_only`)
    expect((await verifyInWorker(target())).verdict).toBe('intact')
  })

  it('stops when told to', async () => {
    const stop = new AbortController()
    const run = verifyInWorker({
      ...target(),
      store: { pageEntries: 10 },
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    })
    await expect(run).rejects.toThrow('enough')
    await expect(verifyInWorker({ ...target(), signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
  })

  it('hands errors over as they are, without what they must not hold', async () => {
    const unreachable = await refusal(verifyInWorker({ ...target(), connection: 'postgres://u:s3cret@127.0.0.1:1/db' }))
    expect(unreachable).toMatchObject({ code: 'PHI_PG_UNAVAILABLE', retryable: true })
    expect(`${unreachable.message} ${unreachable.stack}`).not.toContain('s3cret')
    expect(await refusal(verifyInWorker({ ...target(), connection: 'postgres://u@db.example/db' }))).toMatchObject({
      code: 'PHI_PG_INSECURE',
      path: 'sslmode',
    })
    expect(await refusal(verifyInWorker({ ...target(), keys: ['nonsense'] }))).toMatchObject({ code: 'PHI_AUDIT_VKEY' })
    expect(await refusal(verifyInWorker({ ...target(), origin: 'clinic.example/none' }))).toMatchObject({
      code: 'PHI_AUDIT_STORE',
    })
    expect(await refusal(verifyInWorker({ ...target(), connect: { onnotice: () => {} } as never }))).toMatchObject({
      code: 'PHI_PG_WORKER',
    })
  })
})
