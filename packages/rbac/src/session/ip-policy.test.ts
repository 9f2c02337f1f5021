import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { type IpPolicyOptions, ipPolicy } from './ip-policy.ts'

const judge = (options: IpPolicyOptions, address: unknown) => {
  const verdict = ipPolicy(options).check(address)
  return verdict.outcome === 'allowed' ? 'allowed' : verdict.reason
}

describe('S22: addresses that are allowed and denied', () => {
  const office: IpPolicyOptions = { allow: ['192.0.2.0/24', '2001:db8::/32'], deny: ['192.0.2.66', '2001:db8:bad::/48'] }

  it.each<[unknown, string]>([
    ['192.0.2.1', 'allowed'],
    ['::ffff:192.0.2.1', 'allowed'],
    ['::ffff:c000:201', 'allowed'],
    ['2001:db8::1', 'allowed'],
    ['192.0.2.66', 'denied'],
    ['::ffff:192.0.2.66', 'denied'],
    ['2001:db8:bad::1', 'denied'],
    ['198.51.100.1', 'not-allowed'],
    ['2001:db9::1', 'not-allowed'],
    ['::1', 'not-allowed'],
    ['', 'unreadable'],
    ['192.0.2.01', 'unreadable'],
    ['192.0.2.1:443', 'unreadable'],
    ['192.0.2.1, 198.51.100.1', 'unreadable'],
    ['fe80::1%eth0', 'unreadable'],
    ['2001:db8::1%0', 'unreadable'],
    ['unknown', 'unreadable'],
    [undefined, 'unreadable'],
    [null, 'unreadable'],
    [3221225985, 'unreadable'],
    [['192.0.2.1'], 'unreadable'],
    [{ toString: () => '192.0.2.1' }, 'unreadable'],
  ])('%j: %s', (address, expected) => {
    expect(judge(office, address)).toBe(expected)
  })

  it('an empty list allows nobody; any allows everybody who is not denied, and whose address can be read', () => {
    expect(judge({ allow: [] }, '192.0.2.1')).toBe('not-allowed')
    expect(judge({ allow: 'any' }, '192.0.2.1')).toBe('allowed')
    expect(judge({ allow: 'any', deny: ['0.0.0.0/0'] }, '192.0.2.1')).toBe('denied')
    expect(judge({ allow: 'any', deny: ['0.0.0.0/0'] }, '::1')).toBe('allowed')
    expect(judge({ allow: 'any', deny: ['::/0'] }, '192.0.2.1')).toBe('allowed')
    expect(judge({ allow: 'any' }, 'nonsense')).toBe('unreadable')
  })

  it('a list that is not strictly written is an error at once, with its place and without its text', async () => {
    const bad: unknown[] = [
      { allow: ['192.0.2.1/24'] },
      { allow: ['192.0.2.0/24', '10.0.0.0/33'] },
      { allow: 'any', deny: ['010.0.0.1'] },
      { allow: 'all' },
      { deny: [] },
      { allow: ['10.0.0.0/8'], Deny: ['10.0.0.1'] },
      { allow: [undefined] },
      { allow: null },
      {},
      undefined,
      'any',
      {
        get allow(): never {
          throw new Error('10.0.0.1')
        },
      },
    ]
    for (const each of bad) {
      const error = await refusal(() => ipPolicy(each as never))
      expect(error.code).toBe('PHI_RBAC_SESSION_OPTIONS')
      expect(JSON.stringify(error)).not.toMatch(/192\.0|10\.0/)
    }
    const second = await refusal(() => ipPolicy({ allow: ['10.0.0.0/8', '10.0.0.1/8'] }))
    expect([second.path, second.info]).toEqual(['ipPolicy.allow.*', { index: 1 }])
  })

  it('what was passed in can change afterwards, and the policy does not', () => {
    const deny = ['192.0.2.1']
    const policy = ipPolicy({ allow: 'any', deny })
    deny.length = 0
    expect(policy.check('192.0.2.1').outcome).toBe('denied')
  })

  it('deny wins over every allow list', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.array(fc.ipV4(), { maxLength: 5 }), (address, others) => {
        expect(judge({ allow: [address, ...others, '0.0.0.0/0'], deny: [address] }, address)).toBe('denied')
        expect(judge({ allow: 'any', deny: [address] }, `::ffff:${address}`)).toBe('denied')
      }),
    )
  })
})
