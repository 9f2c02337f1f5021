import { canonicalJson, toHex } from '@phi/core'
import { applyIncidentEvent, type IncidentEvent, openIncident } from '@phi/deadlines/incident'
import { applyRequestEvent, openRequest, type RequestEvent, type RequestOpening } from '@phi/deadlines/request'
import type { CaseOpening, CaseStore, KeptCase } from '@phi/deadlines/store'
import { check, equal, fail, succeeds } from '../suite/assert.ts'
import { freshBytes } from '../suite/bytes.ts'

/** A tenant that has no case. */
export const freshTenant = (): string => `suite-${toHex(freshBytes(6))}`

const received = '2026-03-02'

export const accessOpening = (id = 'r-1'): RequestOpening => ({ id, kind: 'access', received, timeZone: 'America/New_York' })

type Tried<Event> = Event | readonly [event: Event, today: string]

/** A request with what was tried on it, as the machine has it; refused entries are history too. */
export function requestOf(events: readonly Tried<RequestEvent>[] = [], opening: RequestOpening = accessOpening()): KeptCase {
  let record = openRequest(opening)
  for (const each of events) {
    const [event, today] = Array.isArray(each) ? each : [each as RequestEvent, undefined]
    record = applyRequestEvent(record, event, today === undefined ? undefined : { today }).request
  }
  return { kind: 'request', record }
}

/** An incident with what was tried on it. */
export function incidentOf(events: readonly IncidentEvent[] = [], id = 'i-1', more: object = {}): KeptCase {
  let record = openIncident({ id, role: 'covered-entity', at: '2026-05-04', ...more })
  for (const event of events) record = applyIncidentEvent(record, event).incident
  return { kind: 'incident', record }
}

export const verified: RequestEvent = { type: 'identity-verified', at: '2026-03-03' }
export const withdrawn: RequestEvent = { type: 'withdrawn', at: '2026-03-04' }
export const secured: IncidentEvent = { type: 'contained', at: '2026-05-05', measures: 'access closed' }

const odd = `'; drop table request; -- "\\ %_ {} Zoe\u0308 \u{1f512} \u00e9`

/** Histories of every kind, in many states, with entries that were refused and texts at their oddest. */
export const histories = (): readonly KeptCase[] => [
  requestOf([verified, verified, withdrawn, verified]),
  requestOf(
    [
      {
        type: 'extension-stated',
        at: '2026-03-10',
        written: true,
        reasons: true,
        promisedDate: '2026-04-30',
        by: odd,
        document: odd,
      },
      [{ type: 'identity-verified', at: '2026-04-02' }, '2026-04-01'],
      [{ type: 'identity-verified', at: '2026-03-31T23:59:59.999-04:00' }, '2026-04-02T00:00:00Z'],
      { type: 'denied', at: '2026-04-02', written: true, contains: [], grounds: [] },
    ],
    { ...accessOpening('r-2'), by: odd },
  ),
  requestOf([{ type: 'fulfilled', at: '2026-03-05', done: [] }], { id: 'r-3', kind: 'amendment', received }),
  requestOf([{ type: 'fee-announced', at: '2026-03-05', mayWithdrawOrModify: null }], {
    id: '007',
    kind: 'accounting',
    received: '2026-03-02T09:00:00-05:00',
    timeZone: 'America/New_York',
    previous: null,
  }),
  requestOf([{ type: 'restriction-clarified', at: '2026-03-05', restriction: { paidInFull: true, toHealthPlan: null } }], {
    id: '1e3',
    kind: 'restriction',
    received,
  }),
  requestOf([{ type: 'reason-asked', at: '2026-03-05' }], {
    id: odd,
    kind: 'confidential-communication',
    entity: 'provider',
    received,
  }),
  incidentOf([secured, secured, { type: 'closed', at: '2026-05-06' }]),
  incidentOf(
    [
      { type: 'knowledge-found', at: '2026-05-06', knowledge: { by: 'agent', on: '2026-05-01', how: 'would-have-known' } },
      { type: 'headcount-revised', at: '2026-05-06', individuals: 10_000_000_000, residents: { OH: 7, CA: null } },
      { type: 'described', at: '2026-05-07', content: { whatHappened: odd, contact: { web: 'https://clinic.example' } } },
      { type: 'reopened', at: '2026-05-07' },
      { type: 'supplemented', at: '2026-05-07', contains: [] },
      {
        type: 'post-incident-report',
        at: '2026-05-08',
        rootCause: odd,
        correctiveActions: [{ action: 'a second factor', owner: 'it', due: '2026-06-01' }],
      },
    ],
    'i-2',
    { individuals: 480, residents: { OH: 480 }, groups: ['state:OH'], occurred: null },
  ),
]

export const openingOf = ({ kind, record }: KeptCase): CaseOpening => ({ kind, opening: record.opening }) as CaseOpening

/** The case after its first entries. */
export function upTo({ kind, record }: KeptCase, entries: number): KeptCase {
  const events = record.log.slice(0, entries)
  return kind === 'request'
    ? requestOf(
        events.map(({ event, today }) => (today === undefined ? event : [event, today])) as never,
        record.opening as never,
      )
    : { kind, record: incidentOf(events.map(({ event }) => event) as never, record.id, record.opening).record as never }
}

/** Begins cases that must find room, and adds all of their entries. */
export async function keepAll(store: CaseStore, tenant: string, cases: readonly KeptCase[]): Promise<void> {
  for (const kept of cases) {
    const answer = await succeeds(() => store.open(tenant, openingOf(kept)), 'open')
    equal(answer, 'opened', 'open of a case that is not there')
    for (const [index, entry] of kept.record.log.entries()) {
      const added = await succeeds(() => store.append(tenant, kept.record.id, index, entry), 'append')
      equal(added, 'appended', 'append to a case that has so many entries')
    }
  }
}

function textOf(value: unknown, what: string): string {
  try {
    return canonicalJson(value)
  } catch {
    return fail(`${what} must be plain data`)
  }
}

/** Holds an answer of a store against the case that must come out: made by the machine, and so ready for the next event. */
export function sameCase(actual: KeptCase | undefined, expected: KeptCase, what: string): void {
  check(typeof actual === 'object' && actual !== null, `${what} answered with nothing, and the case is there`)
  check(typeof actual.record === 'object' && actual.record !== null, `${what} must answer with the replayed case as record`)
  equal(actual.kind, expected.kind, `${what}: kind`)
  for (const [name, value] of Object.entries(expected.record)) {
    equal(textOf(Reflect.get(actual.record, name), `${what}: ${name}`), textOf(value, name), `${what}: ${name}`)
  }
  const stray = Object.keys(actual.record).filter((name) => !(name in expected.record))
  equal(stray.length, 0, `${what}: the number of members that are not documented`)
  try {
    if (actual.kind === 'request') applyRequestEvent(actual.record, { type: 'withdrawn', at: '2026-12-01' })
    else applyIncidentEvent(actual.record, { type: 'contained', at: '2026-12-01' })
  } catch (error) {
    fail(`${what} must answer with what the machine made of the history, and takes no event: use caseFrom`, error)
  }
}

/** What the store has of a case must be this. */
export async function holds(store: CaseStore, tenant: string, expected: KeptCase, when: string): Promise<void> {
  sameCase(await succeeds(() => store.load(tenant, expected.record.id), 'load'), expected, `load ${when}`)
}

/** Nothing must be there. */
export async function absent(store: CaseStore, tenant: string, id: string, when: string): Promise<void> {
  check((await succeeds(() => store.load(tenant, id), 'load')) === undefined, `load ${when} must answer with undefined`)
}
