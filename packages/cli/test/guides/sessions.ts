import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Ran } from '../io.ts'

/**
 * Sessions of documents. A block of `sh` that begins with `$ ` is one: each `$ ` line is a command, also over several lines with a
 * backslash at their ends, and what follows up to the next is what it prints, standard output before standard error. `# exit 1` at its
 * end is an exit code that is not 0. `| head -n 9` at the end of a command shows that much of it. A block of JSON or of a program below a line such as "`duties.json`:" is a file of that name.
 */

const SESSION = /^```sh\n(\$ .*?)^```$/gms
const FILE = /^`([\w.-]+)`:\n\n```(?:json|js|yaml)\n(.*?)^```$/gms

/** The blocks of a document that `played` runs or writes into files. */
export const playedBlocksOf = (document: string): readonly string[] => [
  ...[...document.matchAll(SESSION)].map(([, block]) => block as string),
  ...[...document.matchAll(FILE)].map(([, , content]) => content as string),
]

interface Command {
  /** As it is printed, with its line breaks. */
  readonly source: string
  /** On one line. */
  readonly line: string
}

function commandsOf(block: string): readonly Command[] {
  const commands: Command[] = []
  const lines = block.split('\n')
  for (let at = 0; at < lines.length; at++) {
    if (lines[at]?.startsWith('$ ') !== true) continue
    const from = at
    while (lines[at]?.endsWith(' \\') === true) at++
    const source = lines.slice(from, at + 1).join('\n')
    commands.push({ source, line: source.slice(2).replace(/ \\\n\s*/g, ' ') })
  }
  return commands
}

/** Every command of the sessions of a document. */
export const linesOf = (document: string): readonly string[] =>
  [...document.matchAll(SESSION)].flatMap(([, block]) => commandsOf(block as string).map(({ line }) => line))

/** The words of a command line, with double and single quotes as a shell reads them where nothing is escaped. */
export const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => double ?? single ?? plain ?? '')

/** Where the sessions of a document are run. */
export interface World {
  readonly cwd: string
  /** Runs `phi`. */
  phi(words: readonly string[]): Promise<Ran>
  /** Runs a program of the document: `node append.mjs`. */
  node?(file: string): Promise<void>
  /** What is different in each run, as the document has it: for all that was printed, in order. */
  normal?(text: string): string
}

const shell = promisify(execFile)

async function ran(line: string, world: World): Promise<{ readonly text: string; readonly code: number }> {
  const [, command = '', head] = /^(.*?)(?: \| head -n (\d+))?$/.exec(line) ?? []
  const [program, ...words] = wordsOf(command)
  if (program === 'phi') {
    const { code, stdout, stderr } = await world.phi(words)
    const text = `${stdout}${stderr}`.trimEnd()
    // Of a pipe the last program's exit code counts.
    return head === undefined ? { text, code } : { text: text.split('\n').slice(0, Number(head)).join('\n'), code: 0 }
  }
  if (program === 'node' && world.node !== undefined) {
    await world.node(words[0] as string)
    return { text: '', code: 0 }
  }
  // Tools of the system, such as sed, which change a file.
  const { stdout } = await shell('sh', ['-c', line], { cwd: world.cwd })
  return { text: stdout.trimEnd(), code: 0 }
}

const MARK = '\u0000'

/** Writes the files of a document, runs its sessions in order, and answers the document as it should be. */
export async function played(document: string, world: World): Promise<string> {
  for (const [, name, content] of document.matchAll(FILE)) await writeFile(join(world.cwd, name as string), content as string)
  const printed: string[] = []
  for (const [, block] of document.matchAll(SESSION)) {
    const parts: string[] = []
    for (const { source, line } of commandsOf(block as string)) {
      const { text, code } = await ran(line, world)
      parts.push([source, ...(text === '' ? [] : [text]), ...(code === 0 ? [] : [`# exit ${code}`])].join('\n'))
    }
    printed.push(parts.join('\n\n'))
  }
  const all = printed.join(MARK)
  const blocks = (world.normal?.(all) ?? all).split(MARK)
  return document.replace(SESSION, () => `\`\`\`sh\n${blocks.shift() ?? ''}\n\`\`\``)
}
