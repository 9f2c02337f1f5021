import { describe, expect, it } from 'vitest'
import { describePrograms, describeTables, named, readDocument, rowsOf, sectionOf } from '../../core/test/documents.ts'
import * as analysis from './analysis/index.ts'
import * as cedar from './cedar/index.ts'
import * as directives from './directives/index.ts'
import * as hipaa from './hipaa/index.ts'
import * as root from './index.ts'
import { builtInOverrides } from './policy/override.ts'
import * as session from './session/index.ts'
import * as sql from './sql/index.ts'

const readme = await readDocument('packages/rbac/README.md')
const guides = ['hipaa-policy-pack', 'patient-directives', 'sessions', 'test-a-policy', 'policy-in-the-database']

await describePrograms('rbac', ['packages/rbac/README.md', ...guides.map((name) => `docs/${name}.md`)])

describeTables(
  readme,
  {
    '@phi/rbac': root,
    '@phi/rbac/hipaa': hipaa,
    '@phi/rbac/directives': directives,
    '@phi/rbac/session': session,
    '@phi/rbac/analysis': analysis,
    '@phi/rbac/sql': sql,
    '@phi/rbac/cedar': cedar,
  },
  [root.rbacErrors, root.roleErrors, directives.directiveErrors, session.sessionErrors],
)

describe('the other tables of the README and of the guides', () => {
  it('name every built-in override', () => {
    const rows = rowsOf(sectionOf(readme, 'Purposes, fields, grants, obligations')).filter(([cell]) => cell?.startsWith('`'))
    expect(rows.map(([cell]) => named(cell)[0])).toEqual(Object.keys(builtInOverrides))
  })

  it('count the policy pack as it is', async () => {
    const { roles, resources, rules, actions } = hipaa.hipaaPolicy
    const counts = [Object.keys(roles).length, Object.keys(resources).length, rules.length] as const
    expect(sectionOf(readme, 'What else there is')).toContain(
      `${counts[0]} roles, ${counts[1]} kinds of records, ${counts[2]} rules`,
    )
    const said = `${counts[1]} types of records, ${actions.length} actions, ${counts[0]} roles, ${counts[2]} rules`
    expect((await readDocument('docs/hipaa-policy-pack.md')).replace(/\s+/g, ' ')).toContain(said)
  })

  it('name every reason for which a session or an identity is refused', async () => {
    const guide = await readDocument('docs/sessions.md')
    const reasons = [...Object.keys(session.identityRefusals), ...Object.keys(session.sessionRefusals)]
    expect(reasons.length).toBeGreaterThan(20)
    for (const reason of reasons) expect(guide, reason).toContain(`\`${reason}\``)
  })
})
