// Uses the packed packages on every supported Node and under several versions of TypeScript: `npm run consumer:matrix`, after
// `npm run check:packages` has packed them. `-- 24` for one Node. What cannot be fetched is told, and is no failure.

import { existsSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fetched, nodeOf, supportedNodes } from './node-releases.ts'
import { run, since } from './run.ts'

/** The oldest that the declarations hold under (before it `Uint8Array` was not generic), the last of its major version, and the one that this repository uses. */
const TYPESCRIPTS = ['5.7', '5.9', '6.0']

const packed = resolve('node_modules/.cache/phi-packed')
if (!existsSync(packed)) throw new Error('there are no packed packages yet: npm run check:packages')

const consume = (node: string, env: Readonly<Record<string, string>>, tests: readonly string[]): boolean =>
  run(
    node,
    ['node_modules/vitest/vitest.mjs', 'run', '--root', 'packages/consumer', ...tests.map((name) => `test/${name}.test.ts`)],
    {
      env: { PHI_PACKED: packed, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`, ...env },
    },
  ).ok

const wanted = process.argv.slice(2)
const rows: string[] = []
let [ran, failed] = [0, 0]
const record = (name: string, work: () => boolean): void => {
  console.log(`\n=== ${name}`)
  const start = performance.now()
  const ok = work()
  ran += 1
  failed += ok ? 0 : 1
  rows.push(`${ok ? 'ok    ' : 'FAILED'} ${name} (${since(start)})`)
}

for (const major of supportedNodes.filter((each) => wanted.length === 0 || wanted.includes(each))) {
  const node = nodeOf(major)
  if ('reason' in node) rows.push(`none   Node ${major}: ${node.reason}`)
  else {
    const version = run(node.binary, ['--version'], { quiet: true }).stdout.trim()
    record(`Node ${version}`, () => consume(node.binary, {}, ['packages', 'optional-peers']))
  }
}

for (const version of TYPESCRIPTS.filter((each) => wanted.length === 0 || wanted.includes(each))) {
  const compiler = fetched(`typescript@${version}`)
  if ('reason' in compiler) rows.push(`none   TypeScript ${version}: ${compiler.reason}`)
  else {
    const env = { PHI_TYPESCRIPT: join(compiler.folder, 'lib/typescript.js') }
    record(`TypeScript ${version}`, () => consume(process.execPath, env, ['declarations']))
  }
}

console.log(`\n${rows.join('\n')}`)
process.exit(failed > 0 || ran === 0 ? 1 : 0)
