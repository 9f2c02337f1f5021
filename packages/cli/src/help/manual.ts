import type { CommandSpec } from '../command.ts'
import { groups } from '../commands/index.ts'
import { allCommands, commandsOf, found, nameOf } from '../specs.ts'
import { version } from '../version.ts'
import type { Rows } from './words.ts'
import * as texts from './words.ts'
import { paragraphsOf } from './wrap.ts'

/** Text for roff (groff_char(7), man(7)): no character of it is a request, an escape or a character that some device lacks. */
export function roff(text: string): string {
  const escaped = [...text]
    .map((character) => {
      switch (character) {
        case '\\':
          return '\\e'
        // A minus sign, which can be copied into a shell; a bare one becomes a hyphen.
        case '-':
          return '\\-'
        case "'":
          return '\\(aq'
        case '`':
          return '\\(ga'
        case '^':
          return '\\(ha'
        case '~':
          return '\\(ti'
        case '"':
          return '\\(dq'
        default: {
          const code = character.codePointAt(0) as number
          return code < 0x7f ? character : `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`
        }
      }
    })
    .join('')
  // A period at the beginning of a line would make it a request.
  return escaped.replace(/^\./gm, '\\&.')
}

const heading = (name: string): string => `.SH ${name.toUpperCase()}`
const rows = (list: Rows): readonly string[] =>
  list.flatMap(([name, about]) => ['.TP', `\\fB${roff(name.trim())}\\fR`, roff(about)])
const prose = (text: string): readonly string[] => paragraphsOf(text).flatMap((each) => ['.PP', roff(each)])
const section = (name: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [heading(name), ...lines]
const literal = (text: string): readonly string[] => ['.PP', '.nf', roff(text), '.fi']

const titleOf = (words: readonly string[]): string => ['phi', ...words].join('-')
const reference = (words: readonly string[]): string => `\\fB${roff(titleOf(words))}\\fR(1)`

function page(words: readonly string[], summary: string, body: readonly string[]): string {
  const title = titleOf(words)
  return [
    `.TH ${roff(title.toUpperCase())} 1 "" "phi ${roff(version)}" "User Commands"`,
    heading('name'),
    `${roff(title)} \\- ${roff(summary)}`,
    ...body,
    '',
  ].join('\n')
}

const summaries = (specs: readonly CommandSpec[]): Rows => specs.map((spec) => [`phi ${nameOf(spec)}`, spec.summary])

function programPage(): string {
  return page([], texts.programSummary, [
    ...section('synopsis', ['\\fBphi\\fR \\fIcommand\\fR [\\fIoptions\\fR]']),
    ...section('description', prose(texts.programAbout)),
    ...section('commands', rows(summaries(allCommands))),
    ...section('options', rows(texts.commonOptionsOf())),
    ...section('exit status', rows(texts.exitsOf())),
    ...section('environment', rows(texts.environment)),
    ...section('files', prose(texts.configurationAbout)),
    ...section('see also', [allCommands.map(({ path }) => reference(path)).join(',\n')]),
  ])
}

function groupPage(name: string, summary: string): string {
  return page([name], summary, [
    ...section('synopsis', [`\\fBphi ${roff(name)}\\fR \\fIcommand\\fR [\\fIoptions\\fR]`]),
    ...section('commands', rows(summaries(commandsOf(name)))),
    ...section('see also', [[[], ...commandsOf(name).map(({ path }) => path)].map(reference).join(',\n')]),
  ])
}

function commandPage(spec: CommandSpec): string {
  const [first = ''] = spec.path
  return page(spec.path, spec.summary, [
    ...section('synopsis', [`\\fB${roff(texts.usageOf(spec))}\\fR`]),
    ...section('description', prose(spec.about)),
    ...section('operands', rows(texts.operandsOf(spec))),
    ...section('options', rows([...texts.optionsOf(spec), ...texts.commonOptionsOf(spec)])),
    ...section('exit status', rows(texts.exitsOf(spec))),
    ...section(
      'examples',
      spec.examples.flatMap(({ run, about }) => [...prose(texts.sentence(about)), ...literal(`$ ${run}`)]),
    ),
    ...section('see also', [[[], ...(spec.path.length > 1 ? [[first]] : [])].map(reference).join(',\n')]),
  ])
}

/**
 * The manual page in roff, as man(7) describes it, of the program, a group or a command.
 * @returns undefined where the words name none
 */
export function manualPage(words: readonly string[]): string | undefined {
  if (words.length === 0) return programPage()
  const { spec, group, used } = found(words)
  if (used !== words.length) return undefined
  if (spec !== undefined) return commandPage(spec)
  const about = groups.find(({ name }) => name === group)
  return about === undefined ? undefined : groupPage(about.name, about.summary)
}
