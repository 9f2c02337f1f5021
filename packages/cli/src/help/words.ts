import type { CommandSpec, OperandSpec, OptionSpec } from '../command.ts'
import { CONFIG_FILE } from '../config.ts'
import { type ExitName, exitCodes } from '../exit-codes.ts'
import { commonOptions, formatsOf, nameOf } from '../specs.ts'

// What help and manual say alike.

/** Names, and what each means. */
export type Rows = readonly (readonly [name: string, about: string])[]

export const programSummary = 'building blocks for protected health information, from the terminal'

export const programAbout = `phi verifies and searches audit logs, looks after keys, tests access policies, computes deadlines, plans
disposal, and decides what an agreement covers. Each command answers one question, in words, as JSON, or as SARIF for code scanning.

It helps you meet the HIPAA rules that its answers cite. It gives no legal advice.`

/** Variables of the environment that every command reads. */
export const environment: Rows = [
  ['DATABASE_URL', 'The database, where neither an option nor the configuration names another.'],
  ['NO_COLOR', 'Set to anything: no colours.'],
  ['FORCE_COLOR', 'Colours also where the output is no terminal; 0 for none.'],
  ['PHI_DEBUG', 'Set to 1: the stack of an error on standard error. It can hold data.'],
]

export const configurationAbout = `Commands take what they share from ${CONFIG_FILE} in the working folder or the nearest folder above,
or from --config. It holds no secret: only the names of environment variables that do. Paths in it are read from its own folder.`

/** The exit codes that a command can end with, in the order of their numbers. */
export function exitsOf(spec?: CommandSpec): Rows {
  const can = new Set<ExitName>(
    spec === undefined ? (Object.keys(exitCodes) as ExitName[]) : [...spec.exits, 'usage', 'failed'],
  )
  return Object.entries(exitCodes)
    .filter(([name]) => can.has(name as ExitName))
    .map(([, { code, meaning }]) => [String(code), meaning] as const)
}

const operandText = ({ name, optional, many }: OperandSpec): string => {
  const text = `${name}${many === true ? '...' : ''}`
  return optional === true ? `[${text}]` : `<${text}>`
}

/** `phi policy check <file> [options]` */
export function usageOf(spec: CommandSpec): string {
  const needed = (spec.options ?? []).filter(({ required }) => required === true).map(({ flags }) => longFlags(flags))
  return ['phi', nameOf(spec), ...(spec.operands ?? []).map(operandText), ...needed, '[options]'].join(' ')
}

/** `-n, --limit <count>` → `--limit <count>` */
const longFlags = (flags: string): string => flags.replace(/^-[A-Za-z], /, '').replace('...', '')

export const sentence = (text: string): string => (text === '' || /[.!?]$/.test(text) ? text : `${text}.`)

export const operandsOf = (spec: CommandSpec): Rows =>
  (spec.operands ?? []).map((operand) => [
    operandText(operand),
    [sentence(operand.about), ...(operand.choices === undefined ? [] : [`One of ${operand.choices.join(', ')}.`])].join(' '),
  ])

function optionText({ flags, about, choices, default: fallback, required, many }: OptionSpec): readonly [string, string] {
  const more = [
    ...(choices === undefined ? [] : [`One of ${choices.join(', ')}.`]),
    ...(fallback === undefined ? [] : [`Default: ${fallback}.`]),
    ...(required === true ? ['Required.'] : []),
    ...(many === true || flags.includes('...') ? ['May stand several times.'] : []),
  ]
  return [flags.replace('...', ''), [sentence(about), ...more].join(' ')]
}

export const optionsOf = (spec: CommandSpec): Rows => (spec.options ?? []).map(optionText)

/** The options of every command, as this one takes them. */
export function commonOptionsOf(spec?: CommandSpec): Rows {
  return commonOptions.map((option: OptionSpec) =>
    optionText(
      option.flags.startsWith('--format') && spec !== undefined
        ? { ...option, choices: formatsOf(spec), default: 'text' }
        : option,
    ),
  )
}
