import type { Deadline } from '@phi/deadlines'
import type { Occurrence } from '@phi/deadlines/recurring'
import type { CommandSpec } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { cliError } from '../../errors.ts'
import { writeWhole } from '../../files.ts'
import type { Io } from '../../io.ts'
import { amount, wrapLines } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { sourceInWords } from './due.ts'
import type { Recurring } from './duty-file.ts'
import { type Gap, type Gathered, gather, gatherOperands, gatherOptions, type Source } from './gather.ts'
import { exitOf, type Standed, type Standing, standed } from './standing.ts'

/** One day of the calendar. */
export interface CalendarEntry {
  readonly on: string
  readonly standing: Standing | 'planned'
  readonly source: Source
  readonly title: string
  readonly addressee: string
  readonly rule: string
  readonly citation: string
}

/** What `phi deadlines calendar --json` prints. */
export interface CalendarAnswer {
  readonly at: string
  readonly zone: string | null
  /** The last day up to which recurring duties were placed. */
  readonly through: string
  readonly entries: readonly CalendarEntry[]
  /** What is owed and has no day: no calendar can show it. */
  readonly undated: readonly {
    readonly source: Source
    readonly title: string
    readonly rule: string
    readonly citation: string
  }[]
  readonly gaps: readonly Gap[]
  /** Where the iCalendar was written, as it was named, and how many entries it has. */
  readonly written: { readonly file: string; readonly entries: number } | null
}

/** What goes into the calendar: deadlines, and of recurring duties with a cadence every day of the stretch. */
interface Placed {
  readonly source: Source
  readonly entry: Deadline | Occurrence
}

async function placed({ owed, duties, today }: Gathered, through: string): Promise<readonly Placed[]> {
  const { schedule } = await import('@phi/deadlines/recurring')
  const scheduled = new Set<Recurring>()
  const days = duties.recurring.flatMap((each): Placed[] => {
    const { occurrences } = schedule([each.duty], today, through)
    if (occurrences.length > 0) scheduled.add(each)
    // A day that was settled before it came is over: the next one that is due begins the list.
    const next = owed.find(({ recurring, deadline }) => recurring === each && !('event' in deadline))?.deadline.due ?? ''
    const source: Source = { kind: 'recurring', id: each.duty.id, file: each.file }
    return occurrences.filter(({ on }) => on >= next).map((entry) => ({ source, entry }))
  })
  // What `schedule` placed stands there with all its days, and not once more with its next.
  const others = owed.filter(
    ({ recurring, deadline }) => recurring === undefined || 'event' in deadline || !scheduled.has(recurring),
  )
  return [...others.map(({ source, deadline }) => ({ source, entry: deadline })), ...days]
}

const isOccurrence = (entry: Deadline | Occurrence): entry is Occurrence => 'on' in entry && 'state' in entry

const ofOccurrence: Readonly<Record<Occurrence['state'], CalendarEntry['standing']>> = {
  planned: 'planned',
  overdue: 'overdue',
  'not-known': 'undetermined',
}

function entriesOf(all: readonly Placed[], stood: readonly Standed[]): readonly CalendarEntry[] {
  const standing = new Map(stood.map((each) => [each.deadline, each]))
  return all
    .flatMap(({ source, entry }): CalendarEntry[] => {
      const { title, addressee, rule, citation } = entry
      if (isOccurrence(entry)) {
        return [{ on: entry.on, standing: ofOccurrence[entry.state], source, title, addressee, rule, citation }]
      }
      const found = standing.get(entry)
      if (found === undefined || found.on === null) return []
      return [{ on: found.on, standing: found.standing, source, title: entry.title, addressee, rule, citation }]
    })
    .sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0))
}

const EVENT = /BEGIN:VEVENT\r\n[\s\S]*?END:VEVENT\r\n/g

/**
 * One calendar of all sources. Each source has a scope of its own, so that two cases with the same duty are two entries; the scope goes
 * into the identifiers, hashed, and nothing else of a case goes anywhere.
 */
async function iCalendarOf(
  all: readonly Placed[],
  options: { readonly stamp: string; readonly domain: string; readonly alarm: number | undefined },
): Promise<{ readonly text: string; readonly entries: number }> {
  const { toICalendar } = await import('@phi/deadlines/recurring')
  const base = {
    stamp: options.stamp,
    domain: options.domain,
    name: 'Deadlines',
    ...(options.alarm !== undefined && { alarmDaysBefore: options.alarm }),
  }
  const scopes = new Map<string, Placed[]>()
  for (const each of all) {
    const scope = `${each.source.kind} ${each.source.id}`
    scopes.set(scope, [...(scopes.get(scope) ?? []), each])
  }
  const empty = toICalendar([], base).text
  let entries = 0
  let events = ''
  for (const [scope, of] of scopes) {
    const made = toICalendar(
      of.map(({ entry }) => entry),
      { ...base, scope: scope.slice(0, 200) },
    )
    entries += made.entries
    events += (made.text.match(EVENT) ?? []).join('')
  }
  const end = empty.indexOf('END:VCALENDAR')
  return { text: empty.slice(0, end) + events + empty.slice(end), entries }
}

/** `November 2026` */
const monthInWords = new Intl.DateTimeFormat('en-US', { month: 'long', year: 'numeric', timeZone: 'UTC' })

const words: Readonly<Record<CalendarEntry['standing'], string>> = {
  overdue: 'OVERDUE: ',
  undetermined: 'plan for: ',
  'without-number': '',
  due: '',
  held: 'held until: ',
  planned: '',
}

function calendarText(answer: CalendarAnswer, { dim, strong, bad, warn, good }: Paint, columns: number): string {
  const { entries, undated, gaps, at, zone, through, written } = answer
  const overdue = entries.filter(({ standing }) => standing === 'overdue').length
  const head = `${amount(entries.length, 'day')} in the calendar${overdue === 0 ? '' : `, ${amount(overdue, 'of them overdue', 'of them overdue')}`}${undated.length === 0 ? '' : `; ${amount(undated.length, 'duty has', 'duties have')} no day`}.`
  const colour = overdue > 0 ? bad : undated.length + gaps.length > 0 ? warn : good
  const lines = [
    ...wrapLines(head, columns).map(colour),
    ...wrapLines(`From ${at}${zone === null ? '' : ` (${zone})`}; recurring duties through ${through}.`, columns),
  ]
  let month = ''
  for (const entry of entries) {
    if (entry.on.slice(0, 7) !== month) {
      month = entry.on.slice(0, 7)
      lines.push('', strong(monthInWords.format(Date.parse(`${month}-01`))))
    }
    const [first = '', ...more] = wrapLines(
      `${words[entry.standing]}${entry.title} (${entry.addressee})`,
      columns,
      `  ${entry.on.slice(8)}  `,
      '      ',
    )
    const mark = entry.standing === 'overdue' ? bad : entry.standing === 'undetermined' ? warn : (text: string) => text
    lines.push(mark(first), ...more.map(mark))
    lines.push(...wrapLines(`${sourceInWords(entry.source)}; ${entry.citation}`, columns, '      ').map(dim))
  }
  if (undated.length > 0) lines.push('', strong('Owed, and without a day'))
  for (const { source, title, citation } of undated) {
    lines.push(
      ...wrapLines(title, columns, '      '),
      ...wrapLines(`${sourceInWords(source)}; ${citation}`, columns, '      ').map(dim),
    )
  }
  if (gaps.length > 0) lines.push('', strong('Rules that an incident names and nobody gave'))
  for (const { source, rules } of gaps) lines.push(...wrapLines(`${sourceInWords(source)}: ${rules}`, columns, '      '))
  if (written !== null)
    lines.push('', ...wrapLines(`${amount(written.entries, 'entry', 'entries')} written to ${written.file}.`, columns))
  return lines.join('\n')
}

async function write(io: Io, target: string, text: string, replace: boolean): Promise<void> {
  if (target === '-') await io.stdout.write(text)
  else await writeWhole(io, target, '--ics', text, { replace })
}

export const calendar: CommandSpec = {
  path: ['deadlines', 'calendar'],
  summary: 'Lay out what is due by month, or as an iCalendar file',
  about: `Reads what "phi deadlines due" reads and lays it out by day: what is overdue, what is due, and every day of recurring duties for the months to come.

With --ics it writes an iCalendar (RFC 5545) that mail programs and phones read. It holds the duty, the rule, the addressee and the citation of each entry, and nothing of a case: no label, no name, no fact. Entries that depend on a missing fact are marked tentative, on the day to plan for.

What is owed and has no day cannot stand in a calendar. It is listed beside it, on standard error where the calendar goes to standard output, and makes the answer not known.`,
  operands: gatherOperands,
  options: [
    ...gatherOptions,
    { flags: '--months <count>', about: 'How many months of recurring duties. Default: 12.' },
    { flags: '--ics <file>', about: 'Write an iCalendar to this file; - is standard output.', kind: 'file' },
    { flags: '--replace', about: 'Let --ics replace a file that is there.' },
    { flags: '--domain <domain>', about: 'For --ics: a domain of yours, which makes the identifiers of entries your own.' },
    { flags: '--alarm <days>', about: 'For --ics: an alarm so many days before each entry.' },
  ],
  examples: [
    { run: 'phi deadlines calendar duties.json --at 2026-11-22', about: 'The year to come, by month.' },
    {
      run: 'phi deadlines calendar duties.json --zone America/New_York --ics due.ics --domain example.org --alarm 7',
      about: 'The same for a mail program, with an alarm a week before each day.',
    },
  ],
  exits: ['ok', 'finding', 'unknown', 'interrupted'],
  run: async (input, io) => {
    const months = input.whole('months', { least: 1, most: 120 }) ?? 12
    const alarm = input.whole('alarm', { least: 1, most: 366 })
    const ics = input.text('ics')
    const domain = input.text('domain')
    if (ics !== undefined && domain === undefined) {
      throw cliError('PHI_CLI_USAGE', { detail: 'the option --ics needs --domain, a domain of yours' })
    }
    const gathered = await gather(io, input, await readConfig(io, input.text('config')))
    const { addMonths, formatDay, parseDay } = await import('@phi/deadlines')
    const through = formatDay(addMonths(parseDay(gathered.today), months, 'earlier'))
    const all = await placed(gathered, through)
    const stood = standed(gathered.owed, gathered.today)
    const undated = stood
      .filter(({ on }) => on === null)
      .map(({ source, deadline: { title, rule, citation } }) => ({ source, title, rule, citation }))
    let written: CalendarAnswer['written'] = null
    if (ics !== undefined && domain !== undefined) {
      const stamp = new Date(io.clock()).toISOString()
      const made = await iCalendarOf(all, { stamp, domain, alarm })
      await write(io, ics, made.text, input.flag('replace'))
      written = { file: ics, entries: made.entries }
    }
    const { at, zone, gaps } = gathered
    const answer: CalendarAnswer = { at, zone, through, entries: entriesOf(all, stood), undated, gaps, written }
    const exit = exitOf(stood, gathered, 'overdue')
    const text = (paint: Paint, columns: number) => calendarText(answer, paint, columns)
    if (ics !== '-') return { exit, json: answer, text }
    for (const { title, citation } of undated) await io.stderr.write(`no day: ${title} (${citation})\n`)
    return { exit, json: answer, text, isWritten: true }
  },
}
