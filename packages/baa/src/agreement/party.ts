import { isUsState, plainText, type UsState } from '@phi/core'
import * as z from 'zod'
import { type DateOrInstant, dateOrInstant } from './date.ts'

/**
 * What a party is to the others. `provider`: a health care provider who is not, or is not known to be, a covered entity.
 * `individual`: the person whom the data is about, or their personal representative. `other`: anybody else who can receive data.
 */
export const partyKinds = [
  'covered-entity',
  'business-associate',
  'subcontractor',
  'provider',
  'workforce',
  'individual',
  'other',
] as const
export type PartyKind = (typeof partyKinds)[number]

/** The three kinds of covered entities, 45 CFR 160.103. */
export const coveredEntityTypes = ['health-care-provider', 'health-plan', 'clearinghouse'] as const
export type CoveredEntityType = (typeof coveredEntityTypes)[number]

/** A licence of a party to practise. */
export interface Licence {
  readonly state: UsState
  /** As the board writes it: `LCSW`, `PT`. */
  readonly profession: string
  readonly number?: string | undefined
  /** The last day on which it is valid. */
  readonly expires?: DateOrInstant | undefined
}

/** Somebody who sends or receives data. */
export interface Party {
  readonly id: string
  readonly kind: PartyKind
  readonly name?: string | undefined
  readonly type?: CoveredEntityType | undefined
  /** National Provider Identifier, ten digits with its check digit, 45 CFR 162.406. */
  readonly npi?: string | undefined
  readonly licences?: readonly Licence[] | undefined
  readonly professions?: readonly string[] | undefined
  /**
   * Whether it transmits health information electronically in a standard transaction (a claim, an eligibility check): the half of the
   * test of a covered provider that a list of professions leaves out, 45 CFR 160.103. Left out: not known.
   */
  readonly standardTransactions?: boolean | undefined
}

/** 1 to 64 letters, digits and `. _ -`: safe as a key, in a graph and in a log. */
export const partyId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)

/** The check digit of an NPI: Luhn's, over the number with the prefix 80840 for health in the United States. */
export function isNpi(text: string): boolean {
  if (!/^[12]\d{9}$/.test(text)) return false
  const digits = [...`80840${text}`].map(Number)
  const sum = digits.reverse().reduce((total, digit, index) => {
    const value = index % 2 === 1 ? digit * 2 : digit
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}

const licence = z
  .strictObject({
    state: z.custom<UsState>(isUsState, 'must be a State by its two letters'),
    profession: plainText(80),
    number: plainText(40).optional(),
    expires: dateOrInstant.optional(),
  })
  .readonly()

export const partySchema: z.ZodType<Party> = z
  .strictObject({
    id: partyId,
    kind: z.enum(partyKinds),
    name: plainText(200).optional(),
    type: z.enum(coveredEntityTypes).optional(),
    npi: z.string().refine(isNpi, 'must be ten digits with their check digit').optional(),
    licences: z.array(licence).max(100).readonly().optional(),
    professions: z.array(plainText(80)).max(50).readonly().optional(),
    standardTransactions: z.boolean().optional(),
  })
  .readonly()
