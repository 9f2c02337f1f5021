import { type GroupName, groupNames, type Opening } from '../group.ts'
import { searchTerms } from '../terms.ts'

// Groups as most events have them, in canonical JSON and without escapes: what stands between two quotes is then the string itself.
const EVENT = /^\{"action":"([^"\\]*)","id":"([^"\\]*)","occurredAt":"([^"\\]*)","outcome":"([^"\\]*)"[,}]/
const ACTOR = /^\{"id":"([^"\\]*)"[,}]/
const SUBJECT =
  /^\{(?:"patients":\[((?:"[^"\\]*",?)*)\],)?"resource":\{"id":"([^"\\]*)","type":"([^"\\]*)"(?:,"version":"[^"\\]*")?\}\}$/

/** Whether a term has this name and this value, without making it. */
const is = (term: unknown, name: string, value: string | undefined): boolean =>
  typeof term === 'string' &&
  value !== undefined &&
  term.length === name.length + value.length &&
  term.startsWith(name) &&
  term.endsWith(value)

/**
 * {@link agrees}, for texts that are known to be canonical: without parsing them, where they are of a common form and the terms stand in
 * the order in which they are written. Canonical text has each key once and in order, so that a text that begins in this way has no
 * other such key further on. Every other entry is left to `agrees`.
 */
export function agreesCanonical(terms: unknown, open: Readonly<Record<GroupName, Opening>>): boolean {
  return (Array.isArray(terms) && isAsWritten(terms, open)) || agrees(terms, open)
}

function isAsWritten(terms: readonly unknown[], { event, actor, subject }: Readonly<Record<GroupName, Opening>>): boolean {
  const happened = EVENT.exec(event.json)
  const who = ACTOR.exec(actor.json)
  if (happened === null || who === null) return false
  const isEvent =
    is(terms[0], 'id:', happened[2]) &&
    is(terms[1], 'at:', happened[3]) &&
    is(terms[2], 'action:', happened[1]) &&
    is(terms[3], 'outcome:', happened[4]) &&
    is(terms[4], 'actor:', who[1])
  if (!isEvent) return false
  if (subject.json === '{}') return terms.length === 5
  const what = SUBJECT.exec(subject.json)
  if (what === null) return false
  const [, patients = '', id, type] = what
  if (!is(terms[5], 'type:', type) || terms[6] !== `resource:${type}/${id}`) return false
  let next = 7
  for (let at = 0; at < patients.length; ) {
    const end = patients.indexOf('"', at + 1)
    if (!is(terms[next++], 'patient:', patients.slice(at + 1, end))) return false
    at = end + 2
  }
  return next === terms.length
}

/** Whether what a store searches by is what the hashed texts say: the same terms, in any order. */
export function agrees(terms: unknown, open: unknown): boolean {
  if (!Array.isArray(terms)) return false
  let expected: string[]
  try {
    expected = searchTerms(textsOf(open as Readonly<Partial<Record<GroupName, Opening>>>))
  } catch {
    return false
  }
  if (expected.length === terms.length && expected.every((term, i) => term === terms[i])) return true
  const found = new Set(terms)
  const wanted = new Set(expected)
  return found.size === wanted.size && expected.every((term) => found.has(term))
}

function textsOf(open: Readonly<Partial<Record<GroupName, Opening>>>): Partial<Record<GroupName, string>> {
  const texts: Partial<Record<GroupName, string>> = {}
  for (const name of groupNames) {
    const opening = open[name]
    if (opening !== undefined && opening !== null) texts[name] = opening.json
  }
  return texts
}
