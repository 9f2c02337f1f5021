import { breachRows, otherRows } from './breach.ts'
import { privacyRows } from './privacy.ts'
import { rightsRows } from './rights.ts'
import type { ControlRow } from './row.ts'
import { securityRows } from './security.ts'

export interface ControlSection {
  readonly title: string
  readonly rows: readonly ControlRow[]
}

/** The provisions that these packages help with, or that a reader would look for, by rule and in the order of the text. */
export const sections: readonly ControlSection[] = [
  { title: 'Security Rule', rows: securityRows },
  { title: 'Privacy Rule: uses and disclosures', rows: privacyRows },
  { title: 'Privacy Rule: notice, rights and administration', rows: rightsRows },
  { title: 'Breach Notification Rule', rows: breachRows },
  { title: 'Part 2 records, and the law of the States', rows: otherRows },
]

export const controlRows: readonly ControlRow[] = sections.flatMap(({ rows }) => rows)
