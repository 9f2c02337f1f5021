import { formatCitation } from '@phi/core'
import { text } from '../federal/common.ts'
import type { RequestEventType } from './events.ts'
import { answerOf, type IndividualRequest, insideOf, lastOf } from './record.ts'

/** Something that is appended, or linked, to the record in dispute. */
export interface Linked {
  readonly what: 'request' | 'denial' | 'statement-of-disagreement' | 'rebuttal'
  /** Where it is kept, as the label that was given; absent where none was. */
  readonly document?: string
  readonly at: string
}

/** What must go with later disclosures of the information, 164.526(d)(5). */
export interface WithDisclosures {
  readonly include: readonly Linked[]
  /** Whether an accurate summary may stand in its place. */
  readonly orSummary: boolean
  readonly citation: string
}

const steps: readonly { what: Linked['what']; type: RequestEventType }[] = [
  { what: 'statement-of-disagreement', type: 'disagreement-filed' },
  { what: 'rebuttal', type: 'rebuttal-prepared' },
]

const linked = (what: Linked['what'], from: { document?: string | undefined; at: string }): Linked =>
  Object.freeze({ what, at: from.at, ...(from.document !== undefined && { document: from.document }) })

/**
 * What must be appended or linked to the record when an amendment was denied, in whole or in part, 164.526(d)(4). The record itself
 * stays as it was: what is in dispute is added to it, and nothing is overwritten. Empty for anything else.
 */
export function linkedMaterial(request: IndividualRequest): readonly Linked[] {
  const answer = answerOf(request)?.event
  if (request.kind !== 'amendment' || !answer || answer.type === 'fulfilled') return []
  const { opening } = request
  const added = steps.flatMap(({ what, type }) => {
    const found = lastOf(request, type)
    return found ? [linked(what, found.event)] : []
  })
  return Object.freeze([
    linked('request', { at: opening.received, document: opening.document }),
    linked('denial', answer),
    ...added,
  ])
}

/**
 * What must go with any later disclosure of the disputed information: everything, once there is a statement of disagreement; else the
 * request and the denial, if the individual asked for it. `undefined` where nothing must.
 */
export function withDisclosures(request: IndividualRequest): WithDisclosures | undefined {
  const material = linkedMaterial(request)
  if (material.length === 0) return undefined
  if (lastOf(request, 'disagreement-filed')) {
    return { include: material, orSummary: true, citation: formatCitation(text('45 CFR 164.526(d)(5)(i)')) }
  }
  if (!insideOf(request).happened.some(({ event }) => event.type === 'inclusion-requested')) return undefined
  return { include: material.slice(0, 2), orSummary: true, citation: formatCitation(text('45 CFR 164.526(d)(5)(ii)')) }
}
