import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { parse } from 'parse5'

/** What this program reads of parse5's nodes. */
interface Node {
  readonly tagName?: string
  readonly attrs?: readonly { readonly name: string; readonly value: string }[]
  readonly childNodes?: readonly Node[]
  readonly content?: Node
}

interface Page {
  readonly ids: ReadonlySet<string>
  /** As they stand in `href` and `src`. */
  readonly targets: readonly string[]
  /** What a browser fetches to show the page: scripts, styles, pictures. A link that is followed is none of them. */
  readonly loads: readonly string[]
}

export interface DeadLink {
  /** The built file that holds the link, relative to the folder. */
  readonly page: string
  readonly link: string
  readonly reason: 'no such page or file' | 'no such heading' | 'loaded from elsewhere'
}

export interface LinkReport {
  readonly pages: number
  readonly links: number
  readonly dead: readonly DeadLink[]
  /** Addresses elsewhere that pages link to. They are listed, not asked. */
  readonly elsewhere: readonly string[]
}

const isElsewhere = (link: string) => /^([a-z][a-z0-9+.-]*:|\/\/)/i.test(link) && !link.startsWith('data:')

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function read(html: string): Page {
  const ids = new Set<string>()
  const targets: string[] = []
  const loads: string[] = []
  const open: Node[] = [parse(html) as unknown as Node]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const attribute = (name: string) => node?.attrs?.find((each) => each.name === name)?.value
    const id = attribute('id') ?? (node.tagName === 'a' ? attribute('name') : undefined)
    if (id !== undefined) ids.add(id)
    const href = attribute('href')
    const src = attribute('src')
    if (href !== undefined) targets.push(href)
    if (src !== undefined) targets.push(src)
    if (node.tagName === 'link' && href !== undefined && attribute('rel') !== 'canonical') loads.push(href)
    if (src !== undefined) loads.push(src)
    open.push(...(node.childNodes ?? []))
    if (node.content !== undefined) open.push(node.content)
  }
  return { ids, targets, loads }
}

/** The file that a static server with clean addresses answers with. */
function served(folder: string, path: string): string | undefined {
  const candidates = path.endsWith('/') || path === '' ? [`${path}index.html`] : [path, `${path}.html`, `${path}/index.html`]
  return candidates.find((each) => existsSync(join(folder, each)) && statSync(join(folder, each)).isFile())
}

/**
 * Reads every HTML file of a built site and looks for what each of its links names: pages, files, headings. And for what a page would load from
 * another server.
 * @param base where the site stands on its server, with a slash at both ends
 */
export function checkLinks(folder: string, base = '/'): LinkReport {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.html') && !path.startsWith('files/'))
    .sort()
  const pages = new Map<string, Page>()
  const pageAt = (path: string): Page => {
    const known = pages.get(path) ?? read(readFileSync(join(folder, path), 'utf8'))
    pages.set(path, known)
    return known
  }
  const dead: DeadLink[] = []
  const elsewhere = new Set<string>()
  let links = 0
  for (const page of files) {
    const { targets, loads } = pageAt(page)
    for (const link of loads) if (isElsewhere(link)) dead.push({ page, link, reason: 'loaded from elsewhere' })
    for (const link of new Set(targets)) {
      if (isElsewhere(link)) elsewhere.add(link)
      if (isElsewhere(link) || link.startsWith('data:')) continue
      links++
      const [, written = '', anchor = ''] = /^([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/s.exec(link) ?? []
      const path = decoded(written)
      const inside = path.startsWith(base) ? path.slice(base.length) : posix.join(posix.dirname(page), path)
      const target = path === '' ? page : path.startsWith('/') && !path.startsWith(base) ? undefined : served(folder, inside)
      if (target === undefined) dead.push({ page, link, reason: 'no such page or file' })
      else if (anchor !== '' && target.endsWith('.html') && !pageAt(target).ids.has(decoded(anchor)))
        dead.push({ page, link, reason: 'no such heading' })
    }
  }
  return { pages: files.length, links, dead, elsewhere: [...elsewhere].sort() }
}
