import type { Deadline } from '@phi/deadlines'
import type { CommandSpec } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { amount, wrapLines } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import type { SarifResult, SarifRun } from '../../sarif.ts'
import { type Gap, type Gathered, gather, gatherOperands, gatherOptions, type Source } from './gather.ts'
import { exitOf, type Standed, type Standing, standed, standings } from './standing.ts'

/** What `phi deadlines due --json` prints. `deadline` is the result of @phi/deadlines as it is, with its steps and citations. */
export interface DueAnswer {
  readonly at: string
  readonly zone: string | null
  readonly verdict: 'overdue' | 'undetermined' | 'nothing-overdue'
  readonly counts: Readonly<Record<Standing, number>>
  /** How many are due after `--within`, and are not listed. */
  readonly later: number
  readonly items: readonly Standed[]
  /** Rules that incidents name and that were not given. */
  readonly gaps: readonly Gap[]
}

const heads: Readonly<Record<Standing, string>> = {
  overdue: 'Overdue',
  undetermined: 'Not determined: a fact is missing, so plan for the day that is shown',
  'without-number': 'Owed, and the text has no number: nobody can say whether it is late',
  due: 'Due',
  held: 'Held for law enforcement',
}

/** `Incident i-1`, as a person would say it. */
export const sourceInWords = ({ kind, id }: Source): string => (kind === 'recurring' ? 'recurring' : `${kind} ${id}`)

const dutyInWords = ({ title, addressee, jurisdiction }: Deadline): string =>
  `${title} (${jurisdiction === undefined ? addressee : `${addressee}, ${jurisdiction}`})`

function daysInWords({ days, standing }: Standed): string {
  if (days === null) return ''
  if (days === 0) return 'today'
  const count = amount(Math.abs(days), 'day')
  return days < 0 ? `${count} ${standing === 'undetermined' ? 'ago' : 'late'}` : `in ${count}`
}

const INDENT = ' '.repeat(14)

function itemLines(item: Standed, { dim, strong, bad, warn }: Paint, columns: number): readonly string[] {
  const { deadline, source, on, standing } = item
  const when = daysInWords(item)
  const paintDay = standing === 'overdue' ? bad : standing === 'undetermined' || standing === 'without-number' ? warn : strong
  const head = `  ${(on ?? 'no day').padEnd(10)}  `
  const [first = '', ...more] = wrapLines(`${dutyInWords(deadline)}${when === '' ? '' : `: ${when}`}`, columns, head, INDENT)
  const below = [
    ...wrapLines(`${sourceInWords(source)}; rule ${deadline.rule}; ${deadline.citation}`, columns, INDENT).map(dim),
    ...(deadline.unknown.length > 0 && standing !== 'due'
      ? wrapLines(`not known: ${deadline.unknown.join(', ')}`, columns, INDENT)
      : []),
    ...(standing === 'without-number' && deadline.standard !== undefined
      ? wrapLines(`the text says: ${deadline.standard}`, columns, INDENT)
      : []),
    ...(standing === 'held' && deadline.hold?.needs !== undefined
      ? wrapLines(`for a longer hold: ${deadline.hold.needs}`, columns, INDENT)
      : []),
  ]
  return [`  ${paintDay(first.slice(2, 12))}${first.slice(12)}`, ...more, ...below]
}

function verdictInWords({ verdict, counts, gaps }: DueAnswer): string {
  const undetermined = counts.undetermined + counts['without-number'] + gaps.length
  const rest = [
    ...(undetermined === 0 ? [] : [`${amount(undetermined, 'is', 'are')} not determined`]),
    ...(counts.due === 0 ? [] : [`${amount(counts.due, 'is', 'are')} due`]),
    ...(counts.held === 0 ? [] : [`${amount(counts.held, 'is', 'are')} held`]),
  ]
  const first =
    verdict === 'overdue'
      ? `${amount(counts.overdue, 'duty is', 'duties are')} overdue`
      : verdict === 'undetermined'
        ? 'Whether something is overdue is not known'
        : 'Nothing is overdue'
  return `${[first, ...rest].join('; ')}.`
}

function dueText(answer: DueAnswer, { counts }: Pick<Gathered, 'counts'>, paint: Paint, columns: number): string {
  const { verdict, items, gaps, at, zone, later } = answer
  const colour = verdict === 'overdue' ? paint.bad : verdict === 'undetermined' ? paint.warn : paint.good
  const looked = [
    ...(counts.cases === 0 ? [] : [amount(counts.cases, 'case')]),
    ...(counts.questions === 0 ? [] : [amount(counts.questions, 'question')]),
    ...(counts.recurring === 0 ? [] : [amount(counts.recurring, 'recurring duty', 'recurring duties')]),
  ]
  return [
    ...wrapLines(verdictInWords(answer), columns).map(colour),
    ...wrapLines(
      `As of ${at}${zone === null ? '' : ` (${zone})`}: ${looked.length === 0 ? 'nothing open was there to look at' : looked.join(', ')}.`,
      columns,
    ),
    ...standings.flatMap((standing) => {
      const of = items.filter((each) => each.standing === standing)
      return of.length === 0
        ? []
        : ['', paint.strong(heads[standing]), ...of.flatMap((each) => itemLines(each, paint, columns))]
    }),
    ...(gaps.length === 0 ? [] : ['', paint.strong('Rules that an incident names and nobody gave')]),
    ...gaps.flatMap(({ source, rules }) => wrapLines(`${sourceInWords(source)}: ${rules}`, columns, '  ')),
    ...(later === 0 ? [] : ['', `${amount(later, 'more is', 'more are')} due later than --within asks.`]),
  ].join('\n')
}

const rules: SarifRun['rules'] = [
  { id: 'deadline-overdue', meaning: 'The last day of a duty has passed, and it is not done.' },
  { id: 'deadline-undetermined', meaning: 'A fact is missing, so that nobody can say whether or when something is due.' },
  { id: 'deadline-without-number', meaning: 'Something is owed, and the text has no number of days.' },
  { id: 'deadline-due', meaning: 'A duty is due.' },
]

// The label of a case stays out: SARIF files are uploaded to places that no case belongs in.
function dueSarif({ items, gaps }: DueAnswer): SarifRun {
  const result = ({ standing, deadline, on, source }: Standed): SarifResult => ({
    rule: standing === 'held' ? 'deadline-due' : `deadline-${standing}`,
    level: standing === 'overdue' ? 'error' : standing === 'due' || standing === 'held' ? 'note' : 'warning',
    message: `${dutyInWords(deadline)}: ${on === null ? (deadline.standard ?? 'no day') : `${standing} ${on}`}. ${deadline.citation}, rule ${deadline.rule}.`,
    ...(source.file === null || source.file === '-' ? {} : { file: source.file }),
  })
  return {
    rules,
    results: [
      ...items.map(result),
      ...gaps.map(
        ({ source }): SarifResult => ({
          rule: 'deadline-undetermined',
          level: 'warning',
          message: 'An incident names rules that were not given.',
          ...(source.file === null || source.file === '-' ? {} : { file: source.file }),
        }),
      ),
    ],
  }
}

/** The answer, with what lies beyond `within` days only counted. What is overdue or not determined is always listed. */
function answerOf(gathered: Gathered, within: number | undefined, all: readonly Standed[]): DueAnswer {
  const { at, zone, gaps, isEmpty } = gathered
  const isLater = ({ standing, days }: Standed) =>
    within !== undefined && (standing === 'due' || standing === 'held') && (days ?? 0) > within
  const items = all.filter((each) => !isLater(each))
  const counts = Object.fromEntries(
    standings.map((standing) => [standing, items.filter((each) => each.standing === standing).length]),
  ) as Record<Standing, number>
  const open = counts.undetermined + counts['without-number'] + gaps.length > 0 || isEmpty
  const verdict = counts.overdue > 0 ? 'overdue' : open ? 'undetermined' : 'nothing-overdue'
  return { at, zone, verdict, counts, later: all.length - items.length, items, gaps }
}

export const due: CommandSpec = {
  path: ['deadlines', 'due'],
  summary: 'Say what is due, when, and by which rule',
  about: `Answers what breach incidents, requests of individuals, recurring duties and clocks of agreements make due: what is overdue first, then what nobody can say, then what is due, each with its rule and citation.

It reads files, and with --tenant the open cases of the database. A file is JSON with "cases" (kind, opening and log, as a case store keeps them), "questions" (a group of federal rules or stateBreachNotice, and facts), "recurring" (a duty of the catalogue with lastDone, anchor and cadence), and "agreements" (an id and contract clocks, for incidents that name it). A file with a single case or question is one too.

A fact that is missing leaves a duty open; it is never taken for "not due". A duty whose text has words and no number is listed, and makes the answer not known. Dates end with the last second of their day in the zone of whoever is bound. Whether a delay was reasonable is for people to judge.`,
  operands: gatherOperands,
  options: [
    ...gatherOptions,
    {
      flags: '--within <days>',
      about: 'List what is due within so many days only. What is overdue or not determined is always listed.',
    },
    {
      flags: '--fail-on <what>',
      about: 'What is a finding: something overdue, or already something due.',
      choices: ['overdue', 'due'],
      default: 'overdue',
    },
    { flags: '--explain', about: 'Show every step from the trigger to the date, what is not known, and what would change it.' },
  ],
  examples: [
    { run: 'phi deadlines due incident.json --zone America/New_York', about: 'What one incident makes due, as of now.' },
    { run: 'phi deadlines due duties.json --at 2026-11-22 --within 30', about: 'What is overdue, or due within thirty days.' },
    { run: 'phi deadlines due --tenant clinic-a --zone America/Chicago --json', about: 'All open cases of a tenant, as data.' },
  ],
  exits: ['ok', 'finding', 'unknown', 'interrupted'],
  sarif: true,
  run: async (input, io) => {
    const within = input.whole('within', { most: 36_500 })
    const failOn = input.text('failOn') === 'due' ? 'due' : 'overdue'
    const explains = input.flag('explain')
    const gathered = await gather(io, input, await readConfig(io, input.text('config')))
    const answer = answerOf(gathered, within, standed(gathered.owed, gathered.today))
    const { explainDeadline } = await import('@phi/deadlines')
    return {
      exit: exitOf(answer.items, gathered, failOn),
      json: answer,
      text: (paint, columns) =>
        [
          dueText(answer, gathered, paint, columns),
          ...(explains
            ? answer.items.map(({ source, deadline }) =>
                [
                  '',
                  paint.strong(sourceInWords(source)),
                  ...explainDeadline(deadline)
                    .trimEnd()
                    .split('\n')
                    .flatMap((line) => wrapLines(line, columns, /^ */.exec(line)?.[0] ?? '', '      ')),
                ].join('\n'),
              )
            : []),
        ].join('\n'),
      sarif: dueSarif(answer),
    }
  },
}
