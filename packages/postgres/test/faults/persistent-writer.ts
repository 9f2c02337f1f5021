/**
 * A process that appends to a log until it is told to stop, and goes on through every failure that may pass: for tests that take
 * the database away. It prints a line each: `ack <event id>` when an event is durable, `try <event id>` before, `err <code>`,
 * `note <checkpoint in base64>` for every checkpoint it holds, `fatal <code>` for a failure that will not pass, `done` at the end.
 */
import { writeSync } from 'node:fs'
import { type AuditEventInput, ed25519Signer, openAuditLog } from '@phi/audit'
import { isPhiError } from '@phi/core'
import { auditStore, connect, type Queryable } from '../../src/index.ts'

const [url, origin, name, mode] = process.argv.slice(2) as [string, string, string, string | undefined]
const say = (line: string) => writeSync(1, `${line}\n`)
let going = true
process.stdin.on('end', () => {
  going = false
})
process.stdin.resume()

const codeOf = (error: unknown) => (isPhiError(error) ? error.code : 'untyped')
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isPhiError(error) || !error.retryable) {
        say(`fatal ${codeOf(error)} ${(error as { info?: { sqlstate?: string } }).info?.sqlstate ?? ''}`)
        process.exit(3)
      }
      say(`err ${codeOf(error)}`)
      await pause(20)
    }
  }
}

const db = await persistently(() => connect(url, { max: 4, connectTimeoutMs: 1000, queryTimeoutMs: 2000 }))
const log = await persistently(() =>
  openAuditLog<Queryable>({
    origin,
    store: auditStore(db),
    signer: ed25519Signer.fromSecretKey(origin, new Uint8Array(32).fill(7)),
    limits: { timeoutMs: 1500 },
  }),
)

const lanes = Array.from({ length: 4 }, async (_, lane) => {
  for (let i = 0; going; i++) {
    const id = `${name}-${lane}-${i}`
    const event: AuditEventInput = {
      id,
      action: 'read',
      outcome: 'success',
      actor: { id: `u-${lane}`, type: 'workforce' },
      subject: { patients: [`p-${i}`] },
    }
    say(`try ${id}`)
    await persistently(() => log.append(event))
    say(`ack ${id}`)
  }
})
const witness = (async () => {
  while (going && mode !== 'no-checkpoints') {
    const note = await persistently(() => log.checkpoint())
    say(`note ${Buffer.from(note).toString('base64')}`)
    await pause(50)
  }
})()
await Promise.all([...lanes, witness])
await db.close()
say('done')
