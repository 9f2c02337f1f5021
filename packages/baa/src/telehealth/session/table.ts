import { freeze } from '../../freeze.ts'
import type { LicenceException, Licensed } from './licence.ts'

/**
 * What comes out of the table. Only `proceed` lets a session take place as it was planned; the two with `private-pay` let it take place
 * when the client pays. `needs`: not until what is missing is known.
 */
export const sessionResults = [
  'proceed',
  'get-credentialed',
  'get-credentialed-or-private-pay',
  'refer',
  'refer-or-private-pay',
  'needs',
] as const
export type SessionResult = (typeof sessionResults)[number]

export type YesNo = 'yes' | 'no'

export interface SessionRow {
  readonly row: string
  readonly licensed: YesNo
  readonly credentialed: YesNo | 'any'
  /** Whether the client is covered by insurance in whose network the platform is. */
  readonly insured: YesNo | 'any'
  readonly result: Exclude<SessionResult, 'needs'>
  /** The result where an exception from the licence is recorded. */
  readonly withException?: Exclude<SessionResult, 'needs'>
  readonly requirements: readonly string[]
  /** What to do. */
  readonly remedy: string
}

/** Rows by what is known at the place where the client is, on the day. What no row answers needs an answer first. */
// biome-ignore format: a table
export const sessionTable: readonly SessionRow[] = freeze([
  { row: 'licensed-and-credentialed', licensed: 'yes', credentialed: 'yes', insured: 'any', result: 'proceed', requirements: ['S78', 'S81'], remedy: 'Record the location with the session.' },
  { row: 'licensed-and-insured', licensed: 'yes', credentialed: 'no', insured: 'yes', result: 'get-credentialed', requirements: ['S82'], remedy: 'Get credentialed in this State before the session.' },
  { row: 'licensed-and-not-insured', licensed: 'yes', credentialed: 'no', insured: 'no', result: 'get-credentialed-or-private-pay', requirements: ['S82'], remedy: 'Get credentialed in this State, or agree with the client on private pay.' },
  { row: 'not-licensed-and-insured', licensed: 'no', credentialed: 'any', insured: 'yes', result: 'refer', requirements: ['S83', 'S85'], remedy: 'Refer the client to a provider who is licensed in this State.' },
  { row: 'not-licensed-and-not-insured', licensed: 'no', credentialed: 'any', insured: 'no', result: 'refer', withException: 'refer-or-private-pay', requirements: ['S83', 'S84'], remedy: 'Refer the client to a provider who is licensed in this State. Private pay needs a recorded exception from the licence.' },
])

/** A row as a source has it, where the table has another. */
export interface LiteralRow {
  readonly row: string
  readonly licensed: 'no'
  readonly insured: 'no'
  readonly result: 'refer-or-private-pay'
  readonly requirement: 'S84'
  /** Where it stands. */
  readonly source: string
  /** Why the table does not follow it. */
  readonly departure: string
}

/**
 * The help page that the table comes from lets a provider who is NOT licensed in the State of the client see them for private pay, if it
 * is read as it is laid out (C5). Who pays is no substitute for a licence, which is a matter of the law of the State. The row is kept as
 * data, and no option brings it into force.
 */
export const literalRow: LiteralRow = Object.freeze({
  row: 'not-licensed-and-not-insured',
  licensed: 'no',
  insured: 'no',
  result: 'refer-or-private-pay',
  requirement: 'S84',
  source:
    'help page of a telehealth marketplace, section on continuity of care, under the branch of providers without a licence',
  departure: 'Private pay is offered only with a licence, or with a recorded exception from it.',
})

/** What is known. What is left out was not given. */
export interface SessionAnswers {
  readonly licensed?: Licensed | undefined
  readonly credentialed?: YesNo | 'unknown' | undefined
  readonly insured?: YesNo | 'unknown' | undefined
  readonly exception?: LicenceException | undefined
}

export type SessionNeed =
  | 'licence-not-given'
  | 'licence-unknown'
  | 'licence-expired'
  | 'credentialing-not-given'
  | 'credentialing-unknown'
  | 'insurance-not-given'
  | 'insurance-unknown'

export type SessionAnswer =
  | { readonly result: 'needs'; readonly needs: readonly SessionNeed[] }
  | { readonly result: Exclude<SessionResult, 'needs'>; readonly row: SessionRow; readonly exception?: LicenceException }

const known = (value: unknown): value is YesNo => value === 'yes' || value === 'no'
const need = (fact: 'licence' | 'credentialing' | 'insurance', value: unknown): SessionNeed =>
  fact === 'licence' && value === 'expired' ? 'licence-expired' : `${fact}-${value === undefined ? 'not-given' : 'unknown'}`

/** The row that answers, or what has to be known before one does. A column that no row asks for at that point is not needed. */
export function judgeSession({ licensed, credentialed, insured, exception }: SessionAnswers): SessionAnswer {
  if (!known(licensed)) return { result: 'needs', needs: [need('licence', licensed)] }
  let rows = sessionTable.filter((each) => each.licensed === licensed)
  if (rows.some((each) => each.credentialed !== 'any')) {
    if (!known(credentialed)) return { result: 'needs', needs: [need('credentialing', credentialed)] }
    rows = rows.filter((each) => each.credentialed === credentialed)
  }
  if (rows.some((each) => each.insured !== 'any')) {
    if (!known(insured)) return { result: 'needs', needs: [need('insurance', insured)] }
    rows = rows.filter((each) => each.insured === insured)
  }
  const row = rows[0] as SessionRow
  if (row.withException === undefined || exception === undefined) return { result: row.result, row }
  return { result: row.withException, row, exception }
}
