import { Command, CommanderError, Option } from 'commander'
import type { CommandSpec, OptionSpec } from './command.ts'
import { groups } from './commands/index.ts'
import { cliError } from './errors.ts'
import { flagOf, Input } from './input.ts'
import { allCommands, commandsOf, type Format, formatsOf, found, nameOf } from './specs.ts'
import { suggestion } from './suggest.ts'

/** What a command line asks for. */
export type Asked =
  | { readonly kind: 'run'; readonly spec: CommandSpec; readonly input: Input; readonly format: Format }
  /** `isAnswer`: help was asked for. Otherwise a command was named by half, which is a mistake. */
  | { readonly kind: 'help'; readonly words: readonly string[]; readonly isAnswer: boolean }
  | { readonly kind: 'version' }

const usage = (detail: string) => cliError('PHI_CLI_USAGE', { detail })

/** The words before `--`, which are looked at for options. */
const beforeDashes = (argv: readonly string[]): readonly string[] => {
  const end = argv.indexOf('--')
  return end === -1 ? argv : argv.slice(0, end)
}

const asksForHelp = (argv: readonly string[]): boolean => beforeDashes(argv).some((word) => word === '--help' || word === '-h')

/** Whether colours are refused on the command line. */
export const isWithoutColour = (argv: readonly string[]): boolean => beforeDashes(argv).includes('--no-color')

/** The format as far as it can be told from a line that may be wrong: for its error. */
export function wishedFormat(argv: readonly string[]): Format {
  const words = beforeDashes(argv)
  const isJson = words.some(
    (word, at) => word === '--json' || word === '--format=json' || (word === '--format' && words[at + 1] === 'json'),
  )
  return isJson ? 'json' : 'text'
}

const COMMON_WITH_VALUE = ['--config', '--format']
const COMMON_FLAGS = ['--json', '--no-color', '--help', '-h', '--version']

/** Common options may stand before the command: `phi --json audit verify`. */
function leading(argv: readonly string[]): { readonly options: readonly string[]; readonly rest: readonly string[] } {
  let at = 0
  while (at < argv.length && (argv[at] as string).startsWith('-')) {
    const word = argv[at] as string
    if (COMMON_FLAGS.includes(word) || COMMON_WITH_VALUE.some((flag) => word.startsWith(`${flag}=`))) at += 1
    else if (COMMON_WITH_VALUE.includes(word)) at += 2
    else throw usage(`there is no option ${shownFlag(word)} that can stand before a command`)
  }
  return { options: argv.slice(0, at), rest: argv.slice(at) }
}

/** A flag as it was typed, without what may be a value. */
function shownFlag(typed: string): string {
  const [flag = ''] = typed.split('=')
  if (/^--[a-z][a-z0-9-]{0,39}$/i.test(flag)) return flag
  return /^-[a-z]/i.test(flag) ? flag.slice(0, 2) : 'of that name'
}

/** A word as it was typed, where it looks like the name of a command. */
const shownWord = (typed: string): string => (/^[a-z][a-z-]{0,29}$/i.test(typed) ? ` ${typed}` : ' of that name')

function unknownCommand(words: readonly string[]): never {
  const [first = '', second = ''] = words
  const group = groups.find(({ name }) => name === first)
  if (group === undefined) {
    const known = [...new Set([...allCommands.map(({ path }) => path[0] as string), ...groups.map(({ name }) => name), 'help'])]
    // A command of a group that was named alone: `phi verify`.
    const inGroup = allCommands.find(({ path }) => path.length > 1 && path.at(-1) === first)
    const meant = inGroup === undefined ? suggestion(first, known) : `; perhaps ${nameOf(inGroup)} was meant`
    throw usage(`there is no command${shownWord(first)}${meant}`)
  }
  const known = commandsOf(group.name).map(({ path }) => path.slice(1).join(' '))
  throw usage(`there is no command${shownWord(second)} of phi ${group.name}${suggestion(second, known)}`)
}

/**
 * Reads a command line, without the program's own name.
 * @throws PhiError PHI_CLI_USAGE, which repeats no value that was typed
 */
export function readCommandLine(argv: readonly string[]): Asked {
  if (argv.length === 0) return { kind: 'help', words: [], isAnswer: true }
  const { options, rest } = leading(argv)
  const isHelp = asksForHelp(argv)
  const [first] = rest
  if (first === undefined) {
    if (options.includes('--version') && !isHelp) return { kind: 'version' }
    return { kind: 'help', words: [], isAnswer: isHelp }
  }
  if (first === 'help') return helpOf(rest.slice(1).filter((word) => !word.startsWith('-')))
  const { spec, group, used } = found(rest)
  if (spec !== undefined) {
    if (isHelp) return { kind: 'help', words: spec.path, isAnswer: true }
    return parsed(spec, [...options, ...rest.slice(used)])
  }
  if (group === undefined || (rest[1] !== undefined && !rest[1].startsWith('-'))) return unknownCommand(rest)
  return { kind: 'help', words: [group], isAnswer: isHelp }
}

function helpOf(words: readonly string[]): Asked {
  const { used, spec } = found(words)
  if (spec !== undefined && used !== words.length) throw usage(`there is nothing below phi ${nameOf(spec)}`)
  if (used !== words.length) unknownCommand(words)
  return { kind: 'help', words, isAnswer: true }
}

function optionOf(
  { flags, about, choices, default: fallback, required, many }: OptionSpec,
  known: ReadonlySet<string>,
): Option {
  const isRepeatable = many === true || flags.includes('...')
  const option = new Option(flags.replace('...', ''), about)
  if (option.required || option.optional) {
    const name = option.long ?? option.flags
    let values: readonly string[] | undefined
    option.argParser((value: string) => {
      // An empty value is a variable of a shell script that was not set: nobody means it.
      if (known.has(value) || value === '') throw usage(`the option ${name} needs a value`)
      if (choices !== undefined && !choices.includes(value))
        throw usage(`the option ${name} takes one of ${choices.join(', ')}`)
      if (values !== undefined && !isRepeatable) throw usage(`the option ${name} stands twice`)
      values = [...(values ?? []), value]
      return isRepeatable ? values : value
    })
  }
  if (fallback !== undefined) option.default(fallback)
  return required === true ? option.makeOptionMandatory() : option
}

function commandOf(spec: CommandSpec): Command {
  const command = new Command(`phi ${nameOf(spec)}`)
    .helpOption(false)
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} })
  for (const operand of spec.operands ?? []) {
    const name = `${operand.name}${operand.many === true ? '...' : ''}`
    command.argument(operand.optional === true ? `[${name}]` : `<${name}>`)
  }
  const all: readonly OptionSpec[] = [
    ...(spec.options ?? []),
    { flags: '--json', about: '' },
    { flags: '--format <format>', about: '', choices: formatsOf(spec) },
    { flags: '--config <file>', about: '' },
    { flags: '--no-color', about: '' },
  ]
  const flags = all.map(({ flags: each }) => new Option(each))
  const known = new Set(
    [...flags.flatMap(({ short, long }) => [short, long]), '--help', '-h'].filter((each) => each !== undefined),
  )
  for (const option of all) command.addOption(optionOf(option, known))
  return command.action(() => {})
}

function parsed(spec: CommandSpec, argv: readonly string[]): Asked {
  const command = commandOf(spec)
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    throw error instanceof CommanderError ? usage(detailOf(error, command)) : error
  }
  for (const [at, { name, choices, many }] of (spec.operands ?? []).entries()) {
    const given = many === true ? command.args.slice(at) : command.args.slice(at, at + 1)
    if (given.includes('')) throw usage(`the operand <${name}> is empty`)
    if (choices !== undefined && !given.every((each) => choices.includes(each)))
      throw usage(`the operand <${name}> is one of ${choices.join(', ')}`)
  }
  const { json, format, color: _, ...options } = command.opts() as { json?: true; format?: Format; color?: boolean }
  if (json === true && format !== undefined && format !== 'json') throw usage('--json and --format ask for two things')
  const as = format ?? (json === true ? 'json' : 'text')
  return { kind: 'run', spec, input: new Input(command.args, options, as), format: as }
}

/** What commander found wrong, without the values that its own messages can quote. */
function detailOf(error: CommanderError, command: Command): string {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? ''
  const [flag = ''] = quoted.split(/[ ,=]/)
  switch (error.code) {
    case 'commander.unknownOption': {
      const known = [...command.options.flatMap(({ long }) => (long ? [long] : [])), '--help']
      return `there is no option ${shownFlag(quoted)}${suggestion(flag, known)}`
    }
    case 'commander.missingArgument':
      return `the operand <${quoted}> is missing`
    case 'commander.optionMissingArgument':
      return `the option ${longOf(quoted)} needs a value`
    case 'commander.missingMandatoryOptionValue':
      return `the option ${longOf(quoted)} is missing`
    case 'commander.excessArguments':
      return command.registeredArguments.length === 0
        ? 'it takes no operands'
        : `it takes ${command.registeredArguments.length === 1 ? 'one operand' : `${command.registeredArguments.length} operands`} and no more`
    default:
      return 'it could not be read'
  }
}

const longOf = (flags: string): string => new Option(flags).long ?? flagOf(flags)
