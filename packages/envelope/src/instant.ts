import { isInstant } from '@phi/core'
import * as z from 'zod'

/** An instant as records, certificates and options spell it. All have one width, so that they compare as text. */
export const instantSchema = z.string().refine(isInstant, 'must be an RFC 3339 instant in UTC with milliseconds')

/** The last of these instants, of which there is at least one. */
export const latest = (instants: readonly string[]): string => instants.reduce((a, b) => (a > b ? a : b))
