// Writes the TypeScript of every document into .tmp/blocks, where `npm run check:types` reads it: what runs it takes the types away
// unread. Blocks that name the same `file=` are one file.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(root, '.tmp/blocks')
/** Their blocks are pieces, which tests put where they belong. */
const pieces = new Set(['CONTRIBUTING.md', 'examples/sqlite-adapter/README.md'])

const tracked = ['ls-files', '--cached', '--others', '--exclude-standard', '--', '*.md']
const documents = execFileSync('git', tracked, { cwd: root, encoding: 'utf8' }).trim().split('\n')

rmSync(folder, { recursive: true, force: true })
for (const path of documents.filter((each) => !pieces.has(each))) {
  const files = new Map<string, string>()
  // A comment on the first line names the file where the fence does not.
  const fence = /^```(?:ts|typescript)(?: file=([\w.-]+))?\n(?:\/\/ ([\w.-]+\.ts)\n)?(.*?)^```$/gms
  for (const [, named, commented, code = ''] of readFileSync(join(root, path), 'utf8').matchAll(fence)) {
    const name = named ?? commented ?? `program-${files.size + 1}.ts`
    files.set(name, (files.get(name) ?? '') + code)
  }
  if (files.size === 0) continue
  const home = join(folder, path.replace(/\.md$/, '').replaceAll('/', '-'))
  mkdirSync(home, { recursive: true })
  for (const [name, code] of files) writeFileSync(join(home, name), `${code}\nexport {}\n`)
}
