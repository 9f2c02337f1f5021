import { formatInstant } from '@phi/core'
import { cliError } from './errors.ts'
import type { Input } from './input.ts'
import type { Io } from './io.ts'

/** The options of every command whose answer depends on the time. */
export const momentOptions = [
  {
    flags: '--at <moment>',
    about: 'The moment that is asked about: a day, 2026-11-22, or an instant, 2026-11-22T12:00:00Z. Default: now.',
  },
  {
    flags: '--zone <zone>',
    about: 'The time zone in which days are counted, by its IANA name: America/New_York. None is taken for granted.',
  },
] as const

const usage = (detail: string) => cliError('PHI_CLI_USAGE', { detail })

const DAY = /^\d{4}-\d\d-\d\d$/
const INSTANT = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/

/** Whether the text is a day of the calendar. */
export function isDay(text: string): boolean {
  if (!DAY.test(text)) return false
  const time = Date.parse(`${text}T00:00:00.000Z`)
  return !Number.isNaN(time) && formatInstant(time).slice(0, 10) === text
}

/** An instant in UTC with milliseconds; undefined for what is none, and for days that do not exist. */
export function readInstant(text: string): string | undefined {
  const [, day] = INSTANT.exec(text) ?? []
  if (day === undefined || !isDay(day)) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) || Math.abs(time) > 8e15 ? undefined : formatInstant(time)
}

/** The moment that is asked about: a day as it was given, or an instant in UTC. @throws PhiError PHI_CLI_USAGE */
export function momentOf(io: Io, input: Input): string {
  const given = input.text('at')
  if (given === undefined) return formatInstant(io.clock())
  const read = isDay(given) ? given : readInstant(given)
  if (read === undefined) throw usage('the option --at takes a day, 2026-11-22, or an instant, 2026-11-22T12:00:00Z')
  return read
}

/** The instant that is asked about, in UTC; a day is too little. Default: now. @throws PhiError PHI_CLI_USAGE */
export function instantOf(io: Io, input: Input): string {
  const moment = momentOf(io, input)
  if (DAY.test(moment))
    throw usage(
      'the option --at takes an instant here, 2026-11-22T12:00:00Z: a day can begin under one agreement and end under another',
    )
  return moment
}

/**
 * The civil day that is asked about: as given, or that of the instant in `--zone`.
 * @throws PhiError PHI_CLI_USAGE where no zone says which day it is; PHI_DEADLINES_ZONE for a zone that is none
 */
export async function dayOf(io: Io, input: Input): Promise<string> {
  const moment = momentOf(io, input)
  if (DAY.test(moment)) return moment
  const zone = input.text('zone')
  if (zone === undefined) throw usage('which day it is depends on the zone: give --zone, or --at with a day')
  const { civilDateIn } = await import('@phi/deadlines')
  return civilDateIn(zone, moment)
}
