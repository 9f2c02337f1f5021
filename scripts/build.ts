// Builds every published package. No build reads what another one makes: sources see each other by the condition `@phi/source`.

import { npmBeside, sideBySide, since } from './run.ts'
import { publishedPackages } from './workspaces.ts'

const built = await sideBySide(publishedPackages(), async ({ name }) => {
  const start = performance.now()
  const { ok, output } = await npmBeside(['run', '--silent', 'build', '--workspace', name])
  console.log(`${ok ? 'built' : 'FAILED'} ${name} (${since(start)})`)
  if (!ok) console.log(output)
  return ok
})
if (built.includes(false)) process.exitCode = 1
