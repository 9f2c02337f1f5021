import type { ProseMeaning } from './adapter.ts'
import { Unordered } from './adapter.ts'
import type { Json } from './case.ts'

/** A value in the form of JSON, in which objects with the same members are the same text, and what is undefined is null. */
function canonical(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  if (value instanceof Unordered) return `[${value.members.map(canonical).sort().join()}]`
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object') return JSON.stringify(value)
  const members = Object.entries(value).filter(([, each]) => each !== undefined)
  return `{${members
    .map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`)
    .sort()
    .join()}}`
}

/** Whether what was found is what was expected: the same JSON, and for lists without an order the same members. */
export function agrees(expected: Json, found: unknown): boolean {
  if (found instanceof Unordered) return Array.isArray(expected) && canonical(new Unordered(expected)) === canonical(found)
  return canonical(expected) === canonical(found)
}

/** What was found, for the report: plain JSON. */
export function plain(value: unknown): Json {
  if (value instanceof Unordered) return value.members.map(plain)
  return JSON.parse(canonical(value)) as Json
}

const DATE = /\d{4}-\d\d-\d\d/g

/**
 * Parts of a result that carry dates which are no answer: what the caller gave, the day of the sources, and `overdueFrom`, which is
 * by its definition the day after the last one.
 */
const NO_ANSWER = new Set(['facts', 'overdueFrom', 'asOf', 'citations'])

/** The places of a result in which a date stands. */
export function placesWith(date: string, results: unknown): readonly string[] {
  const places: string[] = []
  const walk = (value: unknown, path: string) => {
    if (typeof value === 'string') {
      if (value.match(DATE)?.includes(date)) places.push(path)
    } else if (Array.isArray(value)) {
      value.forEach((each, index) => {
        walk(each, `${path}[${index}]`)
      })
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, each] of Object.entries(value)) {
        if (!NO_ANSWER.has(key)) walk(each, path === '' ? key : `${path}.${key}`)
      }
    }
  }
  walk(results, '')
  return places
}

/** A typed outcome as results write it: `not-written`. */
const CODE = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/

/** What a text means, or `undefined` when no row of the table has it. A text may also be a code itself. */
export function meaningOf(key: string, text: string, meanings: readonly ProseMeaning[]): string | undefined {
  const words = text.trim()
  for (const { key: of, says, means } of meanings) {
    const match = of === key ? says.exec(words) : null
    if (match) return means.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? '')
  }
  return CODE.test(words) ? words : undefined
}
