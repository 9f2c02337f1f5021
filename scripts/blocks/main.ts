// Which blocks of code in the documents a test held to be true: `npm run blocks [-- --report <file>] [-- --check]`. With the report of
// a run, only what was shown since that run began counts. With --check, ends with 1 where a block was not shown.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { shownAt } from '../../packages/core/test/shown-blocks.ts'
import { codeOf } from './code.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { values } = parseArgs({ options: { report: { type: 'string' }, check: { type: 'boolean', default: false } } })
const since =
  values.report === undefined ? 0 : (JSON.parse(readFileSync(values.report, 'utf8')) as { startTime: number }).startTime

const documents = execFileSync('git', ['ls-files', '--', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n')
const blocks = documents.flatMap((path) => codeOf(readFileSync(join(root, path), 'utf8')).map((block) => ({ path, ...block })))
const open = blocks.filter(({ code }) => (shownAt(code) ?? -1) < since)
console.log(`${blocks.length - open.length} of ${blocks.length} blocks of code in documents were run, or held, by a test`)
for (const { path, line, language } of open) console.log(`${path}:${line}: a block of ${language} that no test showed`)
process.exit(values.check && open.length > 0 ? 1 : 0)
