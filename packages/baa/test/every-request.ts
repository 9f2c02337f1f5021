import { aroundOf } from '../src/diff/around.ts'
import { bothOf, itemOf } from '../src/diff/dimension.ts'
import { type Asked, spaceOf } from '../src/diff/request-space.ts'
import { placed } from '../src/diff/where-values.ts'
import { type Agreement, type DecisionRequest, decideAny, type Registry } from '../src/index.ts'

/** Every request between two parties, one after the other: the plain twin of the walk of `diff`. */
function* everyRequest(
  before: Registry,
  after: Registry,
  [from, to]: readonly [string, string],
  asked: Asked,
): Generator<DecisionRequest> {
  const space = spaceOf(bothOf(aroundOf(before, from, to), aroundOf(after, from, to)), asked)
  let places: DecisionRequest['where'][] = [undefined]
  for (const [key, values] of space.where) places = places.flatMap((where) => values.map((value) => placed(where, key, value)))
  let conditions: { [name: string]: boolean }[] = [{}]
  for (const name of space.conditions) {
    conditions = conditions.flatMap((each) => [each, { ...each, [name]: true }, { ...each, [name]: false }])
  }
  for (const service of space.services)
    for (const where of places)
      for (const at of space.at)
        for (const plan of space.plans)
          for (const stated of conditions)
            for (const use of space.uses)
              for (const each of space.data)
                for (const label of space.labels)
                  for (const identifiability of space.identifiabilities)
                    for (const authorization of [
                      undefined,
                      { reference: 'x', uses: [use], data: ['phi', 'label:psychotherapy', 'label:part2'] as const },
                    ])
                      yield {
                        from,
                        to,
                        service,
                        where,
                        at,
                        plan,
                        conditions: stated,
                        use,
                        data: [itemOf(each, label)],
                        identifiability,
                        authorization,
                      }
}

/** How many requests there are, and how many come out in which other way, counted one by one. */
export function countedOneByOne(before: Registry, after: Registry, asked: Asked) {
  const pairs = new Map(
    [before, after]
      .flatMap(({ agreements, exemptions }) => [
        ...agreements.map((each: Agreement) => [each.from.id, each.to.id] as const),
        ...exemptions.map((each) => [each.from, each.to] as const),
      ])
      .map((pair) => [pair.join(' '), pair]),
  )
  let requests = 0
  const flips = new Map<string, number>()
  for (const pair of pairs.values()) {
    for (const request of everyRequest(before, after, pair, asked)) {
      requests++
      const [was, is] = [decideAny(before, request).outcome, decideAny(after, request).outcome]
      if (was !== is) flips.set(`${was} ${is}`, (flips.get(`${was} ${is}`) ?? 0) + 1)
    }
  }
  return { requests, flips: Object.fromEntries([...flips].sort()) }
}
