import type { ActorType } from '@phi/core'
import type { ReadOptions, WriteOptions } from './options.ts'
import { ours } from './systems.ts'
import { decoded, isFhirId } from './text.ts'
import type { FhirReference } from './types.ts'

/** Which type of resource an actor is. */
export const actorResource: Readonly<Record<ActorType, string>> = {
  workforce: 'Practitioner',
  patient: 'Patient',
  service: 'Device',
  system: 'Device',
  vendor: 'Organization',
}

/** `literal[/_history/version]`, before which may stand the base of another server. */
const LITERAL = /^(.*\/)?([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9.-]{1,64})(?:\/_history\/([A-Za-z0-9.-]{1,64}))?$/

export type SystemOf = keyof WriteOptions['systems']

/** An id as a reference: `Patient/p-88` where FHIR allows it, and otherwise an identifier. */
export function referenceTo(type: string, id: string, of: SystemOf, options: WriteOptions, version?: string): FhirReference {
  if (options.references === 'when-valid' && isFhirId(id)) {
    const base = options.baseUrl === undefined ? '' : `${options.baseUrl.replace(/\/$/, '')}/`
    return { reference: `${base}${type}/${id}${version === undefined ? '' : `/_history/${version}`}` }
  }
  const system = options.systems[of]
  return { type, identifier: system === undefined ? { value: id } : { system, value: id } }
}

/** A reference as an id. `type` is the type of resource, where the reference tells it. */
export interface ReadReference {
  readonly id: string
  readonly type?: string
  readonly version?: string
  /** It names a type of ours, or one that the options map. */
  readonly ownType?: true
  /** It was only a text: whom it names is not certain. */
  readonly onlyText?: true
}

/**
 * A token of an identifier: `value`, or `system|value` of a system that is not the one expected. A value of an unknown system that
 * holds a "|" itself begins with one, so that it cannot pass for another's.
 */
function tokenOf(
  identifier: { readonly system?: string; readonly value: string },
  system: string | undefined,
  isOurs: boolean,
): string {
  if (identifier.system === undefined) {
    const isClear = isOurs || !identifier.value.includes('|')
    return isClear ? identifier.value : `|${identifier.value}`
  }
  if (identifier.system === system) return identifier.value
  return `${identifier.system.replaceAll('|', '%7C')}|${identifier.value}`
}

function ownTypeOf(type: string, of: SystemOf, options: ReadOptions): { type: string; ownType?: true } {
  // Types are mapped for what an event is about. A patient is a patient, whatever else is written as one.
  if (of !== 'resource') return { type }
  if (type.startsWith(ours.resource)) {
    const own = decoded(type.slice(ours.resource.length))
    if (own !== undefined) return { type: own, ownType: true }
  }
  const mapped = Object.entries(options.resourceTypes).find(([, fhir]) => fhir === type)?.[0]
  return mapped === undefined ? { type } : { type: mapped, ownType: true }
}

/**
 * Reads a reference. A reference to another server keeps its whole URL as the id: two servers may both have a `Patient/1`.
 * @returns undefined for a reference within the resource, and for one that names nobody
 */
export function readReference(
  {
    reference,
    type,
    identifier,
    display,
  }: Omit<FhirReference, 'identifier'> & { identifier?: { system?: string; value?: string } },
  of: SystemOf,
  options: ReadOptions,
  isOurs: boolean,
): ReadReference | undefined {
  if (reference !== undefined) {
    if (reference.startsWith('#')) return undefined
    const [, base = '', kind, id, version] = LITERAL.exec(reference) ?? []
    if (kind === undefined || id === undefined)
      return { id: reference, ...(type === undefined ? {} : ownTypeOf(type, of, options)) }
    const isHere = base === '' || (options.baseUrl !== undefined && base === `${options.baseUrl.replace(/\/$/, '')}/`)
    return {
      id: isHere ? id : `${base}${kind}/${id}`,
      ...ownTypeOf(kind, of, options),
      ...(version === undefined ? {} : { version }),
    }
  }
  if (identifier?.value !== undefined) {
    const { value, system } = identifier
    const id = tokenOf(system === undefined ? { value } : { system, value }, options.systems[of], isOurs)
    return { id, ...(type === undefined ? {} : ownTypeOf(type, of, options)) }
  }
  return display === undefined
    ? undefined
    : { id: display, onlyText: true, ...(type === undefined ? {} : ownTypeOf(type, of, options)) }
}
