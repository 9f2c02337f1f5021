import { isAlias, isMap, isPair, isScalar, isSeq, Lexer, LineCounter, type Node, parseDocument } from 'yaml'
import type { Place, PlaceOf, Problem } from './problem.ts'

/** How long a test file may be, in characters. */
export const MAX_YAML_LENGTH = 256 * 1_024
/** How many tokens it may have: spaces, signs, texts. Parsing what is malformed takes time for each. */
const MAX_TOKENS = 120_000
/** How deep brackets, dashes on one line, and indentation may go. Nothing in a test file needs a tenth of it. */
const MAX_FLOW_DEPTH = 24
const MAX_DASHES = 8
const MAX_INDENT = 120
const MAX_PROBLEMS = 20

export interface ReadYaml {
  /** Undefined when there are problems. Objects have no prototype. */
  readonly value: unknown
  readonly problems: readonly Problem[]
  readonly placeOf: PlaceOf
}

/** How the lexer marks the token after it as the text of a scalar. */
const SCALAR = '\u001f'
const DEEP = 'the file nests too deeply'

/**
 * Whether the text holds more, or nests deeper, than it may. Asked of the tokens, before anything recurses into them: a stack
 * that runs out inside a parser can end the process instead of throwing.
 */
function excessOf(text: string): string | undefined {
  let tokens = 0
  let flow = 0
  let dashes = 0
  let isText = false
  for (const token of new Lexer().lex(text)) {
    if (++tokens > MAX_TOKENS) return 'the file holds too much'
    if (isText) isText = false
    else if (token === SCALAR) isText = true
    else if (token === '[' || token === '{') flow++
    else if (token === ']' || token === '}') flow = Math.max(0, flow - 1)
    else if (token === '-' || token === '?') dashes++
    else if (token.startsWith('\n') || token.startsWith('\r')) dashes = 0
    if (flow > MAX_FLOW_DEPTH || dashes > MAX_DASHES) return DEEP
  }
  return new RegExp(`^[ ]{${MAX_INDENT + 1}}`, 'm').test(text) ? DEEP : undefined
}

const unsafe = new Set(['__proto__', 'constructor', 'prototype'])
/** What the parser calls its errors, in our words. Its own messages can quote the text. */
const phrases: Readonly<Record<string, string>> = {
  NON_STRING_KEY: 'a key must be text',
  MULTIPLE_DOCS: 'the file holds more than one document',
  TAB_AS_INDENT: 'tabs cannot indent',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line',
  BAD_INDENT: 'the indentation does not fit, or something is not closed',
  MISSING_CHAR: 'something is not closed, or a space or comma is missing',
}

/**
 * Reads the part of YAML 1.2 that is data: maps, lists and plain values. Anchors, aliases, tags, merge keys, directives and
 * duplicate keys are problems, and so is whatever is very long or very deep. Never throws.
 */
export function readYaml(text: string): ReadYaml {
  const places = new Map<string, Place>()
  const placeOf: PlaceOf = (pointer) => {
    for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
      const found = places.get(at)
      if (found !== undefined || at === '') return found
    }
  }
  const refused = (message: string): ReadYaml => {
    return { value: undefined, problems: [{ code: 'unreadable', message, at: '' }], placeOf }
  }
  if (text.length > MAX_YAML_LENGTH) return refused(`the file has more than ${MAX_YAML_LENGTH} characters`)
  try {
    const excess = excessOf(text)
    if (excess !== undefined) return refused(excess)
    return read(text, places, placeOf)
  } catch {
    return refused('the file could not be read as YAML')
  }
}

function read(text: string, places: Map<string, Place>, placeOf: PlaceOf): ReadYaml {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    ...{ version: '1.2', schema: 'core', merge: false, customTags: [], resolveKnownTags: false },
    ...{ strict: true, uniqueKeys: false, stringKeys: true, prettyErrors: false, logLevel: 'error', lineCounter },
  } as const)
  const placeAt = (offset: number | undefined): Place => {
    const { line, col } = lineCounter.linePos(offset ?? 0)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const problems: Problem[] = []
  const refuse = (message: string, at: string, place: Place) => {
    if (problems.length < MAX_PROBLEMS) problems.push({ code: 'unreadable', message, at, place })
  }
  for (const each of [...document.errors, ...document.warnings]) {
    refuse(phrases[each.code] ?? 'this is not valid YAML', '', placeAt(each.pos[0]))
  }
  const directive = /^%/m.exec(text)
  if (directive !== null) refuse('directives are not allowed', '', placeAt(directive.index))
  const plain = (node: Node | null, at: string): unknown => {
    const place = placeAt(node?.range?.[0])
    if (!places.has(at)) places.set(at, place)
    if (node === null) return null
    if (isAlias(node)) return refuse('aliases are not allowed', at, place)
    const { anchor, tag } = node as { anchor?: string; tag?: string }
    if (anchor !== undefined) refuse('anchors are not allowed', at, place)
    if (tag !== undefined) refuse('tags are not allowed', at, place)
    if (isSeq(node)) return node.items.map((each, index) => plain(each as Node | null, `${at}/${index}`))
    if (isMap(node)) {
      const out = Object.create(null) as Record<string, unknown>
      for (const pair of node.items) {
        const key = isPair(pair) && isScalar(pair.key) ? pair.key : undefined
        const where = placeAt(key?.range?.[0])
        if (typeof key?.value !== 'string') refuse('a key must be text', at, where)
        else if (key.value === '<<') refuse('merge keys are not allowed', at, where)
        else if (unsafe.has(key.value)) refuse('a key has the name of something every object has', at, where)
        else if (Object.hasOwn(out, key.value)) refuse('the key is there twice', at, where)
        else {
          const { anchor: keyAnchor, tag: keyTag } = key as { anchor?: string; tag?: string }
          if (keyAnchor !== undefined) refuse('anchors are not allowed', at, where)
          if (keyTag !== undefined) refuse('tags are not allowed', at, where)
          const inner = `${at}/${key.value}`
          places.set(inner, where)
          out[key.value] = plain(pair.value as Node | null, inner)
        }
      }
      return out
    }
    const scalar = isScalar(node) ? node.value : undefined
    if (typeof scalar === 'number' && !Number.isFinite(scalar)) refuse('a number must be finite', at, place)
    if (typeof scalar === 'bigint' || scalar === undefined)
      refuse('a value must be text, a number, true, false or null', at, place)
    return scalar
  }
  const value = plain(document.contents as Node | null, '')
  if (problems.length === 0) return { value, problems, placeOf }
  return { value: undefined, problems, placeOf }
}
