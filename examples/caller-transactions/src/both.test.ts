import { openAsBlob, readFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { expect, it } from 'vitest'
import { initialisedDatabase } from '../../../packages/core/test/initialised-pglite.ts'
import { withDrizzle } from './with-drizzle.ts'
import { withKysely } from './with-kysely.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

it.each([
  ['Kysely', withKysely],
  ['Drizzle', withDrizzle],
])(
  'S95 with %s a note and its audit entry are committed together, and rolled back together, as the README prints it',
  async (_, run) => {
    const lines: string[] = []
    const database = await PGlite.create({ loadDataDir: await openAsBlob(await initialisedDatabase()) })
    await run((line) => lines.push(line), database)
    expect(lines).toEqual([
      'signed: 1 note, 1 entry',
      'refused: a note needs a body',
      'rolled back: 1 note, 1 entry',
      'the log is intact',
    ])
    for (const line of lines) expect(readme).toContain(`    ${line}\n`)
  },
  180_000,
)
