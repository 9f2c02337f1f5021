import type { Queryable } from '../client/db.ts'
import { postgresError } from '../errors.ts'

/** What an object of the schema is like, aspect by aspect: `{ owner: 'phi_owner', rowSecurity: 'true', … }`. */
export type Aspects = Readonly<Record<string, string>>

/**
 * The catalog of a schema, object by object. An object is named by its kind and its name: `table audit_entry`,
 * `trigger audit_entry.append_only`, `grant SELECT on table audit_entry to phi_app`. Partitions of a table stand under one name,
 * `audit_entry[*]`, because they come and go with the months.
 */
export type Catalog = Readonly<Record<string, Aspects>>

export type FactKind = (typeof factKinds)[number]
export const factKinds = [
  'schema',
  'table',
  'column',
  'constraint',
  'index',
  'trigger',
  'policy',
  'rule',
  'child',
  'function',
  'type',
  'object',
  'grant',
  'membership',
  'role',
] as const

/** One object of a live catalog. */
export interface Fact {
  readonly kind: FactKind
  /** The name with the kind before it, as the object is called in this database. */
  readonly id: string
  /** The table that the object belongs to, where it belongs to one. */
  readonly table: string | undefined
  readonly aspects: Aspects
  /** What a grant says, for kind `grant`. */
  readonly grant?: Grant
}

export interface Grant {
  readonly privilege: string
  readonly on: 'table' | 'column' | 'function' | 'schema'
  readonly name: string
  readonly grantee: string
}

export interface LiveCatalog {
  readonly facts: readonly Fact[]
  /** The partitions, and the table each belongs to. */
  readonly partitions: readonly { readonly name: string; readonly of: string }[]
}

/**
 * Every relation of the schema. `name` is what its facts are compared under. Owners: whoever migrates owns the schema and what a
 * migration does not hand over, and is called `(migrator)` here.
 */
const RELATIONS = `
  schema_of as (select oid, nspowner, nspacl from pg_namespace where nspname = 'phi'),
  rel as (
    select c.*, case when c.relispartition and r.relnamespace = s.oid then r.relname end::text as root,
      c.relname::text as own
    from pg_class c join schema_of s on s.oid = c.relnamespace
    left join pg_class r on c.relispartition and r.oid = pg_partition_root(c.oid)
  ),
  tab as (select * from rel where relkind in ('r', 'p', 'v', 'm', 'f'))`

const owner = (oid: string) =>
  `case when ${oid} = (select nspowner from schema_of) then '(migrator)' else pg_get_userbyid(${oid}) end`

/** Grantees other than the owner: an owner can give itself anything. */
const grants = (kind: string, name: string, acl: string, ownerOid: string, from: string, table = 'null::text') => `
  select 'grant' as kind,
    a.privilege_type || ' on ${kind} ' || ${name} || ' to ' || case when a.grantee = 0 then 'PUBLIC' else pg_get_userbyid(a.grantee)::text end as name,
    ${table} as tab, jsonb_build_object('canGrant', bool_or(a.is_grantable), 'privilege', a.privilege_type, 'on', '${kind}', 'name', ${name},
      'grantee', case when a.grantee = 0 then 'PUBLIC' else pg_get_userbyid(a.grantee)::text end) as aspects
  from ${from} cross join lateral aclexplode(${acl}) a where a.grantee <> ${ownerOid} group by a.privilege_type, a.grantee, ${name}, ${table}`

const SCHEMA_FACTS = `with ${RELATIONS}
  select 'table' as kind, own as name, own as tab, jsonb_build_object('kind', relkind, 'owner', ${owner('relowner')},
      'rowSecurity', relrowsecurity, 'forced', relforcerowsecurity, 'persistence', relpersistence,
      'view', case when relkind in ('v', 'm') then pg_get_viewdef(oid) else '' end,
      'foreignKeyTriggersOff', (select count(*) from pg_trigger t where t.tgrelid = tab.oid and t.tgisinternal and t.tgenabled <> 'O')) as aspects
    from tab
  union all
  select 'table', own, own, jsonb_build_object('kind', relkind, 'owner', ${owner('relowner')}, 'persistence', relpersistence)
    from rel where relkind = 'S'
  union all
  select 'column', t.own || '.' || a.attname, t.own, jsonb_build_object('definition', concat_ws(' ', format_type(a.atttypid, a.atttypmod),
      case when a.attnotnull then 'not null' end, (select 'collate ' || collname from pg_collation where oid = a.attcollation and collname <> 'default'),
      case a.attidentity when '' then null else 'identity ' || a.attidentity::text end,
      case a.attgenerated when '' then 'default ' else 'generated ' || a.attgenerated::text || ' ' end || pg_get_expr(d.adbin, d.adrelid)))
    from tab t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
  union all
  select 'constraint', t.own || '.' || coalesce(p.conname, c.conname), t.own, jsonb_build_object('definition', concat_ws(' ', pg_get_constraintdef(c.oid),
      case when not c.convalidated then 'unvalidated' end, case when to_jsonb(c) ->> 'conenforced' = 'false' then 'unenforced' end))
    from tab t join pg_constraint c on c.conrelid = t.oid and c.contype <> 'n' left join pg_constraint p on p.oid = c.conparentid
  union all
  select 'index', t.own || '.' || coalesce(pi.relname, i.relname), t.own, jsonb_build_object('definition', concat_ws(' ', case when x.indisunique then 'unique' end,
      regexp_replace(pg_get_indexdef(i.oid), '^.* USING ', ''), case when not x.indisvalid then 'invalid' end))
    from tab t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid
    left join pg_inherits h on h.inhrelid = i.oid left join pg_class pi on pi.oid = h.inhparent
  union all
  select 'trigger', t.own || '.' || g.tgname, t.own, jsonb_build_object('enabled', g.tgenabled,
      'definition', regexp_replace(pg_get_triggerdef(g.oid), '^CREATE (CONSTRAINT )?TRIGGER \\S+ ', ''))
    from tab t join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
  union all
  select 'policy', t.own || '.' || p.polname, t.own, jsonb_build_object('permissive', p.polpermissive, 'command', p.polcmd,
      'roles', (select string_agg(case when r = 0 then 'PUBLIC' else pg_get_userbyid(r)::text end, ', ' order by 1) from unnest(p.polroles) r),
      'using', coalesce(pg_get_expr(p.polqual, t.oid), ''), 'check', coalesce(pg_get_expr(p.polwithcheck, t.oid), ''))
    from tab t join pg_policy p on p.polrelid = t.oid
  union all
  select 'rule', t.own || '.' || r.rulename, t.own, jsonb_build_object('enabled', r.ev_enabled, 'definition', pg_get_ruledef(r.oid))
    from tab t join pg_rewrite r on r.ev_class = t.oid where r.rulename <> '_RETURN'
  union all
  select 'child', t.own || ' < ' || c.oid::regclass::text, t.own, jsonb_build_object('kind', c.relkind)
    from tab t join pg_inherits h on h.inhparent = t.oid join pg_class c on c.oid = h.inhrelid
    where not (c.relispartition and c.relnamespace = t.relnamespace)
  union all
  select 'function', p.proname || '(' || oidvectortypes(p.proargtypes) || ')', null, jsonb_build_object('owner', ${owner('p.proowner')},
      'definer', p.prosecdef, 'settings', coalesce(array_to_string(p.proconfig, '; '), ''),
      'body', encode(sha256(convert_to(p.prosrc || coalesce(pg_get_function_sqlbody(p.oid), ''), 'UTF8')), 'hex'),
      'language', (select lanname from pg_language where oid = p.prolang), 'returns', coalesce(pg_get_function_result(p.oid), ''),
      'attributes', concat_ws(' ', p.prokind, p.provolatile, p.proparallel, case when p.proleakproof then 'leakproof' end, case when p.proisstrict then 'strict' end, p.probin))
    from pg_proc p join schema_of s on s.oid = p.pronamespace
  union all
  select 'type', t.typname, null, jsonb_build_object('kind', t.typtype, 'owner', ${owner('t.typowner')},
      'base', case when t.typbasetype <> 0 then format_type(t.typbasetype, t.typtypmod) else '' end,
      'labels', coalesce((select string_agg(enumlabel, ', ' order by enumsortorder) from pg_enum e where e.enumtypid = t.oid), ''),
      'checks', coalesce((select string_agg(pg_get_constraintdef(c.oid), ' ' order by 1) from pg_constraint c where c.contypid = t.oid and c.contype = 'c'), ''))
    from pg_type t join schema_of s on s.oid = t.typnamespace
    where t.typtype not in ('b', 'c') or (t.typtype = 'c' and (select relkind from pg_class where oid = t.typrelid) = 'c')
      or (t.typtype = 'b' and t.typelem = 0)
  union all
  select 'object', pg_describe_object(d.classid, d.objid, 0), null, '{}'
    from pg_depend d join schema_of s on d.refclassid = 'pg_namespace'::regclass and d.refobjid = s.oid
    where d.classid not in ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass, 'pg_publication_namespace'::regclass)
  union all
  ${grants('table', 't.own', `coalesce(t.relacl, acldefault(case when t.relkind = 'S' then 's' else 'r' end::"char", t.relowner))`, 't.relowner', `(select * from rel where relkind in ('r', 'p', 'v', 'm', 'f', 'S')) t`, 't.own')}
  union all
  ${grants('column', `(t.own || '.' || c.attname)`, 'c.attacl', 't.relowner', `tab t join pg_attribute c on c.attrelid = t.oid and c.attacl is not null`, 't.own')}
  union all
  ${grants('function', `(p.proname || '(' || oidvectortypes(p.proargtypes) || ')')`, `coalesce(p.proacl, acldefault('f', p.proowner))`, 'p.proowner', 'pg_proc p join schema_of s on s.oid = p.pronamespace')}
  union all
  ${grants('schema', `'phi'::text`, `coalesce(s.nspacl, acldefault('n', s.nspowner))`, 's.nspowner', 'schema_of s')}`

const PARTITIONS = `with ${RELATIONS} select own as name, root as of from tab where root is not null`

/** The roles of the schema. Their number and names are those that the migrations make. */
const ROLE_FACTS = `
  select 'role' as kind, rolname as name, null::text as tab, jsonb_build_object('login', rolcanlogin, 'superuser', rolsuper, 'bypassRowSecurity', rolbypassrls,
      'createRole', rolcreaterole, 'createDatabase', rolcreatedb, 'replication', rolreplication) as aspects
    from pg_roles where rolname = any (string_to_array($1, ','))
  union all
  select 'membership', member.rolname || ' in ' || r.rolname, null, jsonb_build_object('admin', m.admin_option)
    from pg_auth_members m join pg_roles member on member.oid = m.member join pg_roles r on r.oid = m.roleid
    where member.rolname = any (string_to_array($1, ','))`

interface Row {
  readonly kind: string
  readonly name: string
  readonly tab: string | null
  readonly aspects: unknown
}

/** What comes out of a database is looked at before it is believed. */
function factOf({ kind, name, tab, aspects }: Row): Fact {
  const known = factKinds.find((candidate) => candidate === kind)
  if (known === undefined || typeof name !== 'string' || typeof aspects !== 'object' || aspects === null) {
    throw postgresError('PHI_PG_QUERY', { detail: 'the catalog was answered in another form than asked for' })
  }
  const texts = Object.entries(aspects).map(([aspect, value]) => [aspect, String(value)] as const)
  const sorted = Object.fromEntries(texts.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  const fact = { kind: known, id: `${known} ${name}`, table: tab ?? undefined }
  if (known !== 'grant') return { ...fact, aspects: sorted }
  const { canGrant = '', ...grant } = sorted
  return { ...fact, aspects: { canGrant }, grant: grant as unknown as Grant }
}

/** Reads the schema and its roles. The search path must be `pg_catalog` alone, so that expressions are spelt one way. */
export async function readCatalog(tx: Queryable, roles: readonly string[]): Promise<LiveCatalog> {
  const { rows: partitions } = await tx.query<{ name: string; of: string }>(PARTITIONS)
  const { rows: schema } = await tx.query<Row>(SCHEMA_FACTS)
  const { rows: members } = await tx.query<Row>(ROLE_FACTS, [roles.join(',')])
  return { partitions, facts: [...schema, ...members].map(factOf) }
}

/** Names of a partition become those of its kind: `audit_entry_2026_07` reads `audit_entry[*]`. */
export function namedByKind(text: string, partitions: LiveCatalog['partitions']): string {
  let named = text
  for (const { name, of } of partitions) named = named.replaceAll(new RegExp(`\\b${name}(?![A-Za-z0-9_\\[])`, 'g'), `${of}[*]`)
  return named
}

/** A live catalog in the form in which expectations are kept. Where partitions differ from each other, the first stands. */
export function catalogOf({ facts, partitions }: LiveCatalog): Catalog {
  const catalog: Record<string, Aspects> = {}
  for (const { id, aspects } of facts) {
    const name = namedByKind(id, partitions)
    catalog[name] ??= Object.fromEntries(
      Object.entries(aspects).map(([aspect, value]) => [aspect, namedByKind(value, partitions)]),
    )
  }
  return Object.fromEntries(Object.entries(catalog).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
