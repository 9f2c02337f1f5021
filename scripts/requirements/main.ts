// The table of requirements with the tests that show each: `npm run requirements [-- --json] [-- --report <file>] [-- --check]`.
// Without a report it runs the tests. Ends with 1 where a row has no passing test, or one that failed.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { run } from '../run.ts'
import { rendered } from './render.ts'
import { requirementRows, type TestReport } from './table.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { values } = parseArgs({ options: { json: { type: 'boolean' }, report: { type: 'string' }, check: { type: 'boolean' } } })

function reportOfARun(): TestReport {
  const folder = mkdtempSync(join(tmpdir(), 'phi-requirements-'))
  try {
    const file = join(folder, 'tests.json')
    // The tests' own lines go to standard error: the table stands alone on standard output.
    const command = [
      process.execPath,
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ] as const
    run(command[0], command.slice(1), { toStderr: true })
    return JSON.parse(readFileSync(file, 'utf8')) as TestReport
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const report = values.report === undefined ? reportOfARun() : (JSON.parse(readFileSync(values.report, 'utf8')) as TestReport)
const rows = requirementRows(report, root)
const open = rows.filter(({ status }) => status !== 'proven')
if (values.json === true) console.log(JSON.stringify({ rows }, null, 2))
else {
  if (values.check !== true) writeFileSync(join(root, 'docs/requirements.md'), rendered(rows))
  console.log(`${rows.length - open.length} of ${rows.length} requirements are shown by a passing test`)
  for (const { id, status, tests } of open) {
    // Of a failing row the tests that failed: a requirement may have a hundred that passed.
    const telling = status === 'failing' ? tests.filter((test) => test.status === 'failed') : tests
    console.log(`${id}: ${status}${telling.map(({ file, title }) => `\n    ${file}: ${title}`).join('')}`)
  }
}
process.exit(open.length > 0 ? 1 : 0)
