import type { UsState } from '@phi/core'
import type { CivilDate } from '@phi/deadlines'
import type { Provider, RecordKind } from './kinds.ts'

/** The dates that rules count from. */
export const dateFacts = [
  'created',
  'effective',
  'signed',
  'lastInEffect',
  'replaced',
  'terminated',
  'serviceDate',
  'discharged',
  'lastTreatment',
  'lastEntry',
  'disclosed',
  'separated',
  'contractEnded',
  'auditCompleted',
  'agreementEnded',
  'mammogram',
  'approved',
  'discontinued',
  'authorityNotified',
  'agencyNotified',
  'born',
  'died',
  'keepThrough',
] as const
export type DateFact = (typeof dateFacts)[number]

export const flagFacts = ['inEffect', 'adult', 'medicare', 'partOfRecord', 'audited', 'destructionFeasible'] as const
export type FlagFact = (typeof flagFacts)[number]

type Maybe<Value> = Value | null | undefined

/**
 * What is known of a record: flat, and closed, so that a misspelt fact is found. What is not known is left out or null. Dates are
 * civil dates, YYYY-MM-DD, in the zone of the keeper. No content of the record belongs here.
 */
export interface RetentionRecord {
  readonly id: string
  readonly kind: RecordKind | (string & {})
  /** Not read by rules; for the criteria of holds. */
  readonly tenant?: Maybe<string>
  /** A key of the person the record is about. Not read by rules; for the criteria of holds. */
  readonly subject?: Maybe<string>
  /** The State whose law governs the keeper of the record. */
  readonly state?: Maybe<UsState>
  readonly provider?: Maybe<Provider>
  /** When it was made: of a thing that grows, its first part. */
  readonly created?: Maybe<CivilDate>
  /** When a document took effect. */
  readonly effective?: Maybe<CivilDate>
  readonly signed?: Maybe<CivilDate>
  /** The last day on which a document was in effect; `replaced` and `terminated` say the same of notices and agreements. */
  readonly lastInEffect?: Maybe<CivilDate>
  readonly replaced?: Maybe<CivilDate>
  readonly terminated?: Maybe<CivilDate>
  /** Whether the document, agreement, employment, study or treatment still goes on. While it does, no clock starts. */
  readonly inEffect?: Maybe<boolean>
  /** The day of the service that the record documents. */
  readonly serviceDate?: Maybe<CivilDate>
  /** The last discharge. */
  readonly discharged?: Maybe<CivilDate>
  /** The last treatment, service, visit or other contact. */
  readonly lastTreatment?: Maybe<CivilDate>
  /** The last entry in the record. */
  readonly lastEntry?: Maybe<CivilDate>
  /** The disclosure that an accounting entry notes. */
  readonly disclosed?: Maybe<CivilDate>
  /** The end of the employment. */
  readonly separated?: Maybe<CivilDate>
  /** The end of the final contract period. */
  readonly contractEnded?: Maybe<CivilDate>
  readonly auditCompleted?: Maybe<CivilDate>
  /** Whether there was, or is, an audit. False: none, so that none has to be completed. */
  readonly audited?: Maybe<boolean>
  /** The end of the business associate agreement under which the record is held. */
  readonly agreementEnded?: Maybe<CivilDate>
  /** Whether return or destruction at the end of the agreement is feasible, 45 CFR 164.504(e)(2)(ii)(J). */
  readonly destructionFeasible?: Maybe<boolean>
  readonly mammogram?: Maybe<CivilDate>
  /** Later mammograms of the patient at the same facility. */
  readonly laterMammograms?: Maybe<readonly CivilDate[]>
  /** The approval of the marketing application. */
  readonly approved?: Maybe<CivilDate>
  /** The discontinuation of the investigation; it counts with `authorityNotified`. */
  readonly discontinued?: Maybe<CivilDate>
  readonly authorityNotified?: Maybe<CivilDate>
  /** The notice that an agency must have before destruction. */
  readonly agencyNotified?: Maybe<CivilDate>
  /** The birth of the patient. */
  readonly born?: Maybe<CivilDate>
  /** Whether the patient was of age through all of the record. Needed only where `born` is not known. */
  readonly adult?: Maybe<boolean>
  readonly died?: Maybe<CivilDate>
  /** Whether Medicare or Medicaid conditions of participation reach the record. */
  readonly medicare?: Maybe<boolean>
  /** Whether a message, an appointment or a bill is part of the record of treatment. */
  readonly partOfRecord?: Maybe<boolean>
  /** A date that somebody stated for this very record, for rules that start at it. */
  readonly keepThrough?: Maybe<CivilDate>
  /** Further rules of the schedule, by id, that apply to this record whatever they say of kinds and places. */
  readonly rules?: Maybe<readonly string[]>
}

/** A date that is not known. Smaller than every day. */
export const NONE = -1_000_000_000
/** The end of something that has none. Larger than every day. */
export const FOREVER = 1_000_000_000

/** The places of dates, and after them of flags, in the facts of a record as read. */
export const dateIndex: Readonly<Record<DateFact, number>> = Object.freeze(
  Object.fromEntries(dateFacts.map((name, index) => [name, index])) as Record<DateFact, number>,
)
export const flagIndex: Readonly<Record<FlagFact, number>> = Object.freeze(
  Object.fromEntries(flagFacts.map((name, index) => [name, dateFacts.length + index])) as Record<FlagFact, number>,
)
