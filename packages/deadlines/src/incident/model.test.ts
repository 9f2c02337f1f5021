import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleOf } from '../../test/incident-samples.ts'
import { closingBlocks } from './closing.ts'
import { incidentDeadlines } from './deadlines.ts'
import { type IncidentEvent, type IncidentOpening, incidentEventTypes } from './events.ts'
import { applyIncidentEvent, nextIncidentEvents, openIncident, replayIncident } from './incident.ts'
import { incidentRoles } from './transitions.ts'

// A plain second reading of the text, with mutable fields, in day numbers, without tables: held against the machine on random walks.

const DAY = 86_400_000
const dayOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY
const dateOf = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10)

type Finding = 'breach' | 'none' | undefined
interface Letter {
  readonly at: number
  readonly reached: number
}

class Twin {
  readonly role: IncidentOpening['role']
  readonly opened: number
  last: number
  discovered: number
  individuals: number | null
  residents: number | null
  finding: Finding
  state = 'suspected'
  readonly letters: Letter[] = []
  readonly media: number[] = []
  toldEntity: number | undefined
  toldSecretary: { first: number; number: number } | undefined
  readonly following = new Set<string>()
  scope = false
  categories = false
  intent = false
  report = false
  /** The ends of written delays; an oral one ends 30 days after it, and only the first counts. */
  readonly delays: { from: number; through: number; written: boolean }[] = []

  constructor(opening: IncidentOpening) {
    this.role = opening.role
    this.opened = dayOf(opening.at)
    this.last = this.opened
    this.discovered = this.opened
    this.individuals = opening.individuals ?? null
    this.residents = opening.residents?.OH ?? null
  }

  take(event: IncidentEvent, today: number | undefined): string | undefined {
    const at = dayOf(event.at)
    if (at < this.opened) return 'before-the-beginning'
    if (today !== undefined && at > today) return 'in-the-future'
    if (at < this.last) return 'out-of-order'
    const reason = this.#take(event, at)
    if (reason === undefined) this.last = at
    return reason
  }

  #take(event: IncidentEvent, at: number): string | undefined {
    const now = 'not-in-this-state'
    const entity = this.role === 'covered-entity'
    if (event.type === 'reported' && !entity) return 'not-for-this-role'
    if (event.type === 'supplemented' && entity) return 'not-for-this-role'
    if (this.state === 'closed') {
      if (event.type !== 'reopened') return now
      this.state = 'reopened'
      return undefined
    }
    const early = this.state === 'suspected' || this.state === 'contained' || this.state === 'reopened'
    switch (event.type) {
      case 'reopened':
        return now
      case 'knowledge-found': {
        const on = dayOf(event.knowledge.on)
        if (on > at) return 'later-than-the-entry'
        if (event.knowledge.by !== 'perpetrator') this.discovered = Math.min(this.discovered, on)
        return undefined
      }
      case 'contained':
        if (this.state === 'suspected' || this.state === 'reopened') this.state = 'contained'
        return undefined
      case 'headcount-revised':
      case 'investigated': {
        const individuals = event.individuals === undefined ? this.individuals : event.individuals
        const map = event.type === 'headcount-revised' ? event.residents : undefined
        const residents = map === undefined ? this.residents : (map?.OH ?? null)
        if (individuals !== null && individuals < (residents ?? 0)) return 'headcount-contradictory'
        this.individuals = individuals
        this.residents = residents
        if (event.type === 'investigated') {
          this.scope ||= event.scope !== undefined
          this.categories ||= event.categories !== undefined
          this.intent ||= event.intent !== undefined
        }
        return undefined
      }
      case 'milestone':
        if (dayOf(event.on) > at) return 'later-than-the-entry'
        return dayOf(event.on) < this.discovered ? 'before-discovery' : undefined
      case 'law-enforcement-stated': {
        const until = event.until == null ? undefined : dayOf(event.until)
        if (until !== undefined && (event.form === 'oral' || until < at)) return 'delay-contradictory'
        this.delays.push({ from: at, through: until ?? at + 30, written: until !== undefined })
        return undefined
      }
      case 'assessed':
        if (event.finding === 'low-probability-of-compromise' && !this.#whole(event)) return 'assessment-incomplete'
        return this.#found(event.finding === 'breach' ? 'breach' : 'none', early)
      case 'excluded':
        if (event.confirmed.length < 5 || event.documented !== true) return 'exclusion-incomplete'
        return this.#found('none', early)
      case 'secured':
        if (event.confirmed.length < 3 || event.documented !== true) return 'not-shown-to-be-secured'
        return this.#found('none', early)
      case 'finding-withdrawn':
        if (early) return now
        if (this.finding === undefined) return 'no-finding-to-withdraw'
        this.finding = undefined
        if (this.state === 'assessed') this.state = 'reopened'
        return undefined
      case 'described':
        return undefined
      case 'notified': {
        if (event.addressee === 'individuals' && event.reached === undefined) return 'number-reached-not-given'
        const firm = event.addressee === 'covered-entity' ? 'identification' : undefined
        if (firm ? !event.contains.includes(firm) : event.contains.length < 10) return 'content-incomplete'
        if (firm && event.contains.length + (event.toFollow?.length ?? 0) < 10) return 'content-incomplete'
        if (this.delayed(at)) return 'delay-in-effect'
        if (firm) {
          this.toldEntity ??= at
          for (const each of event.contains) this.following.delete(each)
          for (const each of event.toFollow ?? []) if (!event.contains.includes(each)) this.following.add(each)
        } else if (event.addressee === 'media') this.media.push(at)
        else this.letters.push({ at, reached: event.reached ?? 0 })
        if (early || this.state === 'assessed') this.state = 'notified'
        return undefined
      }
      case 'supplemented':
        if (this.state !== 'notified' && this.state !== 'reported' && this.state !== 'reopened') return now
        if (this.toldEntity === undefined) return 'nothing-to-follow'
        for (const each of event.contains) this.following.delete(each)
        return undefined
      case 'reported':
        if (event.contains.length < 13) return 'content-incomplete'
        if (this.delayed(at)) return 'delay-in-effect'
        this.toldSecretary = { first: this.toldSecretary?.first ?? at, number: event.individuals }
        this.state = 'reported'
        return undefined
      case 'post-incident-report':
        if (event.rootCause === undefined || (event.correctiveActions?.length ?? 0) === 0) return 'report-incomplete'
        this.report = true
        return undefined
      case 'closed':
        if (!this.mayClose()) return 'still-open'
        this.state = 'closed'
        return undefined
    }
  }

  #whole(event: Extract<IncidentEvent, { type: 'assessed' }>): boolean {
    const { nature, person, acquired, mitigation } = event.factors
    return event.documented === true && [nature, person, acquired, mitigation].every((each) => each !== undefined)
  }

  #found(finding: Finding, early: boolean): undefined {
    this.finding = finding
    if (early) this.state = 'assessed'
  }

  /** The delays that count: the first without a time, cut short by a written one that comes in its 30 days, and all with one. */
  #windows(): readonly { from: number; through: number; written: boolean }[] {
    const windows: { from: number; through: number; written: boolean }[] = []
    let oral: { from: number; through: number; written: boolean } | undefined
    for (const { from, through, written } of this.delays) {
      if (!written && oral) continue
      if (written && oral && from <= oral.from + 30) oral.through = Math.min(oral.through, Math.max(from, through))
      const window = { from, through, written }
      if (!written) oral = window
      windows.push(window)
    }
    return windows
  }

  /** The date after the delays: on the day after a specified time, on the last of the 30 days of any other. */
  due(base: number): number {
    let due = base
    for (const { from, through, written } of this.#windows()) {
      const act = written ? through + 1 : through
      if (from <= due && act > due) due = act
    }
    return due
  }

  delayed(day: number): boolean {
    if (this.finding === 'none') return false
    return this.#windows().some(({ from, through, written }) => from <= day && (written ? day <= through : day < through))
  }

  /** The day on which the individuals, or the covered entity, were told: all of them. */
  get told(): number | undefined {
    if (this.role === 'business-associate') return this.toldEntity
    if (this.individuals === null) return undefined
    let sum = 0
    for (const { at, reached } of this.letters) {
      sum += reached
      if (sum >= this.individuals) return at
    }
    return undefined
  }

  mayClose(): boolean {
    if (this.finding === 'none') return true
    if (this.told === undefined) return false
    if (!this.scope || !this.categories || !this.intent || this.individuals === null || !this.report) return false
    if (this.role === 'business-associate') return this.following.size === 0
    if (this.toldSecretary === undefined || this.toldSecretary.number !== this.individuals) return false
    const elsewhere = this.individuals - (this.residents ?? 0)
    if (elsewhere > 500) return false
    return (this.residents ?? 0) <= 500 || this.media.length > 0
  }
}

const flag = fc.constantFrom(true, true, true, false, null)
const opening: fc.Arbitrary<IncidentOpening> = fc.record({
  id: fc.constant('incident-1'),
  role: fc.constantFrom(...incidentRoles),
  at: fc.constant('2026-05-04'),
  individuals: fc.constantFrom(480, 480, 700, null),
})

const tries = fc.array(
  fc.record({
    pick: fc.nat(1000),
    follow: fc.integer({ min: 0, max: 5 }).map((each) => each > 0),
    step: fc.oneof({ weight: 5, arbitrary: fc.nat(9) }, { weight: 1, arbitrary: fc.integer({ min: -30, max: 80 }) }),
    spoil: fc.integer({ min: 0, max: 3 }).map((each) => each === 0),
    documented: flag,
    number: fc.constantFrom(480, 499, 500, 501, 1200, null, undefined),
    residents: fc.constantFrom(480, 501, null, undefined),
    known: fc.integer({ min: -40, max: 3 }),
    who: fc.constantFrom('workforce' as const, 'agent' as const, 'perpetrator' as const),
    form: fc.constantFrom('oral' as const, 'written' as const),
    delay: fc.option(fc.integer({ min: -3, max: 60 }), { nil: undefined }),
    addressee: fc.constantFrom('individuals', 'individuals', 'media'),
    reached: fc.constantFrom(100, 480, 1200),
    today: fc.option(fc.integer({ min: -1, max: 9 }), { nil: undefined }),
  }),
  { maxLength: 35 },
)
type Try = typeof tries extends fc.Arbitrary<(infer Each)[]> ? Each : never

/** The sample of an event with what this step of the walk varies. */
function eventOf(role: IncidentOpening['role'], type: IncidentEvent['type'], at: number, each: Try): IncidentEvent {
  const event = sampleOf(role, type, dateOf(at))
  const { spoil } = each
  const number = each.number === undefined ? {} : { individuals: each.number }
  switch (event.type) {
    case 'knowledge-found':
      return { ...event, knowledge: { by: each.who, on: dateOf(at + each.known), how: 'knew' } }
    case 'headcount-revised': {
      const residents =
        each.residents === undefined ? {} : { residents: each.residents === null ? null : { OH: each.residents } }
      const { individuals: _, ...rest } = event
      return { ...rest, ...number, ...residents }
    }
    case 'milestone':
      return { ...event, on: dateOf(at + each.known) }
    case 'law-enforcement-stated':
      return { ...event, form: each.form, documented: true, until: each.delay === undefined ? null : dateOf(at + each.delay) }
    case 'investigated': {
      const { individuals: _, occurred: __, ...rest } = event
      return spoil ? { type: 'investigated', at: event.at, scope: 'part' } : { ...rest, ...number }
    }
    case 'assessed':
      if (each.documented === null) return { ...event, finding: 'breach', factors: {} }
      return { ...event, documented: each.documented, ...(spoil && { factors: { ...event.factors, person: undefined } }) }
    case 'excluded':
    case 'secured':
      return { ...event, documented: each.documented, ...(spoil && { confirmed: event.confirmed.slice(1) }) }
    case 'notified': {
      if (role === 'business-associate') {
        const follows = event.contains.slice(spoil ? 2 : 1)
        return each.documented ? event : { ...event, contains: ['identification'], toFollow: follows }
      }
      const contains = spoil ? event.contains.slice(1) : event.contains
      const { reached: _, ...rest } = event
      if (each.addressee === 'media') return { ...rest, contains, addressee: 'media', jurisdiction: 'OH' }
      return each.documented === null ? { ...rest, contains } : { ...rest, contains, reached: each.reached }
    }
    case 'supplemented':
      return spoil
        ? event
        : {
            ...event,
            contains: [
              'what-happened',
              'date-of-breach',
              'date-of-discovery',
              'types-of-phi',
              'steps',
              'investigating',
              'mitigating',
              'protecting',
              'contact',
            ],
          }
    case 'reported':
      return { ...event, individuals: each.number ?? 480, ...(spoil && { contains: event.contains.slice(1) }) }
    case 'post-incident-report':
      return spoil ? { ...event, correctiveActions: [] } : event
    default:
      return event
  }
}

describe('random walks', () => {
  it('EXC-01 S8 S135 the machine and a plain twin agree; no order of events silences a deadline, and refused ones lose nothing', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(opening, tries, (first, list) => {
        let incident = openIncident(first)
        const twin = new Twin(first)
        for (const each of list) {
          const next = nextIncidentEvents(incident)
          const pool = each.follow ? next : incidentEventTypes
          const type = pool[each.pick % pool.length] as (typeof pool)[number]
          const at = twin.last + each.step
          const event = eventOf(first.role, type, at, each)
          const today = each.today === undefined ? undefined : at + each.today
          const before = JSON.stringify(incident)
          const step = applyIncidentEvent(incident, event, today === undefined ? undefined : { today: dateOf(today) })
          const expected = twin.take(event, today)
          expect(step.accepted ? undefined : step.refusal.reason, type).toBe(expected)
          expect(JSON.stringify(incident)).toBe(before)
          const outcome = expected ?? `accepted ${type}`
          seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
          if (!step.accepted) {
            const { log, ...rest } = step.incident
            const { log: was, ...same } = incident
            expect(rest).toEqual(same)
            expect(log.slice(0, -1)).toEqual(was)
            expect(log).toHaveLength(was.length + 1)
          }
          incident = step.incident
          expect(incident.state).toBe(twin.state)
          expect(incident.discovered).toBe(dateOf(twin.discovered))
          const asked = twin.last + 20
          const main = incidentDeadlines(incident, { today: dateOf(asked) }).find(
            ({ duty }) => duty === 'breach.individual' || duty === 'breach.business-associate',
          )
          if (twin.finding === 'none') {
            expect(main?.status).toBe('not-applicable')
            continue
          }
          const due = twin.due(twin.discovered + 60)
          expect(main?.due, JSON.stringify(twin.delays)).toBe(dateOf(due))
          const told = twin.told
          const wanted =
            told !== undefined ? (told <= due ? 'met' : 'late') : twin.delayed(asked) ? 'held' : asked > due ? 'late' : 'due'
          expect(main?.status).toBe(wanted)
          expect(closingBlocks(incident, { today: dateOf(asked) }).length === 0).toBe(twin.mayClose())
        }
        const replayed = replayIncident(JSON.parse(JSON.stringify(first)), JSON.parse(JSON.stringify(incident.log)))
        expect(replayed).toEqual(incident)
        expect(incidentDeadlines(replayed)).toEqual(incidentDeadlines(incident))
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 20_000 : 110 },
    )
    for (const reason of [
      'out-of-order',
      'still-open',
      'content-incomplete',
      'assessment-incomplete',
      'accepted notified',
      'accepted closed',
    ]) {
      expect(seen.get(reason) ?? 0, reason).toBeGreaterThan(3)
    }
  }, 600_000)
})
