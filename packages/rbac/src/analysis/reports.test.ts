import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refusal } from '../../../core/test/refusal.ts'
import { billing, changed, clinic, draft, signed, withRules } from '../../test/analysed-clinic.ts'
import { cases } from '../../test/random-policy.ts'
import { definePolicy } from '../policy/define.ts'
import type { Rule } from '../policy/policy.ts'
import { analyse } from './analyse.ts'
import { diffPolicies } from './diff.ts'
import { findingCodes } from './findings.ts'
import { renderMarkdown, renderText } from './render.ts'
import { separationOfDuties } from './separation.ts'
import { compareSnapshot, snapshot } from './snapshot.ts'
import { whatCan, whoCan } from './who-can.ts'

const read = { effect: 'permit', roles: ['therapist'], actions: ['read'], resources: ['Note'] } as const
const team = clinic.rules[0]?.when as NonNullable<Rule['when']>
const restricted = clinic.rules[1]?.when as NonNullable<Rule['when']>
const found = (...rules: Rule[]) =>
  analyse(withRules(...rules)).findings.map(({ code, rule, message }) => [code, rule ?? message])

describe('findings', () => {
  it('S21 are few for a small policy that is right', () => {
    // Billing has no permits, and so gives nothing to those who inherit it.
    expect(analyse(clinic).findings.map(({ code }) => code)).toEqual(['unused-role', 'unused-view'])
  })

  it('S21 name rules that cannot do what they are there for', () => {
    const both = { op: 'and', of: [signed, draft] } as const
    expect(found({ ...read, id: 'never', when: both })).toContainEqual(['contradiction', 'never'])
    expect(found({ ...read, id: 'again', when: { op: 'and', of: [team, signed] } })).toContainEqual(['shadowed', 'again'])
    const forbid = { id: 'no', effect: 'forbid', actions: ['update'], resources: ['Note'] } as const
    expect(found(forbid)).toContainEqual(['unreachable', 'care-team'])
    expect(found({ ...forbid, when: both })).not.toContainEqual(['contradiction', 'no'])
    // Where the team was not loaded the forbid fires, and nothing was permitted there.
    expect(found({ ...forbid, when: { op: 'and', of: [team, { op: 'not', of: team }] } })).toContainEqual(['ineffective', 'no'])
    expect(
      found({
        ...forbid,
        when: {
          op: 'and',
          of: [
            { op: 'has', of: 'resource.id' },
            { op: 'not', of: { op: 'has', of: 'resource.tenant' } },
          ],
        },
      }),
    ).toContainEqual(['contradiction', 'no'])
    expect(
      found({
        ...forbid,
        actions: ['read'],
        when: { op: 'and', of: [restricted, { op: 'not', of: { op: 'purpose', is: ['ETREAT'] } }] },
      }),
    ).toContainEqual(['ineffective', 'no'])
  })

  it('name overrides that never open, and forbids that always are open', () => {
    const forbid = { id: 'no', effect: 'forbid', actions: ['read'], resources: ['Note'], unless: ['emergency'] } as const
    expect(found({ ...forbid, purposes: ['HPAYMT'] })).toContainEqual(['override-never-opens', 'no'])
    const open = changed(({ rules }) => ({
      overrides: { any: { when: { op: 'has', of: 'resource.tenant' } } },
      rules: [...rules, { ...forbid, unless: ['any'] }],
    }))
    expect(analyse(open).findings.map(({ code }) => code)).toContain('hollow')
  })

  it('name a forbid that opens when an attribute was not loaded, with a request', () => {
    const guarded: Rule = {
      id: 'guarded',
      effect: 'forbid',
      actions: ['update'],
      resources: ['Note'],
      when: { op: 'and', of: [{ op: 'has', of: 'resource.restricted' }, restricted] },
    }
    const finding = analyse(withRules(guarded)).findings.find(({ code }) => code === 'guarded-forbid')
    expect(finding?.message).toBe('guarded: does not apply when resource.restricted was not loaded')
    expect(Object.hasOwn(finding?.example?.resource.record ?? {}, 'restricted')).toBe(false)
  })

  it('name purposes that are said twice or never apply', () => {
    expect(found({ ...read, id: 'p', purposes: ['TREAT', 'ETREAT'] })).toContainEqual(['redundant-purpose', 'p'])
    const when = { op: 'and', of: [team, { op: 'purpose', is: ['TREAT'] }] } as const
    expect(found({ ...read, id: 'p', purposes: ['TREAT', 'HPAYMT'], when })).toContainEqual(['unreachable-purpose', 'p'])
  })

  it('S21 list what each role gets by inheritance, and what nothing uses', () => {
    const analysis = analyse(withRules(billing))
    expect(analysis.findings.find(({ code }) => code === 'inherits')).toMatchObject({
      role: 'admin',
      message: 'admin inherits billing, and by that may read Note in 3 cells more',
      example: { actor: { roles: ['admin'] }, purpose: 'HPAYMT' },
    })
    const idle = changed((policy) => ({
      roles: { ...policy.roles, ghost: {} },
      actions: [...policy.actions, 'sign'],
      grants: ['proxy'],
      overrides: { mine: { when: signed } },
      resources: { ...policy.resources, Bill: { tenant: 'tenant', attributes: { tenant: { type: 'string' } } } },
      views: { all: { Note: Object.keys(policy.resources.Note?.attributes ?? {}) } },
    }))
    const codes = analyse(idle).findings.map(({ code }) => code)
    for (const code of [
      'unused-role',
      'unused-action',
      'unused-grant',
      'unused-override',
      'unused-type',
      'unused-view',
      'view-shows-all',
    ]) {
      expect(codes).toContain(code)
    }
  })

  it('say what is undecided, and have a text for each code', () => {
    const { undecided } = analyse(clinic, { maxNodes: 1 })
    expect(undecided).toContainEqual(expect.objectContaining({ type: 'Note', action: 'read' }))
    expect(Object.values(findingCodes).every((text) => text.length > 10)).toBe(true)
  })
})

describe('who can', () => {
  it('S21 S92 says always, when, or never, for each role', () => {
    const { roles } = whoCan(withRules(billing), { type: 'Note', action: 'read' })
    expect(roles.map(({ role, can, when }) => [role, can, when.text])).toEqual([
      [
        'therapist',
        'sometimes',
        '(actor.id in resource.careTeam and resource.restricted is false) or (actor.id in resource.careTeam and purpose is ETREAT)',
      ],
      ['billing', 'sometimes', 'resource.restricted is false and resource.status = "signed" and purpose is HPAYMT'],
      [
        'admin',
        'sometimes',
        '(resource.restricted is false and resource.status = "signed") or (purpose is ETREAT and resource.status = "signed")',
      ],
      [null, 'never', 'never'],
    ])
  })

  it('takes a purpose and a condition as given', () => {
    const given = { op: 'and', of: [restricted, team] } as const
    const { roles, given: words } = whoCan(clinic, { type: 'Note', action: 'read', purpose: 'ETREAT', given })
    expect(words).toContain('purpose is ETREAT')
    expect(roles[0]).toMatchObject({ can: 'always', gets: [{ obligations: [{ type: 'refrain', code: 'NOREUSE' }] }] })
    expect(whoCan(clinic, { type: 'Note', action: 'read', purpose: 'HPAYMT', given }).roles[0]?.can).toBe('never')
  })

  it('lists what a role can do', () => {
    expect(whatCan(clinic, 'therapist').abilities.map(({ action, can }) => [action, can])).toEqual([
      ['read', 'sometimes'],
      ['update', 'sometimes'],
    ])
    expect(whatCan(clinic, 'billing').abilities).toEqual([])
  })

  it('refuses names that the policy does not have', async () => {
    expect((await refusal(() => whatCan(clinic, 'toString'))).code).toBe('PHI_RBAC_QUERY')
    expect((await refusal(() => whoCan(clinic, { type: 'Note', action: 'x' }))).code).toBe('PHI_RBAC_QUERY')
    const given = { op: 'has', of: 'resource.secret' } as const
    expect((await refusal(() => whoCan(clinic, { type: 'Note', action: 'read', given }))).code).toBe('PHI_RBAC_POLICY')
  })
})

describe('separation of duties', () => {
  const duties = [
    { action: 'read', type: 'Note' },
    { action: 'update', type: 'Note' },
  ]
  it('S21 finds who can do all, alone or together', () => {
    const { breaches } = separationOfDuties(withRules(billing), [{ id: 'two', duties }])
    expect(breaches.map(({ by, roles }) => [by, roles])).toEqual([['role', ['therapist']]])
    const apart = changed(({ rules }) => ({
      rules: rules.map((each) => (each.id === 'care-team' ? { ...each, actions: ['update'] } : each)),
    }))
    expect(separationOfDuties(apart, [{ id: 'two', duties }]).breaches.map(({ by, roles }) => [by, roles])).toEqual([
      ['combination', ['therapist', 'admin']],
    ])
    expect(separationOfDuties(apart, [{ id: 'r', roles: ['therapist', 'billing'] }]).breaches).toEqual([])
    expect(separationOfDuties(apart, [{ id: 'r', roles: ['admin', 'billing'] }]).breaches).toHaveLength(1)
  })

  it('does not take "cannot tell" for "holds", nor a typo for a duty', async () => {
    const report = separationOfDuties(clinic, [{ id: 'two', duties }], { maxNodes: 0 })
    expect(report.undecided.map(({ id }) => id)).toEqual(['two'])
    expect(renderText(report)).not.toContain('Every separation')
    const typo = [{ action: 'raed', type: 'Note' }, duties[0] as (typeof duties)[0]]
    expect((await refusal(() => separationOfDuties(clinic, [{ id: 'x', duties: typo }]))).code).toBe('PHI_RBAC_QUERY')
    expect((await refusal(() => separationOfDuties(clinic, [{ id: 'x', roles: ['admin', 'x'] }]))).code).toBe('PHI_RBAC_QUERY')
  })
})

describe('snapshots', () => {
  it('are the same text for the same policy, whatever the order of rules', () => {
    const reversed = changed(({ rules }) => ({ rules: [...rules].reverse(), version: '2' }))
    const strip = (text: string) => text.split('\n').slice(4).join('\n')
    expect(strip(snapshot(reversed))).toBe(strip(snapshot(clinic)))
    expect(compareSnapshot(snapshot(clinic), reversed)).toEqual({ same: true, samePolicy: false, changes: [] })
    expect(compareSnapshot(snapshot(clinic), clinic).samePolicy).toBe(true)
  })

  it('show what changed, with the roles', () => {
    const { same, changes } = compareSnapshot(snapshot(clinic), withRules(billing))
    expect(same).toBe(false)
    expect(changes.map(({ action, type }) => [action, type])).toEqual([['read', 'Note']])
    expect(changes[0]?.added).toContainEqual(expect.stringMatching(/^billing: allow id, status \| 3 cells when /))
  })

  it('tell apart obligations that read alike', () => {
    const notice = (text: string) =>
      withRules({ ...read, id: 'n', roles: ['billing'], obligations: [{ type: 'refrain', code: 'NOREUSE', notice: text }] })
    expect(compareSnapshot(snapshot(notice('one\n## x')), notice('two')).same).toBe(false)
    expect(compareSnapshot(snapshot(notice('one\n## x')), notice('one\n## x')).same).toBe(true)
  })

  it('refuse what is none', async () => {
    const text = snapshot(clinic)
    const bad = [
      '',
      'x',
      text.replace('table/v1', 'table/v2'),
      text.replace('sha256:', 'md5:'),
      `${text}\n## read Note: 1 cells for each role\n`,
    ]
    for (const each of bad) expect((await refusal(() => compareSnapshot(each, clinic))).code).toBe('PHI_RBAC_BASELINE')
    expect(compareSnapshot(text.replaceAll('\n', '\r\n'), clinic).same).toBe(true)
  })

  it('differ for random policies just where cells do', () => {
    let equal = 0
    for (const { policy } of cases({ seed: 5, policies: 25, requests: 1, words: { maxRules: 3, nested: false } })) {
      const less = changed(({ rules }) => ({ rules: rules.slice(1) }), policy)
      // Conditions that nothing depends on are counted: a snapshot may see more than a difference, and never less.
      const isSame = compareSnapshot(snapshot(less), policy).same
      if (isSame) expect(diffPolicies(less, policy).changes).toEqual([])
      equal += isSame ? 1 : 0
      expect(compareSnapshot(snapshot(policy), policy).same).toBe(true)
    }
    expect(equal).toBeLessThan(25)
  })
})

describe('renderings', () => {
  const hostile = '`x` | <img src=x> [a](javascript:b) @team\n# head https://evil.example \u202e'
  const policy = withRules({
    ...read,
    id: 'h',
    roles: ['billing'],
    when: { op: 'eq', left: { attr: 'resource.body' }, right: { value: hostile } },
    obligations: [{ type: 'document', record: [hostile] }],
  })

  it('keeps a long condition out of the table, and says it in full below', () => {
    const names = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'] as const
    const flags = Object.fromEntries(names.map((name) => [name, z.boolean()])) as Record<(typeof names)[number], z.ZodBoolean>
    const wide = definePolicy(
      {
        id: 'wide',
        version: '1',
        resources: { Note: z.object({ tenant: z.string(), ...flags }) },
        actions: ['read'],
        roles: { clerk: {} },
      },
      () => [],
    )
    const opened = definePolicy(
      {
        id: 'wide',
        version: '2',
        resources: { Note: z.object({ tenant: z.string(), ...flags }) },
        actions: ['read'],
        roles: { clerk: {} },
      },
      ({ permit, is }) => [
        permit('clerk')
          .to('read')
          .on('Note')
          .when(is.and(is.resource('one'), ...names.slice(1).map((name) => is.resource(name))))
          .as('all-flags'),
      ],
    )
    const markdown = renderMarkdown(diffPolicies(wide, opened))
    const row = markdown.split('\n').find((line) => line.startsWith('| 1 | widened'))
    expect(row).toMatch(
      /when resource\.\w+ is true and resource\.\w+ is true and resource\.\w+ is true and 9 more conditions \|$/,
    )
    expect(markdown).toContain('<details><summary>In full (1)</summary>')
    for (const flag of Object.keys(flags)) expect(markdown).toContain(`resource.${flag} is true`)
  })

  it('begin with a summary, and fold the details', () => {
    const text = renderMarkdown(diffPolicies(clinic, withRules(billing)))
    expect(text.split('\n')[0]).toBe('**clinic 1 to 1: 3 cells widened, 3 cells exchanged.**')
    expect(text).toContain('| 1 | widened | 3 | billing may now read Note (id, status) when ')
    expect(text).toContain('<details><summary>A request for each (2)</summary>')
    expect(renderText(diffPolicies(clinic, clinic))).toBe('clinic 1 to 1: no cell changed.\n')
  })

  it('let nothing of the policy become markup or a new line', () => {
    const reports = [
      diffPolicies(clinic, policy),
      analyse(policy),
      whoCan(policy, { type: 'Note', action: 'read' }),
      whatCan(policy, 'billing'),
    ]
    for (const report of reports) {
      const markdown = renderMarkdown(report)
      expect(markdown).not.toMatch(/<img|@team|https:|(?<!\\)`|(?<!\\)\[|\u202e/)
      for (const line of markdown.split('\n')) if (line.startsWith('|')) expect(line.endsWith('|')).toBe(true)
      const text = renderText(report)
      expect(text).not.toContain('\u202e')
      expect(text).not.toMatch(/^# head/m)
    }
  })

  it('say what cannot be told', () => {
    const text = renderText(diffPolicies(withRules(billing), clinic, { maxNodes: 1 }))
    expect(text).toMatch(/no cell changed; 1 place cannot be told/)
    expect(text).toContain('Cannot be told for read Note')
  })
})
