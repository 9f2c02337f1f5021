// Every check but the tests, one after the other. All of them run, also after one has failed: the last lines tell which.

import { npm, since } from './run.ts'

const steps = ['check:types', 'check:lint', 'check:imports', 'check:dead', 'check:packages', 'check:docs']
const started = performance.now()
const summary: string[] = []
let failed = false

for (const [index, step] of steps.entries()) {
  const start = performance.now()
  console.log(`\n[${index + 1}/${steps.length}] ${step}`)
  const { ok } = npm(['run', '--silent', step])
  failed ||= !ok
  summary.push(`${ok ? 'ok    ' : 'FAILED'} ${step.padEnd(16)}${since(start).padStart(8)}`)
}

console.log(`\n${summary.join('\n')}\n${failed ? 'check failed' : 'check passed'} in ${since(started)}`)
process.exit(failed ? 1 : 0)
