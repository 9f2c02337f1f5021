import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** The first block of TypeScript in a README: its first program. */
export async function firstProgram(readmePath: string): Promise<string> {
  const program = /^```ts\n(.*?)^```$/ms.exec(await readFile(readmePath, 'utf8'))?.[1]
  if (program === undefined) throw new Error(`No \`\`\`ts block in ${readmePath}`)
  return program
}

/**
 * Runs the first program of a README as it is printed, from a file in the package's git-ignored `.tmp` folder, against the
 * sources of the workspaces.
 */
export async function runFirstProgram(readmePath: string): Promise<{ stdout: string; stderr: string; code: number }> {
  const home = dirname(resolve(readmePath))
  const file = `${home}/.tmp/first-program-${process.pid}-${Date.now()}.mts`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, await firstProgram(readmePath))
  try {
    return await new Promise((done) => {
      const options = { cwd: home, timeout: 60_000, env: { ...process.env, NODE_OPTIONS: '', VITEST: '' } }
      execFile(process.execPath, ['--import', 'tsx', '--conditions=@phi/source', file], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
        done({ stdout, stderr, code })
      })
    })
  } finally {
    await rm(file, { force: true })
  }
}
