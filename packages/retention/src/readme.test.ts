import { describe, expect, it } from 'vitest'
import { describePrograms, describeTables, named, readDocument, rowsOf, sectionOf } from '../../core/test/documents.ts'
import * as golden from './golden/index.ts'
import * as root from './index.ts'

const readme = await readDocument('packages/retention/README.md')

await describePrograms('retention', ['packages/retention/README.md'])

describeTables(readme, { '@phi/retention': root, '@phi/retention/golden': golden }, [
  root.dispositionErrors,
  root.retentionErrors,
])

describe('the README', () => {
  it('explains every status of an assessment', () => {
    const rows = rowsOf(sectionOf(readme, 'What an assessment says')).slice(1)
    expect(rows.map(([status]) => named(status)[0]).sort()).toEqual([...root.assessmentStatuses].sort())
  })
})
