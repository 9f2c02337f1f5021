import { pageOf, routeOf, titleOf } from './pages.ts'

/** A document, or one with a shorter name than its title. */
type Entry = string | { readonly path: string; readonly text: string }

interface Group {
  readonly text: string
  /** Folded until it is opened, or holds the page that is shown. */
  readonly folded?: true
  readonly entries: readonly Entry[]
}

/** The order in which the site offers its pages. Every page stands here exactly once: sidebar.test.ts says which does not. */
const groups: readonly Group[] = [
  {
    text: 'Start',
    entries: [
      { path: 'docs/index.md', text: 'Home' },
      'docs/why.md',
      'docs/quick-start.md',
      { path: 'README.md', text: 'Overview and status' },
      { path: 'docs/README.md', text: 'All guides by task' },
      { path: 'examples/clinic/README.md', text: 'Demo: a clinic' },
      { path: 'examples/therapist-marketplace/README.md', text: 'Platform: therapists' },
      { path: 'examples/physical-therapy/README.md', text: 'Platform: physical therapy' },
      { path: 'examples/practice-tiers/README.md', text: 'Platform: practice tool' },
      { path: 'examples/platform/README.md', text: 'What the platforms share' },
    ],
  },
  {
    text: 'Record and prove',
    folded: true,
    entries: [
      'docs/record-an-access-in-fastify.md',
      'docs/verify-a-log.md',
      'docs/audit-outbox.md',
      'docs/many-tenants.md',
      'docs/audit-spool.md',
      'docs/witness.md',
      'docs/tiles-and-anchors.md',
      'docs/account-for-disclosures.md',
      'docs/export-a-log.md',
      'docs/fhir-audit-events.md',
      'docs/forward-to-a-siem.md',
      'docs/detect-misuse.md',
      'docs/sealed-audit.md',
      'docs/prune-audit.md',
    ],
  },
  {
    text: 'Encrypt',
    folded: true,
    entries: [
      'docs/encrypt-a-drizzle-column.md',
      'docs/search-sealed-columns.md',
      'docs/rotate-keys.md',
      'docs/retire-a-tenant.md',
      'docs/write-a-kms-adapter.md',
    ],
  },
  {
    text: 'Decide access',
    folded: true,
    entries: [
      'docs/write-a-policy.md',
      'docs/hipaa-policy-pack.md',
      'docs/test-a-policy.md',
      'docs/policy-in-the-database.md',
      'docs/act-as-somebody.md',
      'docs/patient-directives.md',
      'docs/sessions.md',
    ],
  },
  {
    text: 'Deadlines and retention',
    folded: true,
    entries: [
      'docs/compute-breach-notices.md',
      'docs/state-breach-law.md',
      'docs/contract-clocks.md',
      'docs/recurring-duties.md',
      'docs/requests-and-incidents.md',
      'docs/test-due-dates.md',
      'docs/retention-on-postgres.md',
    ],
  },
  {
    text: 'Agreements',
    folded: true,
    entries: [
      'docs/may-a-vendor-get-notes.md',
      'docs/agreements-as-data.md',
      'docs/versions-and-chains.md',
      'docs/data-flows-in-ci.md',
      'docs/guarded-requests-and-signatures.md',
      'docs/telehealth.md',
      'docs/ai-features.md',
      'docs/safeguards-register.md',
      'docs/keep-vendor-data.md',
    ],
  },
  {
    text: 'Storage',
    folded: true,
    entries: [
      'docs/stores-on-postgres.md',
      'docs/check-a-database.md',
      'docs/swap-the-storage.md',
      'examples/caller-transactions/README.md',
      'examples/sqlite-adapter/README.md',
    ],
  },
  {
    text: 'Operate',
    folded: true,
    entries: [
      'docs/phi-setup.md',
      'docs/phi-audit.md',
      'docs/look-at-a-log.md',
      'docs/phi-keys.md',
      'docs/phi-policy.md',
      'docs/phi-deadlines.md',
      'docs/phi-retention.md',
      'docs/phi-baa.md',
    ],
  },
  {
    text: 'Concepts',
    folded: true,
    entries: [
      'docs/threat-model.md',
      'docs/what-each-layer-stops.md',
      'docs/what-code-cannot-do.md',
      'docs/fault-matrix.md',
      'docs/formats/README.md',
      'docs/formats/conventions.md',
      'docs/formats/audit-v1.md',
      'docs/formats/audit-evidence-v1.md',
      'docs/formats/audit-transport-v1.md',
      'docs/formats/envelope-v1.md',
      'docs/formats/policy-v1.md',
      'docs/formats/agreements-v1.md',
      'docs/formats/retention-v1.md',
      'docs/how-formats-evolve.md',
    ],
  },
  {
    text: 'Evidence',
    folded: true,
    entries: [
      'docs/requirements.md',
      'docs/controls.md',
      { path: 'docs/benchmarks.md', text: 'Benchmarks' },
      { path: 'packages/bench/README.md', text: 'How it is measured' },
      { path: 'packages/consumer/README.md', text: 'Used as a stranger would' },
      'docs/dependencies.md',
      'docs/changelog.md',
      'docs/upgrade.md',
      'docs/release.md',
      'SECURITY.md',
      'CONTRIBUTING.md',
    ],
  },
  {
    text: 'Decisions',
    folded: true,
    entries: [
      'docs/adr/README.md',
      'docs/adr/0001-salted-groups.md',
      'docs/adr/0002-chain-and-tree.md',
      'docs/adr/0003-one-head-lock.md',
      'docs/adr/0004-no-insert-for-the-service.md',
      'docs/adr/0005-committing-suites.md',
      'docs/adr/0006-three-values-fail-closed.md',
      'docs/adr/0007-tenant-from-the-session.md',
      'docs/adr/0008-law-as-dated-data.md',
      'docs/adr/0009-reasons-not-verdicts.md',
      'docs/adr/0010-esm-and-commonjs.md',
      'docs/adr/0011-two-crypto-twins.md',
      'docs/adr/0012-toolchain.md',
      'docs/adr/0013-embedded-postgres.md',
      'docs/adr/0014-parse-at-the-boundary.md',
      'docs/adr/0015-formats-have-versions.md',
      'docs/adr/0016-requirements-from-titles.md',
      'docs/design-notes.md',
    ],
  },
  {
    text: 'Packages',
    entries: ['audit', 'postgres', 'envelope', 'rbac', 'deadlines', 'retention', 'baa', 'http', 'cli', 'testing', 'core'].map(
      (name) => `packages/${name}/README.md`,
    ),
  },
]

/** The documents of the sidebar, in its order. */
export const listed: readonly string[] = groups.flatMap(({ entries }) =>
  entries.map((entry) => (typeof entry === 'string' ? entry : entry.path)),
)

const linkTo = (entry: Entry) => {
  const path = typeof entry === 'string' ? entry : entry.path
  const page = pageOf(path)
  if (page === undefined) throw new Error(`${path} stands in the sidebar and is no page`)
  return { text: typeof entry === 'string' ? titleOf(path) : entry.text, link: routeOf(page) }
}

/** The sidebar as VitePress wants it. Titles are the documents' own. */
export const sidebar = () => [
  ...groups.map(({ text, folded, entries }) => ({
    text,
    ...(folded === true ? { collapsed: true } : {}),
    items: entries.map(linkTo),
  })),
  { text: 'Reference', items: [{ text: 'Every declaration', link: '/reference/', target: '_self' }] },
]
