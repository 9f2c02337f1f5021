import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The published FHIR data: examples, base definitions and the BALP profiles. Read in place. */
const folder = `${process.env.PHI_VECTORS ?? fileURLToPath(new URL('../../../../../shared/vectors', import.meta.url))}/fhir`

export const hasVectors = existsSync(folder)
export const note = hasVectors ? '' : ' (published FHIR data not found: skipped)'

export type Json = Record<string, unknown>

export const load = (path: string): Json => JSON.parse(readFileSync(`${folder}/${path}`, 'utf8')) as Json

/** The AuditEvents of a folder by name, without the parts that all names share. */
export const examples = (of: 'r4' | 'r5' | 'balp'): readonly (readonly [string, Json])[] =>
  hasVectors
    ? readdirSync(`${folder}/${of}`)
        .filter((file) => file.startsWith('AuditEvent-'))
        .sort()
        .map((file) => [`${of}/${file.replace('AuditEvent-', '').replace('.json', '')}`, load(`${of}/${file}`)])
    : []

export const filesOf = (of: string): readonly string[] => (hasVectors ? readdirSync(`${folder}/${of}`) : [])
