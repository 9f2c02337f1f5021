/**
 * What the migrations make, object by object, read from a fresh database. Written by a test and never by hand:
 * `PHI_UPDATE_CATALOG=1 npx vitest run packages/postgres/test/doctor/catalog.test.ts`. Read the difference before you commit it.
 */
export const expectedText = `
column agreement_revision.recorded_at {"definition":"timestamp with time zone not null default clock_timestamp()"}
column agreement_revision.records {"definition":"text not null collate C"}
column agreement_revision.revision {"definition":"integer not null"}
column agreement_revision.tenant {"definition":"text not null collate C"}
column audit_checkpoint.digest {"definition":"bytea not null"}
column audit_checkpoint.log {"definition":"integer not null"}
column audit_checkpoint.note {"definition":"text not null"}
column audit_checkpoint.saved_at {"definition":"timestamp with time zone not null default now()"}
column audit_checkpoint.size {"definition":"bigint not null"}
column audit_checkpoint.tenant {"definition":"text not null collate C"}
column audit_entry.actor {"definition":"text collate C"}
column audit_entry.context {"definition":"text collate C"}
column audit_entry.event {"definition":"text collate C"}
column audit_entry.event_id {"definition":"text not null collate C"}
column audit_entry.idx {"definition":"bigint not null"}
column audit_entry.leaf {"definition":"text not null collate C"}
column audit_entry.log {"definition":"integer not null"}
column audit_entry.month {"definition":"text not null collate C"}
column audit_entry.occurred_at {"definition":"text not null collate C"}
column audit_entry.salts {"definition":"text not null collate C"}
column audit_entry.source {"definition":"text collate C"}
column audit_entry.subject {"definition":"text collate C"}
column audit_entry.tenant {"definition":"text not null collate C"}
column audit_entry.terms {"definition":"text[] not null collate C"}
column audit_entry[*].actor {"definition":"text collate C"}
column audit_entry[*].context {"definition":"text collate C"}
column audit_entry[*].event {"definition":"text collate C"}
column audit_entry[*].event_id {"definition":"text not null collate C"}
column audit_entry[*].idx {"definition":"bigint not null"}
column audit_entry[*].leaf {"definition":"text not null collate C"}
column audit_entry[*].log {"definition":"integer not null"}
column audit_entry[*].month {"definition":"text not null collate C"}
column audit_entry[*].occurred_at {"definition":"text not null collate C"}
column audit_entry[*].salts {"definition":"text not null collate C"}
column audit_entry[*].source {"definition":"text collate C"}
column audit_entry[*].subject {"definition":"text collate C"}
column audit_entry[*].tenant {"definition":"text not null collate C"}
column audit_entry[*].terms {"definition":"text[] not null collate C"}
column audit_event_id.event_id {"definition":"text not null collate C"}
column audit_event_id.idx {"definition":"bigint not null"}
column audit_event_id.log {"definition":"integer not null"}
column audit_event_id.month {"definition":"text not null collate C"}
column audit_event_id.tenant {"definition":"text not null collate C"}
column audit_log.frontier {"definition":"text not null collate C default ''::text"}
column audit_log.id {"definition":"integer not null identity a"}
column audit_log.last_hash {"definition":"text not null collate C"}
column audit_log.origin {"definition":"text not null collate C"}
column audit_log.recorded_at {"definition":"text not null collate C default ''::text"}
column audit_log.size {"definition":"bigint not null default 0"}
column audit_log.tenant {"definition":"text not null collate C"}
column audit_outbox.body {"definition":"text not null collate C"}
column audit_outbox.event_id {"definition":"text not null collate C"}
column audit_outbox.log {"definition":"integer not null"}
column audit_outbox.mac {"definition":"text not null collate C"}
column audit_outbox.queued_at {"definition":"text not null collate C"}
column audit_outbox.tenant {"definition":"text not null collate C"}
column audit_prune.event {"definition":"bigint not null"}
column audit_prune.log {"definition":"integer not null"}
column audit_prune.pruned_at {"definition":"timestamp with time zone not null default now()"}
column audit_prune.tenant {"definition":"text not null collate C"}
column audit_prune.to_idx {"definition":"bigint not null"}
column audit_pruned.idx {"definition":"bigint not null"}
column audit_pruned.leaf {"definition":"text not null collate C"}
column audit_pruned.log {"definition":"integer not null"}
column audit_pruned.tenant {"definition":"text not null collate C"}
column audit_tile.hash {"definition":"text not null collate C"}
column audit_tile.idx {"definition":"bigint not null"}
column audit_tile.level {"definition":"integer not null"}
column audit_tile.log {"definition":"integer not null"}
column audit_tile.tenant {"definition":"text not null collate C"}
column case_entry.entry {"definition":"integer not null"}
column case_entry.id {"definition":"text not null collate C"}
column case_entry.is_open {"definition":"boolean not null"}
column case_entry.kind {"definition":"text collate C"}
column case_entry.line {"definition":"text not null collate C"}
column case_entry.recorded_at {"definition":"timestamp with time zone not null default clock_timestamp()"}
column case_entry.tenant {"definition":"text not null collate C"}
column data_key.bytes {"definition":"bigint not null"}
column data_key.changed_at {"definition":"text not null collate C"}
column data_key.commitment {"definition":"bytea not null"}
column data_key.created_at {"definition":"text not null collate C"}
column data_key.id {"definition":"text not null collate C"}
column data_key.kek {"definition":"text not null collate C"}
column data_key.kms {"definition":"text not null collate C"}
column data_key.mechanism {"definition":"text not null collate C"}
column data_key.purpose {"definition":"text not null collate C"}
column data_key.revision {"definition":"bigint not null"}
column data_key.seals {"definition":"bigint not null"}
column data_key.state {"definition":"text not null collate C"}
column data_key.subject {"definition":"text not null collate C"}
column data_key.tenant {"definition":"text not null collate C"}
column data_key.version {"definition":"bigint not null"}
column data_key.wrapped {"definition":"bytea not null"}
column data_key_tenant.id {"definition":"text not null collate C"}
column data_key_tenant.tenant {"definition":"text not null collate C"}
column directive_version.document {"definition":"text not null"}
column directive_version.id {"definition":"text not null collate C"}
column directive_version.patient {"definition":"text not null collate C"}
column directive_version.place {"definition":"integer not null"}
column directive_version.tenant {"definition":"text not null collate C"}
column directive_version.version {"definition":"integer not null"}
column disposal_batch.category {"definition":"text not null collate C"}
column disposal_batch.holds {"definition":"bigint not null"}
column disposal_batch.run {"definition":"text not null collate C"}
column disposal_batch.sequence {"definition":"bigint not null"}
column disposal_batch.tenant {"definition":"text not null collate C"}
column disposal_receipt.entries {"definition":"text not null"}
column disposal_receipt.kept_at {"definition":"timestamp with time zone not null default now()"}
column disposal_receipt.note {"definition":"text not null"}
column disposal_receipt.remains {"definition":"text not null"}
column disposal_receipt.run {"definition":"text not null collate C"}
column disposal_receipt.sequence {"definition":"bigint not null"}
column disposal_receipt.tenant {"definition":"text not null collate C"}
column disposal_run.body {"definition":"text not null"}
column disposal_run.run {"definition":"text not null collate C"}
column disposal_run.saved_at {"definition":"timestamp with time zone not null default now()"}
column disposal_run.tenant {"definition":"text not null collate C"}
column disposal_run.version {"definition":"bigint not null"}
column forward_cursor.forwarder {"definition":"text not null collate C"}
column forward_cursor.hash {"definition":"text collate C"}
column forward_cursor.moved_at {"definition":"timestamp with time zone not null default clock_timestamp()"}
column forward_cursor.moved_by {"definition":"text not null collate C"}
column forward_cursor.next {"definition":"bigint not null"}
column forward_cursor.origin {"definition":"text not null collate C"}
column forward_cursor.tenant {"definition":"text not null collate C"}
column forward_dead_letter.at {"definition":"text not null collate C"}
column forward_dead_letter.attempts {"definition":"integer not null"}
column forward_dead_letter.code {"definition":"text not null collate C"}
column forward_dead_letter.forwarder {"definition":"text not null collate C"}
column forward_dead_letter.hash {"definition":"text not null collate C"}
column forward_dead_letter.idx {"definition":"bigint not null"}
column forward_dead_letter.origin {"definition":"text not null collate C"}
column forward_dead_letter.tenant {"definition":"text not null collate C"}
column key_tombstone.backup_horizon {"definition":"text not null collate C"}
column key_tombstone.commitment {"definition":"text not null collate C"}
column key_tombstone.destroyed_at {"definition":"text not null collate C"}
column key_tombstone.key_id {"definition":"text not null collate C"}
column key_tombstone.purpose {"definition":"text not null collate C"}
column key_tombstone.tenant {"definition":"text not null collate C"}
column key_tombstone.version {"definition":"bigint not null"}
column key_tombstone_tenant.key_id {"definition":"text not null collate C"}
column key_tombstone_tenant.tenant {"definition":"text not null collate C"}
column migration.applied_at {"definition":"timestamp with time zone not null default now()"}
column migration.checksum {"definition":"text not null"}
column migration.name {"definition":"text not null"}
column migration.version {"definition":"integer not null"}
column retention_hold.event {"definition":"text not null"}
column retention_hold.place {"definition":"bigint not null"}
column retention_hold.recorded_at {"definition":"timestamp with time zone not null default now()"}
column retention_hold.tenant {"definition":"text not null collate C"}
column retention_hold_count.recorded {"definition":"bigint not null"}
column retention_hold_count.tenant {"definition":"text not null collate C"}
column retention_schedule.body {"definition":"text not null"}
column retention_schedule.recorded_at {"definition":"timestamp with time zone not null default now()"}
column retention_schedule.tenant {"definition":"text not null collate C"}
column retention_schedule.version {"definition":"bigint not null"}
column role_assignment.assigned_at {"definition":"text not null collate C"}
column role_assignment.assigned_by {"definition":"text not null collate C"}
column role_assignment.ends_at {"definition":"text collate C"}
column role_assignment.id {"definition":"text not null collate C"}
column role_assignment.reason {"definition":"text collate C"}
column role_assignment.role {"definition":"text not null collate C"}
column role_assignment.starts_at {"definition":"text not null collate C"}
column role_assignment.subject {"definition":"text not null collate C"}
column role_assignment.tenant {"definition":"text not null collate C"}
column role_revocation.assignment {"definition":"text not null collate C"}
column role_revocation.number {"definition":"integer not null"}
column role_revocation.reason {"definition":"text collate C"}
column role_revocation.recorded_at {"definition":"text not null collate C"}
column role_revocation.revoked_by {"definition":"text not null collate C"}
column role_revocation.takes_at {"definition":"text not null collate C"}
column role_revocation.tenant {"definition":"text not null collate C"}
column session.auth {"definition":"text not null"}
column session.device {"definition":"text"}
column session.ended_at {"definition":"bigint"}
column session.ended_because {"definition":"text collate C"}
column session.generation {"definition":"bigint not null"}
column session.issuer {"definition":"text not null collate C"}
column session.jti {"definition":"text not null collate C"}
column session.last_seen_at {"definition":"bigint not null"}
column session.previous {"definition":"text"}
column session.roles {"definition":"text not null"}
column session.rotated_at {"definition":"bigint not null"}
column session.sid {"definition":"text not null collate C"}
column session.started_at {"definition":"bigint not null"}
column session.subject {"definition":"text not null collate C"}
column session.tenant {"definition":"text not null collate C"}
column session.until {"definition":"bigint not null"}
column session.version {"definition":"bigint not null"}
column session_tenant.sid {"definition":"text not null collate C"}
column session_tenant.tenant {"definition":"text not null collate C"}
column session_tenant.until {"definition":"bigint not null"}
constraint agreement_revision.agreement_revision_pkey {"definition":"PRIMARY KEY (tenant, revision)"}
constraint agreement_revision.agreement_revision_revision_check {"definition":"CHECK ((revision >= 1))"}
constraint audit_checkpoint.audit_checkpoint_pkey {"definition":"PRIMARY KEY (tenant, log, size, digest)"}
constraint audit_checkpoint.audit_checkpoint_size_check {"definition":"CHECK ((size >= 0))"}
constraint audit_entry.audit_entry_pkey1 {"definition":"PRIMARY KEY (tenant, log, idx, month)"}
constraint audit_entry[*].audit_entry_pkey1 {"definition":"PRIMARY KEY (tenant, log, idx, month)"}
constraint audit_event_id.audit_event_id_pkey {"definition":"PRIMARY KEY (tenant, log, event_id)"}
constraint audit_log.audit_log_origin_key {"definition":"UNIQUE (origin)"}
constraint audit_log.audit_log_pkey {"definition":"PRIMARY KEY (tenant, id)"}
constraint audit_outbox.audit_outbox_pkey {"definition":"PRIMARY KEY (tenant, log, event_id)"}
constraint audit_prune.audit_prune_check {"definition":"CHECK ((to_idx <= event))"}
constraint audit_prune.audit_prune_pkey {"definition":"PRIMARY KEY (tenant, log, to_idx)"}
constraint audit_prune.audit_prune_to_idx_check {"definition":"CHECK ((to_idx > 0))"}
constraint audit_pruned.audit_pruned_pkey {"definition":"PRIMARY KEY (tenant, log, idx)"}
constraint audit_tile.audit_tile_idx_check {"definition":"CHECK ((idx >= 0))"}
constraint audit_tile.audit_tile_level_check {"definition":"CHECK ((level >= 1))"}
constraint audit_tile.audit_tile_pkey {"definition":"PRIMARY KEY (tenant, log, level, idx)"}
constraint case_entry.case_entry_check {"definition":"CHECK (((entry = 0) = (kind IS NOT NULL)))"}
constraint case_entry.case_entry_entry_check {"definition":"CHECK ((entry >= 0))"}
constraint case_entry.case_entry_kind_check {"definition":"CHECK ((kind = ANY (ARRAY['request'::text, 'incident'::text])))"}
constraint case_entry.case_entry_pkey {"definition":"PRIMARY KEY (tenant, id, entry)"}
constraint data_key.data_key_bytes_check {"definition":"CHECK ((bytes >= 0))"}
constraint data_key.data_key_commitment_check {"definition":"CHECK ((length(commitment) = 32))"}
constraint data_key.data_key_erased {"definition":"CHECK (((state = ANY (ARRAY['destroyed'::text, 'past-backup-horizon'::text])) = (length(wrapped) = 0)))"}
constraint data_key.data_key_id_check {"definition":"CHECK ((id ~ '^[0-9a-f]{8}$'::text))"}
constraint data_key.data_key_pkey {"definition":"PRIMARY KEY (tenant, id)"}
constraint data_key.data_key_revision_check {"definition":"CHECK ((revision >= 0))"}
constraint data_key.data_key_seals_check {"definition":"CHECK ((seals >= 0))"}
constraint data_key.data_key_version {"definition":"UNIQUE (tenant, purpose, subject, version)"}
constraint data_key.data_key_version_check {"definition":"CHECK ((version >= 1))"}
constraint data_key_tenant.data_key_tenant_pkey {"definition":"PRIMARY KEY (id)"}
constraint directive_version.directive_version_pkey {"definition":"PRIMARY KEY (tenant, id, version)"}
constraint directive_version.directive_version_place_check {"definition":"CHECK ((place >= 1))"}
constraint directive_version.directive_version_version_check {"definition":"CHECK ((version >= 1))"}
constraint disposal_batch.disposal_batch_category_check {"definition":"CHECK ((category = ANY (ARRAY['clear'::text, 'purge'::text, 'destroy'::text])))"}
constraint disposal_batch.disposal_batch_holds_check {"definition":"CHECK ((holds >= 0))"}
constraint disposal_batch.disposal_batch_pkey {"definition":"PRIMARY KEY (tenant, run, sequence)"}
constraint disposal_batch.disposal_batch_sequence_check {"definition":"CHECK ((sequence >= 1))"}
constraint disposal_receipt.disposal_receipt_pkey {"definition":"PRIMARY KEY (tenant, run, sequence)"}
constraint disposal_receipt.disposal_receipt_sequence_check {"definition":"CHECK ((sequence >= 1))"}
constraint disposal_run.disposal_run_pkey {"definition":"PRIMARY KEY (tenant, run)"}
constraint disposal_run.disposal_run_version_check {"definition":"CHECK ((version >= 1))"}
constraint forward_cursor.forward_cursor_check {"definition":"CHECK (((next = 0) = (hash IS NULL)))"}
constraint forward_cursor.forward_cursor_hash_check {"definition":"CHECK ((hash ~ '^[A-Za-z0-9+/]{43}=$'::text))"}
constraint forward_cursor.forward_cursor_next_check {"definition":"CHECK (((next >= 0) AND (next <= '9007199254740991'::bigint)))"}
constraint forward_cursor.forward_cursor_pkey {"definition":"PRIMARY KEY (tenant, forwarder, origin)"}
constraint forward_dead_letter.forward_dead_letter_attempts_check {"definition":"CHECK ((attempts >= 0))"}
constraint forward_dead_letter.forward_dead_letter_hash_check {"definition":"CHECK ((hash ~ '^[A-Za-z0-9+/]{43}=$'::text))"}
constraint forward_dead_letter.forward_dead_letter_idx_check {"definition":"CHECK (((idx >= 0) AND (idx <= '9007199254740991'::bigint)))"}
constraint forward_dead_letter.forward_dead_letter_pkey {"definition":"PRIMARY KEY (tenant, forwarder, origin, idx)"}
constraint key_tombstone.key_tombstone_key_id_check {"definition":"CHECK ((key_id ~ '^[0-9a-f]{8}$'::text))"}
constraint key_tombstone.key_tombstone_pkey {"definition":"PRIMARY KEY (tenant, key_id)"}
constraint key_tombstone_tenant.key_tombstone_tenant_pkey {"definition":"PRIMARY KEY (key_id)"}
constraint migration.migration_pkey {"definition":"PRIMARY KEY (version)"}
constraint retention_hold.retention_hold_pkey {"definition":"PRIMARY KEY (tenant, place)"}
constraint retention_hold.retention_hold_place_check {"definition":"CHECK ((place >= 0))"}
constraint retention_hold_count.retention_hold_count_pkey {"definition":"PRIMARY KEY (tenant)"}
constraint retention_hold_count.retention_hold_count_recorded_check {"definition":"CHECK ((recorded >= 0))"}
constraint retention_schedule.retention_schedule_pkey {"definition":"PRIMARY KEY (tenant, version)"}
constraint retention_schedule.retention_schedule_version_check {"definition":"CHECK ((version >= 1))"}
constraint role_assignment.role_assignment_check {"definition":"CHECK ((ends_at > starts_at))"}
constraint role_assignment.role_assignment_check1 {"definition":"CHECK ((starts_at >= assigned_at))"}
constraint role_assignment.role_assignment_pkey {"definition":"PRIMARY KEY (tenant, id)"}
constraint role_revocation.role_revocation_check {"definition":"CHECK ((takes_at >= recorded_at))"}
constraint role_revocation.role_revocation_number_check {"definition":"CHECK ((number >= 1))"}
constraint role_revocation.role_revocation_pkey {"definition":"PRIMARY KEY (tenant, assignment, number)"}
constraint role_revocation.role_revocation_tenant_assignment_fkey {"definition":"FOREIGN KEY (tenant, assignment) REFERENCES phi.role_assignment(tenant, id)"}
constraint session.session_check {"definition":"CHECK (((ended_at IS NULL) = (ended_because IS NULL)))"}
constraint session.session_generation_check {"definition":"CHECK ((generation >= 1))"}
constraint session.session_pkey {"definition":"PRIMARY KEY (tenant, sid)"}
constraint session.session_version_check {"definition":"CHECK ((version >= 0))"}
constraint session_tenant.session_tenant_pkey {"definition":"PRIMARY KEY (sid)"}
function agreement_follows() {"attributes":"f v u","body":"20647d52fb035deaa74dd625fefaca273d924dd1548e4e4001e1986309202765","definer":"false","language":"plpgsql","owner":"(migrator)","returns":"trigger","settings":"search_path=pg_catalog, pg_temp"}
function audit_add_month(text) {"attributes":"f v u","body":"4ade5a8e2d1f8518c00881cc57888806f1cbf1592ab0e367572acfc6f2905e32","definer":"false","language":"plpgsql","owner":"(migrator)","returns":"boolean","settings":"search_path=pg_catalog, pg_temp"}
function audit_dequeue(text, integer, text) {"attributes":"f v u","body":"15878e09860032715c8ed975a4bc08cb62b36d6a99f72df66671e7f4e34aabb8","definer":"true","language":"plpgsql","owner":"phi_writer","returns":"integer","settings":"search_path=pg_catalog, pg_temp; enable_seqscan=off; plan_cache_mode=force_generic_plan"}
function audit_enqueue(text, integer, text, text, text, text) {"attributes":"f v u","body":"148ad488925189c350b75cda6e73c57d2e3d9a689aa7adfd810b0a7e2d2d8489","definer":"true","language":"plpgsql","owner":"phi_writer","returns":"TABLE(queued_at text, body text, mac text)","settings":"search_path=pg_catalog, pg_temp; enable_seqscan=off; plan_cache_mode=force_generic_plan"}
function audit_extend(text, integer, bigint, text, integer, text, text, text, text, text, text, text, text, text, text, text, text, text, text) {"attributes":"f v u strict","body":"9ebe1e6de9bdc82d8b51aaa4ec34537debf92ff7f6cda601b532563b7ddd95d7","definer":"true","language":"plpgsql","owner":"phi_writer","returns":"boolean","settings":"search_path=pg_catalog, pg_temp; enable_seqscan=off; plan_cache_mode=force_generic_plan"}
function audit_extend_many(text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text) {"attributes":"f v u","body":"2539a1291e16c3ee8d900d36993a9b8b0395d78feccb149c0b152ded2644bf5a","definer":"true","language":"plpgsql","owner":"phi_writer","returns":"text","settings":"search_path=pg_catalog, pg_temp; enable_seqscan=off; plan_cache_mode=force_generic_plan"}
function audit_head_forward() {"attributes":"f v u","body":"631d911fa8225bf05c3f5b59cdf00178fdb48ac69350cf4c5754e6b58bfa169d","definer":"false","language":"plpgsql","owner":"(migrator)","returns":"trigger","settings":""}
function audit_lock(text, integer, text) {"attributes":"f v u","body":"48b6ec02f7fe1e61215726005c607c75867be4e4c809597d0f4a2babc32eae6a","definer":"true","language":"plpgsql","owner":"phi_writer","returns":"TABLE(size bigint, last_hash text, recorded_at text, frontier text, existing json)","settings":"search_path=pg_catalog, pg_temp; enable_seqscan=off; plan_cache_mode=force_generic_plan"}
function audit_open(text, text, text) {"attributes":"f v u","body":"2a5d9b653a563bb66f1bb1778b3af3594dd1a3bf9bc99ed27256fbac016aa0a2","definer":"true","language":"plpgsql","owner":"phi_writer","returns":"integer","settings":"search_path=pg_catalog, pg_temp; enable_seqscan=off; plan_cache_mode=force_generic_plan"}
function audit_prune(text, integer, bigint, bigint, integer) {"attributes":"f v u","body":"a4592eac9844357cb626bf4419b2f96c675ffb4bd3efedfdaab765ab05328c6d","definer":"true","language":"plpgsql","owner":"phi_pruner","returns":"integer","settings":"search_path=pg_catalog, pg_temp; enable_seqscan=off; plan_cache_mode=force_generic_plan"}
function audit_refuse() {"attributes":"f v u","body":"b8923d3318db6f4a14e08ac2a108958a0c48fbe21d1e1f5a397ff5f07e4f67c8","definer":"false","language":"plpgsql","owner":"(migrator)","returns":"trigger","settings":"search_path=pg_catalog, pg_temp"}
function audit_refuse_but_pruner() {"attributes":"f v u","body":"521f0c425fd32b67429d420f3b376b0b1fe9295c28cc129889a5f6d8025666da","definer":"false","language":"plpgsql","owner":"(migrator)","returns":"trigger","settings":"search_path=pg_catalog, pg_temp"}
function audit_refuse_but_writer() {"attributes":"f v u","body":"756ccea8a8e73dfeec16102182c4b2e0c0adad72777ab45676ab9273f1db983c","definer":"false","language":"plpgsql","owner":"(migrator)","returns":"trigger","settings":"search_path=pg_catalog, pg_temp"}
function audit_save_checkpoint(text, integer, bigint, text) {"attributes":"f v u","body":"50681214fc20569b2df2b8beb489d3c967033193b33bd30e655dec9adb33b5af","definer":"true","language":"plpgsql","owner":"phi_writer","returns":"void","settings":"search_path=pg_catalog, pg_temp; enable_seqscan=off; plan_cache_mode=force_generic_plan"}
function audit_size_forward() {"attributes":"f v u","body":"0463d6383deb63e0f8c61a23f51c1fae23b1286975b54639403c250c599865cb","definer":"false","language":"plpgsql","owner":"(migrator)","returns":"trigger","settings":""}
function case_follows() {"attributes":"f v u","body":"946d8519dbcf462bf48303736f7802406425f3a2464e7e7aad07c8f6049a557c","definer":"false","language":"plpgsql","owner":"(migrator)","returns":"trigger","settings":"search_path=pg_catalog, pg_temp"}
function disposal_run_forward() {"attributes":"f v u","body":"9af2c2b1eed33ab0c1b7b9f7248ec490c3730001b9a7ce0236fd6b764ec1ad55","definer":"false","language":"plpgsql","owner":"(migrator)","returns":"trigger","settings":"search_path=pg_catalog, pg_temp"}
function key_add_usage(text, bigint, bigint) {"attributes":"f v u","body":"c1e02b16b48960a5fcb69923ed536d84f3351d2175856a04d3b386bda4eae2ce","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"void","settings":"search_path=pg_catalog, pg_temp"}
function key_find(text) {"attributes":"f v u","body":"fdcadcca5ce20553816273555fd61c944115054657057eba20f0b55ffb785827","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"SETOF phi.data_key","settings":"search_path=pg_catalog, pg_temp"}
function key_insert(text, text, text, text, bigint, text, text, text, text, text, text, text, text, bigint, bigint, bigint) {"attributes":"f v u","body":"912ed3c4b131729c2a6ab0fb33afa86d93ed312da88cf9220facbccf4ff3d4dc","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"text","settings":"search_path=pg_catalog, pg_temp"}
function key_list(text, text) {"attributes":"f v u","body":"6e9367403900478938fea468ddcc7f07f53b1b18c891949d94e3fd22fe97c0f1","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"SETOF phi.data_key","settings":"search_path=pg_catalog, pg_temp"}
function key_replace(text, bigint, text, text, text, text, text, text) {"attributes":"f v u","body":"00710cca996ede907883ee805242be8b4f9a58a85e8b15af0b92dcf90aaca0fa","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"boolean","settings":"search_path=pg_catalog, pg_temp"}
function key_scan(text, bigint) {"attributes":"f v u","body":"8a9c487b9c39589fdd0b593510b7ca40683ebc4d6bc39e5f1de645eb885ddedd","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"SETOF phi.data_key","settings":"search_path=pg_catalog, pg_temp"}
function key_scan_tenant(text, text, bigint) {"attributes":"f v u","body":"4d28c87bada763110bb02553b946304304c64a7713befde37ec4d7a3356ee311","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"SETOF phi.data_key","settings":"search_path=pg_catalog, pg_temp"}
function refuse_change() {"attributes":"f v u","body":"f39c990d95a7567ffbb1347d6dabe572e70ca58f6866ff8dcb77d97a585d7f02","definer":"false","language":"plpgsql","owner":"(migrator)","returns":"trigger","settings":"search_path=pg_catalog, pg_temp"}
function retention_hold_append(bigint, text) {"attributes":"f v u","body":"12dcb2b6047731ccd85e7d6bd8d9b1793ef47b543abd061f742a7c1a584a43d1","definer":"true","language":"plpgsql","owner":"phi_writer","returns":"boolean","settings":"search_path=pg_catalog, pg_temp"}
function retention_hold_count_forward() {"attributes":"f v u","body":"e42a700ab1af8deebc38654ff06ccb882b6ee88df328b2e9746c4481ce8c5ad9","definer":"false","language":"plpgsql","owner":"(migrator)","returns":"trigger","settings":"search_path=pg_catalog, pg_temp"}
function retention_hold_lock() {"attributes":"f v u","body":"17b8044d9dc41abb788637dfa3fd416015e637057374639580724116647992df","definer":"true","language":"plpgsql","owner":"phi_writer","returns":"TABLE(recorded bigint, found bigint)","settings":"search_path=pg_catalog, pg_temp"}
function session_end(text, bigint, text) {"attributes":"f v u","body":"4ed59e38e4ca8e04ac825bcf2a756ba20d5c808d4f762363b976fc595061652d","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"text","settings":"search_path=pg_catalog, pg_temp"}
function session_end_subject(text, text, bigint, text) {"attributes":"f v u","body":"71ef23697ff654338ea0dc5f8e715ab11972d346a60b70cc45f4187d7a2825e5","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"bigint","settings":"search_path=pg_catalog, pg_temp"}
function session_find(text) {"attributes":"f v u","body":"bd185120c3532e27844f26d5ec3448de91aa244b882196c500cb869da2dada99","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"SETOF phi.session","settings":"search_path=pg_catalog, pg_temp"}
function session_insert(text, text, text, text, text, text, text, bigint, text, text, bigint, bigint, bigint, bigint, bigint, text, bigint) {"attributes":"f v u","body":"cd96b979a3d5b63c90b32f4d1a2ad26e755f6266b7c2a6deceec2c39c98374ca","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"text","settings":"search_path=pg_catalog, pg_temp"}
function session_replace(text, bigint, text, bigint, text, text, bigint, bigint) {"attributes":"f v u","body":"79d43c52d6e297279413b0588f7b45e1645fb098a1069bd5c3527d48b9bd7bb7","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"boolean","settings":"search_path=pg_catalog, pg_temp"}
function session_sweep(bigint) {"attributes":"f v u","body":"b759d3812d04f1bf7066f2ade8061023eeb7c2ea9ae255eac2b50f4d56852a41","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"bigint","settings":"search_path=pg_catalog, pg_temp"}
function session_touch(text, bigint) {"attributes":"f v u","body":"1759a6f6096bf9b2325f12da01c9c946d84f78dcb9a2964fb51e429808249af9","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"text","settings":"search_path=pg_catalog, pg_temp"}
function tombstone_append(text, text, text, bigint, text, text, text) {"attributes":"f v u","body":"8d9f2848cb348931c134d21124ddb50582d9fea07be4646b833812ac34e3b28f","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"void","settings":"search_path=pg_catalog, pg_temp"}
function tombstone_find(text[]) {"attributes":"f v u","body":"5a6291763526eec174837d1c7cdd50cae09def1171ba9dcbb53dc2c96e859966","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"SETOF phi.key_tombstone","settings":"search_path=pg_catalog, pg_temp"}
function tombstone_scan(text, bigint) {"attributes":"f v u","body":"da7824befc66cd9f5819b081bf71d10f0317196e86bf9078094bf3214274c823","definer":"true","language":"plpgsql","owner":"phi_keeper","returns":"SETOF phi.key_tombstone","settings":"search_path=pg_catalog, pg_temp"}
grant DELETE on table audit_entry to phi_pruner {"canGrant":"false"}
grant DELETE on table audit_event_id to phi_pruner {"canGrant":"false"}
grant DELETE on table audit_outbox to phi_writer {"canGrant":"false"}
grant DELETE on table forward_dead_letter to phi_forwarder {"canGrant":"false"}
grant DELETE on table session to phi_keeper {"canGrant":"false"}
grant DELETE on table session_tenant to phi_keeper {"canGrant":"false"}
grant EXECUTE on function agreement_follows() to PUBLIC {"canGrant":"false"}
grant EXECUTE on function audit_dequeue(text, integer, text) to phi_app {"canGrant":"false"}
grant EXECUTE on function audit_enqueue(text, integer, text, text, text, text) to phi_app {"canGrant":"false"}
grant EXECUTE on function audit_extend(text, integer, bigint, text, integer, text, text, text, text, text, text, text, text, text, text, text, text, text, text) to phi_app {"canGrant":"false"}
grant EXECUTE on function audit_extend_many(text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text) to phi_app {"canGrant":"false"}
grant EXECUTE on function audit_head_forward() to PUBLIC {"canGrant":"false"}
grant EXECUTE on function audit_lock(text, integer, text) to phi_app {"canGrant":"false"}
grant EXECUTE on function audit_open(text, text, text) to phi_app {"canGrant":"false"}
grant EXECUTE on function audit_prune(text, integer, bigint, bigint, integer) to phi_retention {"canGrant":"false"}
grant EXECUTE on function audit_refuse() to PUBLIC {"canGrant":"false"}
grant EXECUTE on function audit_refuse_but_pruner() to PUBLIC {"canGrant":"false"}
grant EXECUTE on function audit_refuse_but_writer() to PUBLIC {"canGrant":"false"}
grant EXECUTE on function audit_save_checkpoint(text, integer, bigint, text) to phi_app {"canGrant":"false"}
grant EXECUTE on function audit_size_forward() to PUBLIC {"canGrant":"false"}
grant EXECUTE on function case_follows() to PUBLIC {"canGrant":"false"}
grant EXECUTE on function disposal_run_forward() to PUBLIC {"canGrant":"false"}
grant EXECUTE on function key_add_usage(text, bigint, bigint) to phi_app {"canGrant":"false"}
grant EXECUTE on function key_add_usage(text, bigint, bigint) to phi_custodian {"canGrant":"false"}
grant EXECUTE on function key_find(text) to phi_app {"canGrant":"false"}
grant EXECUTE on function key_find(text) to phi_custodian {"canGrant":"false"}
grant EXECUTE on function key_insert(text, text, text, text, bigint, text, text, text, text, text, text, text, text, bigint, bigint, bigint) to phi_app {"canGrant":"false"}
grant EXECUTE on function key_insert(text, text, text, text, bigint, text, text, text, text, text, text, text, text, bigint, bigint, bigint) to phi_custodian {"canGrant":"false"}
grant EXECUTE on function key_list(text, text) to phi_app {"canGrant":"false"}
grant EXECUTE on function key_list(text, text) to phi_custodian {"canGrant":"false"}
grant EXECUTE on function key_replace(text, bigint, text, text, text, text, text, text) to phi_app {"canGrant":"false"}
grant EXECUTE on function key_replace(text, bigint, text, text, text, text, text, text) to phi_custodian {"canGrant":"false"}
grant EXECUTE on function key_scan(text, bigint) to phi_custodian {"canGrant":"false"}
grant EXECUTE on function key_scan_tenant(text, text, bigint) to phi_app {"canGrant":"false"}
grant EXECUTE on function key_scan_tenant(text, text, bigint) to phi_custodian {"canGrant":"false"}
grant EXECUTE on function refuse_change() to PUBLIC {"canGrant":"false"}
grant EXECUTE on function retention_hold_append(bigint, text) to phi_app {"canGrant":"false"}
grant EXECUTE on function retention_hold_count_forward() to PUBLIC {"canGrant":"false"}
grant EXECUTE on function retention_hold_lock() to phi_retention {"canGrant":"false"}
grant EXECUTE on function session_end(text, bigint, text) to phi_app {"canGrant":"false"}
grant EXECUTE on function session_end_subject(text, text, bigint, text) to phi_app {"canGrant":"false"}
grant EXECUTE on function session_find(text) to phi_app {"canGrant":"false"}
grant EXECUTE on function session_insert(text, text, text, text, text, text, text, bigint, text, text, bigint, bigint, bigint, bigint, bigint, text, bigint) to phi_app {"canGrant":"false"}
grant EXECUTE on function session_replace(text, bigint, text, bigint, text, text, bigint, bigint) to phi_app {"canGrant":"false"}
grant EXECUTE on function session_sweep(bigint) to phi_app {"canGrant":"false"}
grant EXECUTE on function session_touch(text, bigint) to phi_app {"canGrant":"false"}
grant EXECUTE on function tombstone_append(text, text, text, bigint, text, text, text) to phi_app {"canGrant":"false"}
grant EXECUTE on function tombstone_append(text, text, text, bigint, text, text, text) to phi_custodian {"canGrant":"false"}
grant EXECUTE on function tombstone_find(text[]) to phi_app {"canGrant":"false"}
grant EXECUTE on function tombstone_find(text[]) to phi_custodian {"canGrant":"false"}
grant EXECUTE on function tombstone_scan(text, bigint) to phi_custodian {"canGrant":"false"}
grant INSERT on column agreement_revision.records to phi_app {"canGrant":"false"}
grant INSERT on column agreement_revision.revision to phi_app {"canGrant":"false"}
grant INSERT on column agreement_revision.tenant to phi_app {"canGrant":"false"}
grant INSERT on column case_entry.entry to phi_app {"canGrant":"false"}
grant INSERT on column case_entry.id to phi_app {"canGrant":"false"}
grant INSERT on column case_entry.is_open to phi_app {"canGrant":"false"}
grant INSERT on column case_entry.kind to phi_app {"canGrant":"false"}
grant INSERT on column case_entry.line to phi_app {"canGrant":"false"}
grant INSERT on column case_entry.tenant to phi_app {"canGrant":"false"}
grant INSERT on column disposal_batch.category to phi_retention {"canGrant":"false"}
grant INSERT on column disposal_batch.holds to phi_retention {"canGrant":"false"}
grant INSERT on column disposal_batch.run to phi_retention {"canGrant":"false"}
grant INSERT on column disposal_batch.sequence to phi_retention {"canGrant":"false"}
grant INSERT on column disposal_batch.tenant to phi_retention {"canGrant":"false"}
grant INSERT on column disposal_receipt.entries to phi_retention {"canGrant":"false"}
grant INSERT on column disposal_receipt.note to phi_retention {"canGrant":"false"}
grant INSERT on column disposal_receipt.remains to phi_retention {"canGrant":"false"}
grant INSERT on column disposal_receipt.run to phi_retention {"canGrant":"false"}
grant INSERT on column disposal_receipt.sequence to phi_retention {"canGrant":"false"}
grant INSERT on column disposal_receipt.tenant to phi_retention {"canGrant":"false"}
grant INSERT on column forward_cursor.forwarder to phi_forwarder {"canGrant":"false"}
grant INSERT on column forward_cursor.hash to phi_forwarder {"canGrant":"false"}
grant INSERT on column forward_cursor.moved_by to phi_forwarder {"canGrant":"false"}
grant INSERT on column forward_cursor.next to phi_forwarder {"canGrant":"false"}
grant INSERT on column forward_cursor.origin to phi_forwarder {"canGrant":"false"}
grant INSERT on column forward_cursor.tenant to phi_forwarder {"canGrant":"false"}
grant INSERT on column retention_schedule.body to phi_app {"canGrant":"false"}
grant INSERT on column retention_schedule.tenant to phi_app {"canGrant":"false"}
grant INSERT on column retention_schedule.version to phi_app {"canGrant":"false"}
grant INSERT on table audit_checkpoint to phi_writer {"canGrant":"false"}
grant INSERT on table audit_entry to phi_writer {"canGrant":"false"}
grant INSERT on table audit_event_id to phi_writer {"canGrant":"false"}
grant INSERT on table audit_log to phi_writer {"canGrant":"false"}
grant INSERT on table audit_outbox to phi_writer {"canGrant":"false"}
grant INSERT on table audit_prune to phi_pruner {"canGrant":"false"}
grant INSERT on table audit_pruned to phi_pruner {"canGrant":"false"}
grant INSERT on table audit_tile to phi_writer {"canGrant":"false"}
grant INSERT on table data_key to phi_keeper {"canGrant":"false"}
grant INSERT on table data_key_tenant to phi_keeper {"canGrant":"false"}
grant INSERT on table directive_version to phi_app {"canGrant":"false"}
grant INSERT on table disposal_run to phi_retention {"canGrant":"false"}
grant INSERT on table forward_dead_letter to phi_forwarder {"canGrant":"false"}
grant INSERT on table key_tombstone to phi_keeper {"canGrant":"false"}
grant INSERT on table key_tombstone_tenant to phi_keeper {"canGrant":"false"}
grant INSERT on table retention_hold to phi_writer {"canGrant":"false"}
grant INSERT on table retention_hold_count to phi_writer {"canGrant":"false"}
grant INSERT on table role_assignment to phi_app {"canGrant":"false"}
grant INSERT on table role_revocation to phi_app {"canGrant":"false"}
grant INSERT on table session to phi_keeper {"canGrant":"false"}
grant INSERT on table session_tenant to phi_keeper {"canGrant":"false"}
grant SELECT on column data_key.bytes to phi_auditor {"canGrant":"false"}
grant SELECT on column data_key.changed_at to phi_auditor {"canGrant":"false"}
grant SELECT on column data_key.created_at to phi_auditor {"canGrant":"false"}
grant SELECT on column data_key.id to phi_auditor {"canGrant":"false"}
grant SELECT on column data_key.kek to phi_auditor {"canGrant":"false"}
grant SELECT on column data_key.kms to phi_auditor {"canGrant":"false"}
grant SELECT on column data_key.mechanism to phi_auditor {"canGrant":"false"}
grant SELECT on column data_key.purpose to phi_auditor {"canGrant":"false"}
grant SELECT on column data_key.revision to phi_auditor {"canGrant":"false"}
grant SELECT on column data_key.seals to phi_auditor {"canGrant":"false"}
grant SELECT on column data_key.state to phi_auditor {"canGrant":"false"}
grant SELECT on column data_key.subject to phi_auditor {"canGrant":"false"}
grant SELECT on column data_key.tenant to phi_auditor {"canGrant":"false"}
grant SELECT on column data_key.version to phi_auditor {"canGrant":"false"}
grant SELECT on table agreement_revision to phi_app {"canGrant":"false"}
grant SELECT on table agreement_revision to phi_auditor {"canGrant":"false"}
grant SELECT on table audit_checkpoint to phi_app {"canGrant":"false"}
grant SELECT on table audit_checkpoint to phi_auditor {"canGrant":"false"}
grant SELECT on table audit_checkpoint to phi_retention {"canGrant":"false"}
grant SELECT on table audit_checkpoint to phi_writer {"canGrant":"false"}
grant SELECT on table audit_entry to phi_app {"canGrant":"false"}
grant SELECT on table audit_entry to phi_auditor {"canGrant":"false"}
grant SELECT on table audit_entry to phi_pruner {"canGrant":"false"}
grant SELECT on table audit_entry to phi_retention {"canGrant":"false"}
grant SELECT on table audit_entry to phi_writer {"canGrant":"false"}
grant SELECT on table audit_event_id to phi_app {"canGrant":"false"}
grant SELECT on table audit_event_id to phi_auditor {"canGrant":"false"}
grant SELECT on table audit_event_id to phi_pruner {"canGrant":"false"}
grant SELECT on table audit_event_id to phi_retention {"canGrant":"false"}
grant SELECT on table audit_event_id to phi_writer {"canGrant":"false"}
grant SELECT on table audit_log to phi_app {"canGrant":"false"}
grant SELECT on table audit_log to phi_auditor {"canGrant":"false"}
grant SELECT on table audit_log to phi_pruner {"canGrant":"false"}
grant SELECT on table audit_log to phi_retention {"canGrant":"false"}
grant SELECT on table audit_log to phi_writer {"canGrant":"false"}
grant SELECT on table audit_outbox to phi_app {"canGrant":"false"}
grant SELECT on table audit_outbox to phi_auditor {"canGrant":"false"}
grant SELECT on table audit_outbox to phi_retention {"canGrant":"false"}
grant SELECT on table audit_outbox to phi_writer {"canGrant":"false"}
grant SELECT on table audit_prune to phi_app {"canGrant":"false"}
grant SELECT on table audit_prune to phi_auditor {"canGrant":"false"}
grant SELECT on table audit_prune to phi_pruner {"canGrant":"false"}
grant SELECT on table audit_prune to phi_retention {"canGrant":"false"}
grant SELECT on table audit_prune to phi_writer {"canGrant":"false"}
grant SELECT on table audit_pruned to phi_app {"canGrant":"false"}
grant SELECT on table audit_pruned to phi_auditor {"canGrant":"false"}
grant SELECT on table audit_pruned to phi_pruner {"canGrant":"false"}
grant SELECT on table audit_pruned to phi_retention {"canGrant":"false"}
grant SELECT on table audit_pruned to phi_writer {"canGrant":"false"}
grant SELECT on table audit_tile to phi_app {"canGrant":"false"}
grant SELECT on table audit_tile to phi_auditor {"canGrant":"false"}
grant SELECT on table audit_tile to phi_retention {"canGrant":"false"}
grant SELECT on table audit_tile to phi_writer {"canGrant":"false"}
grant SELECT on table case_entry to phi_app {"canGrant":"false"}
grant SELECT on table case_entry to phi_auditor {"canGrant":"false"}
grant SELECT on table data_key to phi_keeper {"canGrant":"false"}
grant SELECT on table data_key_tenant to phi_keeper {"canGrant":"false"}
grant SELECT on table directive_version to phi_app {"canGrant":"false"}
grant SELECT on table directive_version to phi_auditor {"canGrant":"false"}
grant SELECT on table disposal_batch to phi_auditor {"canGrant":"false"}
grant SELECT on table disposal_batch to phi_retention {"canGrant":"false"}
grant SELECT on table disposal_receipt to phi_auditor {"canGrant":"false"}
grant SELECT on table disposal_receipt to phi_retention {"canGrant":"false"}
grant SELECT on table disposal_run to phi_retention {"canGrant":"false"}
grant SELECT on table forward_cursor to phi_app {"canGrant":"false"}
grant SELECT on table forward_cursor to phi_auditor {"canGrant":"false"}
grant SELECT on table forward_cursor to phi_forwarder {"canGrant":"false"}
grant SELECT on table forward_dead_letter to phi_app {"canGrant":"false"}
grant SELECT on table forward_dead_letter to phi_auditor {"canGrant":"false"}
grant SELECT on table forward_dead_letter to phi_forwarder {"canGrant":"false"}
grant SELECT on table key_tombstone to phi_auditor {"canGrant":"false"}
grant SELECT on table key_tombstone to phi_keeper {"canGrant":"false"}
grant SELECT on table key_tombstone_tenant to phi_keeper {"canGrant":"false"}
grant SELECT on table migration to phi_app {"canGrant":"false"}
grant SELECT on table migration to phi_auditor {"canGrant":"false"}
grant SELECT on table migration to phi_forwarder {"canGrant":"false"}
grant SELECT on table migration to phi_retention {"canGrant":"false"}
grant SELECT on table retention_hold to phi_app {"canGrant":"false"}
grant SELECT on table retention_hold to phi_auditor {"canGrant":"false"}
grant SELECT on table retention_hold to phi_retention {"canGrant":"false"}
grant SELECT on table retention_hold to phi_writer {"canGrant":"false"}
grant SELECT on table retention_hold_count to phi_app {"canGrant":"false"}
grant SELECT on table retention_hold_count to phi_auditor {"canGrant":"false"}
grant SELECT on table retention_hold_count to phi_retention {"canGrant":"false"}
grant SELECT on table retention_hold_count to phi_writer {"canGrant":"false"}
grant SELECT on table retention_schedule to phi_app {"canGrant":"false"}
grant SELECT on table retention_schedule to phi_auditor {"canGrant":"false"}
grant SELECT on table retention_schedule to phi_retention {"canGrant":"false"}
grant SELECT on table role_assignment to phi_app {"canGrant":"false"}
grant SELECT on table role_assignment to phi_auditor {"canGrant":"false"}
grant SELECT on table role_revocation to phi_app {"canGrant":"false"}
grant SELECT on table role_revocation to phi_auditor {"canGrant":"false"}
grant SELECT on table session to phi_auditor {"canGrant":"false"}
grant SELECT on table session to phi_keeper {"canGrant":"false"}
grant SELECT on table session_tenant to phi_keeper {"canGrant":"false"}
grant UPDATE on column audit_log.frontier to phi_writer {"canGrant":"false"}
grant UPDATE on column audit_log.last_hash to phi_writer {"canGrant":"false"}
grant UPDATE on column audit_log.recorded_at to phi_writer {"canGrant":"false"}
grant UPDATE on column audit_log.size to phi_writer {"canGrant":"false"}
grant UPDATE on column data_key.bytes to phi_keeper {"canGrant":"false"}
grant UPDATE on column data_key.changed_at to phi_keeper {"canGrant":"false"}
grant UPDATE on column data_key.kek to phi_keeper {"canGrant":"false"}
grant UPDATE on column data_key.kms to phi_keeper {"canGrant":"false"}
grant UPDATE on column data_key.mechanism to phi_keeper {"canGrant":"false"}
grant UPDATE on column data_key.revision to phi_keeper {"canGrant":"false"}
grant UPDATE on column data_key.seals to phi_keeper {"canGrant":"false"}
grant UPDATE on column data_key.state to phi_keeper {"canGrant":"false"}
grant UPDATE on column data_key.wrapped to phi_keeper {"canGrant":"false"}
grant UPDATE on column disposal_run.body to phi_retention {"canGrant":"false"}
grant UPDATE on column disposal_run.saved_at to phi_retention {"canGrant":"false"}
grant UPDATE on column disposal_run.version to phi_retention {"canGrant":"false"}
grant UPDATE on column forward_cursor.hash to phi_forwarder {"canGrant":"false"}
grant UPDATE on column forward_cursor.moved_at to phi_forwarder {"canGrant":"false"}
grant UPDATE on column forward_cursor.moved_by to phi_forwarder {"canGrant":"false"}
grant UPDATE on column forward_cursor.next to phi_forwarder {"canGrant":"false"}
grant UPDATE on column forward_dead_letter.at to phi_forwarder {"canGrant":"false"}
grant UPDATE on column forward_dead_letter.attempts to phi_forwarder {"canGrant":"false"}
grant UPDATE on column forward_dead_letter.code to phi_forwarder {"canGrant":"false"}
grant UPDATE on column forward_dead_letter.hash to phi_forwarder {"canGrant":"false"}
grant UPDATE on column retention_hold_count.recorded to phi_writer {"canGrant":"false"}
grant UPDATE on column session.auth to phi_keeper {"canGrant":"false"}
grant UPDATE on column session.ended_at to phi_keeper {"canGrant":"false"}
grant UPDATE on column session.ended_because to phi_keeper {"canGrant":"false"}
grant UPDATE on column session.generation to phi_keeper {"canGrant":"false"}
grant UPDATE on column session.jti to phi_keeper {"canGrant":"false"}
grant UPDATE on column session.last_seen_at to phi_keeper {"canGrant":"false"}
grant UPDATE on column session.previous to phi_keeper {"canGrant":"false"}
grant UPDATE on column session.rotated_at to phi_keeper {"canGrant":"false"}
grant UPDATE on column session.version to phi_keeper {"canGrant":"false"}
grant USAGE on schema phi to phi_app {"canGrant":"false"}
grant USAGE on schema phi to phi_auditor {"canGrant":"false"}
grant USAGE on schema phi to phi_custodian {"canGrant":"false"}
grant USAGE on schema phi to phi_forwarder {"canGrant":"false"}
grant USAGE on schema phi to phi_keeper {"canGrant":"false"}
grant USAGE on schema phi to phi_owner {"canGrant":"false"}
grant USAGE on schema phi to phi_pruner {"canGrant":"false"}
grant USAGE on schema phi to phi_retention {"canGrant":"false"}
grant USAGE on schema phi to phi_writer {"canGrant":"false"}
index agreement_revision.agreement_revision_pkey {"definition":"unique btree (tenant, revision)"}
index audit_checkpoint.audit_checkpoint_pkey {"definition":"unique btree (tenant, log, size, digest)"}
index audit_entry.audit_entry_pkey1 {"definition":"unique btree (tenant, log, idx, month)"}
index audit_entry.audit_entry_terms {"definition":"gin (terms)"}
index audit_entry.audit_entry_time {"definition":"btree (tenant, log, occurred_at)"}
index audit_entry[*].audit_entry_pkey1 {"definition":"unique btree (tenant, log, idx, month)"}
index audit_entry[*].audit_entry_terms {"definition":"gin (terms)"}
index audit_entry[*].audit_entry_time {"definition":"btree (tenant, log, occurred_at)"}
index audit_event_id.audit_event_id_pkey {"definition":"unique btree (tenant, log, event_id)"}
index audit_log.audit_log_origin_key {"definition":"unique btree (origin)"}
index audit_log.audit_log_pkey {"definition":"unique btree (tenant, id)"}
index audit_outbox.audit_outbox_order {"definition":"btree (tenant, log, queued_at, event_id)"}
index audit_outbox.audit_outbox_pkey {"definition":"unique btree (tenant, log, event_id)"}
index audit_prune.audit_prune_pkey {"definition":"unique btree (tenant, log, to_idx)"}
index audit_pruned.audit_pruned_pkey {"definition":"unique btree (tenant, log, idx)"}
index audit_tile.audit_tile_pkey {"definition":"unique btree (tenant, log, level, idx)"}
index case_entry.case_entry_began {"definition":"btree (tenant, id) WHERE (entry = 0)"}
index case_entry.case_entry_pkey {"definition":"unique btree (tenant, id, entry)"}
index data_key.data_key_pkey {"definition":"unique btree (tenant, id)"}
index data_key.data_key_subject {"definition":"btree (tenant, subject)"}
index data_key.data_key_version {"definition":"unique btree (tenant, purpose, subject, version)"}
index data_key_tenant.data_key_tenant_pkey {"definition":"unique btree (id)"}
index directive_version.directive_patient {"definition":"btree (tenant, patient)"}
index directive_version.directive_place {"definition":"unique btree (tenant, patient, place) WHERE (version = 1)"}
index directive_version.directive_version_pkey {"definition":"unique btree (tenant, id, version)"}
index disposal_batch.disposal_batch_pkey {"definition":"unique btree (tenant, run, sequence)"}
index disposal_receipt.disposal_receipt_pkey {"definition":"unique btree (tenant, run, sequence)"}
index disposal_run.disposal_run_pkey {"definition":"unique btree (tenant, run)"}
index forward_cursor.forward_cursor_pkey {"definition":"unique btree (tenant, forwarder, origin)"}
index forward_dead_letter.forward_dead_letter_pkey {"definition":"unique btree (tenant, forwarder, origin, idx)"}
index key_tombstone.key_tombstone_pkey {"definition":"unique btree (tenant, key_id)"}
index key_tombstone_tenant.key_tombstone_tenant_pkey {"definition":"unique btree (key_id)"}
index migration.migration_pkey {"definition":"unique btree (version)"}
index retention_hold.retention_hold_pkey {"definition":"unique btree (tenant, place)"}
index retention_hold_count.retention_hold_count_pkey {"definition":"unique btree (tenant)"}
index retention_schedule.retention_schedule_pkey {"definition":"unique btree (tenant, version)"}
index role_assignment.role_assignment_pkey {"definition":"unique btree (tenant, id)"}
index role_assignment.role_assignment_role {"definition":"btree (tenant, role)"}
index role_assignment.role_assignment_subject {"definition":"btree (tenant, subject)"}
index role_revocation.role_revocation_pkey {"definition":"unique btree (tenant, assignment, number)"}
index session.session_pkey {"definition":"unique btree (tenant, sid)"}
index session.session_subject {"definition":"btree (tenant, subject)"}
index session.session_until {"definition":"btree (tenant, until)"}
index session_tenant.session_tenant_pkey {"definition":"unique btree (sid)"}
index session_tenant.session_tenant_until {"definition":"btree (until, tenant)"}
policy agreement_revision.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy agreement_revision.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy audit_checkpoint.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy audit_checkpoint.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy audit_entry.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy audit_entry.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy audit_event_id.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy audit_event_id.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy audit_log.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy audit_log.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy audit_outbox.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy audit_outbox.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy audit_prune.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy audit_prune.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy audit_pruned.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy audit_pruned.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy audit_tile.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy audit_tile.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy case_entry.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy case_entry.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy data_key.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy data_key.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy data_key_tenant.functions {"check":"true","command":"*","permissive":"true","roles":"phi_keeper","using":"true"}
policy directive_version.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy directive_version.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy disposal_batch.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy disposal_batch.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy disposal_receipt.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy disposal_receipt.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy disposal_run.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy disposal_run.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy forward_cursor.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy forward_cursor.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy forward_dead_letter.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy forward_dead_letter.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy key_tombstone.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy key_tombstone.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy key_tombstone_tenant.functions {"check":"true","command":"*","permissive":"true","roles":"phi_keeper","using":"true"}
policy retention_hold.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy retention_hold.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy retention_hold_count.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy retention_hold_count.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy retention_schedule.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy retention_schedule.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy role_assignment.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy role_assignment.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy role_revocation.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy role_revocation.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy session.rows {"check":"true","command":"*","permissive":"true","roles":"PUBLIC","using":"true"}
policy session.tenant_wall {"check":"(tenant = current_setting('phi.tenant'::text, true))","command":"*","permissive":"false","roles":"PUBLIC","using":"(tenant = current_setting('phi.tenant'::text, true))"}
policy session_tenant.functions {"check":"true","command":"*","permissive":"true","roles":"phi_keeper","using":"true"}
role phi_app {"bypassRowSecurity":"false","createDatabase":"false","createRole":"false","login":"false","replication":"false","superuser":"false"}
role phi_auditor {"bypassRowSecurity":"false","createDatabase":"false","createRole":"false","login":"false","replication":"false","superuser":"false"}
role phi_custodian {"bypassRowSecurity":"false","createDatabase":"false","createRole":"false","login":"false","replication":"false","superuser":"false"}
role phi_forwarder {"bypassRowSecurity":"false","createDatabase":"false","createRole":"false","login":"false","replication":"false","superuser":"false"}
role phi_keeper {"bypassRowSecurity":"false","createDatabase":"false","createRole":"false","login":"false","replication":"false","superuser":"false"}
role phi_owner {"bypassRowSecurity":"false","createDatabase":"false","createRole":"false","login":"false","replication":"false","superuser":"false"}
role phi_pruner {"bypassRowSecurity":"false","createDatabase":"false","createRole":"false","login":"false","replication":"false","superuser":"false"}
role phi_retention {"bypassRowSecurity":"false","createDatabase":"false","createRole":"false","login":"false","replication":"false","superuser":"false"}
role phi_writer {"bypassRowSecurity":"false","createDatabase":"false","createRole":"false","login":"false","replication":"false","superuser":"false"}
table agreement_revision {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table audit_checkpoint {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table audit_entry {"forced":"true","foreignKeyTriggersOff":"0","kind":"p","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table audit_entry[*] {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table audit_event_id {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table audit_log {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table audit_log_id_seq {"kind":"S","owner":"phi_owner","persistence":"p"}
table audit_outbox {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table audit_prune {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table audit_pruned {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table audit_tile {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table case_entry {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table data_key {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table data_key_tenant {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table directive_version {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table disposal_batch {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table disposal_receipt {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table disposal_run {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table forward_cursor {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table forward_dead_letter {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table key_tombstone {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table key_tombstone_tenant {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table migration {"forced":"false","foreignKeyTriggersOff":"0","kind":"r","owner":"(migrator)","persistence":"p","rowSecurity":"false","view":""}
table retention_hold {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table retention_hold_count {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table retention_schedule {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table role_assignment {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table role_revocation {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table session {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
table session_tenant {"forced":"true","foreignKeyTriggersOff":"0","kind":"r","owner":"phi_owner","persistence":"p","rowSecurity":"true","view":""}
trigger agreement_revision.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.agreement_revision FOR EACH STATEMENT EXECUTE FUNCTION phi.refuse_change()","enabled":"A"}
trigger agreement_revision.follows {"definition":"BEFORE INSERT ON phi.agreement_revision FOR EACH ROW EXECUTE FUNCTION phi.agreement_follows()","enabled":"A"}
trigger audit_checkpoint.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.audit_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION phi.audit_refuse()","enabled":"A"}
trigger audit_entry.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.audit_entry FOR EACH STATEMENT EXECUTE FUNCTION phi.audit_refuse_but_pruner()","enabled":"A"}
trigger audit_entry[*].append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.audit_entry[*] FOR EACH STATEMENT EXECUTE FUNCTION phi.audit_refuse_but_pruner()","enabled":"A"}
trigger audit_event_id.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.audit_event_id FOR EACH STATEMENT EXECUTE FUNCTION phi.audit_refuse_but_pruner()","enabled":"A"}
trigger audit_log.append_only {"definition":"BEFORE DELETE OR TRUNCATE ON phi.audit_log FOR EACH STATEMENT EXECUTE FUNCTION phi.audit_refuse()","enabled":"A"}
trigger audit_log.forward_only {"definition":"BEFORE UPDATE ON phi.audit_log FOR EACH ROW EXECUTE FUNCTION phi.audit_size_forward()","enabled":"A"}
trigger audit_log.same_log {"definition":"BEFORE UPDATE OF tenant, id, origin ON phi.audit_log FOR EACH ROW EXECUTE FUNCTION phi.audit_head_forward()","enabled":"A"}
trigger audit_outbox.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.audit_outbox FOR EACH STATEMENT EXECUTE FUNCTION phi.audit_refuse_but_writer()","enabled":"A"}
trigger audit_prune.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.audit_prune FOR EACH STATEMENT EXECUTE FUNCTION phi.audit_refuse()","enabled":"A"}
trigger audit_pruned.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.audit_pruned FOR EACH STATEMENT EXECUTE FUNCTION phi.audit_refuse()","enabled":"A"}
trigger audit_tile.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.audit_tile FOR EACH STATEMENT EXECUTE FUNCTION phi.audit_refuse()","enabled":"A"}
trigger case_entry.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.case_entry FOR EACH STATEMENT EXECUTE FUNCTION phi.refuse_change()","enabled":"A"}
trigger case_entry.follows {"definition":"BEFORE INSERT ON phi.case_entry FOR EACH ROW EXECUTE FUNCTION phi.case_follows()","enabled":"A"}
trigger data_key_tenant.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.data_key_tenant FOR EACH STATEMENT EXECUTE FUNCTION phi.refuse_change()","enabled":"A"}
trigger directive_version.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.directive_version FOR EACH STATEMENT EXECUTE FUNCTION phi.refuse_change()","enabled":"A"}
trigger disposal_batch.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.disposal_batch FOR EACH STATEMENT EXECUTE FUNCTION phi.refuse_change()","enabled":"A"}
trigger disposal_receipt.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.disposal_receipt FOR EACH STATEMENT EXECUTE FUNCTION phi.refuse_change()","enabled":"A"}
trigger disposal_run.forward_only {"definition":"BEFORE UPDATE ON phi.disposal_run FOR EACH ROW EXECUTE FUNCTION phi.disposal_run_forward()","enabled":"A"}
trigger disposal_run.kept {"definition":"BEFORE DELETE OR TRUNCATE ON phi.disposal_run FOR EACH STATEMENT EXECUTE FUNCTION phi.refuse_change()","enabled":"A"}
trigger key_tombstone.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.key_tombstone FOR EACH STATEMENT EXECUTE FUNCTION phi.refuse_change()","enabled":"A"}
trigger key_tombstone_tenant.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.key_tombstone_tenant FOR EACH STATEMENT EXECUTE FUNCTION phi.refuse_change()","enabled":"A"}
trigger retention_hold.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.retention_hold FOR EACH STATEMENT EXECUTE FUNCTION phi.refuse_change()","enabled":"A"}
trigger retention_hold_count.forward_only {"definition":"BEFORE UPDATE ON phi.retention_hold_count FOR EACH ROW EXECUTE FUNCTION phi.retention_hold_count_forward()","enabled":"A"}
trigger retention_hold_count.kept {"definition":"BEFORE DELETE OR TRUNCATE ON phi.retention_hold_count FOR EACH STATEMENT EXECUTE FUNCTION phi.refuse_change()","enabled":"A"}
trigger retention_schedule.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.retention_schedule FOR EACH STATEMENT EXECUTE FUNCTION phi.refuse_change()","enabled":"A"}
trigger role_assignment.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.role_assignment FOR EACH STATEMENT EXECUTE FUNCTION phi.refuse_change()","enabled":"A"}
trigger role_revocation.append_only {"definition":"BEFORE DELETE OR UPDATE OR TRUNCATE ON phi.role_revocation FOR EACH STATEMENT EXECUTE FUNCTION phi.refuse_change()","enabled":"A"}
`
