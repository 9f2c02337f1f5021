import { describePrograms, describeTables, readDocument } from '../../core/test/documents.ts'
import * as ai from './ai/index.ts'
import { baaErrors } from './errors.ts'
import * as root from './index.ts'
import * as safeguards from './safeguards/index.ts'
import * as telehealth from './telehealth/index.ts'
import * as vendors from './vendors/index.ts'

const guides: readonly string[] = []
const readme = await readDocument('packages/baa/README.md')

await describePrograms('baa', ['packages/baa/README.md', ...guides.map((name) => `docs/${name}.md`)])

describeTables(
  readme,
  {
    '@phi/baa': root,
    '@phi/baa/telehealth': telehealth,
    '@phi/baa/ai': ai,
    '@phi/baa/safeguards': safeguards,
    '@phi/baa/vendors': vendors,
  },
  [baaErrors],
)
