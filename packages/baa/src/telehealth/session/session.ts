import { parseAs, plainText, type UsState } from '@phi/core'
import * as z from 'zod'
import { civilDate, instant } from '../../agreement/date.ts'
import { freeze } from '../../freeze.ts'
import { telehealthError } from '../errors.ts'
import { dayIn } from './day.ts'
import { decideSession, type SessionDecision, type SessionFacts } from './decide-session.ts'
import { state } from './licence.ts'

/** Where the client said they are, for one session. */
export interface ConfirmedLocation {
  readonly state: UsState
  /** The zone at that place, by its IANA name: it says which day it is there. */
  readonly timeZone: string
  /** When the client was asked. */
  readonly askedAt: string
  /** The days of the session there. */
  readonly on: string
  readonly until: string
  /** The entry of the list of the client's locations. */
  readonly locationId?: string | undefined
}

interface Plan {
  readonly id: string
  /** The place of the session, as it is chosen in the calendar (S72). */
  readonly place: 'telehealth'
  readonly profession: string
  /** Instants. */
  readonly starts: string
  readonly ends: string
}

export interface ScheduledSession extends Plan {
  readonly is: 'scheduled'
}
interface Located extends Plan {
  readonly location: ConfirmedLocation
  readonly pay: 'insurance' | 'private'
  readonly confirmedAt: string
}
export interface ConfirmedSession extends Located {
  readonly is: 'confirmed'
}
export interface HeldSession extends Located {
  readonly is: 'held'
  readonly heldAt: string
}
/** Plain data. A location is there from the confirmation on, and gone when the session is moved. */
export type Session = ScheduledSession | ConfirmedSession | HeldSession

/** What the client answered when they were asked where they will be. */
export interface LocationAnswer {
  /** `asked`: for this session. The others are what a program might take instead, and are refused. */
  readonly source: 'asked' | 'carried-over' | 'home-address' | 'network-address'
  readonly state: UsState
  readonly timeZone: string
  readonly askedAt: string
  readonly locationId?: string | undefined
}

/** A session is confirmed: with the location, and what decides whether it may take place. */
export interface Confirmation extends Pick<SessionFacts, 'licences' | 'credentials' | 'inNetwork'> {
  /** The instant of the confirmation. */
  readonly at: string
  readonly location?: LocationAnswer | undefined
  /** Who pays. Left out: insurance. */
  readonly pay?: 'insurance' | 'private' | undefined
  /** Other sessions with this client: an answer that was given for one of them does not count for this one. */
  readonly others?: readonly Session[] | undefined
  /** The list of the client's locations, where one is kept: the answer has to name an entry of it. */
  readonly locations?: readonly VirtualLocation[] | undefined
}

/** Why an event was refused. */
export const sessionRefusals = freeze({
  'wrong-state': { requirements: ['S79'], remedy: 'A session is scheduled, then confirmed, then held.' },
  'location-not-asked': {
    requirements: ['S79'],
    remedy: 'Ask the client where they are for this session: a location that was carried over does not count.',
  },
  'asked-on-another-day': { requirements: ['S79'], remedy: 'Ask again on the day of the session.' },
  'asked-in-the-future': {
    requirements: ['S79'],
    remedy: 'Correct the time at which the client was asked: it lies after the confirmation.',
  },
  'asked-for-another-session': { requirements: ['S79'], remedy: 'Ask for each session, also for two on one day.' },
  'location-not-listed': { requirements: ['S80'], remedy: 'Add the location to the list of the client, and name its entry.' },
  'not-allowed': { requirements: ['S78'], remedy: 'Do what the decision says.' },
  'not-begun': { requirements: ['S78'], remedy: 'A session is held when it has begun.' },
  'location-of-another-day': {
    requirements: ['S79'],
    remedy: 'Confirm the session again, on the day on which it takes place.',
  },
} as const)
export type SessionRefusalCode = keyof typeof sessionRefusals

export interface SessionRefusal {
  readonly code: SessionRefusalCode
  readonly requirements: readonly string[]
  readonly remedy: string
}

/** What became of an event. A refused one hands the session back, without a location where its location no longer holds. */
export interface SessionEvent {
  readonly accepted: boolean
  readonly session: Session
  readonly refusals: readonly SessionRefusal[]
  readonly decision?: SessionDecision
}

/** A place from which a client joins (S80). */
export interface VirtualLocation {
  readonly id: string
  readonly state: UsState
  readonly timeZone: string
  readonly addedOn: string
  readonly label?: string | undefined
}

const zone = z.string().refine((name) => dayIn(name, 0) !== undefined, 'must be a time zone by its IANA name')
const answerSchema = z.strictObject({
  source: z.enum(['asked', 'carried-over', 'home-address', 'network-address']),
  state,
  timeZone: zone,
  askedAt: instant,
  locationId: plainText(64).optional(),
})
const virtualLocation = z
  .strictObject({ id: plainText(64), state, timeZone: zone, addedOn: civilDate, label: plainText(120).optional() })
  .readonly()
const plan = {
  id: plainText(128),
  place: z.literal('telehealth'),
  profession: plainText(80),
  starts: instant,
  ends: instant,
}
const located = {
  location: z
    .strictObject({
      state,
      timeZone: zone,
      askedAt: instant,
      on: civilDate,
      until: civilDate,
      locationId: plainText(64).optional(),
    })
    .readonly(),
  pay: z.enum(['insurance', 'private']),
  confirmedAt: instant,
}
const sessionSchema: z.ZodType<Session> = z
  .discriminatedUnion('is', [
    z.strictObject({ is: z.literal('scheduled'), ...plan }),
    z.strictObject({ is: z.literal('confirmed'), ...plan, ...located }),
    z.strictObject({ is: z.literal('held'), ...plan, ...located, heldAt: instant }),
  ])
  .refine(({ starts, ends }) => starts < ends, { path: ['ends'], message: 'must lie after `starts`' })

const confirmationSchema = z.strictObject({
  at: instant,
  location: answerSchema.optional(),
  pay: z.enum(['insurance', 'private']).default('insurance'),
  others: z.array(sessionSchema).max(10_000).readonly().default([]),
  locations: z.array(virtualLocation).max(1000).readonly().optional(),
  // `decideSession` reads these.
  licences: z.unknown().optional(),
  credentials: z.unknown().optional(),
  inNetwork: z.unknown().optional(),
})

const read = <Schema extends z.ZodType>(schema: Schema, value: unknown, root: string): z.output<Schema> =>
  parseAs(schema, value, root, (context) => telehealthError('PHI_BAA_SESSION', context))

const refusal = (code: SessionRefusalCode): SessionRefusal => ({ code, ...sessionRefusals[code] })
const refused = (session: Session, codes: readonly SessionRefusalCode[], decision?: SessionDecision): SessionEvent =>
  freeze({ accepted: false, session, refusals: codes.map(refusal), ...(decision ? { decision } : {}) })

const planOf = ({ id, place, profession, starts, ends }: Session): Plan => ({ id, place, profession, starts, ends })

/** A session in the calendar. It has no location yet: nobody knows today where the client will be. @throws PhiError PHI_BAA_SESSION */
export function scheduleSession(input: Plan): ScheduledSession {
  return freeze(read(sessionSchema, { ...input, is: 'scheduled' }, 'session')) as ScheduledSession
}

/** The session at another time. It is scheduled again, and its location is gone. @throws PhiError PHI_BAA_SESSION */
export function rescheduleSession(session: Session, to: { readonly starts: string; readonly ends: string }): SessionEvent {
  const before = read(sessionSchema, session, 'session')
  if (before.is === 'held') return refused(freeze(before), ['wrong-state'])
  return freeze({
    accepted: true,
    session: scheduleSession({ ...planOf(before), starts: to.starts, ends: to.ends }),
    refusals: [],
  })
}

/**
 * Confirms a session with the location of the client. Every confirmation asks: a location that was carried over, that was asked on
 * another day at that place, or for another session, is refused. Whether the session may take place is decided for that location.
 * @throws PhiError PHI_BAA_SESSION
 */
export function confirmSession(session: Session, confirmation: Confirmation): SessionEvent {
  const before = read(sessionSchema, session, 'session')
  if (before.is !== 'scheduled') return refused(freeze(before), ['wrong-state'])
  return confirm(before, confirmation)
}

/**
 * The client is somewhere else than was confirmed. It is decided anew for the new location; where that does not allow the session, it
 * falls back to `scheduled`, for the old location is no longer true. @throws PhiError PHI_BAA_SESSION
 */
export function changeLocation(session: Session, confirmation: Confirmation): SessionEvent {
  const before = read(sessionSchema, session, 'session')
  if (before.is !== 'confirmed') return refused(freeze(before), ['wrong-state'])
  return confirm(scheduleSession(planOf(before)), confirmation, before)
}

function confirm(before: ScheduledSession, confirmation: Confirmation, replaced?: ConfirmedSession): SessionEvent {
  const event = read(confirmationSchema, confirmation, 'confirmation')
  const { location, at, pay, others, locations } = event
  const facts = { licences: event.licences, credentials: event.credentials, inNetwork: event.inNetwork } as Pick<
    SessionFacts,
    'licences' | 'credentials' | 'inNetwork'
  >
  if (location === undefined || location.source !== 'asked') return refused(before, ['location-not-asked'])
  const [first, last] = daysOf(before, location.timeZone)
  const codes: SessionRefusalCode[] = []
  if (location.askedAt > at) codes.push('asked-in-the-future')
  if (dayIn(location.timeZone, Date.parse(location.askedAt)) !== first) codes.push('asked-on-another-day')
  const earlier = [...others.filter((each) => each.id !== before.id), ...(replaced ? [replaced] : [])]
  if (earlier.some((each) => each.is !== 'scheduled' && each.location.askedAt === location.askedAt)) {
    codes.push('asked-for-another-session')
  }
  if (locations !== undefined && !locations.some((each) => isEntry(each, location))) codes.push('location-not-listed')
  if (codes.length > 0) return refused(before, codes)
  const decision = decideSession({ location: location.state, on: first, until: last, profession: before.profession, ...facts })
  if (!(decision.result === 'proceed' || (decision.privatePay && pay === 'private'))) {
    return refused(before, ['not-allowed'], decision)
  }
  const { source: _, ...answer } = location
  const confirmed: ConfirmedSession = {
    ...planOf(before),
    is: 'confirmed',
    location: { ...answer, on: first, until: last },
    pay,
    confirmedAt: at,
  }
  return freeze({ accepted: true, session: confirmed, refusals: [], decision })
}

const isEntry = (entry: VirtualLocation, { locationId, state, timeZone }: LocationAnswer): boolean =>
  entry.id === locationId && entry.state === state && entry.timeZone === timeZone

/** The days on which a session begins and ends at a place. One that ends at midnight ends on the day before. */
function daysOf({ starts, ends }: Plan, timeZone: string): readonly [string, string] {
  return [dayIn(timeZone, Date.parse(starts)) as string, dayIn(timeZone, Date.parse(ends) - 1) as string]
}

/**
 * The session took place. @param at when that is recorded: not before it began, and not on a day that the location was not asked for
 * @throws PhiError PHI_BAA_SESSION
 */
export function holdSession(session: Session, at: string): SessionEvent {
  const before = freeze(read(sessionSchema, session, 'session'))
  const heldAt = read(instant, at, 'at')
  if (before.is !== 'confirmed') return refused(before, ['wrong-state'])
  if (heldAt < before.starts) return refused(before, ['not-begun'])
  // A session that was moved without `rescheduleSession` keeps the days of its old location.
  const [first, last] = daysOf(before, before.location.timeZone)
  if (first !== before.location.on || last !== before.location.until) return refused(before, ['location-of-another-day'])
  return freeze({ accepted: true, session: { ...before, is: 'held', heldAt }, refusals: [] })
}

/**
 * The list of a client's locations with one more (S80). That a place is on the list says nothing about where the client is today.
 * @throws PhiError PHI_BAA_SESSION for an entry of another form, or an id that is taken
 */
export function addVirtualLocation(list: readonly VirtualLocation[], location: VirtualLocation): readonly VirtualLocation[] {
  const before = read(z.array(virtualLocation).max(1000), list, 'list')
  const added = read(virtualLocation, location, 'location')
  if (before.some(({ id }) => id === added.id)) {
    throw telehealthError('PHI_BAA_SESSION', { path: 'location.id', detail: 'is taken by another location' })
  }
  return freeze([...before, added])
}
