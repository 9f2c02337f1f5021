import pg from 'pg'
import { writeFileSync } from 'node:fs'
import { retentionPlanSql } from './rows/retention-sql.ts'
const orig = pg.Client.prototype.query as any
let last: any
;(pg.Client.prototype as any).query = function (this: any, ...args: any[]) {
  const a0 = args[0]
  const text = typeof a0 === 'string' ? a0 : a0?.text
  const values = a0?.values ?? args[1]
  if (typeof text === 'string' && text.includes('pg_is_in_recovery') ) last = { text, values }
  return orig.apply(this, args)
}
const made = await retentionPlanSql.prepare({ quick: process.argv[2] === 'quick' } as never)
const t0 = performance.now(); await made.ours(); console.log(performance.now() - t0)
writeFileSync('../../.tmp/ret/q.sql', last.text)
writeFileSync('../../.tmp/ret/q.json', JSON.stringify(last.values))
const url = process.env.ZZ_URL
import { startServer } from './server.ts'
const server = await startServer()
console.log(server.url)
const c = new pg.Client({ connectionString: server.url }); await c.connect()
const { rows } = await c.query('select datname from pg_database')
console.log(rows.map((r: any) => r.datname))
await new Promise((r) => setTimeout(r, 3 * 3600_000))
