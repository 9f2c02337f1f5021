import * as z from 'zod'
import { type GroupName, groupNames } from '../group.ts'
import { fhirError } from './errors.ts'
import { FHIR_NAMESPACE, ours } from './systems.ts'
import type { FhirExtension } from './types.ts'

/** Which entry of which log a resource is, to ask for a proof of it. */
export interface FhirEntry {
  readonly origin: string
  readonly index: number
  /** The entry hash, base64. */
  readonly hash: string
}

export interface OwnExtensions {
  /** `undefined` in a resource of others. */
  readonly entry: FhirEntry | undefined
  readonly facts: readonly FhirExtension[]
  readonly states: ReadonlyMap<GroupName, 'withheld' | 'sealed' | 'altered'>
  /** The positions of the extensions read. */
  readonly at: readonly number[]
}

const leaf = {
  url: z.string().min(1),
  valueString: z.string().min(1).optional(),
  valueCode: z.string().min(1).optional(),
  valueBoolean: z.boolean().optional(),
  valueDecimal: z.number().optional(),
  valueBase64Binary: z.string().min(1).optional(),
}
const detail = z.strictObject({ ...leaf, extension: z.array(z.strictObject(leaf)).optional() })
/** Our own extensions are closed: what is not known in one of them was not written here. */
const ownExtension = z.strictObject({ url: z.string(), extension: z.array(detail) })

const states = ['withheld', 'sealed', 'altered'] as const
const refuse = (detail: string) => fhirError('PHI_AUDIT_FHIR_RESOURCE', { path: 'extension', detail })

/** The parts of an extension by their URL, which must be exactly these. */
function partsOf(extension: FhirExtension, names: readonly string[]): Readonly<Record<string, FhirExtension>> {
  const parts = extension.extension ?? []
  const isRight = parts.length === names.length && names.every((name, i) => parts[i]?.url === name)
  if (!isRight) throw refuse('an extension of ours has other parts')
  return Object.fromEntries(parts.map((part) => [part.url, part]))
}

const INDEX = /^(0|[1-9][0-9]{0,15})$/
const HASH = /^[A-Za-z0-9+/]{43}=$/

function entryOf(extension: FhirExtension): FhirEntry {
  const { origin, index, hash } = partsOf(extension, ['origin', 'index', 'hash'])
  const number =
    typeof index?.valueString === 'string' && INDEX.test(index.valueString) ? Number(index.valueString) : Number.NaN
  if (typeof origin?.valueString !== 'string' || !Number.isSafeInteger(number) || !HASH.test(hash?.valueBase64Binary ?? '')) {
    throw refuse('the entry cannot be read')
  }
  return { origin: origin.valueString, index: number, hash: hash?.valueBase64Binary ?? '' }
}

/** Our own extensions of a resource. @throws PhiError PHI_AUDIT_FHIR_RESOURCE */
export function ownExtensions(extensions: readonly FhirExtension[]): OwnExtensions {
  let entry: FhirEntry | undefined
  let facts: readonly FhirExtension[] | undefined
  const found = new Map<GroupName, 'withheld' | 'sealed' | 'altered'>()
  const at: number[] = []
  for (const [i, extension] of extensions.entries()) {
    if (!extension.url.startsWith(FHIR_NAMESPACE)) continue
    at.push(i)
    if (!ownExtension.safeParse(extension).success) throw refuse('an extension of ours has another shape')
    if (extension.url === ours.entry && entry === undefined) entry = entryOf(extension)
    else if (extension.url === ours.event && facts === undefined && Array.isArray(extension.extension))
      facts = extension.extension
    else if (extension.url === ours.group) {
      const parts = partsOf(extension, ['name', 'state'])
      const name = groupNames.find((known) => known === parts.name?.valueCode)
      const state = states.find((known) => known === parts.state?.valueCode)
      if (name === undefined || state === undefined || found.has(name)) throw refuse('the state of a group cannot be read')
      found.set(name, state)
    } else throw refuse('an extension of ours is not known, or stands there twice')
  }
  if (entry === undefined && at.length > 0) throw refuse('facts of an event without the entry that they belong to')
  return { entry, facts: facts ?? [], states: found, at }
}
