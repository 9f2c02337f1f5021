import type { Migration } from './migration.ts'
import { asOwnerV1, wallV1 } from './tenant-tables.ts'

/**
 * How far each log has been forwarded to each receiver, and what a receiver refused. No PHI: figures, hashes and codes.
 *
 * `phi_forwarder` moves cursors, and nobody else does: whoever could move one on from the service's own login would keep entries from the
 * SIEM that they would show up in. It reads no log; a forwarder's login gets `phi_auditor` for that.
 */
export const forwarding: Migration = {
  version: 9,
  name: 'forwarding',
  sql: `
do $$
begin
  execute 'create role phi_forwarder nologin';
exception when duplicate_object or unique_violation then null;
end $$;
grant usage on schema phi to phi_forwarder;
grant phi_forwarder to current_user;
${asOwnerV1(`
create table phi.forward_cursor (
  tenant    text collate "C" not null,
  forwarder text collate "C" not null,
  origin    text collate "C" not null,
  -- Everything below this index was acknowledged or set aside.
  next      bigint not null check (next between 0 and 9007199254740991),
  -- The hash of the entry before it, base64, which covers all before. None where nothing was forwarded.
  hash      text collate "C" check (hash ~ '^[A-Za-z0-9+/]{43}=$'),
  -- The process that wrote it.
  moved_by  text collate "C" not null,
  moved_at  timestamptz not null default clock_timestamp(),
  primary key (tenant, forwarder, origin),
  check ((next = 0) = (hash is null))
) with (fillfactor = 50);

create table phi.forward_dead_letter (
  tenant    text collate "C" not null,
  forwarder text collate "C" not null,
  origin    text collate "C" not null,
  idx       bigint not null check (idx between 0 and 9007199254740991),
  hash      text collate "C" not null check (hash ~ '^[A-Za-z0-9+/]{43}=$'),
  code      text collate "C" not null,
  attempts  int not null check (attempts >= 0),
  at        text collate "C" not null,
  primary key (tenant, forwarder, origin, idx)
);
${wallV1(['forward_cursor', 'forward_dead_letter'])}

grant select on phi.forward_cursor, phi.forward_dead_letter to phi_app, phi_auditor, phi_forwarder;
grant insert (tenant, forwarder, origin, next, hash, moved_by), update (next, hash, moved_by, moved_at) on phi.forward_cursor to phi_forwarder;
grant insert, update (hash, code, attempts, at), delete on phi.forward_dead_letter to phi_forwarder;
`)}
grant select on phi.migration to phi_forwarder;
`,
}
