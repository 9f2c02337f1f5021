import { type Date10, split, tomorrow } from './civil.ts'

/** Zones by `Intl.DateTimeFormat` alone: what a clock on the wall there shows. */

const clocks = new Map<string, Intl.DateTimeFormat>()

function clockOf(zone: string): Intl.DateTimeFormat {
  let clock = clocks.get(zone)
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    clocks.set(zone, clock)
  }
  return clock
}

/** `2026-05-31T23:50:00`, as shown in the zone at an instant (ms since 1970). For years since 1. */
export function wall(instant: number, zone: string): string {
  // `05/31/2026, 23:50:00`: as one text, since parts take several times as long, and it is asked for many thousands of times.
  const [date = '', time = ''] = clockOf(zone).format(instant).split(', ')
  const [month = '', day = '', year = ''] = date.split('/')
  return `${year.padStart(4, '0')}-${month}-${day}T${time}`
}

export const dateAt = (instant: number, zone: string): Date10 => wall(instant, zone).slice(0, 10)

const HOUR = 3_600_000

/** Midnight of a date in Greenwich. */
export const greenwich = (date: Date10): number => {
  const [year, month, day] = split(date)
  return Date.UTC(year, month - 1, day)
}

/** The first instant (to the second) at which the zone shows a later date. */
function firstInstantAfter(date: Date10, zone: string): number {
  let before = greenwich(date) - 26 * HOUR
  let after = greenwich(tomorrow(date)) + 26 * HOUR
  while (after - before > 1000) {
    const middle = Math.floor((before + after) / 2000) * 1000
    if (dateAt(middle, zone) > date) after = middle
    else before = middle
  }
  return after
}

/** The offset that the zone has at an instant, as `-04:00`. */
export function offsetAt(instant: number, zone: string): string {
  const minutes = Math.round((Date.parse(`${wall(instant, zone)}Z`) - Math.floor(instant / 1000) * 1000) / 60_000)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`
}

const lastSeconds = new Map<string, string>()

/** The last second of a date, `2026-07-03T23:59:59-04:00`. */
export function lastSecondOf(date: Date10, zone: string): string {
  const key = `${date} ${zone}`
  const known = lastSeconds.get(key)
  if (known !== undefined) return known
  const instant = firstInstantAfter(date, zone) - 1000
  const found = `${wall(instant, zone)}${offsetAt(instant, zone)}`
  lastSeconds.set(key, found)
  return found
}

/** The first instant at which the zone shows a local time, `2026-05-31T23:50:00`: tried with the offsets of the days around. */
export function instantOf(local: string, zone: string): number | undefined {
  const asGreenwich = Date.parse(`${local}Z`)
  const offsets = [-24, 0, 24].map((hours) => {
    const near = asGreenwich + hours * HOUR
    return Date.parse(`${wall(near, zone)}Z`) - near
  })
  const shown = offsets.map((offset) => asGreenwich - offset).filter((instant) => wall(instant, zone) === local)
  return shown.length === 0 ? undefined : Math.min(...shown)
}

/** The date of a moment as a person would read it off: a date is itself, an instant is a date in the zone of who must act. */
export function dateOf(moment: string, zone: string | undefined): Date10 {
  if (moment.length === 10) return moment
  if (zone === undefined) throw new Error('the twin needs a zone for an instant')
  const named = /^(.*)\[(.*)\]$/.exec(moment)
  const instant = named ? instantOf(named[1] as string, named[2] as string) : Date.parse(moment)
  if (instant === undefined || Number.isNaN(instant)) throw new Error('the twin cannot read the instant')
  return dateAt(instant, zone)
}
