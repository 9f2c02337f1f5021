import { type GroupName, groupNames, type Opening } from '../group.ts'
import { searchTerms } from '../terms.ts'

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
