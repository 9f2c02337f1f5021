import type { Deadline } from '@phi/deadlines'
import type { KeptCase } from '@phi/deadlines/store'
import type { OptionSpec } from '../../command.ts'
import type { Configured } from '../../config.ts'
import { databaseOptions, withDatabase } from '../../database.ts'
import { cliError } from '../../errors.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { progress } from '../../progress.ts'
import { isDay, momentOf, momentOptions } from '../../when.ts'
import { type Duties, groupsNamed, type Recurring, readDuties, STATE_LAW } from './duty-file.ts'

/** Where a duty comes from. */
export interface Source {
  readonly kind: 'request' | 'incident' | 'question' | 'recurring'
  /** The label of the case or of the question; of a recurring duty, its id. */
  readonly id: string
  /** The file as it was named; `null`: from the database. */
  readonly file: string | null
}

export interface Owed {
  readonly source: Source
  /** Of a recurring duty: which entry of the files it is. Two entries can be of one duty. */
  readonly recurring?: Recurring
  readonly deadline: Deadline
}

/** Rules that an incident names and that nobody gave: what they make due is not known. */
export interface Gap {
  readonly source: Source
  readonly rules: string
}

export interface Gathered {
  /** A day, or an instant in UTC, as it was asked about. */
  readonly at: string
  readonly zone: string | null
  /** The civil day in the zone that was given, or as it was given. Of what has a zone of its own it can be another. */
  readonly today: string
  readonly owed: readonly Owed[]
  readonly gaps: readonly Gap[]
  readonly duties: Duties
  readonly counts: { readonly cases: number; readonly questions: number; readonly recurring: number }
  /** Nothing was there to look at, not even a case that is closed: a tenant that was mistyped looks like this. */
  readonly isEmpty: boolean
}

export const gatherOptions: readonly OptionSpec[] = [
  ...momentOptions,
  { flags: '--tenant <tenant>', about: 'Read the open cases of this tenant from the database, beside the files.' },
  ...databaseOptions,
  { flags: '--state-law', about: 'Ask the breach law of the States about every incident, named in its opening or not.' },
]

export const gatherOperands = [
  {
    name: 'file',
    about: 'JSON with cases, questions, recurring duties and clocks of agreements; - is standard input.',
    optional: true,
    many: true,
    kind: 'file',
  },
] as const

const PAGE = 200

/** The open cases of a tenant. @throws what @phi/postgres says */
async function storedCases(
  io: Io,
  input: Input,
  configured: Configured,
  tenant: string,
  duties: Duties,
): Promise<{ readonly cases: readonly KeptCase[]; readonly hasAny: boolean }> {
  return withDatabase(io, input, configured, async (db) => {
    const { caseStore } = await import('@phi/postgres')
    const store = caseStore(db, { role: 'phi_auditor', groups: groupsNamed(duties.groups) })
    const bar = progress(io, 'cases read')
    const cases: KeptCase[] = []
    try {
      for (let after: string | undefined; ; ) {
        io.signal.throwIfAborted()
        const page = await store.list(tenant, { open: true, limit: PAGE, ...(after !== undefined && { after }) })
        cases.push(...page)
        bar.at(cases.length)
        after = page.at(-1)?.record.id
        if (page.length === PAGE && after !== undefined) continue
        const hasAny = cases.length > 0 || (await store.list(tenant, { limit: 1 })).length > 0
        return { cases, hasAny }
      }
    } finally {
      await bar.end()
    }
  })
}

/**
 * What the files and the database make due at the moment that is asked about.
 *
 * An instant becomes a civil day in the zone of whoever is bound: the case's own, the question's own, or `--zone`. None is taken for granted.
 * @throws PhiError PHI_CLI_USAGE, PHI_CLI_FILE, PHI_CLI_FILE_CONTENT; what @phi/deadlines and @phi/postgres say
 */
export async function gather(io: Io, input: Input, configured: Configured): Promise<Gathered> {
  const at = momentOf(io, input)
  const zone = input.text('zone')
  const tenant = input.text('tenant') ?? (input.operands.length === 0 ? configured.config.tenant : undefined)
  if (input.operands.length === 0 && tenant === undefined) {
    throw cliError('PHI_CLI_USAGE', { detail: 'give a file, or --tenant for the cases of the database' })
  }
  const { civilDateIn, evaluate } = await import('@phi/deadlines')
  const { deadlinesOf } = await import('@phi/deadlines/request')
  const { incidentDeadlines } = await import('@phi/deadlines/incident')
  const { nextDue } = await import('@phi/deadlines/recurring')
  const dayIn = (given: string | undefined): string => {
    if (isDay(at)) return at
    if (given === undefined) {
      throw cliError('PHI_CLI_USAGE', { detail: 'which day it is depends on the zone: give --zone, or --at with a day' })
    }
    return civilDateIn(given, at)
  }
  if (zone !== undefined) civilDateIn(zone, isDay(at) ? `${at}T12:00:00.000Z` : at)
  const stateLaw = input.flag('stateLaw')
  const duties = await readDuties(io, input.operands, stateLaw || tenant !== undefined)
  const stored = tenant === undefined ? { cases: [], hasAny: false } : await storedCases(io, input, configured, tenant, duties)
  const cases = [...duties.cases, ...stored.cases.map((kept) => ({ kept, file: null }))]

  const owed: Owed[] = []
  const gaps: Gap[] = []
  const add = (source: Source, deadlines: readonly Deadline[]) => {
    for (const deadline of deadlines) owed.push({ source, deadline })
  }
  for (const { kept, file } of cases) {
    io.signal.throwIfAborted()
    const { id, opening } = kept.record
    const source: Source = { kind: kept.kind, id, file }
    // With a zone of its own the library reads the instant; without one only a day can be compared.
    const today = opening.timeZone === undefined ? dayIn(zone) : at
    if (kept.kind === 'request') {
      add(source, deadlinesOf(kept.record, { today }))
      continue
    }
    const named = new Set(kept.record.opening.groups ?? [])
    if (stateLaw) named.add(STATE_LAW)
    const groups = [...named].flatMap((name) => {
      const group = duties.groups.get(name)
      if (group === undefined) gaps.push({ source, rules: name })
      return group ?? []
    })
    add(source, incidentDeadlines(kept.record, { today, groups }))
  }
  for (const { id, file, group, facts } of duties.questions) {
    const own = typeof facts.timeZone === 'string' ? facts.timeZone : zone
    const asked = own === undefined ? facts : { ...facts, timeZone: own }
    add({ kind: 'question', id, file }, evaluate(group, asked as never, { today: own === undefined ? dayIn(zone) : at }))
  }
  for (const each of duties.recurring) {
    const source: Source = { kind: 'recurring', id: each.duty.id, file: each.file }
    for (const deadline of nextDue(each.duty, { ...each.facts, today: dayIn(zone) }))
      owed.push({ source, recurring: each, deadline })
  }
  const counts = { cases: cases.length, questions: duties.questions.length, recurring: duties.recurring.length }
  const today = isDay(at) ? at : zone === undefined ? at.slice(0, 10) : civilDateIn(zone, at)
  const isEmpty = !stored.hasAny && cases.length + counts.questions + counts.recurring === 0
  return { at, zone: zone ?? null, today, owed, gaps, duties, counts, isEmpty }
}
