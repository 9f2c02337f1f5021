import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkLinks } from './dead-links.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phi-links-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function site(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

const good = {
  'index.html': '<a href="/guide#a%20b">g</a><a href="/adr/">d</a><a href="reference/index.html">r</a><img src="/a.svg">',
  'guide.html': '<h1 id="a b">x</h1><a href="#a b">self</a><a href="/?q=1">home</a><a href="https://c2sp.org/">else</a>',
  'adr/index.html': '<a href="../guide.html">up</a><a href="/files/v1.json#L3">file</a><a href="data:text/plain,x">d</a>',
  'reference/index.html': '<template><a id="inside" href="/guide">t</a></template><a href="#inside">i</a>',
  'a.svg': '<svg/>',
  'files/v1.json': '{}',
}

it('finds nothing in a site that is whole, and lists what leads elsewhere', async () => {
  await site(good)
  expect(checkLinks(folder)).toEqual({ pages: 4, links: 10, dead: [], elsewhere: ['https://c2sp.org/'] })
})

it.each([
  ['a page', '<a href="/none">x</a>', '/none', 'no such page or file'],
  ['a file', '<a href="/files/none.json">x</a>', '/files/none.json', 'no such page or file'],
  ['a folder without a page', '<a href="/files/">x</a>', '/files/', 'no such page or file'],
  ['a picture', '<img src="none.svg">', 'none.svg', 'no such page or file'],
  ['a heading of another page', '<a href="/guide#none">x</a>', '/guide#none', 'no such heading'],
  ['a heading of its own', '<a href="#none">x</a>', '#none', 'no such heading'],
  [
    'a script from elsewhere',
    '<script src="https://cdn.example/a.js"></script>',
    'https://cdn.example/a.js',
    'loaded from elsewhere',
  ],
  [
    'a style from elsewhere',
    '<link rel="stylesheet" href="//cdn.example/a.css">',
    '//cdn.example/a.css',
    'loaded from elsewhere',
  ],
])('finds %s that is not there', async (_, html, link, reason) => {
  await site({ ...good, 'planted.html': html })
  expect(checkLinks(folder).dead).toEqual([{ page: 'planted.html', link, reason }])
})

it('takes the place of the site into account', async () => {
  await site({ 'index.html': '<a href="/docs/guide">a</a><a href="/guide">b</a>', 'guide.html': '' })
  expect(checkLinks(folder, '/docs/').dead).toEqual([{ page: 'index.html', link: '/guide', reason: 'no such page or file' }])
})
