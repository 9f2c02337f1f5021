import type { AuditAction } from '../actions.ts'
import type { Out } from './detector.ts'
import { localClock } from './local-time.ts'
import type { Seen } from './seen.ts'

/**
 * Actions that open what a record says. A search is not among them: its list names people whom nobody may have looked at, and counting
 * them would bury the records that were opened.
 */
export const accessActions: ReadonlySet<AuditAction> = new Set<AuditAction>([
  'read',
  'update',
  'amend',
  'delete',
  'export',
  'print',
  'download',
  'send',
  'disclose',
])

/** Actions by which information leaves. For these, and for deletions, `subject.count` stands for records. */
export const outputActions: ReadonlySet<AuditAction> = new Set<AuditAction>(['export', 'print', 'download', 'send', 'disclose'])

export interface Access {
  readonly actor: NonNullable<Seen['event']['actor']>
  readonly action: AuditAction
  readonly patients: readonly string[]
  /** Records beyond the patients that are listed. */
  readonly unlisted: number
  /** An export of the log itself, as evidence or for an auditor: its count is one of entries. */
  readonly ofLog: boolean
}

const noPatients: readonly string[] = []

/** The patients that a record names. A resource of the type `Patient` is one, also where the list leaves it out. */
export function patientsOf(subject: Seen['event']['subject']): readonly string[] {
  const listed = subject?.patients ?? noPatients
  const { type, id } = subject?.resource ?? {}
  return id === undefined || type?.toLowerCase() !== 'patient' || listed.includes(id) ? listed : [...listed, id]
}

/** Whether it is about the log itself, as evidence or for an auditor: its count is one of entries. */
export const isOfLog = (subject: Seen['event']['subject']): boolean =>
  subject?.dataClasses?.length === 1 && subject.dataClasses[0] === 'phi.ops.auditlog'

/**
 * The access that a record shows, or undefined; the reason goes to coverage. A record with a group that is withheld, sealed or altered
 * could be an access: that is not known, and not nothing.
 */
export function accessOf(seen: Seen, out: Out): Access | undefined {
  const { actor, action, outcome, subject } = seen.event
  if (action === undefined || outcome === undefined) out.unknown('event withheld')
  else if (outcome !== 'success' || !accessActions.has(action)) out.notApplicable()
  else if (actor === undefined) out.unknown('actor withheld')
  else if (subject === undefined) {
    if (hidesSubject(seen)) out.unknown('subject withheld')
    else out.notApplicable()
  } else {
    const patients = patientsOf(subject)
    const unlisted = outputActions.has(action) || action === 'delete' ? Math.max(0, (subject.count ?? 0) - patients.length) : 0
    if (patients.length > 0 || unlisted > 0) return { actor, action, patients, unlisted, ofLog: isOfLog(subject) }
    // So many records of nobody who is named.
    if ((subject.count ?? 0) > 0) out.unknown('patients not listed')
    else out.notApplicable()
  }
  return undefined
}

/** Whether what a record says of its subject is hidden from the reader, which is something else than saying nothing. */
export const hidesSubject = ({ event, record: { altered, sealed, withheld } }: Seen): boolean =>
  event.subject === undefined && [...altered, ...sealed, ...withheld].includes('subject')

/** An actor and what they did, whatever it was. */
export function actOf(
  seen: Seen,
  out: Out,
):
  | { readonly actor: Access['actor']; readonly action: AuditAction; readonly succeeded: boolean; readonly denied: boolean }
  | undefined {
  const { actor, action, outcome } = seen.event
  if (action === undefined || outcome === undefined) out.unknown('event withheld')
  else if (actor === undefined) out.unknown('actor withheld')
  else return { actor, action, succeeded: outcome === 'success', denied: outcome === 'denied' }
  return undefined
}

/**
 * The practice's day: it ends at four in the morning, local time, when the fewest people work, so that a night duty is not cut in two at
 * midnight. Counted in local days since 1970-01-01.
 */
export function practiceDay(timeZone: string, at: number): number {
  const { day, minute } = localClock(timeZone).at(at)
  return minute < 4 * 60 ? day - 1 : day
}

/** Roles of an actor as one name, for comparing with peers. */
export const groupOf = (actor: Access['actor']): string =>
  actor.roles.length === 0 ? `(${actor.type})` : [...actor.roles].sort().join(' + ')
