import type { Migration } from './migration.ts'

export const auditDepth: Migration = {
  version: 2,
  name: 'audit-depth',
  sql: `
do $$ begin create role phi_retention nologin; exception when duplicate_object or unique_violation then null; end $$;
grant usage on schema phi to phi_retention;

create function phi.refuse_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception using errcode = 'PHI02', message = 'rows of this table are only added';
end $$;
`,
}
