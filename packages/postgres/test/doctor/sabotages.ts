import type { DoctorFindingCode } from '../../src/index.ts'

/** Something done to a healthy database, how to undo it, and exactly what doctor must say meanwhile. */
export interface Sabotage {
  readonly name: string
  readonly sql: string
  readonly undo: string
  readonly finds: readonly (readonly [code: DoctorFindingCode, object: string])[]
  /** Needs what PGlite does not have. */
  readonly serverOnly?: true
}

/**
 * The logins of the test: `svc` is a service, `reader` an auditor, `job` prunes, `keys` rotates, `siem` forwards, `stranger` may
 * connect and nothing else.
 */
export const logins = {
  app: ['phi_test_svc'],
  auditor: ['phi_test_reader'],
  retention: ['phi_test_job'],
  custodian: ['phi_test_keys'],
  forwarder: ['phi_test_siem'],
} as const
export const stranger = 'phi_test_stranger'

const EXTEND = `audit_extend(${'text, integer, bigint, text, integer'}${', text'.repeat(14)})`
const strangers = (name: string, grant: string, undo: string, code: DoctorFindingCode): Sabotage => ({
  name,
  sql: grant,
  undo,
  finds: [[code, `login ${stranger}`]],
})

export const sabotages: readonly Sabotage[] = [
  {
    name: 'a table of another owner',
    sql: 'create role phi_test_other; alter table phi.audit_tile owner to phi_test_other',
    undo: 'alter table phi.audit_tile owner to phi_owner; drop role phi_test_other',
    finds: [['wrong-owner', 'table audit_tile']],
  },
  {
    name: 'row security off',
    sql: 'alter table phi.audit_log disable row level security',
    undo: 'alter table phi.audit_log enable row level security',
    finds: [['row-security-off', 'table audit_log']],
  },
  {
    name: 'row security off on a partition',
    sql: 'alter table phi.audit_entry_default disable row level security',
    undo: 'alter table phi.audit_entry_default enable row level security',
    finds: [['row-security-off', 'table audit_entry_default']],
  },
  {
    name: 'row security not forced',
    sql: 'alter table phi.audit_entry no force row level security',
    undo: 'alter table phi.audit_entry force row level security',
    finds: [['row-security-not-forced', 'table audit_entry']],
  },
  {
    name: 'the wall dropped',
    sql: 'drop policy tenant_wall on phi.audit_tile',
    undo: `create policy tenant_wall on phi.audit_tile as restrictive for all using (tenant = current_setting('phi.tenant', true)) with check (tenant = current_setting('phi.tenant', true))`,
    finds: [['policy-missing', 'policy audit_tile.tenant_wall']],
  },
  {
    name: 'the wall with a door',
    sql: `alter policy tenant_wall on phi.audit_tile using (tenant = current_setting('phi.tenant', true) or current_user = 'phi_auditor')`,
    undo: `alter policy tenant_wall on phi.audit_tile using (tenant = current_setting('phi.tenant', true))`,
    finds: [['policy-altered', 'policy audit_tile.tenant_wall']],
  },
  {
    name: 'the wall for one role only',
    sql: `alter policy tenant_wall on phi.audit_tile to phi_app`,
    undo: `alter policy tenant_wall on phi.audit_tile to public`,
    finds: [['policy-altered', 'policy audit_tile.tenant_wall']],
  },
  {
    name: 'a policy of somebody else’s',
    sql: 'create policy more on phi.audit_entry using (true)',
    undo: 'drop policy more on phi.audit_entry',
    finds: [['policy-unknown', 'policy audit_entry.more']],
  },
  {
    name: 'a trigger dropped',
    sql: 'drop trigger append_only on phi.audit_checkpoint',
    undo: 'create trigger append_only before update or delete or truncate on phi.audit_checkpoint for each statement execute function phi.audit_refuse(); alter table phi.audit_checkpoint enable always trigger append_only',
    finds: [['trigger-missing', 'trigger audit_checkpoint.append_only']],
  },
  {
    name: 'a trigger off',
    sql: 'alter table phi.audit_checkpoint disable trigger append_only',
    undo: 'alter table phi.audit_checkpoint enable always trigger append_only',
    finds: [['trigger-disabled', 'trigger audit_checkpoint.append_only']],
  },
  {
    name: 'a trigger that falls to session_replication_role',
    sql: 'alter table phi.audit_log enable trigger forward_only',
    undo: 'alter table phi.audit_log enable always trigger forward_only',
    finds: [['trigger-disabled', 'trigger audit_log.forward_only']],
  },
  {
    name: 'a trigger off on a partition',
    sql: 'alter table phi.audit_entry_default disable trigger append_only',
    undo: 'alter table phi.audit_entry_default enable always trigger append_only',
    finds: [['trigger-disabled', 'trigger audit_entry_default.append_only']],
  },
  {
    name: 'a trigger that fires for less',
    sql: 'drop trigger append_only on phi.audit_tile; create trigger append_only before delete on phi.audit_tile for each statement execute function phi.audit_refuse(); alter table phi.audit_tile enable always trigger append_only',
    undo: 'drop trigger append_only on phi.audit_tile; create trigger append_only before update or delete or truncate on phi.audit_tile for each statement execute function phi.audit_refuse(); alter table phi.audit_tile enable always trigger append_only',
    finds: [['trigger-altered', 'trigger audit_tile.append_only']],
  },
  {
    name: 'a trigger of somebody else’s',
    sql: 'create trigger more before insert on phi.audit_tile for each row execute function suppress_redundant_updates_trigger()',
    undo: 'drop trigger more on phi.audit_tile',
    finds: [['trigger-unknown', 'trigger audit_tile.more']],
  },
  {
    name: 'the body of a trigger’s function',
    sql: `do $$ begin execute replace(pg_get_functiondef('phi.audit_refuse()'::regprocedure), 'raise exception', 'return null; raise exception'); end $$`,
    undo: `do $$ begin execute replace(pg_get_functiondef('phi.audit_refuse()'::regprocedure), 'return null; raise exception', 'raise exception'); end $$`,
    finds: [['function-altered', 'function audit_refuse()']],
  },
  {
    name: 'a function without its search path',
    sql: 'alter function phi.audit_save_checkpoint(text, int, bigint, text) reset search_path',
    undo: 'alter function phi.audit_save_checkpoint(text, int, bigint, text) reset all; alter function phi.audit_save_checkpoint(text, int, bigint, text) set search_path = pg_catalog, pg_temp; alter function phi.audit_save_checkpoint(text, int, bigint, text) set enable_seqscan = off; alter function phi.audit_save_checkpoint(text, int, bigint, text) set plan_cache_mode = force_generic_plan',
    finds: [['function-settings', 'function audit_save_checkpoint(text, integer, bigint, text)']],
  },
  {
    name: 'a function of another owner',
    sql: 'alter function phi.audit_lock(text, int, text) owner to current_user',
    undo: 'alter function phi.audit_lock(text, int, text) owner to phi_writer',
    finds: [['wrong-owner', 'function audit_lock(text, integer, text)']],
  },
  {
    name: 'a function that no longer checks as its owner',
    sql: 'alter function phi.audit_open(text, text, text) security invoker',
    undo: 'alter function phi.audit_open(text, text, text) security definer',
    finds: [['function-altered', 'function audit_open(text, text, text)']],
  },
  {
    name: 'a function for everybody',
    sql: `grant execute on function phi.${EXTEND} to public`,
    undo: `revoke execute on function phi.${EXTEND} from public`,
    finds: [['grant-unexpected', `grant EXECUTE on function ${EXTEND} to PUBLIC`]],
  },
  {
    name: 'INSERT for the service',
    sql: 'grant insert on phi.audit_entry to phi_app',
    undo: 'revoke insert on phi.audit_entry from phi_app',
    finds: [['grant-unexpected', 'grant INSERT on table audit_entry to phi_app']],
  },
  {
    name: 'UPDATE of one column',
    sql: 'grant update (leaf) on phi.audit_entry to phi_writer',
    undo: 'revoke update (leaf) on phi.audit_entry from phi_writer',
    finds: [['grant-unexpected', 'grant UPDATE on column audit_entry.leaf to phi_writer']],
  },
  {
    name: 'a partition to read past its table',
    sql: 'grant select on phi.audit_entry_default to phi_auditor',
    undo: 'revoke select on phi.audit_entry_default from phi_auditor',
    finds: [['grant-unexpected', 'grant SELECT on table audit_entry_default to phi_auditor']],
  },
  {
    name: 'a table for everybody',
    sql: 'grant select on phi.audit_log to public',
    undo: 'revoke select on phi.audit_log from public',
    finds: [['grant-unexpected', 'grant SELECT on table audit_log to PUBLIC']],
  },
  {
    name: 'a right that can be handed on',
    sql: 'grant select on phi.audit_log to phi_app with grant option',
    undo: 'revoke grant option for select on phi.audit_log from phi_app',
    finds: [['grant-unexpected', 'grant SELECT on table audit_log to phi_app']],
  },
  {
    name: 'CREATE on the schema',
    sql: 'grant create on schema phi to phi_app',
    undo: 'revoke create on schema phi from phi_app',
    finds: [['grant-unexpected', 'grant CREATE on schema phi to phi_app']],
  },
  {
    name: 'a right taken away',
    sql: 'revoke select on phi.audit_tile from phi_auditor',
    undo: 'grant select on phi.audit_tile to phi_auditor',
    finds: [['grant-missing', 'grant SELECT on table audit_tile to phi_auditor']],
  },
  {
    name: 'rights by default for what is made later',
    sql: 'alter default privileges in schema phi grant select on tables to phi_test_stranger',
    undo: 'alter default privileges in schema phi revoke select on tables from phi_test_stranger',
    finds: [['unknown-object', 'object default privileges on new relations belonging to role postgres in schema phi']],
  },
  {
    name: 'a table of somebody else’s',
    sql: 'create table phi.more (id int primary key); grant select on phi.more to public',
    undo: 'drop table phi.more',
    finds: [['unknown-object', 'table more']],
  },
  {
    name: 'a function of somebody else’s',
    sql: `create function phi.audit_lock(text) returns text language sql as 'select $1'`,
    undo: 'drop function phi.audit_lock(text)',
    finds: [['unknown-object', 'function audit_lock(text)']],
  },
  {
    name: 'an operator of somebody else’s',
    sql: 'create operator phi.=== (leftarg = text, rightarg = text, function = texteq)',
    undo: 'drop operator phi.=== (text, text)',
    finds: [['unknown-object', 'object operator phi.===(text,text)']],
  },
  {
    name: 'a type of somebody else’s',
    sql: 'create domain phi.text as text',
    undo: 'drop domain phi.text',
    finds: [['unknown-object', 'type text']],
  },
  {
    name: 'a column that takes anything',
    sql: 'alter table phi.audit_log alter column frontier drop not null',
    undo: 'alter table phi.audit_log alter column frontier set not null',
    finds: [['altered-object', 'column audit_log.frontier']],
  },
  {
    name: 'a column more',
    sql: 'alter table phi.audit_log add column more text',
    undo: 'alter table phi.audit_log drop column more',
    finds: [['unknown-object', 'column audit_log.more']],
  },
  {
    name: 'a constraint gone',
    sql: 'alter table phi.audit_tile drop constraint audit_tile_level_check',
    undo: 'alter table phi.audit_tile add constraint audit_tile_level_check check (level >= 1)',
    finds: [['object-missing', 'constraint audit_tile.audit_tile_level_check']],
  },
  {
    name: 'an index gone',
    sql: 'drop index phi.audit_outbox_order',
    undo: 'create index audit_outbox_order on phi.audit_outbox (tenant, log, queued_at, event_id)',
    finds: [['object-missing', 'index audit_outbox.audit_outbox_order']],
  },
  {
    name: 'a table that a crash empties',
    sql: 'alter table phi.audit_checkpoint set unlogged',
    undo: 'alter table phi.audit_checkpoint set logged',
    finds: [['unlogged-table', 'table audit_checkpoint']],
  },
  {
    name: 'a rule',
    sql: 'create rule quiet as on insert to phi.audit_checkpoint do instead nothing',
    undo: 'drop rule quiet on phi.audit_checkpoint',
    finds: [['rule', 'rule audit_checkpoint.quiet']],
  },
  {
    name: 'a child that adds rows',
    sql: 'create table public.kid () inherits (phi.audit_tile)',
    undo: 'drop table public.kid',
    finds: [['inheriting-table', 'child audit_tile < public.kid']],
  },
  {
    name: 'a view',
    sql: 'create view public.everything as select * from phi.audit_entry',
    undo: 'drop view public.everything',
    finds: [['view-over-table', 'view public.everything']],
  },
  {
    name: 'a copy',
    sql: 'create materialized view public.copied as select * from phi.audit_entry',
    undo: 'drop materialized view public.copied',
    finds: [['view-over-table', 'materialized view public.copied']],
  },
  {
    name: 'a function elsewhere that runs as one of the roles',
    sql: `create function public.quiet() returns int language sql security definer as 'select 1'; alter function public.quiet() owner to phi_writer`,
    undo: 'drop function public.quiet()',
    finds: [['function-of-our-role', 'function public.quiet()']],
  },
  {
    name: 'a publication',
    sql: 'create publication out for table phi.audit_log',
    undo: 'drop publication out',
    finds: [['publication', 'publication out']],
  },
  {
    name: 'a publication of everything',
    sql: 'create publication out for all tables',
    undo: 'drop publication out',
    finds: [['publication', 'publication out']],
  },
  {
    name: 'a subscription that writes',
    sql: `create subscription inward connection 'host=127.0.0.1 port=1 dbname=none' publication out with (connect = false); insert into pg_subscription_rel select oid, 'phi.audit_tile'::regclass, 'r', null from pg_subscription where subname = 'inward'`,
    undo: 'alter subscription inward set (slot_name = none); drop subscription inward',
    finds: [['subscription', 'subscription inward']],
    serverOnly: true,
  },
  {
    name: 'a logical replication slot',
    sql: `select pg_create_logical_replication_slot('phi_test_slot', 'pgoutput')`,
    undo: `select pg_drop_replication_slot('phi_test_slot')`,
    finds: [['replication-slot', 'slot phi_test_slot']],
    serverOnly: true,
  },
  {
    name: 'an event trigger',
    sql: `create function public.on_ddl() returns event_trigger language plpgsql as 'begin end'; create event trigger watch on ddl_command_end execute function public.on_ddl()`,
    undo: 'drop event trigger watch; drop function public.on_ddl()',
    finds: [['event-trigger', 'event trigger watch']],
  },
  {
    name: 'an extension that reads raw pages',
    sql: 'create extension pageinspect',
    undo: 'drop extension pageinspect',
    finds: [['extension', 'extension pageinspect']],
    serverOnly: true,
  },
  {
    name: 'a function that reads files, for the service',
    sql: 'grant execute on function pg_read_file(text) to phi_test_svc',
    undo: 'revoke execute on function pg_read_file(text) from phi_test_svc',
    finds: [['file-function-grant', 'function pg_read_file(text)']],
  },
  {
    name: 'a search path for a role',
    sql: 'alter role phi_test_svc set search_path = public, phi',
    undo: 'alter role phi_test_svc reset search_path',
    finds: [['setting-for-role', 'role phi_test_svc']],
  },
  {
    name: 'a tenant for a role',
    sql: `alter role phi_app set phi.tenant = 'clinic-a'`,
    undo: 'alter role phi_app reset phi.tenant',
    finds: [['setting-for-role', 'role phi_app']],
  },
  {
    name: 'row security off for the database',
    sql: `do $$ begin execute format('alter database %I set row_security = off', current_database()); end $$`,
    undo: `do $$ begin execute format('alter database %I reset row_security', current_database()); end $$`,
    finds: [['setting-for-role', 'database']],
  },
  {
    name: 'a role of the schema that logs in',
    sql: 'alter role phi_writer login',
    undo: 'alter role phi_writer nologin',
    finds: [
      ['role-altered', 'role phi_writer'],
      ['owner-login', 'login phi_writer'],
    ],
  },
  {
    name: 'BYPASSRLS for a role of the schema',
    sql: 'alter role phi_auditor bypassrls',
    undo: 'alter role phi_auditor nobypassrls',
    finds: [
      ['role-altered', 'role phi_auditor'],
      ['service-login-too-strong', 'login phi_test_reader'],
    ],
  },
  {
    name: 'a role of the schema inside another',
    sql: 'grant phi_writer to phi_retention',
    undo: 'revoke phi_writer from phi_retention',
    finds: [
      ['role-altered', 'membership phi_retention in phi_writer'],
      ['service-login-too-strong', 'login phi_test_job'],
    ],
  },
  {
    name: 'the service as owner',
    sql: 'grant phi_owner to phi_test_svc',
    undo: 'revoke phi_owner from phi_test_svc',
    finds: [['service-login-too-strong', 'login phi_test_svc']],
  },
  {
    name: 'the service that may grant itself the owner',
    sql: 'grant phi_owner to phi_test_svc with admin option; alter role phi_test_svc noinherit',
    undo: 'revoke phi_owner from phi_test_svc; alter role phi_test_svc inherit',
    finds: [['service-login-too-strong', 'login phi_test_svc']],
  },
  strangers('a superuser', `alter role ${stranger} superuser`, `alter role ${stranger} nosuperuser`, 'superuser-login'),
  strangers(
    'somebody past row security',
    `alter role ${stranger} bypassrls`,
    `alter role ${stranger} nobypassrls`,
    'bypassrls-login',
  ),
  strangers('somebody who writes', `grant phi_writer to ${stranger}`, `revoke phi_writer from ${stranger}`, 'owner-login'),
  strangers(
    'somebody who reads all',
    `grant pg_read_all_data to ${stranger}`,
    `revoke pg_read_all_data from ${stranger}`,
    'data-role-login',
  ),
  strangers(
    'somebody who runs programs',
    `grant pg_execute_server_program to ${stranger}`,
    `revoke pg_execute_server_program from ${stranger}`,
    'file-role-login',
  ),
  strangers(
    'somebody who replicates',
    `alter role ${stranger} replication`,
    `alter role ${stranger} noreplication`,
    'replication-login',
  ),
  strangers('a member too many', `grant phi_app to ${stranger}`, `revoke phi_app from ${stranger}`, 'login-not-named'),
  strangers(
    'somebody who walks over all keys',
    `grant phi_custodian to ${stranger}`,
    `revoke phi_custodian from ${stranger}`,
    'login-not-named',
  ),
  strangers(
    'somebody who moves the cursors of forwarders',
    `grant phi_forwarder to ${stranger}`,
    `revoke phi_forwarder from ${stranger}`,
    'login-not-named',
  ),
  {
    name: 'an auditor who forwards as well',
    sql: 'grant phi_forwarder to phi_test_reader',
    undo: 'revoke phi_forwarder from phi_test_reader',
    finds: [['service-login-too-strong', 'login phi_test_reader']],
  },
  {
    name: 'a forwarder that may not read',
    sql: 'revoke phi_auditor from phi_test_siem',
    undo: 'grant phi_auditor to phi_test_siem',
    finds: [['login-missing', 'login phi_test_siem']],
  },
  {
    name: 'a chain of memberships that ends at the owner',
    sql: `create role phi_test_middle; grant phi_owner to phi_test_middle; grant phi_test_middle to ${stranger}`,
    undo: 'drop role phi_test_middle',
    finds: [['owner-login', `login ${stranger}`]],
  },
  {
    name: 'a migration that was not applied',
    sql: `create table public.kept as select * from phi.migration; delete from phi.migration where version = 2`,
    undo: 'insert into phi.migration select * from public.kept where version = 2; drop table public.kept',
    finds: [['migration-missing', 'migration 2']],
  },
  {
    name: 'a migration of another text',
    sql: `update phi.migration set checksum = 'x' || checksum where version = 1`,
    undo: 'update phi.migration set checksum = substr(checksum, 2) where version = 1',
    finds: [['migration-changed', 'migration 1']],
  },
  {
    name: 'a migration from the future',
    sql: `insert into phi.migration values (999, 'future', 'x')`,
    undo: 'delete from phi.migration where version = 999',
    finds: [['migration-unknown', 'migration 999']],
  },
]
