import { isInstant } from '@phi/core'
import * as z from 'zod'

/** A day without a zone, `YYYY-MM-DD`; or an instant, `YYYY-MM-DDTHH:mm:ss.sssZ`. */
export type DateOrInstant = string

const DAY = 86_400_000
const HOUR = 3_600_000

const isCivilDate = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && isInstant(`${text}T00:00:00.000Z`)

export const civilDate = z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD')
export const instant = z.string().refine(isInstant, 'must be an instant such as 2026-11-21T10:00:00.000Z')
export const dateOrInstant = z
  .string()
  .refine(
    (text) => isCivilDate(text) || isInstant(text),
    'must be a day, YYYY-MM-DD, or an instant such as 2026-11-21T10:00:00.000Z',
  )

// A day begins at +14:00 first and at -12:00 last. A contract that names a day names no zone, so nothing is allowed before the day
// has begun everywhere, or after it has ended anywhere.
const FIRST_ZONE = 14 * HOUR
const LAST_ZONE = 12 * HOUR

/** The instant from which a beginning certainly holds: of a day, when it has begun everywhere. */
export function certainStart(text: DateOrInstant): number {
  return isCivilDate(text) ? Date.parse(`${text}T00:00:00.000Z`) + LAST_ZONE : Date.parse(text)
}

/** The instant to which something certainly lasts: of a last day, when it first ends anywhere. */
export function certainEnd(lastDay: DateOrInstant): number {
  return isCivilDate(lastDay) ? Date.parse(`${lastDay}T00:00:00.000Z`) + DAY - FIRST_ZONE : Date.parse(lastDay)
}

/** The first instant at which an event of that day may have happened. */
export function earliest(text: DateOrInstant): number {
  return isCivilDate(text) ? Date.parse(`${text}T00:00:00.000Z`) - FIRST_ZONE : Date.parse(text)
}
