import { describePrograms, describeTables, readDocument } from '../../core/test/documents.ts'
import * as ai from './ai/index.ts'
import * as root from './index.ts'
import * as safeguards from './safeguards/index.ts'
import * as telehealth from './telehealth/index.ts'
import * as probe from './telehealth/probe/index.ts'
import * as vendors from './vendors/index.ts'

const guides = [
  'agreements-as-data',
  'versions-and-chains',
  'data-flows-in-ci',
  'guarded-requests-and-signatures',
  'telehealth',
  'ai-features',
  'safeguards-register',
  'keep-vendor-data',
]
const readme = await readDocument('packages/baa/README.md')

await describePrograms('baa', ['packages/baa/README.md', ...guides.map((name) => `docs/${name}.md`)])

describeTables(
  readme,
  {
    '@phi/baa': root,
    '@phi/baa/telehealth': telehealth,
    '@phi/baa/telehealth/probe': probe,
    '@phi/baa/ai': ai,
    '@phi/baa/safeguards': safeguards,
    '@phi/baa/vendors': vendors,
  },
  [
    root.baaErrors,
    root.chainErrors,
    root.coveredEntityErrors,
    root.diffErrors,
    root.flowErrors,
    root.guardErrors,
    root.lintErrors,
    root.signErrors,
    root.agreementStoreErrors,
    telehealth.telehealthErrors,
    probe.probeErrors,
    ai.aiErrors,
    safeguards.safeguardErrors,
    vendors.vendorErrors,
  ],
)
