import { contractRule, dateFacts, flagFacts, houseRule, narrowTable, retentionSchedule, usRetention } from '@phi/retention'
import { describe, expect, it } from 'vitest'
import { asOf, signed } from '../../test/stores/narrow-records.ts'
import { profileShapes } from './profile-shapes.ts'

const longer = houseRule({
  id: 'house.longer',
  title: 'Twelve years',
  kinds: ['medical-record', 'message'],
  start: { anyOf: [['lastTreatment']], orLater: ['lastEntry'] },
  period: { unit: 'years', amount: 12 },
  asOf,
})
const first = retentionSchedule({ id: 'test/1', house: [longer], signOffs: signed([...usRetention.rules, longer]) })
const ceiling = (id: string, kinds: readonly string[], fact: 'created' | 'lastEntry', when: boolean) =>
  contractRule({
    id,
    title: 'Deleted after two years',
    kinds,
    effect: 'ceiling',
    start: { anyOf: [[fact]] },
    period: { unit: 'years', amount: 2 },
    ...(when && { when: [{ fact: 'adult' as const, is: true }] }),
    asOf,
  })
const contracts = [
  ceiling('baa.a', ['audit-log', 'x-ray'], 'created', false),
  ceiling('baa.b', ['policy-document', 'message'], 'lastEntry', false),
  ceiling('baa.c', ['medical-record', 'baa'], 'created', true),
]
const policies = {
  'a schedule with ceilings': retentionSchedule({
    id: 'test/3',
    contracts,
    signOffs: signed([...usRetention.rules, ...contracts]),
  }),
  'one version': first,
  'a version that replaces another': retentionSchedule({
    id: 'test/2',
    replaces: first,
    signOffs: signed(usRetention.rules),
  }),
}
const facts = ['kind', 'state', 'provider', 'subject', 'tenant', ...dateFacts, ...flagFacts]

describe.each(Object.entries(policies))('the shapes of %s', (_, policy) => {
  const table = narrowTable(policy, { today: '2027-03-01', facts })
  const { rows, shapes } = profileShapes(table)

  it('S65 give every profile its own days again', () => {
    for (const { n, shape, days } of rows) {
      let at: number | undefined = Math.floor(n / 2)
      for (const level of shapes[shape] as (typeof shapes)[number]) {
        const profile = table.profiles[at as number] as (typeof table.profiles)[number]
        const dayOf = (column: string) => days[Number(column.slice(1))]
        for (const cutoff of ['runsFrom', 'mayRunFrom', 'marginFrom', 'metBefore'] as const)
          expect(Object.fromEntries([...level.cutoffs[cutoff]].map(([fact, column]) => [fact, dayOf(column)]))).toEqual(
            profile[cutoff],
          )
        expect(level.overdue.map(dayOf)).toEqual(profile.overdueWhere.map(({ before }) => before))
        expect(level.keepsBornFrom === '' ? null : dayOf(level.keepsBornFrom)).toBe(profile.age?.keepsBornFrom ?? null)
        // What is not a day is the same for all of a shape.
        const { runsFrom, mayRunFrom, marginFrom, metBefore, overdueWhere, age, earlier, ...same } = profile
        expect(level.profile).toMatchObject(same)
        expect(level.profile.overdueWhere.map(({ fact, flags }) => [fact, flags])).toEqual(
          overdueWhere.map(({ fact, flags }) => [fact, flags]),
        )
        expect(level.profile.age && { ...level.profile.age, keepsBornFrom: 0 }).toEqual(age && { ...age, keepsBornFrom: 0 })
        expect(level.profile.earlier?.accepted).toBe(earlier?.accepted)
        at = earlier?.profile
      }
      expect(at).toBeUndefined()
    }
  })
  it('have a column for each different day, and no more shapes than half the profiles', () => {
    for (const { days } of rows) expect(new Set(days).size).toBe(days.length)
    expect(Math.max(...rows.map(({ days }) => days.length))).toBeLessThan(
      policy === policies['a version that replaces another'] ? 10 : 7,
    )
    expect(shapes.length).toBeLessThan(new Set(rows.map(({ n }) => n >> 1)).size * 0.6)
  })
  it('S65 stand for every place of a kind', () => {
    const numbers = new Set(rows.map(({ n }) => n))
    expect(numbers.size).toBe(rows.length)
    for (const { group, placed } of table.kinds) {
      const profiles = table.places.filter((place) => place.group === group).map(({ profile }) => profile)
      expect(profiles.every((profile) => numbers.has(2 * profile + Number(placed)))).toBe(true)
    }
  })
})
