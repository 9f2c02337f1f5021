import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { definePolicy } from '../policy/define.ts'
import { explain } from './explain.ts'
import { compile } from './rules.ts'

const Note = z.object({ tenant: z.string(), careTeam: z.array(z.string()), restricted: z.boolean() })
const rules = compile(
  definePolicy(
    { id: 'clinic', version: '1', resources: { Note }, actions: ['read'], roles: { therapist: {}, front: {} } },
    ({ permit, forbid, is }) => [
      permit('therapist')
        .to('read')
        .on('Note')
        .when(is.in(is.actor('id'), is.resource('careTeam')))
        .cite('45 CFR 164.308(a)(4)')
        .as('care-team'),
      forbid()
        .to('read')
        .on('Note')
        .when(is.resource('restricted'))
        .unless('emergency')
        .cite('45 CFR 164.522(a)')
        .as('restriction'),
    ],
  ),
)
const record = { tenant: 'secret-tenant', careTeam: ['secret-id'], restricted: false }
const asked = {
  actor: { id: 'secret-id', tenant: 'secret-tenant', roles: ['therapist'] },
  action: 'read',
  resource: { type: 'Note', record },
} as const
const without = (text: string) => text.replace(/sha256:[0-9a-f]{12}…/, 'sha256:…').split('\n')

describe('a decision in words', () => {
  it('allowed', () => {
    expect(without(explain(rules.decide(asked)))).toEqual([
      'Allowed: read Note',
      'A permit applies and no forbid stands in the way.',
      'Rule: care-team (45 CFR 164.308(a)(4))',
      '  - care-team: actor.id in resource.careTeam (met)',
      'Policy: clinic version 1, sha256:…',
    ])
  })

  it('denied by a forbid that cannot be told', () => {
    expect(
      without(explain(rules.decide({ ...asked, resource: rules.resource('Note', { ...record, restricted: undefined }) }))),
    ).toEqual([
      'Denied: read Note',
      'A forbid stands in the way, whatever the roles permit.',
      'Rule: restriction (45 CFR 164.522(a))',
      '  - restriction: resource.restricted = true (not known)',
      '  - restriction: purpose is ETREAT (not known)',
      'Policy: clinic version 1, sha256:…',
    ])
  })

  it('denied by default, with the nearest permit', () => {
    const stranger = { ...asked, actor: { ...asked.actor, id: 'other', roles: ['front'] } }
    expect(without(explain(rules.decide(stranger)))).toEqual([
      'Denied: read Note',
      'No permit applies.',
      'Nearest permit: care-team. It would also have needed:',
      '  - a role that it is for: therapist',
      '  - actor.id in resource.careTeam (not met)',
      'Policy: clinic version 1, sha256:…',
    ])
  })

  it('allowed once something is done', () => {
    const emergency = {
      ...asked,
      purpose: 'ETREAT',
      resource: rules.resource('Note', { ...record, restricted: true }),
    } as const
    const lines = without(explain(rules.decide(emergency)))
    expect(lines[0]).toBe('Allowed once obligations are discharged: read Note')
    expect(lines).toContain('Opened: restriction, by emergency')
    expect(lines).toContain('Owed before anything is released: refrain')
  })

  it('holds no value of the request', () => {
    for (const request of [
      asked,
      { ...asked, action: 'secret-action' as 'read' },
      { ...asked, actor: { ...asked.actor, tenant: 'secret-other' } },
    ]) {
      expect(explain(rules.decide(request))).not.toContain('secret')
    }
  })
})
