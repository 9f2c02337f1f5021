import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { compile, type PolicyJson, parsePolicy } from '../index.ts'
import { type RowLevelSecurityOptions, rlsSettings, type TableMapping, toRowLevelSecurity } from './index.ts'

const NOW = Date.UTC(2026, 2, 3, 12)
const policyOf = (rules: readonly object[]) =>
  parsePolicy({
    format: 'phi.policy/v1',
    id: 'p',
    version: '1',
    actions: ['read', 'update', 'print'],
    roles: { nurse: {}, doctor: { inherits: ['nurse'] } },
    actor: { clinic: { type: 'string', nullable: true }, since: { type: 'instant' }, unused: { type: 'string' } },
    context: { address: { type: 'ip' } },
    resources: {
      Note: {
        tenant: 'tenant',
        patient: 'patient',
        attributes: {
          tenant: { type: 'string' },
          patient: { type: 'string' },
          clinic: { type: 'string' },
          sealed: { type: 'boolean' },
        },
      },
    },
    views: { short: { Note: ['tenant'] } },
    rules,
  } as unknown as PolicyJson)
const base = { actions: ['read'], resources: ['Note'] }
const permit = { id: 'permit', effect: 'permit', roles: ['nurse'], ...base } as const
const sealed = { op: 'eq', left: { attr: 'resource.sealed' }, right: { value: true } } as const
const columns = {
  tenant: { type: 'text' },
  patient: { type: 'text' },
  clinic: { type: 'text' },
  sealed: { type: 'boolean' },
} as const
const mapping: TableMapping = { table: { schema: 'public', name: 'notes' }, columns }
const options: RowLevelSecurityOptions = { type: 'Note', actions: { select: 'read' }, role: 'app' }
const policies = (rules: readonly object[], more: Partial<RowLevelSecurityOptions> = {}) =>
  toRowLevelSecurity(policyOf(rules), mapping, { ...options, ...more }).statements.filter((each) =>
    each.startsWith('CREATE POLICY'),
  )

const wall = `"tenant" = (SELECT "phi_rbac".setting('phi.tenant'::text)) AND (SELECT "phi_rbac".setting('phi.actor'::text)) IS NOT NULL`
const head = 'ON "public"."notes" AS'

describe('S98 the statements', () => {
  it('S98 make the tenant wall and forbids restrictive, and permits permissive', () => {
    const rules = [permit, { ...base, id: 'sealed', effect: 'forbid', when: sealed }]
    expect(policies(rules)).toEqual([
      `CREATE POLICY "phi:tenant" ${head} RESTRICTIVE FOR ALL TO "app" USING (${wall}) WITH CHECK (${wall})`,
      `CREATE POLICY "phi:select:permit:0:permit" ${head} PERMISSIVE FOR SELECT TO "app" USING ((SELECT "phi_rbac".roles()) && ARRAY['doctor', 'nurse']::text[])`,
      `CREATE POLICY "phi:select:forbid:0:sealed" ${head} RESTRICTIVE FOR SELECT TO "app" USING ("sealed" IS FALSE)`,
    ])
  })

  it('check what an update leaves behind as they check what it finds', () => {
    const rules = [{ ...permit, actions: ['update'], when: sealed }]
    const [, update] = policies(rules, { actions: { update: 'update' } })
    const condition = `(SELECT "phi_rbac".roles()) && ARRAY['doctor', 'nurse']::text[] AND "sealed" IS TRUE`
    expect(update).toBe(
      `CREATE POLICY "phi:update:permit:0:permit" ${head} PERMISSIVE FOR UPDATE TO "app" USING (${condition}) WITH CHECK (${condition})`,
    )
  })

  it('force the policies on the owner, after checking the table and dropping what was there', () => {
    const { statements, application } = toRowLevelSecurity(
      policyOf([permit, { ...permit, id: 'print', actions: ['print'] }]),
      mapping,
      options,
    )
    const order = [
      'CREATE SCHEMA',
      'CREATE OR REPLACE FUNCTION',
      'GRANT USAGE',
      'DO ',
      'ALTER TABLE "public"."notes" ENABLE',
      'ALTER TABLE "public"."notes" FORCE',
      'CREATE POLICY',
    ]
    const places = order.map((start) => statements.findIndex((each) => each.startsWith(start)))
    expect(places.every((place, index) => place >= 0 && place > (places[index - 1] ?? -1))).toBe(true)
    expect(application).toEqual({ actions: ['print'], columns: false, obligations: false })
  })

  it('write constants as literals that end where they should', () => {
    const when = { op: 'eq', left: { attr: 'resource.clinic' }, right: { value: `it's \\ $phi$` } }
    expect(policies([{ ...permit, when }])[1]).toContain(`"clinic" = E'it''s \\\\ $phi$'::text`)
  })

  it('refuse views, hidden fields and obligations unless the application keeps them', async () => {
    const override = { ...base, id: 'sealed', effect: 'forbid', when: sealed, unless: ['emergency'] }
    for (const [rule, more] of [
      [{ ...permit, view: 'short' }, { columns: 'application' }],
      [{ ...base, id: 'sealed', effect: 'forbid', when: sealed, fields: ['clinic'] }, { columns: 'application' }],
      [{ ...permit, obligations: [{ type: 'step-up', max_age: 1 }] }, { obligations: 'application' }],
      [override, { obligations: 'application' }],
    ] as const) {
      const error = await refusal(() => policies([rule]))
      expect(error).toMatchObject({ code: 'PHI_RBAC_UNTRANSLATABLE', info: { rule: rule.id } })
      expect(policies([rule], more).length).toBeGreaterThan(0)
    }
    // What leaves something to do opens nothing here.
    expect(
      policies([{ ...permit, obligations: [{ type: 'step-up', max_age: 1 }] }], { obligations: 'application' }),
    ).toHaveLength(1)
    expect(policies([permit, override], { obligations: 'application' })[2]).toContain('USING ("sealed" IS FALSE)')
  })

  it('refuse options and mappings that do not fit', async () => {
    const code = async (more: object, table: object = mapping) =>
      (await refusal(() => toRowLevelSecurity(policyOf([permit]), table as TableMapping, { ...options, ...more }))).code
    expect(await code({ type: 'toString' })).toBe('PHI_RBAC_QUERY')
    expect(await code({ actions: {} })).toBe('PHI_RBAC_QUERY')
    expect(await code({ actions: { select: 'nosuch' } })).toBe('PHI_RBAC_QUERY')
    expect(await code({ role: '' })).toBe('PHI_RBAC_QUERY')
    expect(await code({ obligations: 'ignore' })).toBe('PHI_RBAC_QUERY')
    expect(await code({}, { columns })).toBe('PHI_RBAC_QUERY')
    expect(await code({}, { table: 'notes', columns: {} })).toBe('PHI_RBAC_UNTRANSLATABLE')
  })
})

describe('S98 the settings', () => {
  const rules = compile(
    policyOf([
      { ...permit, when: { op: 'eq', left: { attr: 'actor.clinic' }, right: { attr: 'resource.clinic' } } },
      { ...permit, id: 'since', when: { op: 'lt', left: { attr: 'actor.since' }, right: { now: true } } },
      { ...permit, id: 'inside', when: { op: 'cidr', of: 'context.address', ranges: ['10.0.0.0/8'] } },
      { ...permit, id: 'granted', when: { op: 'granted', kind: 'consent' } },
    ]),
    { clock: () => NOW },
  )
  const actor = {
    id: 'u1',
    tenant: 't1',
    roles: ['nurse', 'ghost'],
    clinic: 'east',
    since: '2026-01-01T00:00:00.000Z',
    unused: 'x',
  }
  const settings = (request: object) => {
    const { values } = rlsSettings(rules, { actor, ...request } as never, { clock: () => NOW })
    const [tenant, id, roles, purpose, attributes, context, grants, at] = values
    return { tenant, id, roles, purpose, attributes, context, grants, at }
  }

  it('are local to the transaction, and hold what rules read', () => {
    const { text } = rlsSettings(rules, { actor } as never)
    expect(text).toBe(
      `SELECT ${['tenant', 'actor', 'roles', 'purpose', 'attributes', 'context', 'grants', 'at'].map((name, i) => `set_config('phi.${name}', $${i + 1}::text, true)`).join(', ')}`,
    )
    const grant = { kind: 'consent', tenant: 't1', patient: 'p1', from: NOW - 1, until: null }
    expect(settings({ purpose: 'TREAT', context: { address: '::ffff:10.0.0.1' }, grants: [grant] })).toEqual({
      tenant: 't1',
      id: 'u1',
      roles: '["nurse"]',
      purpose: 'TREAT',
      attributes: '{"clinic":"east","since":1767225600000}',
      context: '{"address":"10.0.0.1"}',
      grants: '{"patients:Note/read/consent":["p1"],"sound:Note/read/consent":true}',
      at: '1772539200000',
    })
  })

  it('tell null, absent and unreadable apart', () => {
    const { clinic: _, ...others } = actor
    expect(settings({ actor: { ...actor, clinic: null } }).attributes).toContain('"clinic":null')
    expect(settings({ actor: { ...actor, clinic: 1 } }).attributes).toContain('"clinic":{}')
    expect(settings({ actor: { ...actor, clinic: 'x\ud800' } }).attributes).toContain('"clinic":{}')
    expect(settings({ actor: others }).attributes).not.toContain('clinic')
    expect(settings({ purpose: 'NOSUCH' }).purpose).toBe('')
    expect(settings({ at: 'now' }).at).toBe('')
    expect(settings({ grants: [null] }).grants).toContain('"sound:Note/read/consent":false')
  })

  it('S98 are empty for nobody', () => {
    for (const who of [
      { ...actor, id: '' },
      { ...actor, tenant: 1 },
      { ...actor, roles: 'nurse' },
      { ...actor, tenant: 't\0' },
    ]) {
      expect(Object.values(settings({ actor: who }))).toEqual(Array(8).fill(''))
    }
  })

  it('take nothing from a polluted prototype', () => {
    const { clinic: _, ...others } = actor
    const prototype = Object.prototype as unknown as Record<string, unknown>
    Object.assign(prototype, { clinic: 'east', purpose: 'TREAT', grants: [] })
    try {
      const found = settings({ actor: others })
      expect(found.attributes).toBe('{"since":1767225600000}')
      expect(found.purpose).toBe('')
    } finally {
      for (const name of ['clinic', 'purpose', 'grants']) delete prototype[name]
    }
  })

  it('refuse forbids that the database does not have, and requests that cannot be read', async () => {
    const more = rules.with([{ ...base, id: 'directive', effect: 'forbid' } as never])
    expect((await refusal(() => rlsSettings(more, { actor } as never))).code).toBe('PHI_RBAC_UNTRANSLATABLE')
    expect((await refusal(() => rlsSettings(rules, { actor: null } as never))).code).toBe('PHI_RBAC_QUERY')
  })
})
