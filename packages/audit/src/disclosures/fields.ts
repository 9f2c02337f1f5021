import { plainText } from '@phi/core'
import * as z from 'zod'
import { isCivilDate } from './civil-date.ts'
import { accountingLaw, disclosureBases } from './law.ts'

export const keysOf = <Key extends string>(table: Readonly<Record<Key, unknown>>) => Object.keys(table) as [Key, ...Key[]]

export const civilDate = z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD')
export const basisKey = z.enum(keysOf(disclosureBases))
const id = plainText(256)
export const short = plainText(200)
/** Texts that come from people: line breaks and all, as in an event's `context.disclosure`. */
export const prose = z
  .string()
  .max(2048)
  .refine((text) => text.trim() !== '', 'must not be blank')
  .refine((text) => text.isWellFormed(), 'must not hold a lone surrogate')

/** Whom the accounting is for. */
export const patientSchema = z.strictObject({
  id,
  /** Other identifiers of the same person in this log, after a merge of charts for example. */
  otherIds: z.array(id).max(50).readonly().optional(),
  /** As it shall be printed. */
  name: short.optional(),
})

/** Who accounts. */
export const entitySchema = z.strictObject({
  name: short,
  address: prose.optional(),
  telephone: short.optional(),
  /** The title of the person or office responsible for requests, 45 CFR 164.528(d)(3). */
  responsible: short,
})

const contactSchema = z.strictObject({ name: short, address: prose, telephone: short })

/** Research for which the short form may be used, 45 CFR 164.528(b)(4)(i)(A) to (E). */
export const researchSchema = z.strictObject({
  /** As `details['disclosure.research']` of an event names it. */
  id: plainText(64),
  name: prose,
  /** In plain language, with the purpose of the research and the criteria by which records were chosen. */
  description: prose,
  /** The type of information that was disclosed. */
  dataTypes: prose,
  /** The first and the last day on which such disclosures were made, or may have been. */
  from: civilDate,
  last: civilDate,
  sponsor: contactSchema,
  researcher: contactSchema,
  /** Of how many individuals. */
  individuals: z.int().min(accountingLaw.research.individuals, 'must be 50 or more for the short form'),
  /** Whether it is reasonably likely that this individual's information was among it, 164.528(b)(4)(ii). */
  likely: z.boolean(),
})
export type Research = z.output<typeof researchSchema>
