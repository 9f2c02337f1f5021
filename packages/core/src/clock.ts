import { coreError } from './core-errors.ts'

/** A source of the current instant, in milliseconds since 1970-01-01T00:00:00Z. Pure code takes one; it never reads the time itself. */
export type Clock = () => number

/** The machine's clock. */
export const systemClock: Clock = () => Date.now()

/** A clock for tests: stands still until moved. */
export function fixedClock(
  start: string | number,
): Clock & { advance(milliseconds: number): void; set(to: string | number): void } {
  const at = (time: string | number) => (typeof time === 'number' ? time : parseInstant(time))
  let now = at(start)
  return Object.assign(() => now, {
    advance: (milliseconds: number) => {
      now += milliseconds
    },
    set: (to: string | number) => {
      now = at(to)
    },
  })
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** The digits from `start` to `end` as a number. This and what follows are written out because every event has a time or two. */
function number(text: string, start: number, end: number): number {
  let value = 0
  for (let i = start; i < end; i++) value = value * 10 + text.charCodeAt(i) - 48
  return value
}

/** Whether the text is `YYYY-MM-DDTHH:mm:ss.sssZ` and names a day and a time that exist (no 30 February, no 24:00). */
export function isInstant(text: string): boolean {
  if (typeof text !== 'string' || !INSTANT.test(text)) return false
  const year = number(text, 0, 4)
  const month = number(text, 5, 7)
  if (month < 1 || month > 12) return false
  const day = number(text, 8, 10)
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (day < 1 || day > (DAYS[month - 1] as number) + (leap ? 1 : 0)) return false
  return number(text, 11, 13) < 24 && number(text, 14, 16) < 60 && number(text, 17, 19) < 60
}

/**
 * Reads `YYYY-MM-DDTHH:mm:ss.sssZ` (UTC, milliseconds, years 0000 to 9999).
 * @returns milliseconds since 1970-01-01T00:00:00Z
 * @throws PhiError PHI_CORE_TIME for any other spelling and for days that do not exist
 */
export function parseInstant(text: string): number {
  if (!isInstant(text)) throw coreError('PHI_CORE_TIME')
  return Date.parse(text)
}

// Many times are written in one second.
let second = Number.NaN
let upToSecond = ''

/**
 * Writes milliseconds since 1970-01-01T00:00:00Z as `YYYY-MM-DDTHH:mm:ss.sssZ`.
 * @throws PhiError PHI_CORE_TIME when the instant lies outside the years 0000 to 9999, where the text would have another width
 */
export function formatInstant(milliseconds: number): string {
  const own = Math.floor(milliseconds / 1000)
  // A part of a millisecond is cut off towards 1970: that may lead into another second.
  if (own !== second || !Number.isInteger(milliseconds)) {
    const date = new Date(milliseconds)
    const year = date.getUTCFullYear()
    if (!(year >= 0 && year <= 9999)) throw coreError('PHI_CORE_TIME', { detail: 'the year must lie between 0000 and 9999' })
    const text = date.toISOString()
    if (!Number.isInteger(milliseconds)) return text
    upToSecond = text.slice(0, 20)
    second = own
  }
  const rest = milliseconds - own * 1000
  return `${upToSecond}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`
}
