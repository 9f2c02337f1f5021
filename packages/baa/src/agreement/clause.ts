import { plainText } from '@phi/core'
import * as z from 'zod'

/** Where a clause stands, and what it says: shown with every decision that rests on it. */
export interface ClauseSource {
  /** As the contract numbers it: `4.2(b)`. */
  readonly section?: string | undefined
  readonly page?: number | undefined
  /** The contract's own words. */
  readonly text?: string | undefined
}

/** A clause of an agreement. */
export interface Clause extends ClauseSource {
  /** Its place in the data: `services[0]`, `terms.access`. */
  readonly id: string
}

/** Fields of the source of a clause, for the schemas of clauses. */
export const clauseSource = {
  section: plainText(80).optional(),
  page: z.int().min(1).max(10_000).optional(),
  text: z
    .string()
    .min(1)
    .max(10_000)
    .refine((text) => text.isWellFormed(), 'must not hold a lone surrogate')
    .optional(),
}

/** Puts the id first, and leaves out what is not said. */
export const clauseOf = (id: string, { section, page, text }: ClauseSource): Clause => ({
  id,
  ...(section === undefined ? {} : { section }),
  ...(page === undefined ? {} : { page }),
  ...(text === undefined ? {} : { text }),
})

/** A clause without what else it says, for a reason or a finding to show. */
export const clauseOnly = (clause: Clause): Clause => Object.freeze(clauseOf(clause.id, clause))

/** A clause as a reader looks for it: `4.2(b), page 7`, or its place in the data. */
export function clauseInWords(clause: Clause): string {
  const page = clause.page === undefined ? '' : `, page ${clause.page}`
  return `${clause.section ?? clause.id}${page}`
}
