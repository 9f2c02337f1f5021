import type { DataClass, Label, Service, Use } from '@phi/core'
import type { Decision } from '../decide/decision.ts'
import type { DecisionRequest } from '../decide/request.ts'

/** Requests that nobody tells apart, and both answers to one of them. */
export interface Cell {
  readonly request: DecisionRequest
  readonly before: Pick<Decision, 'outcome' | 'reasons'>
  readonly after: Pick<Decision, 'outcome' | 'reasons'>
  readonly count: number
  readonly services: readonly Service[]
  readonly data: readonly DataClass[]
  readonly labels: readonly (Label | undefined)[]
  readonly uses: readonly Use[]
  readonly at: readonly string[]
}
