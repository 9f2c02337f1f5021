import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allCommands, commonOptions, found } from '../../packages/cli/src/specs.ts'
import { linesOf, played, playedBlocksOf, wordsOf } from '../../packages/cli/test/guides/sessions.ts'
import { keysWorld } from '../../packages/cli/test/guides/worlds.ts'
import { readDocument } from '../../packages/core/test/documents.ts'
import { shown } from '../../packages/core/test/shown-blocks.ts'
import { embeddedMigrated } from '../../packages/postgres/test/embedded.ts'
import { programsOf, runGuide } from './run-guide.ts'

const guides = ['record-an-access-in-fastify', 'encrypt-a-drizzle-column', 'rotate-keys', 'retire-a-tenant']
/** Run as they are printed, without the tables that the others have. */
const others = ['search-sealed-columns']

describe('guides about a service and its keys', () => {
  it.each([...guides, ...others])('docs/%s.md runs as printed', { timeout: 180_000 }, runGuide)

  it('docs/rotate-keys.md: the session at the terminal prints what it shows', async () => {
    const path = 'docs/rotate-keys.md'
    const document = await readDocument(path)
    expect(linesOf(document).every((line) => line.startsWith('phi keys '))).toBe(true)
    const cwd = await mkdtemp(join(tmpdir(), 'phi-guide-'))
    const database = await embeddedMigrated()
    try {
      const now = await played(document, await keysWorld(cwd, database))
      // Writes what the commands print now, to be read in the difference before it is committed.
      if (process.env.PHI_WRITE_GUIDES === '1') await writeFile(new URL(`../../${path}`, import.meta.url), now)
      else expect(now).toBe(document)
      shown(...playedBlocksOf(now))
    } finally {
      await database.close()
      await rm(cwd, { recursive: true })
    }
  })

  it('name error codes that are there', async () => {
    const readmes = await Promise.all(
      ['audit', 'envelope', 'http', 'retention', 'postgres'].map((name) => readDocument(`packages/${name}/README.md`)),
    )
    const known = new Set(readmes.flatMap((text) => [...text.matchAll(/^\| `(PHI_[A-Z_]+)`/gm)].map(([, code]) => code)))
    for (const name of guides) {
      const codes = [
        ...(await readDocument(`docs/${name}.md`)).matchAll(/\bPHI_(?:AUDIT|ENVELOPE|HTTP|RETENTION|PG)_[A-Z_]+\b/g),
      ]
      const named = codes.map(([code]) => code).filter((code) => code !== 'PHI_AUDIT_SIGNER')
      expect(named.length, name).toBeGreaterThan(0)
      expect(named.filter((code) => !known.has(code))).toEqual([])
    }
  })

  it('name commands and options of phi that are there', async () => {
    const text = (await Promise.all(guides.map((name) => readDocument(`docs/${name}.md`)))).join('\n')
    const lines = [...text.matchAll(/`(phi [a-z][^`]*)`/g)].map(([, line]) => wordsOf(line as string).slice(1))
    const flags = new Set(
      [...allCommands.flatMap(({ options }) => options ?? []), ...commonOptions].flatMap(
        (each) => each.flags.match(/--?[a-z][a-z-]*/g) ?? [],
      ),
    )
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.filter((words) => found(words).spec === undefined)).toEqual([])
    expect(lines.flat().filter((word) => word.startsWith('-') && !flags.has(word))).toEqual([])
  })
})

describe('the programs of a guide', () => {
  it('are its blocks, those that name the same file as one', () => {
    const fence = '```'
    const blocks = [
      ['ts', 'a'],
      ['ts file=service.ts', 'b'],
      ['sh', 'c'],
      ['ts', 'd'],
      ['ts file=service.ts', 'e'],
      ['ts twice', 'f'],
    ]
    const guide = blocks.map(([info, text]) => `${fence}${info}\n${text}\n${fence}\n`).join('\nProse.\n\n')
    expect([...programsOf(guide)]).toEqual([
      ['program-1.ts', 'a\n'],
      ['service.ts', 'b\ne\n'],
      ['program-2.ts', 'd\n'],
    ])
  })
})
