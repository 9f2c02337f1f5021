import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as audit from '@phi/audit'
import { fixedClock } from '@phi/core'
import * as postgres from '@phi/postgres'
import { began, fill, origin, signer } from '../audit/world.ts'
import { clinicTests, clinicText } from '../clinic.ts'
import { type Ran, type RunOptions, phi as runPhi } from '../io.ts'
import { guideClinic, numbered } from '../keys/world.ts'
import type { World } from './sessions.ts'

/** What the sessions of a guide need beside the files that it shows. The clock is that of `phi` in tests. */
export type WorldMaker = (cwd: string, database: postgres.Db | undefined) => Promise<World>

const plain = (cwd: string, options: RunOptions = {}): World => ({ cwd, phi: (words) => runPhi(words, { cwd, ...options }) })

/** A log of forty entries in a store in memory, under a key of a fixed secret. */
export const auditWorld: WorldMaker = async (cwd) => {
  const store = audit.memoryStore()
  const clock = fixedClock(began)
  const log = await audit.openAuditLog({ tenant: 'clinic-a', origin, store, signer, clock })
  await fill(log, clock)
  await writeFile(join(cwd, 'checkpoint.txt'), await log.checkpoint())
  await log.close()
  await writeFile(join(cwd, 'log.vkey'), signer.vkey)
  return plain(cwd, { env: { PHI_AUDIT_SIGNER: signer.exportSkey() }, auditStore: store })
}

/** Three notes under keys of August. Ids of keys are random, so that they are numbered. */
export const keysWorld: WorldMaker = async (cwd, database) => {
  if (database === undefined) throw new Error('needs a database')
  const { env } = await guideClinic(database)
  return { ...plain(cwd, { env, database }), normal: numbered }
}

const orNone = (database: postgres.Db | undefined): RunOptions => (database === undefined ? {} : { database })

/** An empty folder. Without a database the one that `phi init` makes is used. */
export const setupWorld: WorldMaker = async (cwd, database) => plain(cwd, orNone(database))

/** Only the files of the document. */
export const filesWorld: WorldMaker = async (cwd) => plain(cwd)

/** The policy of the tests, and a version of it that lets more people read and one rule never apply. */
export const policyWorld: WorldMaker = async (cwd) => {
  const changed = clinicText((policy) => {
    policy.version = '2'
    policy.roles.auditor = {}
    policy.rules.push({ ...policy.rules[2], id: 'auditors', roles: ['auditor'] })
    const both = ['a', 'b'].map((value) => ({ op: 'eq', left: { attr: 'resource.id' }, right: { value } }))
    policy.rules[0].when = { op: 'and', of: [policy.rules[0].when, ...both] }
  })
  await writeFile(join(cwd, 'clinic.json'), clinicText())
  await writeFile(join(cwd, 'clinic.yaml'), clinicTests)
  await writeFile(join(cwd, 'new.json'), changed)
  return plain(cwd)
}

const SECRET = /^(PHI_[A-Z_]+)=(\S+)$/gm
type AsyncFunction = (modules: Readonly<Record<string, object>>) => Promise<void>
const { constructor: AsyncFunction } = Object.getPrototypeOf(async () => {}) as {
  readonly constructor: new (...words: readonly string[]) => AsyncFunction
}

/**
 * The first session of the README: secrets go from what `phi init --keys` prints into the environment of what follows, and the program
 * runs in this process, with the same database and clock. What is random is left out, as it is in the README.
 */
export const firstSessionWorld: WorldMaker = async (cwd, database) => {
  const env: Record<string, string> = {}
  const clock = fixedClock('2026-11-22T12:00:00.000Z')
  return {
    cwd,
    async phi(words): Promise<Ran> {
      const answer = await runPhi(words, { cwd, env, clock, ...orNone(database) })
      for (const [, name, value] of answer.stdout.matchAll(SECRET)) env[name as string] = value as string
      return answer
    },
    async node(file) {
      const text = await readFile(join(cwd, file), 'utf8')
      const program = text
        .replace(/^import \{(.*?)\} from ('.*?')$/gm, 'const {$1} = modules[$2]')
        .replaceAll('process.env.', 'modules.env.')
      const db = database ?? (await postgres.embedded(join(cwd, 'data')))
      await new AsyncFunction('modules', program)({
        env,
        '@phi/audit': {
          ...audit,
          openAuditLog: (options: Parameters<typeof audit.openAuditLog>[0]) => audit.openAuditLog({ ...options, clock }),
        },
        '@phi/postgres': { ...postgres, embedded: async () => ({ ...db, close: async () => {} }) },
      })
      if (database === undefined) await db.close()
    },
    normal: (text) =>
      text
        .replace(/^(PHI_AUDIT_SIGNER=PRIVATE\+KEY\+[^+]+\+|PHI_[A-Z_]+=)\S+$/gm, '$1…')
        .replace(/"(x|kid)":"[^"]+"/g, '"$1":"…"')
        .replace(/\+[0-9a-f]{8}, by /g, '+…, by '),
  }
}
