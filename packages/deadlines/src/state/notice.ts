import { parseAs, plainText, type UsState } from '@phi/core'
import * as z from 'zod'
import { type CivilDate, isCivilDate } from '../calendar/civil-date.ts'
import { deadlinesError } from '../errors.ts'
import { type RuleGroup, ruleGroup } from '../rule/group.ts'
import type { Basis, Roll, Rule } from '../rule/rule.ts'
import { stateCalendar, stateCalendarId } from './calendars.ts'
import { gapRules, stateBreachRows } from './coverage.ts'
import { deriveStateFacts, type StateFacts, stateFacts } from './facts.ts'
import { hipaaInterplays } from './interplay.ts'
import { rollStatutes } from './roll.ts'
import { isRegulator, type StateRow } from './row.ts'
import { stateRuleset } from './ruleset.ts'

/** That somebody who may do so has checked a row against the law. */
export interface SignOff {
  /** The id of a row, of an entry of `hipaaInterplays`, or of `rollStatutes`. */
  readonly rule: string
  /** Who signed. It stands in the note of every result of the row. */
  readonly by: string
  readonly on: CivilDate
  /** On what it rests: an opinion, a memorandum. */
  readonly basis?: string | undefined
}

const optionsSchema = z.strictObject({
  signOffs: z
    .array(
      z.strictObject({
        rule: plainText(200),
        by: plainText(200),
        on: z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD'),
        basis: plainText(300).optional(),
      }),
    )
    .max(1000)
    .optional(),
})

const interplays = new Map(hipaaInterplays.map((each) => [each.id, each]))
const signable: ReadonlySet<string> = new Set([
  ...stateBreachRows.map(({ rule }) => rule.id),
  ...interplays.keys(),
  ...rollStatutes.map(({ id }) => id),
])

type SignedOff = ReadonlyMap<string, SignOff>

function readSignOffs(options: unknown): SignedOff {
  const { signOffs = [] } = parseAs(optionsSchema, options, 'options', (context) =>
    deadlinesError('PHI_DEADLINES_OPTIONS', context),
  )
  const signed = new Map<string, SignOff>()
  for (const each of signOffs) {
    const path = 'options.signOffs.*.rule'
    // A sign-off of what is not there would be a row that somebody believes to be checked, and is not.
    if (!signable.has(each.rule)) throw deadlinesError('PHI_DEADLINES_OPTIONS', { path, detail: 'names nothing to sign off' })
    if (signed.has(each.rule)) throw deadlinesError('PHI_DEADLINES_OPTIONS', { path, detail: 'is named twice' })
    signed.set(each.rule, each)
  }
  return signed
}

const signature = ({ by, on, basis }: SignOff): string =>
  `signed off by ${by} on ${on}${basis === undefined ? '' : ` (${basis})`}`

/** What every result of a State row says of its standing. */
export const notSignedOff = 'Not signed off: it raises a duty, and silences none.'

const rollOf = (row: StateRow, signed: SignedOff): Roll | undefined => {
  const found = rollStatutes.find(({ state }) => state === row.state)
  if (!found || (found.citation.confirmation !== 'text-seen' && !signed.has(found.id))) return undefined
  return { by: 'statute', citation: found.citation, calendar: stateCalendarId(row.state) }
}

function ruleOf(row: StateRow, signed: SignedOff): Rule {
  const { rule } = row
  const own = signed.get(rule.id)
  const notes = [rule.note, own ? `This row was ${signature(own)}.` : notSignedOff]
  const also = [...(rule.also ?? [])]
  let { applies } = rule
  const interplay = interplays.get(row.interplay)
  const clause = interplay && signed.get(interplay.id)
  // What was signed is the law of today: an earlier version is not meant.
  const reached =
    interplay?.when !== undefined &&
    rule.inForce.status === 'in-force' &&
    (interplay.reaches === 'all' || !isRegulator(rule.addressee))
  if (interplay?.when !== undefined && clause && reached) {
    applies = { all: [applies, { not: interplay.when }] }
    notes.push(`${interplay.note} This was ${signature(clause)}.`)
    if (interplay.citation) also.push(interplay.citation)
  }
  let basis: Basis = rule.basis
  const roll = rollOf(row, signed)
  if (roll && basis.unit === 'calendar-days') {
    basis = { ...basis, roll }
    also.push(roll.citation)
  }
  return { ...rule, also, applies, basis, note: notes.filter((note) => note !== undefined && note !== '').join(' ') }
}

/** The States whose calendar a row can ask for. Their holidays are worked out when one does. */
const calendarStates: readonly UsState[] = [
  ...new Set([
    ...rollStatutes.map(({ state }) => state),
    ...stateBreachRows.filter(({ rule }) => rule.basis.unit === 'business-days').map(({ state }) => state),
  ]),
]

let plain: RuleGroup<StateFacts> | undefined

/**
 * What the States ask for after a breach: one result for each duty of each State of `residents` (of every State, while `residents`
 * is not known). Federal notices stand in `federal.breachNotice`.
 *
 * No row was checked by counsel, and every result says so. Such a row raises a duty and silences none: an exemption for HIPAA
 * entities, or a clause that takes them to comply, counts only where it is signed off here, and where the facts meet its
 * conditions. A delay for law enforcement does not move a State's date; where the State's law has a clock that runs from the
 * release, it has a result of its own beside it. A State without rows has a result that says so.
 *
 * @param options `signOffs`: of rows (which then show it), of entries of `hipaaInterplays` (which then count) and of
 *   `rollStatutes` (which then give a later lawful date beside the strict one)
 * @throws PhiError PHI_DEADLINES_OPTIONS for a sign-off that names nothing, or the same thing twice
 */
export function stateBreachNotice(options?: { readonly signOffs?: readonly SignOff[] | undefined }): RuleGroup<StateFacts> {
  if (options === undefined) {
    plain ??= make(new Map())
    return plain
  }
  return make(readSignOffs(options))
}

const make = (signed: SignedOff): RuleGroup<StateFacts> =>
  ruleGroup({
    id: 'state.breachNotice',
    ruleset: stateRuleset,
    facts: stateFacts,
    rules: [...stateBreachRows.map((row) => ruleOf(row, signed)), ...gapRules],
    calendars: calendarStates.map(stateCalendar),
    derive: deriveStateFacts,
  })
