import { PhiError } from '@phi/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { phi } from '../test/io.ts'
import type { CommandSpec, Report } from './command.ts'
import { cliError } from './errors.ts'
import { blocking } from './io.ts'
import { progress } from './progress.ts'
import { run } from './run.ts'
import { allCommands } from './specs.ts'

const report = (more: Partial<Report> = {}): Report => ({ exit: 'ok', json: { a: 1 }, text: () => 'done', ...more })

const behaviours: Readonly<Record<string, CommandSpec['run']>> = {
  ok: async () => report(),
  finding: async () => report({ exit: 'finding' }),
  unknown: async () => report({ exit: 'unknown' }),
  defect: async () => {
    throw Object.assign(new Error('Jane Roe, F41.1'), { name: 'Jane Roe' })
  },
  text: async () => {
    throw 'Jane Roe'
  },
  known: async () => {
    throw cliError('PHI_CLI_FILE', { path: '--bundle', detail: 'there is no such file' })
  },
  foreign: async () => {
    throw new PhiError('PHI_AUDIT_X', { problem: 'The log is broken', remedy: 'Look at it.' }, { cause: new Error('Jane Roe') })
  },
  hostile: async () =>
    report({ text: () => 'first\u001b[2K\rall is well\u202e\nsecond', json: { a: '\u001b\u009b\u202e\u{e0041}' } }),
  painted: async () => report({ text: (paint) => paint.good('good') }),
  nothing: async () => report({ json: undefined, text: () => '' }),
  written: async (_, io) => {
    await io.stdout.write('piece by piece\n')
    return report({ isWritten: true })
  },
  many: async (input) => report({ json: { keys: input.all('key'), limit: input.whole('limit'), is: input.flag('witness') } }),
  sarif: async () => report({ sarif: { rules: [], results: [] } }),
  stopped: async (_, io) => {
    io.signal.throwIfAborted()
    return report()
  },
  bar: async (_, io) => {
    const bar = progress(io, 'entries verified')
    bar.at(1, 2)
    throw cliError('PHI_CLI_CONNECT')
  },
  busy: async (_, io) => report({ json: blocking(io, () => 7) }),
}

const spec: CommandSpec = {
  path: ['probe'],
  summary: 'Try the frame',
  about: 'A command of this test.',
  operands: [{ name: 'what', about: 'What it does.', choices: Object.keys(behaviours) }],
  options: [
    { flags: '--key <vkey...>', about: 'A key.' },
    { flags: '-n, --limit <count>', about: 'A limit.' },
    { flags: '--no-witness', about: 'Without witnesses.' },
    { flags: '--as <form>', about: 'A form.', choices: ['one', 'two'] },
  ],
  examples: [],
  exits: ['ok', 'finding', 'unknown'],
  sarif: true,
  run: (...given) => (behaviours[given[0].operands[0] ?? ''] as CommandSpec['run'])(...given),
}

describe('run', () => {
  beforeAll(() => {
    ;(allCommands as CommandSpec[]).push(spec)
  })
  afterAll(() => {
    ;(allCommands as CommandSpec[]).pop()
  })

  it('answers as text, as JSON and as SARIF, and ends with what the answer says', async () => {
    expect(await phi('probe ok')).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
    expect(await phi('probe finding --json')).toEqual({ code: 1, stdout: '{\n  "a": 1\n}\n', stderr: '' })
    expect((await phi('probe unknown')).code).toBe(3)
    expect(JSON.parse((await phi('probe sarif --format sarif')).stdout)).toMatchObject({
      version: '2.1.0',
      runs: [{ results: [] }],
    })
    expect((await phi('probe nothing')).stdout).toBe('')
    expect((await phi('probe nothing --json')).stdout).toBe('null\n')
    expect((await phi('probe written')).stdout).toBe('piece by piece\n')
    expect((await phi('probe busy --json')).stdout).toBe('7\n')
  })

  it('takes common options before the command, and after it', async () => {
    for (const line of [
      '--json probe ok',
      'probe --json ok',
      'probe ok --json',
      '--format=json probe ok',
      '--format json probe ok',
    ]) {
      expect((await phi(line)).stdout).toBe('{\n  "a": 1\n}\n')
    }
  })

  it('takes an option that may be repeated once for each value, and no operand along', async () => {
    const ran = await phi('probe --key a --key=b many -n 5 --json')
    expect(JSON.parse(ran.stdout)).toEqual({ keys: ['a', 'b'], limit: 5, is: true })
    expect(JSON.parse((await phi('probe --key a many --no-witness --json')).stdout)).toEqual({ keys: ['a'], is: false })
    expect(JSON.parse((await phi('probe many -n7 --json')).stdout)).toMatchObject({ limit: 7 })
    expect((await phi('probe --json -- many')).code).toBe(0)
  })

  it.each([
    ['prbe ok', 'there is no command prbe; perhaps probe was meant'],
    ['check', 'there is no command check; perhaps policy check was meant'],
    ['policy chekc x', 'there is no command chekc of phi policy; perhaps check was meant'],
    ['xyzzy', 'there is no command xyzzy'],
    ['p-17/../x', 'there is no command of that name'],
    ['probe', 'the operand <what> is missing'],
    ['probe ok again', 'it takes one operand and no more'],
    ['probe never', 'the operand <what> is one of ok, finding'],
    ['probe ok --limt 5', 'there is no option --limt; perhaps --limit was meant'],
    ['probe ok --secret=hunter2', 'there is no option --secret.'],
    ['probe ok -phunter2', 'there is no option -p'],
    ['probe ok --limit', 'the option --limit needs a value'],
    ['probe ok --limit --json', 'the option --limit needs a value'],
    ['probe ok --limit 1 --limit 2', 'the option --limit stands twice'],
    ['probe many --limit hunter2', 'the option --limit takes a whole number'],
    ['probe ok --as hunter2', 'the option --as takes one of one, two'],
    ['probe ok --format xml', 'the option --format takes one of text, json, sarif'],
    ['policy explain --format sarif', 'the option --format takes one of text, json.'],
    ['probe ok --json --format sarif', '--json and --format ask for two things'],
    ['--frobnicate probe ok', 'there is no option --frobnicate that can stand before a command'],
    ['help probe deeper', 'there is nothing below phi probe'],
    ['help hepl', 'there is no command hepl; perhaps help was meant'],
  ])('says what is wrong with "phi %s", and repeats no value', async (line, detail) => {
    const ran = await phi(line)
    expect(ran.stderr).toContain(`phi: The command line is not valid: ${detail}`)
    expect(ran).toMatchObject({ code: 2, stdout: line.includes('--json') ? expect.stringContaining('PHI_CLI_USAGE') : '' })
    expect(ran.stdout + ran.stderr).not.toMatch(/hunter2/)
  })

  it('answers with an error as JSON where JSON is asked for', async () => {
    const ran = await phi('--json probe known')
    expect(JSON.parse(ran.stdout)).toEqual({
      error: {
        code: 'PHI_CLI_FILE',
        message:
          'A file cannot be read or written (at --bundle): there is no such file. Look at the path and its permissions. What was there before is untouched.',
        retryable: false,
        info: {},
        path: '--bundle',
      },
    })
    expect(ran.code).toBe(4)
    expect(JSON.parse((await phi('probe --format json')).stdout)).toMatchObject({ error: { code: 'PHI_CLI_USAGE' } })
    // Code scanning cannot read anything but SARIF.
    expect((await phi('probe known --format sarif')).stdout).toBe('')
  })

  it('shows the errors of the packages below as they are, and nothing of their causes', async () => {
    const ran = await phi('probe foreign')
    expect(ran).toEqual({ code: 4, stdout: '', stderr: 'phi: The log is broken. Look at it.\nPHI_AUDIT_X\n' })
  })

  it('shows nothing of a defect, unless it is asked for', async () => {
    for (const line of ['probe defect', 'probe text', 'probe defect --json']) {
      const ran = await phi(line)
      expect(ran.code).toBe(4)
      expect(ran.stderr).toContain('PHI_CLI_DEFECT')
      expect(ran.stdout + ran.stderr).not.toMatch(/Jane|F41/)
    }
    expect((await phi('probe defect', { env: { PHI_DEBUG: '1' } })).stderr).toContain('Jane Roe, F41.1')
    expect((await phi('probe foreign', { env: { PHI_DEBUG: '1' } })).stderr).toContain('Caused by: Error: Jane Roe')
  })

  it('shows text that could steer a terminal by its numbers', async () => {
    expect((await phi('probe hostile')).stdout).toBe('first\\u{1b}[2K\\u{d}all is well\\u{202e}\nsecond\n')
    expect((await phi('probe hostile', { terminal: true })).stdout).toBe('first\\u{1b}[2K\\u{d}all is well\\u{202e}\nsecond\n')
    const { stdout } = await phi('probe hostile --json')
    expect(stdout).toContain('\\u001b\\u009b\\u202e\\udb40\\udc41')
    expect(JSON.parse(stdout)).toEqual({ a: '\u001b\u009b\u202e\u{e0041}' })
  })

  it('colours for a person, unless colours are refused', async () => {
    expect((await phi('probe painted', { terminal: true })).stdout).toBe('\u001b[32mgood\u001b[39m\n')
    expect((await phi('probe painted --no-color', { terminal: true })).stdout).toBe('good\n')
    expect((await phi('--no-color probe known', { terminal: true })).stderr).not.toContain('\u001b')
    expect((await phi('probe painted', { terminal: true, env: { NO_COLOR: '1' } })).stdout).toBe('good\n')
    expect((await phi('probe painted', { terminal: true, env: { TERM: 'dumb' } })).stdout).toBe('good\n')
    expect((await phi('probe painted', { env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[32m')
    expect((await phi('probe painted')).stdout).toBe('good\n')
  })

  it('ends with 130 after Ctrl-C and where nobody reads, whatever the command made of it', async () => {
    expect(await phi('probe stopped', { signal: AbortSignal.abort() })).toEqual({
      code: 130,
      stdout: '',
      stderr: 'phi: stopped\n',
    })
    expect(await phi('probe ok', { closedAfter: 0 })).toEqual({ code: 130, stdout: '', stderr: '' })
    expect((await phi('help', { closedAfter: 0 })).code).toBe(130)
    expect((await phi('--version', { closedAfter: 0 })).code).toBe(130)
    expect((await phi('probe known --json', { closedAfter: 0 })).code).toBe(4)
  })

  it('takes a bar away before it says what failed', async () => {
    const { stderr } = await phi('probe bar --no-color', { terminal: true })
    expect(stderr).toContain('verified\r\u001b[2Kphi: The database')
  })

  it('never throws, also where nothing can be said', async () => {
    const dead = {
      isTerminal: false,
      columns: 0,
      write: async () => {
        throw new Error('Jane Roe')
      },
    }
    const io = {
      stdout: dead,
      stderr: dead,
      stdin: (async function* () {})(),
      stdinIsTerminal: false,
      env: {},
      cwd: '/',
      clock: () => 0,
    }
    const signal = new AbortController().signal
    expect(await run(['probe', 'ok'], { ...io, signal })).toBe(4)
    expect(await run(['probe'], { ...io, signal })).toBe(2)
  })

  it('gives help on standard output when it is asked for, and on standard error for half of a command', async () => {
    const asked = [
      '',
      '--help',
      '-h',
      'help',
      'help policy',
      'policy --help',
      'policy -h',
      'probe --help',
      'probe x y --help',
      'help probe',
    ]
    for (const line of asked)
      expect(await phi(line)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/\nUsage\n/) })
    for (const line of ['policy', 'policy --json', '--json']) {
      expect(await phi(line)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/\nUsage\n/) })
    }
    expect((await phi('policy check --help')).stdout).toBe((await phi('help policy check')).stdout)
    // After two dashes, everything is an operand.
    expect((await phi('probe -- --help')).code).toBe(2)
    expect((await phi('--version')).stdout).toMatch(/^phi \d+\.\d+\.\d+\n$/)
  })
})
