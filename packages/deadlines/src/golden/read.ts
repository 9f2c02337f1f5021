import { type ErrorContext, isPhiError, type PhiError, parseAs } from '@phi/core'
import * as z from 'zod'
import type { GoldenCase, Json, JsonObject } from './case.ts'
import { goldenError } from './errors.ts'

/** Limits of a corpus. The whole of the law is a few hundred cases; these keep a hostile file from running for long. */
const CASES = 10_000
const DEPTH = 8
const VALUES = 2000
const TEXT = 10_000

/** One case while it is read: the values that are left to it, and how it is refused. */
interface Reading {
  left: number
  readonly refuse: (context: ErrorContext) => PhiError
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** A copy of plain JSON on objects without a prototype. A key `__proto__` is no fact, and what is read later would drop it silently. */
function copyJson(value: unknown, depth: number, reading: Reading): Json {
  if (--reading.left < 0) throw reading.refuse({ detail: 'it holds too many values' })
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'string') {
    if (value.length > TEXT) throw reading.refuse({ detail: 'a text is too long' })
    return value
  }
  if (typeof value !== 'object') throw reading.refuse({ detail: 'a value is not plain JSON' })
  if (depth === 0) throw reading.refuse({ detail: 'it is nested too deeply' })
  if (Array.isArray(value)) {
    if (value.length > reading.left) throw reading.refuse({ detail: 'it holds too many values' })
    return Array.from(value, (each) => copyJson(each, depth - 1, reading))
  }
  if (!isPlain(value)) throw reading.refuse({ detail: 'a value is not plain JSON' })
  const copy: Record<string, Json> = Object.create(null)
  for (const [key, each] of Object.entries(value)) {
    if (key === '__proto__') throw reading.refuse({ detail: 'a key is __proto__' })
    // Left out, as JSON does: an optional field of a case in TypeScript.
    if (each !== undefined) copy[key] = copyJson(each, depth - 1, reading)
  }
  return copy
}

const object = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
)

const schema = z.object({
  id: z.string().min(1).max(200),
  rule: z.string().min(1).max(200),
  facts: object,
  expected: object,
  citation: z.string().optional(),
  reasoning: z.string().optional(),
  confirmed: z.string().optional(),
})

function readCase(value: unknown, index: number, ids: Set<string>): GoldenCase {
  const refuse = (context: ErrorContext) =>
    goldenError('PHI_DEADLINES_CORPUS', { path: 'corpus.cases.*', ...context, info: { index } })
  const read: GoldenCase = parseAs(schema, copyJson(value, DEPTH, { left: VALUES, refuse }), 'corpus.cases.*', refuse)
  if (ids.has(read.id)) throw refuse({ path: 'corpus.cases.*.id', detail: 'two cases have the same id' })
  ids.add(read.id)
  return read
}

/**
 * Reads a corpus from unknown data: a list of cases, or an object with `cases`. What stands beside the known fields is not read.
 * @throws PhiError PHI_DEADLINES_CORPUS, with `info.index` where one case is at fault
 */
export function readCorpus(corpus: unknown): readonly GoldenCase[] {
  const wrong = (detail: string, info = {}) => goldenError('PHI_DEADLINES_CORPUS', { path: 'corpus', detail, info })
  try {
    const isFile = typeof corpus === 'object' && corpus !== null && Object.hasOwn(corpus, 'cases')
    const list: unknown = isFile ? (corpus as { readonly cases: unknown }).cases : corpus
    if (!Array.isArray(list)) throw wrong('must be a list of cases, or an object with one')
    if (list.length > CASES) throw wrong('holds too many cases', { limit: CASES })
    const ids = new Set<string>()
    return Array.from(list, (each: unknown, index) => readCase(each, index, ids))
  } catch (error) {
    if (isPhiError(error, 'PHI_DEADLINES_CORPUS')) throw error
    // A getter or a proxy of the value threw. What it threw is the caller's and is not kept.
    throw wrong('the value could not be read')
  }
}
