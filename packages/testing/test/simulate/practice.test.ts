import { createHash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { auditEventSchema } from '@phi/audit'
import { practiceFacts, practiceFactsSchema } from '@phi/audit/detect'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  incidentKinds,
  incidentVariants,
  type PracticeRole,
  practiceRoles,
  roleTable,
  type SimulatedEvent,
  type SimulateOptions,
  simulatePractice,
} from '../../src/simulate/index.ts'

const small: SimulateOptions = { seed: 7, people: 24, days: 7, start: '2026-03-02' }
const MINUTE = 60_000

const digest = (options: SimulateOptions): string => {
  const hash = createHash('sha256')
  for (const event of simulatePractice(options).events()) hash.update(`${JSON.stringify(event)}\n`)
  return hash.digest('hex')
}

describe('a simulated practice', () => {
  it('S123 the same seed gives the same bytes, another seed others', () => {
    const first = digest(small)
    expect(digest(small)).toBe(first)
    expect(digest({ ...small, seed: 8 })).not.toBe(first)
    // Known bytes: a change here is a change of every measured figure, and to be made on purpose.
    expect(first).toBe('a2f8c4719b233f1553006c502c149b7a91dd0eea5c64897548fd8b36ace669fd')
    const simulation = simulatePractice({ ...small, incidents: [{ kind: 'bulk-reading', variant: 'blatant' }] })
    expect([...simulation.events()]).toEqual([...simulation.events()])
    expect(simulation.facts()).toEqual(simulation.facts())
  })

  it('what is planted changes nothing else, but for what it says of the people', () => {
    const without = [...simulatePractice(small).events()]
    const planted = simulatePractice({ ...small, incidents: [{ kind: 'trying-doors', variant: 'blatant' }] })
    const ids = new Set(planted.incidents[0]?.eventIds)
    expect(ids.size).toBe(40)
    expect([...planted.events()].filter(({ id }) => !ids.has(id))).toEqual(without)
  })

  it('S123 S124 events are valid, in order, with ids of their own, and of every kind that is asked for', () => {
    const ids = new Set<string>()
    const odd: SimulatedEvent[] = []
    const actions = new Set<string>()
    let last = ''
    let count = 0
    for (const event of simulatePractice(small).events()) {
      const parsed = auditEventSchema.parse(event)
      const { actor, source } = parsed
      const isPerson = actor.type === 'workforce'
      const isWhole =
        source?.ip !== undefined &&
        source.userAgent !== undefined &&
        (!isPerson || (actor.roles.length === 1 && actor.organization !== undefined))
      if (event.occurredAt < last || !isWhole) odd.push(event)
      last = event.occurredAt
      ids.add(event.id)
      actions.add(event.action)
      count++
    }
    expect(odd).toEqual([])
    expect(ids.size).toBe(count)
    expect(count).toBeGreaterThan(4000)
    const asked = [
      'login',
      'login-failed',
      'logout',
      'mfa',
      'session-expired',
      'read',
      'create',
      'update',
      'download',
      'send',
      'export',
      'configure',
    ]
    expect(asked.filter((action) => !actions.has(action))).toEqual([])
  })

  it('S40 a draft of the scribe has hashes of prompt and output, and its edit goes on from the output', () => {
    const drafts = new Map<string, SimulatedEvent>()
    let edits = 0
    for (const event of simulatePractice(small).events()) {
      const id = event.subject?.resource?.id ?? ''
      if (event.subject?.resource?.type !== 'NoteDraft') continue
      if (event.action === 'create') {
        expect(event.actor).toMatchObject({ id: 'svc-scribe', type: 'service', onBehalfOf: expect.stringMatching(/^u-/) })
        expect(event.context?.ai).toEqual({
          model: 'scribe-2',
          promptHash: expect.stringMatching(/^[0-9a-f]{64}$/),
          outputHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        })
        drafts.set(id, event)
      } else if (event.action === 'update') {
        const draft = drafts.get(id)
        expect(event.context?.ai?.promptHash).toBe(draft?.context?.ai?.outputHash)
        expect(event.actor.id).toBe(draft?.actor.onBehalfOf)
        edits++
      }
    }
    expect(edits).toBeGreaterThan(20)
  })

  it('the clocks change, and people come to work at the same local time', () => {
    const local = new Intl.DateTimeFormat('en-US', {
      timeZone: 'America/New_York',
      hourCycle: 'h23',
      hour: 'numeric',
      minute: 'numeric',
    })
    const firstOf = (day: string): Map<string, number> => {
      const found = new Map<string, number>()
      for (const event of simulatePractice({ ...small, days: 14 }).events()) {
        if (!event.occurredAt.startsWith(day) || event.action !== 'login' || event.source?.site === undefined) continue
        const [hour, minute] = local.format(new Date(event.occurredAt)).split(':').map(Number) as [number, number]
        if (!found.has(event.actor.id)) found.set(event.actor.id, hour * 60 + minute)
      }
      return found
    }
    // Mondays before and after 8 March 2026.
    const before = firstOf('2026-03-02')
    const after = firstOf('2026-03-09')
    const both = [...before].filter(([actor]) => after.has(actor))
    expect(both.length).toBeGreaterThan(8)
    for (const [actor, minute] of both) expect(Math.abs(minute - (after.get(actor) as number))).toBeLessThan(20)
  })

  it('holidays and Sundays are quiet', () => {
    const perDay = new Map<string, number>()
    for (const event of simulatePractice({ seed: 3, people: 24, days: 9, start: '2026-11-20' }).events()) {
      const day = dayOf(event)
      if (event.actor.type === 'workforce') perDay.set(day, (perDay.get(day) ?? 0) + 1)
    }
    const thanksgiving = perDay.get('2026-11-26') ?? 0
    const sunday = perDay.get('2026-11-22') ?? 0
    const tuesday = perDay.get('2026-11-24') ?? 0
    expect(thanksgiving).toBeLessThan(tuesday / 10)
    expect(sunday).toBeLessThan(tuesday / 10)
  })

  it('keeps the same amount in memory however long it runs', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const simulation = simulatePractice({ seed: 5, people: 24, days: 40, start: '2026-01-05' })
    let count = 0
    let early = 0
    let late = 0
    for (const _ of simulation.events()) {
      count++
      if (count === 5000 || count === 25_000) {
        collect()
        const used = process.memoryUsage().heapUsed
        if (count === 5000) early = used
        else late = used
      }
    }
    expect(count).toBeGreaterThan(25_000)
    // Twenty thousand events would be above 15 MB.
    expect(late - early).toBeLessThan(6_000_000)
  })
})

// Made once: to make a formatter takes a hundred times as long as to use it.
const calendarDays = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/New_York' })
/** Whoever acts and why, one day apart from another. */
const dayOf = (event: SimulatedEvent): string => calendarDays.format(new Date(event.occurredAt))

describe('a plausible practice', () => {
  const seeds = process.env.PHI_LONG === '1' ? 12 : 2

  it('nobody works at two places, nobody before they are hired or after they have left', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
        const simulation = simulatePractice({ seed, people: 24, days: 6, start: '2026-06-01' })
        const staff = new Map(simulation.staff.map((person) => [person.actor, person]))
        const facts = practiceFacts(simulation.facts())
        const places = new Map<string, { place: string; at: number }>()
        for (const event of simulation.events()) {
          const person = staff.get(event.actor.id)
          if (person === undefined || event.action === 'session-expired') continue
          const day = dayOf(event)
          if (person.hired !== undefined && day < person.hired) expect.fail('before hire')
          // A night on call before the last day ends in its morning.
          if (person.left !== undefined && day > person.left) expect.fail('after leaving')
          const known = facts.placeOf(event.source?.ip ?? '')
          if (known.is !== 'known' || known.value.kind === 'vpn' || known.value.kind === 'mobile') continue
          const { latitude, longitude } = known.value.at ?? { latitude: 0, longitude: 0 }
          const place = `${latitude} ${longitude}`
          const at = Date.parse(event.occurredAt)
          const before = places.get(event.actor.id)
          if (before !== undefined && before.place !== place) expect(at - before.at).toBeGreaterThan(10 * MINUTE)
          places.set(event.actor.id, { place, at })
        }
      }),
      { numRuns: seeds, seed: 1 },
    )
  })

  it('opens as many charts a day as its table says', () => {
    const days = new Map<string, Set<string>>()
    const simulation = simulatePractice({ seed: 11, people: 60, days: 3, start: '2026-06-01' })
    const roles = new Map(simulation.staff.map(({ actor, role }) => [actor, role]))
    for (const event of simulation.events()) {
      if (event.actor.type !== 'workforce') continue
      const key = `${event.actor.id} ${dayOf(event)}`
      const patients = days.get(key) ?? new Set()
      days.set(key, patients)
      for (const patient of event.subject?.patients ?? []) patients.add(patient)
    }
    const most = new Map<PracticeRole, number>()
    let within = 0
    for (const [key, patients] of days) {
      const role = roles.get(key.split(' ')[0] as string) as PracticeRole
      const [low, high] = roleTable[role].charts
      if (patients.size >= low && patients.size <= high) within++
      most.set(role, Math.max(most.get(role) ?? 0, patients.size))
    }
    expect(within / days.size).toBeGreaterThan(0.98)
    // The table is not so wide that it says nothing.
    for (const role of ['therapist', 'psychiatrist', 'nurse', 'front-desk', 'billing'] as const) {
      expect(most.get(role)).toBeGreaterThan(roleTable[role].charts[1] / 4)
    }
    expect([...roles.values()].every((role) => practiceRoles.includes(role))).toBe(true)
  })

  it('knows facts that detectors take', () => {
    const simulation = simulatePractice({ ...small, incidents: [{ kind: 'former-partner', variant: 'blatant' }] })
    const facts = simulation.facts()
    expect(practiceFactsSchema.safeParse(facts).success).toBe(true)
    const answers = practiceFacts(facts)
    // Most accesses of those who need a relation have one.
    let related = 0
    let all = 0
    for (const event of simulatePractice(small).events()) {
      const role = event.actor.roles?.[0]
      if (role === undefined || event.action !== 'read' || event.context?.breakGlass === true || event.outcome !== 'success')
        continue
      if (answers.reach([role]).is !== 'known' || roleTable[role as PracticeRole].reach === 'all') continue
      for (const patient of event.subject?.patients ?? []) {
        all++
        const slack = { before: 3 * 86_400_000, after: 30 * 86_400_000 }
        if (answers.relation(event.actor.id, patient, Date.parse(event.occurredAt), slack).is === 'known') related++
      }
    }
    expect(all).toBeGreaterThan(500)
    expect(related / all).toBeGreaterThan(0.97)
    expect(related).toBeLessThan(all + 1)
  })
})

describe('planted incidents', () => {
  const simulation = simulatePractice({ seed: 2, people: 120, days: 10, start: '2026-03-02', incidents: 'all' })
  const events = new Map<string, SimulatedEvent>()
  const times: string[] = []
  for (const event of simulation.events()) {
    events.set(event.id, event)
    times.push(event.occurredAt)
  }

  it('are one of each kind and variant', () => {
    const expected = Object.keys(incidentKinds).flatMap((kind) => incidentVariants.map((variant) => `${kind}/${variant}`))
    expect(simulation.incidents.map(({ id }) => id).sort()).toEqual(expected.sort())
  })

  it.each(simulation.incidents.map((incident) => [incident.id, incident] as const))(
    '%s is what its label says',
    (_, incident) => {
      if (incident.kind === 'log-silence') {
        expect(incident.eventIds).toEqual([])
        expect(times.filter((at) => at >= incident.from && at < incident.until)).toEqual([])
        expect(times.some((at) => at < incident.from) && times.some((at) => at > incident.until)).toBe(true)
        return
      }
      const own = incident.eventIds.map((id) => events.get(id))
      expect(own.includes(undefined)).toBe(false)
      const found = own as SimulatedEvent[]
      expect(found.map(({ occurredAt }) => occurredAt)).toEqual(found.map(({ occurredAt }) => occurredAt).sort())
      expect(found[0]?.occurredAt).toBe(incident.from)
      expect(found.at(-1)?.occurredAt).toBe(incident.until)
      expect([...new Set(found.map(({ actor }) => actor.id))].sort()).toEqual(incident.actors)
      const opened = found.filter(
        ({ action, outcome }) => outcome === 'success' && ['read', 'update', 'export', 'download'].includes(action),
      )
      expect([...new Set(opened.flatMap(({ subject }) => subject?.patients ?? []))].sort()).toEqual(incident.patients)
      expect([...new Set(opened.flatMap(({ subject }) => subject?.dataClasses ?? []))].sort()).toEqual(incident.dataClasses)
      expect(incident.expected.length).toBeGreaterThan(0)
    },
  )

  it('take nobody twice', () => {
    const own = simulation.incidents
      .filter(({ kind }) => !['credential-stuffing', 'password-spraying'].includes(kind))
      .flatMap(({ actors }) => actors)
    expect(new Set(own).size).toBe(own.length)
  })
})

describe('options', () => {
  it.each<[string, Record<string, unknown>]>([
    ['seed', { seed: -1 }],
    ['people', { people: 3 }],
    ['days', { days: 0 }],
    ['start', { start: '2026-02-30' }],
    ['timeZone', { timeZone: 'Mars/Olympus' }],
    ['incidents', { incidents: [{ kind: 'theft', variant: 'blatant' }] }],
    [
      'incidents',
      {
        incidents: [
          { kind: 'household', variant: 'subtle' },
          { kind: 'household', variant: 'subtle' },
        ],
      },
    ],
    ['options', { more: 1 }],
    ['people', { incidents: 'all', people: 24 }],
    ['days', { start: '2026-03-07', days: 2, incidents: [{ kind: 'household', variant: 'subtle' }] }],
  ])('%s is refused: %j', (path, more) => {
    expect(() => simulatePractice({ ...small, ...more } as SimulateOptions)).toThrow(
      expect.objectContaining({ code: 'PHI_TESTING_SIMULATE_OPTIONS', message: expect.stringContaining(path) }),
    )
  })
})
