import { type DoctorFinding, findingOf } from './findings.ts'
import { actsAs, type Role, type Roles } from './roles.ts'

/** Which logins are meant to be what. Whoever is not named is a stranger. */
export interface NamedLogins {
  /** People or jobs that may own, migrate and repair: superusers among them. */
  readonly admins: readonly string[]
  /** Logins of services, members of phi_app and nothing else. Undefined: not compared. */
  readonly app: readonly string[] | undefined
  readonly auditor: readonly string[] | undefined
  readonly retention: readonly string[] | undefined
  readonly custodian: readonly string[] | undefined
  readonly forwarder: readonly string[] | undefined
  readonly replication: readonly string[]
}

/** What the logins of an option are members of, as `migrate` makes them: the role that the option is about, and what that needs. */
const services = {
  app: ['phi_app'],
  auditor: ['phi_auditor'],
  retention: ['phi_retention'],
  custodian: ['phi_custodian'],
  forwarder: ['phi_forwarder', 'phi_auditor'],
} as const

type Service = keyof typeof services
const options = Object.keys(services) as Service[]

/** The options that name a login. */
const namedAs = (named: NamedLogins, login: string) => options.filter((option) => named[option]?.includes(login) === true)

const list = (names: Iterable<string>) => [...names].toSorted().join(', ')

/**
 * Judges every role that can log in. One finding for each, the gravest.
 * @param owners the roles that own tables or functions of the schema
 */
export function judgeLogins(roles: Roles, owners: ReadonlySet<string>, named: NamedLogins): DoctorFinding[] {
  const findings: DoctorFinding[] = []
  const logins = [...roles.all.values()].filter(({ login }) => login)
  for (const login of logins) {
    const finding =
      serviceFinding(roles, login, named) ??
      (named.admins.includes(login.name) ? undefined : strangerFinding(roles, owners, login, named))
    if (finding !== undefined) findings.push(finding)
  }
  for (const option of options) {
    const wanted = `a member of ${services[option].join(' and ')}`
    for (const name of named[option] ?? []) {
      if (roles.all.get(name)?.login !== true) findings.push(findingOf('login-missing', `login ${name}`, 'not there', wanted))
      else if (!services[option].every((role) => actsAs(roles, name).has(role)))
        findings.push(findingOf('login-missing', `login ${name}`, 'no member', wanted))
    }
  }
  return findings
}

/** What a login of a service has too much. */
function serviceFinding(roles: Roles, login: Role, named: NamedLogins): DoctorFinding | undefined {
  const wanted = namedAs(named, login.name)
  if (wanted.length === 0) return undefined
  const allowed = new Set<string>(wanted.flatMap((option) => services[option]))
  const traits = [
    login.superuser && 'superuser',
    [...actsAs(roles, login.name)].some((name) => roles.all.get(name)?.bypassRowSecurity === true) && 'bypasses row security',
    login.createRole && 'may create roles',
    login.createDatabase && 'may create databases',
    login.replication && 'may replicate',
    roles.schemaOwner === login.name && 'owns the schema',
    roles.databaseOwner === login.name && 'owns the database',
  ].filter((trait) => trait !== false)
  const others = login.superuser
    ? []
    : [...actsAs(roles, login.name)].filter((name) => name !== login.name && !allowed.has(name) && isOurs(name))
  if (traits.length === 0 && others.length === 0) return undefined
  const found = [...traits, ...(others.length > 0 ? [`acts as ${list(others)}`] : [])].join('; ')
  return findingOf('service-login-too-strong', `login ${login.name}`, found, `a member of ${list(allowed)} and nothing else`)
}

const isOurs = (name: string) => name.startsWith('phi_') || name.startsWith('pg_')

function strangerFinding(
  roles: Roles,
  owners: ReadonlySet<string>,
  login: Role,
  named: NamedLogins,
): DoctorFinding | undefined {
  const object = `login ${login.name}`
  const nobody = 'no login that was not named'
  const acts = actsAs(roles, login.name)
  const reached = [...acts].map((name) => roles.all.get(name)).filter((role) => role !== undefined)
  const as = (names: readonly string[]) => `acts as ${list(names)}`
  if (reached.some(({ superuser }) => superuser)) return findingOf('superuser-login', object, 'superuser', nobody)
  const bypassing = reached.filter(({ bypassRowSecurity }) => bypassRowSecurity).map(({ name }) => name)
  if (bypassing.length > 0) return findingOf('bypassrls-login', object, as(bypassing), nobody)
  const files = [...acts].filter((name) =>
    ['pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'].includes(name),
  )
  if (files.length > 0) return findingOf('file-role-login', object, as(files), nobody)
  const owning = [...acts].filter((name) => owners.has(name) || name === roles.schemaOwner)
  if (owning.length > 0) return findingOf('owner-login', object, as(owning), nobody)
  if (reached.some(({ replication }) => replication) && !named.replication.includes(login.name)) {
    return findingOf('replication-login', object, 'REPLICATION', nobody)
  }
  const data = [...acts].filter((name) => ['pg_read_all_data', 'pg_write_all_data'].includes(name))
  if (data.length > 0) return findingOf('data-role-login', object, as(data), nobody)
  if (acts.has(roles.databaseOwner)) return findingOf('database-owner', object, as([roles.databaseOwner]), nobody)
  // Only once somebody says which logins belong to a role can one be too many.
  const allowed = new Set<string>(namedAs(named, login.name).flatMap((option) => services[option]))
  const surplus = options
    .filter((option) => named[option] !== undefined)
    .map((option) => services[option][0])
    .filter((role) => acts.has(role) && !allowed.has(role))
  if (surplus.length > 0) return findingOf('login-not-named', object, as(surplus), nobody)
  return undefined
}
