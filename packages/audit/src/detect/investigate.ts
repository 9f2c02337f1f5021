import { formatInstant, isInstant, parseAs } from '@phi/core'
import * as z from 'zod'
import type { AuditAction } from '../actions.ts'
import type { AuditRecord } from '../record.ts'
import { accessActions, isOfLog, outputActions, patientsOf } from './access.ts'
import { detectError } from './errors.ts'

const id = z.string().min(1).max(256)
const instant = z.string().refine(isInstant, 'must be a UTC time in the form YYYY-MM-DDTHH:mm:ss.sssZ')

const questionSchema = z
  .strictObject({
    /** Whose acts: what this account did in the window. */
    actor: id.optional(),
    /** Which patients: accesses to these records, whoever made them. With an actor, that actor's only. */
    patients: z.array(id).min(1).max(100_000).readonly().optional(),
    /** Times of occurrence, `from` inclusive, `until` exclusive. */
    window: z
      .strictObject({ from: instant, until: instant })
      .refine(({ from, until }) => from < until, 'must end after it begins'),
    /** Accesses that are known to be proper, by index: left out of the figures and counted. */
    proper: z.array(z.int().min(0)).max(1_000_000).readonly().optional(),
  })
  .refine(({ actor, patients }) => actor !== undefined || patients !== undefined, 'must name an actor, patients or both')

export type Question = z.input<typeof questionSchema>

/** A figure with the entries that prove it, ascending. */
export interface Shown {
  readonly indices: readonly number[]
}

/** Something that speaks about intent. It is an observation with its entries; what it means is for people to say. */
export interface Indicator extends Shown {
  readonly indicator:
    | 'information left the system'
    | 'records were changed or deleted'
    | 'the emergency way was used'
    | 'no purpose was stated'
    | 'a reason was stated'
    | 'attempts were refused'
    | 'the same records were opened again on other days'
    | 'searches came before'
  readonly count: number
}

export interface Investigation {
  readonly question: z.output<typeof questionSchema>
  /** First and last occurrence of what was found, UTC; undefined when nothing was. */
  readonly span: { readonly from: string; readonly until: string } | undefined
  /** The extent: entries, and what was done in them. */
  readonly scope: {
    readonly entries: number
    readonly actions: Readonly<Partial<Record<AuditAction, number>>>
    readonly actors: readonly string[]
    /** Addresses, devices and sessions from which it came. */
    readonly ips: readonly string[]
    readonly sessions: readonly string[]
    readonly resources: readonly ({ readonly type: string; readonly count: number } & Shown)[]
  }
  /** The data classes that entries name, and entries that name none: for those the categories are not known from the log. */
  readonly categories: {
    readonly classes: readonly ({ readonly dataClass: string; readonly individuals: number } & Shown)[]
    readonly unknown: Shown
  }
  readonly individuals: {
    /** Patients named. */
    readonly count: number
    readonly patients: readonly ({ readonly patient: string } & Shown)[]
    /** Records that entries count beyond the patients they name: more individuals may be affected, up to this many. */
    readonly unlisted: number
    /** Entries that count more than they name, and accesses that name nobody: also of asked patients nobody knows whether they are meant. */
    readonly unlistedIndices: readonly number[]
    /** False when entries could not be read, count more than they name, or name nobody: then `count` is a lower bound. */
    readonly isComplete: boolean
  }
  readonly indicators: readonly Indicator[]
  /** Entries that may belong to it and cannot be read: groups withheld, sealed or altered. */
  readonly unreadable: Shown
  /** Entries that were left out as known to be proper. */
  readonly proper: number
  /** Every entry counted in `scope`: what to disclose as evidence. */
  readonly indices: readonly number[]
}

/** Lists of indices by key. */
class Tally<Key> {
  readonly map = new Map<Key, number[]>()
  add(key: Key, index: number): void {
    const list = this.map.get(key)
    if (list === undefined) this.map.set(key, [index])
    else if (list.at(-1) !== index) list.push(index)
  }
  sorted(): [Key, number[]][] {
    return [...this.map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  }
}

const changes: ReadonlySet<AuditAction> = new Set<AuditAction>(['update', 'amend', 'delete'])

interface Found {
  readonly is: 'found'
  readonly record: AuditRecord
  readonly at: string
  readonly action: AuditAction
  readonly patients: readonly string[]
}

/** `unnamed`: it counts records of patients whom it does not name, and the question is about patients. */
type Read = Found | 'unreadable' | 'unnamed' | undefined

/** Whether a record answers the question; `unreadable` when that cannot be told. */
function read(record: AuditRecord, question: z.output<typeof questionSchema>, asked: ReadonlySet<string> | undefined): Read {
  const { event } = record
  const at = event.occurredAt ?? record.recordedAt
  const hidden = new Set([...record.withheld, ...record.altered, ...record.sealed])
  // Without the event group the time is the log's, which is no earlier than the occurrence.
  if (event.occurredAt === undefined ? at < question.window.from : at < question.window.from || at >= question.window.until)
    return undefined
  if (question.actor !== undefined && event.actor !== undefined && event.actor.id !== question.actor) return undefined
  if (question.actor !== undefined && event.actor === undefined) return 'unreadable'
  if (event.action === undefined) return 'unreadable'
  const hasPatientData = accessActions.has(event.action) || event.action === 'search' || event.action === 'break-glass'
  if (hasPatientData && hidden.has('subject')) return 'unreadable'
  const patients = patientsOf(event.subject)
  if (asked === undefined) return { is: 'found', record, at, action: event.action, patients }
  const own = patients.filter((patient) => asked.has(patient))
  if (own.length > 0) return { is: 'found', record, at, action: event.action, patients: own }
  // A count beside named patients is one of their records, unless it is of what left or was deleted.
  const ofOthers = patients.length === 0 || outputActions.has(event.action) || event.action === 'delete'
  const counts = event.outcome === 'success' && accessActions.has(event.action) && ofOthers && !isOfLog(event.subject)
  return counts && (event.subject?.count ?? 0) > patients.length ? 'unnamed' : undefined
}

/**
 * What an investigation has to find out first (S133): how far it went, which categories of information, how many individuals, and what
 * speaks about intent. These are also what the risk assessment of 45 CFR 164.402(2) begins with: the nature and extent of the
 * information, who used it, and whether it was actually acquired or viewed.
 *
 * Refused and failed attempts are an indicator; they open no record and count no individual. The answer lists every patient and entry
 * that it counts: it holds PHI.
 * @param records the log, or the part of it that covers the window; late records come after it
 * @throws PhiError PHI_AUDIT_DETECT_INVESTIGATE
 */
export async function investigate(
  records: AsyncIterable<AuditRecord> | Iterable<AuditRecord>,
  question: Question,
): Promise<Investigation> {
  const parsed = parseAs(questionSchema, question, 'question', (context) =>
    detectError('PHI_AUDIT_DETECT_INVESTIGATE', context),
  )
  const asked = parsed.patients && new Set(parsed.patients)
  const properOnes = new Set(parsed.proper)
  const indices: number[] = []
  const unreadable: number[] = []
  const unlistedIndices: number[] = []
  const noClass: number[] = []
  const actions = new Map<AuditAction, number>()
  const [actors, ips, sessions] = [new Set<string>(), new Set<string>(), new Set<string>()]
  const [resources, classes, patients, marks] = [
    new Tally<string>(),
    new Tally<string>(),
    new Tally<string>(),
    new Tally<Indicator['indicator']>(),
  ]
  const individualsOf = new Map<string, Set<string>>()
  const daysOf = new Map<string, Set<string>>()
  let [unlisted, proper, from, until] = [0, 0, '', '']

  for await (const record of records) {
    const found = read(record, parsed, asked)
    if (found === undefined) continue
    if (properOnes.has(record.index)) {
      proper++
      continue
    }
    if (found === 'unreadable') {
      unreadable.push(record.index)
      continue
    }
    if (found === 'unnamed') {
      unlistedIndices.push(record.index)
      continue
    }
    const { index, event } = record
    const { action, at } = found
    indices.push(index)
    actions.set(action, (actions.get(action) ?? 0) + 1)
    if (event.actor !== undefined) actors.add(event.actor.id)
    if (event.source?.ip !== undefined) ips.add(event.source.ip)
    if (event.source?.session !== undefined) sessions.add(event.source.session)
    if (from === '' || at < from) from = at
    if (at > until) until = at
    if (event.outcome !== 'success') {
      marks.add('attempts were refused', index)
      continue
    }
    if (event.subject?.resource !== undefined) resources.add(event.subject.resource.type, index)
    if (action === 'break-glass' || event.context?.breakGlass === true) marks.add('the emergency way was used', index)
    if (action === 'search') marks.add('searches came before', index)
    if (!accessActions.has(action) && !(action === 'search' && found.patients.length > 0)) continue
    if (outputActions.has(action)) marks.add('information left the system', index)
    if (changes.has(action)) marks.add('records were changed or deleted', index)
    if (event.context?.purpose === undefined) marks.add('no purpose was stated', index)
    if (event.context?.reason !== undefined) marks.add('a reason was stated', index)
    const touches = found.patients.length > 0 || (event.subject?.count ?? 0) > 0
    for (const patient of found.patients) {
      patients.add(patient, index)
      const days = daysOf.get(patient) ?? new Set()
      daysOf.set(patient, days.add(at.slice(0, 10)))
      if (days.size > 1) marks.add('the same records were opened again on other days', index)
    }
    if (asked === undefined && action !== 'search') {
      const beyond = Math.max(0, (event.subject?.count ?? 0) - found.patients.length)
      unlisted += beyond
      if (beyond > 0 || found.patients.length === 0) unlistedIndices.push(index)
    }
    const named = event.subject?.dataClasses ?? []
    for (const dataClass of named) {
      classes.add(dataClass, index)
      const own = individualsOf.get(dataClass) ?? new Set()
      individualsOf.set(dataClass, own)
      for (const patient of found.patients) own.add(patient)
    }
    if (named.length === 0 && touches) noClass.push(index)
  }

  return {
    question: parsed,
    span: from === '' ? undefined : { from, until },
    scope: {
      entries: indices.length,
      actions: Object.fromEntries([...actions].sort(([a], [b]) => (a < b ? -1 : 1))),
      actors: [...actors].sort(),
      ips: [...ips].sort(),
      sessions: [...sessions].sort(),
      resources: resources.sorted().map(([type, list]) => ({ type, count: list.length, indices: list })),
    },
    categories: {
      classes: classes.sorted().map(([dataClass, list]) => ({
        dataClass,
        individuals: individualsOf.get(dataClass)?.size ?? 0,
        indices: list,
      })),
      unknown: { indices: noClass },
    },
    individuals: {
      count: patients.map.size,
      patients: patients.sorted().map(([patient, list]) => ({ patient, indices: list })),
      unlisted,
      unlistedIndices,
      isComplete: unreadable.length === 0 && unlistedIndices.length === 0,
    },
    indicators: marks.sorted().map(([indicator, list]) => ({ indicator, count: list.length, indices: list })),
    unreadable: { indices: unreadable },
    proper,
    indices,
  }
}

/** A window around an alert: a day before its first occurrence and after its last. */
export function windowAround(alert: { readonly from: string; readonly until: string }): { from: string; until: string } {
  const day = 86_400_000
  return { from: formatInstant(Date.parse(alert.from) - day), until: formatInstant(Date.parse(alert.until) + day) }
}
