import type { GroupName } from '../group.ts'

/** `break`: something is wrong. `unknown`: something could not be checked. `warn`: worth a look, and no proof of anything. */
export type FindingSeverity = 'break' | 'warn' | 'unknown'

interface FindingKind {
  readonly severity: FindingSeverity
  readonly meaning: string
}

/**
 * Everything a verification can find, with what it means for a reader who is no programmer. The sentences are fixed: no value
 * from a log gets into them.
 */
export const findingKinds = {
  'altered-group': {
    severity: 'break',
    meaning: 'This part of the entry does not say what was recorded: its text or its salt was changed afterwards.',
  },
  'altered-leaf': {
    severity: 'break',
    meaning: 'The record line of this entry was changed afterwards: the rest of the log remembers a different one.',
  },
  'malformed-leaf': {
    severity: 'break',
    meaning: 'This entry cannot be read: it was damaged, or written by something other than the audit log.',
  },
  'broken-link': {
    severity: 'break',
    meaning: 'The first entry does not start the log: there were entries before it, or it was changed.',
  },
  gap: {
    severity: 'break',
    meaning: 'Entries are missing here: they were deleted from the middle or from the end of the log.',
  },
  'duplicate-index': { severity: 'break', meaning: 'There is more than one entry with this number.' },
  'out-of-order': {
    severity: 'break',
    meaning: 'An entry stands at a place that is not its own: entries were moved or swapped.',
  },
  'truncated-tail': {
    severity: 'break',
    meaning: 'The log is shorter than a signed checkpoint says it was: entries were cut off at its end.',
  },
  'rewritten-history': {
    severity: 'break',
    meaning: 'The entries are not those that were signed or verified before: somewhere in this range the log was rewritten.',
  },
  fork: {
    severity: 'break',
    meaning: 'Two different logs of the same length were signed: not everybody has been shown the same log.',
  },
  rollback: {
    severity: 'break',
    meaning: 'The log is shorter than when it was last verified: an older state was put back, or entries were removed.',
  },
  'head-mismatch': {
    severity: 'break',
    meaning: 'What the store keeps about the end of the log does not agree with the entries.',
  },
  'projection-mismatch': {
    severity: 'break',
    meaning: 'The searchable columns of this entry say something else than its recorded text: searches would mislead.',
  },
  'group-not-canonical': {
    severity: 'break',
    meaning:
      'This part of the entry is unchanged but not in the one permitted spelling, so readers could understand it differently.',
  },
  'bad-signature': {
    severity: 'break',
    meaning: 'The signature on a checkpoint is not valid for its text: the checkpoint was altered or forged.',
  },
  'wrong-origin': { severity: 'break', meaning: 'This belongs to another log.' },
  'malformed-checkpoint': { severity: 'break', meaning: 'A checkpoint cannot be read: it was damaged or is not a checkpoint.' },
  'missing-tiles': {
    severity: 'break',
    meaning: 'Tree hashes that the store must keep are missing. The entries can be complete all the same.',
  },
  'altered-tile': {
    severity: 'break',
    meaning: 'A tree hash that the store keeps does not follow from the entries: one of the two was changed.',
  },
  'not-proved': {
    severity: 'break',
    meaning: 'It is not proved that this entry, as it stands here, is in the signed log: the entry or its proof was changed.',
  },
  'trailing-lines': { severity: 'break', meaning: 'The file goes on after its end: something was added to it.' },
  'clock-regression': {
    severity: 'warn',
    meaning: 'This entry was recorded at an earlier time than the one before it: a clock was wrong or was set back.',
  },
  'missing-opening': {
    severity: 'unknown',
    meaning:
      'From this entry on this part has no text: it was erased or withheld. The proofs hold without it, but what it said cannot be checked.',
  },
  pruned: {
    severity: 'warn',
    meaning:
      'These parts were taken away after their time, as an event further on in the log says. Their content can be checked in the archive.',
  },
  'pruned-early': {
    severity: 'unknown',
    meaning: 'Parts were taken away, as an event in the log says, and before they were six years old.',
  },
  'altered-sealed': {
    severity: 'break',
    meaning: 'This sealed part opens to something else than what was recorded beside it.',
  },
  'unopened-sealed': {
    severity: 'unknown',
    meaning: 'The sealer refuses to open this sealed part: it was sealed by something else, or its key is out of reach.',
  },
  'outbox-late': {
    severity: 'warn',
    meaning:
      'Events wait in the outbox for longer than the stated merge delay: they are not part of the log yet, and can still be lost.',
  },
  'outbox-refused': {
    severity: 'warn',
    meaning: 'The outbox holds rows that cannot enter the log: forged, or at odds with an entry of the same event id.',
  },
  'unknown-key': {
    severity: 'warn',
    meaning: 'A checkpoint is signed by none of the given keys, so it was not used.',
  },
  'not-witnessed': {
    severity: 'unknown',
    meaning:
      'The newest signed checkpoint is not cosigned by as many witnesses as the policy asks for: others may have been shown another log.',
  },
  'old-cosignature': {
    severity: 'unknown',
    meaning:
      'The cosignatures on the newest checkpoint are older than allowed: witnessing may have stopped, or newer entries are being held back.',
  },
  'future-cosignature': {
    severity: 'warn',
    meaning: 'A cosignature bears a time that is still to come, so it was not counted: a clock is wrong.',
  },
  stale: {
    severity: 'warn',
    meaning: 'The newest entry is older than allowed: recording may have stopped, or newer entries are being held back.',
  },
  unanchored: {
    severity: 'unknown',
    meaning: 'No valid signed checkpoint confirms these entries: whoever owns the database could have rewritten all of them.',
  },
  empty: { severity: 'unknown', meaning: 'There was nothing to check.' },
  'partial-range': { severity: 'unknown', meaning: 'Only a part of the log was checked, so nothing is said about the whole.' },
  'no-keys': { severity: 'unknown', meaning: 'No key was given, so no signature could be checked.' },
} as const satisfies Record<string, FindingKind>

export type FindingCode = keyof typeof findingKinds

/** One thing that a verification found. Holds hashes, sizes, times and indices only: never the text of an entry. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: FindingSeverity
  /** The entry concerned, or the first of them. */
  readonly index?: number
  /** The entries, one or all of which are concerned: from `from` up to and without `to`. */
  readonly between?: { readonly from: number; readonly to: number }
  readonly group?: GroupName
  readonly expected?: string
  readonly found?: string
  readonly meaning: string
}

/** What a verifier answers. There is no boolean to misread: see `verdict` together with `coverage`. */
export interface VerificationReport {
  /**
   * `broken`: at least one finding of severity `break`. `unverifiable`: nothing wrong was found, and what is needed to say
   * "intact" was not there. `intact`: every entry of the range checks, and a valid signature covers them up to `anchoredTo`.
   */
  readonly verdict: 'intact' | 'broken' | 'unverifiable'
  readonly coverage: {
    /** Entries from index `from` up to and without `to` were looked at. */
    readonly from: number
    readonly to: number
    /** How many entries there were and were checked. */
    readonly checked: number
    /** The largest size for which a valid checkpoint agrees with the entries; 0 when there is none. */
    readonly anchoredTo: number
    /** Entries after that: linked, but covered by no signature yet. */
    readonly unanchoredTail: number
    /** Groups without text: withheld, pruned or erased. Their content was not, and cannot be, checked. */
    readonly withheld: number
    /** Groups that were checked as the sealed texts they are, and not opened. Absent when there are none. */
    readonly sealed?: number
  }
  readonly freshness: {
    /** Recorded time of the last entry checked. */
    readonly lastRecordedAt?: string
    /** Size of the largest checkpoint with a valid signature. */
    readonly lastCheckpointSize?: number
    /** Milliseconds from then to `now`, where `now` was given. */
    readonly ageMs?: number
  }
  /** Those of severity `break` first, each kind in the order of the log. */
  readonly findings: readonly Finding[]
  /** How many more there were than are listed. */
  readonly findingsDropped: number
}

/** The one rule from findings to verdict. */
export function verdictOf(counts: Readonly<Record<FindingSeverity, number>>): VerificationReport['verdict'] {
  if (counts.break > 0) return 'broken'
  return counts.unknown > 0 ? 'unverifiable' : 'intact'
}
