import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const home = fileURLToPath(new URL('../..', import.meta.url))

/** Documents whose page has another name than their file. */
const named: ReadonlyMap<string, string> = new Map([
  ['docs/README.md', 'guides.md'],
  ['README.md', 'overview.md'],
  ['SECURITY.md', 'security.md'],
  ['CONTRIBUTING.md', 'contributing.md'],
])

/**
 * The site's page for a document of the repository, `packages/audit.md` for `packages/audit/README.md`; undefined where a file is none.
 * Documents stay where GitHub shows them: this is the only place that knows how the two differ.
 * @param path relative to the root, with slashes
 */
export function pageOf(path: string): string | undefined {
  const own = named.get(path)
  if (own !== undefined) return own
  const readme = /^((?:packages|examples)\/[^/]+)\/README\.md$/.exec(path)
  if (readme !== null) return `${readme[1]}.md`
  const guide = /^docs\/((?!reference\/|pictures\/|\.)[^.]+)\.md$/.exec(path)
  return guide?.[1]?.replace(/(^|\/)README$/, '$1index').concat('.md')
}

/** The address of a page: `packages/audit.md` is `/packages/audit`, `adr/index.md` is `/adr/`. */
export const routeOf = (page: string): string => `/${page.replace(/\.md$/, '').replace(/(^|\/)index$/, '$1')}`

/** What VitePress leaves out when it looks for documents below the root; `node_modules` and `dist` it leaves out itself. */
export const notPages: readonly string[] = [
  '.*/**',
  '!(README|SECURITY|CONTRIBUTING).md',
  'node_modules/**',
  'scripts/**',
  'docs/reference/**',
  'docs/.*/**',
  '{packages,examples}/*/!(README).md',
  '{packages,examples}/*/*/**',
]

/** Every document of the repository that is a page, relative to the root. */
export function documents(): string[] {
  const below = (folder: string) => readdirSync(join(home, folder)).map((name) => `${folder}/${name}/README.md`)
  const guides = readdirSync(join(home, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('reference') && !path.startsWith('.'))
    .map((path) => `docs/${path.replaceAll('\\', '/')}`)
  return [...readdirSync(home), ...guides, ...below('packages'), ...below('examples')]
    .filter((path) => pageOf(path) !== undefined && existsSync(join(home, path)))
    .sort()
}

/** A document's first heading, as text. */
export function titleOf(path: string): string {
  const heading = /^# (.+)$/m.exec(readFileSync(join(home, path), 'utf8'))?.[1]
  if (heading === undefined) throw new Error(`${path} has no heading of the first level, from which the site takes its title`)
  return heading.replaceAll('`', '')
}

/** GitHub's name for a heading: lower case, spaces to hyphens, nothing but letters, digits, hyphens and underscores. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-')
