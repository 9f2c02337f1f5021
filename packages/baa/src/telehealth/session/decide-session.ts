import { parseAs, plainText, type UsState } from '@phi/core'
import * as z from 'zod'
import { civilDate } from '../../agreement/date.ts'
import { freeze } from '../../freeze.ts'
import { telehealthError } from '../errors.ts'
import {
  type Credential,
  credentialedIn,
  credentialSchema,
  exceptionIn,
  type LicenceException,
  licenceSchema,
  licensedIn,
  type PracticeLicence,
  state,
} from './licence.ts'
import { judgeSession, type LiteralRow, literalRow, type SessionNeed, type SessionResult } from './table.ts'

/** What is known of a provider and a client for one session. What is left out is not known. */
export interface SessionFacts {
  /** The State in which the client is during the session: asked for this session, and never where they live. */
  readonly location?: UsState | undefined
  /** The day of the session at the place of the client, `YYYY-MM-DD`. */
  readonly on: string
  /** The day on which it ends there. Left out: the same. */
  readonly until?: string | undefined
  /** The profession in which the session is held, as the board writes it. */
  readonly profession?: string | undefined
  /** All licences and exceptions of the provider. A State that is not in the list is one without a licence. */
  readonly licences?: readonly PracticeLicence[] | undefined
  /** All States in which the provider is credentialed with the network. */
  readonly credentials?: readonly Credential[] | undefined
  /** Whether the client is covered by insurance of the network. */
  readonly inNetwork?: boolean | undefined
}

export type SessionReasonCode = SessionNeed | 'location-not-given' | 'profession-not-given' | 'decided'

/** Why a session may take place or may not: as data, with what to do. */
export interface SessionReason {
  readonly code: SessionReasonCode
  readonly requirements: readonly string[]
  readonly remedy: string
}

export interface SessionDecision {
  readonly result: SessionResult
  /** Whether the client may pay for the session themselves. */
  readonly privatePay: boolean
  /** The row of `sessionTable` that answered. */
  readonly row?: string
  /** The exception from the licence that private pay rests on. */
  readonly exception?: LicenceException
  readonly reasons: readonly SessionReason[]
  /** What has to be written down with the session. */
  readonly record?: { readonly state: UsState; readonly on: string }
  /** Where the source reads otherwise for this case: what it says, and why that is not followed. */
  readonly literal?: LiteralRow
}

const needRemedies: { readonly [Code in Exclude<SessionReasonCode, 'decided'>]: readonly [remedy: string, ...ids: string[]] } =
  {
    'location-not-given': ['Ask the client where they are, for this session.', 'S78', 'S79'],
    'profession-not-given': ['Say in which profession the session is held.', 'S78'],
    'licence-not-given': ['Give the licences of the provider.', 'S78'],
    'licence-unknown': ['Look the licence up at the board of the State, and record its status and its last day.', 'S78'],
    'licence-expired': ['Have the licence renewed, and record the new last day. No session until then.', 'S78', 'S83'],
    'credentialing-not-given': ['Say where the provider is credentialed.', 'S81'],
    'credentialing-unknown': ['Find out whether the provider is credentialed in this State.', 'S81'],
    'insurance-not-given': ['Say whether the client is covered by insurance of the network.', 'S84', 'S85'],
    'insurance-unknown': ['Find out whether the client is covered by insurance of the network.', 'S84', 'S85'],
  }

const factsSchema = z
  .strictObject({
    location: state.optional(),
    on: civilDate,
    until: civilDate.optional(),
    profession: plainText(80).optional(),
    licences: z.array(licenceSchema).max(500).readonly().optional(),
    credentials: z.array(credentialSchema).max(500).readonly().optional(),
    inNetwork: z.boolean().optional(),
  })
  .refine(({ on, until }) => until === undefined || on <= until, { path: ['until'], message: 'must not lie before `on`' })

/**
 * Whether a session may take place: by licence, credentialing and insurance at the place where the client is, on the day of the session.
 * What is not known is `needs`, and a licence that has expired too.
 * @throws PhiError PHI_BAA_SESSION for facts of another form
 */
export function decideSession(facts: SessionFacts): SessionDecision {
  const read: SessionFacts = parseAs(factsSchema, facts, 'facts', (context) => telehealthError('PHI_BAA_SESSION', context))
  const { location, on, until = on, profession, licences, credentials, inNetwork } = read
  const missing: SessionReasonCode[] = [
    ...(location === undefined ? (['location-not-given'] as const) : []),
    ...(profession === undefined ? (['profession-not-given'] as const) : []),
  ]
  if (location === undefined || profession === undefined) return needs(missing)
  const days = { first: on, last: until }
  const answer = judgeSession({
    licensed: licences && licensedIn(licences, location, profession, days),
    credentialed: credentials && credentialedIn(credentials, location, days),
    insured: inNetwork === undefined ? undefined : inNetwork ? 'yes' : 'no',
    exception: licences && exceptionIn(licences, location, profession, days),
  })
  if (answer.result === 'needs') return needs(answer.needs)
  const { result, row, exception } = answer
  return freeze({
    result,
    privatePay: result === 'get-credentialed-or-private-pay' || result === 'refer-or-private-pay',
    row: row.row,
    ...(exception === undefined ? {} : { exception }),
    reasons: [{ code: 'decided', requirements: row.requirements, remedy: row.remedy }],
    record: { state: location, on },
    ...(row.row === literalRow.row ? { literal: literalRow } : {}),
  })
}

function needs(codes: readonly SessionReasonCode[]): SessionDecision {
  const reasons = codes.map((code) => {
    const [remedy, ...requirements] = needRemedies[code as keyof typeof needRemedies]
    return { code, requirements, remedy }
  })
  return freeze({ result: 'needs', privatePay: false, reasons })
}
