// The whole site: the reference, the pages, then what was built is read for dead links and looked at. `--pages` takes the reference as it is.

import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run, since } from '../run.ts'
import { checkLinks } from './dead-links.ts'
import { look } from './look.ts'
import { home } from './pages.ts'

const base = process.env.DOCS_BASE ?? '/'
const site = join(home, 'docs/.vitepress/dist')
const cache = join(home, 'docs/.vitepress/cache')

const node = (program: string, ...args: string[]) => run(process.execPath, [program, ...args], { cwd: home }).ok

/** Typedoc's options of the repository, and the way back to the guides: it depends on where the site stands. */
async function reference(): Promise<boolean> {
  const options = join(cache, 'typedoc.json')
  const own = {
    extends: [join(home, 'typedoc.json')],
    name: 'phi reference',
    // The first page lists the packages: what the README says, the site says better.
    readme: 'none',
    favicon: join(home, 'docs/pictures/icon.svg'),
    customCss: join(home, 'scripts/site/reference.css'),
    // Its page links to headings that it does not have.
    includeHierarchySummary: false,
    navigationLinks: { Home: base, 'Quick start': `${base}quick-start`, 'Guides by task': `${base}guides` },
  }
  await mkdir(cache, { recursive: true })
  await writeFile(options, JSON.stringify(own))
  return node(join(home, 'node_modules/typedoc/bin/typedoc'), '--options', options)
}

const pages = async (): Promise<boolean> => {
  await rm(site, { recursive: true, force: true })
  if (!node(join(home, 'node_modules/vitepress/bin/vitepress.js'), 'build', 'docs')) return false
  await cp(join(home, 'docs/reference'), join(site, 'reference'), { recursive: true })
  return true
}

const links = async (): Promise<boolean> => {
  const { pages, links, dead, elsewhere } = checkLinks(site, base)
  for (const { page, link, reason } of dead) console.error(`${page}: ${link}: ${reason}`)
  console.log(`${links} links on ${pages} pages, ${dead.length} dead; ${elsewhere.length} addresses elsewhere, not asked`)
  return dead.length === 0
}

const seen = async (): Promise<boolean> => {
  if (base !== '/') return true
  const problems = await look(site)
  if (problems === undefined) console.log('SKIPPED: no Chromium found, so nobody looked at the pages (PHI_CHROMIUM names one)')
  for (const problem of problems ?? []) console.error(problem)
  return problems === undefined || problems.length === 0
}

const all = [
  ['reference', reference],
  ['pages', pages],
  ['links', links],
  ['look', seen],
] as const
const steps = process.argv.includes('--pages') ? all.slice(1) : all

for (const [name, step] of steps) {
  const start = performance.now()
  if (!(await step())) {
    console.error(`docs: ${name} failed`)
    process.exit(1)
  }
  console.log(`docs: ${name} in ${since(start)}`)
}
