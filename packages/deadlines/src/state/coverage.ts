import { cite, type UsState, usStates } from '@phi/core'
import { freeze } from '../freeze.ts'
import type { Rule } from '../rule/rule.ts'
import { anyResident, firstStateLaw, type NoDuty, on, type StateRow, words } from './row.ts'
import { californian } from './rows/california.ts'
import { midAtlantic } from './rows/mid-atlantic.ts'
import { midwestern } from './rows/midwest.ts'
import { newEngland } from './rows/new-england.ts'
import { noDuties } from './rows/none.ts'
import { southern } from './rows/south.ts'
import { southernAndIslands } from './rows/south-and-islands.ts'
import { western } from './rows/west.ts'
import { stateRuleset } from './ruleset.ts'

/** Every State breach row, with the earlier versions that are known. */
export const stateBreachRows: readonly StateRow[] = freeze([
  ...newEngland,
  ...midAtlantic,
  ...southern,
  ...southernAndIslands,
  ...midwestern,
  ...californian,
  ...western,
])

/** What the sources say is no duty. */
export const stateNoDuties: readonly NoDuty[] = freeze([...noDuties])

export interface StateCoverage {
  readonly state: UsState
  /** How many rows of the sources the State has, with those that say that there is no duty. */
  readonly sourceRows: number
  /** How many duties they make. */
  readonly duties: number
}

export interface Coverage {
  readonly ruleset: string
  readonly asOf: string
  readonly withRows: readonly StateCoverage[]
  /** States of which this ruleset has no row. That is a gap in the ruleset: it does not mean that they have no law. */
  readonly withoutRows: readonly UsState[]
}

/** Which States have rows here, and which have none. */
export function coverage(): Coverage {
  const withRows: StateCoverage[] = []
  const withoutRows: UsState[] = []
  for (const state of usStates) {
    const rows = stateBreachRows.filter((row) => row.state === state)
    if (rows.length === 0) {
      withoutRows.push(state)
      continue
    }
    const ordinals = new Set([...rows, ...stateNoDuties.filter((row) => row.state === state)].map(({ ordinal }) => ordinal))
    const duties = new Set(rows.map(({ rule }) => rule.duty))
    withRows.push({ state, sourceRows: ordinals.size, duties: duties.size })
  }
  return { ruleset: stateRuleset.id, asOf: stateRuleset.asOf, withRows, withoutRows }
}

const ownReading = cite(`ruleset ${stateRuleset.id}`, { confirmation: 'interpretation', asOf: stateRuleset.asOf })

const gap = {
  citation: ownReading,
  trigger: on.discovery,
  limit: { kind: 'act' },
  extensions: [],
  holds: [],
  inForce: { from: firstStateLaw, status: 'in-force' },
  confirmation: 'interpretation',
  asOf: stateRuleset.asOf,
} as const satisfies Partial<Rule>

/** For each State without a row: that there is none is said in every result, and is never read as "no duty". */
export const gapRules: readonly Rule[] = freeze([
  ...coverage().withoutRows.map(
    (state): Rule => ({
      ...gap,
      id: `state.${state.toLowerCase()}.no-row`,
      title: 'Ask counsel what the law of this State requires',
      addressee: 'counsel',
      jurisdiction: state,
      basis: words('no row for this State in this ruleset: whether notice is due, to whom and by when is not known'),
      applies: anyResident,
      metBy: 'askedCounsel',
      note: 'A gap in this ruleset. It does not mean that the State has no law.',
    }),
  ),
  {
    ...gap,
    id: 'state.elsewhere',
    title: 'Find out in which other States affected people live',
    addressee: 'own-inquiry',
    basis: words('the law of a State that is not listed was not asked'),
    applies: { fact: 'residentsElsewhere', is: true },
  },
])
