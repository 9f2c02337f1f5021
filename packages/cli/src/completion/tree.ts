import { Option } from 'commander'
import type { CommandSpec, OptionSpec } from '../command.ts'
import { groups } from '../commands/index.ts'
import { allCommands, commandsOf, commonOptions, formatsOf, ownCommands, singleCommands } from '../specs.ts'

/** What can follow an option or stand as an operand. `undefined`: something that only the person knows. */
export type Values = { readonly words: readonly string[] } | { readonly paths: 'file' | 'directory' } | undefined

export interface OfferedOption {
  readonly long: string
  readonly short: string | undefined
  readonly about: string
  readonly takesValue: boolean
  readonly values: Values
}

/** A place on the command line, named by the words before it: ``, `/audit`, `/audit/verify`. */
export interface Place {
  readonly path: string
  /** Words that lead to a place below. */
  readonly below: readonly (readonly [word: string, about: string])[]
  readonly options: readonly OfferedOption[]
  readonly operand: Values
}

const firstSentence = (text: string): string => (/^.*?[^.](?=\.(?:\s|$))/.exec(text)?.[0] ?? text).replace(/\.$/, '')

function valuesOf({ choices, kind }: Pick<OptionSpec, 'choices' | 'kind'>): Values {
  if (choices !== undefined) return { words: choices }
  return kind === undefined ? undefined : { paths: kind }
}

function offered(spec: OptionSpec): OfferedOption {
  const option = new Option(spec.flags.replace('...', ''))
  return {
    long: option.long ?? '',
    short: option.short,
    about: firstSentence(spec.about),
    takesValue: option.required,
    values: valuesOf(spec),
  }
}

const common = (spec?: CommandSpec): readonly OfferedOption[] =>
  commonOptions.map((each: OptionSpec) =>
    offered(each.flags.startsWith('--format') ? { ...each, choices: formatsOf(spec ?? { sarif: true }) } : each),
  )

function commandPlace(spec: CommandSpec): Place {
  const known = (spec.operands ?? []).map(valuesOf).find((each) => each !== undefined)
  return {
    path: `/${spec.path.join('/')}`,
    below: [],
    options: [...(spec.options ?? []).map(offered), ...common(spec)],
    operand: known,
  }
}

/** The places where a command can be named, below words such as `help`. */
function naming(root: string): readonly Place[] {
  const top = [
    ...singleCommands().map(({ path, summary }) => [path[0] as string, summary] as const),
    ...groups.map(({ name, summary }) => [name, summary] as const),
  ]
  const inGroups = groups.map(({ name }): Place => {
    const below = commandsOf(name).map(({ path, summary }) => [path[1] as string, summary] as const)
    return { path: `${root}/${name}`, below, options: common(), operand: undefined }
  })
  return [{ path: root, below: top, options: common(), operand: undefined }, ...inGroups]
}

/** Every place that a script has to know. */
export function places(): readonly Place[] {
  const [program, ...inGroups] = naming('') as readonly [Place, ...Place[]]
  const own = [
    ...ownCommands.map(({ path, summary }) => [path[0] as string, summary] as const),
    ['help', 'Say what a command does'] as const,
  ]
  const version = offered({ flags: '--version', about: 'The version' })
  const top = { ...program, below: [...program.below, ...own], options: [...program.options, version] }
  return [
    top,
    ...inGroups,
    ...allCommands.filter(({ path }) => path[0] !== 'man').map(commandPlace),
    ...naming('/help'),
    ...naming('/man'),
  ]
}

/** Paths below another one: what a script follows word by word. */
export const pathsOf = (all: readonly Place[]): readonly string[] => all.map(({ path }) => path).filter((path) => path !== '')
