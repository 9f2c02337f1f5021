import { connect, migrate, retentionPlanner } from '@phi/postgres'
import { retentionSchedule, usRetention } from '@phi/retention'
import pg from 'pg'
import type { Row } from '../measure.ts'
import { freshDatabase, startServer } from '../server.ts'

/** Policies, logs and hospital records of four States, adults and minors: the records of the row `retention.plan.bare-dates`. */
const RECORDS = (count: number) => `
create table public.record (
  id uuid primary key, kind text not null, state text, provider text, created date, discharged date, last_treatment date,
  last_entry date, last_in_effect date, born date, medicare boolean, in_effect boolean, subject text not null
);
insert into public.record
select md5(i::text)::uuid,
  case i % 5 when 0 then 'policy-document' when 1 then 'audit-log' else 'medical-record' end,
  case when i % 5 > 1 then (array['TX', 'CA', 'NY', 'MA'])[1 + i % 4] end,
  case when i % 5 > 1 then 'hospital' end,
  make_date(1984 + i % 30, 1 + i % 12, 1 + i % 28),
  case when i % 5 > 1 then make_date(1985 + i % 30, 1 + i % 12, 1 + i % 28) end,
  case when i % 5 > 1 then make_date(1985 + i % 30, 1 + i % 12, 1 + i % 28) end,
  case when i % 5 > 1 then make_date(1985 + i % 30, 1 + i % 12, 1 + i % 28) end,
  case when i % 5 = 0 then make_date(1995 + i % 30, 1 + i % 12, 1 + i % 28) end,
  case when i % 5 > 1 then make_date(1940 + i % 44, 1 + i % 12, 1 + i % 28) end,
  case when i % 5 > 1 then i % 2 = 0 end,
  false,
  'p-' || i % 50000
from generate_series(1, ${count}) as i;
grant select, delete on public.record to phi_retention;
vacuum analyze public.record`

export const retentionPlanSql: Row = {
  id: 'retention.plan.sql',
  against: 'a bare select kind, count(*) group by kind over the same rows; ours decides every row, with a hundred holds',
  atLeast: 0.2,
  async prepare({ quick }) {
    const count = quick ? 100_000 : 1_000_000
    const server = await startServer()
    const database = await freshDatabase(server.url)
    const db = await connect(database.url, { queryTimeoutMs: 600_000 })
    await migrate(db)
    for (const statement of RECORDS(count).split(';')) await db.query(statement)
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    const today = usRetention.asOf
    const planner = retentionPlanner(db, {
      tenant: 'default',
      policy: retentionSchedule({
        id: 'bench/1',
        signOffs: usRetention.rules.map(({ id }) => ({ rule: id, by: 'counsel', on: today })),
      }),
      tables: [
        {
          table: 'record',
          id: [{ column: 'id', type: 'uuid' }],
          tenant: null,
          version: 'xmin',
          facts: {
            kind: 'kind',
            state: 'state',
            provider: 'provider',
            created: 'created',
            discharged: 'discharged',
            lastTreatment: 'last_treatment',
            lastEntry: 'last_entry',
            lastInEffect: 'last_in_effect',
            born: 'born',
            medicare: 'medicare',
            inEffect: 'in_effect',
            subject: 'subject',
          },
        },
      ],
    })
    await db.transaction(async (tx) => {
      await tx.query(`select set_config('phi.tenant', 'default', true)`, [])
      for (let i = 0; i < 100; i++) {
        const matches = { subjects: [`p-${i}`] }
        await tx.query('select phi.retention_hold_append($1, $2)', [
          i,
          JSON.stringify({ type: 'placed', case: `m-${i}`, on: today, by: 'counsel', matches }),
        ])
      }
    })
    return {
      unit: 'records',
      async ours() {
        const { records, byStatus } = await planner.overview({ today })
        const { disposable = 0, held = 0, 'needs-assessment': open = 0 } = byStatus
        if (records !== count || disposable < count / 20 || held === 0 || open > count / 5)
          throw new Error('the plan decides nothing')
        return count
      },
      async baseline() {
        const { rows } = await client.query({
          name: 'count',
          text: 'select kind, count(*)::text as records from public.record group by kind',
        })
        if (rows.reduce((sum, { records }) => sum + Number(records), 0) !== count) throw new Error('rows are missing')
        return count
      },
      close: async () => {
        await client.end()
        await db.close()
        await database.drop()
        await server.stop()
      },
    }
  },
}
