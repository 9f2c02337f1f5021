import type { Analysis } from './analyse.ts'
import { obligationText } from './change.ts'
import type { Change, Names, PolicyDiff } from './diff.ts'
import type { Finding } from './findings.ts'
import type { SeparationReport } from './separation.ts'
import type { RoleAccess, WhatCan, WhoCan } from './who-can.ts'
import { whenText } from './words.ts'

/** Everything that can be written out. Findings are data; prose comes last. */
export type Report = Analysis | PolicyDiff | SeparationReport | WhoCan | WhatCan

interface Section {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Folded in Markdown: for those who want to know exactly. */
  readonly folded?: boolean
}
interface Document {
  readonly summary: string
  readonly notes: readonly string[]
  readonly sections: readonly Section[]
}

const count = (many: number, one: string, more = `${one}s`): string => `${many} ${many === 1 ? one : more}`

/** Cells by the million are rounded: nobody counts them. */
function cellCount(cells: number): string {
  return cells < 1e6 ? count(cells, 'cell') : `about ${cells.toPrecision(3).replace('e+', ' x 10^')} cells`
}

const undecidedNotes = (list: readonly { readonly type: string; readonly action: string }[]): readonly string[] =>
  list.map(({ action, type }) => `Cannot be told for ${action} ${type}: too many conditions depend on each other.`)

function listed(title: string, { roles, actions, types, attributes, rules }: Names): readonly string[] {
  const parts = Object.entries({ roles, actions, types, attributes, rules }).filter(([, names]) => names.length > 0)
  return parts.length === 0 ? [] : [`${title}: ${parts.map(([what, names]) => `${what} ${names.join(', ')}`).join('; ')}.`]
}

const arrow = { widened: 'widened', narrowed: 'narrowed', mixed: 'exchanged' } as const
const changeRow = (change: Change, i: number): readonly string[] => [
  String(i + 1),
  arrow[change.direction],
  change.cells < 1e6 ? String(change.cells) : cellCount(change.cells).replace(' cells', ''),
  change.brief,
]

/** What a row has no room for. */
function inFull(changes: readonly Change[]): Section[] {
  const rows = changes.flatMap(({ text, brief }, i) => (text === brief ? [] : [[String(i + 1), text]]))
  return rows.length === 0 ? [] : [{ title: 'In full', head: ['#', 'what'], rows, folded: true }]
}

function exampleRows(changes: readonly Change[]): Section[] {
  const rows = changes.map(({ example }, i) => [String(i + 1), JSON.stringify(example)])
  return rows.length === 0 ? [] : [{ title: 'A request for each', head: ['#', 'request'], rows, folded: true }]
}

function ofDiff(diff: PolicyDiff): Document {
  const { changes, relations, cells, undecided } = diff
  const all = (['widened', 'mixed', 'narrowed'] as const).filter((each) => cells[each] > 0)
  const counts = all.map((each) => `${cellCount(cells[each])} ${arrow[each]}`)
  const more = relations.length === 0 ? [] : [`${count(relations.length, 'relation')} changed`]
  const said = [...counts, ...more]
  const unknown = undecided.length === 0 ? '' : `; ${count(undecided.length, 'place')} cannot be told`
  const news = changes.filter(({ isOther }) => isOther).map(({ type }) => type)
  return {
    summary: `${diff.before.id} ${diff.before.version} to ${diff.after.version}: ${said.length === 0 ? 'no cell changed' : said.join(', ')}${unknown}.`,
    notes: [
      ...undecidedNotes(undecided),
      ...[...new Set(news)].map((type) => `${type} names its tenant or patient by another attribute: cells do not correspond.`),
      ...listed('Added', diff.added),
      ...listed('Removed', diff.removed),
    ],
    sections: [
      ...(changes.length + relations.length === 0
        ? []
        : [
            {
              title: 'Changes',
              head: ['#', '', 'cells', 'what'],
              rows: [...changes.map(changeRow), ...relations.map(({ direction, text }) => ['', arrow[direction], '', text])],
            },
          ]),
      ...inFull(changes),
      ...exampleRows(changes),
    ],
  }
}

const placesText = ({ places }: Finding): string => places.map(({ action, type }) => `${action} ${type}`).join(', ')

function ofFindings({ policy, findings, undecided }: Analysis): Document {
  const by = (severity: Finding['severity']) => findings.filter((each) => each.severity === severity)
  const row = (each: Finding) => [each.code, each.message, placesText(each)]
  const [errors, warnings, infos] = [by('error'), by('warning'), by('info')]
  const head = ['code', 'what', 'where']
  const section = (title: string, list: readonly Finding[], folded: boolean): Section[] =>
    list.length === 0 ? [] : [{ title, head, rows: list.map(row), folded }]
  return {
    summary: `${policy.id} ${policy.version}: ${count(errors.length, 'error')}, ${count(warnings.length, 'warning')}, ${count(infos.length, 'note')}.`,
    notes: undecidedNotes(undecided),
    sections: [
      ...section('Errors', errors, false),
      ...section('Warnings', warnings, false),
      ...section('For the record', infos, true),
    ],
  }
}

function ofSeparation({ breaches, undecided }: SeparationReport): Document {
  const single = breaches.filter(({ by }) => by === 'role').length
  return {
    summary:
      breaches.length === 0 && undecided.length === 0
        ? 'Every separation of duties holds.'
        : `${count(single, 'breach', 'breaches')} by a role, ${count(breaches.length - single, 'combination')} of roles to keep apart.`,
    notes: undecided.map(({ id }) => `Cannot be told: ${id}.`),
    sections:
      breaches.length === 0
        ? []
        : [
            {
              title: 'Separations',
              head: ['separation', 'by', 'what'],
              rows: breaches.map(({ id, by, message }) => [id, by, message]),
            },
          ],
  }
}

function accessCells({ can, when, gets }: Omit<RoleAccess, 'role'>): readonly string[] {
  const details = gets.map((each) => {
    const owes = each.obligations.length === 0 ? '' : `, owing ${each.obligations.map(obligationText).join('; ')}`
    const condition = gets.length === 1 ? '' : ` ${whenText(each.when)}`
    return `${each.fields.join(', ')}${owes}${condition}`
  })
  return [can === 'sometimes' ? whenText(when) : can, details.join(' / ')]
}

function ofWho({ type, action, given, roles }: WhoCan): Document {
  const able = roles.filter(({ can }) => can !== 'never')
  const rows = able.map((each) => [each.role ?? '(no role)', ...accessCells(each)])
  const names = able.map(({ role }) => role ?? 'anybody of the tenant')
  const who = able.length === 0 ? 'Nobody' : names.join(', ')
  return {
    summary: `${who} can ${action} ${type}${given === null ? '' : ` given that ${given}`}.`,
    notes: [],
    sections: rows.length === 0 ? [] : [{ title: 'Roles', head: ['role', 'when', 'gets'], rows }],
  }
}

function ofWhat({ role, abilities, undecided }: WhatCan): Document {
  const rows = abilities.map((each) => [`${each.action} ${each.type}`, ...accessCells(each)])
  return {
    summary: `${role} can do ${count(abilities.length, 'thing')}.`,
    notes: undecidedNotes(undecided),
    sections: rows.length === 0 ? [] : [{ title: 'Abilities', head: ['what', 'when', 'gets'], rows }],
  }
}

function documentOf(report: Report): Document {
  switch (report.kind) {
    case 'diff':
      return ofDiff(report)
    case 'findings':
      return ofFindings(report)
    case 'separation':
      return ofSeparation(report)
    case 'who-can':
      return ofWho(report)
    case 'what-can':
      return ofWhat(report)
  }
}

// What ends a line, hides text or turns it round does not belong into a report.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const visible = (text: string): string =>
  text.replace(INVISIBLE, (each) => `\\u{${(each.codePointAt(0) as number).toString(16)}}`)

/** Text for a terminal or a log. */
export function renderText(report: Report): string {
  const { summary, notes, sections } = documentOf(report)
  const lines = [summary, ...notes]
  for (const { title, rows } of sections) {
    lines.push('', `${title}:`, ...rows.map((cells) => `  ${cells.filter((cell) => cell !== '').join(' | ')}`))
  }
  return `${lines.map(visible).join('\n')}\n`
}

/** Markdown shows a text as it is: punctuation is escaped, and nothing in it becomes a link, a mention, HTML or a new column. */
function escaped(text: string): string {
  return visible(text)
    .replace(/[\\`*_[\]#|~^$]/g, (each) => `\\${each}`)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/@/g, '&#64;')
    .replace(/(https?|www|ftp)([:.])/gi, (_, word: string, sign: string) => `${word}&#${sign.charCodeAt(0)};`)
}

function tableOf({ head, rows }: Section): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)]
}

/** Markdown for a pull request: the summary first, then tables, details folded. */
export function renderMarkdown(report: Report): string {
  const { summary, notes, sections } = documentOf(report)
  const lines = [`**${escaped(summary)}**`, '', ...notes.flatMap((note) => [`- ${escaped(note)}`])]
  for (const section of sections) {
    const table = tableOf(section)
    if (lines.at(-1) !== '') lines.push('')
    if (section.folded !== true) lines.push(...table)
    else
      lines.push(
        `<details><summary>${escaped(section.title)} (${section.rows.length})</summary>`,
        '',
        ...table,
        '',
        '</details>',
      )
  }
  return `${lines.join('\n').trimEnd()}\n`
}
