import { decideAny } from '../decide/decide.ts'
import type { DecisionRequest } from '../decide/request.ts'
import type { Around } from './around.ts'
import type { Cell } from './cell.ts'
import { bothOf, hasWays } from './dimension.ts'
import { factored, isFactored } from './factored.ts'
import {
  type Asked,
  type DataCell,
  dataCellsOf,
  requestOf,
  type Setting,
  type Space,
  settingsOf,
  sizeOf,
  spaceOf,
} from './request-space.ts'

/** The result of a walk. `undecided`: there were more kinds of requests than were to be asked. */
export interface Walked {
  readonly requests: number
  readonly changed: readonly Cell[]
  readonly undecided: boolean
}

/**
 * Asks both registries about every request between two parties. Requests that neither can tell apart are asked once and counted; and what
 * every agreement of both denies for one reason alone is not asked at all.
 */
export function walk(before: Around, after: Around, asked: Asked, limit: number): Walked {
  const both = bothOf(before, after)
  const space = spaceOf(both, asked)
  const requests = sizeOf(space)
  if (before.fingerprint === after.fingerprint || requests === 0) return { requests, changed: [], undecided: false }
  const undecided = { requests, changed: [], undecided: true }
  if (!Number.isSafeInteger(requests)) return undecided
  const settings = settingsOf(both, space)
  if (settings === undefined) return undecided
  const data = dataCellsOf(both, space)
  if (isFactored(before) && isFactored(after)) {
    if (settings.length + data.length > limit) return undecided
    const changed = factored(before, after, settings, data)
    if (changed !== undefined) return { requests, changed, undecided: false }
  }

  const changed: Cell[] = []
  let left = limit
  let skipped = 0
  let skippedRequest: DecisionRequest | undefined
  for (const setting of settings) {
    for (const cell of data) {
      const count = setting.count * cell.count
      if ((setting.alive & cell.alive) === 0) {
        skipped += count
        skippedRequest ??= requestOf(before, setting.value, cell.value)
        continue
      }
      if (left-- <= 0) return undecided
      const request = requestOf(before, setting.value, cell.value)
      const [was, is] = [decideAny(before.registry, request), decideAny(after.registry, request)]
      if (was.outcome === is.outcome) continue
      changed.push({ request, before: was, after: is, count, ...membersOf(setting.value, cell.value) })
    }
  }
  if (skippedRequest) changed.push(...deniedThroughout(before, after, space, skippedRequest, skipped))
  return { requests, changed, undecided: false }
}

const membersOf = ({ service, time }: Setting, { use, data, label }: DataCell) => ({
  services: service.members,
  at: time.members,
  data: data.members,
  labels: label.members,
  uses: use.members,
})

/** What was not asked is denied on a side with agreements. On a side with none, one answer stands for all. */
function deniedThroughout(
  before: Around,
  after: Around,
  space: Space,
  request: DecisionRequest,
  count: number,
): readonly Cell[] {
  if (hasWays(before) && hasWays(after)) return []
  const [was, is] = [decideAny(before.registry, request), decideAny(after.registry, request)]
  const { services, data, labels, uses, at } = space
  return was.outcome === is.outcome ? [] : [{ request, before: was, after: is, count, services, data, labels, uses, at }]
}
