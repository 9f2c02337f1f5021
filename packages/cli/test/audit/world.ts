import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuditLog, type AuditStore, ed25519Signer, memoryStore, openAuditLog } from '@phi/audit'
import { fixedClock } from '@phi/core'

export const origin = 'clinic.example/audit'
/** The log's key, of a fixed secret, so that what tests print stays the same. */
export const signer = ed25519Signer.fromSecretKey(origin, new Uint8Array(32).fill(7))
export const stranger = ed25519Signer.fromSecretKey(origin, new Uint8Array(32).fill(8))
export const by = {
  actor: { id: 'u-2', type: 'workforce' as const, roles: ['privacy-officer'] },
  context: { purpose: 'HOPERAT' as const },
}
/** A day before the clock of `phi` in tests. */
export const began = '2026-11-21T12:00:00.000Z'

/** A clinic's week in forty entries: readings by three people of five patients, a denial, a disclosure, an export. */
export async function fill(log: AuditLog, clock: ReturnType<typeof fixedClock>): Promise<void> {
  for (let i = 0; i < 36; i++) {
    clock.advance(60_000)
    await log.append({
      id: `e-${i}`,
      action: i % 6 === 5 ? 'update' : 'read',
      outcome: i % 12 === 11 ? 'denied' : 'success',
      actor: { id: `u-${10 + (i % 3)}`, type: 'workforce', roles: ['therapist'] },
      source: { ip: '203.0.113.9' },
      subject: { resource: { type: 'ProgressNote', id: `n-${i}` }, patients: [`p-${i % 5}`] },
      context: { purpose: 'TREAT', reason: 'session of the day' },
    })
  }
  clock.advance(60_000)
  await log.append({
    id: 'disclosure-1',
    action: 'disclose',
    outcome: 'success',
    actor: { id: 'u-10', type: 'workforce' },
    subject: { patients: ['p-1'] },
    context: {
      disclosure: { recipient: 'State Department of Health', description: 'A test result', purpose: 'Notifiable disease' },
      details: { 'disclosure.basis': 'public-health' },
    },
  })
}

/** A folder of one test file. */
export async function folder(): Promise<{
  readonly path: string
  write(name: string, text: string | Uint8Array): Promise<string>
  remove(): Promise<void>
}> {
  const path = await mkdtemp(join(tmpdir(), 'phi-cli-'))
  return {
    path,
    async write(name, text) {
      await writeFile(join(path, name), text)
      return name
    },
    remove: () => rm(path, { recursive: true, force: true }),
  }
}

export async function memoryLog(): Promise<{ log: AuditLog; store: AuditStore; clock: ReturnType<typeof fixedClock> }> {
  const clock = fixedClock(began)
  const store = memoryStore()
  const log = await openAuditLog({ origin, store, signer, clock })
  await fill(log, clock)
  return { log, store, clock }
}

export async function joined(chunks: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const chunk of chunks) text += chunk
  return text
}

/** A Ctrl-C that comes when a command has looked for it so many times. */
export function stopAfter(looks: number): AbortSignal {
  const stop = new AbortController()
  let seen = 0
  return new Proxy(stop.signal, {
    get(target, name) {
      if (name === 'throwIfAborted' && ++seen === looks) stop.abort()
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
