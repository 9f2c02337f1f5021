import { type Decision, type Evidence, fulfil, stepUpChallenge } from '@phi/rbac'
import type { Exchange } from '../exchange.ts'
import { type Refused, refused } from '../refused.ts'
import { type Decided, decisionNote, type Item, neededGlass } from './decide.ts'
import { type Facts, factsOf } from './facts.ts'
import { Refrains } from './refrain.ts'

/** A record that may be released, as the caller may see it. */
export interface Released {
  readonly item: Item
  readonly seen: Readonly<Record<string, unknown>>
  readonly facts: Facts
}

export interface Settled {
  /** That of the first record that is released; a denial where none is. */
  readonly decision: Decision
  readonly released: readonly Released[]
  /** Records of a list on which something is still owed. */
  readonly withheld: number
  readonly refrains: Refrains
}

/** What was done about the obligations of a decision, the header of the response counted in. */
function knownOf({ evidence }: Decided, { obligations }: Decision): Evidence {
  return { ...evidence, refrain: [...(evidence.refrain ?? []), ...Refrains.tellable(obligations)] }
}

/**
 * One record narrowed to what the caller may see, or what is still owed, or that it is denied.
 * @param fields those that were asked for by name, where only they are to be sent
 */
export function release(
  x: Exchange,
  type: string,
  decided: Decided,
  item: Item,
  refrains: Refrains,
  fields: readonly string[] | undefined,
): Released | Decision {
  const { rules, ask } = decided
  const evidence = knownOf(decided, item.decision)
  const fulfilled = fulfil(item.decision, evidence)
  if (fulfilled.outcome !== 'allow') return fulfilled
  const view = rules.view(ask(item.record, fields), evidence)
  if (view.decision.outcome !== 'allow' || view.record === undefined) return view.decision
  refrains.tell(item.decision.obligations)
  return { item, seen: view.record, facts: factsOf(x.settings, type, item.record) }
}

export const isReleased = (value: Released | Decision): value is Released => 'seen' in value

/** What a client must do first: sign in again, or what the names of the open obligations say. */
function owed(decision: Decision): Refused {
  const challenge = stepUpChallenge(decision)
  if (challenge !== undefined) return refused('step-up-required', { challenge, reason: 'step-up' })
  const types = [...new Set(decision.obligations.map(({ type }) => type))]
  return refused('obligations-open', { obligations: types, reason: 'obligations' })
}

/** The types of obligations that were there and are discharged: the entry says that they were. */
function dischargedOf(items: readonly Released[]): string | undefined {
  const types = new Set(items.flatMap(({ item }) => item.decision.obligations.map(({ type }) => type)))
  return types.size === 0 ? undefined : [...types].sort().join(',')
}

/**
 * The fourth step: whether all is done that the decision asks for. Of a list, the records on which nothing is owed are released; where there
 * are none, and something is owed on some, the client is told what.
 */
export function obligationsStep(x: Exchange, type: string, writes: boolean, decided: Decided): Settled | Refused {
  x.step = 'obligations'
  const { items, many, denied, records } = decided
  const refrains = new Refrains()
  const fields = (item: Item) => (writes ? undefined : (item.request as { readonly fields?: readonly string[] }).fields)
  const answers = items.map((item) => release(x, type, decided, item, refrains, fields(item)))
  const released = answers.filter(isReleased)
  const left = answers.filter((each) => !isReleased(each)) as readonly Decision[]
  const first = left.find(({ outcome }) => outcome === 'allow-if')
  if (first !== undefined && (released.length === 0 || writes)) return owed(first)
  // A change is made to all of what was loaded, or not at all; and to nothing nothing is decided.
  if (writes && (denied > 0 || left.length > 0 || records.length === 0)) return refused('not-found', { reason: 'denied' })
  // Allowed by the decision and not by the view: the two must not differ, and where they do the answer is no.
  if (!many && released[0] === undefined) return refused('not-found', { reason: 'denied' })
  if (refrains.header() === null) return refused('obligations-open', { obligations: ['refrain'], reason: 'obligations' })

  const discharged = dischargedOf(released)
  if (discharged !== undefined) x.noted.details = { ...x.noted.details, discharged }
  const decision = released[0]?.item.decision
  if (decision !== undefined) x.noted.decision = decisionNote(decided, decision)
  if (released.some(({ item }) => neededGlass(decided, item))) x.noted.breakGlass = true
  else delete x.noted.breakGlass
  return {
    decision: decision === undefined ? decided.rules.decide(decided.ask({})) : fulfil(decision, knownOf(decided, decision)),
    ...{ released, withheld: left.length, refrains },
  }
}
