import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const

type Manifest = { readonly name?: string; readonly private?: boolean } & {
  readonly [kind in (typeof kinds)[number]]?: Readonly<Record<string, string>>
}

const text = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const folders = ['packages', 'examples'].flatMap((group) =>
  readdirSync(new URL(`../${group}`, import.meta.url)).map((name) => `${group}/${name}/`),
)
const manifests = ['', ...folders]
  .filter((folder) => existsSync(new URL(`../${folder}package.json`, import.meta.url)))
  .map((folder) => JSON.parse(text(`${folder}package.json`)) as Manifest)

/** The names in the first column of the tables, where several may share a link. */
const listed = [...text('docs/dependencies.md').matchAll(/^\| (\[.*?) \| /gm)].flatMap(([, cell]) =>
  [...(cell as string).matchAll(/\[([^\]]*)\]/g)].flatMap(([, names]) => (names as string).split(', ')),
)

it('docs/dependencies.md has a line for every dependency of every package.json, and no other', () => {
  const declared = manifests.flatMap((manifest) => kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {})))
  const foreign = new Set(declared.filter((name) => !name.startsWith('@phi/')))
  expect(listed.toSorted()).toEqual([...foreign].toSorted())
})

it.each([
  ['Shipped: installed with a published package', 'dependencies'],
  ['Chosen by the user: optional peers', 'peerDependencies'],
] as const)('says under "%s" which packages bring it', (heading, kind) => {
  const section = text('docs/dependencies.md').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = [...section.matchAll(/^\| (\[.*?) \| (.*?) \|/gm)]
  expect(rows.length).toBeGreaterThan(5)
  const published = manifests.filter((each) => each.private !== true)
  for (const [, names, where] of rows)
    for (const [, name] of (names as string).matchAll(/\[([^\]]*)\]/g)) {
      const bringing = published.filter((each) => each[kind]?.[name as string] !== undefined).map((each) => each.name as string)
      const said = new Set((where as string).split(', ').map((place) => `@phi/${place.split('/')[0]}`))
      // Of the frameworks and the ORMs, which share a line, each package needs some.
      if ((names as string).includes('), [')) expect([...said], name).toEqual(expect.arrayContaining(bringing))
      else expect([...said].toSorted(), name).toEqual(bringing.toSorted())
    }
})

it('says what is held back', () => {
  const { overrides } = JSON.parse(text('package.json')) as { overrides: Record<string, string> }
  for (const [name, version] of Object.entries(overrides))
    expect(text('docs/dependencies.md')).toMatch(new RegExp(`^\\| ${name}, .* \\| ${version.replaceAll('.', '\\.')}, `, 'm'))
})
