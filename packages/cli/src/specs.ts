import type { CommandSpec } from './command.ts'
import { commands, groups } from './commands/index.ts'
import { completionCommand } from './completion/command.ts'
import { manCommand } from './help/command.ts'

/** Commands about the command itself. */
export const ownCommands: readonly CommandSpec[] = [completionCommand, manCommand]

/** Every command that a line can name. */
export const allCommands: readonly CommandSpec[] = [...commands, ...ownCommands]

/** `audit verify` */
export const nameOf = ({ path }: Pick<CommandSpec, 'path'>): string => path.join(' ')

/** The commands of a group, in the order of the help. */
export const commandsOf = (group: string): readonly CommandSpec[] =>
  allCommands.filter(({ path }) => path.length > 1 && path[0] === group)

/** Commands that stand by themselves: `phi doctor`. */
export const singleCommands = (): readonly CommandSpec[] => commands.filter(({ path }) => path.length === 1)

/** What words name, as far as they name something: a command, else a group. */
export function found(words: readonly string[]): {
  readonly spec?: CommandSpec
  readonly group?: string
  readonly used: number
} {
  const spec = allCommands
    .filter(({ path }) => path.every((word, at) => words[at] === word))
    .reduce<CommandSpec | undefined>(
      (best, each) => (best === undefined || each.path.length > best.path.length ? each : best),
      undefined,
    )
  if (spec !== undefined) return { spec, used: spec.path.length }
  const group = groups.find(({ name }) => name === words[0])
  return group === undefined ? { used: 0 } : { group: group.name, used: 1 }
}

/** The options that every command takes. */
export const commonOptions = [
  { flags: '--json', about: 'The whole answer as JSON, also when it is an error.' },
  { flags: '--format <format>', about: 'How the answer is printed.' },
  { flags: '--config <file>', about: 'Configuration. Default: the nearest phi.config.json upwards.', kind: 'file' },
  { flags: '--no-color', about: 'Without colours; NO_COLOR in the environment does the same.' },
  { flags: '-h, --help', about: 'This help.' },
] as const

export const formats = ['text', 'json', 'sarif'] as const
export type Format = (typeof formats)[number]

/** The formats that a command knows. */
export const formatsOf = ({ sarif }: Pick<CommandSpec, 'sarif'>): readonly Format[] =>
  sarif === true ? formats : formats.slice(0, 2)
