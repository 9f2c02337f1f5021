import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { linesOf, played, playedBlocksOf } from '../../packages/cli/test/guides/sessions.ts'
import { phi } from '../../packages/cli/test/io.ts'
import { runText } from '../../packages/core/test/run-program.ts'
import { shown } from '../../packages/core/test/shown-blocks.ts'
import { programsOf, runGuide } from './run-guide.ts'

const guides = ['write-a-policy', 'compute-breach-notices', 'may-a-vendor-get-notes', 'swap-the-storage'] as const
const withSessions = guides.slice(0, 3)

/** What a test runner reads: no program, since its output is the runner's. */
const RUNNER = /^```typescript\n(.*?)^```$/ms

const docs = new URL('../../docs/', import.meta.url)

/** A folder below docs, from where programs find the packages. It is git-ignored, and gone afterwards. */
async function inFolder(name: string, work: (cwd: string) => Promise<void>): Promise<void> {
  const cwd = fileURLToPath(new URL(`.tmp/${name}-${process.pid}`, docs))
  await mkdir(cwd, { recursive: true })
  try {
    await work(cwd)
  } finally {
    await rm(cwd, { recursive: true })
  }
}

describe('guides about rules and storage', () => {
  it.each(guides)('docs/%s.md runs as printed', { timeout: 120_000 }, runGuide)

  it.each(withSessions)('docs/%s.md shows what phi prints', { timeout: 120_000 }, async (name) => {
    const path = new URL(`${name}.md`, docs)
    const document = await readFile(path, 'utf8')
    expect(linesOf(document).length).toBeGreaterThan(0)
    await inFolder(`sessions-${name}`, async (cwd) => {
      // Some programs of a guide write files for its sessions.
      const programs = programsOf(document)
      for (const [file, text] of programs) await writeFile(`${cwd}/${file}`, text)
      for (const [file, text] of programs) if (text.includes('writeFile(')) await runText(text, `${cwd}/${file}`, { cwd })
      const now = await played(document, { cwd, phi: (words) => phi(words, { cwd }) })
      // Writes what the commands print now into the documents, to be read in the difference before it is committed.
      if (process.env.PHI_WRITE_GUIDES === '1') await writeFile(path, now)
      else expect(now).toBe(document)
      shown(...playedBlocksOf(now))
    })
  })

  it('docs/swap-the-storage.md registers its suite with node:test, gaps skipped with their reason', {
    timeout: 120_000,
  }, async () => {
    const document = await readFile(new URL('swap-the-storage.md', docs), 'utf8')
    const [, text = ''] = RUNNER.exec(document) ?? []
    await inFolder('runner', async (cwd) => {
      for (const [file, program] of programsOf(document)) await writeFile(`${cwd}/${file}`, program)
      const { stdout, code } = await runText(text, `${cwd}/audit-store.test.ts`, { cwd })
      expect(code, stdout).toBe(0)
      expect(stdout).toMatch(/lets 8 writers extend one log at once/)
      expect(stdout).toMatch(/\(skipped: one process has the folder to itself\)/)
      expect(stdout).toMatch(/pass 14$/m)
      expect(stdout).toMatch(/skipped 3$/m)
    })
  })
})
