import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface LoadCost {
  /** Files of JavaScript that Node read and compiled. */
  readonly files: number
  /** Their length, in characters. */
  readonly length: number
  /** The same length by package, most first. */
  readonly by: readonly (readonly [name: string, length: number])[]
}

// Each entry in a thread of its own: a thread begins with no modules, and costs less than a process. The debugger's protocol tells
// every script that is compiled, of ES modules and CommonJS alike.
const program = `
import { Session } from 'node:inspector'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const packageOf = (url) => /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1] ?? 'the program'

if (isMainThread) {
  const costs = {}
  for (const entry of JSON.parse(process.argv[2])) {
    costs[entry] = await new Promise((done, failed) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: entry })
      worker.once('message', done).once('error', (error) => failed(new Error(entry + ': ' + error.message)))
    })
  }
  console.log(JSON.stringify(costs))
} else {
  const scripts = []
  const session = new Session()
  session.connect()
  session.on('Debugger.scriptParsed', ({ params }) => scripts.push(params))
  session.post('Debugger.enable')
  // What was there before is told at once, by the call above.
  scripts.length = 0
  await import(workerData)
  const sums = {}
  const read = scripts.filter(({ url }) => url.startsWith('file:'))
  for (const { url, length } of read) sums[packageOf(url)] = (sums[packageOf(url)] ?? 0) + length
  const by = Object.entries(sums).sort(([, a], [, b]) => b - a)
  parentPort.postMessage({ files: read.length, length: read.reduce((sum, each) => sum + each.length, 0), by })
}
`

/** What Node compiles when it imports each entry alone: the part of a cold start that is the same on every machine. */
export function loadCosts(folder: string, entries: readonly string[]): Record<string, LoadCost> {
  writeFileSync(join(folder, 'load-cost.mjs'), program)
  const env = { ...process.env, NODE_OPTIONS: '' }
  const printed = execFileSync(process.execPath, ['load-cost.mjs', JSON.stringify(entries)], {
    cwd: folder,
    encoding: 'utf8',
    env,
  })
  return JSON.parse(printed) as Record<string, LoadCost>
}
