import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const docs = fileURLToPath(new URL('../../../../docs/', import.meta.url))

describe('S19 docs/write-a-kms-adapter.md', () => {
  it('prints an adapter that passes the suite as it is printed', async () => {
    const guide = await readFile(`${docs}write-a-kms-adapter.md`, 'utf8')
    const files = [...guide.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)]
    expect(files.map(([, name]) => name)).toEqual(['acme-kms.ts', 'acme-kms.test.ts'])
    const home = `${docs}.tmp/kms-guide-${process.pid}`
    await mkdir(home, { recursive: true })
    await writeFile(`${home}/package.json`, '{ "type": "module" }')
    for (const [, name, body] of files) await writeFile(`${home}/${name}`, body as string)
    const flags = ['--import', 'tsx', '--conditions=@phi/source', '--test-reporter=tap', `${home}/acme-kms.test.ts`]
    const env = { ...process.env, NODE_OPTIONS: '', VITEST: '', NODE_TEST_CONTEXT: '' }
    const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((done) => {
      execFile(process.execPath, flags, { cwd: docs, timeout: 60_000, env }, (error, out) =>
        done({ code: error === null ? 0 : error.code, stdout: out }),
      )
    })
    await rm(home, { recursive: true, force: true })
    expect(stdout).not.toContain('not ok')
    expect(code).toBe(0)
    expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(18)
    expect(Number(/^# skipped (\d+)$/m.exec(stdout)?.[1])).toBeLessThan(5)
  })
})
