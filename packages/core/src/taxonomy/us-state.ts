/**
 * The States of 45 CFR 160.103: the several States, the District of Columbia, Puerto Rico, the Virgin Islands, Guam, American
 * Samoa and the Northern Mariana Islands, by their two-letter postal codes.
 */
// biome-ignore format: a table
export const usStates = [
  'AL', 'AK', 'AZ', 'AR', 'CA', 'CO', 'CT', 'DE', 'FL', 'GA', 'HI', 'ID', 'IL', 'IN', 'IA', 'KS', 'KY', 'LA', 'ME', 'MD',
  'MA', 'MI', 'MN', 'MS', 'MO', 'MT', 'NE', 'NV', 'NH', 'NJ', 'NM', 'NY', 'NC', 'ND', 'OH', 'OK', 'OR', 'PA', 'RI', 'SC',
  'SD', 'TN', 'TX', 'UT', 'VT', 'VA', 'WA', 'WV', 'WI', 'WY',
  'DC', 'PR', 'VI', 'GU', 'AS', 'MP',
] as const

/** A State in the sense of 45 CFR 160.103. */
export type UsState = (typeof usStates)[number]

/** Whether a value is the postal code of a State in the sense of 45 CFR 160.103. */
export const isUsState = (value: unknown): value is UsState => (usStates as readonly unknown[]).includes(value)
