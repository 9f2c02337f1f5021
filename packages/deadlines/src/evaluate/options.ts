import { parseAs } from '@phi/core'
import * as z from 'zod'
import { type CivilDate, type Day, isCivilDate, parseDay } from '../calendar/civil-date.ts'
import { type Moment, readMoment, type Zone } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'

export interface EvaluateOptions {
  /**
   * The day or instant at which the question is asked. With it, results can be `late`, holds active, and facts of the future are
   * found. Without it, dates are counted and nothing is said about today. No clock is read.
   */
  readonly today?: Moment | undefined
  /** The law as it was known on a day: what had not been published by then is left out. */
  readonly knownAt?: CivilDate | undefined
  /** Targets that the house set itself for duties without a number, in calendar days from the trigger, by duty. */
  readonly houseTargets?: Readonly<Record<string, number>> | undefined
}

const schema = z.strictObject({
  today: z.string().max(120).optional(),
  knownAt: z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD').optional(),
  houseTargets: z.record(z.string().max(200), z.int().min(0).max(3650)).optional(),
})

export interface ReadOptions {
  readonly today: Day | undefined
  readonly now: number | undefined
  readonly knownAt: Day | undefined
  readonly houseTargets: Readonly<Record<string, number>>
}

const none: ReadOptions = { today: undefined, now: undefined, knownAt: undefined, houseTargets: {} }

/** @throws PhiError PHI_DEADLINES_OPTIONS, PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE */
export function readOptions(options: EvaluateOptions | undefined, zone: Zone | undefined): ReadOptions {
  if (options === undefined) return none
  const { today, knownAt, houseTargets } = parseAs(schema, options, 'options', (context) =>
    deadlinesError('PHI_DEADLINES_OPTIONS', context),
  )
  const moment = today === undefined ? undefined : readMoment(today, zone, 'options.today')
  return {
    today: moment?.day,
    now: moment?.instant,
    knownAt: knownAt === undefined ? undefined : parseDay(knownAt),
    houseTargets: houseTargets ?? {},
  }
}
