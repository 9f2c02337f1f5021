/** `break`: something is not as it must be. `warn`: worth a look. `unknown`: this login could not see it, so nobody may call it well. */
export type DoctorSeverity = 'break' | 'warn' | 'unknown'

interface Kind {
  readonly severity: DoctorSeverity
  readonly meaning: string
  readonly remedy: string
}

const restore =
  'Find out who changed it and when, verify the audit logs against checkpoints held elsewhere, then restore what the migration makes.'
const nameIt = 'Take the right away from it, or name the login in `admins` if a person is meant to hold that power.'

/** Everything that `doctor` can find. The sentences are fixed; names of objects and roles stand beside them. */
export const doctorFindingKinds = {
  'not-migrated': {
    severity: 'break',
    meaning: 'The database has no schema phi, or one that no migration made.',
    remedy: 'Run migrate(db) as a login that may create schemas and roles.',
  },
  'migration-missing': {
    severity: 'break',
    meaning: 'A migration that this version needs was not applied, so the schema was not compared.',
    remedy: 'Run migrate(db), then ask again.',
  },
  'migration-changed': {
    severity: 'break',
    meaning: 'The database remembers another text of a migration than the one that was published.',
    remedy: 'Find out who changed phi.migration, or which edited version of the package was deployed.',
  },
  'migration-unknown': {
    severity: 'break',
    meaning: 'The database has a migration that this version does not know, so the schema was not compared.',
    remedy: 'Use the version of @phi/postgres that migrated the database.',
  },
  'migrations-unreadable': {
    severity: 'unknown',
    meaning: 'This login may not read which migrations were applied.',
    remedy: 'Ask again with the login that migrates.',
  },
  'object-missing': {
    severity: 'break',
    meaning: 'A table, function, index or type of the schema is not there.',
    remedy: restore,
  },
  'unknown-object': {
    severity: 'break',
    meaning: 'The schema phi holds something that no migration made. Code that trusts the schema may come to use it.',
    remedy: 'Find out who made it, and drop it. Keep objects of your own in a schema of your own.',
  },
  'altered-object': {
    severity: 'break',
    meaning: 'A column, constraint, index or type is not as the migration made it.',
    remedy: restore,
  },
  'wrong-owner': {
    severity: 'break',
    meaning: 'An object belongs to another role than it should: its owner can alter it and switch its protections off.',
    remedy: 'alter … owner to the expected role, after finding out how it changed.',
  },
  'unlogged-table': {
    severity: 'break',
    meaning: 'A table is not written to the log of the server: a crash empties it, and standbys do not have it.',
    remedy: 'alter table … set logged.',
  },
  'row-security-off': {
    severity: 'break',
    meaning: 'Row security is off for a table: every reader of it sees every tenant.',
    remedy: 'alter table … enable row level security.',
  },
  'row-security-not-forced': {
    severity: 'break',
    meaning: 'Row security does not bind the owner of a table.',
    remedy: 'alter table … force row level security.',
  },
  'policy-missing': {
    severity: 'break',
    meaning: 'A policy of a table is gone. Without the restrictive one a reader sees every tenant.',
    remedy: restore,
  },
  'policy-altered': {
    severity: 'break',
    meaning: 'A policy of a table does not say what the migration wrote: tenants may see each other.',
    remedy: restore,
  },
  'policy-unknown': {
    severity: 'break',
    meaning: 'A table has a policy that no migration made. The restrictive wall still holds beside a permissive one.',
    remedy: 'Find out who made it, and drop it.',
  },
  'trigger-missing': {
    severity: 'break',
    meaning: 'A trigger that keeps rows from being changed or removed is gone.',
    remedy: restore,
  },
  'trigger-disabled': {
    severity: 'break',
    meaning: 'A trigger is off, or falls to session_replication_role: rows could be changed or removed meanwhile.',
    remedy: 'Verify the audit logs against checkpoints held elsewhere, then alter table … enable always trigger ….',
  },
  'trigger-altered': {
    severity: 'break',
    meaning: 'A trigger does not do what the migration wrote.',
    remedy: restore,
  },
  'trigger-unknown': {
    severity: 'break',
    meaning: 'A table has a trigger that no migration made: it can change or drop rows on their way in.',
    remedy: 'Find out who made it, and drop it.',
  },
  rule: {
    severity: 'break',
    meaning: 'A table has a rewrite rule: statements on it do something else than they say.',
    remedy: 'Find out who made it, and drop it.',
  },
  'inheriting-table': {
    severity: 'break',
    meaning: 'A table outside the schema is read as a part of one inside: whoever can write to it adds rows.',
    remedy: 'Find out who attached it, and detach it: alter table … no inherit, or detach partition.',
  },
  'function-altered': {
    severity: 'break',
    meaning:
      'A function is not the one that the migration wrote. Those that run with their owner’s rights can do anything with them.',
    remedy: restore,
  },
  'function-settings': {
    severity: 'break',
    meaning:
      'A function runs with other settings than it should. Without a pinned search_path a caller can make it use objects of their own.',
    remedy: restore,
  },
  'grant-unexpected': {
    severity: 'break',
    meaning: 'A role has a right that no migration gave it.',
    remedy: 'Revoke it. Rights are given to logins by membership in a role of the schema: see the options of migrate().',
  },
  'grant-missing': {
    severity: 'break',
    meaning: 'A role lacks a right that the migration gave it: what needs it will fail.',
    remedy: 'Grant it again.',
  },
  'role-altered': {
    severity: 'break',
    meaning: 'A role of the schema has an attribute or a membership that it should not have, or is gone.',
    remedy: 'alter role … nologin nosuperuser nobypassrls nocreaterole nocreatedb noreplication; revoke … from ….',
  },
  'superuser-login': { severity: 'break', meaning: 'A login that was not named is a superuser.', remedy: nameIt },
  'bypassrls-login': {
    severity: 'break',
    meaning: 'A login that was not named is not bound by row security, or can become a role that is not.',
    remedy: nameIt,
  },
  'owner-login': {
    severity: 'break',
    meaning: 'A login that was not named can act as the owner of the schema, of its tables, or of the functions that write.',
    remedy: nameIt,
  },
  'database-owner': {
    severity: 'break',
    meaning: 'The database belongs to a login that was not named: it can change its settings, and drop it.',
    remedy: nameIt,
  },
  'data-role-login': {
    severity: 'break',
    meaning: 'A login that was not named can read or write all tables, through a predefined role.',
    remedy: nameIt,
  },
  'file-role-login': {
    severity: 'break',
    meaning: 'A login that was not named can read or write files of the server, or run programs on it.',
    remedy: nameIt,
  },
  'replication-login': {
    severity: 'break',
    meaning: 'A login that was not named can copy the whole server through replication.',
    remedy: 'Take the attribute away, or name the login in `replication`.',
  },
  'service-login-too-strong': {
    severity: 'break',
    meaning: 'A login that a service uses can do more than its role is for.',
    remedy: 'Give the service a login that is a member of its one role and of nothing else.',
  },
  'login-not-named': {
    severity: 'break',
    meaning: 'A login is a member of a role of the schema, and was not named for it.',
    remedy: 'Revoke the membership, or name the login.',
  },
  'login-missing': {
    severity: 'break',
    meaning: 'A login that was named does not exist, or is not a member of the role that it was named for.',
    remedy: 'Correct the name, or run migrate(db, { app: […] }).',
  },
  'view-over-table': {
    severity: 'break',
    meaning: 'A view outside the schema reads its tables with the rights of the view’s owner.',
    remedy: 'Drop it, or make it security_invoker and accept it by name.',
  },
  'function-of-our-role': {
    severity: 'break',
    meaning: 'A function outside the schema runs with the rights of one of its roles.',
    remedy: 'Find out who made it, and drop it.',
  },
  publication: {
    severity: 'break',
    meaning: 'A publication sends rows of the schema to subscribers, of all tenants.',
    remedy: 'Drop the tables from it, or accept it by name.',
  },
  subscription: {
    severity: 'break',
    meaning: 'A subscription writes rows into the schema from another server.',
    remedy: 'Drop it. Tables of the schema are copied by physical replication.',
  },
  'replication-slot': {
    severity: 'break',
    meaning: 'A logical replication slot of this database keeps every change for whoever reads it.',
    remedy: 'Drop it, or accept it by name.',
  },
  'event-trigger': {
    severity: 'break',
    meaning: 'An event trigger runs code of its owner’s when somebody alters the schema or logs in.',
    remedy: 'Find out what it does, and drop it or accept it by name.',
  },
  extension: {
    severity: 'break',
    meaning: 'An extension or language gives access to files of the server, or to pages of tables past every wall.',
    remedy: 'Drop it, or accept it by name.',
  },
  'file-function-grant': {
    severity: 'break',
    meaning: 'A function that reads or writes files of the server may be called by more than superusers.',
    remedy: 'Revoke it.',
  },
  'durability-off': {
    severity: 'break',
    meaning: 'The server may lose or garble acknowledged entries in a crash.',
    remedy: 'Set fsync, full_page_writes and synchronous_commit to on.',
  },
  'setting-unsafe': {
    severity: 'break',
    meaning: 'A setting of this session is not what the protections need.',
    remedy: 'Reset it, and find out where it is set.',
  },
  'setting-for-role': {
    severity: 'break',
    meaning: 'A setting that the protections depend on is changed for a role or for the database.',
    remedy: 'alter role … reset …, or alter database … reset ….',
  },
  'no-tls': {
    severity: 'break',
    meaning: 'Connections to this server travel without TLS.',
    remedy: 'Set ssl = on with a certificate, and connect with sslmode=verify-full.',
  },
  'trust-authentication': {
    severity: 'break',
    meaning: 'The server lets people in without a password or certificate.',
    remedy: 'Replace trust in pg_hba.conf by scram-sha-256 or cert.',
  },
  'checksums-off': {
    severity: 'warn',
    meaning: 'Pages have no checksums: a disk that garbles rows is noticed late.',
    remedy: 'Stop the server and run pg_checksums --enable.',
  },
  'not-visible': {
    severity: 'unknown',
    meaning: 'This login may not see a part of what is checked.',
    remedy: 'Ask again with a login that may, such as a member of pg_monitor or the one that migrates.',
  },
} as const satisfies Record<string, Kind>

export type DoctorFindingCode = keyof typeof doctorFindingKinds

export interface DoctorFinding {
  readonly code: DoctorFindingCode
  readonly severity: DoctorSeverity
  /** What it is about: an object with its kind, `table audit_entry`, or a login, a setting, a line of a file. */
  readonly object: string
  readonly found: string
  readonly expected: string
  readonly meaning: string
  readonly remedy: string
}

export function findingOf(code: DoctorFindingCode, object: string, found: string, expected: string): DoctorFinding {
  return { code, ...doctorFindingKinds[code], object, found, expected }
}
