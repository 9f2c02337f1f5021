import type { Fact, LiveCatalog } from './facts.ts'
import { actsAs, type Roles } from './roles.ts'

/** What somebody could do who holds a role: a code to look for, and a sentence to read. */
export interface Power {
  readonly code: PowerCode
  readonly says: string
  /** The tables, functions or roles that it is about. */
  readonly objects: readonly string[]
}

const sentences = {
  'do-anything': 'can do anything on this server: switch off every protection, rewrite every row, read its files',
  'act-as': 'can act as other roles',
  'alter-tables':
    'can switch triggers and row security off, and rewrite or delete rows unseen by the database: for audit entries only a checkpoint held elsewhere shows it',
  'replace-functions': 'can replace functions that others call or that run with more rights than their caller has',
  'drop-tables': 'can drop tables with everything in them',
  'drop-database': 'can drop the database, and change its settings',
  'read-past-the-wall': 'can read the rows of every tenant at once: row security does not bind it',
  'read-every-tenant': 'can read every tenant, one after the other, by setting phi.tenant itself',
  'append-false-entries': 'can append false entries to the audit log of any tenant, under any name, and so block or mislead it',
  'hold-the-log': 'can hold the head of a log locked, so that nobody appends to it',
  'save-false-checkpoints': 'can store checkpoint notes that nobody signed; verification names them',
  'remove-entries': 'can take texts out of the audit log, as far as the functions that prune allow',
  'insert-rows': 'can add rows',
  'update-rows': 'can change rows',
  'delete-rows': 'can delete or empty rows',
  'write-through-functions': 'can write through functions that run with their owner’s rights, as far as these allow',
  'read-through-functions': 'can read through functions that run with their owner’s rights, as far as these allow',
  'plant-objects': 'can create objects in the schema phi, which trusted code may come to use',
  'copy-the-server': 'can copy the whole server through replication, past every wall',
  'server-files': 'can read or write files of the server, or run programs on it: as good as a superuser',
  'see-statements': 'can see the statements of other sessions, and what stands in them',
  'end-sessions': 'can cancel statements and end sessions of others',
} as const

export type PowerCode = keyof typeof sentences

const powerOf = (code: PowerCode, objects: Iterable<string> = []): Power => ({
  code,
  says: sentences[code],
  objects: [...objects].toSorted(),
})

const fileRoles = ['pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program']

/** What the functions that run with their owner's rights write to, as their source says. */
const WRITES = /\b(insert\s+into|update|delete\s+from)\s+phi\.([a-z_]+)/gi
const READS = /\b(?:from|join)\s+phi\.([a-z_]+)/gi
const LOCKS = /\bfrom\s+phi\.audit_log\b[^;]*\bfor\s+update\b/i

export interface FunctionSource {
  /** As in the facts: `audit_lock(text, integer, text)`. */
  readonly name: string
  readonly source: string
}

const nameOf = ({ id, kind }: Fact) => id.slice(kind.length + 1)

/** Computes powers from the live catalog, so that a right somebody added yesterday shows today. */
export function powersOf(live: LiveCatalog, sources: readonly FunctionSource[], roles: Roles, holder: string): Power[] {
  const acts = actsAs(roles, holder)
  const attributes = [...acts].map((name) => roles.all.get(name)).filter((role) => role !== undefined)
  const isSuper = attributes.some(({ superuser }) => superuser)
  const owns = (fact: Fact) => {
    const { owner } = fact.aspects
    return owner !== undefined && acts.has(owner === '(migrator)' ? roles.schemaOwner : owner)
  }
  const tables = live.facts.filter(({ kind, aspects }) => kind === 'table' && aspects.kind !== 'S')
  const functions = live.facts.filter(({ kind }) => kind === 'function')
  const grants = live.facts.flatMap(({ grant }) =>
    grant !== undefined && (grant.grantee === 'PUBLIC' || acts.has(grant.grantee)) ? [grant] : [],
  )
  const partitions = new Set(live.partitions.map(({ name }) => name))
  // Looked at for every table and every role: once through all facts, which are thousands.
  const policies = live.facts.filter(({ kind }) => kind === 'policy')
  const tenantColumns = new Set(live.facts.filter(({ kind }) => kind === 'column').map(({ id }) => id))
  const appendOnly = new Set(
    live.facts.filter(({ kind, aspects }) => kind === 'trigger' && aspects.enabled === 'A').map(({ id }) => id),
  )

  const sequences = new Set(live.facts.filter(({ kind, aspects }) => kind === 'table' && aspects.kind === 'S').map(nameOf))

  /** Tables on which a privilege holds, with the columns where it is for some only. */
  const tablesWith = (privilege: string, predefined: string | undefined): string[] => {
    const all = predefined !== undefined && acts.has(predefined) ? tables.map(nameOf) : []
    const owned = tables.filter(owns).map(nameOf)
    const granted = grants.filter(({ on, privilege: given }) => (on === 'table' || on === 'column') && given === privilege)
    return [...new Set([...all, ...owned, ...granted.map(({ name }) => name)])].filter(
      (name) => !partitions.has(name) && !sequences.has(name),
    )
  }
  const tableOf = (name: string) => name.split('.')[0] as string
  /** Whether a restrictive policy binds the holder: row security by itself lets through what a permissive one allows. */
  const isWalled = (name: string) =>
    policies.some(({ id, aspects: { permissive, roles: to = '' } }) => {
      const isOurs = permissive === 'false' && id.startsWith(`policy ${tableOf(name)}.`)
      return isOurs && (to === 'PUBLIC' || to.split(', ').some((role) => acts.has(role)))
    })
  const isOfTenants = (name: string) => tenantColumns.has(`column ${tableOf(name)}.tenant`)
  const isAppendOnly = (name: string) => appendOnly.has(`trigger ${tableOf(name)}.append_only`)

  const readable = tablesWith('SELECT', 'pg_read_all_data')
  if (isSuper) return [powerOf('do-anything')]
  const passesWall = attributes.some(({ bypassRowSecurity }) => bypassRowSecurity)
  const ownTables = tables
    .filter(owns)
    .map(nameOf)
    .filter((name) => !partitions.has(name))
  const ownFunctions = functions.filter(owns).map(nameOf)
  const callable = functions
    .filter(
      (fact) =>
        fact.aspects.definer === 'true' &&
        (owns(fact) || grants.some(({ on, name }) => on === 'function' && name === nameOf(fact))),
    )
    .map(nameOf)
  const sourceOf = new Map(sources.map(({ name, source }) => [name, source]))
  const written = (verb: RegExp, table: string) =>
    callable.filter((name) =>
      [...(sourceOf.get(name) ?? '').matchAll(WRITES)].some(([, how, what]) => verb.test(how as string) && what === table),
    )
  const appending = [
    ...written(/insert/i, 'audit_entry'),
    ...tablesWith('INSERT', 'pg_write_all_data').filter((name) => name === 'audit_entry'),
  ]
  const locking = callable.filter((name) => LOCKS.test(sourceOf.get(name) ?? ''))
  const removing = [
    ...written(/delete/i, 'audit_entry'),
    ...grants.filter(({ privilege, name }) => privilege === 'DELETE' && name === 'audit_entry').map(() => 'audit_entry'),
  ]
  // A trigger keeps rows of these tables as they are, whatever was granted.
  const changeable = (privilege: string) =>
    tablesWith(privilege, 'pg_write_all_data').filter((name) => !isAppendOnly(name) && !ownTables.includes(name))

  const openly = readable.filter((name) => isOfTenants(name) && (passesWall || !isWalled(name)))
  const walled = readable.filter((name) => isOfTenants(name) && !openly.includes(name))
  const through = (pattern: RegExp, group: number) =>
    new Set(
      callable.flatMap((name) => [...(sourceOf.get(name) ?? '').matchAll(pattern)].map((match) => match[group] as string)),
    )
  const writing = through(WRITES, 2)
  const reading = through(READS, 1)

  const powers: (Power | false)[] = [
    acts.size > 1 &&
      powerOf(
        'act-as',
        [...acts].filter((name) => name !== holder),
      ),
    ownTables.length > 0 && powerOf('alter-tables', ownTables),
    ownFunctions.length > 0 && powerOf('replace-functions', ownFunctions),
    (ownTables.length > 0 || acts.has(roles.schemaOwner)) &&
      powerOf('drop-tables', acts.has(roles.schemaOwner) ? ['schema phi'] : ownTables),
    acts.has(roles.databaseOwner) && powerOf('drop-database'),
    openly.length > 0 && powerOf('read-past-the-wall', openly),
    walled.length > 0 && powerOf('read-every-tenant', walled),
    appending.length > 0 && powerOf('append-false-entries', appending),
    locking.length > 0 && powerOf('hold-the-log', locking),
    written(/insert/i, 'audit_checkpoint').length > 0 &&
      powerOf('save-false-checkpoints', written(/insert/i, 'audit_checkpoint')),
    removing.length > 0 && powerOf('remove-entries', removing),
    writing.size > 0 && powerOf('write-through-functions', writing),
    reading.size > 0 && powerOf('read-through-functions', reading),
    (grants.some(({ on, privilege }) => on === 'schema' && privilege === 'CREATE') || acts.has(roles.schemaOwner)) &&
      powerOf('plant-objects'),
    attributes.some(({ replication }) => replication) && powerOf('copy-the-server'),
    fileRoles.some((name) => acts.has(name)) && powerOf('server-files'),
    ['pg_read_all_stats', 'pg_monitor'].some((name) => acts.has(name)) && powerOf('see-statements'),
    acts.has('pg_signal_backend') && powerOf('end-sessions'),
  ]
  const rows: readonly (readonly [PowerCode, readonly string[]])[] = [
    ['insert-rows', tablesWith('INSERT', 'pg_write_all_data').filter((name) => !ownTables.includes(name))],
    ['update-rows', changeable('UPDATE')],
    ['delete-rows', [...changeable('DELETE'), ...changeable('TRUNCATE')]],
  ]
  return [
    ...powers.filter((power) => power !== false),
    ...rows.filter(([, objects]) => objects.length > 0).map(([code, objects]) => powerOf(code, new Set(objects))),
  ]
}
