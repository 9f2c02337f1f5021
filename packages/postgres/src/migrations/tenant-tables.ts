/**
 * The wall that every table of a tenant gets: owned by `phi_owner`, nothing for PUBLIC, row security on and forced, and a
 * RESTRICTIVE policy on the setting `phi.tenant`, which a policy added later cannot widen. Text for a migration: it stands in
 * published steps, so it is never edited; a change is a new function.
 *
 * @param tables names without the schema; each has a column `tenant`
 */
export const wallV1 = (tables: readonly string[]): string =>
  tables
    .map(
      (table) => `
alter table phi.${table} owner to phi_owner;
alter table phi.${table} enable row level security;
alter table phi.${table} force row level security;
create policy rows on phi.${table} as permissive for all using (true) with check (true);
create policy tenant_wall on phi.${table} as restrictive for all
  using (tenant = current_setting('phi.tenant', true)) with check (tenant = current_setting('phi.tenant', true));
revoke all on phi.${table} from public;`,
    )
    .join('\n')

/** Rows of these tables are added and never changed: triggers that `session_replication_role` does not switch off. Never edited. */
export const appendOnlyV1 = (tables: readonly string[]): string =>
  tables
    .map(
      (table) => `
create trigger append_only before update or delete or truncate on phi.${table} for each statement execute function phi.refuse_change();
alter table phi.${table} enable always trigger append_only;`,
    )
    .join('\n')

/** Handing tables to `phi_owner` needs the right to create in the schema, which is given before and taken back after. Never edited. */
export const asOwnerV1 = (sql: string): string => `
grant phi_owner to current_user;
grant create on schema phi to phi_owner;
${sql}
revoke create on schema phi from phi_owner;
`
