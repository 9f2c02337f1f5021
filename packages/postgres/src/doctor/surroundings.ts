import { type Queryable, sqlStateOf } from '../client/db.ts'
import { type DoctorFinding, type DoctorFindingCode, findingOf } from './findings.ts'

/** A look at something beside the schema: every row that comes back is a finding. */
interface Look {
  readonly code: DoctorFindingCode
  /** What it is called when this login may not see it. */
  readonly about: string
  readonly expected: string
  /** Selects `object` and `found`. */
  readonly sql: string
}

/** Roles whose functions would run with the rights of the schema. */
const OURS = `(select oid from pg_roles where rolname like 'phi\\_%' and not rolcanlogin)`

/** Extensions that read files or raw pages, and languages in which a function is a program of the server. */
const REACHING = ['adminpack', 'file_fdw', 'pageinspect', 'pg_surgery', 'plperlu', 'plpython3u', 'plpythonu', 'plsh', 'pltclu']

/** Settings that another one than the default makes unsafe, for a session of a service. */
const SETTINGS = `
  select name as object, setting as found from pg_settings where
    (name = 'row_security' and setting <> 'on') or (name = 'session_replication_role' and setting <> 'origin')
    or (name = 'allow_system_table_mods' and setting = 'on') or (name = 'zero_damaged_pages' and setting = 'on')
    or (name = 'ignore_system_indexes' and setting = 'on')`

/** PGlite runs inside the process: nobody connects to it, whatever its files say. */
const HAS_WAY_IN = `version() not like '%PGlite%'`

const looks: readonly Look[] = [
  {
    code: 'view-over-table',
    about: 'views over the tables',
    expected: 'no view outside the schema',
    sql: `select distinct case c.relkind when 'm' then 'materialized view ' else 'view ' end || c.oid::regclass::text as object,
        'reads ' || string_agg(distinct t.relname::text, ', ') || case when c.reloptions @> array['security_invoker=true'] or c.reloptions @> array['security_invoker=on'] then ', as its caller' else ', as its owner' end as found
      from pg_depend d join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
      join pg_class c on c.oid = r.ev_class and c.relkind in ('v', 'm') join pg_class t on d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid
      where t.relnamespace = (select oid from pg_namespace where nspname = 'phi') and c.relnamespace <> t.relnamespace
      group by c.oid, c.relkind, c.reloptions`,
  },
  {
    code: 'function-of-our-role',
    about: 'functions outside the schema',
    expected: 'no function outside the schema',
    sql: `select 'function ' || p.oid::regprocedure::text as object, 'runs as ' || pg_get_userbyid(p.proowner) as found
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname <> 'phi' and p.proowner in ${OURS}`,
  },
  {
    code: 'publication',
    about: 'publications',
    expected: 'no table of the schema is published',
    sql: `select 'publication ' || pubname as object, string_agg(tablename, ', ' order by tablename) as found
      from pg_publication_tables where schemaname = 'phi' group by pubname`,
  },
  {
    code: 'subscription',
    about: 'subscriptions',
    expected: 'no table of the schema is written by a subscription',
    sql: `select 'subscription ' || s.subname as object, string_agg(r.srrelid::regclass::text, ', ' order by 1) as found
      from pg_subscription s join pg_subscription_rel r on r.srsubid = s.oid join pg_class c on c.oid = r.srrelid
      where c.relnamespace = (select oid from pg_namespace where nspname = 'phi') group by s.subname`,
  },
  {
    code: 'replication-slot',
    about: 'replication slots',
    expected: 'no logical slot of this database',
    sql: `select 'slot ' || slot_name as object, 'logical, plugin ' || plugin as found from pg_replication_slots
      where slot_type = 'logical' and database = current_database()`,
  },
  {
    code: 'event-trigger',
    about: 'event triggers',
    expected: 'none',
    sql: `select 'event trigger ' || evtname as object, evtevent || ', runs ' || evtfoid::regprocedure::text as found from pg_event_trigger where evtenabled <> 'D'`,
  },
  {
    code: 'extension',
    about: 'extensions and languages',
    expected: 'not installed',
    sql: `select 'extension ' || extname as object, extversion as found from pg_extension where extname in (${REACHING.map((name) => `'${name}'`).join(', ')})
      union all select 'language ' || lanname, 'untrusted' from pg_language where lanispl and not lanpltrusted
        and lanname not in (select extname from pg_extension)`,
  },
  {
    code: 'file-function-grant',
    about: 'functions that reach files',
    expected: 'superusers only',
    sql: `select 'function ' || p.oid::regprocedure::text as object,
        'granted to ' || string_agg(case when a.grantee = 0 then 'PUBLIC' else pg_get_userbyid(a.grantee)::text end, ', ' order by 1) as found
      from pg_proc p cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
      where p.pronamespace = 'pg_catalog'::regnamespace and p.proname in ('pg_read_file', 'pg_read_binary_file', 'pg_ls_dir', 'lo_import', 'lo_export', 'pg_file_write')
        and a.grantee <> p.proowner and coalesce((select rolname not like 'pg\\_%' from pg_roles where oid = a.grantee), true)
      group by p.oid`,
  },
  {
    code: 'durability-off',
    about: 'settings of durability',
    expected: 'on',
    sql: `select name as object, setting as found from pg_settings
      where (name in ('fsync', 'full_page_writes') and setting <> 'on') or (name = 'synchronous_commit' and setting in ('off', 'local'))`,
  },
  { code: 'setting-unsafe', about: 'settings', expected: 'the default', sql: SETTINGS },
  {
    code: 'setting-for-role',
    about: 'settings for roles and databases',
    expected: 'not set',
    sql: `select coalesce('role ' || pg_get_userbyid(nullif(setrole, 0)), 'database') as object, setting as found
      from pg_db_role_setting cross join lateral unnest(setconfig) as setting
      where (setdatabase = 0 or setdatabase = (select oid from pg_database where datname = current_database()))
        and split_part(setting, '=', 1) in ('search_path', 'row_security', 'session_replication_role', 'phi.tenant', 'role', 'synchronous_commit',
          'session_preload_libraries', 'local_preload_libraries', 'default_transaction_read_only', 'zero_damaged_pages')`,
  },
  {
    code: 'checksums-off',
    about: 'checksums',
    expected: 'on',
    sql: `select 'data_checksums' as object, setting as found from pg_settings where name = 'data_checksums' and setting = 'off'`,
  },
  {
    // A server that listens to the network. PGlite has no network, and a socket file or the loopback leave nothing to listen to.
    code: 'no-tls',
    about: 'TLS',
    expected: 'ssl = on',
    sql: `select 'ssl' as object, 'off, and the server listens on ' || l.setting as found
      from pg_settings s join pg_settings l on l.name = 'listen_addresses' where s.name = 'ssl' and s.setting = 'off'
        and exists (select from unnest(string_to_array(l.setting, ',')) a where trim(a) not in ('', 'localhost', '127.0.0.1', '::1'))
        and ${HAS_WAY_IN}`,
  },
  {
    code: 'trust-authentication',
    about: 'pg_hba.conf',
    expected: 'scram-sha-256 or cert',
    sql: `select 'pg_hba.conf line ' || line_number as object, concat_ws(' ', type, array_to_string(database, ','), array_to_string(user_name, ','), address, auth_method) as found
      from pg_hba_file_rules where auth_method = 'trust' and ${HAS_WAY_IN}`,
  },
]

/** Runs a look inside a savepoint: what this login may not see must not end the transaction. */
async function look(tx: Queryable, { code, about, expected, sql }: Look): Promise<DoctorFinding[]> {
  await tx.query('savepoint look')
  try {
    const { rows } = await tx.query<{ object: string; found: string | null }>(sql)
    await tx.query('release savepoint look')
    return rows.map(({ object, found }) => findingOf(code, String(object), String(found ?? ''), expected))
  } catch (error) {
    const state = sqlStateOf(error)
    if (state === undefined) throw error
    await tx.query('rollback to savepoint look')
    await tx.query('release savepoint look')
    const found = state === '42501' ? 'no privilege to see it' : `could not be asked: ${state}`
    return [findingOf('not-visible', about, found, 'to be seen')]
  }
}

/** What stands around the schema: views, publications, settings, extensions, the ways in. */
export async function lookAround(tx: Queryable): Promise<DoctorFinding[]> {
  const findings: DoctorFinding[] = []
  for (const each of looks) findings.push(...(await look(tx, each)))
  return findings
}
