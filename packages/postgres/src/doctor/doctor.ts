import { sha256, toHex, utf8 } from '@phi/core'
import { type Db, type Queryable, sqlStateOf } from '../client/db.ts'
import { postgresError } from '../errors.ts'
import { migrations } from '../migrations/index.ts'
import { translated } from '../translate.ts'
import { compareCatalogs } from './compare.ts'
import { expectedCatalog } from './expected.ts'
import { type LiveCatalog, readCatalog } from './facts.ts'
import { type DoctorFinding, type DoctorFindingCode, findingOf } from './findings.ts'
import { judgeLogins } from './logins.ts'
import { type FunctionSource, type Power, powersOf } from './powers.ts'
import { type Roles, readRoles } from './roles.ts'
import { lookAround } from './surroundings.ts'

export interface DoctorOptions {
  /** Logins that may own, migrate and repair: people and deployment jobs. Every superuser that is meant to be there, too. */
  readonly admins?: readonly string[]
  /** The logins of services. When given, another member of `phi_app` is a finding, and so is one of these that can do more. */
  readonly app?: readonly string[]
  /** The same for `phi_auditor`. */
  readonly auditor?: readonly string[]
  /** The same for `phi_retention`. */
  readonly retention?: readonly string[]
  /** The same for `phi_custodian`, which walks over the keys of all tenants. */
  readonly custodian?: readonly string[]
  /** The same for `phi_forwarder`, whose logins are members of `phi_auditor` too. */
  readonly forwarder?: readonly string[]
  /** Logins that standbys and backups replicate with. */
  readonly replication?: readonly string[]
  /** Findings that you have looked at and that are to be so. They are listed apart and do not count. */
  readonly accept?: readonly { readonly code: DoctorFindingCode; readonly object: string }[]
}

export interface DoctorReport {
  /** True when nothing is wrong and nothing that is checked was hidden from this login. */
  readonly ok: boolean
  /** Those of severity `break` first. */
  readonly findings: readonly DoctorFinding[]
  readonly accepted: readonly DoctorFinding[]
  /** Every role of the schema and every login, with what somebody could do who holds it. */
  readonly roles: readonly { readonly role: string; readonly login: boolean; readonly can: readonly Power[] }[]
  /** The schema's version in the database, where this login may read it, and the one that this code has. */
  readonly schema: { readonly version: number | undefined; readonly latest: number }
}

const FUNCTIONS = `select p.proname || '(' || oidvectortypes(p.proargtypes) || ')' as name, p.prosrc as source
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'phi' and p.prosecdef`

const SCHEMA = `select exists (select from pg_namespace where nspname = 'phi') as schema,
  exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'phi' and c.relname = 'migration') as migration`

/**
 * Looks at a live database and says what is not as the migrations make it, and what whoever holds a role could do with it.
 *
 * It reads the catalog only, in a transaction that cannot write. The tables' rows it does not see: that the audit log says what
 * was recorded is for `verify()`. It believes the server's answers; a superuser who edits the catalog itself, or replaces the
 * server, can make it say anything.
 *
 * A login that may not see something gets the finding `not-visible` or `migrations-unreadable`, and never `ok`.
 * @throws PhiError PHI_PG_UNAVAILABLE and the other errors of reading
 */
export async function doctor(db: Db, options: DoctorOptions = {}): Promise<DoctorReport> {
  const examined = await db
    .transaction(async (tx) => {
      // The path first: from here on no object of anybody else's answers for one of the catalog.
      await tx.exec('set transaction isolation level repeatable read read only; set local search_path = pg_catalog')
      return examine(tx, options)
    })
    .catch((error: unknown) => {
      throw translated(error)
    })
  const accept = new Set((options.accept ?? []).map(({ code, object }) => `${code}\n${object}`))
  const isAccepted = ({ code, object }: DoctorFinding) => accept.has(`${code}\n${object}`)
  const order = ['break', 'unknown', 'warn']
  const findings = examined.findings
    .filter((finding) => !isAccepted(finding))
    .toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
  return {
    ok: findings.every(({ severity }) => severity === 'warn'),
    findings,
    accepted: examined.findings.filter(isAccepted),
    roles: examined.roles,
    schema: examined.schema,
  }
}

type Examined = Pick<DoctorReport, 'findings' | 'roles' | 'schema'>

async function examine(tx: Queryable, options: DoctorOptions): Promise<Examined> {
  const { rows: found } = await tx.query<{ schema: boolean; migration: boolean }>(SCHEMA)
  const expectedRoles = Object.keys(expectedCatalog).flatMap((id) => (id.startsWith('role ') ? [id.slice(5)] : []))
  const { version, findings } = await judgeMigrations(tx, found[0])
  const live = await readCatalog(tx, expectedRoles)
  const roles = await readRoles(tx)
  const isComparable = findings.every(({ severity }) => severity !== 'break')
  if (isComparable) findings.push(...compareCatalogs(expectedCatalog, live))
  findings.push(...judgeLogins(roles, ownersIn(live), namedIn(options)), ...(await lookAround(tx)))
  const { rows: sources } = await tx.query<FunctionSource>(FUNCTIONS)
  return { findings, roles: rolesReport(live, sources, roles, expectedRoles), schema: { version, latest: migrations.length } }
}

/** The roles that own something in the schema, but for who migrated, who is judged by name. */
const ownersIn = ({ facts }: LiveCatalog): ReadonlySet<string> =>
  new Set(facts.flatMap(({ aspects: { owner } }) => (owner === undefined || owner === '(migrator)' ? [] : [owner])))

function namedIn({ admins = [], app, auditor, retention, custodian, forwarder, replication = [] }: DoctorOptions) {
  const lists = { admins, app, auditor, retention, custodian, forwarder, replication }
  for (const [option, names] of Object.entries(lists)) {
    if (names !== undefined && !(Array.isArray(names) && names.every((name) => typeof name === 'string'))) {
      throw postgresError('PHI_PG_OPTIONS', { path: option })
    }
  }
  return lists
}

function rolesReport(
  live: LiveCatalog,
  sources: readonly FunctionSource[],
  roles: Roles,
  ours: readonly string[],
): DoctorReport['roles'] {
  const names = [...roles.all.values()].filter(({ name, login }) => login || ours.includes(name)).map(({ name }) => name)
  return names.toSorted().map((role) => ({
    role,
    login: roles.all.get(role)?.login === true,
    can: powersOf(live, sources, roles, role),
  }))
}

async function judgeMigrations(
  tx: Queryable,
  found: { readonly schema: boolean; readonly migration: boolean } | undefined,
): Promise<{ version: number | undefined; findings: DoctorFinding[] }> {
  const latest = String(migrations.length)
  if (found?.schema !== true || !found.migration) {
    const what = found?.schema === true ? 'a schema without phi.migration' : 'no schema'
    return { version: 0, findings: [findingOf('not-migrated', 'schema phi', what, `version ${latest}`)] }
  }
  await tx.query('savepoint migrations')
  let rows: { version: number; checksum: string }[]
  try {
    rows = (
      await tx.query<{ version: number; checksum: string }>('select version, checksum from phi.migration order by version')
    ).rows
  } catch (error) {
    if (sqlStateOf(error) !== '42501') throw error
    await tx.query('rollback to savepoint migrations')
    return {
      version: undefined,
      findings: [findingOf('migrations-unreadable', 'table migration', 'no privilege', `version ${latest}`)],
    }
  }
  const findings: DoctorFinding[] = []
  const applied = new Map(rows.map(({ version, checksum }) => [Number(version), checksum]))
  for (const { version, sql } of migrations) {
    const is = applied.get(version)
    const wanted = toHex(sha256(utf8(sql)))
    if (is === undefined) findings.push(findingOf('migration-missing', `migration ${version}`, 'not applied', wanted))
    else if (is !== wanted) findings.push(findingOf('migration-changed', `migration ${version}`, is, wanted))
  }
  for (const [version, checksum] of applied) {
    if (!migrations.some((migration) => migration.version === version)) {
      findings.push(findingOf('migration-unknown', `migration ${version}`, checksum, 'a version known here'))
    }
  }
  return { version: Math.max(0, ...applied.keys()), findings }
}
