import * as z from 'zod'
import type { AuditAction } from '../actions.ts'
import { auditSourceSchema } from '../event.ts'
import { bare, type Remainder, setOnce } from './carried.ts'
import { isIdentifier } from './details.ts'
import type { Element } from './element.ts'
import type { Kind } from './kinds.ts'
import type { FhirParty, FhirR4Options, ReadOptions } from './options.ts'
import { type ReadReference, readReference, type SystemOf } from './references.ts'

/** A resource under reading. */
export interface Reading {
  readonly root: Element
  readonly version: 'R4' | 'R5'
  readonly options: ReadOptions
  /** Written here: every fact of the event is in it, and in one place. */
  readonly isOurs: boolean
  readonly event: Remainder
  readonly assumed: string[]
  readonly reporter: { -readonly [K in keyof FhirR4Options]: FhirR4Options[K] }
  readonly action: AuditAction | undefined
  readonly kind: Kind
  readonly isDecision: boolean
}

const address = z.union([auditSourceSchema.shape.ip])

/** Whether an event takes the text as an identifier. What it does not take is not carried. */
export const fits = (text: string | undefined): text is string => isIdentifier(text)
export const isIp = (text: string | undefined): text is string => text !== undefined && address.safeParse(text).success

/** Sets a detail of the event. */
export function setDetail(event: Remainder, key: string, value: string): void {
  if (event.context === undefined) event.context = bare()
  const context = event.context as Remainder
  if (context.details === undefined) context.details = bare()
  ;(context.details as Remainder)[key] = value
}

/** Sets a fact and marks where it stood. Nothing happens where the event does not take it. */
export function carryOver(reading: Reading, path: string, element: Element, value: string | undefined): boolean {
  if (!fits(value)) return false
  setOnce(reading.event, path, value)
  element.use()
  return true
}

interface RawReference {
  readonly reference?: string
  readonly type?: string
  readonly identifier?: { readonly system?: string; readonly value?: string }
  readonly display?: string
}

/** Reads a reference as an id, or undefined where it names nobody or the event does not take it. */
export function referenceOf(
  element: Element | undefined,
  of: SystemOf,
  { options, isOurs }: Reading,
): ReadReference | undefined {
  if (element === undefined) return undefined
  const found = readReference(element.value as RawReference, of, options, isOurs)
  return found !== undefined && fits(found.id) ? found : undefined
}

/** Marks the parts of a reference that its id was made of. Its type is told by what it is used for. */
export function useReference(element: Element, found: ReadReference): void {
  element.useKey('type')
  if (element.get('reference') !== undefined) element.useKey('reference')
  else if (element.get('identifier')?.get('value') !== undefined) {
    element.get('identifier')?.useKey('system')
    element.get('identifier')?.useKey('value')
  } else if (found.onlyText) element.useKey('display')
}

/** A reference as an option, whole. Undefined where the options would not take it. */
export function partyOf(element: Element): FhirParty | undefined {
  const { reference, identifier: id, display } = element.value as RawReference
  const party = {
    ...(reference === undefined || /\s/.test(reference) ? {} : { reference }),
    ...(id?.value === undefined
      ? {}
      : { identifier: id.system === undefined ? { value: id.value } : { system: id.system, value: id.value } }),
    ...(display === undefined ? {} : { display }),
  }
  const texts = [party.reference, party.identifier?.system, party.identifier?.value, party.display]
  return Object.keys(party).length > 0 && texts.every((text) => text === undefined || fits(text)) ? party : undefined
}

/** Marks all that a party was made of. */
export function useParty(element: Element): void {
  for (const key of ['reference', 'type', 'display']) element.useKey(key)
  element.get('identifier')?.useKey('system')
  element.get('identifier')?.useKey('value')
}
