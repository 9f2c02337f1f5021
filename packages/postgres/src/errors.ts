import { errorsOf } from '@phi/core'

/** The errors of this package. Store operations also throw the codes of the package whose interface they implement. */
export const postgresErrors = {
  PHI_PG_URL: {
    problem: 'The connection string is not valid',
    remedy: 'Pass postgres://user:password@host:port/database; percent-encode special characters.',
  },
  PHI_PG_INSECURE: {
    problem: 'The connection would leave this machine without verified TLS',
    remedy:
      'Add sslmode=verify-full (and sslrootcert where the server has a certificate authority of its own), or spell out allowInsecure.',
  },
  PHI_PG_TLS: {
    problem: 'The server did not prove over TLS that it is the one that was named',
    remedy:
      'Check the name in the connection string, the certificate (its names, its dates, who signed it: sslrootcert), and that the server speaks TLS 1.2 or later.',
  },
  PHI_PG_DRIVER: {
    problem: 'The database driver is not installed',
    remedy:
      'Install it beside @phi/postgres: `pg` for connect(), `postgres` for connectPostgresJs(), `@electric-sql/pglite` for embedded().',
  },
  PHI_PG_UNAVAILABLE: {
    problem: 'The database could not be reached or could not do the work now',
    remedy: 'Retry; when it persists, check the server, its connection limit and the network.',
    retryable: true,
  },
  PHI_PG_NOT_MIGRATED: {
    problem: 'The database has no phi schema, or an older one than this code needs',
    remedy: 'Run migrate(db) as a user that may create schemas and roles.',
  },
  PHI_PG_MIGRATION_CHANGED: {
    problem: 'A migration that was applied to this database differs from the one in this version of the code',
    remedy:
      'Do not edit applied migrations: restore the published version of @phi/postgres, or find out who changed the table phi.migration.',
  },
  PHI_PG_MIGRATION_UNKNOWN: {
    problem: 'The database has migrations that this version of the code does not know',
    remedy: 'Upgrade @phi/postgres here to the version that migrated the database.',
  },
  PHI_PG_FORBIDDEN: {
    problem: 'The database role of this connection lacks a privilege that the work needs',
    remedy:
      "Grant it the role for the work: migrate(db, { app: ['<login>'] }) for a service; `auditor`, `retention`, `custodian` or `forwarder` for what they do.",
  },
  PHI_PG_ACTING: {
    problem: 'The work cannot be done in the name of this actor, and nothing of it was kept',
    remedy:
      'See which: the role must be one that row security binds, and the transaction must stay with one tenant, actor and role.',
  },
  PHI_PG_OPTIONS: {
    problem: 'An option is not valid',
    remedy: 'Correct the named option.',
  },
  PHI_PG_WORKER: {
    problem: 'The thread that verifies ended without an answer, and nothing is known of the log',
    remedy:
      'Verify again; error.cause has what ended it. With a bundler, keep @phi/postgres external: the thread is a file of its own.',
  },
  PHI_PG_QUERY: {
    problem: 'The database refused a statement of this package',
    remedy: 'The SQLSTATE is in info.sqlstate. Run migrate(db) if the schema may be old, and report it otherwise.',
  },
} as const

export const postgresError = errorsOf(postgresErrors)
