import { type HoldEvent, holdCases } from '@phi/retention'

type Field = 'ids' | 'kinds' | 'tenants' | 'subjects'
type Lists = Readonly<Partial<Record<Field, readonly string[]>>>

/** The holds of a day, put together for SQL: those that name one field by that field, the others one by one. */
export interface HoldSets extends Readonly<Record<Field, readonly string[]>> {
  readonly everything: boolean
  readonly several: readonly Lists[]
}

/** Of the facts about holds, what holds on a day. A fact that cannot be read holds everything. */
export function holdSets(events: readonly HoldEvent[], today: string): HoldSets {
  const one: Record<Field, Set<string>> = { ids: new Set(), kinds: new Set(), tenants: new Set(), subjects: new Set() }
  const several: Lists[] = []
  let everything = false
  for (const { matches, released } of holdCases(events)) {
    if (released !== null && released <= today) continue
    if (Object.hasOwn(matches, 'everything')) {
      everything = true
      continue
    }
    const given = (['ids', 'kinds', 'tenants', 'subjects'] as const).flatMap((field) => {
      const list = Object.hasOwn(matches, field) ? (matches as Lists)[field] : undefined
      // No row holds this character, and no parameter may.
      return list === undefined
        ? []
        : [[field, list.filter((each) => !each.includes('\u0000') && each.isWellFormed())] as const]
    })
    const [first, ...others] = given
    if (first === undefined) everything = true
    else if (others.length > 0) several.push(Object.fromEntries(given))
    else for (const value of first[1]) one[first[0]].add(value)
  }
  return {
    everything,
    ids: [...one.ids],
    kinds: [...one.kinds],
    tenants: [...one.tenants],
    subjects: [...one.subjects],
    several,
  }
}
