import { describe, expect, it } from 'vitest'
import { DAY, facts, HOUR, type Input, login, MINUTE, MONDAY, read, runOne, staffMember } from '../../test/detect/records.ts'
import { denials, dormantAccount, failedLogins, impossibleTravel, newPlace, privilegeChange } from './index.ts'

const networks = {
  rows: [
    { cidr: '192.0.2.0/24', kind: 'office', country: 'US', latitude: 40.7128, longitude: -74.006 },
    { cidr: '198.51.100.0/24', kind: 'vpn', country: 'NL', latitude: 52.37, longitude: 4.9 },
    { cidr: '203.0.113.0/24', kind: 'other', country: 'US', latitude: 40.7128, longitude: -74.006 },
    { cidr: '203.0.113.128/25', kind: 'other', country: 'RO', latitude: 44.4268, longitude: 26.1025 },
    { cidr: '2001:db8::/32', kind: 'mobile', country: 'US', latitude: 41.8781, longitude: -87.6298 },
  ],
} as const
const here = facts({ networks })
const fails = (count: number, gap: number, account = 'ann', ip = '203.0.113.9', at = MONDAY): Input[] =>
  Array.from({ length: count }, (_, i) => login(at + i * gap, account, ip, 'failure'))

describe('S23 failed sign-ins', () => {
  it('S23 a burst of one account, counted over a sliding window whose end is included', () => {
    expect(runOne(failedLogins(), fails(9, MINUTE)).alerts).toEqual([])
    expect(runOne(failedLogins(), fails(10, MINUTE), here).last).toMatchObject([
      {
        actor: 'ann',
        score: 10,
        threshold: 10,
        severity: 'low',
        indices: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        from: '2026-01-05T14:00:00.000Z',
      },
    ])
    // Ten failures in exactly fifteen minutes, and in a millisecond more.
    expect(runOne(failedLogins(), fails(10, (15 * MINUTE) / 9)).alerts).toHaveLength(1)
    expect(runOne(failedLogins(), fails(10, (15 * MINUTE) / 9 + 1)).alerts).toEqual([])
  })

  it('guessing below a burst shows over a day', () => {
    expect(runOne(failedLogins(), fails(39, 20 * MINUTE)).alerts).toEqual([])
    expect(runOne(failedLogins(), fails(40, 20 * MINUTE)).last).toMatchObject([{ score: 40, threshold: 40 }])
  })

  it('a failed second factor is a failed sign-in', () => {
    const push = fails(10, 1000).map((input) => ({ ...input, action: 'mfa' as const }))
    expect(runOne(failedLogins(), push).last).toHaveLength(1)
  })

  it('S23 a thousand failures are one alert, and a quiet hour ends it', () => {
    const { alerts, last } = runOne(failedLogins({ everywhere: 400 }), [
      ...fails(1000, 1000),
      ...fails(12, 1000, 'ann', '203.0.113.9', MONDAY + 3 * HOUR),
    ])
    expect(last.map(({ score }) => score)).toEqual([1000, 10])
    expect(alerts.length).toBeLessThan(12)
    expect(last[0]).toMatchObject({ severity: 'high', omitted: 0 })
  })

  it('S23 spraying: many accounts from one address, and more are allowed for an office', () => {
    const spray = (count: number, ip: string) =>
      Array.from({ length: count }, (_, i) => login(MONDAY + i * MINUTE, `u-${i}`, ip, 'failure'))
    expect(runOne(failedLogins(), spray(7, '203.0.113.9'), here).alerts).toEqual([])
    expect(runOne(failedLogins(), spray(8, '203.0.113.9'), here).last).toMatchObject([
      { ip: '203.0.113.9', score: 8, containment: [{ step: 'block-source', ip: '203.0.113.9' }], unknown: [] },
    ])
    expect(runOne(failedLogins(), spray(29, '192.0.2.7'), here).alerts).toEqual([])
    expect(runOne(failedLogins(), spray(30, '192.0.2.7'), here).last).toMatchObject([{ score: 30, threshold: 30 }])
    // Without networks an office cannot be told from others, and the alert says so.
    expect(runOne(failedLogins(), spray(8, '192.0.2.7')).last[0]?.unknown).toEqual([
      'whether the address is an office or VPN of the practice',
    ])
  })

  it('spraying from an address each shows across the practice', () => {
    const botnet = (count: number) =>
      Array.from({ length: count }, (_, i) => login(MONDAY + i * 30_000, `u-${i}`, `203.0.113.${i}`, 'failure'))
    expect(runOne(failedLogins(), botnet(59)).alerts).toEqual([])
    expect(runOne(failedLogins(), botnet(60)).last).toMatchObject([{ score: 60 }])
  })

  it('S23 a sign-in that works after a burst makes it worse, from an address that took part only', () => {
    const burst = fails(12, MINUTE)
    const then = (at: number, ip: string, more: Partial<Input> = {}): Input => ({ ...login(MONDAY + at, 'ann', ip), ...more })
    const own = runOne(failedLogins(), [...burst, then(20 * MINUTE, '203.0.113.9')])
    expect(own.last).toMatchObject([{ severity: 'medium', indices: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] }])
    expect(own.last[0]?.explanation).toMatch(/Then ann signed in from 203\.0\.113\.9\.$/)
    expect(runOne(failedLogins(), [...burst, then(20 * MINUTE, '192.0.2.7')]).last[0]?.severity).toBe('low')
    expect(runOne(failedLogins(), [...burst, then(90 * MINUTE, '203.0.113.9')]).last[0]?.severity).toBe('low')
    // Forgotten or guessed: twice the limit, or a second address, is no longer forgetting. Patients forget most.
    const patient: Partial<Input> = { actor: { id: 'ann', type: 'patient' } }
    const worst = (inputs: Input[]) => runOne(failedLogins(), inputs).last[0]?.severity
    expect(worst([...burst, then(20 * MINUTE, '203.0.113.9', patient)])).toBe('low')
    expect(worst([...fails(20, 30_000), then(20 * MINUTE, '203.0.113.9', patient)])).toBe('high')
    const two = [...fails(6, MINUTE), ...fails(6, MINUTE, 'ann', '192.0.2.7', MONDAY + 6 * MINUTE)]
    expect(worst([...two, then(20 * MINUTE, '192.0.2.7', patient)])).toBe('high')
    const spray = Array.from({ length: 8 }, (_, i) => login(MONDAY + i * MINUTE, `u-${i}`, '203.0.113.9', 'failure'))
    const hit = runOne(failedLogins(), [...spray, login(MONDAY + 10 * MINUTE, 'bea', '203.0.113.9')], here)
    expect(hit.last).toMatchObject([{ severity: 'critical' }])
    expect(hit.last[0]?.containment).toContainEqual({ step: 'suspend-account', actor: 'bea' })
  })

  it('late failures find their window, whatever order they come in', () => {
    const order = [9, 3, 0, 7, 1, 8, 2, 6, 4, 5]
    const late = order.map((i, n) => ({
      ...login(MONDAY + HOUR + n, 'ann', '203.0.113.9', 'failure'),
      happened: MONDAY + i * MINUTE,
    }))
    expect(runOne(failedLogins(), late).last).toMatchObject([
      { score: 10, from: '2026-01-05T14:00:00.000Z', until: '2026-01-05T14:05:00.000Z' },
    ])
  })

  it('accounts named like members of objects are accounts', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const inputs = names.flatMap((name, n) => fails(10, 1000, name, '203.0.113.9', MONDAY + n * MINUTE))
    const { last } = runOne(
      failedLogins(),
      inputs.sort((a, b) => a.at - b.at),
    )
    expect(last.map(({ actor }) => actor).sort()).toEqual([...names].sort())
  })

  it.each([{ account: 1 }, { source: 40, sharedSource: 30 }, { accountMinutes: 0 }, { unknown: 1 }])(
    'refuses %j',
    (options) => {
      expect(() => failedLogins(options as never)).toThrow(expect.objectContaining({ code: 'PHI_AUDIT_DETECT_OPTIONS' }))
    },
  )
})

describe('S23 new places', () => {
  const at = (time: number, ip: string, device: string, patients: string[] = ['p-1']): Input =>
    read(time, 'ann', patients, { source: { ip, userAgent: device } })
  const usual = Array.from({ length: 10 }, (_, i) => at(MONDAY + i * DAY, '203.0.113.9', 'Firefox/120.0'))
  const then = MONDAY + 10 * DAY

  it('S23 a new country, a new device, and both', () => {
    expect(runOne(newPlace(), [...usual, at(then, '203.0.113.200', 'Firefox/120.0')], here).last).toMatchObject([
      {
        severity: 'medium',
        actor: 'ann',
        ip: '203.0.113.200',
        baseline: { country: 'RO' },
        containment: [{ step: 'revoke-sessions' }],
      },
    ])
    expect(runOne(newPlace(), [...usual, at(then, '203.0.113.9', 'Safari/17')], here).last).toMatchObject([{ severity: 'low' }])
    expect(runOne(newPlace(), [...usual, at(then, '203.0.113.200', 'Safari/17')], here).last).toMatchObject([
      { severity: 'high' },
    ])
    expect(runOne(newPlace({ deviceAlone: false }), [...usual, at(then, '203.0.113.9', 'Safari/17')], here).last).toEqual([])
  })

  it('a new telephone of a patient is no alert, a new country is', () => {
    const actor = { id: 'ann', type: 'patient' as const }
    const as = (inputs: readonly Input[]): Input[] => inputs.map((input) => ({ ...input, actor }))
    expect(runOne(newPlace(), as([...usual, at(then, '203.0.113.9', 'Safari/17')]), here).alerts).toEqual([])
    expect(runOne(newPlace(), as([...usual, at(then, '203.0.113.200', 'Safari/17')]), here).last).toHaveLength(1)
  })

  it('a browser that renewed itself is the same device; the office and the practice’s devices are never new', () => {
    expect(runOne(newPlace(), [...usual, at(then, '203.0.113.9', 'Firefox/121.0.1')], here).alerts).toEqual([])
    expect(runOne(newPlace(), [...usual, at(then, '192.0.2.7', 'Safari/17')], here).alerts).toEqual([])
    const owned = facts({ networks, devices: { rows: [{ device: 'Safari/17' }, { device: 'Edge/1', actor: 'bea' }] } })
    const named = (device: string) => [...usual, { ...at(then, '203.0.113.9', 'x'), context: { details: { device } } }]
    expect(runOne(newPlace(), named('Safari/17'), owned).alerts).toEqual([])
    expect(runOne(newPlace(), named('Edge/1'), owned).last).toHaveLength(1)
  })

  it('what is opened from there belongs to the alert, for a day', () => {
    const stolen = Array.from({ length: 12 }, (_, i) => at(then + i * MINUTE, '203.0.113.200', 'Firefox/120.0', [`q-${i}`]))
    const { last } = runOne(newPlace(), [...usual, ...stolen, at(then + HOUR, '203.0.113.9', 'Firefox/120.0', ['own'])], here)
    expect(last).toMatchObject([{ severity: 'high' }])
    expect(last[0]?.patients).not.toContain('own')
  })

  it('learns first, forgets after long, and says what it does not know', () => {
    const abroad = at(MONDAY + 2 * DAY, '203.0.113.200', 'Firefox/1')
    const learning = runOne(newPlace(), [usual[0] as Input, abroad], here)
    expect(learning.alerts).toEqual([])
    expect(learning.coverage.unknown).toEqual({ 'still learning': 2 })
    const half = MONDAY + 100 * DAY
    const back = [...usual, ...Array.from({ length: 90 }, (_, i) => at(then + i * DAY, '203.0.113.9', 'Edge/1'))]
    expect(
      runOne(newPlace(), [...back, at(half + DAY, '203.0.113.9', 'Firefox/1')], here).last.filter(
        ({ from }) => from > '2026-02',
      ),
    ).toHaveLength(1)
    expect(runOne(newPlace(), usual).coverage.unknown['country of the address']).toBe(10)
    expect(runOne(newPlace(), [...usual, at(then, '198.51.100.1', 'Firefox/1')], here).alerts).toEqual([])
  })
})

describe('S23 impossible travel', () => {
  const visit = (time: number, ip: string): Input => read(time, 'ann', ['p-1'], { source: { ip } })

  it('S23 New York and Bucharest in an hour; not in eight', () => {
    // Great circle 7,636 km, less 50 km for each place: 7,536 km.
    const { last } = runOne(impossibleTravel(), [visit(MONDAY, '203.0.113.9'), visit(MONDAY + HOUR, '203.0.113.200')], here)
    expect(last).toMatchObject([
      { severity: 'high', actor: 'ann', indices: [0, 1], threshold: 1000, from: '2026-01-05T14:00:00.000Z' },
    ])
    expect(last[0]?.score).toBeGreaterThan(7500)
    expect(last[0]?.score).toBeLessThan(7600)
    expect(
      runOne(impossibleTravel(), [visit(MONDAY, '203.0.113.9'), visit(MONDAY + 8 * HOUR, '203.0.113.200')], here).alerts,
    ).toEqual([])
  })

  it('both at once, back and forth, and late', () => {
    const both = [visit(MONDAY, '203.0.113.9'), visit(MONDAY, '203.0.113.200')]
    expect(runOne(impossibleTravel(), both, here).last).toHaveLength(1)
    const flutter = Array.from({ length: 200 }, (_, i) => visit(MONDAY + i * MINUTE, i % 2 ? '203.0.113.9' : '203.0.113.200'))
    const { alerts, last } = runOne(impossibleTravel(), flutter, here)
    expect(last).toHaveLength(1)
    expect(alerts.length).toBeLessThan(4)
    const late = [
      visit(MONDAY, '203.0.113.9'),
      visit(MONDAY + 6 * HOUR, '203.0.113.9'),
      { ...visit(MONDAY + 7 * HOUR, '203.0.113.200'), happened: MONDAY + HOUR },
    ]
    expect(runOne(impossibleTravel(), late, here).last).toHaveLength(1)
  })

  it('the VPN says nothing, coarse places are believed less, unknown ones are counted', () => {
    const vpn = runOne(impossibleTravel(), [visit(MONDAY, '203.0.113.9'), visit(MONDAY + MINUTE, '198.51.100.1')], here)
    expect(vpn).toMatchObject({ alerts: [], coverage: { judged: 1, unknown: { 'behind the VPN': 1 } } })
    // Chicago by mobile: 1,145 km, which a carrier may be off; and 1,145 km less 350, where the facts say that it is better than that.
    const trip = [visit(MONDAY, '203.0.113.9'), visit(MONDAY + 30 * MINUTE, '2001:db8::1')]
    expect(runOne(impossibleTravel(), trip, here)).toMatchObject({ alerts: [], coverage: { judged: 2 } })
    const rows = networks.rows.map((row) => (row.kind === 'mobile' ? { ...row, accuracyKm: 300 } : row))
    const mobile = runOne(impossibleTravel(), trip, facts({ networks: { rows } }))
    expect(mobile.last[0]?.baseline.kilometres).toBeGreaterThan(790)
    expect(mobile.last[0]?.baseline.kilometres).toBeLessThan(800)
    expect(runOne(impossibleTravel(), [visit(MONDAY, '10.0.0.1')], here).coverage).toMatchObject({
      judged: 0,
      unknown: { 'place of the address': 1 },
    })
  })

  it('somebody else’s failed sign-in abroad is not travel', () => {
    const inputs = [visit(MONDAY, '203.0.113.9'), login(MONDAY + MINUTE, 'ann', '203.0.113.200', 'failure')]
    expect(runOne(impossibleTravel(), inputs, here).alerts).toEqual([])
  })
})

describe('denials', () => {
  const refused = (count: number, patientsEach = 0): Input[] =>
    Array.from({ length: count }, (_, i) =>
      read(MONDAY + i * MINUTE, 'ann', patientsEach ? [`p-${i}`] : ['p-0'], { outcome: 'denied' }),
    )

  it('counts refusals and the patients they were about', () => {
    expect(runOne(denials(), refused(14)).alerts).toEqual([])
    expect(runOne(denials(), refused(15)).last).toMatchObject([{ severity: 'low', baseline: { denials: 15, patients: 1 } }])
    expect(runOne(denials(), refused(4, 1)).alerts).toEqual([])
    expect(runOne(denials(), refused(5, 1)).last).toMatchObject([{ patients: ['p-0', 'p-1', 'p-2', 'p-3', 'p-4'], score: 1 }])
  })
})

describe('dormant and ended accounts', () => {
  const act = (time: number, patients: string[] = ['p-1']) => read(time, 'ann', patients)

  it('wakes after 45 days, not after 44', () => {
    expect(runOne(dormantAccount(), [act(MONDAY), act(MONDAY + 45 * DAY - 1)]).alerts).toEqual([])
    expect(runOne(dormantAccount(), [act(MONDAY), act(MONDAY + 45 * DAY)]).last).toMatchObject([
      { severity: 'medium', baseline: { sleptDays: 45, employed: null }, unknown: ['employment'] },
    ])
    const patient = [act(MONDAY), act(MONDAY + 90 * DAY)].map((input) => ({
      ...input,
      actor: { id: 'ann', type: 'patient' as const },
    }))
    expect(runOne(dormantAccount(), patient).alerts).toEqual([])
  })

  it('what it does within a day is one alert that gets worse', () => {
    const wake = Array.from({ length: 12 }, (_, i) => act(MONDAY + 60 * DAY + i * HOUR, [`p-${i}`]))
    expect(runOne(dormantAccount(), [act(MONDAY), ...wake]).last).toMatchObject([{ severity: 'high' }])
    const { last } = runOne(dormantAccount(), [act(MONDAY), ...wake])
    expect(last[0]?.patients).toHaveLength(10)
  })

  it('acts after the end of employment, from its first instant', () => {
    const staff = { rows: [{ actor: 'ann', until: '2026-01-06T00:00:00.000Z' }] }
    const end = Date.parse('2026-01-06T00:00:00.000Z')
    expect(runOne(dormantAccount(), [act(MONDAY), act(end - 1)], facts({ staff })).alerts).toEqual([])
    const { last } = runOne(dormantAccount(), [act(MONDAY), act(end)], facts({ staff }))
    expect(last).toMatchObject([
      {
        severity: 'critical',
        baseline: { employed: 'no' },
        containment: [{ step: 'revoke-sessions' }, { step: 'suspend-account' }],
      },
    ])
  })
})

describe('privilege changes', () => {
  const change = (action: 'grant' | 'revoke', by: string, to: string, at = MONDAY): Input => ({
    at,
    action,
    outcome: 'success',
    actor: staffMember(by, 'it'),
    subject: { resource: { type: 'Account', id: to } },
  })
  const after = (count: number, more: Partial<Input> = {}) =>
    Array.from({ length: count }, (_, i) => read(MONDAY + (i + 1) * MINUTE, 'ann', [`p-${i}`], more))

  it('much is opened after a grant', () => {
    expect(runOne(privilegeChange(), [change('grant', 'bob', 'ann'), ...after(24)]).alerts).toEqual([])
    expect(runOne(privilegeChange(), [change('grant', 'bob', 'ann'), ...after(25)]).last).toMatchObject([
      { severity: 'medium', actor: 'ann', score: 25, baseline: { grantedBy: 'bob' } },
    ])
    const late = after(25).map((input) => ({ ...input, at: input.at + DAY }))
    expect(runOne(privilegeChange(), [change('grant', 'bob', 'ann'), ...late]).alerts).toEqual([])
  })

  it('a permission for oneself, and one that is taken back after use', () => {
    expect(runOne(privilegeChange(), [change('grant', 'ann', 'ann')]).last).toMatchObject([{ severity: 'high' }])
    expect(runOne(privilegeChange(), [change('grant', 'ann', 'ann'), ...after(1)]).last).toMatchObject([
      { severity: 'critical' },
    ])
    const hidden = [change('grant', 'bob', 'ann'), ...after(2), change('revoke', 'bob', 'ann', MONDAY + HOUR)]
    expect(runOne(privilegeChange(), hidden).last).toMatchObject([{ severity: 'high', indices: [0, 1, 2, 3] }])
    expect(
      runOne(privilegeChange(), [change('grant', 'bob', 'ann'), change('revoke', 'bob', 'ann', MONDAY + HOUR)]).alerts,
    ).toEqual([])
    // A second grant by somebody else does not hide that the first was one's own.
    const covered = [change('grant', 'bob', 'ann'), change('grant', 'ann', 'ann', MONDAY + 1), ...after(1)]
    expect(runOne(privilegeChange(), covered).last).toMatchObject([{ severity: 'critical' }])
  })
})
