import { isPhiError } from '@phi/core'
import { fhirError } from './errors.ts'

/** What one AuditEvent may be, as JSON. An event of a log takes at most 320 KiB, and its base64 and names some more. */
const limits = { depth: 24, values: 60_000, characters: 2_097_152 } as const

const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const refuse = (detail: string) => fhirError('PHI_AUDIT_FHIR_RESOURCE', { path: 'AuditEvent', detail })
const tooLarge = (limit: keyof typeof limits) => fhirError('PHI_AUDIT_FHIR_LIMIT', { info: { [limit]: limits[limit] } })

interface Budget {
  values: number
  characters: number
}

function text(value: string, budget: Budget): string {
  budget.characters -= value.length
  if (budget.characters < 0) throw tooLarge('characters')
  if (!value.isWellFormed()) throw refuse('a text holds a lone surrogate')
  return value
}

function copy(value: unknown, depth: number, budget: Budget): unknown {
  if (--budget.values < 0) throw tooLarge('values')
  if (typeof value === 'string') return text(value, budget)
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value
  if (typeof value !== 'object' || value === null) throw refuse('it holds something that FHIR has no JSON for')
  if (depth === limits.depth) throw tooLarge('depth')
  if (Array.isArray(value)) {
    if (value.length > budget.values) throw tooLarge('values')
    // By index, not by map: a hole would be left out, and is undefined here and refused.
    return Array.from(value, (item) => copy(item, depth + 1, budget))
  }
  if (!isPlain(value)) throw refuse('it holds an object that is no plain one')
  const own = Object.create(null) as Record<string, unknown>
  for (const key of Object.keys(value))
    own[text(key, budget)] = copy((value as Record<string, unknown>)[key], depth + 1, budget)
  return own
}

/**
 * A copy of a parsed JSON value, of its own properties only, with a bound on its depth, its values and its characters. FHIR has no
 * `null` but in arrays beside primitive extensions, which are not read here.
 * @throws PhiError PHI_AUDIT_FHIR_RESOURCE, PHI_AUDIT_FHIR_LIMIT
 */
export function boundedCopy(value: unknown): unknown {
  try {
    return copy(value, 0, { values: limits.values, characters: limits.characters })
  } catch (error) {
    // A getter or a proxy of the value may throw whatever it likes.
    if (isPhiError(error)) throw error
    throw refuse('it could not be read')
  }
}
