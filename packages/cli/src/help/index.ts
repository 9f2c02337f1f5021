import type { CommandSpec } from '../command.ts'
import { groups } from '../commands/index.ts'
import { wrapLines } from '../layout.ts'
import type { Paint } from '../paint.ts'
import { allCommands, commandsOf, found, nameOf, ownCommands, singleCommands } from '../specs.ts'
import { version } from '../version.ts'
import type { Rows } from './words.ts'
import * as texts from './words.ts'
import { indented, paragraphsOf, twoColumns } from './wrap.ts'

interface Page {
  readonly paint: Paint
  /** What is left of a line, inside the indentation. */
  readonly room: number
}

const INDENT = 2

const section = ({ paint }: Page, title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', paint.strong(title), ...indented(lines, INDENT)]

const table = (page: Page, rows: Rows): readonly string[] => (rows.length === 0 ? [] : twoColumns(rows, page.room))

const prose = (page: Page, text: string): readonly string[] =>
  paragraphsOf(text).flatMap((each, at) => [...(at === 0 ? [] : ['']), ...wrapLines(each, page.room)])

const summaries = (specs: readonly CommandSpec[]): Rows => specs.map((spec) => [nameOf(spec), spec.summary])

function programHelp(page: Page): readonly string[] {
  return [
    ...wrapLines(`${page.paint.strong('phi')} ${version}, ${texts.programSummary}`, page.room + INDENT),
    ...section(page, 'Usage', ['phi <command> [options]', 'phi help <command>', 'phi --version']),
    ...section(page, 'Commands', table(page, summaries(singleCommands()))),
    ...groups.flatMap(({ name, summary }) => section(page, `${name}: ${summary}`, table(page, summaries(commandsOf(name))))),
    ...section(
      page,
      'About this command',
      table(page, [...summaries(ownCommands), ['help <command>', 'Say what a command does']]),
    ),
    ...section(page, 'Options of every command', table(page, texts.commonOptionsOf())),
    ...section(page, 'Exit codes', table(page, texts.exitsOf())),
    ...section(page, 'Environment', table(page, texts.environment)),
    ...section(page, 'Configuration', prose(page, texts.configurationAbout)),
    ...section(page, 'About', prose(page, texts.programAbout)),
  ]
}

function groupHelp(name: string, page: Page): readonly string[] {
  const summary = groups.find((group) => group.name === name)?.summary ?? ''
  return [
    ...wrapLines(`${page.paint.strong(`phi ${name}`)}: ${summary}`, page.room + INDENT),
    ...section(page, 'Usage', [`phi ${name} <command> [options]`]),
    ...section(page, 'Commands', table(page, summaries(commandsOf(name)))),
    ...section(page, 'More', [`phi help ${name} <command>`]),
  ]
}

function examplesOf({ examples }: CommandSpec, page: Page): readonly string[] {
  return examples.flatMap(({ run, about }, at) => [
    ...(at === 0 ? [] : ['']),
    ...wrapLines(texts.sentence(about), page.room).map((line) => page.paint.dim(line)),
    // Not wrapped: it is there to be copied.
    `$ ${run}`,
  ])
}

function commandHelp(spec: CommandSpec, page: Page): readonly string[] {
  return [
    ...wrapLines(`${page.paint.strong(`phi ${nameOf(spec)}`)}: ${spec.summary}`, page.room + INDENT),
    ...section(page, 'Usage', wrapLines(texts.usageOf(spec), page.room)),
    '',
    ...prose({ ...page, room: page.room + INDENT }, spec.about),
    ...section(page, 'Operands', table(page, texts.operandsOf(spec))),
    ...section(page, 'Options', table(page, texts.optionsOf(spec))),
    ...section(page, 'Options of every command', table(page, texts.commonOptionsOf(spec))),
    ...section(page, 'Examples', examplesOf(spec, page)),
    ...section(page, 'Exit codes', table(page, texts.exitsOf(spec))),
  ]
}

/**
 * The help of the program, of a group or of a command.
 * @returns undefined where the words name none
 */
export function helpText(words: readonly string[], paint: Paint, columns: number): string | undefined {
  const page: Page = { paint, room: Math.max(24, Math.min(columns, 100)) - INDENT }
  if (words.length === 0) return programHelp(page).join('\n')
  const { spec, group, used } = found(words)
  if (used !== words.length) return undefined
  if (spec !== undefined) return commandHelp(spec, page).join('\n')
  return group === undefined ? undefined : groupHelp(group, page).join('\n')
}

/** The words of every page that there is. */
export const pages = (): readonly (readonly string[])[] => [
  [],
  ...groups.map(({ name }) => [name]),
  ...allCommands.map(({ path }) => path),
]
