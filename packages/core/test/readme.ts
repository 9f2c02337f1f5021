import { mkdir, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type Ended, runText } from './run-program.ts'

/** The first block of TypeScript in a README: its first program. */
export async function firstProgram(readmePath: string): Promise<string> {
  const program = /^```ts\n(.*?)^```$/ms.exec(await readFile(readmePath, 'utf8'))?.[1]
  if (program === undefined) throw new Error(`No \`\`\`ts block in ${readmePath}`)
  return program
}

let count = 0

/**
 * Runs the first program of a README as it is printed, in a process of its own, from a file in the package's git-ignored `.tmp`
 * folder, against the sources of the workspaces.
 */
export async function runFirstProgram(readmePath: string): Promise<Ended> {
  const home = dirname(resolve(readmePath))
  const file = `${home}/.tmp/first-program-${process.pid}-${++count}.mts`
  await mkdir(dirname(file), { recursive: true })
  return runText(await firstProgram(readmePath), file, { cwd: home })
}
