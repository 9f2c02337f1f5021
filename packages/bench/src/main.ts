import { parseArgs } from 'node:util'
import { type Measured, measure, type Row } from './measure.ts'
import {
  canAccessControl,
  canByHand,
  canCasbin,
  canCasl,
  canCedar,
  compileEverything,
  compileThousand,
  decideByHand,
} from './rows/access.ts'
import { appendMemory } from './rows/append-memory.ts'
import { baaDecide, baaDiff } from './rows/baa.ts'
import { breachByDate, breachByTemporal } from './rows/deadlines.ts'
import { appendAgainstLightChain, appendAgainstLocking, appendManyCallers, appendOneCaller } from './rows/durable-append.ts'
import { field1k, field32, fieldAwsSdk, fieldCloak, fieldNoble, fieldWebCrypto } from './rows/envelope-field.ts'
import { fileAgainstAge, fileAgainstOneShot, fileRange } from './rows/envelope-file.ts'
import { proveAgainstPeer, verifyAgainstPeer } from './rows/hypercore.ts'
import { appendManyTenants } from './rows/many-tenants.ts'
import { retentionPlan } from './rows/retention.ts'
import { retentionPlanSql } from './rows/retention-sql.ts'
import { verifyPostgres } from './rows/verify-postgres.ts'
import { stopServer } from './server.ts'

const rows: readonly Row[] = [
  appendMemory,
  appendManyCallers,
  appendOneCaller,
  appendAgainstLocking,
  appendAgainstLightChain,
  appendManyTenants,
  verifyPostgres,
  verifyAgainstPeer,
  proveAgainstPeer,
  field32,
  field1k,
  fieldAwsSdk,
  fieldCloak,
  fieldWebCrypto,
  fieldNoble,
  fileAgainstOneShot,
  fileAgainstAge,
  fileRange,
  canByHand,
  decideByHand,
  canCasl,
  canCedar,
  canCasbin,
  canAccessControl,
  compileThousand,
  compileEverything,
  breachByDate,
  breachByTemporal,
  retentionPlan,
  retentionPlanSql,
  baaDecide,
  baaDiff,
]

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log('npm run bench -- [--json] [--quick] [--only <part of an id>]\n')
  for (const { id, against, atLeast } of rows) console.log(`${id.padEnd(36)} at least ${atLeast} of: ${against}`)
  process.exit(0)
}

const chosen = rows.filter(({ id }) => id.includes(values.only ?? ''))
const results: Measured[] = []
for (const row of chosen) {
  if (!values.json) process.stderr.write(`${row.id} …\n`)
  results.push(await measure(row, { quick: values.quick, budgetMs: values.quick ? 1_200 : 10_000 }))
}

await stopServer()

if (values.json)
  console.log(
    JSON.stringify(
      results.map(({ id, against, ratio, atLeast }) => ({ id, against, ratio, atLeast })),
      null,
      2,
    ),
  )
else {
  const number = (value: number) => value.toLocaleString('en-US')
  for (const { id, against, ratio, atLeast, unit, oursPerSecond, baselinePerSecond, spread, rounds } of results) {
    const verdict = ratio >= atLeast ? 'reached' : 'short'
    console.log(
      `\n${id}\n  ratio ${ratio}, at least ${atLeast}: ${verdict}   (${spread[0]} to ${spread[1]} over ${rounds} rounds)`,
    )
    console.log(
      `  ours      ${number(oursPerSecond)} ${unit}/s\n  baseline  ${number(baselinePerSecond)} ${unit}/s: ${against}`,
    )
  }
}
process.exit(0)
