import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  agreementStoreSuite,
  auditDepthSuite,
  auditStoreSuite,
  caseStoreSuite,
  directiveStoreSuite,
  keyStoreSuite,
  type Runner,
  register,
  retentionStoreSuite,
  roleStoreSuite,
  scheduleStoreSuite,
  sessionStoreSuite,
  tombstoneStoreSuite,
} from '@phi/testing'
import { sqliteAuditStore } from '../src/audit-store.ts'
import { type Handle, openDatabase } from '../src/database.ts'
import {
  sqliteAgreementStore,
  sqliteCaseStore,
  sqliteDirectiveStore,
  sqliteRoleStore,
  sqliteScheduleStore,
  sqliteTombstoneStore,
} from '../src/journals.ts'
import { sqliteKeyStore } from '../src/key-store.ts'
import { sqliteRetentionStore } from '../src/retention-store.ts'
import { sqliteSessionStore } from '../src/session-store.ts'

/** A file system in memory, where there is one: thousands of commits, each on the disk before it returns, take their time. */
const MEMORY = '/dev/shm'

/** A file for every case, and as many handles on it as are asked for. */
function inFile<Store>(make: (handle: Handle) => Store) {
  const directory = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'phi-sqlite-'))
  const handles: Handle[] = []
  const another = async (): Promise<Store> => {
    const handle = openDatabase(join(directory, 'phi.db'))
    handles.push(handle)
    return make(handle)
  }
  const close = async (): Promise<void> => {
    for (const handle of handles) handle.close()
    rmSync(directory, { recursive: true, force: true })
  }
  return { another, close }
}

const supports = {
  unreachable: false,
  because: { unreachable: 'a file of this machine: there is nothing to cut off' },
} as const

const options = <Store>(name: string, make: (handle: Handle) => Store) => ({
  name: `${name} on SQLite`,
  supports,
  async open() {
    const { another, close } = inFile(make)
    return { store: await another(), another, close }
  },
})

/** The audit store, and transactions of the file on handles of their own, as a caller begins them. */
async function withTransactions() {
  const { another, close } = inFile((handle) => handle)
  return {
    store: sqliteAuditStore(await another()) as never,
    close,
    async transaction<T>(run: (tx: never) => Promise<T>): Promise<T> {
      const handle = await another()
      handle.exec('begin immediate')
      try {
        const result = await run(handle as never)
        handle.exec('commit')
        return result
      } catch (error) {
        handle.exec('rollback')
        throw error
      }
    },
  }
}

/** Every suite for a store of @phi/testing, under whatever runner. */
export function registerAll(runner: Runner): void {
  const gaps = {
    outbox: false,
    prune: false,
    because: { outbox: 'one write lock: nothing to gain', prune: 'not in this example' },
  }
  register(auditDepthSuite({ name: 'AuditStore on SQLite', supports: gaps, open: withTransactions }), runner)
  register(auditStoreSuite(options('AuditStore', (handle) => sqliteAuditStore(handle) as never)), runner)
  register(keyStoreSuite(options('KeyStore', sqliteKeyStore)), runner)
  register(tombstoneStoreSuite(options('TombstoneStore', sqliteTombstoneStore)), runner)
  register(sessionStoreSuite(options('SessionStore', sqliteSessionStore)), runner)
  register(directiveStoreSuite(options('DirectiveStore', sqliteDirectiveStore)), runner)
  register(roleStoreSuite(options('RoleStore', sqliteRoleStore)), runner)
  register(agreementStoreSuite(options('AgreementStore', sqliteAgreementStore)), runner)
  register(caseStoreSuite(options('CaseStore', sqliteCaseStore)), runner)
  register(scheduleStoreSuite(options('ScheduleStore', sqliteScheduleStore)), runner)
  const open = async () => {
    const { another, close } = inFile(sqliteRetentionStore)
    const store = await another()
    const put = async (records: readonly { readonly id: string; readonly record: object }[]) => {
      for (const { id, record } of records) await store.put(id, record)
    }
    return { store, another, close, put }
  }
  register(retentionStoreSuite({ ...options('RetentionStore', sqliteRetentionStore), open }), runner)
}
