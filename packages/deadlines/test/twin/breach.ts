import { type Date10, join, latest, split, walk } from './civil.ts'
import { Contradiction, type Dated, doneOn, judged, type Outcome, planned } from './outcome.ts'
import { dateOf } from './zone.ts'

export interface Known {
  by: 'workforce' | 'agent' | 'perpetrator'
  on: string
  how: 'knew' | 'would-have-known'
}

export interface Official {
  form: 'oral' | 'written'
  on: string
  until?: Date10 | null
  days?: number | null
  documented?: boolean | null
}

export interface BreachFacts {
  timeZone?: string
  discovered?: string | null
  knowledge?: Known[] | null
  finding?: 'breach' | 'low-probability-of-compromise' | 'exclusion' | 'secured' | null
  findingDocumented?: boolean | null
  lawEnforcement?: Official[] | null
  individuals?: number | null
  residents?: Record<string, number | null> | null
  notifiedIndividuals?: string | null
  notifiedMedia?: Record<string, string | null> | null
  notifiedSecretary?: string | null
  notifiedCoveredEntity?: string | null
}

/** 164.404(a)(2): the first day known, or to be known by diligence, to anyone of the house but the one who did it. */
function discoveryOf(facts: BreachFacts): Date10 | undefined {
  const known = (facts.knowledge ?? []).filter(({ by }) => by !== 'perpetrator').map(({ on }) => dateOf(on, facts.timeZone))
  const first = known.sort()[0]
  if (facts.discovered == null) return first
  const stated = dateOf(facts.discovered, facts.timeZone)
  if (first !== undefined && first < stated) throw new Contradiction('somebody knew before')
  return stated
}

interface Window {
  from: Date10
  through: Date10
  /** A time was specified in writing: notice is forbidden through it. Otherwise the days are the most that the delay may last. */
  specified: boolean
}

/** 164.412. What specifies no time in writing is good for 30 days from its date, once; a written time takes its place. */
function windowsOf(facts: BreachFacts, today: Date10 | undefined): Window[] {
  const read = (facts.lawEnforcement ?? []).map(({ form, on: said, until, days, documented }) => {
    const on = dateOf(said, facts.timeZone)
    const end = until ?? (days == null ? undefined : walk(on, days))
    if (form === 'oral' && end !== undefined) throw new Contradiction('a spoken word specifies no time')
    if (end !== undefined && end < on) throw new Contradiction('over before it began')
    if (today !== undefined && on > today) throw new Contradiction('a statement of tomorrow')
    return { form, on, end, documented }
  })
  const timed: Window[] = read.flatMap(({ on, end }) =>
    end === undefined ? [] : [{ from: on, through: end, specified: true }],
  )
  const untimed = read
    .filter(({ form, end, documented }) => end === undefined && !(form === 'oral' && documented === false))
    .sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : a.form < b.form ? -1 : 1))[0]
  if (!untimed) return timed
  const from = untimed.on
  let through = walk(from, 30)
  const limit = through
  for (const { from: received, through: end } of timed) {
    if (received >= from && received <= limit && end < through) through = end
  }
  return [...timed, { from, through, specified: false }]
}

/** The date after a delay: as long as one covers the date, the date moves. Days that a delay took earlier are not given back. */
function delayed(base: Date10, facts: BreachFacts, today: Date10 | undefined): Dated {
  const windows = windowsOf(facts, today)
  let due = base
  for (;;) {
    const at = due
    const covering = windows.filter(({ from, through }) => from <= at && at <= through)
    due = latest(at, ...covering.map(({ through, specified }) => (specified ? walk(through, 1) : through)))
    if (due === at) break
  }
  const running = windows.some(
    ({ from, through, specified }) => today !== undefined && from <= today && (specified ? today <= through : today < through),
  )
  return {
    base,
    due,
    because: due > base ? 'law-enforcement-delay' : 'counted',
    held: today === undefined ? due > base : running,
    more: windows.length > 0 ? { heldThrough: latest(...windows.map(({ through }) => through)) } : {},
  }
}

type Truth = boolean | undefined

/** One duty of the breach rules: 60 calendar days from discovery, or from the end of its year. */
function duty(
  facts: BreachFacts,
  today: Date10 | undefined,
  discovered: Date10 | undefined,
  done: string | null | undefined,
  applies: Truth,
  anchor: 'discovery' | 'year-end' = 'discovery',
): Outcome {
  if (discovered !== undefined && discovered < '2009-09-23') return { status: 'not-in-force', because: 'not-yet-in-force' }
  const silenced = facts.finding != null && facts.finding !== 'breach' && facts.findingDocumented === true
  if (silenced || applies === false) return { status: 'not-applicable', because: 'condition-not-met' }
  if (discovered === undefined) return { status: 'pending-facts', because: 'trigger-not-known' }
  if (today !== undefined && discovered > today) return { status: 'pending-facts', because: 'trigger-in-the-future' }
  const from = anchor === 'discovery' ? discovered : join(split(discovered)[0], 12, 31)
  const asked = { today, zone: facts.timeZone, trigger: discovered, done }
  const outcome = judged(asked, doneOn(asked), delayed(walk(from, 60), facts, today))
  return applies ? outcome : planned(outcome)
}

/** 164.410. */
export const twinOfBusinessAssociate = (facts: BreachFacts, today: Date10 | undefined): Outcome =>
  duty(facts, today, discoveryOf(facts), facts.notifiedCoveredEntity, true)

/** 164.404, 164.406 by State (`media:OH`, and `media:` for States that are not named), 164.408. */
export function twinOfBreach(facts: BreachFacts, today: Date10 | undefined): Record<string, Outcome> {
  const discovered = discoveryOf(facts)
  const residents = Object.entries(facts.residents ?? {})
  const named = residents.reduce((sum, [, number]) => sum + (number ?? 0), 0)
  const total = facts.individuals ?? undefined
  if (total !== undefined && total < named) throw new Contradiction('fewer in all than in the States')
  const left = total === undefined ? Number.POSITIVE_INFINITY : total - named

  const out: Record<string, Outcome> = { individuals: duty(facts, today, discovered, facts.notifiedIndividuals, true) }

  // More than 500 residents of one State.
  for (const [state, number] of residents) {
    const applies = number === null ? (left > 500 ? undefined : false) : number > 500
    out[`media:${state}`] = duty(facts, today, discovered, facts.notifiedMedia?.[state], applies)
  }
  // People of States that are not named, as far as nobody has said that there are none.
  if (left > 0) out['media:'] = duty(facts, today, discovered, undefined, left > 500 ? undefined : false)

  // 500 or more in all.
  const known = total ?? (named >= 500 ? named : undefined)
  const atOnce = (applies: Truth) => duty(facts, today, discovered, facts.notifiedSecretary, applies)
  if (known === undefined) out.secretary = atOnce(undefined)
  else if (known >= 500) out.secretary = atOnce(true)
  else out.secretary = duty(facts, today, discovered, facts.notifiedSecretary, true, 'year-end')
  return out
}
