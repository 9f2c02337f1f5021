import { copyFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { defineConfig } from 'vitepress'
import type { LinkedFile } from '../../scripts/site/links.ts'
import { markdownFor } from '../../scripts/site/markdown.ts'
import { oneButtonAGroup } from '../../scripts/site/one-button.ts'
import { home, notPages, pageOf } from '../../scripts/site/pages.ts'
import { sidebar } from '../../scripts/site/sidebar.ts'

const linked = new Map<string, LinkedFile>()
const dead = new Set<string>()
const base = process.env.DOCS_BASE ?? '/'
const isHome = (page: string) => page === 'index.md'

// biome-ignore lint/style/noDefaultExport: VitePress asks for one.
export default defineConfig({
  lang: 'en',
  title: 'phi',
  description: 'HIPAA building blocks for TypeScript: each package one idea, together a service that can prove what it did.',
  base,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}icon.svg` }]],
  srcDir: '..',
  srcExclude: [...notPages],
  rewrites: (path) => {
    const page = pageOf(path)
    if (page === undefined) throw new Error(`${path} is no page: name it in scripts/site/pages.ts, or leave it out there`)
    return page
  },
  outDir: join(home, 'docs/.vitepress/dist'),
  cacheDir: join(home, 'docs/.vitepress/cache'),
  cleanUrls: true,
  // scripts/site/dead-links.ts reads what was built, headings and files included.
  ignoreDeadLinks: true,
  markdown: markdownFor(
    (file) => linked.set(file.path, file),
    (problem) => dead.add(problem),
  ),
  transformPageData: (page) => ({
    ...(isHome(page.relativePath) ? { titleTemplate: 'HIPAA building blocks for TypeScript' } : {}),
    frontmatter: {
      ...page.frontmatter,
      ...(isHome(page.relativePath) ? { sidebar: false, aside: false, pageClass: 'home' } : {}),
    },
  }),
  themeConfig: {
    nav: [
      { text: 'Quick start', link: '/quick-start' },
      { text: 'Guides', link: '/guides' },
      { text: 'Evidence', link: '/requirements' },
      { text: 'Reference', link: '/reference/', target: '_self' },
    ],
    sidebar: sidebar(),
    outline: { level: [2, 3] },
    search: { provider: 'local', options: { detailedView: false } },
    externalLinkIcon: true,
    docFooter: { prev: 'Before', next: 'Next' },
  },
  vite: {
    // The index of the search is one chunk, loaded when somebody searches.
    build: { chunkSizeWarningLimit: 4096 },
    plugins: [oneButtonAGroup],
  },
  async buildEnd({ outDir }) {
    await copyFile(join(home, 'docs/pictures/icon.svg'), join(outDir, 'icon.svg'))
    for (const { path, at } of linked.values()) {
      await mkdir(dirname(join(outDir, at)), { recursive: true })
      await copyFile(join(home, path), join(outDir, at))
    }
    if (dead.size > 0) throw new Error([...dead].sort().join('\n'))
  },
})
