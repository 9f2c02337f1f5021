import type { Seen } from './lab.ts'

/** Who attacks: what they hold, not who they are. */
export const attackers = {
  app: 'the service’s database login',
  auditor: 'an auditor’s database login',
  retention: 'the login that prunes',
  owner: 'an owner of the tables',
  superuser: 'a superuser of the server',
  backup: 'who restores backups',
  key: 'who has the signing key and the database',
  tenant: 'a service of another tenant',
} as const
export type Attacker = keyof typeof attackers

/** What a table of the audit log says after an attack is asserted word for word; `seen` names only what is not as before. */
export interface Attack {
  readonly id: string
  readonly who: Attacker
  /** What they do, as the end of the sentence "they …". */
  readonly does: string
  /** The code with which the database refuses it. Absent: it goes through. */
  readonly refused?: string
  readonly seen?: Partial<Seen>
  /** It comes to nothing without being refused: nothing was written, and nothing of others was shown. */
  readonly effect?: 'none'
  /** Who notices besides, and what they hear. */
  readonly also?: string
  /** What is known besides, in a sentence. */
  readonly note?: string
}

const attack = <const A extends Attack>(row: A): A => row

/** Every attack that the tests make, each for real on PostgreSQL. The table in docs/threat-model.md is made from this. */
export const attacks = [
  // What is there, by the logins that a service and its people have.
  attack({ id: 'app-changes-rows', who: 'app', does: 'update, delete or truncate tables of the audit log', refused: '42501' }),
  attack({
    id: 'app-inserts-rows',
    who: 'app',
    does: 'insert entries, tree hashes or checkpoints past the functions',
    refused: '42501',
  }),
  attack({
    id: 'app-alters-tables',
    who: 'app',
    does: 'disable triggers or row security, or alter and drop tables',
    refused: '42501',
  }),
  attack({
    id: 'app-becomes-more',
    who: 'app',
    does: 'grant themselves the owner’s role, BYPASSRLS or a superuser’s rights',
    refused: '42501',
  }),
  attack({
    id: 'app-reaches-files',
    who: 'app',
    does: 'read files, run programs, or copy tables to a file on the server',
    refused: '42501',
  }),
  attack({ id: 'app-row-security-off', who: 'app', does: 'set `row_security = off` to read past the wall', refused: '42501' }),
  attack({
    id: 'app-nonsense',
    who: 'app',
    does: 'call `audit_extend` with leaves that do not continue the log',
    refused: 'PHI03',
  }),
  attack({
    id: 'app-future',
    who: 'app',
    does: 'call `audit_extend` for a place beyond the end, or for one that is taken',
    effect: 'none',
    note: 'It answers false and writes nothing.',
  }),
  attack({
    id: 'app-false-entry',
    who: 'app',
    does: 'append a false entry, well formed, under another’s name',
    note: 'A log proves what was recorded, not what happened.',
  }),
  attack({
    id: 'app-other-texts',
    who: 'app',
    does: 'append a leaf that continues the log, with texts that are not those it commits to',
    seen: {
      store: 'broken: altered-group 12 actor, altered-group 12 source',
      held: 'broken: altered-group 12 actor, altered-group 12 source',
      again: 'broken: altered-group 12 actor, altered-group 12 source',
    },
    note: 'Nothing that was there before is touched. The service goes on, and signs over it: the finding stays and names the entry.',
  }),
  attack({
    id: 'app-false-frontier',
    who: 'app',
    does: 'append an entry and leave a head whose tree hashes are wrong',
    seen: {
      store: 'broken: head-mismatch 13',
      held: 'broken: head-mismatch 13',
      again: 'broken: head-mismatch 13',
      service: 'PHI_AUDIT_HISTORY_REWRITTEN',
    },
    note: 'The service refuses to sign: the log must be repaired by its owner.',
  }),
  attack({
    id: 'app-false-tiles',
    who: 'app',
    does: 'append an entry with tree hashes for places that the log has not reached',
    refused: 'PHI03',
  }),
  attack({
    id: 'app-junk-checkpoint',
    who: 'app',
    does: 'store junk as a checkpoint',
    seen: {
      store: 'broken: malformed-checkpoint',
      held: 'broken: malformed-checkpoint',
      again: 'broken: malformed-checkpoint',
    },
  }),
  attack({
    id: 'app-holds-the-head',
    who: 'app',
    does: 'keep a transaction open that has locked the head of the log',
    seen: { service: 'PHI_AUDIT_OUTCOME_UNKNOWN' },
    note: 'The service is told in bounded time that it does not know. Nothing is lost: the same event again is written once.',
  }),
  attack({
    id: 'app-shadows',
    who: 'app',
    does: 'put tables, functions and operators of their own before those of the catalog, in pg_temp and in a schema on the search path, and call the functions',
    refused: 'PHI03',
    note: 'What they made is not used.',
  }),
  attack({
    id: 'app-injects',
    who: 'app',
    does: 'pass SQL in the arguments of the functions',
    effect: 'none',
    note: 'It is kept as text, or refused.',
  }),
  attack({
    id: 'app-other-tenant',
    who: 'app',
    does: 'append to another tenant’s log inside a transaction of their own tenant',
    refused: 'PHI01',
  }),
  attack({
    id: 'app-sets-tenant',
    who: 'app',
    does: 'set `phi.tenant` to another tenant, and read its rows or append to its log',
    note: 'The wall is against mistakes, not against SQL of one’s own with a login that serves every tenant.',
  }),
  attack({
    id: 'app-replays-event',
    who: 'app',
    does: 'send the statement of an earlier append again',
    effect: 'none',
    note: 'The head has moved on: it answers false and writes nothing.',
  }),
  attack({
    id: 'app-replays-checkpoint',
    who: 'app',
    does: 'store an old checkpoint again',
    effect: 'none',
    note: 'It is there already.',
  }),
  attack({ id: 'auditor-writes', who: 'auditor', does: 'append, store checkpoints, or change rows', refused: '42501' }),
  attack({
    id: 'retention-prunes-at-will',
    who: 'retention',
    does: 'prune where no entry of the log says so',
    refused: 'PHI04',
  }),
  attack({
    id: 'retention-prunes-early',
    who: 'retention',
    does: 'prune entries that are younger than six years, with an entry that says so',
    seen: { store: 'unverifiable: pruned-early 2', held: 'unverifiable: pruned-early 2' },
    note: 'Who goes on from an earlier verification does not read those entries again.',
  }),
  attack({
    id: 'retention-deletes',
    who: 'retention',
    does: 'delete entries past the function that prunes',
    refused: '42501',
  }),

  // Rewriting, by an owner or a superuser.
  attack({ id: 'owner-forgets-triggers', who: 'owner', does: 'update or delete rows as they are used to', refused: 'PHI02' }),
  attack({
    id: 'superuser-replica',
    who: 'superuser',
    does: 'set `session_replication_role = replica` to get past triggers',
    refused: 'PHI02',
  }),
  attack({
    id: 'owner-edits-a-text',
    who: 'owner',
    does: 'disable the triggers, edit one value, and enable them again',
    seen: { store: 'broken: altered-group 5 actor', held: 'broken: altered-group 5 actor' },
  }),
  attack({
    id: 'owner-leaves-triggers-off',
    who: 'owner',
    does: 'do the same and leave a trigger off',
    seen: { store: 'broken: altered-group 5 actor', held: 'broken: altered-group 5 actor', doctor: 'trigger-disabled' },
  }),
  attack({
    id: 'owner-alters-using',
    who: 'owner',
    does: 'rewrite a column with `alter table … alter column … type … using`, which fires no trigger',
    seen: { store: 'broken: altered-group 5 actor', held: 'broken: altered-group 5 actor' },
  }),
  attack({
    id: 'owner-edits-consistently',
    who: 'owner',
    does: 'replace a text together with its salt and its commitment',
    seen: { store: 'broken: altered-leaf 5', held: 'broken: altered-leaf 5', service: 'PHI_AUDIT_HISTORY_REWRITTEN' },
  }),
  attack({
    id: 'owner-edits-terms',
    who: 'owner',
    does: 'take a patient out of the terms that searches use',
    seen: { store: 'broken: projection-mismatch 5', held: 'broken: projection-mismatch 5' },
  }),
  attack({
    id: 'owner-edits-times',
    who: 'owner',
    does: 'move an entry out of every search by time',
    seen: { store: 'broken: projection-mismatch 5', held: 'broken: projection-mismatch 5' },
  }),
  attack({
    id: 'owner-edits-ids',
    who: 'owner',
    does: 'give an entry another event id in the searchable column',
    seen: { store: 'broken: projection-mismatch 5', held: 'broken: projection-mismatch 5' },
  }),
  attack({
    id: 'owner-takes-texts',
    who: 'owner',
    does: 'take the text of a group away, and its terms with it',
    seen: { store: 'unverifiable: missing-opening 5 actor', held: 'unverifiable: missing-opening 5 actor' },
  }),
  attack({
    id: 'owner-deletes-a-row',
    who: 'owner',
    does: 'delete an entry from the middle',
    seen: { store: 'broken: gap 5', held: 'broken: gap 5', service: 'PHI_AUDIT_HISTORY_REWRITTEN' },
  }),
  attack({
    id: 'owner-swaps-rows',
    who: 'owner',
    does: 'exchange two entries',
    seen: {
      store: 'broken: out-of-order 5, projection-mismatch 5, out-of-order 6, projection-mismatch 6',
      held: 'broken: out-of-order 5, projection-mismatch 5, out-of-order 6, projection-mismatch 6',
      service: 'PHI_AUDIT_HISTORY_REWRITTEN',
    },
  }),
  attack({
    id: 'owner-splices',
    who: 'owner',
    does: 'put an entry of another tenant’s log in the place of one',
    seen: { store: 'broken: wrong-origin 5', held: 'broken: wrong-origin 5', service: 'PHI_AUDIT_HISTORY_REWRITTEN' },
  }),
  attack({
    id: 'owner-adds-a-row',
    who: 'owner',
    does: 'add an entry behind the end',
    seen: {
      store: 'broken: head-mismatch 12',
      held: 'broken: head-mismatch 12',
      again: 'broken: head-mismatch 12',
      service: 'PHI_PG_QUERY',
    },
    note: 'The service cannot append: the place is taken.',
  }),
  attack({
    id: 'owner-rewrites',
    who: 'owner',
    does: 'write everything anew from an entry on, with links, tree hashes and head to match',
    seen: {
      store: 'broken: rewritten-history 4',
      held: 'broken: rewritten-history 4',
      again: 'broken: rewritten-history 0',
      service: 'PHI_AUDIT_HISTORY_REWRITTEN',
    },
  }),
  attack({
    id: 'owner-rewrites-and-clears',
    who: 'owner',
    does: 'do the same and delete every checkpoint from the store',
    seen: {
      store: 'unverifiable: unanchored',
      held: 'broken: rewritten-history 0',
      again: 'broken: rewritten-history 0',
      service: 'PHI_AUDIT_HISTORY_REWRITTEN',
    },
    note: 'Nothing in the database tells it. A checkpoint in other hands does.',
  }),
  attack({
    id: 'owner-rewrites-the-tail',
    who: 'owner',
    does: 'write anew what came after the last checkpoint that somebody else holds, and delete the later ones',
    seen: { again: 'broken: rewritten-history 0', service: 'PHI_AUDIT_HISTORY_REWRITTEN' },
    note: 'What no second party has a checkpoint of can be rewritten. Hand them out often.',
  }),
  attack({
    id: 'owner-cuts-rows',
    who: 'owner',
    does: 'delete the last entries and forget the head',
    seen: { store: 'broken: gap 10', held: 'broken: gap 10', service: 'PHI_AUDIT_HISTORY_REWRITTEN' },
  }),
  attack({
    id: 'owner-cuts-the-tail',
    who: 'owner',
    does: 'cut the end off, set the head to match, and leave the checkpoints',
    seen: {
      store: 'broken: truncated-tail 10',
      held: 'broken: truncated-tail 10',
      again: 'broken: truncated-tail 10, rollback 10',
      service: 'PHI_AUDIT_HISTORY_REWRITTEN',
    },
  }),
  attack({
    id: 'owner-cuts-the-tail-and-checkpoints',
    who: 'owner',
    does: 'cut the end off down to the last checkpoint that somebody else holds, and delete the later ones',
    seen: { again: 'broken: rollback 10', service: 'PHI_AUDIT_HISTORY_REWRITTEN' },
  }),
  attack({
    id: 'owner-cuts-deep',
    who: 'owner',
    does: 'cut more off than that',
    seen: {
      held: 'broken: truncated-tail 6',
      again: 'broken: rollback 6',
      service: 'PHI_AUDIT_HISTORY_REWRITTEN',
    },
  }),
  attack({
    id: 'owner-truncates',
    who: 'owner',
    does: 'empty every table and set the head to zero',
    seen: {
      store: 'unverifiable: empty',
      held: 'broken: truncated-tail 0',
      again: 'broken: rollback 0',
      service: 'PHI_AUDIT_HISTORY_REWRITTEN',
    },
  }),
  attack({
    id: 'owner-recreates',
    who: 'owner',
    does: 'drop the log and begin one of the same origin, as long as the old one',
    seen: {
      store: 'unverifiable: unanchored',
      held: 'broken: rewritten-history 0',
      again: 'broken: rewritten-history 0',
      service: 'PHI_AUDIT_STORE',
    },
  }),
  attack({
    id: 'owner-moves-a-log',
    who: 'owner',
    does: 'give a log to another tenant',
    seen: {
      store: 'error PHI_AUDIT_STORE',
      held: 'error PHI_AUDIT_STORE',
      again: 'error PHI_AUDIT_STORE',
      service: 'PHI_AUDIT_STORE',
    },
    note: 'A leaf names the origin and not the tenant: under the other tenant the log verifies. Keep elsewhere which origin is whose.',
  }),
  attack({
    id: 'owner-copies-a-log',
    who: 'owner',
    does: 'replay all entries of a log as the log of another tenant',
    also: 'verify of the copy: `broken: wrong-origin`',
    note: 'The log itself is untouched. The copy has another origin than its leaves: every entry of it is `wrong-origin`.',
  }),
  attack({
    id: 'owner-as-pruner',
    who: 'owner',
    does: 'delete entries as the role that prunes, which the triggers let through',
    seen: { store: 'broken: gap 5', held: 'broken: gap 5', service: 'PHI_AUDIT_HISTORY_REWRITTEN' },
  }),
  attack({
    id: 'owner-replaces-extend',
    who: 'owner',
    does: 'replace the function that appends by one that turns denials into successes',
    seen: {
      store: 'broken: altered-group 12 event',
      held: 'broken: altered-group 12 event',
      again: 'broken: altered-group 12 event',
      doctor: 'function-altered',
    },
  }),
  attack({
    id: 'superuser-replaces-refuse',
    who: 'superuser',
    does: 'replace the function of the triggers by one that lets everything through, and edit a value',
    seen: { store: 'broken: altered-group 5 actor', held: 'broken: altered-group 5 actor', doctor: 'function-altered' },
  }),
  attack({
    id: 'superuser-bypassrls',
    who: 'superuser',
    does: 'give the service’s login BYPASSRLS',
    seen: { doctor: 'service-login-too-strong' },
    note: 'Reads are not in the audit log of the database’s own making. Only who asks doctor sees it, and only while it lasts.',
  }),
  attack({
    id: 'superuser-reads',
    who: 'superuser',
    does: 'read the rows of every tenant',
    note: 'Nothing finds it. Keep superusers few, and seal what they must not read.',
  }),
  attack({
    id: 'owner-drops-tables',
    who: 'owner',
    does: 'drop the entries',
    seen: {
      store: 'error PHI_PG_NOT_MIGRATED',
      held: 'error PHI_PG_NOT_MIGRATED',
      again: 'error PHI_PG_NOT_MIGRATED',
      service: 'PHI_PG_NOT_MIGRATED',
      doctor: 'object-missing',
    },
  }),

  // Older states, second histories, checkpoints.
  attack({
    id: 'backup-restored',
    who: 'backup',
    does: 'put back a backup from after the last checkpoint that somebody else holds',
    seen: { again: 'broken: rollback 10', service: 'PHI_AUDIT_HISTORY_REWRITTEN' },
    note: 'It once was true. A verifier that was here before, and a service that still runs, know better.',
  }),
  attack({
    id: 'backup-restored-old',
    who: 'backup',
    does: 'put back an older backup',
    seen: { held: 'broken: truncated-tail 6', again: 'broken: rollback 6', service: 'PHI_AUDIT_HISTORY_REWRITTEN' },
  }),
  attack({
    id: 'forger-signs',
    who: 'owner',
    does: 'rewrite, delete the checkpoints, and sign one with a key of their own under the log’s name',
    seen: {
      store: 'unverifiable: unanchored',
      held: 'broken: rewritten-history 0',
      again: 'broken: rewritten-history 0',
      service: 'PHI_AUDIT_HISTORY_REWRITTEN',
    },
    note: 'A signature by another key counts for nothing.',
  }),
  attack({
    id: 'owner-alters-a-checkpoint',
    who: 'owner',
    does: 'edit the size of a checkpoint',
    seen: { store: 'broken: bad-signature', held: 'broken: bad-signature', again: 'broken: bad-signature' },
  }),
  attack({
    id: 'owner-borrows-a-checkpoint',
    who: 'owner',
    does: 'put a valid checkpoint of another log beside this one’s',
    also: 'verify with the keys of both logs: `broken: wrong-origin`',
    note: 'A reader who has this log’s key only is told of a note by a key they do not know. One who was given both keys hears `wrong-origin`, and the log is broken.',
  }),
  attack({
    id: 'key-rewrites',
    who: 'key',
    does: 'rewrite from an entry on, and sign the result anew',
    seen: {
      held: 'broken: rewritten-history 0',
      again: 'broken: rewritten-history 12',
      service: 'PHI_AUDIT_HISTORY_REWRITTEN',
    },
    note: 'Where nobody else holds a checkpoint, nothing finds it. Keep the key away from whoever owns the database.',
  }),
  attack({
    id: 'key-forks',
    who: 'key',
    does: 'show one history to one reader and another to the next, both signed',
    also: 'readers who exchange their checkpoints: `broken: fork 13`',
    note: 'Each reader by itself sees an intact log. When they exchange checkpoints both see `fork`.',
  }),

  // Reading across tenants, by a session that has a tenant of its own and does not change it.
  attack({
    id: 'tenant-selects',
    who: 'tenant',
    does: 'read every table directly, by joins, subqueries, lateral joins, cursors, COPY, views and functions of their own',
    effect: 'none',
    note: 'Every row is their own.',
  }),
  attack({ id: 'tenant-partitions', who: 'tenant', does: 'read partitions past their table', refused: '42501' }),
  attack({
    id: 'tenant-errors',
    who: 'tenant',
    does: 'make the database say something in error messages, by casts and by functions that speak',
    effect: 'none',
    note: 'They hear of their own rows only.',
  }),
  attack({
    id: 'tenant-statistics',
    who: 'tenant',
    does: 'read statistics of columns, and what EXPLAIN estimates',
    effect: 'none',
    note: 'The server hides statistics of tables with row security. Counts of whole tables over all tenants (`pg_class.reltuples`) are visible, and so are statements of sessions with the same login, without their parameters.',
  }),
  attack({
    id: 'tenant-sequences',
    who: 'tenant',
    does: 'read sequences',
    refused: '42501',
    note: 'The number of a log tells roughly how many logs there are in all.',
  }),
  attack({
    id: 'tenant-pooled',
    who: 'tenant',
    does: 'use prepared statements, cursors and temporary tables that another tenant left on a pooled connection',
    effect: 'none',
    note: 'A prepared statement answers for who runs it. What a transaction set is gone with it; a temporary table stays: `discard all`.',
  }),
  attack({
    id: 'tenant-functions',
    who: 'tenant',
    does: 'call every function with another tenant’s name or keys',
    refused: 'PHI01',
  }),
  attack({
    id: 'tenant-probes-origins',
    who: 'tenant',
    does: 'ask whether an origin is taken by another tenant',
    refused: 'PHI01',
    note: 'The answer is yes: an origin names one log in the whole database. Put no customer’s name into it.',
  }),
] as const satisfies readonly Attack[]

export type AttackId = (typeof attacks)[number]['id']
