import { errorsOf, parseTenant } from '@phi/core'
import {
  beginCase,
  type CaseKind,
  type CaseQuery,
  type CaseStore,
  caseFrom,
  caseStoreErrors,
  compareIds,
  hasEntry,
  hasOpening,
  isOpenCase,
  type KeptCase,
  readCaseId,
  readCaseQuery,
  readExpectedEntries,
  textOfLast,
  textOfOpening,
  withEntry,
} from '@phi/deadlines/store'
import type { StoreUnderTest } from '../src/index.ts'
import { backend } from './simple-store.ts'

const storeError = errorsOf(caseStoreErrors)

/** A case as the simple store has it. */
export interface Row {
  readonly kind: CaseKind
  readonly lines: readonly string[]
  readonly open: boolean
}

/** The parts of a store that can be wrong, each as a right store has it. */
export interface CaseParts {
  readonly begin: (opening: unknown) => KeptCase
  readonly firstLine: (kept: KeptCase) => string
  readonly line: (kept: KeptCase) => string
  readonly out: (id: string, row: Row) => KeptCase
  /** Between looking and writing. */
  readonly pause: () => Promise<void>
  readonly sameCase: (there: KeptCase, begun: KeptCase) => boolean
  readonly follows: (expected: number, entries: number) => boolean
  readonly isThere: (kept: KeptCase, expected: number, entry: unknown) => boolean
  readonly next: (kept: KeptCase, entry: unknown) => KeptCase
  readonly open: (next: KeptCase, before: boolean) => boolean
  readonly compare: (a: string, b: string) => number
  readonly query: (query: CaseQuery) => CaseQuery
  readonly onPage: (row: Row, id: string, query: CaseQuery) => boolean
  readonly page: (ids: readonly string[], query: CaseQuery, isOpen: (id: string) => boolean) => readonly string[]
  readonly tenant: (tenant: string) => string
  readonly count: (count: number) => number
}

export const rightCaseParts: CaseParts = {
  begin: beginCase,
  firstLine: textOfOpening,
  line: textOfLast,
  out: (id, { lines }) => caseFrom(id, lines),
  pause: async () => undefined,
  sameCase: hasOpening,
  follows: (expected, entries) => expected === entries,
  isThere: hasEntry,
  next: withEntry,
  open: (next) => isOpenCase(next),
  compare: compareIds,
  query: readCaseQuery,
  onPage: (row, id, { kind, open, after }) =>
    (kind ?? row.kind) === row.kind && (open ?? row.open) === row.open && (after === undefined || compareIds(id, after) > 0),
  page: (ids, { limit }) => ids.slice(0, limit),
  tenant: parseTenant,
  count: readExpectedEntries,
}

/** A store with a lock, a second handle and a switch, put together from parts. Without the lock it works between looks. */
export function simpleCaseStore(parts: Partial<CaseParts> = {}, locked = true): StoreUnderTest<CaseStore> {
  const { pause, ...rules } = { ...rightCaseParts, ...parts }
  const tenants = new Map<string, Map<string, Row>>()
  const { work: inTurn, under } = backend(() => storeError('PHI_DEADLINES_STORE_UNAVAILABLE'), locked)
  const work = <T>(tenant: string, act: (cases: Map<string, Row>) => Promise<T>): Promise<T> =>
    inTurn(async () => {
      const own = rules.tenant(tenant)
      const cases = tenants.get(own) ?? new Map<string, Row>()
      tenants.set(own, cases)
      return act(cases)
    })

  const handle = (): CaseStore => ({
    open: (tenant, opening) =>
      work(tenant, async (cases) => {
        const begun = rules.begin(opening)
        const { id } = begun.record
        const row = cases.get(id)
        await pause()
        if (row !== undefined) return rules.sameCase(caseFrom(id, row.lines), begun) ? 'already' : 'taken'
        cases.set(id, { kind: begun.kind, lines: [rules.firstLine(begun)], open: rules.open(begun, true) })
        return 'opened'
      }),
    append: (tenant, id, expectedEntries, entry) =>
      work(tenant, async (cases) => {
        const row = cases.get(readCaseId(id))
        const expected = rules.count(expectedEntries)
        await pause()
        if (row === undefined) return 'missing'
        const kept = caseFrom(id, row.lines)
        if (!rules.follows(expected, kept.record.log.length))
          return rules.isThere(kept, expected, entry) ? 'already' : 'conflict'
        const next = rules.next(kept, entry)
        cases.set(id, { ...row, lines: [...row.lines, rules.line(next)], open: rules.open(next, row.open) })
        return 'appended'
      }),
    load: (tenant, id) =>
      work(tenant, async (cases) => {
        const row = cases.get(readCaseId(id))
        return row && rules.out(id, row)
      }),
    list: (tenant, asked) =>
      work(tenant, async (cases) => {
        const query = rules.query(asked)
        const ids = [...cases].filter(([id, row]) => rules.onPage(row, id, query)).map(([id]) => id)
        return rules
          .page(ids.toSorted(rules.compare), query, (id) => cases.get(id)?.open === true)
          .map((id) => rules.out(id, cases.get(id) as Row))
      }),
  })

  return under(handle)
}
