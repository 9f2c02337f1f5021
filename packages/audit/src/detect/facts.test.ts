import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PracticeFacts, practiceFacts } from './index.ts'
import { dayText, isTimeZone, localClock } from './local-time.ts'
import { isNetwork, networkTable, parseAddress } from './network.ts'
import { distanceKm, median, robust } from './statistics.ts'
import { densest, type Entry, insert } from './window.ts'

const zones = [
  'America/New_York',
  'America/Phoenix',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Europe/London',
  'UTC',
]

describe('local times', () => {
  it('are those of Intl, in zones of quarters and halves, over all changes of the clocks', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: Date.UTC(1971, 0, 1), max: Date.UTC(2099, 0, 1) }),
        (timeZone, at) => {
          const { day, minute, weekday } = localClock(timeZone).at(at)
          const text = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(at)
          const time = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
          expect(`${dayText(day)} ${time}`).toBe(text)
          const name = new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'short' }).format(at)
          expect(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][weekday - 1]).toBe(name)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('at the edges of time, and for zones that there are', () => {
    expect(localClock('UTC').at(-62_167_219_200_000)).toEqual({ day: -719_528, minute: 0, weekday: 6 })
    expect(localClock('UTC').at(253_402_300_799_999)).toMatchObject({ minute: 1439, weekday: 5 })
    expect(['UTC', 'Europe/Vienna'].every(isTimeZone)).toBe(true)
    expect(['', '+05:00', 'Mars/Olympus', '../etc'].some(isTimeZone)).toBe(false)
  })
})

describe('networks', () => {
  it.each([
    ['203.0.113.9', '203.0.113.0/24', true],
    ['203.0.114.9', '203.0.113.0/24', false],
    ['::ffff:203.0.113.9', '203.0.113.0/24', true],
    ['203.0.113.9', '::ffff:203.0.113.0/120', true],
    ['203.0.113.9', '::/0', false],
    ['2001:db8::1', '2001:db8::/32', true],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1/128', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['0.0.0.0', '0.0.0.0/0', true],
    ['::', '::/0', true],
  ])('%s in %s: %s', (ip, cidr, expected) => {
    expect(networkTable([[cidr, 1]])(ip) === 1).toBe(expected)
  })

  it('the narrowest one counts, whatever the order', () => {
    const rows = [
      ['10.0.0.0/8', 'wide'],
      ['10.1.0.0/16', 'narrow'],
      ['10.1.2.0/24', 'narrowest'],
    ] as const
    for (const order of [rows, [...rows].reverse()]) {
      const find = networkTable(order)
      expect(['10.1.2.3', '10.1.3.3', '10.2.0.0', '11.0.0.0'].map(find)).toEqual(['narrowest', 'narrow', 'wide', undefined])
    }
  })

  it.each([
    '1.2.3',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    '12345::',
    'g::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::1%eth0',
    '',
  ])('%j is no address', (text) => {
    expect(parseAddress(text)).toBeUndefined()
  })

  it.each(['1.2.3.4', '1.2.3.4/33', '1.2.3.4/-1', '1.2.3.4/08', '::/129', '::ffff:1.2.3.4/95', '/8', 'x/8'])(
    '%j is no network',
    (text) => {
      expect(isNetwork(text)).toBe(false)
    },
  )
})

describe('statistics against plain twins', () => {
  const counts = fc.array(fc.nat(500), { minLength: 1, maxLength: 40 })

  it('the median has half of the values on either side, and is one of them or between two', () => {
    fc.assert(
      fc.property(counts, (values) => {
        const middle = median(values)
        expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2)
        expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2)
        expect(Number.isInteger(2 * middle)).toBe(true)
      }),
    )
  })

  it('known answers', () => {
    expect(robust([18, 18, 18])).toEqual({ median: 18, scale: Math.sqrt(18) })
    expect(robust([1, 1, 2, 2, 4, 6, 9]).scale).toBe(2)
    expect(robust([0, 0, 0])).toEqual({ median: 0, scale: 2 })
    expect(robust([10, 20, 30, 40, 50]).scale).toBeCloseTo(14.826, 9)
    expect(robust([100, 100, 100]).scale).toBe(20)
    // New York to London, 5,570 km; a pole to the other; the date line.
    expect(distanceKm({ latitude: 40.7128, longitude: -74.006 }, { latitude: 51.5074, longitude: -0.1278 })).toBeCloseTo(
      5570,
      -1,
    )
    expect(distanceKm({ latitude: 90, longitude: 0 }, { latitude: -90, longitude: 77 })).toBeCloseTo(Math.PI * 6371.0088, 6)
    expect(distanceKm({ latitude: 0, longitude: 179.5 }, { latitude: 0, longitude: -179.5 })).toBeCloseTo(111.195, 2)
  })

  it('distance by the law of cosines', () => {
    const place = fc.record({ latitude: fc.integer({ min: -90, max: 90 }), longitude: fc.integer({ min: -180, max: 180 }) })
    fc.assert(
      fc.property(place, place, (a, b) => {
        const r = Math.PI / 180
        const cos =
          Math.sin(a.latitude * r) * Math.sin(b.latitude * r) +
          Math.cos(a.latitude * r) * Math.cos(b.latitude * r) * Math.cos((b.longitude - a.longitude) * r)
        expect(distanceKm(a, b)).toBeCloseTo(6371.0088 * Math.acos(Math.max(-1, Math.min(1, cos))), 2)
      }),
    )
  })

  const entries = fc.array(fc.tuple(fc.nat(60), fc.constantFrom('a', 'b', 'c', 'd')), { minLength: 1, maxLength: 30 })

  it('the densest window is the best of all windows that begin with an entry', () => {
    fc.assert(
      fc.property(
        entries,
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom('entries' as const, 'tags' as const),
        (rows, width, count) => {
          const list: Entry[] = []
          rows.forEach(([at, tag], index) => {
            insert(list, [at, index, tag], { from: 0, until: 100, limit: 100 })
          })
          expect(list.map(([at]) => at)).toEqual(rows.map(([at]) => at).sort((a, b) => a - b))
          const at = (rows.at(-1) as [number, string])[0]
          const sizes = list
            .filter(([start]) => start <= at && start + width >= at)
            .map(([start]) => list.filter(([time]) => time >= start && time <= start + width))
            .map((inside) => (count === 'entries' ? inside.length : new Set(inside.map(([, , tag]) => tag)).size))
          expect(densest(list, at, width, count).count).toBe(Math.max(...sizes))
        },
      ),
    )
  })

  it('a list of entries keeps to its span and limit', () => {
    const list: Entry[] = []
    for (let i = 0; i < 20; i++) insert(list, [i, i, ''], { from: 5, until: 18, limit: 8 })
    expect(list.map(([at]) => at)).toEqual([12, 13, 14, 15, 16, 17, 18].slice(-8))
  })
})

describe('facts', () => {
  const rows: PracticeFacts = {
    timeZone: 'America/New_York',
    staff: {
      rows: [
        { actor: 'ann', surnames: ['Ann'], patient: null },
        { actor: '__proto__', patient: 'p-1' },
      ],
    },
    shifts: {
      rows: [
        { actor: 'ann', from: '2026-01-05T13:00:00.000Z', until: '2026-01-05T21:00:00.000Z' },
        { actor: 'ann', from: '2026-01-05T14:00:00.000Z', until: '2026-01-05T15:00:00.000Z' },
      ],
      covers: { from: '2026-01-01T00:00:00.000Z', until: '2026-02-01T00:00:00.000Z' },
    },
  }
  const known = practiceFacts(rows)

  it('a section that is left out is unknown, one that is there answers', () => {
    expect(known.patient('p-1')).toEqual({ is: 'unknown' })
    expect(known.placeOf('10.0.0.1')).toEqual({ is: 'unknown' })
    expect(known.relation('ann', 'p-1', 0, { before: 0, after: 0 })).toEqual({ is: 'unknown' })
    expect(known.reach(['nurse'])).toEqual({ is: 'unknown' })
    expect(known.isOpen(0)).toEqual({ is: 'unknown' })
    expect(known.isKnownDevice('d', 'ann')).toEqual({ is: 'unknown' })
    expect(known.staff('bob')).toEqual({ is: 'none' })
    expect(known.staffOfPatient('p-1')).toEqual({ is: 'known', value: '__proto__' })
    expect(known.staffOfPatient('p-2')).toEqual({ is: 'none' })
  })

  it('shifts by the millisecond, overlapping ones, people who have none, and times beyond the roster', () => {
    const on = (text: string, slack = 0) => known.onShift('ann', Date.parse(text), slack)
    const yes = { is: 'known', value: true }
    const no = { is: 'known', value: false }
    expect([on('2026-01-05T13:00:00.000Z'), on('2026-01-05T12:59:59.999Z'), on('2026-01-05T12:59:59.999Z', 1)]).toEqual([
      yes,
      no,
      yes,
    ])
    expect([on('2026-01-05T20:59:59.999Z'), on('2026-01-05T21:00:00.000Z')]).toEqual([yes, no])
    expect(on('2026-02-01T00:00:00.000Z')).toEqual({ is: 'unknown' })
    expect(known.onShift('bob', Date.parse('2026-01-05T14:00:00.000Z'), 0)).toEqual({ is: 'none' })
  })

  it.each<[string, unknown, string]>([
    ['a zone that is none', { timeZone: 'Mars/Olympus' }, 'facts.timeZone'],
    ['an unknown key', { ...rows, staffs: [] }, 'facts'],
    ['a relation to nobody', { ...rows, relations: { rows: [{ kind: 'treatment', patient: 'p' }] } }, 'facts.relations.rows.*'],
    [
      'a relation to both',
      { ...rows, relations: { rows: [{ kind: 'treatment', patient: 'p', actor: 'a', team: 't' }] } },
      'facts.relations.rows.*',
    ],
    ['a network', { ...rows, networks: { rows: [{ cidr: '10.0.0.0/33', kind: 'office' }] } }, 'facts.networks.rows.*.cidr'],
    [
      'a latitude',
      { ...rows, networks: { rows: [{ cidr: '10.0.0.0/8', kind: 'office', latitude: 91, longitude: 0 }] } },
      'facts.networks.rows.*.latitude',
    ],
    ['a time of day', { ...rows, hours: { rows: [{ weekday: 1, from: '8:00', until: '18:00' }] } }, 'facts.hours.rows.*.from'],
    [
      'an instant',
      { ...rows, shifts: { rows: [{ actor: 'a', from: '2026-01-05', until: '2026-01-06' }] } },
      'facts.shifts.rows.*.from',
    ],
    ['nothing', undefined, 'facts'],
  ])('refuses %s', (_, bad, path) => {
    expect(() => practiceFacts(bad as PracticeFacts)).toThrow(expect.objectContaining({ code: 'PHI_AUDIT_DETECT_FACTS', path }))
  })
})
