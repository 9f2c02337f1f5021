import { relative } from 'node:path'
import type { MarkdownOptions } from 'vitepress'
import { type LinkedFile, siteLink, sitePicture } from './links.ts'
import { anchorOf, home } from './pages.ts'

/** What VitePress hands to the renderer with a document: `path` is the page's, `realPath` the document's own. */
interface Env {
  readonly path?: string
  readonly realPath?: string
}

type Renderer = Parameters<NonNullable<MarkdownOptions['config']>>[0]

/**
 * Markdown as GitHub reads it: its links, its names for headings, and no more syntax than it has. Text can hold what Vue would take
 * for a template.
 * @param linked is told of every file that a page links to
 * @param dead is told of every link that leads nowhere: all of them, since a build that stops at the first wants one run for each
 */
export const markdownFor = (linked: (file: LinkedFile) => void, dead: (problem: string) => void): MarkdownOptions => ({
  html: false,
  attrs: { disable: true },
  // The theme's usual colours fall short of WCAG AA on a page that is not quite white.
  theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  anchor: { slugify: anchorOf },
  config: (md) => {
    md.disable('emoji', true)
    asText(md)
    md.core.ruler.push('phi-links', (state) => {
      const env = state.env as Env
      const from = relative(home, env.realPath ?? env.path ?? '').replaceAll('\\', '/')
      for (const token of state.tokens) {
        if (token.type === 'code_block') Object.assign(token, { type: 'fence', tag: 'code', info: 'txt' })
        for (const child of token.children ?? []) {
          const name = child.type === 'image' ? 'src' : 'href'
          if (name === 'href' && child.type !== 'link_open') continue
          const target = child.attrGet(name) ?? ''
          try {
            const { href, file } = name === 'src' ? { href: sitePicture(target, from) } : siteLink(target, from)
            child.attrSet(name, href)
            if (file !== undefined) linked(file)
          } catch (error) {
            dead((error as Error).message)
            child.attrSet(name, '#')
          }
        }
      }
    })
  },
})

function asText(md: Renderer): void {
  const text = md.renderer.rules.text
  md.renderer.rules.text = (tokens, index, ...rest) =>
    (text?.(tokens, index, ...rest) ?? '').replaceAll('{{', '&#123;&#123;').replaceAll('}}', '&#125;&#125;')
}
