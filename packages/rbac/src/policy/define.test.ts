import { cite } from '@phi/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refusal } from '../../../core/test/refusal.ts'
import { compile } from '../decision/rules.ts'
import { conditions } from './conditions.ts'
import { type Builder, definePolicy, type NamedRule, type WordsOf } from './define.ts'
import type { BuiltInOverride } from './override.ts'

const Note = z.object({
  id: z.string(),
  tenant: z.string(),
  patient: z.string(),
  careTeam: z.array(z.string()),
  status: z.enum(['draft', 'signed']),
  words: z.number(),
  writtenAt: z.date().nullable(),
  restricted: z.boolean(),
  author: z.object({ id: z.string(), clinic: z.object({ city: z.string() }) }),
  extra: z.unknown(),
})
const Bill = z.object({ id: z.string(), tenant: z.string(), amount: z.number(), restricted: z.boolean() })
const config = {
  id: 'clinic',
  version: '1',
  resources: { Note, Bill },
  actions: ['read', 'update'],
  roles: { therapist: {}, billing: {}, supervisor: { inherits: ['therapist'] } },
  actor: z.object({ clinic: z.string(), level: z.number() }),
  context: z.object({ ip: z.ipv4() }),
  views: { thin: { Note: ['id', 'status'] } },
  overrides: { incident: { when: conditions().purpose('HSYSADMIN') } },
  grants: ['referral'],
} as const

type Words = WordsOf<
  'therapist' | 'billing' | 'supervisor',
  'read' | 'update',
  typeof config.resources,
  typeof config.actor,
  typeof config.context
>
const tried = (rules: (builder: Builder<Words, 'thin', BuiltInOverride | 'incident', 'referral'>) => readonly NamedRule[]) =>
  refusal(() => definePolicy(config, rules))

describe('definePolicy', () => {
  it('emits plain JSON that says what was written', () => {
    const policy = definePolicy(config, ({ permit, forbid, is }) => [
      permit('therapist')
        .to('read', 'update')
        .on('Note')
        .when(is.in(is.actor('id'), is.resource('careTeam')))
        .when(is.ne(is.resource('status'), 'signed'))
        .for('TREAT')
        .seeing('thin')
        .requiring({ type: 'step-up', max_age: 300 })
        .cite('45 CFR 164.308(a)(4)', cite('42 CFR 2.31', { confirmation: 'secondary' }))
        .as('care-team'),
      forbid().toAnyAction().onAnyResource().when(is.resource('restricted')).unless('incident').as('restriction'),
      forbid().to('read').on('Note').hiding('words').as('no-words'),
    ])
    expect(JSON.parse(JSON.stringify(policy.rules))).toEqual([
      {
        id: 'care-team',
        effect: 'permit',
        roles: ['therapist'],
        actions: ['read', 'update'],
        resources: ['Note'],
        purposes: ['TREAT'],
        when: {
          op: 'and',
          of: [
            { op: 'in', left: { attr: 'actor.id' }, right: { attr: 'resource.careTeam' } },
            { op: 'not', of: { op: 'eq', left: { attr: 'resource.status' }, right: { value: 'signed' } } },
          ],
        },
        view: 'thin',
        obligations: [{ type: 'step-up', max_age: 300 }],
        cite: [
          { source: '45 CFR', section: '164.308(a)(4)', confirmation: 'memory' },
          { source: '42 CFR', section: '2.31', confirmation: 'secondary' },
        ],
      },
      {
        id: 'restriction',
        effect: 'forbid',
        actions: ['read', 'update'],
        resources: ['Note', 'Bill'],
        when: { op: 'eq', left: { attr: 'resource.restricted' }, right: { value: true } },
        unless: ['incident'],
      },
      { id: 'no-words', effect: 'forbid', actions: ['read'], resources: ['Note'], fields: ['words'] },
    ])
    expect(policy.resources.Note?.attributes).toEqual({
      id: { type: 'string' },
      tenant: { type: 'string' },
      patient: { type: 'string' },
      careTeam: { type: 'set', of: 'string' },
      status: { type: 'string', values: ['draft', 'signed'] },
      words: { type: 'number' },
      writtenAt: { type: 'instant', nullable: true },
      restricted: { type: 'boolean' },
      author: {
        type: 'object',
        attributes: { id: { type: 'string' }, clinic: { type: 'object', attributes: { city: { type: 'string' } } } },
      },
      extra: { type: 'opaque' },
    })
    expect(policy.resources.Note?.patient).toBe('patient')
    expect(policy.resources.Bill?.patient).toBeUndefined()
  })

  it('does not compile with a word that is not declared, and is refused', async () => {
    // biome-ignore format: an expected error counts for the line below it
    const errors = await Promise.all([
      tried(({ permit }) => [
        // @ts-expect-error role
                permit('therapst').to('read').on('Note').as('x'),
      ]),
      tried(({ permit }) => [
        // @ts-expect-error action
                permit('therapist').to('reed').on('Note').as('x'),
      ]),
      tried(({ permit }) => [
        // @ts-expect-error type
                permit('therapist').to('read').on('Noet').as('x'),
      ]),
      tried(({ permit }) => [
        // @ts-expect-error view
                permit('therapist').to('read').on('Note').seeing('thick').as('x'),
      ]),
      tried(({ forbid }) => [
        // @ts-expect-error override
                forbid().to('read').on('Note').unless('mercy').as('x'),
      ]),
      tried(({ forbid }) => [
        // @ts-expect-error field
                forbid().to('read').on('Note').hiding('wrods').as('x'),
      ]),
      tried(({ forbid }) => [
        // @ts-expect-error field of another type
                forbid().to('read').on('Bill').hiding('words').as('x'),
      ]),
      tried(({ forbid, is }) => [
        // @ts-expect-error attribute
                forbid().to('read').on('Note').when(is.resource('restrcted')).as('x'),
      ]),
      tried(({ forbid, is }) => [
        // @ts-expect-error attribute of the actor
                forbid().to('read').on('Note').when(is.eq(is.actor('clnic'), 'a')).as('x'),
      ]),
      tried(({ forbid, is }) => [
        // @ts-expect-error roles are no attribute
                forbid().to('read').on('Note').when(is.eq(is.actor('roles'), 'a')).as('x'),
      ]),
      tried(({ forbid, is }) => [
        // @ts-expect-error an attribute that only the other type has
                forbid().to('read').on('Bill').when(is.gt(is.resource('words'), 1)).as('x'),
      ]),
      tried(({ forbid, is }) => [
        // @ts-expect-error an attribute that only one of the two types has
                forbid().to('read').on('Note', 'Bill').when(is.gt(is.resource('words'), 1)).as('x'),
      ]),
      tried(({ forbid, is }) => [
        // @ts-expect-error a value that the enum does not have
                forbid().to('read').on('Note').when(is.eq(is.resource('status'), 'singed')).as('x'),
      ]),
      tried(({ forbid, is }) => [
        // @ts-expect-error an order of a number and text
        forbid().to('read').on('Note').when(is.lt(is.resource('words'), '3')).as('x'),
      ]),
      tried(({ forbid, is }) => [
        // @ts-expect-error text where a number is
                forbid().to('read').on('Note').when(is.eq(is.resource('words'), '3')).as('x'),
      ]),
      tried(({ forbid, is }) => [
        // An order of texts compiles, since times can be texts.
                forbid().to('read').on('Note').when(is.lt(is.resource('status'), 'draft')).as('x'),
      ]),
      tried(({ forbid, is }) => [
        // @ts-expect-error an attribute that is not true or false
                forbid().to('read').on('Note').when(is.resource('words')).as('x'),
      ]),
      tried(({ forbid, is }) => [
        // @ts-expect-error a nested attribute
                forbid().to('read').on('Note').when(is.eq(is.resource('author.name'), 'a')).as('x'),
      ]),
      tried(({ forbid, is }) => [
        // @ts-expect-error what is opaque
                forbid().to('read').on('Note').when(is.eq(is.resource('extra'), 'a')).as('x'),
      ]),
      tried(({ forbid, is }) => [
        // @ts-expect-error a kind of grant
                forbid().to('read').on('Bill').when(is.granted('mercy')).as('x'),
      ]),
      tried(({ forbid }) => [
        // @ts-expect-error a purpose
                forbid().to('read').on('Note').for('CURIOSITY').as('x'),
      ]),
      tried(({ forbid }) => [
        // @ts-expect-error a rule without a name
                forbid().to('read').on('Note'),
      ]),
      refusal(() =>
        definePolicy(
          // @ts-expect-error a role to inherit from
          { ...config, roles: { therapist: {}, supervisor: { inherits: ['therapst'] } } },
          () => [],
        ),
      ),
      refusal(() =>
        definePolicy(
          // @ts-expect-error a field of a view
          { ...config, views: { thin: { Note: ['stauts'] } } },
          () => [],
        ),
      ),
    ])
    expect(errors.map(({ code }) => code)).toEqual(errors.map(() => 'PHI_RBAC_POLICY'))
  })

  it('types the requests', () => {
    const rules = compile(definePolicy(config, ({ permit }) => [permit('therapist').to('read').on('Note').as('all')]))
    const actor = { id: 'u', tenant: 'a', roles: ['therapist'], clinic: 'c', level: 1 }
    const note = rules.resource('Note', { tenant: 'a', status: 'draft' })
    expect(rules.can({ actor, action: 'read', resource: note })).toBe(true)
    // @ts-expect-error an action that is not declared
    expect(rules.can({ actor, action: 'reed', resource: note })).toBe(false)
    // @ts-expect-error a type that is not declared
    expect(rules.can({ actor, action: 'read', resource: { type: 'Noet', record: {} } })).toBe(false)
    // @ts-expect-error an attribute of another type
    expect(rules.can({ actor, action: 'read', resource: rules.resource('Note', { tenant: 7 }) })).toBe(false)
    // @ts-expect-error a purpose that is not HL7's
    expect(rules.can({ actor, action: 'read', resource: note, purpose: 'CURIOSITY' })).toBe(true)
    // @ts-expect-error an actor without what the policy declares
    expect(rules.can({ actor: { id: 'u', tenant: 'a', roles: [] }, action: 'read', resource: note })).toBe(false)
  })

  it('lets a common beginning be used twice', () => {
    const policy = definePolicy(config, ({ permit, is }) => {
      const reading = permit('therapist').to('read').on('Note')
      return [reading.when(is.resource('restricted')).as('one'), reading.as('two')]
    })
    expect(policy.rules.map((rule) => 'when' in rule)).toEqual([true, false])
  })

  it('takes other names for tenant and patient, and relations', () => {
    const Visit = z.object({ org: z.string(), who: z.string(), notes: z.array(Note) })
    const policy = definePolicy(
      {
        ...config,
        resources: { Note, Visit: { schema: Visit, tenant: 'org', patient: 'who', relations: { notes: 'Note' } } },
        views: {},
      },
      ({ permit }) => [permit('therapist').to('read').on('Visit').as('visits')],
    )
    expect(policy.resources.Visit).toMatchObject({ tenant: 'org', patient: 'who', relations: { notes: 'Note' } })
    const actor = { id: 'u', tenant: 'a', roles: ['therapist'], clinic: 'c', level: 1 }
    expect(compile(policy).can({ actor, action: 'read', resource: { type: 'Visit', record: { org: 'a' } } })).toBe(true)
    expect(compile(policy).can({ actor, action: 'read', resource: { type: 'Visit', record: { org: 'b' } } })).toBe(false)
  })
})
