// The matrix of controls: `tsx scripts/controls/main.ts [--json] [--report <file of vitest's JSON reporter>] [--check]`.
// Writes docs/controls.md and docs/what-code-cannot-do.md; --check compares them instead. With a report, each cited test must be in that
// run and none may have failed. Ends with 1 where a page is stale or a row is open.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { TestReport } from '../requirements/table.ts'
import { judged } from './evidence.ts'
import { renderedLimits, renderedMatrix } from './render.ts'
import { controlRows } from './table.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { values } = parseArgs({ options: { json: { type: 'boolean' }, report: { type: 'string' }, check: { type: 'boolean' } } })
const pages = { 'docs/controls.md': renderedMatrix(), 'docs/what-code-cannot-do.md': renderedLimits() }

const results =
  values.report === undefined
    ? undefined
    : judged(controlRows, JSON.parse(readFileSync(values.report, 'utf8')) as TestReport, root)
const open = results?.filter(({ status }) => status === 'failing' || status === 'missing') ?? []
const stale =
  values.check === true ? Object.entries(pages).filter(([path, page]) => readFileSync(join(root, path), 'utf8') !== page) : []

if (values.json === true)
  console.log(JSON.stringify({ rows: results?.map(({ row, status }) => ({ ...row, status })) ?? controlRows }, null, 2))
else {
  if (values.check !== true) for (const [path, page] of Object.entries(pages)) writeFileSync(join(root, path), page)
  console.log(`${controlRows.length} provisions, ${controlRows.flatMap(({ tests }) => tests).length} references to tests`)
  if (results === undefined) console.log('what became of the tests was not looked at: give the report of a run with --report')
  else console.log(`${results.filter(({ status }) => status === 'proven').length} rows are shown by tests of this run`)
  for (const { row, status, open: tests } of open)
    console.log(`${row.citation}: ${status}${tests.map(({ file, title }) => `\n    ${file}: ${title}`).join('')}`)
  for (const [path] of stale) console.log(`${path} is not what the table makes: write it again`)
}
process.exitCode = open.length + stale.length > 0 ? 1 : 0
