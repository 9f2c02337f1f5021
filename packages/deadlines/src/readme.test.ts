import { describe, expect, it } from 'vitest'
import { describePrograms, describeTables, named, readDocument, rowsOf, sectionOf } from '../../core/test/documents.ts'
import * as contract from './contract/index.ts'
import * as golden from './golden/index.ts'
import * as incident from './incident/index.ts'
import * as root from './index.ts'
import * as recurring from './recurring/index.ts'
import * as request from './request/index.ts'
import * as state from './state/index.ts'
import * as store from './store/index.ts'

const guides = ['state-breach-law', 'contract-clocks', 'recurring-duties', 'requests-and-incidents', 'test-due-dates']
const paths = ['packages/deadlines/README.md', ...guides.map((name) => `docs/${name}.md`)]
const readme = await readDocument('packages/deadlines/README.md')

await describePrograms('deadlines', paths)

describeTables(
  readme,
  {
    '@phi/deadlines': root,
    '@phi/deadlines/state': state,
    '@phi/deadlines/contract': contract,
    '@phi/deadlines/recurring': recurring,
    '@phi/deadlines/request': request,
    '@phi/deadlines/incident': incident,
    '@phi/deadlines/store': store,
    '@phi/deadlines/golden': golden,
  },
  [root.deadlinesErrors, contract.contractErrors, recurring.recurringErrors, store.caseStoreErrors, golden.goldenErrors],
)

describe('the README', () => {
  it('explains every status of a result', () => {
    const rows = rowsOf(sectionOf(readme, 'What a result says')).slice(1)
    expect(rows.map(([status]) => named(status)[0]).sort()).toEqual([...root.statuses].sort())
  })

  it('names every group of federal rules', () => {
    const text = sectionOf(readme, 'The federal rules')
    for (const name of Object.keys(root.federal)) expect(text, name).toMatch(new RegExp(`\\b${name}\\b`))
  })

  it('counts the rows and cases as they are', () => {
    const text = sectionOf(readme, 'What else there is')
    const listed =
      new Set(state.stateBreachRows.map(({ state: each, ordinal }) => `${each} ${ordinal}`)).size + state.stateNoDuties.length
    expect(text).toContain(`${listed} rows of`)
    expect(text).toContain(`${golden.corpus.cases.length} public cases`)
  })
})
