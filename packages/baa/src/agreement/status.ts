import { parseInstant } from '@phi/core'
import type { Agreement } from './agreement.ts'
import { certainEnd, certainStart, earliest } from './date.ts'

/**
 * Where an agreement stands. Only `in-force` allows anything. `signed`: by all, and not yet effective. `winding-down`: it has ended, and
 * data is being returned or destroyed. `closed`: nothing is held any more, or what is held stays protected.
 */
export const statuses = [
  'draft',
  'partly-signed',
  'signed',
  'in-force',
  'expired',
  'terminated',
  'winding-down',
  'closed',
] as const
export type Status = (typeof statuses)[number]

/** The status from an instant on, in milliseconds since 1970, until the next step. */
export interface StatusStep {
  readonly from: number
  readonly status: Status
}

/**
 * The whole life of an agreement. Computed, never stored: what is stored goes stale.
 *
 * A day without a zone counts on the side that allows less: an agreement that is effective on a day is in force when that day has begun
 * everywhere, and one that expires with a day ends when that day first ends anywhere. Write an instant where that matters.
 */
export function lifeOf(agreement: Agreement): readonly StatusStep[] {
  const { effective, expires, terminated, windingDown, closed, signatures, from, to } = agreement
  const moments = new Set([Number.NEGATIVE_INFINITY, certainStart(effective)])
  for (const { at } of signatures) moments.add(Date.parse(at))
  if (expires !== undefined) moments.add(certainEnd(expires))
  if (terminated) moments.add(earliest(terminated.at))
  if (windingDown) moments.add(certainStart(windingDown.from))
  if (closed) moments.add(certainStart(closed.at))

  const statusOn = (at: number): Status => {
    if (closed && at >= certainStart(closed.at)) return 'closed'
    const expired = expires !== undefined && at >= certainEnd(expires)
    const ended = terminated !== undefined && at >= earliest(terminated.at)
    if ((expired || ended) && windingDown && at >= certainStart(windingDown.from)) return 'winding-down'
    if (ended && !(expired && certainEnd(expires as string) <= earliest(terminated.at))) return 'terminated'
    if (expired) return 'expired'
    const signed = [from.id, to.id].filter((id) => signatures.some((each) => each.party === id && Date.parse(each.at) <= at))
    if (signed.length < 2) return signed.length === 0 ? 'draft' : 'partly-signed'
    return at >= certainStart(effective) ? 'in-force' : 'signed'
  }
  const steps: StatusStep[] = []
  for (const moment of [...moments].sort((a, b) => a - b)) {
    const status = statusOn(moment)
    if (steps.at(-1)?.status !== status) steps.push({ from: moment, status })
  }
  return steps
}

/** The status at an instant, in milliseconds since 1970. */
function stepAt(life: readonly StatusStep[], at: number): StatusStep {
  let step = life[0] as StatusStep
  for (const each of life) {
    if (each.from > at) break
    step = each
  }
  return step
}

/** The parties whose signature is missing at an instant. */
export function missingSignatures({ from, to, signatures }: Agreement, at: number): readonly string[] {
  return [from.id, to.id].filter((id) => !signatures.some((each) => each.party === id && Date.parse(each.at) <= at))
}

/** The status of an agreement at an instant, `YYYY-MM-DDTHH:mm:ss.sssZ`. @throws PhiError PHI_CORE_TIME */
export function statusAt(agreement: Agreement, at: string): Status {
  return stepAt(lifeOf(agreement), parseInstant(at)).status
}
