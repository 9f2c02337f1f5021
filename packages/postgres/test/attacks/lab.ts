import { type AuditEventInput, type AuditLog, ed25519Signer, openAuditLog, type ResumePoint, verifyLog } from '@phi/audit'
import type { LogKey } from '@phi/audit/store'
import { isPhiError } from '@phi/core'
import pg from 'pg'
import { sqlStateOf } from '../../src/client/db.ts'
import { auditStore, connect, type Db, doctor, type Queryable } from '../../src/index.ts'
import { asSuperuser, migratedDatabase, startServer, type TestServer } from '../server.ts'

export const clinicA: LogKey = { tenant: 'clinic-a', origin: 'a.example/audit' }
export const clinicB: LogKey = { tenant: 'clinic-b', origin: 'b.example/audit' }
/** How many entries each log has. Checkpoints stand in the store for the sizes 1, 4, 8 and 12; a second party holds the one of 8. */
export const SIZE = 12

const signerOf = (origin: string, seed = 7) => ed25519Signer.fromSecretKey(origin, new Uint8Array(32).fill(seed))
export const signers = { a: signerOf(clinicA.origin), b: signerOf(clinicB.origin), forger: signerOf(clinicA.origin, 8) }
const keys = [signers.a.vkey]

/** Logins, each for one kind of attacker. */
export const logins = {
  owner: ['phi_test_owner', 'phi_owner, phi_writer, phi_pruner'],
  app: ['phi_test_app', 'phi_app'],
  auditor: ['phi_test_auditor', 'phi_auditor'],
  retention: ['phi_test_retention', 'phi_retention'],
} as const
export type LoginName = keyof typeof logins | 'superuser'

export const event = (i: number, more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  id: `e-${i}`,
  action: 'read',
  outcome: 'success',
  actor: { id: `u-${i}`, type: 'workforce', roles: ['therapist'] },
  source: { ip: '203.0.113.9' },
  subject: { resource: { type: 'ProgressNote', id: `n-${i}` }, patients: [`p-${i % 3}`] },
  context: { purpose: 'TREAT' },
  ...more,
})

/** One database that an attack is made on, and everybody who may notice. */
export interface World {
  readonly url: string
  readonly db: Db
  /** The service, which was running before the attack and remembers what it signed. */
  readonly service: AuditLog<Queryable>
  /** A session of an attacker. Closed with the world. */
  as(login: LoginName): Promise<pg.Client>
  /** What each of those who may notice sees now. The service is asked last: it appends and signs. */
  seen(): Promise<Seen>
  /** Replaces the database by a copy made earlier, as somebody does who restores a backup. */
  restore(from: 'six' | 'ten'): Promise<void>
  close(): Promise<void>
}

/** `intact`, `unverifiable: …`, `broken: …` or `error …`; the service `signs` or says why not; doctor is `clean` or lists codes. */
export interface Seen {
  readonly store: string
  readonly held: string
  readonly again: string
  readonly service: string
  readonly doctor: string
}

export const clean: Seen = { store: 'intact', held: 'intact', again: 'intact', service: 'signs', doctor: 'clean' }

/** What verification says, in a line: the verdict, and what it rests on. */
export async function verdict(work: Promise<Awaited<ReturnType<typeof verifyLog>>>): Promise<string> {
  try {
    const { verdict: is, findings } = await work
    if (is === 'intact') return is
    const severity = is === 'broken' ? 'break' : 'unknown'
    const lines = findings
      .filter((finding) => finding.severity === severity)
      .map(({ code, index, group }) => [code, index, group].filter((part) => part !== undefined).join(' '))
    return `${is}: ${lines.join(', ')}`
  } catch (error) {
    return `error ${codeOf(error)}`
  }
}

export const codeOf = (error: unknown): string => (isPhiError(error) ? error.code : (sqlStateOf(error) ?? String(error)))

/** The code with which a statement is refused, or `not refused`. */
export async function refused(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'not refused'
  } catch (error) {
    return codeOf(error)
  }
}

export interface Lab {
  readonly server: TestServer
  /** The checkpoint of 8 entries that a second party holds. */
  readonly held: string
  world(): Promise<World>
  close(): Promise<void>
}

const nameIn = (url: string) => new URL(url).pathname.slice(1)

/** Starts a server, makes the logs once, and keeps them as templates: of all entries, and of two earlier states. */
export async function openLab(): Promise<Lab> {
  // Copies of databases are what takes long here, and no crash is tried. Without `file_copy` each page of them is logged.
  const server = await startServer(['-c', 'fsync=off'])
  const master = await migratedDatabase(server.url)
  const made = Object.values(logins).map(
    ([name, roles]) => `create role ${name} login password 'x'; grant ${roles} to ${name};`,
  )
  const copies: string[] = []
  const copy = async (from: string, to: string) => {
    await asSuperuser(server.url, (client) => client.query(`create database ${to} template ${from} strategy file_copy`))
    copies.push(to)
  }
  const db = await connect(master.url)
  await db.exec(made.join('\n'))
  await db.close()

  // Closed before each copy: a template must have no connections.
  let held = ''
  const grow = async (key: LogKey, signer: typeof signers.a, from: number, to: number) => {
    const own = await connect(master.url)
    const log = await openAuditLog<Queryable>({ ...key, store: auditStore(own), signer, checkpoint: { intervalMs: 600_000 } })
    for (let i = from; i < to; i++) {
      await log.append(event(i))
      if (i === 3 || i === 7 || i === SIZE - 1) {
        const note = await log.checkpoint()
        if (i === 7 && key === clinicA) held = note
      }
    }
    await own.close()
  }
  const stages = { six: `${nameIn(master.url)}_six`, ten: `${nameIn(master.url)}_ten` }
  await grow(clinicB, signers.b, 0, SIZE)
  await grow(clinicA, signers.a, 0, 6)
  await copy(nameIn(master.url), stages.six)
  await grow(clinicA, signers.a, 6, 10)
  await copy(nameIn(master.url), stages.ten)
  await grow(clinicA, signers.a, 10, SIZE)
  // An auditor is here before every attack: what was verified then is what they go on from.
  const auditor = await connect(master.url)
  const { resume } = await verifyLog(auditStore(auditor) as never, clinicA, { keys })
  await auditor.close()
  const verified = resume as ResumePoint

  let count = 0
  const world = async (): Promise<World> => {
    const name = `${nameIn(master.url)}_w${count++}`
    await copy(nameIn(master.url), name)
    const own = new URL(master.url)
    own.pathname = `/${name}`
    return openWorld(own.href, held, verified, async (stage) => {
      await asSuperuser(server.url, async (client) => {
        await client.query(`drop database ${name} with (force)`)
        await client.query(`create database ${name} template ${stages[stage]} strategy file_copy`)
      })
    })
  }
  const close = async () => {
    await asSuperuser(server.url, async (client) => {
      for (const each of copies) await client.query(`drop database if exists ${each} with (force)`)
    })
    await master.drop()
    if (!server.own)
      await asSuperuser(server.url, (client) =>
        client.query(
          Object.values(logins)
            .map(([name]) => `drop role ${name}`)
            .join('; '),
        ),
      )
    await server.stop()
  }
  return { server, held, world, close }
}

async function openWorld(
  url: string,
  held: string,
  verified: ResumePoint,
  restoreFrom: (stage: 'six' | 'ten') => Promise<void>,
): Promise<World> {
  const db = await connect(url, { max: 4 })
  const store = auditStore(db)
  const service = await openAuditLog<Queryable>({
    ...clinicA,
    store,
    signer: signers.a,
    checkpoint: { intervalMs: 600_000 },
    limits: { timeoutMs: 3000 },
  })
  const clients: pg.Client[] = []
  const superuser = new URL(url).username

  const as = async (login: LoginName) => {
    const own = new URL(url)
    if (login !== 'superuser') {
      own.username = logins[login][0]
      own.password = 'x'
    }
    const client = new pg.Client({ connectionString: own.href })
    client.on('error', () => {})
    await client.connect()
    clients.push(client)
    return client
  }

  const seen = async (): Promise<Seen> => {
    // Of the database as it is now, by somebody who opens it now.
    const stranger = auditStore(db) as never
    const [byStore, byHeld, byAgain] = [
      await verdict(verifyLog(stranger, clinicA, { keys })),
      await verdict(verifyLog(stranger, clinicA, { keys, trusted: [held] })),
      await verdict(verifyLog(stranger, clinicA, { keys, from: { verified } })),
    ]
    const { findings } = await doctor(db, {
      admins: [superuser, logins.owner[0]],
      app: [logins.app[0]],
      auditor: [logins.auditor[0]],
      retention: [logins.retention[0]],
      accept: [{ code: 'durability-off', object: 'fsync' }],
    })
    const refusal = await refused(service.append(event(9000)).then(() => service.checkpoint()))
    return {
      store: byStore,
      held: byHeld,
      again: byAgain === 'unverifiable: empty' ? 'intact' : byAgain,
      service: refusal === 'not refused' ? 'signs' : refusal,
      doctor: findings.length === 0 ? 'clean' : [...new Set(findings.map(({ code }) => code))].join(', '),
    }
  }

  return {
    url,
    db,
    service,
    as,
    seen,
    restore: restoreFrom,
    close: async () => {
      for (const client of clients) await client.end().catch(() => {})
      await db.close()
    },
  }
}
