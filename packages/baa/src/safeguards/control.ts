import type { Citation, Confirmation, Safeguard, SafeguardStanding } from '@phi/core'
import { cited } from '../citation.ts'
import { freeze } from '../freeze.ts'
import type { Every } from './day.ts'
import type { ParameterKind, ParameterKinds } from './parameter.ts'

/** How often a control comes round, and what brings it about. */
export interface ControlCadence {
  /** What a platform states of itself, with the requirement that says so. The law has no number for any of them. */
  readonly suggested?: { readonly every: Every; readonly seed: string }
  /** The law's own words on how often; where it has none, that. */
  readonly words: string
  readonly events: readonly string[]
  /** Those of the events that stand in the law. */
  readonly eventsInLaw: readonly string[]
}

/** One row of the catalogue: a measure that the requirements name, as narrow as they name it. */
export interface Control<Kind extends ParameterKind | undefined = ParameterKind | undefined> {
  readonly title: string
  /** The safeguard of @phi/core that it serves. */
  readonly safeguard: Safeguard
  /** The text it rests on; for one that the law does not name, the standard that it serves. */
  readonly citation: Citation
  readonly also: readonly Citation[]
  /** 45 CFR 164.306(d): an addressable specification is implemented, or it is written down why not and what is done instead. */
  readonly standing: SafeguardStanding['standing']
  /** The ids of the requirements. */
  readonly seeds: readonly string[]
  readonly parameter?: Kind
  /** Values that documents state, each with the requirement: they differ, so none of them is a default. */
  readonly suggested?: readonly {
    readonly value: Kind extends ParameterKind ? ParameterKinds[Kind] : never
    readonly seed: string
  }[]
  readonly cadence?: ControlCadence
  /** Of a feature that a house may not have: it may be set aside with a reason, without anything in its place. */
  readonly ofFeature?: boolean
}

export const text = (citation: string): Citation => cited(citation)
export const from = (citation: string, confirmation: Confirmation): Citation => cited(citation, confirmation)

export interface ControlRow<Kind extends ParameterKind | undefined>
  extends Omit<Control<Kind>, 'also' | 'parameter' | 'suggested'> {
  readonly also?: readonly Citation[]
}

type Suggested<Kind extends ParameterKind> = readonly { readonly value: ParameterKinds[Kind]; readonly seed: string }[]

/** A control without a parameter. */
export const plain = (row: ControlRow<undefined>): Control<undefined> => freeze({ also: [], ...row })

/** A control with a parameter of a kind, and the values that documents state. */
export const measured = <const Kind extends ParameterKind>(
  parameter: Kind,
  suggested: Suggested<Kind>,
  row: ControlRow<undefined>,
): Control<Kind> => freeze({ also: [], ...row, parameter, suggested }) as unknown as Control<Kind>
