import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { phi } from '../../test/io.ts'
import { scratch } from '../../test/scratch.ts'
import { allCommands, commandsOf } from '../specs.ts'
import { bashCompletion } from './bash.ts'
import { fishCompletion } from './fish.ts'
import { completionFor, shells } from './index.ts'
import { type Place, places } from './tree.ts'
import { zshCompletion } from './zsh.ts'

/** A place with words that no shell may take for anything but words. */
const ODD = ["it's", 'a b', '$(touch pwned)', '`touch pwned`', '"quoted"', 'back\\slash', '*', '~', 'x:y', '#5', 'ünï']
const odd: readonly Place[] = [
  {
    path: '',
    below: ODD.map((word) => [word, `what ${word} is`] as const),
    operand: undefined,
    options: [{ long: '--odd', short: '-o', about: "an option's odd values", takesValue: true, values: { words: ODD } }],
  },
  ...ODD.map((word): Place => ({ path: `/${word}`, below: [], operand: { words: ['below'] }, options: [] })),
]

const folder = scratch({
  'phi.bash': completionFor('bash'),
  'phi.zsh': completionFor('zsh'),
  'phi.fish': completionFor('fish'),
  'odd.bash': bashCompletion(odd),
  'odd.zsh': zshCompletion(odd),
  'odd.fish': fishCompletion(odd),
  'notes.yaml': '',
})

const isThere = (shell: string): boolean => spawnSync(shell, ['--version'], { stdio: 'ignore' }).error === undefined

function shellRun(shell: string, args: readonly string[]): readonly string[] {
  const done = spawnSync(shell, args, {
    encoding: 'utf8',
    cwd: folder.path,
    env: { PATH: process.env.PATH, HOME: folder.path, LC_ALL: 'C.UTF-8' },
  })
  if (done.status !== 0 || done.stderr !== '') throw new Error(`${shell} ended with ${done.status}: ${done.stderr}`)
  return done.stdout.split('\n').filter((line) => line !== '')
}

/** One case: the words up to the cursor, the last of them begun. */
const cases = [
  [['pol'], ['policy']],
  [['policy', ''], commandsOf('policy').map(({ path }) => path[1])],
  [['policy', 'who'], ['who-can']],
  [['policy', 'check', '--fail'], ['--fail-on']],
  [
    ['policy', 'check', '--fail-on', ''],
    ['error', 'warning', 'note'],
  ],
  [['policy', 'check', '--fail-on', 'w'], ['warning']],
  [
    ['policy', 'check', '--format', ''],
    ['text', 'json', 'sarif'],
  ],
  [
    ['policy', 'explain', '--format', ''],
    ['text', 'json'],
  ],
  [['--json', 'policy', 'd'], ['diff']],
  [['help', 'policy', 'e'], ['explain']],
  [['man', 'pol'], ['policy']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['nonsense', 'pol'], ['policy']],
  [['policy', 'who-can', 'read', ''], []],
] as const
const sorted = (words: readonly (string | undefined)[]) => [...new Set(words)].sort()

describe('completion', () => {
  it('knows every command and option', () => {
    const all = new Map(places().map((place) => [place.path, place]))
    for (const spec of allCommands) {
      if (spec.path[0] === 'man') continue
      const place = all.get(`/${spec.path.join('/')}`) as Place
      for (const { flags } of spec.options ?? []) {
        expect(place.options.map(({ long }) => long)).toContain(/--[a-z0-9-]+/.exec(flags)?.[0])
      }
    }
  })

  it('is printed for each shell, and for no other', async () => {
    for (const shell of shells) {
      expect((await phi(`completion ${shell}`)).stdout).toBe(completionFor(shell))
      expect(JSON.parse((await phi(`completion ${shell} --json`)).stdout)).toEqual({ shell, script: completionFor(shell) })
    }
    expect(await phi('completion tcsh')).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('bash', () => {
  /** What bash would offer: as it calls the function, with `=` as a word of its own. */
  const offered = (script: string, words: readonly string[]) => {
    const run = `source "$1"; shift; COMP_WORDS=(phi "$@"); COMP_CWORD=$(($# )); _phi; printf '%s\\n' "\${COMPREPLY[@]}"`
    return shellRun('bash', ['--norc', '-uc', run, 'bash', join(folder.path, script), ...words])
  }

  it('completes commands, options and values', (context) => {
    if (!isThere('bash')) context.skip('bash is not installed')
    const lines = cases.map(([words]) => words.map((word) => `'${word}'`).join(' '))
    const script = `source phi.bash; for line in "$@"; do eval "COMP_WORDS=(phi $line)"; COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _phi; echo "\${COMPREPLY[*]-}|"; done`
    const got = shellRun('bash', ['--norc', '-uc', script, 'bash', ...lines])
    for (const [at, [words, wanted]] of cases.entries()) {
      const answer = sorted(
        (got[at] ?? '')
          .replace('|', '')
          .split(' ')
          .filter((word) => word !== ''),
      )
      expect([words, answer]).toEqual([words, sorted(wanted)])
    }
  })

  it('completes values after a sign, whether bash breaks there or not', (context) => {
    if (!isThere('bash')) context.skip('bash is not installed')
    expect(offered('phi.bash', ['policy', 'check', '--format', '=', 'j'])).toEqual(['json'])
    expect(offered('phi.bash', ['policy', 'check', '--fail-on', '='])).toEqual(['error', 'warning', 'note'])
    expect(offered('phi.bash', ['policy', 'check', '--format=j'])).toEqual(['--format=json'])
  })

  it('leaves files to bash', (context) => {
    if (!isThere('bash')) context.skip('bash is not installed')
    expect(offered('phi.bash', ['policy', 'test', 'no'])).toEqual([])
    expect(shellRun('bash', ['--norc', '-c', 'source phi.bash; complete -p phi'])).toEqual([
      'complete -o bashdefault -o default -F _phi phi',
    ])
  })

  it('takes no odd word for a command, and writes it so that the shell does not either', (context) => {
    if (!isThere('bash')) context.skip('bash is not installed')
    const written = offered('odd.bash', ['--odd', ''])
    const read = shellRun('bash', ['--norc', '-c', `printf '%s\\n' ${written.join(' ')}; [ ! -e pwned ]`])
    expect(read).toEqual(ODD)
    expect(offered('odd.bash', ['it'])).toEqual(["it\\'s"])
    expect(offered('odd.bash', ['$(touch pwned)', ''])).toEqual(['below'])
  })
})

describe('zsh', () => {
  /** The function as zsh calls it, with what it calls replaced by what prints. One process for all the cases: a line each. */
  const offered = (script: string, lines: readonly (readonly string[])[]) => {
    const run = `
      compdef() { : }
      compadd() { shift; got+=("$@") }
      _describe() { local each; for each in "\${(@P)@[-1]}"; do each=\${each//\\\\:/$'\\0'}; got+=("\${\${each%%:*}//$'\\0'/:}"); done }
      _files() { got+=("<files$1>") }
      _message() { : }
      compset() { : }
      source $1; shift
      for line in "$@"; do got=(); words=(phi "\${(@s:\t:)line}"); CURRENT=$#words; _phi; print -r -- "\${(pj:\t:)got}|"; done`
    const args = lines.map((words) => words.join('\t'))
    return shellRun('zsh', ['-f', '-c', run, 'zsh', script, ...args]).map((each) =>
      each
        .slice(0, -1)
        .split('\t')
        .filter((word) => word !== ''),
    )
  }

  it('completes commands, options and values', (context) => {
    if (!isThere('zsh')) context.skip('zsh is not installed')
    const got = offered('./phi.zsh', [...cases.map(([words]) => words), ['policy', 'test', 'no']])
    for (const [at, [words, wanted]] of cases.entries()) {
      const begun = (got[at] ?? []).filter((each) => each.startsWith(words.at(-1) ?? ''))
      expect([words, sorted(begun)]).toEqual([words, sorted(wanted)])
    }
    expect(got.at(-1)).toEqual(['<files>'])
  })

  it('takes no odd word for a command', (context) => {
    if (!isThere('zsh')) context.skip('zsh is not installed')
    const [values, words, ...below] = offered('./odd.zsh', [['--odd', ''], [''], ...ODD.map((word) => [word, ''])])
    expect(values).toEqual(ODD)
    // A backslash before a backslash is how _describe reads one.
    expect(words?.map((each) => each.replaceAll('\\\\', '\\'))).toEqual(ODD)
    expect(below).toEqual(ODD.map(() => ['below']))
    expect(existsSync(join(folder.path, 'pwned'))).toBe(false)
  })
})

describe('fish', () => {
  /** What fish itself offers. One process for all the lines. */
  const offered = (script: string, lines: readonly string[]) => {
    const run = 'source $argv[1]; for line in $argv[2..-1]; complete -C $line; echo "|"; end'
    const groups: string[][] = [[]]
    for (const each of shellRun('fish', ['--no-config', '-c', run, script, ...lines])) {
      if (each === '|') groups.push([])
      else groups.at(-1)?.push(each.split('\t')[0] as string)
    }
    return groups
  }

  it('completes commands, options and values', (context) => {
    if (!isThere('fish')) context.skip('fish is not installed')
    const lines = [...cases.map(([words]) => ['phi', ...words].join(' ')), 'phi policy test no', 'phi policy check --format=j']
    const got = offered('phi.fish', lines)
    for (const [at, [words, wanted]] of cases.entries()) expect([words, sorted(got[at] ?? [])]).toEqual([words, sorted(wanted)])
    expect(got.slice(cases.length, -1)).toEqual([['notes.yaml'], ['--format=json']])
  })

  it('takes no odd word for a command', (context) => {
    if (!isThere('fish')) context.skip('fish is not installed')
    const [values, words, below] = offered('odd.fish', ['phi --odd ', 'phi ', "phi 'it\\'s' "])
    expect(sorted(values ?? [])).toEqual(sorted(ODD))
    expect(sorted(words ?? [])).toEqual(sorted(ODD))
    expect(below).toEqual(['below'])
    expect(existsSync(join(folder.path, 'pwned'))).toBe(false)
  })
})
