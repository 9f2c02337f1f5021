import { parseTenant } from '@phi/core'
import {
  beginCase,
  type CaseStoreOptions,
  caseFrom,
  hasEntry,
  hasOpening,
  isOpenCase,
  readCaseId,
  readExpectedEntries,
  textOfLast,
  textOfOpening,
  withEntry,
} from './kept-case.ts'
import { compareIds, readCaseQuery } from './query.ts'
import type { CaseStore } from './store.ts'

/** A store of requests and incidents in memory, for tests and for a program that is one process. */
export function memoryCaseStore(options: CaseStoreOptions = {}): CaseStore {
  const tenants = new Map<string, Map<string, string[]>>()
  const casesOf = (tenant: string): Map<string, string[]> => tenants.get(parseTenant(tenant)) ?? new Map()

  return {
    async open(tenant, opening) {
      const cases = casesOf(tenant)
      const begun = beginCase(opening)
      const texts = cases.get(begun.record.id)
      if (texts !== undefined) return hasOpening(caseFrom(begun.record.id, texts, options), begun) ? 'already' : 'taken'
      tenants.set(tenant, cases.set(begun.record.id, [textOfOpening(begun)]))
      return 'opened'
    },
    async append(tenant, id, expectedEntries, entry) {
      const texts = casesOf(tenant).get(readCaseId(id))
      const expected = readExpectedEntries(expectedEntries)
      if (texts === undefined) return 'missing'
      const kept = caseFrom(id, texts, options)
      if (kept.record.log.length !== expected) return hasEntry(kept, expected, entry) ? 'already' : 'conflict'
      texts.push(textOfLast(withEntry(kept, entry, options)))
      return 'appended'
    },
    async load(tenant, id) {
      const texts = casesOf(tenant).get(readCaseId(id))
      return texts && caseFrom(id, texts, options)
    },
    async list(tenant, query) {
      const { kind, open, after, limit } = readCaseQuery(query)
      const ids = [...casesOf(tenant).keys()]
        .filter((id) => after === undefined || compareIds(id, after) > 0)
        .toSorted(compareIds)
      const page = []
      for (const id of ids) {
        if (page.length === limit) break
        const kept = caseFrom(id, casesOf(tenant).get(id) as string[], options, page.length)
        if ((kind ?? kept.kind) === kept.kind && (open ?? isOpenCase(kept)) === isOpenCase(kept)) page.push(kept)
      }
      return page
    },
  }
}
