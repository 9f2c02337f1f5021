import type { Because, Change, Deadline, ExtensionDefect, HoldReason, Step } from './deadline.ts'

const becauseInWords: Readonly<Record<Because, string>> = {
  counted: 'counted from the trigger',
  extended: 'extended by a valid statement',
  'law-enforcement-delay': 'delayed for law enforcement',
  'no-number-in-the-text': 'the text has no number, and none is put in its place',
  'trigger-not-known': 'the day of the trigger is not known',
  'trigger-in-the-future': 'the trigger lies in the future',
  'condition-not-known': 'a fact on which the duty depends is not known',
  'time-not-known': 'done on the day on which the clock ran out, at a time that is not known',
  'condition-not-met': 'the conditions of the rule are not met',
  proposed: 'the rule is only proposed',
  vacated: 'the rule was vacated',
  'not-yet-in-force': 'the rule governs later events only',
  'no-longer-in-force': 'the rule governed earlier events only',
  'not-yet-known': 'the rule had not been published on the day that was asked about',
  'done-in-time': 'done in time',
  'done-late': 'done after the date',
  'done-without-a-number-to-judge-by': 'done; whether soon enough is for a person to judge',
  'date-passed': 'the date has passed',
  'period-over': 'the period is over',
}

const defectInWords: Readonly<Record<ExtensionDefect, string>> = {
  'given-after-the-first-period': 'it was given after the first period',
  'not-written': 'it is not known to be written',
  'no-reasons': 'it is not known to give reasons',
  'no-date': 'it names no date',
  'date-beyond-the-limit': 'its date lies beyond the limit',
  'date-inside-the-first-period': 'its date lies inside the first period',
  'already-extended': 'the time had been extended before',
}

const holdInWords: Readonly<Record<HoldReason, string>> = {
  'specified-time': 'for the time that it specifies',
  oral: 'for no longer than the text allows',
  'no-time-specified': 'as it specifies no time, for no longer than an oral one',
  'replaced-by-written': 'until a written one took its place',
  'not-documented': 'without effect, as it was not documented',
  'cannot-be-renewed': 'without effect, as only a statement that specifies the time prolongs a delay',
  'lapsed-before': 'too late to move the date',
}

function stepInWords(step: Step): string {
  switch (step.step) {
    case 'trigger':
      return `${step.event === 'other' ? 'event' : step.event} on ${step.on}${step.instant === undefined ? '' : ` (${step.instant})`}, from the fact ${step.fact}`
    case 'anchor':
      return `counted from the end of that calendar year, ${step.to}`
    case 'applies':
      return `${step.words}: ${step.truth === true ? 'yes' : step.truth === false ? 'no' : 'not known'}`
    case 'count': {
      if (step.unit === 'same-day') return `on the same day, ${step.to} (${step.citation})`
      const calendar = step.calendar === undefined ? '' : `, calendar ${step.calendar}`
      const from = step.counts === 'after' ? `after ${step.from}` : `beginning on ${step.from}`
      return `${step.amount} ${step.unit.replace('-', ' ')} ${from}: ${step.to} (${step.citation}${calendar})`
    }
    case 'roll':
      return `${step.from} is no business day: ${step.by === 'rule' ? 'moves' : 'may move'} to ${step.to} (${step.citation})`
    case 'extension': {
      const outcome = step.valid ? `extended to ${step.to}` : `no extension: ${defectInWords[step.why as ExtensionDefect]}`
      return `statement given on ${step.given}: ${outcome} (${step.citation})`
    }
    case 'hold':
      return `${step.form} statement of law enforcement of ${step.from}: through ${step.through}, ${holdInWords[step.why]} (${step.citation})`
    case 'done':
      return `done on ${step.on}, ${step.daysAfterTrigger} days after the trigger`
  }
}

const changeInWords = ({ fact, when, becomes, due }: Change): string =>
  `${becomes}${due === undefined ? '' : ` ${due}`}, if ${when} (${fact})`

/** The first line of an explanation: what, to whom, by when. */
function headlineOf(deadline: Deadline): string {
  const { title, addressee, jurisdiction, status, due, planFor, lawfulUntil, standard } = deadline
  const to = jurisdiction === undefined ? addressee : `${addressee}, ${jurisdiction}`
  const when = due ?? (planFor === undefined ? undefined : `plan for ${planFor}`)
  const words = standard === undefined ? '' : `, ${standard}`
  const later = lawfulUntil === undefined || lawfulUntil === due ? '' : ` (lawful until ${lawfulUntil})`
  return `${title} (${to}): ${status}${when === undefined ? '' : ` ${when}`}${later}${words}`
}

/** A result in words, for people: one line each for what is due, why, each step, what is not known and what would change it. */
export function explainDeadline(deadline: Deadline): string {
  const { because, daysLate, done, unknown, steps, changesIf, citations, confirmation, asOf, ruleset, rule, actBy, note } =
    deadline
  const late = done?.daysLate ?? daysLate
  const lines = [
    headlineOf(deadline),
    `  because: ${becauseInWords[because]}${late === undefined ? '' : `, ${late} ${late === 1 ? 'day' : 'days'} late`}`,
    ...steps.map((step) => `  - ${stepInWords(step)}`),
    ...(actBy === undefined || actBy === deadline.due
      ? []
      : [`  act by ${actBy}, the last federal business day (advice, not law)`]),
    ...(unknown.length === 0 ? [] : [`  not known: ${unknown.join(', ')}`]),
    ...changesIf.map((change) => `  would be ${changeInWords(change)}`),
    `  rule ${rule} of ${ruleset}: ${citations.map(({ source, section }) => `${source} ${section}`).join('; ')} [${confirmation}, ${asOf}]`,
    ...(note === undefined ? [] : [`  note: ${note}`]),
  ]
  return `${lines.join('\n')}\n`
}
