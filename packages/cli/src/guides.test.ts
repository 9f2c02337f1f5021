import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Db } from '@phi/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDocument } from '../../core/test/documents.ts'
import { shown } from '../../core/test/shown-blocks.ts'
import { embeddedMigrated } from '../../postgres/test/embedded.ts'
import { linesOf, played, playedBlocksOf, wordsOf } from '../test/guides/sessions.ts'
import {
  auditWorld,
  filesWorld,
  firstSessionWorld,
  keysWorld,
  policyWorld,
  setupWorld,
  type WorldMaker,
} from '../test/guides/worlds.ts'
import { allCommands, commonOptions, found } from './specs.ts'

const guides: readonly (readonly [string, WorldMaker])[] = [
  ['packages/cli/README.md', firstSessionWorld],
  ['docs/phi-setup.md', setupWorld],
  ['docs/phi-audit.md', auditWorld],
  ['docs/phi-keys.md', keysWorld],
  ['docs/phi-policy.md', policyWorld],
  ['docs/phi-deadlines.md', filesWorld],
  ['docs/phi-retention.md', filesWorld],
  ['docs/phi-baa.md', filesWorld],
]

const flagsOf = ({ flags }: { readonly flags: string }) => flags.match(/--?[a-z][a-z-]*/g) ?? []

const isLong = process.env.PHI_LONG === '1'
let home: string
let database: Db
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'phi-guides-'))
  database = await embeddedMigrated()
})
afterAll(async () => {
  await database.close()
  await rm(home, { recursive: true })
})

async function folder(name: string): Promise<string> {
  const path = join(home, name)
  await mkdir(path)
  return path
}

describe('the sessions of the guides', () => {
  it.each(guides)('%s prints what it shows', async (path, worldOf) => {
    const document = await readDocument(path)
    expect(linesOf(document).some((line) => line.startsWith('phi '))).toBe(true)
    const now = await played(document, await worldOf(await folder(basename(path)), database))
    // Writes what the commands print now into the documents, to be read in the difference before it is committed.
    if (process.env.PHI_WRITE_GUIDES === '1') await writeFile(new URL(`../../../${path}`, import.meta.url), now)
    else expect(now).toBe(document)
    shown(...playedBlocksOf(now))
  })

  it.runIf(isLong)('packages/cli/README.md prints what it shows with a database of its own', async () => {
    const document = await readDocument('packages/cli/README.md')
    expect(await played(document, await firstSessionWorld(await folder('own'), undefined))).toBe(document)
  })

  it('name commands and options that are there, also where they are not run', async () => {
    const documents = await Promise.all(guides.map(([path]) => readDocument(path)))
    const lines = documents.flatMap((document) => [
      ...[...document.matchAll(/^ {4}(?:[^`\n]*\| )?(?:npx )?(phi (?:[^|\\\n>]|\\\n)*)/gm)].map(([, line]) => line as string),
      ...[...document.matchAll(/`(phi [a-z][^`|>]*)`/g)].map(([, line]) => line as string),
    ])
    expect(lines.length).toBeGreaterThan(50)
    const wrong = lines.flatMap((line) => {
      const words = wordsOf(line.replaceAll('\\\n', ' ')).slice(1)
      const { spec, group } = found(words)
      if (spec === undefined) return group === undefined || words.length > 1 ? [line] : []
      const known = [...(spec.options ?? []), ...commonOptions].flatMap(flagsOf)
      return words.some((word) => /^--?[a-z]/.test(word) && !known.includes(word)) ? [line] : []
    })
    expect(wrong).toEqual([])
    const options = new Set([...allCommands.flatMap((spec) => spec.options ?? []), ...commonOptions].flatMap(flagsOf))
    const alone = documents.flatMap((document) =>
      [...document.matchAll(/`(--[a-z][a-z-]*)/g)].map(([, name]) => name as string),
    )
    expect(alone.filter((name) => !options.has(name))).toEqual([])
  })
})
