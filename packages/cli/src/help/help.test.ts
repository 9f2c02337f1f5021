import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { phi } from '../../test/io.ts'
import { wrapLines } from '../layout.ts'
import { paint } from '../paint.ts'
import { nameOf } from '../specs.ts'
import { helpText, pages } from './index.ts'
import { manualPage, roff } from './manual.ts'
import { paragraphsOf, twoColumns } from './wrap.ts'

describe('help', () => {
  it('says what a command does', async () => {
    expect((await phi('help completion')).stdout).toMatchInlineSnapshot(`
      "phi completion: Print the completion script of a shell

      Usage
        phi completion <shell> [options]

      Prints a script that teaches a shell the commands, their options and the values
      of these. The script stands alone: the shell does not start phi to complete a
      word. Print it anew after an update.

      Operands
        <shell>  Whose script. One of bash, zsh, fish.

      Options of every command
        --json             The whole answer as JSON, also when it is an error.
        --format <format>  How the answer is printed. One of text, json. Default:
                           text.
        --config <file>    Configuration. Default: the nearest phi.config.json
                           upwards.
        --no-color         Without colours; NO_COLOR in the environment does the same.
        -h, --help         This help.

      Examples
        For bash.
        $ phi completion bash > ~/.local/share/bash-completion/completions/phi

        For zsh: into a folder that stands in fpath before compinit runs.
        $ phi completion zsh > ~/.zfunc/_phi

        For fish.
        $ phi completion fish > ~/.config/fish/completions/phi.fish

      Exit codes
        0  Done, and the answer is good: intact, allowed, nothing due, no finding.
        2  The command line is wrong; nothing was done.
        4  Could not be done: a file, a database, a key or a service is missing or
           refused.
      "
    `)
  })

  it('names the commands of a group', async () => {
    expect((await phi('help policy')).stdout).toMatchInlineSnapshot(`
      "phi policy: Check, test and compare an access policy

      Usage
        phi policy <command> [options]

      Commands
        policy check    Look for what is wrong with a policy
        policy test     Run the tests of a policy
        policy diff     Say what a change of a policy widens and narrows
        policy who-can  Say who can do something, and when
        policy explain  Decide a request, and say why

      More
        phi help policy <command>
      "
    `)
  })

  it('begins with what there is, and ends with what it is for', async () => {
    const { stdout } = await phi('help')
    const titles = stdout.split('\n').filter((line) => /^\S/.test(line))
    expect(titles.slice(0, 3)).toEqual([expect.stringMatching(/^phi \d/), 'Usage', 'Commands'])
    expect(titles.slice(-4)).toEqual(['Exit codes', 'Environment', 'Configuration', 'About'])
    expect(stdout).not.toMatch(/ $/m)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('emphasises titles for a terminal', async () => {
    expect((await phi('help policy', { terminal: true })).stdout).toContain('\u001b[1mUsage\u001b[22m')
  })

  it('has none of what there is not', () => {
    expect(helpText(['none'], paint(false), 80)).toBeUndefined()
    expect(helpText(['policy', 'none'], paint(false), 80)).toBeUndefined()
    expect(manualPage(['policy', 'check', 'more'])).toBeUndefined()
  })
})

describe('wrapping', () => {
  it('breaks between words, and none', () => {
    expect(wrapLines('one two  three\nfour', 9)).toEqual(['one two', 'three', 'four'])
    expect(wrapLines('a-very-long-word and', 5)).toEqual(['a-very-long-word', 'and'])
    expect(wrapLines('  ', 5)).toEqual([])
    expect(paragraphsOf('one\ntwo\n\n \nthree\n')).toEqual(['one two', 'three'])
  })

  it('puts a long name above its text', () => {
    expect(
      twoColumns(
        [
          ['a', 'one two three four five'],
          ['a-much-longer-name-than-others', 'six'],
        ],
        22,
      ),
    ).toMatchInlineSnapshot(`
      [
        "a          one two three four",
        "           five",
        "a-much-longer-name-than-others",
        "           six",
      ]
    `)
  })
})

/** A request of man(7) or a line of text. What a page may use is known, so that anything else is a mistake. */
const REQUESTS = /^\.(?:TH .+ 1 "" "phi .+" "User Commands"|SH [A-Z ]+|TP|PP|nf|fi)$/
const ESCAPES = /\\(?:e|-|&|\[u[0-9A-F]{4,6}\]|\((?:aq|ga|ha|ti|dq)|f[BIR])/g

/** Reads a page as roff does, as far as pages go: what a reader of it sees. */
function read(page: string): string {
  const names: Readonly<Record<string, string>> = {
    e: '\\',
    '-': '-',
    '&': '',
    '(aq': "'",
    '(ga': '`',
    '(ha': '^',
    '(ti': '~',
    '(dq': '"',
  }
  return page
    .split('\n')
    .filter((line) => !line.startsWith('.') || line.startsWith('.SH'))
    .map((line) => line.replace(/^\.SH /, ''))
    .join('\n')
    .replace(ESCAPES, (mark) => {
      const code = /^\\\[u([0-9A-F]+)\]$/.exec(mark)?.[1]
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16))
      return /^\\f/.test(mark) ? '' : (names[mark.slice(1)] ?? '?')
    })
}

const has = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined

describe('the manual', () => {
  it.each(pages().map((words) => [words.join(' ') || 'phi', words] as const))(
    'has a page of %s in plain man(7)',
    (_, words) => {
      const page = manualPage(words) as string
      for (const line of page.trimEnd().split('\n')) {
        if (line.startsWith('.')) expect(line).toMatch(REQUESTS)
        else {
          expect(line).not.toBe('')
          expect(line).not.toMatch(/^'/)
        }
        expect(line.replace(ESCAPES, '')).not.toContain('\\')
        expect(line).toMatch(/^[\x20-\x7e]*$/)
      }
    },
  )

  it('says what the help says', async () => {
    const words = (text: string) => text.replace(/\s+/g, ' ')
    for (const spec of (await import('../specs.ts')).allCommands) {
      const seen = words(read(manualPage(spec.path) as string))
      for (const each of [spec.summary, ...spec.about.split(/\n\s*\n/), ...spec.examples.map(({ run }) => run)]) {
        expect(seen, nameOf(spec)).toContain(words(each).trim())
      }
      for (const { about } of [...(spec.options ?? []), ...(spec.operands ?? [])]) expect(seen).toContain(words(about).trim())
    }
  })

  it('takes no character of a text for a request or an escape', () => {
    expect(roff('.SH x\n\\fB "a" `b` \'c\' a-b ^~ é')).toBe(
      '\\&.SH x\n\\efB \\(dqa\\(dq \\(gab\\(ga \\(aqc\\(aq a\\-b \\(ha\\(ti \\[u00E9]',
    )
  })

  it('is taken by groff without a warning', (context) => {
    if (!has('groff')) context.skip('groff is not installed')
    const all = pages().map((words) => manualPage(words) as string)
    const done = spawnSync('groff', ['-man', '-ww', '-z', '-'], { input: all.join(''), encoding: 'utf8' })
    // Hyphenation and justification of one very long word are the typesetter's own matter.
    const warnings = done.stderr.split('\n').filter((line) => line !== '' && !/cannot adjust line|can't break line/.test(line))
    expect([done.status, warnings]).toEqual([0, []])
  })

  it('is read by man', (context) => {
    if (!has('man') || !has('groff')) context.skip('man is not installed')
    const page = manualPage(['policy', 'check']) as string
    let text: string
    try {
      text = execFileSync('man', ['-l', '-'], {
        input: page,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
        env: { ...process.env, MANPAGER: 'cat', MANWIDTH: '80', LC_ALL: 'C' },
      })
    } catch {
      context.skip('man of this system shows no pages')
      return
    }
    // Some systems have man as a notice only.
    if (!text.includes('POLICY')) context.skip('man of this system shows no pages')
    expect(text).toContain('phi-policy-check - Look for what is wrong with a policy')
    expect(text).toContain('--separate <duties>')
    expect(text).toContain('$ phi policy check policy.json')
  })

  it('is printed for packagers', async () => {
    expect((await phi('man policy check')).stdout).toBe(manualPage(['policy', 'check']))
    expect((await phi('man')).stdout).toBe(manualPage([]))
    expect(JSON.parse((await phi('man policy --json')).stdout)).toEqual({ page: manualPage(['policy']) })
    expect(await phi('man nope')).toMatchObject({ code: 2, stdout: '' })
  })
})
