import { covers, dataClasses, useOfPurpose } from '@phi/core'
import type { AuditAction } from '../actions.ts'
import type { AuditRecord } from '../record.ts'
import type { CivilDate } from './civil-date.ts'
import type { BecauseCode, EntryVerdict, JudgedEntry } from './entry.ts'
import type { Research } from './fields.ts'
import { type DisclosureBasisKey, disclosureBases, type ExclusionKey, isDisclosureBasis } from './law.ts'
import { filled } from './lines.ts'
import type { Classification, Judgment } from './request.ts'
import type { SuspensionStanding } from './suspension.ts'

type AuditEvent = AuditRecord['event']

/** By which information can leave the covered entity, also where the event records no recipient. */
const leaving: ReadonlySet<AuditAction | undefined> = new Set(['disclose', 'send', 'export', 'print', 'download'])

/** About the system and those who work with it. They disclose nothing, unless they say so themselves. */
const administrative: ReadonlySet<AuditAction | undefined> = new Set([
  'login',
  'logout',
  'login-failed',
  'mfa',
  'session-expired',
  'grant',
  'revoke',
  'configure',
  'key-rotate',
  'key-destroy',
  'prune',
])

export const isAdministrative = ({ action }: AuditEvent): boolean => administrative.has(action)

/** Whether an event is a disclosure, or may be one. */
export const isCandidate = ({ action, context }: AuditEvent): boolean =>
  context?.disclosure !== undefined || leaving.has(action)

/** Whether an event is about a patient: `unknown` where it names nobody. */
type About = 'yes' | 'no' | 'unknown'

export function aboutOf({ subject }: AuditEvent, ids: ReadonlySet<string>): { about: About; others: boolean } {
  const patients = subject?.patients ?? []
  if (patients.length === 0) return { about: 'unknown', others: false }
  const own = patients.filter((id) => ids.has(id)).length
  return { about: own > 0 ? 'yes' : 'no', others: own < patients.length }
}

/** The keys of `context.details` that this module reads. */
export const BASIS_DETAIL = 'disclosure.basis'
const RESEARCH_DETAIL = 'disclosure.research'

const tpo = { treatment: 'treatment', payment: 'payment', operations: 'operations' } as const

/** The provision that a purpose of use amounts to, where it does to one: 164.506 for treatment, payment, operations; 164.512(b). */
function basisOfPurpose({ context }: AuditEvent): DisclosureBasisKey | undefined {
  const use = context?.purpose === undefined ? undefined : useOfPurpose(context.purpose)
  if (use === undefined) return undefined
  for (const [branch, basis] of Object.entries(tpo)) if (covers(branch as keyof typeof tpo, use)) return basis
  return use === 'public-health' ? 'public-health' : undefined
}

/** The provision under which an event was made, as its own text says it. */
export function basisOfEvent(event: AuditEvent): DisclosureBasisKey | undefined {
  const said = event.context?.details?.[BASIS_DETAIL]
  if (said !== undefined) return isDisclosureBasis(said) ? said : undefined
  return basisOfPurpose(event)
}

const exclusionOf = (basis: DisclosureBasisKey | undefined) =>
  basis === undefined ? undefined : disclosureBases[basis].exclusion

interface Grounds {
  readonly basis: DisclosureBasisKey | undefined
  readonly because: BecauseCode
}

/** What the event and the classification say, and whether they agree. */
function groundsOf(event: AuditEvent, classified: Classification | undefined): Grounds {
  const purpose = basisOfPurpose(event)
  const said = event.context?.details?.[BASIS_DETAIL]
  if (said !== undefined && !isDisclosureBasis(said)) return { basis: undefined, because: 'basis-unknown' }
  const own = said ?? classified?.basis
  if (said !== undefined && classified?.basis !== undefined && exclusionOf(said) !== exclusionOf(classified.basis))
    return { basis: undefined, because: 'contradiction' }
  if (own === undefined)
    return purpose === undefined
      ? { basis: undefined, because: 'basis-unknown' }
      : { basis: purpose, because: 'purpose-of-event' }
  // An authorization or a limited data set can serve any purpose. Operations that are listed, and public health that is payment, are two
  // stories about one event.
  const [a, b] = [exclusionOf(own), exclusionOf(purpose)]
  const clash = (a === null && b === 'treatment-payment-operations') || (a === 'treatment-payment-operations' && b === null)
  if (clash) return { basis: undefined, because: 'contradiction' }
  return { basis: own, because: said === undefined ? 'basis-of-classification' : 'basis-of-event' }
}

/** What speaks against an exclusion in the data of the event itself. */
function objectionTo(exclusion: ExclusionKey, basis: DisclosureBasisKey, event: AuditEvent, others: boolean) {
  const classes = event.subject?.dataClasses ?? []
  // 164.508(a)(2): an authorization, save for a few cases that an event does not show.
  if (exclusion === 'treatment-payment-operations' && classes.some((key) => covers('phi.clinical.note.psychotherapy', key)))
    return 'psychotherapy-notes'
  // 164.514(e)(2).
  if (exclusion === 'limited-data-set' && classes.some((key) => dataClasses[key].limitedDataSet === 'drop'))
    return 'not-a-limited-data-set'
  return (basis === 'individual' || basis === 'personal-representative') && others ? 'several-patients' : undefined
}

/** What the judging of one record needs to know beside it. */
export interface Circumstances {
  readonly day: CivilDate
  readonly ids: ReadonlySet<string>
  readonly compliedFrom: CivilDate
  readonly classified: Classification | undefined
  readonly judgment: Judgment | undefined
  readonly research: ReadonlyMap<string, Research>
  standing(recipient: string | undefined, basis: DisclosureBasisKey | undefined): SuspensionStanding
}

type Outcome = Omit<JudgedEntry, 'index' | 'of' | 'date'>

const outcome = (verdict: EntryVerdict, because: readonly BecauseCode[], more: Partial<Outcome> = {}): Outcome => ({
  verdict,
  because,
  ...more,
})

const known = (basis: DisclosureBasisKey | undefined) => (basis === undefined ? {} : { basis })

/** What a person decided stands, save that it cannot list what an agency has suspended for sure. */
export function decided(judgment: Judgment, basis: DisclosureBasisKey | undefined, standing: SuspensionStanding): Outcome {
  const { decision, exclusion, by } = judgment
  const about = { decidedBy: by, ...known(judgment.basis ?? basis) }
  if (decision === 'exclude') return outcome('excluded', ['judged'], { ...about, ...(exclusion && { exclusion }) })
  if (decision === 'suspend') {
    const through = standing.is === 'suspended' ? { suspendedThrough: standing.through } : {}
    return outcome('suspended', ['judged'], { ...about, ...through })
  }
  if (decision !== 'list') return outcome('not-a-disclosure', ['judged'], { decidedBy: by })
  if (standing.is === 'suspended') return outcome('suspended', ['suspended'], { suspendedThrough: standing.through })
  const listed = judgment.basis ?? (exclusionOf(basis) === null ? basis : undefined)
  return outcome('listed', ['judged'], { decidedBy: by, ...known(listed) })
}

/** Judges a record that is a candidate, made in the period, and about the patient as far as anybody can tell. */
export function judge(record: AuditRecord, circumstances: Circumstances): Outcome {
  const { event } = record
  const { ids, day, classified, judgment } = circumstances
  const { about, others } = aboutOf(event, ids)
  const { basis, because } = groundsOf(event, classified)
  // What the office completes counts as well: an agency that only the office knows may have suspended it.
  const recipient = filled(event.context?.disclosure?.recipient) ?? filled(judgment?.completed?.recipient) ?? undefined
  const standing = circumstances.standing(recipient, judgment?.basis ?? basis)
  if (judgment !== undefined) return decided(judgment, basis, standing)
  if (day < circumstances.compliedFrom)
    return outcome('excluded', ['before-compliance-date'], { exclusion: 'before-compliance-date' })

  const saysSo = event.action === 'disclose' || event.context?.disclosure !== undefined
  if (classified?.isDisclosure === false && !saysSo) return outcome('not-a-disclosure', ['basis-of-classification'])
  if (classified?.isDisclosure === false) return outcome('review', ['contradiction'])

  const isOwnDoing =
    basis === undefined &&
    because === 'basis-unknown' &&
    !saysSo &&
    event.actor?.type === 'patient' &&
    about === 'yes' &&
    !others &&
    // Only as themselves: that a patient asked does not say that it was this one.
    ids.has(event.actor.id)
  if (isOwnDoing)
    return outcome('excluded', ['made-by-the-individual'], { exclusion: 'to-the-individual', basis: 'individual' })

  const exclusion = exclusionOf(basis)
  if (basis !== undefined && exclusion !== undefined && exclusion !== null) {
    const objection = objectionTo(exclusion, basis, event, others)
    if (objection === undefined) return outcome('excluded', [because], { exclusion, basis })
    return outcome('review', standing.is === 'no' ? [objection] : [objection, 'perhaps-suspended'], { basis })
  }
  if (standing.is === 'suspended') return suspended(standing)

  const open: BecauseCode[] = basis === undefined ? [because] : []
  if (event.outcome !== 'success') open.push('outcome-failure')
  if (because === 'purpose-of-event' && !saysSo) open.push('recipient-not-recorded')
  if (standing.is === 'perhaps') open.push('perhaps-suspended')
  const research =
    basis === 'research' ? circumstances.research.get(String(event.context?.details?.[RESEARCH_DETAIL])) : undefined
  const isOutside = research !== undefined && (day < research.from || day > research.last)
  if (isOutside) open.push('research-dates')
  if (about === 'unknown' && (research === undefined || isOutside)) open.push('patients-not-listed')
  if (open.length > 0) return outcome('review', open, known(basis))
  if (research !== undefined) return outcome('research', [because, 'research-short-form'], known(basis))
  return outcome('listed', [because], known(basis))
}

const suspended = (standing: Extract<SuspensionStanding, { is: 'suspended' }>): Outcome =>
  outcome('suspended', ['suspended'], { suspendedThrough: standing.through })
