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

/** What a program says that it prints: behind each `console.log(…)`, or on the lines below it. */
export function promised(program: string): string[] {
  const out: string[] = []
  let isBelow = false
  for (const line of program.split('\n')) {
    const behind = /console\.log\(.*?\)\s*\/\/ (.*)$/.exec(line) ?? /console\.log\(.*\)$/.exec(line)
    const below: RegExpExecArray | null = isBelow ? /^\s*\/\/ (.*)$/.exec(line) : null
    if (behind?.[1] !== undefined) out.push(behind[1])
    else if (below !== null) out.push(below[1] as string)
    isBelow = (behind !== null && behind[1] === undefined) || below !== null
  }
  return out
}

/** Values as they read, whether or not they are quoted, and however wide a list is spaced. */
export const plain = (line: string): string =>
  line
    .replaceAll(/(^|[\s[,(])'([^']*)'(?=$|[\s\],)])/g, '$1$2')
    .replaceAll(/\[ /g, '[')
    .replaceAll(/ \]/g, ']')
    .trim()
