import { isUsState, type UsState } from '@phi/core'
import { addYears, type CivilDate, formatDay, parseDay } from '@phi/deadlines'
import { retentionError } from '../errors.ts'

const GENERAL = 18

/** States where a person comes of age later than at 18. From memory, except where a row of a schedule says more. */
const later: Readonly<Partial<Record<UsState, number>>> = Object.freeze({ AL: 19, NE: 19, MS: 21 })

/** Their ages of majority are in none of the sources, and "18" would be a guess. */
const notInTable: readonly UsState[] = ['PR', 'VI', 'GU', 'AS', 'MP']

/** The age of majority of a State; `undefined` for the territories, which no source names. */
export const majorityAge = (state: UsState): number | undefined =>
  notInTable.includes(state) ? undefined : (later[state] ?? GENERAL)

/**
 * The day on which a person comes of age, on the side of keeping: somebody born on 29 February, on 1 March.
 *
 * Where both a State and an age are given, the later of the two counts. Where neither is, or the State is not in the table, the
 * answer is `undefined`: not known.
 * @throws PhiError PHI_DEADLINES_DATE, PHI_RETENTION_OPTIONS
 */
export function majorityDate(person: {
  readonly born: CivilDate
  readonly state?: UsState | null | undefined
  readonly majority?: number | null | undefined
}): CivilDate | undefined {
  const { state, majority } = person
  if (state != null && !isUsState(state)) throw retentionError('PHI_RETENTION_OPTIONS', { path: 'person.state' })
  if (majority != null && !(Number.isInteger(majority) && majority >= 0 && majority <= 150)) {
    throw retentionError('PHI_RETENTION_OPTIONS', { path: 'person.majority' })
  }
  const ofState = state == null ? undefined : majorityAge(state)
  if (state != null && ofState === undefined) return undefined
  if (ofState === undefined && majority == null) return undefined
  return formatDay(addYears(parseDay(person.born), Math.max(ofState ?? 0, majority ?? 0), 'later'))
}
