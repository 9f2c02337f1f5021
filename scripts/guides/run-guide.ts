import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { plain, promised } from '../../packages/core/test/readme.ts'
import { runText } from '../../packages/core/test/run-program.ts'
import { shown } from '../../packages/core/test/shown-blocks.ts'

const docs = fileURLToPath(new URL('../../docs', import.meta.url))

const BLOCK = /^```ts(?: file=([\w-]+\.ts))?\n(.*?)^```$/gms

/** The programs of a guide, in their order: each block of TypeScript, joined with the others that name the same `file=`. */
export function programsOf(markdown: string): Map<string, string> {
  const programs = new Map<string, string>()
  let unnamed = 0
  for (const [, file, text] of markdown.matchAll(BLOCK)) {
    const name = file ?? `program-${++unnamed}.ts`
    programs.set(name, (programs.get(name) ?? '') + text)
  }
  return programs
}

/**
 * Runs the programs of `docs/<name>.md` as printed, each in a process of its own, and fails unless each prints what its comments
 * promise, and nothing else. Blocks of one file are marked: ```` ```ts file=service.ts ````. A file that another one imports, as
 * `./service.ts`, is run by that one. They share a folder, where they may write files for one another.
 */
export async function runGuide(name: string): Promise<void> {
  const markdown = await readFile(`${docs}/${name}.md`, 'utf8')
  const programs = programsOf(markdown)
  expect(programs.size, `programs in docs/${name}.md`).toBeGreaterThan(0)
  const folder = `${docs}/.tmp/${name}-${process.pid}`
  await mkdir(folder, { recursive: true })
  try {
    for (const [file, text] of programs) await writeFile(`${folder}/${file}`, text)
    const all = [...programs.values()].join('\n')
    for (const [file, text] of programs) {
      if (all.includes(`'./${file}'`)) continue
      const { stdout, stderr, code } = await runText(text, `${folder}/${file}`, { cwd: folder, timeoutMs: 150_000 })
      expect({ file, code, stderr }).toEqual({ file, code: 0, stderr: '' })
      const lines = stdout === '' ? [] : stdout.trimEnd().split('\n')
      expect(lines.map(plain), file).toEqual(promised(text).map(plain))
    }
    shown(...[...markdown.matchAll(BLOCK)].map(([, , code]) => code as string))
  } finally {
    await rm(folder, { recursive: true })
  }
}
