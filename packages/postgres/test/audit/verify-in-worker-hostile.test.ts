import { createServer, type Socket } from 'node:net'
import { ed25519Signer, openAuditLog } from '@phi/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditStore, connect, type Db, type Queryable } from '../../src/index.ts'
import { migratedDatabase, startServer, type TestServer } from '../server.ts'
import { type BuiltWorker, builtWorker } from './built-worker.ts'

const origin = 'clinic.example/worker-hostile'
let server: TestServer
let db: Db
let connection: string
let vkey: string
let built: BuiltWorker
const verifyInWorker: BuiltWorker['verifyInWorker'] = (options) => built.verifyInWorker(options)

beforeAll(async () => {
  built = await builtWorker()
  server = await startServer()
  connection = (await migratedDatabase(server.url)).url
  db = await connect(connection)
  const signer = await ed25519Signer.generate(origin)
  const log = await openAuditLog<Queryable>({ origin, tenant: 'clinic-a', store: auditStore(db), signer })
  await log.append({ id: 'e-1', action: 'read', outcome: 'success', actor: { id: 'u-1', type: 'workforce' } })
  vkey = signer.vkey
  await log.close()
})
afterAll(async () => {
  await db.close()
  await server.stop()
  await built.remove()
})

describe('a thread that verifies, and what comes between', () => {
  const target = () => ({ connection, tenant: 'clinic-a', origin, keys: [vkey] })

  it('rejects with what a callback throws, and does not end the process', async () => {
    const run = verifyInWorker({
      ...target(),
      onProgress: () => {
        throw new Error('of the callback')
      },
    })
    await expect(run).rejects.toThrow('of the callback')
  })

  it('rejects when stopped in the last batch, though the report was on its way', async () => {
    const stop = new AbortController()
    const run = verifyInWorker({ ...target(), signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) })
    await expect(run).rejects.toThrow('enough')
  })

  it('stops while it waits for a server that does not answer', async () => {
    const sockets: Socket[] = []
    const stop = new AbortController()
    const silent = createServer((socket) => {
      socket.on('error', () => {})
      sockets.push(socket)
      stop.abort(new Error('enough'))
    })
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const run = verifyInWorker({ ...target(), connection: `postgres://u:p@127.0.0.1:${port}/db`, signal: stop.signal })
    await expect(run).rejects.toThrow('enough')
    for (const socket of sockets) socket.destroy()
    silent.close()
  })
})
