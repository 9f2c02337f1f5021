import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { definePolicy } from '../policy/define.ts'
import { compile } from './rules.ts'

const Note = z.object({ tenant: z.string(), patient: z.string(), body: z.string(), signed: z.boolean() })
const policy = definePolicy(
  {
    id: 'p',
    version: '1',
    resources: { Note },
    actions: ['read', 'update', 'sign', 'export'],
    roles: { therapist: {}, auditor: {} },
    context: z.object({ ip: z.ipv4() }),
    views: { body: { Note: ['body'] } },
  },
  ({ permit, forbid, is }) => [
    permit('therapist').to('read').on('Note').when(is.resource('signed')).as('signed'),
    permit('therapist').to('update').on('Note').for('TREAT').as('treating'),
    permit('therapist').to('sign').on('Note').when(is.granted('authorization')).as('by-grant'),
    permit('therapist').to('export').on('Note').seeing('body').as('export'),
    forbid()
      .to('update')
      .on('Note')
      .when(is.not(is.cidr(is.context('ip'), ['10.0.0.0/8'])))
      .as('inside-only'),
    forbid().to('export').on('Note').hiding('body').as('no-bodies'),
  ],
)
const rules = compile(policy)
const actor = { id: 't', tenant: 'a', roles: ['therapist'] }
const ask = (action: 'read' | 'update' | 'sign' | 'export', more: object = {}) =>
  rules.mayEver({ actor, action, type: 'Note', context: { ip: '10.1.2.3' }, ...more })

describe('mayEver', () => {
  it('is true for a condition on the record, which says nothing about any record', () => {
    expect(ask('read')).toBe(true)
    const record = { tenant: 'a', patient: 'p', body: '', signed: false }
    expect(rules.can({ actor, action: 'read', resource: { type: 'Note', record } })).toBe(false)
  })

  it('is false where no record can be allowed: role, purpose, place, grant, fields', () => {
    expect(ask('read', { actor: { ...actor, roles: ['auditor'] } })).toBe(false)
    expect(ask('update')).toBe(false)
    expect(ask('update', { purpose: 'COC' })).toBe(true)
    expect(ask('update', { purpose: 'TREAT', context: { ip: '192.0.2.1' } })).toBe(false)
    expect(ask('update', { purpose: 'TREAT', context: {} })).toBe(false)
    expect(ask('sign')).toBe(false)
    expect(ask('export')).toBe(false)
  })

  it('is true with a grant for some patient, and false with one that does not count', () => {
    const grant = { kind: 'authorization', tenant: 'a', patient: 'p7', from: 0, until: null }
    expect(ask('sign', { grants: [grant], at: 1 })).toBe(true)
    expect(ask('sign', { grants: [{ ...grant, tenant: 'b' }], at: 1 })).toBe(false)
    expect(ask('sign', { grants: [{ ...grant, until: 1 }], at: 1 })).toBe(false)
  })

  it('is false for an actor without a tenant, an unknown type or action', () => {
    expect(ask('read', { actor: { ...actor, tenant: '' } })).toBe(false)
    expect(ask('read', { type: 'Bill' })).toBe(false)
    expect(ask('burn' as 'read')).toBe(false)
  })
})
