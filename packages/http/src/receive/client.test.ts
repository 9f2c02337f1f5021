import { ipPolicy } from '@phi/rbac/session'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressOf, clientAddress, isSecure } from './client.ts'

const trusted = ipPolicy({ allow: ['10.0.0.0/8', '2001:db8::/32'] })
const forwarded = (list: string | undefined, ip: string | null = '10.0.0.1') =>
  clientAddress(
    { ip: ip ?? undefined, encrypted: false },
    new Headers(list === undefined ? {} : { 'x-forwarded-for': list }),
    trusted,
  )

describe('the client’s address', () => {
  it('S112 is the socket’s, whatever a header says, unless the socket is a trusted proxy', () => {
    expect(forwarded('198.51.100.9', '192.0.2.1')).toBe('192.0.2.1')
    expect(forwarded('198.51.100.9', '::ffff:192.0.2.1')).toBe('192.0.2.1')
    expect(forwarded('198.51.100.9', 'fe80::1%eth0')).toBeUndefined()
    expect(forwarded('198.51.100.9', null)).toBeUndefined()
    expect(
      clientAddress({ ip: '10.0.0.1', encrypted: true }, new Headers({ 'x-forwarded-for': '198.51.100.9' }), undefined),
    ).toBe('10.0.0.1')
  })

  it.each([
    ['198.51.100.9', '198.51.100.9'],
    ['203.0.113.5, 198.51.100.9', '198.51.100.9'],
    ['198.51.100.9 ,\t10.1.1.1', '198.51.100.9'],
    ['garbage, 198.51.100.9, 2001:db8::7, 10.9.9.9', '198.51.100.9'],
    ['2001:4860::1', '2001:4860::1'],
    ['10.1.1.1, 10.2.2.2', '10.1.1.1'],
    ['::ffff:198.51.100.9', '198.51.100.9'],
  ])('S112 reads %s from the right', (list, address) => {
    expect(forwarded(list)).toBe(address)
  })

  it.each([
    [undefined],
    [''],
    ['unknown'],
    ['198.51.100.9:443'],
    ['"[2001:4860::1]"'],
    ['198.51.100.9, 010.0.0.1'],
    ['198.51.100.9, '],
    ['198.51.100.9, 10.0.0.2, x'],
    [Array.from({ length: 33 }, () => '10.0.0.1').join(',')],
    [`198.51.100.9,${' '.repeat(5_000)}198.51.100.9`],
  ])('is not known where the proxy says %s', (list) => {
    expect(forwarded(list)).toBeUndefined()
  })

  it('never is what stands left of the first address that is not ours', () => {
    const address = fc.ipV4()
    const ours = fc.constantFrom('10.0.0.1', '10.255.0.3', '2001:db8::9')
    fc.assert(
      fc.property(fc.array(fc.string()), address, fc.array(ours), (left, client, hops) => {
        fc.pre(trusted.check(client).outcome !== 'allowed')
        const list = [...left.map((each) => each.replace(/[^\x20-\x7e]|,/g, 'x')), client, ...hops].slice(-30).join(', ')
        expect(forwarded(list)).toBe(client)
      }),
      { numRuns: 200 },
    )
  })

  it('agrees with itself on what an address is', () => {
    for (const text of ['192.0.2.1', '2001:db8::1', '::1']) expect(addressOf(text)).toBe(text)
    for (const text of ['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '::ffff:300.1.1.1', ' 1.2.3.4', 7, null])
      expect(addressOf(text)).toBeUndefined()
  })
})

describe('whether the client spoke TLS', () => {
  const secure = (ip: string, encrypted: boolean, proto?: string) =>
    isSecure({ ip, encrypted }, new Headers(proto === undefined ? {} : { 'x-forwarded-proto': proto }), trusted)

  it('S14 S16 is the socket’s to say, unless that is a trusted proxy', () => {
    expect(secure('192.0.2.1', true)).toBe(true)
    expect(secure('192.0.2.1', false)).toBe(false)
    expect(secure('192.0.2.1', false, 'https')).toBe(false)
    expect(secure('192.0.2.1', true, 'http')).toBe(true)
    expect(secure('10.0.0.1', false, 'https')).toBe(true)
    expect(secure('10.0.0.1', false, 'HTTPS, https')).toBe(true)
    expect(secure('10.0.0.1', false)).toBe(false)
    expect(secure('10.0.0.1', true)).toBe(true)
  })

  it('S14 is no as soon as one proxy says otherwise', () => {
    expect(secure('10.0.0.1', true, 'http')).toBe(false)
    expect(secure('10.0.0.1', true, 'https, http')).toBe(false)
    expect(secure('10.0.0.1', false, 'https,')).toBe(false)
    expect(secure('10.0.0.1', false, '')).toBe(false)
  })
})
