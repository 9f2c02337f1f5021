import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runNode, runnable, runText } from './run-program.ts'

const core = fileURLToPath(new URL('../', import.meta.url))
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phi-run-program-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** As if the program stood in a file of this package. Only its bundle is written, and taken away again. */
const run = (program: string) => runText(program, join(core, `test/printed-${process.pid}.mts`), { cwd: folder })

describe('a program that is run from its text', () => {
  it('prints what it prints, on both outputs, and ends with its code', async () => {
    const program = `
      import { toHex, utf8 } from '@phi/core'
      import { z } from 'zod'
      const told: string = toHex(utf8(z.string().parse('é')))
      console.log(told, process.cwd() === ${JSON.stringify(folder)})
      console.error('beside')
      process.exitCode = 3`
    expect(await run(program)).toEqual({ stdout: 'c3a9 true\n', stderr: 'beside\n', code: 3 })
  })

  it('ends with code 1 where it throws, and where it never ends', async () => {
    expect(await run(`throw new RangeError('so far')`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('RangeError: so far'),
    })
    const endless = { cwd: folder, timeoutMs: 300 }
    expect(await runText('setInterval(() => {}, 1000)', join(core, 'test/endless.mts'), endless)).toMatchObject({ code: 1 })
  })

  it.each([
    ['a module that is not there', `import { x } from './not-there.ts'\nconsole.log(x)`, 'not-there.ts'],
    ['an entry that a package does not export', `import { x } from '@phi/core/inner'\nconsole.log(x)`, '@phi/core/inner'],
    ['a name that a module does not export', `import { notThere } from '@phi/core'\nconsole.log(notThere)`, 'notThere'],
    ['a package that is not installed', `import x from 'not-installed'\nconsole.log(x)`, 'not-installed'],
    ['a text that is no TypeScript', 'const = 1', 'program'],
  ])('fails for %s, and says so', async (_, program, name) => {
    const { code, stderr, stdout } = await run(program)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(name === 'program' ? 'printed-' : name)
  })

  it('leaves no file behind', () => {
    expect(existsSync(join(core, `test/printed-${process.pid}.mts.bundle.mjs`))).toBe(false)
  })
})

describe('a program of the repository', () => {
  it('starts as often as it is wanted, sees its arguments, and knows the place of its source', async () => {
    const inner = join(folder, 'inner.ts')
    const outer = join(folder, 'outer.ts')
    await writeFile(inner, 'export const inner: string = import.meta.url\n')
    await writeFile(outer, `import { inner } from './inner.ts'\nconsole.log(import.meta.url, inner, process.argv[2])\n`)
    const program = await runnable(pathToFileURL(outer))
    for (const argument of ['a', 'b']) {
      const { stdout } = await runNode([...program.argv, argument], { cwd: folder })
      expect(stdout).toBe(`${pathToFileURL(outer).href} ${pathToFileURL(inner).href} ${argument}\n`)
    }
    await program.remove()
    expect((await runNode(program.argv, { cwd: folder })).code).toBe(1)
  })

  it('that cannot be put together is an error here', async () => {
    const path = join(folder, 'broken.ts')
    await writeFile(path, `import './not-there.ts'\n`)
    await expect(runnable(path)).rejects.toThrow('not-there.ts')
  })
})
