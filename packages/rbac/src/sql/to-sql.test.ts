import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { compile, type Forbid, type PolicyJson, parsePolicy, type Rule } from '../index.ts'
import { columnsCheck, type TableMapping, toSql } from './index.ts'

const NOW = Date.UTC(2026, 2, 3, 12)
const attributes = {
  id: { type: 'string' },
  tenant: { type: 'string' },
  patient: { type: 'string', nullable: true },
  team: { type: 'set', of: 'string' },
  clinic: { type: 'string', nullable: true },
  level: { type: 'number' },
  signed: { type: 'instant' },
  sealed: { type: 'boolean' },
  address: { type: 'ip' },
  site: { type: 'object', attributes: { name: { type: 'string' } } },
  extra: { type: 'opaque' },
} as const satisfies PolicyJson['resources'][string]['attributes']

const policyOf = (rules: readonly Rule[], more: Partial<PolicyJson> = {}) =>
  parsePolicy({
    format: 'phi.policy/v1',
    id: 'p',
    version: '1',
    actions: ['read'],
    roles: { nurse: {}, doctor: { inherits: ['nurse'] } },
    actor: { clinic: { type: 'string', nullable: true }, clinics: { type: 'set', of: 'string' } },
    resources: { Note: { tenant: 'tenant', patient: 'patient', attributes } },
    rules,
    ...more,
  })
const permit = (when?: Rule['when'], more: object = {}) =>
  ({ id: 'permit', effect: 'permit', roles: ['nurse'], actions: ['read'], resources: ['Note'], when, ...more }) as Rule
const forbid = (when?: Rule['when'], more: object = {}) =>
  ({ id: 'forbid', effect: 'forbid', actions: ['read'], resources: ['Note'], when, ...more }) as Forbid
const mapping: TableMapping = {
  alias: 'n',
  columns: {
    tenant: { type: 'text' },
    patient: { type: 'uuid', name: 'patient_id' },
    team: { type: 'text[]', name: 'care_team' },
    clinic: { type: 'text' },
    level: { type: 'integer' },
    signed: { type: 'timestamptz' },
    sealed: { type: 'boolean' },
    address: { type: 'inet' },
    'site.name': { type: 'text', name: 'site_name' },
  },
}
const nurse = { id: 'u1', tenant: 't1', roles: ['nurse'] }
const ask = (
  rules: readonly Rule[],
  request: object = {},
  options: object = {},
  columns = mapping,
  more: Partial<PolicyJson> = {},
) =>
  toSql(compile(policyOf(rules, more)), { actor: nurse, action: 'read', type: 'Note', ...request } as never, columns, {
    clock: () => NOW,
    ...options,
  })
const tenant = '"n"."tenant" = $1::text'
const is = (path: string, value: unknown) => ({ op: 'eq', left: { attr: path }, right: { value } }) as Rule['when']

describe('S98 a condition for one actor, action and type', () => {
  it('S98, S2 holds the tenant wall, then what permits ask', () => {
    expect(ask([permit()])).toEqual({ text: `(${tenant})`, values: ['t1'] })
    expect(ask([permit({ op: 'in', left: { attr: 'actor.id' }, right: { attr: 'resource.team' } })])).toEqual({
      text: `(${tenant} AND CASE WHEN cardinality("n"."care_team") = 0 THEN TRUE WHEN array_ndims("n"."care_team") = 1 AND cardinality("n"."care_team") <= 10000 THEN array_position("n"."care_team", NULL) IS NULL ELSE FALSE END AND $2::text = ANY ("n"."care_team"))`,
      values: ['t1', 'u1'],
    })
  })

  it('S21 is FALSE for those who may see nothing', () => {
    const nothing = { text: 'FALSE', values: [] }
    expect(ask([])).toEqual(nothing)
    expect(ask([permit()], { actor: { ...nurse, roles: ['guest'] } })).toEqual(nothing)
    expect(ask([permit()], { actor: { ...nurse, id: '' } })).toEqual(nothing)
    expect(ask([permit()], { actor: { ...nurse, tenant: '' } })).toEqual(nothing)
    expect(ask([permit()], { actor: { ...nurse, tenant: 't\0' } })).toEqual(nothing)
    expect(ask([permit()], { actor: { ...nurse, roles: 'nurse' } })).toEqual(nothing)
    expect(ask([permit()], { actor: { ...nurse, roles: Array(300).fill('nurse') } })).toEqual(nothing)
    expect(ask([permit(), forbid()])).toEqual(nothing)
    expect(ask([permit(undefined, { purposes: ['TREAT'] })])).toEqual(nothing)
    expect(ask([permit(undefined, { obligations: [{ type: 'step-up', max_age: 300 }] })])).toEqual(nothing)
  })

  it('knows roles by inheritance', () => {
    expect(ask([permit()], { actor: { ...nurse, roles: ['doctor'] } }).text).toBe(`(${tenant})`)
  })

  it('lets a forbid pass only where it is false: neither true nor unknown', () => {
    expect(ask([permit(), forbid(is('resource.sealed', true))]).text).toBe(`(${tenant} AND "n"."sealed" IS FALSE)`)
    expect(ask([permit(), forbid(is('resource.clinic', 'east'))])).toEqual({
      text: `(${tenant} AND "n"."clinic" IS DISTINCT FROM $2::text)`,
      values: ['t1', 'east'],
    })
    expect(ask([permit(), forbid(is('actor.clinic', 'east'))]).text).toBe('FALSE')
    expect(ask([permit(), forbid(is('actor.clinic', 'east'))], { actor: { ...nurse, clinic: null } }).text).toBe(`(${tenant})`)
  })

  it('changes the forms of what stands under not', () => {
    expect(ask([permit({ op: 'not', of: is('resource.level', 3) as never })])).toEqual({
      text: `(${tenant} AND "n"."level" <> $2::bigint)`,
      values: ['t1', 3],
    })
    expect(
      ask([permit({ op: 'not', of: { op: 'or', of: [is('resource.sealed', true), is('actor.clinic', 'x')] as never } })]).text,
    ).toBe('FALSE')
  })

  it('decides about actor, purpose, context and time while translating', () => {
    const rule = permit({
      op: 'or',
      of: [
        { op: 'and', of: [{ op: 'purpose', is: ['TREAT'] }, is('resource.sealed', false) as never] },
        { op: 'lt', left: { attr: 'resource.signed' }, right: { now: true } },
      ],
    })
    const range = `("n"."signed" > '-infinity'::timestamptz AND "n"."signed" < '275760-09-13 00:00:00.001+00'::timestamptz)`
    expect(ask([rule], { purpose: 'HPAYMT' })).toEqual({
      text: `(${tenant} AND "n"."signed" < $2::timestamptz AND ${range})`,
      values: ['t1', '2026-03-03T12:00:00.000Z'],
    })
    expect(ask([rule], { purpose: 'ETREAT', at: 'never' }).text).toBe(`(${tenant} AND "n"."sealed" IS FALSE)`)
  })

  it('asks about patients by those for whom grants count', () => {
    const uuid = '6f1d3a52-0c3e-4d6a-9b51-0d6f0a7c1e11'
    const consent = (patient: string) => ({ kind: 'consent', tenant: 't1', patient, from: NOW - 1, until: NOW + 1 })
    const rule = permit({ op: 'granted', kind: 'consent' })
    expect(ask([rule], { grants: [consent(uuid), { ...consent('late'), from: NOW + 1, until: null }] })).toEqual({
      text: `(${tenant} AND "n"."patient_id" = ANY ($2::text[]::uuid[]))`,
      values: ['t1', [uuid]],
    })
    expect(ask([rule]).text).toBe('FALSE')
    // One that cannot be read: the forbid may be true for anybody.
    expect(ask([permit(), forbid({ op: 'granted', kind: 'consent' })], { grants: [null] }).text).toBe('FALSE')
    expect(ask([permit(), forbid({ op: 'granted', kind: 'consent' })], { grants: [] }).text).toBe(`(${tenant})`)
  })

  it('opens a forbid by the first override that is true, and only where it asks for nothing', () => {
    const overrides = {
      asking: { when: is('resource.sealed', true) as never, obligations: [{ type: 'document', record: ['why'] } as const] },
      free: { when: is('resource.level', 1) as never },
    }
    const rules = [permit(), forbid(undefined, { unless: ['asking', 'free'] })]
    expect(ask(rules, {}, {}, mapping, { overrides }).text).toBe(
      `(${tenant} AND "n"."level" = $2::bigint AND ("n"."sealed" IS TRUE) IS NOT TRUE)`,
    )
    expect(ask(rules, {}, { evidence: { documented: { why: 'a storm' } } }, mapping, { overrides }).text).toBe(
      `(${tenant} AND ("n"."sealed" IS TRUE OR "n"."level" = $2::bigint))`,
    )
  })

  it('takes the forbids of directives as well', () => {
    const rules = compile(policyOf([permit()])).with([forbid(is('resource.level', 2))])
    const { text } = toSql(rules, { actor: nurse, action: 'read', type: 'Note' } as never, mapping)
    expect(text).toBe(`(${tenant} AND "n"."level" <> $2::bigint)`)
  })

  it('S129 leaves out rows of which no field would remain', () => {
    const views = { short: { Note: ['id', 'level'] } }
    const rules = [permit(undefined, { view: 'short' }), forbid(is('resource.sealed', true), { fields: ['id', 'level'] })]
    expect(ask(rules, {}, {}, mapping, { views }).text).toBe(`(${tenant} AND "n"."sealed" IS FALSE)`)
    const some = [permit(undefined, { view: 'short' }), forbid(is('resource.sealed', true), { fields: ['id'] })]
    expect(ask(some, {}, {}, mapping, { views }).text).toBe(`(${tenant})`)
  })

  it('reads what is nested in an object only where the object is there', () => {
    const attributesOf = (nullable: object) => ({
      tenant: { type: 'string' },
      site: { type: 'object', attributes: { name: { type: 'string' } }, ...nullable },
    })
    const columns = {
      tenant: { type: 'text' },
      site: { type: 'other' },
      'site.name': { type: 'text', name: 'site_name' },
    } as const
    const textFor = (nullable: object) =>
      ask([permit({ op: 'not', of: is('resource.site.name', 'x') as never })], {}, {}, { columns }, {
        resources: { Note: { tenant: 'tenant', attributes: attributesOf(nullable) } },
      } as never).text
    const value = `(CASE WHEN "site" IS NOT NULL THEN "site_name" END)`
    expect(textFor({})).toBe(`("tenant" = $1::text AND ${value} <> $2::text)`)
    expect(textFor({ nullable: true })).toBe(
      `("tenant" = $1::text AND ("site" IS NULL OR "site_name" IS NOT NULL) AND ${value} IS DISTINCT FROM $2::text)`,
    )
  })

  it('reads null on the way to an attribute of the actor as null where the object may be', () => {
    const actor = (nullable: object) =>
      ({
        actor: { unit: { type: 'object', attributes: { name: { type: 'string' } }, ...nullable } },
      }) as unknown as Partial<PolicyJson>
    const rules = [permit({ op: 'not', of: is('actor.unit.name', 'x') as never })]
    const request = { actor: { ...nurse, unit: null } }
    expect(ask(rules, request, {}, mapping, actor({ nullable: true })).text).toBe(`(${tenant})`)
    expect(ask(rules, request, {}, mapping, actor({})).text).toBe('FALSE')
  })

  it('numbers parameters from where it is told, each value once', () => {
    const rule = permit({ op: 'or', of: [is('resource.clinic', 't1'), is('resource.site.name', 't1')] as never })
    const { text, values } = ask([rule], {}, { startAt: 7 })
    expect(text).toBe(`("n"."tenant" = $7::text AND ("n"."clinic" = $7::text OR "n"."site_name" = $7::text))`)
    expect(values).toEqual(['t1'])
  })

  it('writes no value into the text, whatever it is', () => {
    const hostile = `'; drop table notes; -- \\ $$ "`
    const rule = permit({
      op: 'and',
      of: [
        is('resource.clinic', hostile),
        { op: 'in', left: { attr: 'resource.clinic' }, right: { attr: 'actor.clinics' } },
      ] as never,
    })
    const { text, values } = ask([rule], { actor: { ...nurse, tenant: hostile, clinics: [hostile, 'x'] } })
    expect(text).not.toContain('drop')
    expect(values).toEqual([hostile, [hostile, 'x']])
  })

  it('quotes names', () => {
    const columns = {
      table: { schema: 'a"b', name: 'c' },
      columns: { ...mapping.columns, tenant: { type: 'text', name: 'x" = x --' } },
    } as const
    expect(ask([permit()], {}, {}, columns).text).toBe(`("a""b"."c"."x"" = x --" = $1::text)`)
  })

  it('gives an actor whose attributes throw what unknown attributes give', () => {
    const actor = Object.defineProperty({ ...nurse }, 'clinic', {
      get: () => {
        throw new Error('PHI')
      },
    })
    expect(ask([permit(is('actor.clinic', 'east'))], { actor }).text).toBe('FALSE')
    expect(ask([permit(), forbid(is('actor.clinic', 'east'))], { actor }).text).toBe('FALSE')
  })
})

describe('S129 fields that a query tells about', () => {
  const views = { short: { Note: ['id', 'level'] } }

  it('refuses to filter, sort or select by what some permit does not show', async () => {
    const rules = [permit(undefined, { view: 'short' }), permit(is('resource.level', 1), { id: 'more' })]
    for (const use of ['filter', 'sort', 'select']) {
      const error = await refusal(() => ask(rules, {}, { [use]: ['clinic'] }, mapping, { views }))
      expect(error.code).toBe('PHI_RBAC_HIDDEN_FIELD')
      expect(ask(rules, {}, { [use]: ['level'] }, mapping, { views }).text).toBe(`(${tenant})`)
    }
    expect((await refusal(() => ask([permit()], {}, { filter: ['nosuch'] }))).code).toBe('PHI_RBAC_HIDDEN_FIELD')
  })

  it('refuses to sort by what a forbid may hide, and not where it cannot apply', async () => {
    const rules = [permit(), forbid(is('resource.sealed', true), { fields: ['clinic'], purposes: ['HPAYMT'] })]
    expect((await refusal(() => ask(rules, { purpose: 'HPAYMT' }, { sort: ['clinic'] }))).code).toBe('PHI_RBAC_HIDDEN_FIELD')
    // Without a purpose it is unknown whether the forbid applies.
    expect((await refusal(() => ask(rules, {}, { sort: ['clinic'] }))).code).toBe('PHI_RBAC_HIDDEN_FIELD')
    expect(ask(rules, { purpose: 'TREAT' }, { sort: ['clinic'] }).text).toBe(`(${tenant})`)
  })
})

describe('what cannot be translated', () => {
  const code = async (work: () => unknown) => (await refusal(work)).code

  it('refuses rules about attributes without a column, for every actor', async () => {
    const { clinic: _, ...columns } = mapping.columns
    const rules = [permit(), permit(is('resource.clinic', 'east'), { id: 'doctors', roles: ['doctor'] })]
    const error = await refusal(() => ask(rules, {}, {}, { columns }))
    expect(error).toMatchObject({ code: 'PHI_RBAC_UNTRANSLATABLE', info: { attribute: 'resource.clinic' } })
  })

  it('refuses columns that cannot hold the attribute, and types with a meaning of their own', async () => {
    const as = (type: string) => ({ ...mapping, columns: { ...mapping.columns, level: { type } } }) as TableMapping
    const rules = [permit(is('resource.level', 1))]
    expect(await code(() => ask(rules, {}, {}, as('text')))).toBe('PHI_RBAC_UNTRANSLATABLE')
    for (const type of ['citext', 'char(3)', 'real', 'timestamp', 'money']) {
      expect(await code(() => ask(rules, {}, {}, as(type)))).toBe('PHI_RBAC_QUERY')
    }
  })

  it('refuses mappings and options that are none', async () => {
    for (const columns of [
      {},
      { columns: { 'a b': { type: 'text' } } },
      { columns: {}, alias: '' },
      { columns: {}, alias: 'x'.repeat(64) },
    ]) {
      expect(await code(() => ask([permit()], {}, {}, columns as never))).toMatch(/^PHI_RBAC_(QUERY|UNTRANSLATABLE)$/)
    }
    for (const options of [{ startAt: 0 }, { startAt: Number.NaN }, { filter: 'id' }]) {
      expect(await code(() => ask([permit()], {}, options))).toBe('PHI_RBAC_QUERY')
    }
    expect(await code(() => columnsCheck(mapping))).toBe('PHI_RBAC_QUERY')
  })

  it('refuses types and actions that are not in the policy, and requests that cannot be read, without showing them', async () => {
    for (const request of [{ type: 'toString' }, { action: 'Jane Roe' }, { actor: null }, { actor: undefined }]) {
      const error = await refusal(() => ask([permit()], request))
      expect(error.code).toBe('PHI_RBAC_QUERY')
      expect(error.message).not.toContain('Jane')
    }
    const thrown = Object.defineProperty({ ...nurse }, 'id', {
      get: () => {
        throw new Error('Jane Roe')
      },
    })
    const error = await refusal(() => ask([permit()], { actor: thrown }))
    expect(error.code).toBe('PHI_RBAC_QUERY')
    expect(JSON.stringify(error) + String(error.cause)).not.toContain('Jane')
  })

  it('translates nothing while Object.prototype is polluted, which could rename columns', async () => {
    const rules = compile(policyOf([permit()]))
    const prototype = Object.prototype as unknown as Record<string, unknown>
    prototype.name = 'other'
    try {
      expect(await code(() => toSql(rules, { actor: nurse, action: 'read', type: 'Note' } as never, mapping))).toBe(
        'PHI_RBAC_QUERY',
      )
    } finally {
      delete prototype.name
    }
  })
})
