import { isPhiError } from '@phi/core'
import type * as z from 'zod'
import type { GoldenAdapter, GoldenAnswer } from './adapter.ts'
import type { GoldenCase, GoldenReport, Json } from './case.ts'
import { agrees, meaningOf, placesWith, plain } from './compare.ts'
import { readCorpus } from './read.ts'

type Ignored = GoldenReport['ignored'][number]

/** What became of one key. */
type Verdict =
  | { readonly is: 'agrees' }
  | { readonly is: 'differs'; readonly found: Json }
  | { readonly is: 'ignored' | 'unknown'; readonly why: string }

const SAME: Verdict = { is: 'agrees' }
const WRONG_IF = /^wrongIf/
const DAY = /^\d{4}-\d\d-\d\d(?=T|$)/

type Issue = z.core.$ZodIssue

/** How far facts are from a form. */
const distance = (issues: readonly Issue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0)

/** Why the facts are not those of the rule. Names of keys are shown: the report goes to whoever wrote the case. */
function unread(issues: readonly Issue[]): string {
  const [first] = issues
  if (first?.code === 'invalid_union' && first.errors.length > 0) {
    // Of several forms, the one that the facts are nearest to.
    return unread(first.errors.reduce((best, next) => (distance(next) < distance(best) ? next : best)))
  }
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? first
  const path = issue?.path.map(String).join('.') ?? ''
  if (issue?.code !== 'unrecognized_keys') {
    return `the fact ${path === '' ? 'as a whole' : path} is missing or has a form that the rule does not know`
  }
  const under = path === '' ? '' : ` of ${path}`
  return `unknown fact${under}: ${issue.keys.map((key) => key.slice(0, 60)).join(', ')}`
}

/** A date that the results must not carry, anywhere in them. */
function wrongIf(expected: Json, results: unknown): Verdict {
  const date = typeof expected === 'string' ? DAY.exec(expected)?.[0] : undefined
  if (date === undefined) return { is: 'unknown', why: 'the key names a date that must not be found, and this is none' }
  const places = placesWith(date, results)
  return places.length === 0 ? SAME : { is: 'differs', found: `stands in the result at ${places.slice(0, 5).join(', ')}` }
}

/** Prose: every text is mapped to a typed outcome, and the outcomes are compared. */
function prose(key: string, expected: Json, codes: readonly string[], adapter: GoldenAdapter): Verdict {
  const differs: Verdict = { is: 'differs', found: [...codes] }
  if (expected === null) return codes.length === 0 ? SAME : differs
  const isList = Array.isArray(expected)
  const texts: readonly unknown[] = isList ? expected : [expected]
  const meant = new Set<string>()
  for (const text of texts) {
    if (typeof text !== 'string') return differs
    const meaning = meaningOf(key, text, adapter.meanings)
    if (meaning === undefined) return { is: 'ignored', why: 'the text is none of those whose meaning is known' }
    meant.add(meaning)
  }
  // A list says all of it, a text one part of it.
  const all = [...meant].every((meaning) => codes.includes(meaning)) && texts.length === meant.size
  return all && (!isList || codes.every((code) => meant.has(code))) ? SAME : differs
}

function judgeKey(key: string, expected: Json, answer: GoldenAnswer, adapter: GoldenAdapter): Verdict {
  if (WRONG_IF.test(key)) return wrongIf(expected, answer.results)
  const isValue = Object.hasOwn(answer.found, key)
  if (answer.prose && Object.hasOwn(answer.prose, key)) {
    // A key can be prose in one case and a plain value in another: "on expiry", and a date.
    const isMeant = typeof expected === 'string' && meaningOf(key, expected, adapter.meanings) !== undefined
    if (isMeant || !isValue) return prose(key, expected, answer.prose[key] ?? [], adapter)
  }
  if (key === 'refused') return expected === null ? SAME : { is: 'differs', found: null }
  if (!isValue) return { is: 'unknown', why: 'the rule has no such key' }
  const found = answer.found[key]
  return agrees(expected, found) ? SAME : { is: 'differs', found: plain(found) }
}

interface Outcome {
  readonly passed?: true
  readonly failed?: { readonly expected: Record<string, Json>; readonly found: Record<string, Json> }
  readonly unsupported?: string
  readonly ignored: readonly Ignored[]
}

/** The same facts on objects without a prototype: a fact that a case leaves out must not come from Object.prototype. */
function ownOnly(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ownOnly)
  if (typeof value !== 'object' || value === null) return value
  return Object.assign(
    Object.create(null),
    Object.fromEntries(Object.entries(value).map(([key, each]) => [key, ownOnly(each)])),
  )
}

/** The answer, or the code with which the library refuses the facts. */
function answerOf(adapter: GoldenAdapter, facts: unknown): GoldenAnswer | { readonly refused: string } {
  try {
    return adapter.answer(facts as never)
  } catch (error) {
    if (isPhiError(error)) return { refused: error.code }
    throw error
  }
}

/** Facts that are refused carry no date, so only `refused` can agree. */
function refusal(golden: GoldenCase, code: string): Outcome {
  const keys = Object.keys(golden.expected)
  if (keys.length === 1 && golden.expected.refused === code) return { passed: true, ignored: [] }
  return { failed: { expected: { ...golden.expected }, found: { refused: code } }, ignored: [] }
}

function judge(golden: GoldenCase, adapters: ReadonlyMap<string, GoldenAdapter>): Outcome {
  const adapter = adapters.get(golden.rule)
  if (!adapter) return { unsupported: 'unknown rule', ignored: [] }
  const facts = adapter.facts.safeParse(golden.facts)
  if (!facts.success) return { unsupported: unread(facts.error.issues), ignored: [] }
  const answer = answerOf(adapter, ownOnly(facts.data))
  if ('refused' in answer) return refusal(golden, answer.refused)
  const expected: Record<string, Json> = Object.create(null)
  const found: Record<string, Json> = Object.create(null)
  const ignored: Ignored[] = []
  let unknown: string | undefined
  let compared = 0
  for (const [key, value] of Object.entries(golden.expected)) {
    const verdict = judgeKey(key, value, answer, adapter)
    if (verdict.is === 'ignored' || verdict.is === 'unknown') {
      ignored.push({ id: golden.id, key, why: verdict.why })
      if (verdict.is === 'unknown') unknown ??= `unknown key of expected: ${key.slice(0, 60)}`
      continue
    }
    compared++
    if (verdict.is === 'differs') {
      expected[key] = value
      found[key] = verdict.found
    }
  }
  if (Object.keys(expected).length > 0) return { failed: { expected: { ...expected }, found: { ...found } }, ignored }
  if (unknown !== undefined) return { unsupported: unknown, ignored }
  return compared > 0 ? { passed: true, ignored } : { unsupported: 'nothing in expected could be compared', ignored }
}

/**
 * Runs a corpus with these adapters: how `@phi/retention/golden`, and a house with rules of its own, extend the runner.
 * @throws PhiError PHI_DEADLINES_CORPUS when the corpus cannot be read
 */
export function runGoldenWith(adapters: readonly GoldenAdapter[], corpus: unknown): GoldenReport {
  const byRule = new Map(adapters.map((adapter) => [adapter.rule, adapter]))
  const passed: string[] = []
  const failed: GoldenReport['failed'][number][] = []
  const unsupported: GoldenReport['unsupported'][number][] = []
  const ignored: Ignored[] = []
  for (const golden of readCorpus(corpus)) {
    const { id } = golden
    const outcome = judge(golden, byRule)
    ignored.push(...outcome.ignored)
    if (outcome.failed) failed.push({ id, ...outcome.failed })
    else if (outcome.unsupported !== undefined) unsupported.push({ id, why: outcome.unsupported })
    else passed.push(id)
  }
  return { passed, failed, unsupported, ignored }
}
