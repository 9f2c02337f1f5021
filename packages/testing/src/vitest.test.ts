import { compile, definePolicy, fulfil } from '@phi/rbac'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { policyMatchers } from './vitest.ts'

expect.extend(policyMatchers)

const rules = compile(
  definePolicy(
    {
      id: 'clinic',
      version: '1',
      resources: {
        Note: z.object({ tenant: z.string(), careTeam: z.array(z.string()), restricted: z.boolean(), body: z.string() }),
      },
      actions: ['read', 'update'],
      roles: { therapist: {}, billing: {} },
    },
    ({ permit, forbid, is }) => [
      permit('therapist')
        .to('read')
        .on('Note')
        .when(is.in(is.actor('id'), is.resource('careTeam')))
        .cite('45 CFR 164.308(a)(4)')
        .as('care-team'),
      permit('therapist').to('update').on('Note').requiring({ type: 'step-up', max_age: 60 }).as('writing'),
      forbid().to('read').on('Note').when(is.resource('restricted')).unless('emergency').as('restriction'),
    ],
  ),
)
const note = (careTeam: string[], restricted?: boolean) =>
  rules.resource('Note', { tenant: 't', careTeam, restricted, body: 'secret-body' })
const asks = (resource: ReturnType<typeof note>, role = 'therapist') =>
  ({ actor: { id: 'secret-id', tenant: 't', roles: [role] }, action: 'read', resource }) as const
const mine = asks(note(['secret-id'], false))
const theirs = asks(note(['somebody'], false))
const closed = asks(note(['secret-id'], true))
const emergency = { ...closed, purpose: 'ETREAT' } as const
const writing = { ...mine, action: 'update' } as const

const failure = (work: () => void): string => {
  try {
    work()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the matcher did not fail')
}

describe('matchers', () => {
  it('S2 take rules and a request', () => {
    expect(rules).toAllow(mine)
    expect(rules).toAllow(mine, { rule: 'care-team', fields: ['body', 'careTeam', 'restricted', 'tenant'] })
    expect(rules).toDeny(theirs)
    expect(rules).toDeny(closed, { rule: 'restriction', reason: 'forbidden' })
    expect(rules).toRequire(writing, ['step-up'])
    expect(rules).toRequire(emergency, ['refrain'])
    expect(rules).not.toAllow(theirs)
    expect(rules).not.toDeny(mine)
    expect(rules).not.toRequire(mine, ['step-up'])
  })

  it('S2 take decisions', () => {
    expect(rules.decide(mine)).toAllow({ rule: 'care-team' })
    expect(rules.decide(theirs)).toDeny({ reason: 'default' })
    const decision = rules.decide(writing)
    expect(decision).toRequire(['step-up'])
    expect(fulfil(decision, { now: 60_000, authentication: { authTime: 30 } })).toAllow()
  })

  it('do not take allow-if for yes, nor for no', () => {
    expect(rules).not.toAllow(writing)
    expect(rules).not.toDeny(writing)
    expect(failure(() => expect(rules).toAllow(writing))).toBe(
      'expected update Note to be allowed: expected allow, got allow-if (step-up)\n  allow-if (step-up): a permit applies (rule writing)',
    )
  })

  it('explain a failure: the nearest miss, what fired, what was opened', () => {
    expect(failure(() => expect(rules).toAllow(theirs))).toBe(
      [
        'expected read Note to be allowed: expected allow, got deny',
        '  deny: no permit applies',
        '  nearest miss: care-team, which lacked actor.id in resource.careTeam (was false)',
      ].join('\n'),
    )
    expect(failure(() => expect(rules).toAllow(asks(note([], false), 'billing')))).toContain(
      'nearest miss: care-team, which lacked one of the roles therapist and actor.id in resource.careTeam (was false)',
    )
    expect(failure(() => expect(rules).toAllow(asks(note(['secret-id']))))).toBe(
      [
        'expected read Note to be allowed: expected allow, got deny',
        '  deny: a forbid fired (rule restriction)',
        '  restriction: resource.restricted = true was unknown',
        '  restriction: purpose is ETREAT was unknown',
      ].join('\n'),
    )
    expect(failure(() => expect(rules).not.toRequire(emergency, ['refrain']))).toContain(
      '\n  restriction was opened by emergency\n  cites 45 CFR 164.308(a)(4); ',
    )
    expect(failure(() => expect(rules).not.toAllow(mine))).toContain(
      'expected read Note not to be allowed\n  allow: a permit applies',
    )
    expect(failure(() => expect(rules).toDeny(theirs, { rule: 'restriction', reason: 'forbidden' }))).toContain(
      'expected rule restriction to decide, got none; expected the reason forbidden, got default',
    )
    expect(failure(() => expect(rules).toRequire(writing, ['step-up', 'redact']))).toContain(
      'expected allow-if (step-up, redact), got allow-if (step-up)',
    )
  })

  it('hold no value of a request, however it is built', () => {
    const odd = { ...mine, action: 'secret-action', resource: { ...mine.resource, type: 'secret-type' } } as never
    const messages = [
      failure(() => expect(rules).toAllow(theirs)),
      failure(() => expect(rules).not.toAllow(mine)),
      failure(() => expect(rules).toAllow(odd)),
      failure(() => expect(rules).toAllow('secret' as never)),
      failure(() =>
        expect(rules).toAllow({ ...mine, actor: { id: 'secret-id', tenant: 'secret-tenant', roles: ['secret-role'] } }),
      ),
    ]
    for (const message of messages) expect(message).not.toContain('secret')
  })

  it('fail, with and without not, for what they do not understand', () => {
    for (const odd of [undefined, null, 7, 'x', {}, { outcome: 'allow' }]) {
      expect(failure(() => expect(odd as never as typeof rules).toAllow(mine))).toContain(
        'this matcher takes compiled rules and a request, or a decision',
      )
      expect(failure(() => expect(odd as never as typeof rules).not.toAllow(mine))).toContain(
        'this matcher takes compiled rules',
      )
    }
    expect(failure(() => expect(rules).not.toRequire(mine, [] as never))).toContain('name the types of the obligations')
  })

  it('do not compile with a word that the policy does not have', () => {
    const typos = () => {
      // @ts-expect-error an action
      expect(rules).toAllow({ ...mine, action: 'reed' })
      // @ts-expect-error an obligation
      expect(rules).toRequire(mine, ['step-op'])
      // @ts-expect-error rules need a request
      expect(rules).toAllow()
    }
    expect(typos).toBeTypeOf('function')
  })
})
