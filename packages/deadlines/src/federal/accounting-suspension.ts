import { plainText } from '@phi/core'
import * as z from 'zod'
import { type CivilDate, type Day, formatDay, isCivilDate, parseDay } from '../calendar/civil-date.ts'
import { type Moment, readMoment, type Zone, zoneOf } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import type { HoldReason } from '../evaluate/deadline.ts'
import { text } from './common.ts'
import { parseFacts, parseOptions } from './parse.ts'
import { type Proof, type ProofStep, proofOf, type Source } from './proof.ts'

const row: Source = Object.freeze({
  id: 'accounting.suspension',
  citation: text('45 CFR 164.528(a)(2)'),
  also: [text('45 CFR 164.528(a)(2)(i)'), text('45 CFR 164.528(a)(2)(ii)')],
  confirmation: 'text-seen',
  note: 'Only disclosures to this agency or official are left out, and only while it lasts; the rest of the accounting stays due. That a written statement after the 30 days suspends only from its own day is our reading.',
})

/** 45 CFR 164.528(a)(2)(ii)(C): days from the date of an oral statement. */
const ORAL_DAYS = 30

/** A statement that an accounting would be reasonably likely to impede the activities of an agency, 164.528(a)(2). */
export interface SuspensionStatement {
  readonly form: 'oral' | 'written'
  /** The day of the oral statement, or the day on which the written one was received. */
  readonly on: Moment
  /** The last day of the time that a written statement specifies. */
  readonly until?: CivilDate | null | undefined
  /** Whether an oral statement was documented, with the identity of the agency or official. */
  readonly documented?: boolean | null | undefined
  /**
   * A label for the agency or official, and for the matter where one agency has several. Statements are taken together by it; it is
   * shown in results, so let it name an office and no patient.
   */
  readonly agency?: string | null | undefined
  readonly by?: 'health-oversight-agency' | 'law-enforcement-official' | null | undefined
}

const statementsSchema = z
  .array(
    z.strictObject({
      form: z.enum(['oral', 'written']),
      on: z.string().max(120),
      until: z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD').nullish(),
      documented: z.boolean().nullish(),
      agency: plainText(200).nullish(),
      by: z.enum(['health-oversight-agency', 'law-enforcement-official']).nullish(),
    }),
  )
  .max(100)

const optionsSchema = z.strictObject({ today: z.string().max(120).optional(), timeZone: plainText(64).optional() })

export interface SuspensionOptions {
  /** The day or instant at which the question is asked. */
  readonly today?: Moment | undefined
  /** The zone of the covered entity. Required when a date is an instant. */
  readonly timeZone?: string | undefined
}

interface Span {
  readonly from: CivilDate
  /** The last day. */
  readonly through: CivilDate
}

export interface SuspensionWindow extends Span {
  readonly form: 'oral' | 'written'
  readonly why: Exclude<HoldReason, 'lapsed-before'>
}

/** What the statements of one agency or official suspend. */
export interface AccountingSuspension extends Proof {
  readonly agency?: string
  readonly by?: 'health-oversight-agency' | 'law-enforcement-official'
  /** `counted` where no day was asked about. */
  readonly status: 'counted' | 'suspended' | 'not-suspended'
  /** What it hides: never the whole accounting. */
  readonly covers: 'disclosures-to-this-agency-or-official'
  /** The statements in the order of their days, with what became of each. */
  readonly windows: readonly SuspensionWindow[]
  /** The days on which the right is suspended. */
  readonly periods: readonly Span[]
  /** The days between them, on which it is not. */
  readonly gaps: readonly Span[]
  /** The last day of the last of them. */
  readonly suspendedThrough?: CivilDate
  readonly needs?: 'written statement specifying the time' | 'documentation of the oral statement'
}

interface Window {
  readonly form: 'oral' | 'written'
  readonly from: Day
  through: Day
  why: SuspensionWindow['why']
  readonly effective: boolean
}

interface ReadStatement {
  readonly form: 'oral' | 'written'
  readonly on: Day
  readonly until: Day | undefined
  readonly documented: boolean | null | undefined
}

/** Unless a written statement with a time comes while they run, 30 days are all that statements without one are good for. */
function windowsOf(statements: readonly ReadStatement[]): Window[] {
  const windows: Window[] = []
  let limited: Window | undefined
  let limitedEnd = Number.NEGATIVE_INFINITY
  for (const { form, on, until, documented } of statements) {
    if (until !== undefined) {
      if (limited && on <= limitedEnd) {
        limited.through = Math.min(limited.through, until)
        limited.why = 'replaced-by-written'
      }
      windows.push({ form, from: on, through: until, why: 'specified-time', effective: true })
      continue
    }
    const undocumented = form === 'oral' && documented === false
    const effective = !undocumented && !limited
    const why = undocumented ? 'not-documented' : limited ? 'cannot-be-renewed' : form === 'oral' ? 'oral' : 'no-time-specified'
    const window: Window = { form, from: on, through: on + ORAL_DAYS, why, effective }
    if (effective) {
      limited = window
      limitedEnd = window.through
    }
    windows.push(window)
  }
  return windows
}

/** The days that effective windows cover, joined where they touch. */
function periodsOf(windows: readonly Window[]): { from: Day; through: Day }[] {
  const periods: { from: Day; through: Day }[] = []
  const effective = windows.filter((window) => window.effective).sort((a, b) => a.from - b.from)
  for (const { from, through } of effective) {
    const last = periods.at(-1)
    if (last && from <= last.through + 1) last.through = Math.max(last.through, through)
    else periods.push({ from, through })
  }
  return periods
}

function readStatements(
  statements: readonly SuspensionStatement[],
  zone: Zone | undefined,
  today: Day | undefined,
): ReadStatement[] {
  const wrong = (detail: string) => deadlinesError('PHI_DEADLINES_CONTRADICTION', { path: 'statements', detail })
  return (
    statements
      .map(({ form, on, until, documented }): ReadStatement => {
        const day = readMoment(on, zone, 'statements.*.on').day
        const end = until == null ? undefined : parseDay(until)
        if (form === 'oral' && end !== undefined) throw wrong('only a written statement can specify a time')
        if (end !== undefined && end < day) throw wrong('a suspension ends before its statement')
        if (today !== undefined && day > today) throw wrong('a statement lies in the future')
        return { form, on: day, until: end, documented }
      })
      // Of one day, what specifies a time comes last, so that it takes the place of what does not.
      .sort((a, b) => a.on - b.on || Number(a.until !== undefined) - Number(b.until !== undefined))
  )
}

/**
 * For how long the right to an accounting is suspended, 45 CFR 164.528(a)(2): for the time that a written statement specifies; on an
 * oral one for no longer than 30 days from its date, unless such a written statement comes in that time. One result for each agency
 * or official, since only disclosures to it are suspended.
 * @throws PhiError PHI_DEADLINES_FACTS, PHI_DEADLINES_OPTIONS, PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE, PHI_DEADLINES_CONTRADICTION
 */
export function accountingSuspension(
  statements: readonly SuspensionStatement[],
  options: SuspensionOptions = {},
): readonly AccountingSuspension[] {
  const read = parseFacts(statementsSchema, statements, 'statements')
  const { today: asked, timeZone } = parseOptions(optionsSchema, options)
  const zone = timeZone === undefined ? undefined : zoneOf(timeZone)
  const today = asked === undefined ? undefined : readMoment(asked, zone, 'options.today').day
  const byAgency = new Map<string | undefined, SuspensionStatement[]>()
  for (const statement of read) {
    const key = statement.agency ?? undefined
    const known = byAgency.get(key)
    if (known) known.push(statement)
    else byAgency.set(key, [statement])
  }
  return [...byAgency].map(([agency, own]) => suspensionOf(agency, own, zone, today))
}

function suspensionOf(
  agency: string | undefined,
  statements: readonly SuspensionStatement[],
  zone: Zone | undefined,
  today: Day | undefined,
): AccountingSuspension {
  const sorted = readStatements(statements, zone, today)
  const windows = windowsOf(sorted)
  const periods = periodsOf(windows)
  const span = ({ from, through }: { from: Day; through: Day }): Span => ({
    from: formatDay(from),
    through: formatDay(through),
  })
  const gaps = periods.slice(1).map(({ from }, index) => ({
    from: (periods[index] as { through: Day }).through + 1,
    through: from - 1,
  }))
  const shown = windows.map((window): SuspensionWindow => ({ form: window.form, ...span(window), why: window.why }))
  const unknown: string[] = []
  if (agency === undefined) unknown.push('statements.*.agency')
  if (sorted.some(({ form, documented }) => form === 'oral' && documented == null)) unknown.push('statements.*.documented')
  const needs = windows.some(({ why }) => why === 'not-documented')
    ? ('documentation of the oral statement' as const)
    : windows.some(({ why }) => why === 'specified-time')
      ? undefined
      : ('written statement specifying the time' as const)
  const active = periods.some(({ from, through }) => today !== undefined && from <= today && today <= through)
  const steps = shown.map(
    ({ form, from, through, why }): ProofStep => ({ step: 'hold', form, from, through, why, citation: '45 CFR 164.528(a)(2)' }),
  )
  const kinds = new Set(statements.flatMap(({ by }) => (by == null ? [] : [by])))
  if (kinds.size > 1) {
    throw deadlinesError('PHI_DEADLINES_CONTRADICTION', {
      path: 'statements.*.by',
      detail: 'one agency or official is said to be both kinds',
    })
  }
  const [by] = kinds
  const last = periods.at(-1)
  return {
    ...(agency !== undefined && { agency }),
    ...(by !== undefined && { by }),
    status: today === undefined ? 'counted' : active ? 'suspended' : 'not-suspended',
    covers: 'disclosures-to-this-agency-or-official',
    windows: shown,
    periods: periods.map(span),
    gaps: gaps.map(span),
    ...(last && { suspendedThrough: formatDay(last.through) }),
    ...(needs && { needs }),
    ...proofOf(row, { statements }, steps, unknown),
  }
}
