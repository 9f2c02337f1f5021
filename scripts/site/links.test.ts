import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createMarkdownRenderer } from 'vitepress'
import { describe, expect, it } from 'vitest'
import { siteLink, sitePicture } from './links.ts'
import { markdownFor } from './markdown.ts'
import { withOneButton } from './one-button.ts'
import { anchorOf, home, pageOf, routeOf } from './pages.ts'

describe('pages', () => {
  it.each([
    ['docs/index.md', 'index.md', '/'],
    ['docs/README.md', 'guides.md', '/guides'],
    ['docs/witness.md', 'witness.md', '/witness'],
    ['docs/adr/README.md', 'adr/index.md', '/adr/'],
    ['docs/formats/audit-v1.md', 'formats/audit-v1.md', '/formats/audit-v1'],
    ['packages/audit/README.md', 'packages/audit.md', '/packages/audit'],
    ['examples/clinic/README.md', 'examples/clinic.md', '/examples/clinic'],
    ['README.md', 'overview.md', '/overview'],
  ])('%s is %s', (path, page, route) => {
    expect(pageOf(path)).toBe(page)
    expect(routeOf(page)).toBe(route)
  })

  it.each([
    'docs/reference/media/README.md',
    'packages/audit/CHANGELOG.md',
    '.changeset/README.md',
    'packages/audit/test/README.md',
    'docs/pictures/whole.svg',
  ])('%s is none', (path) => expect(pageOf(path)).toBeUndefined())
})

describe('links', () => {
  it.each([
    ['README.md#errors', 'packages/audit/README.md', '/packages/audit#errors'],
    ['../packages/audit/README.md', 'docs/README.md', '/packages/audit'],
    ['../README.md#status', 'docs/index.md', '/overview#status'],
    ['README.md', 'docs/index.md', '/guides'],
    ['#here', 'docs/index.md', '#here'],
    ['https://c2sp.org/', 'docs/index.md', 'https://c2sp.org/'],
  ])('%s in %s leads to %s', (link, from, href) => expect(siteLink(link, from)).toEqual({ href }))

  it('lead to a copy where the target is no page, and as text where a browser would not show it', () => {
    expect(siteLink('../scripts/readme.test.ts', 'docs/README.md')).toEqual({
      href: '/files/scripts/readme.test.ts.txt',
      file: { path: 'scripts/readme.test.ts', at: 'files/scripts/readme.test.ts.txt' },
    })
    expect(siteLink('vectors/v1.json', 'packages/audit/README.md').href).toBe('/files/packages/audit/vectors/v1.json')
  })

  it.each(['missing.md', '../packages', '/guides', '../../outside.md'])('to %s are refused', (link) =>
    expect(() => siteLink(link, 'docs/README.md')).toThrow('docs/README.md links to'),
  )

  it('to pictures are found below the root, and never elsewhere', () => {
    expect(sitePicture('pictures/whole.svg', 'docs/index.md')).toBe('/docs/pictures/whole.svg')
    expect(() => sitePicture('https://img.example/a.svg', 'docs/index.md')).toThrow('no file of the repository')
    expect(() => sitePicture('pictures/none.svg', 'docs/index.md')).toThrow('no file of the repository')
  })
})

describe('markdown', async () => {
  const files: string[] = []
  const dead: string[] = []
  const options = markdownFor(
    ({ path }) => files.push(path),
    (problem) => dead.push(problem),
  )
  const md = await createMarkdownRenderer(home, {
    ...options,
    highlight: (code) => `<pre><code>${md.utils.escapeHtml(code)}</code></pre>`,
  })
  const render = (text: string) => md.render(text, { realPath: join(home, 'docs/README.md'), cleanUrls: true })

  it('keeps as text what Vue would take for a template', () => {
    const html = render('A `Map<T>` and Map<T> and {{ secret }} and text {a=b}')
    expect(html).not.toMatch(/\{\{|<T>/)
    expect(html).toContain('Map&lt;T&gt;')
    expect(html).toContain('{a=b}')
  })

  it('rewrites links and pictures, and tells of files and of what is missing', () => {
    const html = render('[a](witness.md#x) [b](../LICENSE) [c](none.md) ![d](pictures/whole.svg)')
    expect(html).toContain('href="/witness#x"')
    expect(html).toContain('href="/files/LICENSE.txt"')
    expect(html).toContain('src="/docs/pictures/whole.svg"')
    expect(files).toEqual(['LICENSE'])
    expect(dead).toEqual(['docs/README.md links to none.md, and there is no such file'])
  })

  it('names headings as GitHub does, also the second of a name', () => {
    const html = render('## `phi keys` & more\n\n## In your own transaction\n\n## In your own transaction\n')
    expect([...html.matchAll(/<h2 id="([^"]*)"/g)].map(([, id]) => id)).toEqual([
      'phi-keys--more',
      'in-your-own-transaction',
      'in-your-own-transaction-1',
    ])
    expect(anchorOf('What it runs on')).toBe('what-it-runs-on')
  })
})

describe('the theme', () => {
  it('still has the places that are changed', async () => {
    const source = join(home, 'node_modules/vitepress/dist/client/theme-default/components/VPSidebarItem.vue')
    expect(withOneButton(await readFile(source, 'utf8')).match(/role="button"/g)).toBeNull()
    expect(() => withOneButton('<template />')).toThrow('VPSidebarItem.vue has changed')
  })

  it('loads nothing from elsewhere', async () => {
    for (const file of ['theme/style.css', 'theme/index.ts', 'config.ts'])
      expect(await readFile(join(home, 'docs/.vitepress', file), 'utf8'), file).not.toMatch(/https?:|url\(|@import/)
    for (const name of ['whole', 'trust', 'boundaries', 'icon']) {
      const picture = await readFile(join(home, `docs/pictures/${name}.svg`), 'utf8')
      expect(picture.replace('http://www.w3.org/2000/svg', ''), name).not.toMatch(/https?:|<script|@import|href=/)
      expect(picture, name).toContain('<title id="title">')
    }
  })
})
