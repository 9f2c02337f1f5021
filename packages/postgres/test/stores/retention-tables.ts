import type { RetentionStoreUnderTest, SuiteRecord } from '@phi/testing'
import { type Db, type RetentionStoreOptions, retentionStore } from '../../src/index.ts'

/** A table such as a user has, with rights for the role that disposes and nobody else. */
export const APP_SCHEMA = `
create schema app;
create table app."chart ""x""" (
  keeper text not null,
  id text collate "C" not null,
  kind text,
  "Tenant" text,
  subject text,
  created date,
  body text not null default 'what nobody of this package reads',
  primary key (keeper, id)
);
grant usage on schema app to phi_retention;
grant select, delete on app."chart ""x""" to phi_retention;
`

export const chartTable: RetentionStoreOptions['tables'][0] = {
  schema: 'app',
  table: 'chart "x"',
  id: [{ column: 'id', type: 'text' }],
  tenant: 'keeper',
  version: 'xmin',
  facts: { kind: 'kind', tenant: 'Tenant', subject: 'subject', created: 'created' },
}

const PUT = `
insert into app."chart ""x""" (keeper, id, kind, "Tenant", subject, created) values ($1, $2, $3, $4, $5, $6)
on conflict (keeper, id) do update set kind = excluded.kind, "Tenant" = excluded."Tenant", subject = excluded.subject, created = excluded.created`

let keepers = 0
export const freshKeeper = (): string => `keeper-${process.pid}-${keepers++}`

export async function putChart(db: Db, keeper: string, { id, record }: SuiteRecord): Promise<void> {
  await db.query(PUT, [keeper, id, record.kind, record.tenant, record.subject, record.created])
}

export const chartStore = (db: Db, tenant: string) =>
  retentionStore(db, { tenant, tables: [chartTable], sealedTables: 'all-are-mapped' })

/** A store of a keeper of its own, for every case: nothing has to be emptied. */
export function chartUnderTest(db: Db): RetentionStoreUnderTest {
  const keeper = freshKeeper()
  return {
    store: chartStore(db, keeper),
    async put(records) {
      for (const record of records) await putChart(db, keeper, record)
    },
  }
}
