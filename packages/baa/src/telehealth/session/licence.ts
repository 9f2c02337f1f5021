import { isUsState, plainText, type UsState } from '@phi/core'
import * as z from 'zod'
import { civilDate } from '../../agreement/date.ts'

/**
 * `full`: the licence of the State. The others are exceptions: a privilege under a compact, a registration for telehealth, a temporary
 * practice permission.
 */
export const licenceKinds = ['full', 'compact-privilege', 'telehealth-registration', 'temporary-practice'] as const
export type LicenceKind = (typeof licenceKinds)[number]
export type LicenceException = Exclude<LicenceKind, 'full'>

/** `restricted`: under conditions, which a person has to read. */
export const licenceStatuses = [
  'active',
  'inactive',
  'pending',
  'suspended',
  'revoked',
  'surrendered',
  'restricted',
  'unknown',
] as const
export type LicenceStatus = (typeof licenceStatuses)[number]

/** A permission to practise in a State, as its board shows it. */
export interface PracticeLicence {
  readonly state: UsState
  /** As the board writes it: `LCSW`, `PT`. */
  readonly profession: string
  readonly kind: LicenceKind
  readonly status: LicenceStatus
  readonly number?: string | undefined
  /** The first day, where it is not long past. */
  readonly from?: string | undefined
  /** The last day on which it is valid. Left out: it is not known whether it still is. */
  readonly expires?: string | undefined
  /** Where the proof is kept. An exception without it is not recorded. */
  readonly evidence?: string | undefined
}

/** That a provider is credentialed with the network in a State. */
export interface Credential {
  readonly state: UsState
  readonly status: 'active' | 'pending' | 'ended' | 'unknown'
  readonly from?: string | undefined
  readonly until?: string | undefined
}

export const state = z.custom<UsState>(isUsState, 'must be a State by its two letters')

export const licenceSchema = z
  .strictObject({
    state,
    profession: plainText(80),
    kind: z.enum(licenceKinds),
    status: z.enum(licenceStatuses),
    number: plainText(40).optional(),
    from: civilDate.optional(),
    expires: civilDate.optional(),
    evidence: plainText(500).optional(),
  })
  .refine(({ from, expires }) => from === undefined || expires === undefined || from <= expires, {
    path: ['expires'],
    message: 'must not lie before `from`',
  })
  .readonly()

export const credentialSchema = z
  .strictObject({
    state,
    status: z.enum(['active', 'pending', 'ended', 'unknown']),
    from: civilDate.optional(),
    until: civilDate.optional(),
  })
  .refine(({ from, until }) => from === undefined || until === undefined || from <= until, {
    path: ['until'],
    message: 'must not lie before `from`',
  })
  .readonly()

export const licensedAnswers = ['yes', 'no', 'expired', 'unknown'] as const
export type Licensed = (typeof licensedAnswers)[number]

/** The days of a session, the first and the last: they differ when it goes over midnight. */
export interface SessionDays {
  readonly first: string
  readonly last: string
}

/** What a board decided against somebody. */
const discipline: readonly LicenceStatus[] = ['suspended', 'revoked', 'surrendered', 'restricted']
const isDisciplined = (there: readonly PracticeLicence[]) => there.some(({ status }) => discipline.includes(status))

const sameWord = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase()

function standingOf(licence: PracticeLicence, { first, last }: SessionDays): Licensed {
  const { status, from, expires } = licence
  if (status === 'unknown' || status === 'restricted') return 'unknown'
  if (status !== 'active') return 'no'
  if (from !== undefined && from > first) return 'no'
  if (expires === undefined) return 'unknown'
  return expires < last ? 'expired' : 'yes'
}

/**
 * Whether somebody is licensed in a State on the days of a session. One licence that is good is enough, unless a board has suspended,
 * revoked or restricted another of the same profession there: then nobody knows which of the two is the newer word.
 */
export function licensedIn(
  licences: readonly PracticeLicence[],
  where: UsState,
  profession: string,
  days: SessionDays,
): Licensed {
  const there = licences.filter((each) => each.kind === 'full' && each.state === where && sameWord(each.profession, profession))
  const answers = there.map((each) => standingOf(each, days))
  if (answers.includes('yes')) return isDisciplined(there) ? 'unknown' : 'yes'
  if (answers.includes('unknown')) return 'unknown'
  return answers.includes('expired') ? 'expired' : 'no'
}

/** The first recorded exception that holds in a State on the days of a session. */
export function exceptionIn(
  licences: readonly PracticeLicence[],
  where: UsState,
  profession: string,
  days: SessionDays,
): LicenceException | undefined {
  const there = licences.filter((each) => each.state === where && sameWord(each.profession, profession))
  if (isDisciplined(there)) return undefined
  const good = there.find((each) => each.kind !== 'full' && each.evidence !== undefined && standingOf(each, days) === 'yes')
  return good?.kind as LicenceException | undefined
}

/** Whether somebody is credentialed in a State on the days of a session. */
export function credentialedIn(
  credentials: readonly Credential[],
  where: UsState,
  days: SessionDays,
): 'yes' | 'no' | 'unknown' {
  const answers = credentials
    .filter((each) => each.state === where)
    .map(({ status, from, until }) => {
      if (status === 'unknown') return 'unknown'
      const inTime = (from === undefined || from <= days.first) && (until === undefined || until >= days.last)
      return status === 'active' && inTime ? 'yes' : 'no'
    })
  return answers.includes('yes') ? 'yes' : answers.includes('unknown') ? 'unknown' : 'no'
}
