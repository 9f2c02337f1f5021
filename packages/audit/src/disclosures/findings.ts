/** What somebody should look at before an accounting is handed over. None of them keeps it from being made. */
export const accountingFindingKinds = {
  'missing-recipient': 'The recipient is not recorded. 45 CFR 164.528(b)(2)(ii) asks for it.',
  'missing-description': 'There is no description of what was disclosed. 45 CFR 164.528(b)(2)(iii) asks for it.',
  'missing-purpose':
    'There is no statement of the purpose. 45 CFR 164.528(b)(2)(iv) asks for it, or for a copy of the written request.',
  'no-address': 'There is no address of the recipient. 45 CFR 164.528(b)(2)(ii) asks for it where it is known.',
  'names-others': 'The event names other people too, so the part that names them is withheld from the evidence.',
  'shows-more':
    'The evidence shows more of the event than the disclosure and its purpose: its reason, details, decision or use of a model.',
  'judgment-unused': 'A judgment is about an entry that is no disclosure in the period, or could not be read.',
  'completion-unused': 'A judgment completes what the event already says, or what a contributor reports; that stands.',
  'suspension-not-documented': 'An oral statement of an agency was not documented. 45 CFR 164.528(a)(2)(ii)(A) asks for it.',
  'suspension-not-renewed': 'A second oral statement of an agency does not go on with the first; ask for a written one.',
  'contribution-not-proved':
    'The package of a contributor does not prove itself with the keys given; its lines stand as its word.',
  'contribution-not-attached':
    'The package of a contributor is not attached, because it shows who acted, other people, or what this accounting leaves out. Its lines stand as its word.',
  'research-outside-period': 'Research made no disclosure in the period, so it is not listed.',
} as const

export type AccountingFindingCode = keyof typeof accountingFindingKinds

export interface AccountingFinding {
  readonly code: AccountingFindingCode
  /** The entry, or the line of what `of` contributed. */
  readonly index?: number
  readonly of?: string
  readonly meaning: string
}

export const accountingFinding = (
  code: AccountingFindingCode,
  place: { index?: number; of?: string } = {},
): AccountingFinding => ({
  code,
  ...place,
  meaning: accountingFindingKinds[code],
})
