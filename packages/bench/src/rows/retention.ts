import { memoryRetentionStore, plan, type RetentionRecord, retentionSchedule, usRetention } from '@phi/retention'
import type { Row } from '../measure.ts'

const two = (value: number) => `${value}`.padStart(2, '0')
const day = (i: number, from: number, years = 30) => `${from + (i % years)}-${two(1 + (i % 12))}-${two(1 + (i % 28))}`

/** Policies, logs and hospital records of four States, adults and minors, old enough for about half of them to go. */
function recordOf(i: number): RetentionRecord {
  const id = `r${i}`
  if (i % 5 === 0) return { id, kind: 'policy-document', created: day(i, 1985), lastInEffect: day(i, 1995), inEffect: false }
  if (i % 5 === 1) return { id, kind: 'audit-log', created: day(i, 1995), inEffect: false }
  return {
    id,
    kind: 'medical-record',
    state: (['TX', 'CA', 'NY', 'MA'] as const)[i % 4],
    provider: 'hospital',
    created: day(i, 1984),
    discharged: day(i, 1985),
    lastTreatment: day(i, 1985),
    lastEntry: day(i, 1985),
    born: day(i, 1940, 60),
    medicare: i % 2 === 0,
    inEffect: false,
  }
}

/** For each record the one addition that decides it, and a comparison. */
function bareLoop(records: readonly RetentionRecord[], today: number): number {
  let gone = 0
  for (const record of records) {
    const text = (record.discharged ?? record.lastInEffect ?? record.created) as string
    const [year, month, date] = [Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8))]
    if (Date.UTC(year + (record.kind === 'medical-record' ? 10 : 6), month - 1, date) < today) gone++
  }
  return gone
}

export const retentionPlan: Row = {
  id: 'retention.plan.bare-dates',
  against:
    'a bare loop of one date addition and one comparison for each record; ours asks every rule, minors, holds and sign-offs',
  atLeast: 0.02,
  async prepare({ quick }) {
    const count = quick ? 100_000 : 1_000_000
    const records = Array.from({ length: count }, (_, i) => recordOf(i))
    const store = memoryRetentionStore(records.map((record) => ({ id: record.id, record })))
    const today = usRetention.asOf
    const policy = retentionSchedule({
      id: 'bench/1',
      signOffs: usRetention.rules.map(({ id }) => ({ rule: id, by: 'counsel', on: today })),
    })
    return {
      unit: 'records',
      ours: async () => {
        const made = await plan(store, policy, { today, plannedBy: 'bench' })
        const disposable = made.counts.byStatus.disposable ?? 0
        if (disposable < count / 20 || disposable === count) throw new Error('the plan has nothing to decide')
        return count
      },
      baseline: () => {
        if (bareLoop(records, Date.parse(today)) < count / 20) throw new Error('nothing would go')
        return count
      },
    }
  },
}
