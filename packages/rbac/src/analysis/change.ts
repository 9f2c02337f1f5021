import type { Outcome } from '../decision/decision.ts'
import type { Obligation } from '../policy/obligation.ts'
import type { Offer, Standing } from './standing.ts'
import { outcomeOf } from './table.ts'

/**
 * Which way a change goes. `mixed`: more in one respect and less in another, for example another field, or one obligation in the
 * place of another.
 */
export type Direction = 'widened' | 'narrowed' | 'mixed'

/** What is different in a cell. */
export interface Difference {
  readonly direction: Direction
  readonly from: Outcome
  readonly to: Outcome
  /** Fields that can be seen now, and could not: at once, or by asking for them. */
  readonly fieldsGained: readonly string[]
  readonly fieldsLost: readonly string[]
  /** What was owed and no longer is, for something that could be had before and still can. */
  readonly obligationsDropped: readonly Obligation[]
  readonly obligationsAdded: readonly Obligation[]
  /** What a request gets now that asks for nothing by name. Null where that is what it was. */
  readonly fieldsUnasked: readonly string[] | null
}

type Asked = readonly string[]

/** What a request gets that asks for these fields. */
const answer = (standing: Standing, asked: Asked): Offer | undefined =>
  standing.find(({ fields }) => asked.every((field) => fields.includes(field)))

const fieldsOf = (standing: Standing): readonly string[] => [...new Set(standing.flatMap(({ fields }) => fields))]

function missing(from: readonly Obligation[], to: readonly Obligation[]): readonly Obligation[] {
  const texts = new Set(to.map((each) => JSON.stringify(each)))
  return from.filter((each) => !texts.has(JSON.stringify(each)))
}

const distinct = (obligations: readonly Obligation[]): readonly Obligation[] => [
  ...new Map(obligations.map((each) => [JSON.stringify(each), each])).values(),
]

/**
 * Compares two standings that differ, by what a request gets that asks for nothing by name, for one field, or for all the fields
 * that go together. What differs in none of these counts as mixed.
 */
export function differenceOf(before: Standing, after: Standing): Difference {
  const questions: Asked[] = [
    [],
    ...fieldsOf([...before, ...after]).map((field) => [field]),
    ...[...before, ...after].map(({ fields }) => fields),
  ]
  const dropped: Obligation[] = []
  const added: Obligation[] = []
  let [more, less] = [false, false]
  for (const asked of questions) {
    const [was, is] = [answer(before, asked), answer(after, asked)]
    if (was === undefined && is !== undefined) more = true
    if (was !== undefined && is === undefined) less = true
    if (was === undefined || is === undefined) continue
    dropped.push(...missing(was.obligations, is.obligations))
    added.push(...missing(is.obligations, was.obligations))
    if (asked.length > 0) continue
    // What comes unasked: a field that now has to be asked for is less, even when it can be had.
    if (is.fields.some((field) => !was.fields.includes(field))) more = true
    if (was.fields.some((field) => !is.fields.includes(field))) less = true
  }
  const [wider, narrower] = [more || dropped.length > 0, less || added.length > 0]
  const [were, are] = [fieldsOf(before), fieldsOf(after)]
  return {
    direction: wider === narrower ? 'mixed' : wider ? 'widened' : 'narrowed',
    from: outcomeOf(before),
    to: outcomeOf(after),
    fieldsGained: are.filter((field) => !were.includes(field)),
    fieldsLost: were.filter((field) => !are.includes(field)),
    obligationsDropped: distinct(dropped),
    obligationsAdded: distinct(added),
    fieldsUnasked: sameFields(before[0], after[0]) ? null : (after[0]?.fields ?? []),
  }
}

function sameFields(one: Offer | undefined, two: Offer | undefined): boolean {
  const texts = [one, two].map((offer) => JSON.stringify([...(offer?.fields ?? [])].sort()))
  return texts[0] === texts[1]
}

/** An obligation in a few words. */
export function obligationText(obligation: Obligation): string {
  switch (obligation.type) {
    case 'step-up': {
      const age = obligation.max_age === undefined ? [] : [`within ${obligation.max_age} s`]
      const acr = obligation.acr_values === undefined ? [] : [`acr ${obligation.acr_values.join(' or ')}`]
      return `step-up (${[...acr, ...age].join(', ')})`
    }
    case 'break-glass':
      return `break-glass (notify ${obligation.notify.join(', ')}; review within ${obligation.reviewWithinHours} h)`
    case 'redact':
      return `redact ${obligation.fields.join(', ')}`
    case 'refrain':
      return `refrain ${obligation.code}${obligation.notice === undefined ? '' : ' with a notice'}`
    case 'document':
      return `document ${obligation.record.join(', ')}`
  }
}

const list = (obligations: readonly Obligation[]): string => obligations.map(obligationText).join('; ')

/** What changed, as a clause after the roles: "may now read Note", "sees body in Note when it does read". */
export function differenceText(difference: Difference, action: string, type: string): string {
  const { from, to, fieldsGained, fieldsLost, obligationsDropped, obligationsAdded, fieldsUnasked } = difference
  if (from === 'deny')
    return `may now ${action} ${type}${to === 'allow-if' ? ' with obligations' : ''} (${fieldsGained.join(', ')})`
  if (to === 'deny') return `may no longer ${action} ${type}`
  const parts = [
    ...(fieldsGained.length > 0 ? [`gets more fields: ${fieldsGained.join(', ')}`] : []),
    ...(fieldsLost.length > 0 ? [`gets fewer fields: ${fieldsLost.join(', ')}`] : []),
    ...(obligationsDropped.length > 0 ? [`no longer owes ${list(obligationsDropped)}`] : []),
    ...(obligationsAdded.length > 0 ? [`now owes ${list(obligationsAdded)}`] : []),
  ]
  if (fieldsUnasked !== null && fieldsGained.length + fieldsLost.length === 0) {
    parts.push(`gets ${fieldsUnasked.join(', ')} without asking by name${to === 'allow' ? ' and without obligations' : ''}`)
  }
  return `may ${action} ${type} as before, but ${parts.length > 0 ? parts.join(', ') : 'combines fields in another way'}`
}
