// The changelog of all packages as one page: `tsx scripts/changelog/main.ts [--check]`. Writes docs/changelog.md; with --check it ends with
// 1 where the page is not what the changesets and the changelogs of the packages make.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { renderedChangelog } from './page.ts'
import { changesetsOf, packagesOf } from './read.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { values } = parseArgs({ options: { check: { type: 'boolean' } } })
const file = join(root, 'docs/changelog.md')
const page = renderedChangelog(packagesOf(root), changesetsOf(root))

if (values.check !== true) writeFileSync(file, page)
else if (readFileSync(file, 'utf8') !== page) {
  console.log('docs/changelog.md is stale: write it again with tsx scripts/changelog/main.ts')
  process.exitCode = 1
}
