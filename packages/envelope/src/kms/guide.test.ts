import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runNode, runnable } from '../../../core/test/run-program.ts'
import { blocksOf, shown } from '../../../core/test/shown-blocks.ts'

const docs = fileURLToPath(new URL('../../../../docs/', import.meta.url))

describe('S19 docs/write-a-kms-adapter.md', () => {
  it('prints an adapter that passes the suite as it is printed', async () => {
    const guide = await readFile(`${docs}write-a-kms-adapter.md`, 'utf8')
    const files = [...guide.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)]
    expect(files.map(([, name]) => name)).toEqual(['acme-kms.ts', 'acme-kms.test.ts'])
    const home = `${docs}.tmp/kms-guide-${process.pid}`
    await mkdir(home, { recursive: true })
    for (const [, name, body] of files) await writeFile(`${home}/${name}`, body as string)
    const program = await runnable(`${home}/acme-kms.test.ts`)
    const { code, stdout } = await runNode(['--test-reporter=tap', ...program.argv], { cwd: docs })
    await program.remove()
    await rm(home, { recursive: true, force: true })
    expect(stdout).not.toContain('not ok')
    expect(code).toBe(0)
    expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(18)
    expect(Number(/^# skipped (\d+)$/m.exec(stdout)?.[1])).toBeLessThan(5)
    shown(...blocksOf(guide).map(({ code }) => code))
  })
})
