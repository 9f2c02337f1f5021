import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { goodTransport as good } from '../../../test/transport.ts'
import { judgeTransport } from './judge.ts'
import { transportProfiles } from './profile.ts'
import { httpAnswers, offerAnswers, parseTransportReport, type TransportReport, tlsVersions } from './report.ts'

const holds = (more: Partial<TransportReport>, profile: Parameters<typeof judgeTransport>[1] = 'tls12') =>
  Object.fromEntries(judgeTransport({ ...good, ...more }, profile).map((row) => [row.code.slice(10), row.holds]))
const versions = (a: string, b: string, c: string, d: string) =>
  ({ TLSv1: a, 'TLSv1.1': b, 'TLSv1.2': c, 'TLSv1.3': d }) as TransportReport['versions']

describe('a transport report under a profile', () => {
  it('S14 S15 S16 S87 S88 S146 C8 has the two profiles as data', () => {
    expect(transportProfiles.tls12).toMatchObject({ minimum: 'TLSv1.2', hstsMaxAge: 1 })
    expect(transportProfiles.tls13).toMatchObject({ minimum: 'TLSv1.3', hstsMaxAge: 31_536_000 })
    const rows = judgeTransport(good, 'tls13')
    expect(rows.every((row) => row.holds === true && row.remedy === '' && row.asOf === good.asOf)).toBe(true)
    expect(new Set(rows.flatMap((row) => row.requirements))).toEqual(new Set(['S87', 'S146', 'S16', 'S15', 'S88', 'S68']))
  })

  it('S88 draws the line at 31,536,000 seconds', () => {
    const hsts = (maxAge: number) =>
      holds({ hsts: { is: 'present', maxAge, includeSubDomains: true, preload: true } }, 'tls13').hsts
    expect([hsts(31_535_999), hsts(31_536_000), hsts(63_072_000)]).toEqual([false, true, true])
  })

  it("S15 takes a profile of one's own", () => {
    const own = { ...transportProfiles.tls12, hstsIncludeSubDomains: true, hstsPreload: true }
    expect(holds({}, own).hsts).toBe(false)
    expect(holds({ hsts: { is: 'present', maxAge: 1, includeSubDomains: true, preload: false } }, own).hsts).toBe(false)
    expect(holds({ hsts: { is: 'present', maxAge: 1, includeSubDomains: true, preload: true } }, own).hsts).toBe(true)
  })

  it('S14 counts a dropped connection as a refusal only where others are answered', () => {
    expect(holds({ versions: versions('dropped', 'dropped', 'dropped', 'accepted') }).versions).toBe(true)
    expect(holds({ versions: versions('dropped', 'dropped', 'dropped', 'dropped') }).versions).toBe('unknown')
    expect(holds({ versions: versions('timeout', 'refused', 'refused', 'accepted') }).versions).toBe('unknown')
    expect(holds({ versions: versions('untestable', 'refused', 'accepted', 'accepted') }).versions).toBe('unknown')
    expect(holds({ versions: versions('accepted', 'untestable', 'accepted', 'accepted') }).versions).toBe(false)
    expect(holds({ versions: versions('refused', 'refused', 'refused', 'refused') }).versions).toBe(false)
    expect(holds({ versions: versions('refused', 'refused', 'refused', 'untestable') }).versions).toBe('unknown')
  })

  it('S14 S15 S16 holds nothing that was not measured: whatever is taken away never makes a row true', () => {
    const answer = fc.constantFrom(...offerAnswers)
    const report = fc.record({
      versions: fc.record({ TLSv1: answer, 'TLSv1.1': answer, 'TLSv1.2': answer, 'TLSv1.3': answer }),
      weakOffer: fc.record({ answer }),
      http: fc.constantFrom(...httpAnswers),
      trusted: fc.constantFrom(true, false, 'unknown' as const),
      inTime: fc.boolean(),
    })
    fc.assert(
      fc.property(report, ({ trusted, inTime, ...rest }) => {
        const certificate = { ...(good.certificate as NonNullable<TransportReport['certificate']>), trusted, inTime }
        for (const profile of ['tls12', 'tls13'] as const) {
          const rows = holds({ ...rest, certificate }, profile)
          const below = tlsVersions.slice(0, profile === 'tls12' ? 2 : 3)
          if (rows.versions === true) {
            for (const each of below) expect(['refused', 'dropped']).toContain(rest.versions[each])
            expect(Object.values(rest.versions)).toContain('accepted')
          }
          if (rows.hsts === true || rows.certificate === true) expect([trusted, inTime]).toEqual([true, true])
          if (rows['weak-ciphers'] === true && profile === 'tls12')
            expect(['refused', 'dropped']).toContain(rest.weakOffer.answer)
          if (rows.http === true) expect(['redirects-to-https', 'no-service']).toContain(rest.http)
        }
      }),
      { numRuns: 300 },
    )
    const { negotiated: _n, certificate: _c, ...bare } = good
    expect(
      Object.fromEntries(
        judgeTransport({ ...bare, hsts: { is: 'unknown' } }, 'tls13').map((row) => [row.code.slice(10), row.holds]),
      ),
    ).toMatchObject({
      cipher: 'unknown',
      certificate: 'unknown',
      hsts: 'unknown',
    })
  })

  it('S14 refuses other forms without repeating them', async () => {
    const bad: (() => unknown)[] = [
      () => judgeTransport({ ...good, versions: {} } as never, 'tls12'),
      () => judgeTransport({ ...good, zed: 'zedland' } as never, 'tls12'),
      () => judgeTransport(null as never, 'tls12'),
      () => judgeTransport(good, 'zedland' as never),
      () => judgeTransport(good, 'constructor' as never),
      () => judgeTransport(good, { ...transportProfiles.tls12, hstsMaxAge: 0 }),
      () => judgeTransport(good, { ...transportProfiles.tls12, hstsMaxAge: Number.NaN }),
      () => parseTransportReport({ ...good, negotiated: { version: 'TLSv1.3', cipher: '<zedland>' } }),
    ]
    for (const each of bad) {
      const error = await refusal(each)
      expect(error.code).toBe('PHI_BAA_TRANSPORT')
      expect(error.message).not.toContain('zedland')
    }
  })
})
