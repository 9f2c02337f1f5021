import { fhirError } from './errors.ts'
import { asBase64, isFhirString, textOfBase64 } from './text.ts'
import type { FhirExtension } from './types.ts'

/** A copy of an event out of which facts are taken as they find an element. What is left is carried in the extension. */
export type Remainder = Record<string, unknown>

/** The facts an event may have, by path, and whether there may be several. `context.details` has keys of its own. */
const places: Readonly<Record<string, 'one' | 'many'>> = {
  id: 'one',
  occurredAt: 'one',
  action: 'one',
  outcome: 'one',
  severity: 'one',
  'actor.id': 'one',
  'actor.type': 'one',
  'actor.organization': 'one',
  'actor.onBehalfOf': 'one',
  'actor.roles': 'many',
  'source.ip': 'one',
  'source.request': 'one',
  'source.session': 'one',
  'source.site': 'one',
  'source.trace': 'one',
  'source.userAgent': 'one',
  'subject.count': 'one',
  'subject.dataClasses': 'many',
  'subject.fields': 'many',
  'subject.patients': 'many',
  'subject.resource.id': 'one',
  'subject.resource.type': 'one',
  'subject.resource.version': 'one',
  'context.ai.model': 'one',
  'context.ai.outputHash': 'one',
  'context.ai.promptHash': 'one',
  'context.breakGlass': 'one',
  'context.decision.policy': 'one',
  'context.decision.rule': 'one',
  'context.disclosure.address': 'one',
  'context.disclosure.description': 'one',
  'context.disclosure.purpose': 'one',
  'context.disclosure.recipient': 'one',
  'context.purpose': 'one',
  'context.reason': 'one',
}
const groups: ReadonlySet<string> = new Set([
  'source',
  'subject',
  'subject.resource',
  'context',
  'context.ai',
  'context.decision',
  'context.details',
  'context.disclosure',
  'subject.dataClasses',
  'subject.fields',
  'subject.patients',
])
const DETAILS = 'context.details'

/** A value as the part of an extension that holds it. `null` is an extension without a value. */
function valuePart(value: unknown): Partial<FhirExtension> {
  if (typeof value === 'number') return { valueDecimal: value }
  if (typeof value === 'boolean') return { valueBoolean: value }
  if (typeof value !== 'string') return {}
  return isFhirString(value) ? { valueString: value } : { valueBase64Binary: asBase64(value) }
}

function detailOf(key: string, value: unknown): FhirExtension {
  const head: FhirExtension = { url: 'key', valueString: key }
  if (value === null) return { url: DETAILS, extension: [head] }
  if (value === '') return { url: DETAILS, extension: [head, { url: 'empty', valueBoolean: true }] }
  return { url: DETAILS, extension: [head, { url: 'value', ...valuePart(value) }] }
}

/** What is left of an event, as extensions. A group or a list without members is named by `empty`. */
export function carry(rest: Remainder, prefix = ''): FhirExtension[] {
  return Object.entries(rest).flatMap(([key, value]): FhirExtension[] => {
    if (value === undefined) return []
    const path = `${prefix}${key}`
    if (typeof value !== 'object' || value === null) return [{ url: path, ...valuePart(value) }]
    if (Object.keys(value).length === 0) return path === 'actor.roles' ? [] : [{ url: 'empty', valueString: path }]
    if (path === DETAILS) return Object.entries(value).map(([name, detail]) => detailOf(name, detail))
    if (Array.isArray(value)) return value.map((item) => ({ url: path, ...valuePart(item) }))
    return carry(value as Remainder, `${path}.`)
  })
}

const unreadable = (detail: string) => fhirError('PHI_AUDIT_FHIR_RESOURCE', { path: 'extension', detail })

/** An object that inherits nothing: what somebody planted on Object.prototype is no fact of an event. */
export const bare = (): Remainder => Object.create(null) as Remainder

/** The object at a path, made where it is missing. */
function at(event: Remainder, path: readonly string[]): Remainder {
  let here = event
  for (const key of path) {
    if (here[key] === undefined) here[key] = bare()
    here = here[key] as Remainder
  }
  return here
}

/** Sets a fact that no other place of the resource has set. @throws PhiError PHI_AUDIT_FHIR_CONTRADICTION */
export function setOnce(event: Remainder, path: string, value: unknown): void {
  const keys = path.split('.')
  const key = keys.pop() as string
  const holder = at(event, keys)
  if (holder[key] !== undefined && holder[key] !== value) {
    throw fhirError('PHI_AUDIT_FHIR_CONTRADICTION', { detail: 'an element and the extension differ', path: `event.${path}` })
  }
  holder[key] = value
}

const values = ['valueString', 'valueBase64Binary', 'valueDecimal', 'valueBoolean'] as const

/** The value of a fact. That it has the type that it says was checked as the extension was read. */
function readValue(extension: FhirExtension): string | number | boolean | undefined {
  const names = Object.keys(extension).filter((key) => key !== 'url')
  const name = values.find((known) => known === names[0])
  if (names.length !== 1 || name === undefined) throw unreadable('a fact must have one value of a known type')
  if (name !== 'valueBase64Binary') return extension[name]
  const text = textOfBase64(extension.valueBase64Binary as string)
  if (text === undefined) throw unreadable('a text is not base64 of UTF-8')
  return text
}

function readDetail(event: Remainder, parts: readonly FhirExtension[]): void {
  const [head, body, more] = parts
  const key = head?.url === 'key' ? readValue(head) : undefined
  if (typeof key !== 'string' || key === '__proto__' || more !== undefined) throw unreadable('a detail cannot be read')
  let value: string | number | boolean | null | undefined = null
  if (body !== undefined) {
    if (body.url !== 'value' && body.url !== 'empty') throw unreadable('a detail cannot be read')
    value = body.url === 'empty' ? '' : readValue(body)
  }
  const details = at(event, ['context', 'details'])
  if (Object.hasOwn(details, key)) throw fhirError('PHI_AUDIT_FHIR_CONTRADICTION', { path: `event.${DETAILS}.*` })
  details[key] = value
}

/** Puts the facts of the extension back. @throws PhiError PHI_AUDIT_FHIR_RESOURCE or _CONTRADICTION */
export function uncarry(event: Remainder, extensions: readonly FhirExtension[]): void {
  const lists = new Set<string>()
  for (const extension of extensions) {
    const { url } = extension
    if (url === DETAILS) readDetail(event, extension.extension ?? [])
    else if (url === 'empty') {
      const path = readValue(extension)
      if (typeof path !== 'string' || !groups.has(path)) throw unreadable('it names an empty group that an event does not have')
      const keys = path.split('.')
      const key = keys.pop() as string
      const holder = at(event, keys)
      if (holder[key] !== undefined) throw fhirError('PHI_AUDIT_FHIR_CONTRADICTION', { path: `event.${path}` })
      holder[key] = path.endsWith('s') && path.startsWith('subject.') ? [] : bare()
    } else {
      const place = Object.hasOwn(places, url) ? places[url] : undefined
      if (place === undefined) throw unreadable('it holds a fact that an event does not have')
      const value = readValue(extension)
      if (place === 'one') setOnce(event, url, value)
      else {
        const keys = url.split('.')
        const key = keys.pop() as string
        const holder = at(event, keys)
        // A list stands in one place: either in elements, or here.
        if (holder[key] !== undefined && !lists.has(url))
          throw fhirError('PHI_AUDIT_FHIR_CONTRADICTION', { path: `event.${url}` })
        if (!lists.has(url)) holder[key] = []
        lists.add(url)
        ;(holder[key] as unknown[]).push(value)
      }
    }
  }
}

/** The value at a path of what is left. */
export function peek(rest: Remainder, path: string): unknown {
  let here: unknown = rest
  for (const key of path.split('.')) here = (here as Remainder | undefined)?.[key]
  return here
}

/** Takes a fact out of what is left, and the groups that it leaves empty. */
export function take(rest: Remainder, path: string): void {
  const keys = path.split('.')
  const key = keys.pop() as string
  const holder = (keys.length === 0 ? rest : peek(rest, keys.join('.'))) as Remainder
  delete holder[key]
  if (keys.length > 0 && Object.keys(holder).length === 0) take(rest, keys.join('.'))
}

/** A detail of the event by its key, which may hold dots itself. */
export function peekDetail(rest: Remainder, key: string): unknown {
  const details = peek(rest, DETAILS) as Remainder | undefined
  return details !== undefined && Object.hasOwn(details, key) ? details[key] : undefined
}

export function takeDetail(rest: Remainder, key: string): void {
  const details = peek(rest, DETAILS) as Remainder
  delete details[key]
  if (Object.keys(details).length === 0) take(rest, DETAILS)
}
