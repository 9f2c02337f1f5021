import * as z from 'zod'

/** What a data key is for. A key of one purpose never does the work of another. */
export const keyPurposes = ['field', 'file', 'index', 'deterministic'] as const
export type KeyPurpose = (typeof keyPurposes)[number]

export const keyPurposeSchema = z.enum(keyPurposes)
