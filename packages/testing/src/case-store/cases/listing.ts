import { requestChecklist } from '@phi/deadlines/request'
import { type CaseQuery, type CaseStore, isOpenCase, type KeptCase } from '@phi/deadlines/store'
import type { StoreCase } from '../../store/manifest.ts'
import { check, equal, refused, succeeds } from '../../suite/assert.ts'
import {
  accessOpening,
  freshTenant,
  histories,
  incidentOf,
  keepAll,
  requestOf,
  sameCase,
  secured,
  verified,
  withdrawn,
} from '../world.ts'

/** In the order of their code points. */
const ids = ['%', '10', '9', 'A', 'Z', 'a', 'a-1', 'a-10', 'a-2', 'a_2', 'b', 'e\u0301', '\u00e9', '\uff5e', '\u{1f512}']

/** Cases under these ids, in states of every sort. */
const manyCases = (): readonly KeptCase[] =>
  ids.map((id, index) => {
    const opening = accessOpening(id)
    switch (index % 5) {
      case 0:
        return requestOf([verified], opening)
      case 1:
        return requestOf([verified, withdrawn], opening)
      case 2:
        return incidentOf([secured], id)
      case 3:
        // The last entry was refused: the case stays as it was.
        return requestOf([withdrawn, verified], opening)
      default:
        return incidentOf([], id)
    }
  })

/** Every page of a query, joined. */
async function all(store: CaseStore, tenant: string, query: CaseQuery): Promise<readonly KeptCase[]> {
  const found: KeptCase[] = []
  for (;;) {
    const after = found.at(-1)?.record.id
    const page = await succeeds(() => store.list(tenant, { ...query, ...(after !== undefined && { after }) }), 'list')
    check(Array.isArray(page), 'list must answer with a list')
    check(page.length <= query.limit, `list answered with ${page.length}, and at most ${query.limit} were asked for`)
    check(
      found.length + page.length <= 2 * ids.length,
      'list answers with pages without end: `after` leaves out that id and all before it',
    )
    found.push(...page)
    if (page.length < query.limit) return found
  }
}

function sameCases(actual: readonly KeptCase[], expected: readonly KeptCase[], what: string): void {
  equal(
    actual.map(({ record }) => record.id).join(' '),
    expected.map(({ record }) => record.id).join(' '),
    `${what}: the ids, in order`,
  )
  for (const [index, kept] of expected.entries()) sameCase(actual[index], kept, what)
}

export const listingCases: readonly StoreCase<CaseStore>[] = [
  {
    title: 'lists every case once, page by page, in the order of the code points of their ids',
    requirements: ['S126', 'S133'],
    async run({ store }) {
      const tenant = freshTenant()
      const cases = manyCases()
      await keepAll(store, tenant, cases.toReversed())
      for (const limit of [1, 2, 4, 15, 500]) {
        sameCases(await all(store, tenant, { limit }), cases, `list with pages of ${limit}`)
      }
      for (const [after, first] of [
        ['a-1', 7],
        ['a-', 6],
        ['a-1\u0020x', 7],
        ['zzz', 12],
        ['\u{1f513}', 15],
      ] as const) {
        const page = await succeeds(() => store.list(tenant, { after, limit: 100 }), 'list')
        sameCases(page, cases.slice(first), 'list after an id, which need not be there,')
      }
    },
  },
  {
    title: 'lists by kind and by what still waits for something, whatever was refused since',
    requirements: ['S126', 'S133'],
    async run({ store }) {
      const tenant = freshTenant()
      const cases = manyCases()
      await keepAll(store, tenant, cases)
      for (const limit of [1, 3, 100]) {
        for (const kind of [undefined, 'request', 'incident'] as const) {
          for (const open of [undefined, true, false]) {
            const expected = cases.filter(
              (kept) => kept.kind === (kind ?? kept.kind) && isOpenCase(kept) === (open ?? isOpenCase(kept)),
            )
            sameCases(
              await all(store, tenant, { kind, open, limit }),
              expected,
              `list of ${kind ?? 'any'}, open ${open ?? 'or not'},`,
            )
          }
        }
      }
    },
  },
  {
    title: 'lists a case where its last entry leaves it, as it goes on',
    requirements: ['S126'],
    async run({ store }) {
      const tenant = freshTenant()
      const listed = async (open: boolean) => (await succeeds(() => store.list(tenant, { open, limit: 10 }), 'list')).length
      const whole = requestOf([
        verified,
        {
          type: 'denied',
          at: '2026-03-04',
          written: true,
          contains: requestChecklist('access').denial.map(({ id }) => id),
          grounds: ['endangers-life'],
        },
        { type: 'review-requested', at: '2026-03-05' },
        withdrawn,
      ])
      await keepAll(store, tenant, [requestOf([])])
      const expected = [true, false, true, true]
      for (const [index, entry] of whole.record.log.entries()) {
        equal(await succeeds(() => store.append(tenant, 'r-1', index, entry), 'append'), 'appended', 'append')
        equal(await listed(true), expected[index] ? 1 : 0, 'the number of open cases')
        equal(await listed(false), expected[index] ? 0 : 1, 'the number of cases that are not open')
      }
    },
  },
  {
    title: 'refuses queries that it does not know, instead of answering another',
    requirements: ['S126'],
    async run({ store }) {
      const tenant = freshTenant()
      await keepAll(store, tenant, histories())
      const bad: readonly unknown[] = [
        {},
        { limit: 0 },
        { limit: 501 },
        { limit: 1.5 },
        { limit: 10, kind: 'friend' },
        { limit: 10, open: 'yes' },
        { limit: 10, after: '' },
        { limit: 10, state: 'denied' },
        null,
      ]
      for (const query of bad) {
        await refused(
          () => store.list(tenant, query as CaseQuery),
          ['PHI_DEADLINES_CASE'],
          'list of no query',
          'Use readCaseQuery.',
        )
      }
    },
  },
]
