import { evaluate, federal } from '@phi/deadlines'
import { Temporal } from 'temporal-polyfill/implementation'
import type { Row } from '../measure.ts'

/** Breaches as they come: most in one State, some in several, some with a delay for law enforcement, some done, some unknown. */
const breaches = Array.from({ length: 4_000 }, (_, i) => {
  const discovered = `${2015 + (i % 20)}-${String((i % 12) + 1).padStart(2, '0')}-${String((i % 28) + 1).padStart(2, '0')}`
  return {
    discovered,
    timeZone: i % 3 === 0 ? 'America/Los_Angeles' : 'America/New_York',
    individuals: i % 11 === 0 ? null : 100 + ((i * 37) % 900),
    residents: i % 4 === 0 ? { OH: 60 + ((i * 13) % 30), PA: 20 } : { OH: 100 },
    ...(i % 10 === 0 && { lawEnforcement: [{ form: 'oral', on: discovered, documented: true } as const] }),
  }
})

const DAY = 86_400_000

/** The additions that the rule set makes for one breach, and nothing else: three times 60 days, and 60 days after the year. */
function bareDates(discovered: string): number {
  const [year, month, day] = [Number(discovered.slice(0, 4)), Number(discovered.slice(5, 7)), Number(discovered.slice(8))]
  const text = (at: number) => new Date(at).toISOString().slice(0, 10)
  const trigger = Date.UTC(year, month - 1, day)
  const due = [text(trigger + 60 * DAY), text(trigger + 60 * DAY), text(trigger + 60 * DAY)]
  due.push(text(Date.UTC(year, 11, 31) + 60 * DAY))
  return due.length
}

/** The same with a civil-date type, which does not confuse days with 24 hours. */
function temporalDates(discovered: string): number {
  const trigger = Temporal.PlainDate.from(discovered)
  const due = [1, 2, 3].map(() => trigger.add({ days: 60 }).toString())
  due.push(trigger.with({ month: 12, day: 31 }).add({ days: 60 }).toString())
  return due.length
}

const breachRow = (id: string, against: string, atLeast: number, bare: (discovered: string) => number): Row => ({
  id,
  against,
  atLeast,
  async prepare({ quick }) {
    const rounds = quick ? 2 : 10
    const each = (act: (breach: (typeof breaches)[number]) => number) => () => {
      let results = 0
      for (let round = 0; round < rounds; round++) for (const breach of breaches) results += act(breach)
      if (results < breaches.length) throw new Error('nothing was due')
      return breaches.length * rounds
    }
    return {
      unit: 'breaches',
      ours: each((breach) => evaluate(federal.breachNotice, breach).length),
      baseline: each(({ discovered }) => bare(discovered)),
    }
  },
})

export const breachByDate = breachRow(
  'deadlines.breach.bare-dates',
  'a bare loop of the same four date additions with Date; ours decides who is owed what, and says why',
  0.1,
  bareDates,
)

export const breachByTemporal = breachRow(
  'deadlines.breach.bare-temporal',
  'the same four additions with Temporal.PlainDate of temporal-polyfill',
  0.5,
  temporalDates,
)
