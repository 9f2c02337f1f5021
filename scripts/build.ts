// Builds every published package, each after the ones it depends on.

import { npm, since } from './run.ts'
import { publishedPackages } from './workspaces.ts'

for (const { name } of publishedPackages()) {
  const start = performance.now()
  const { ok, output } = npm(['run', '--silent', 'build', '--workspace', name], { quiet: true })
  console.log(`${ok ? 'built' : 'FAILED'} ${name} (${since(start)})`)
  if (!ok) {
    console.log(output)
    process.exit(1)
  }
}
