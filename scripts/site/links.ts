import { statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path/posix'
import { home, pageOf, routeOf } from './pages.ts'

/** A file that a page links to and that is no page itself. */
export interface LinkedFile {
  /** Relative to the repository's root. */
  readonly path: string
  /** Where the site keeps it: below `files/`. */
  readonly at: string
}

export interface SiteLink {
  readonly href: string
  readonly file?: LinkedFile
}

/** What browsers show by themselves, whatever the server says of it. Anything else is served as text. */
const shown = /\.(txt|json|svg|png|jpe?g|pdf|html)$/

const isFile = (path: string): boolean => statSync(join(home, path), { throwIfNoEntry: false })?.isFile() === true

/**
 * Where a link, written for GitHub, leads on the site. Addresses elsewhere and headings of the same page stay as they are.
 * @param link as in the document
 * @param from the document, relative to the root
 * @throws where the link names no file, or a folder, or leaves the repository
 */
export function siteLink(link: string, from: string): SiteLink {
  if (/^(#|[a-z][a-z0-9+.-]*:)/i.test(link)) return { href: link }
  const [written = '', anchor] = link.split('#', 2)
  const path = normalize(join(dirname(from), decodeURIComponent(written)))
  if (written.startsWith('/') || path.startsWith('..') || !isFile(path))
    throw new Error(`${from} links to ${link}, and there is no such file`)
  const page = pageOf(path)
  if (page !== undefined) return { href: `${routeOf(page)}${anchor === undefined ? '' : `#${anchor}`}` }
  const at = `files/${path}${shown.test(path) ? '' : '.txt'}`
  return { href: `/${encodeURI(at)}`, file: { path, at } }
}

/** Where the bundler finds a picture: at its path below the root. Pictures from elsewhere would be loads from elsewhere. */
export function sitePicture(source: string, from: string): string {
  const path = normalize(join(dirname(from), decodeURIComponent(source)))
  if (/^([a-z][a-z0-9+.-]*:|\/)/i.test(source) || path.startsWith('..') || !isFile(path))
    throw new Error(`${from} shows ${source}, which is no file of the repository`)
  return `/${encodeURI(path)}`
}
