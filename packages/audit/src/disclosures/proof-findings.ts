/** What is wrong with a package, in sentences for who received it. `break`: something was changed. */
export const accountingProofKinds = {
  'evidence-broken': {
    severity: 'break',
    meaning: 'The evidence in the package does not check: an entry, a proof or a signature was changed.',
  },
  'evidence-unverifiable': {
    severity: 'unknown',
    meaning: 'The evidence in the package could not be checked, for want of a key or a signature.',
  },
  'hand-over-missing': { severity: 'break', meaning: 'The package does not hold the entry that records the hand-over.' },
  'accounting-changed': {
    severity: 'break',
    meaning: 'This is not the accounting that the log recorded when it was handed over: it was changed afterwards.',
  },
  'other-patient': { severity: 'break', meaning: 'The hand-over, or the entry of a line, is about somebody else.' },
  'line-differs': { severity: 'break', meaning: 'A line says something else than the entries of the log that it rests on.' },
  'line-unproved': {
    severity: 'break',
    meaning: 'A line names entries of the log that are not in the evidence, or cannot be read there.',
  },
  'line-not-disclosed': {
    severity: 'break',
    meaning: 'A line rests on an entry that was not made in the period, or did not succeed.',
  },
  'entry-not-listed': { severity: 'break', meaning: 'The evidence holds an entry for which there is no line.' },
  'period-differs': {
    severity: 'break',
    meaning:
      'The period is not one that this request can have: it ends after the request, or begins more than six years before it.',
  },
  'order-differs': {
    severity: 'break',
    meaning: 'The lines do not stand in the order of their dates, or are put together otherwise.',
  },
  'attachment-differs': {
    severity: 'break',
    meaning: 'A line that should come from a contributor’s own package is not in that package, or the package is not there.',
  },
  'attachment-broken': {
    severity: 'break',
    meaning: 'The package of a contributor does not check: something in it was changed.',
  },
  'attachment-unverifiable': {
    severity: 'unknown',
    meaning: 'The package of a contributor could not be checked, for want of a key or a signature.',
  },
  'printed-differs': { severity: 'break', meaning: 'The printed page or text is not the one that this accounting makes.' },
  'shows-workforce': {
    severity: 'warn',
    meaning: 'The evidence shows who acted or from where, which an accounting need not show.',
  },
  'shows-others': {
    severity: 'warn',
    meaning: 'The evidence shows a part of an entry that names other people, which an accounting must not show.',
  },
} as const

export type AccountingProofCode = keyof typeof accountingProofKinds

export interface AccountingProofFinding {
  readonly code: AccountingProofCode
  readonly severity: 'break' | 'unknown' | 'warn'
  /** The line of the accounting, from 0. */
  readonly line?: number
  /** The contributor whose package it is about. */
  readonly from?: string
  readonly meaning: string
}
