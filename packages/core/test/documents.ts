import { mkdir, readFile, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { ErrorCatalogue } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { plain, promised } from './readme.ts'
import { runText } from './run-program.ts'

const root = new URL('../../../', import.meta.url)

export const readDocument = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8')

const programsOf = (text: string) => [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, program]) => program as string)

/** The text under a heading of the second level. */
export function sectionOf(document: string, title: string): string {
  const [, rest = ''] = document.split(`\n## ${title}\n`)
  expect(rest, `a section "${title}"`).not.toBe('')
  return rest.split('\n## ')[0] as string
}

/** The rows of tables, head included, as cells. */
export const rowsOf = (text: string): string[][] =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => (row as string).split(' | ')).filter(([cell]) => cell !== '---')

/** What stands between back ticks. */
export const named = (text: string | undefined): string[] =>
  [...(text ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string)

/**
 * Tests that every `ts` block of the documents runs as printed and prints what it says.
 * @param packageName the folder of packages/ from which the programs import
 * @param paths documents by their paths in the repository; the first is the package's README
 */
export async function describePrograms(packageName: string, paths: readonly string[]): Promise<void> {
  const home = fileURLToPath(new URL(`packages/${packageName}/`, root))
  const all = await Promise.all(paths.map(async (path) => [path, programsOf(await readDocument(path))] as const))
  describe('the programs of the README and of the guides', () => {
    it('are there, and the first is the first program', async () => {
      const [[path, [first]]] = all as [(typeof all)[0]]
      expect(sectionOf(await readDocument(path), 'First program')).toContain(first)
      for (const [, programs] of all) expect(programs.length).toBeGreaterThan(0)
    })

    const cases = all.flatMap(([path, programs]) => programs.map((program, index) => [path, index + 1, program] as const))
    it.each(cases)('%s, program %i, runs as printed', async (path, number, program) => {
      const folder = `${home}.tmp/readme-${process.pid}-${path.replace(/\W/g, '-')}-${number}`
      await mkdir(folder, { recursive: true })
      try {
        const { stdout, stderr, code } = await runText(program, `${folder}/program.mts`, { cwd: folder })
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
        const lines = promised(program).map(plain)
        expect(lines.length).toBeGreaterThan(0)
        expect(stdout.trimEnd().split('\n').map(plain)).toEqual(lines)
      } finally {
        await rm(folder, { recursive: true })
      }
    })
  })
}

/** Tests that the tables "Errors" and "What it exports" of a README say what the code says. */
export function describeTables(
  readme: string,
  entries: Readonly<Record<string, object>>,
  catalogues: readonly ErrorCatalogue[],
): void {
  describe('the tables of the README', () => {
    it('name every error, what happened and what to do', () => {
      const wanted = catalogues
        .flatMap((catalogue) => Object.entries(catalogue))
        .map(([code, { problem, remedy, retryable }]) => [
          `\`${code}\`${retryable === true ? ' ↻' : ''}`,
          `${problem}.`,
          remedy,
        ])
      expect(rowsOf(sectionOf(readme, 'Errors')).slice(1)).toEqual(wanted)
    })

    it('name every value that is exported', () => {
      const wanted = Object.entries(entries).map(([entry, values]) => [[entry], Object.keys(values).sort()])
      const rows = rowsOf(sectionOf(readme, 'What it exports')).slice(1)
      expect(rows.map(([from, values]) => [named(from), named(values)])).toEqual(wanted)
    })
  })
}
