import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import {
  documentKinds,
  starterVendors,
  type Vendor,
  type VendorProduct,
  vendorAnswer,
  vendorData,
  vendorDocuments,
  vendorReasons,
} from './index.ts'

const AT = '2026-11-22T12:00:00.000Z'
const source = {
  url: 'https://example.org/baa',
  title: 'Terms',
  seen: '2026-11-01',
  confirmation: 'text-seen',
  copy: 'live',
  says: 'The vendor signs an agreement.',
} as const
const product: VendorProduct = {
  id: 'video',
  name: 'Video',
  services: ['telehealth.video'],
  baa: { available: 'yes', plans: { pro: 'always', starter: 'on-request', free: 'never', old: 'unknown' } },
  sources: [source],
}
const vendor: Vendor = { id: 'acme', name: 'Acme', products: [product], asOf: '2026-11-01', reviewBy: '2027-05-01' }
const dataOf = (change: Partial<VendorProduct> = {}, about: Partial<Vendor> = {}) =>
  vendorData([{ id: 'ours', vendors: [{ ...vendor, ...about, products: [{ ...product, ...change }] }] }])
const ask = (more: object = {}, data = dataOf()) =>
  vendorAnswer(data, { vendor: 'acme', product: 'video', plan: 'pro', at: AT, ...more })
const codes = (answer: { reasons: readonly { code: string }[] }) => answer.reasons.map((each) => each.code)

describe('S86 S115 S139 what a vendor offers, by plan and scope', () => {
  it.each([
    ['pro', 'yes', 'plan-included'],
    ['starter', 'on-request', 'plan-on-request'],
    ['free', 'no', 'plan-never'],
    ['old', 'unknown', 'plan-unknown'],
    ['Pro', 'unknown', 'plan-unknown'],
    ['constructor', 'unknown', 'plan-unknown'],
  ])('S115 S139 plan %s: %s', (plan, answer, code) => {
    const made = ask({ plan })
    expect([made.answer, codes(made).includes(code)]).toEqual([answer, true])
  })

  it('S115 a question without a plan, and sources without plans, are unknown', () => {
    expect(codes(ask({ plan: undefined }))).toContain('plan-open')
    const { plans: _, ...silent } = product.baa
    expect(codes(ask({}, dataOf({ baa: silent })))).toContain('plan-not-stated')
    expect(ask({}, dataOf({ baa: { available: 'yes', plans: 'any' } })).answer).toBe('yes')
  })

  it('S86 no agreement, or nobody knows', () => {
    expect(ask({}, dataOf({ baa: { available: 'no' } })).answer).toBe('no')
    expect(ask({}, dataOf({ baa: { available: 'unknown', plans: 'any' } })).answer).toBe('unknown')
    expect(codes(ask({ vendor: 'nobody' }))).toEqual(['unknown-vendor'])
    expect(codes(ask({ vendor: 'constructor' }))).toEqual(['unknown-vendor'])
    expect(codes(ask({ product: 'audio' }))).toEqual(['unknown-product'])
  })

  const scoped = dataOf({
    baa: {
      available: 'yes',
      plans: 'any',
      covers: { features: ['meetings'], regions: ['us'] },
      excludes: { features: ['whiteboard'] },
      conditions: [{ condition: 'waiting-room-on', says: 'Turn it on.' }],
    },
  })

  it.each([
    [{ feature: 'meetings', region: 'us' }, 'yes', 'condition'],
    [{ feature: 'whiteboard', region: 'us' }, 'no', 'scope-excluded'],
    [{ feature: 'webinars', region: 'us' }, 'unknown', 'scope-not-named'],
    [{ feature: 'meetings', region: 'eu' }, 'unknown', 'scope-not-named'],
    [{ feature: 'meetings' }, 'unknown', 'scope-open'],
    [{ feature: 'meetings', region: 'us', edition: 'gov' }, 'unknown', 'scope-not-named'],
    [{ feature: 'meetings', region: 'us', service: 'telehealth.video' }, 'yes', 'offered'],
    [{ feature: 'meetings', region: 'us', service: 'telehealth.recording' }, 'unknown', 'service-not-named'],
    [{ feature: 'meetings', region: 'us', service: 'telehealth' }, 'unknown', 'service-not-named'],
  ] as const)('S86 %j: %s', (where, answer, code) => {
    const made = ask(where, scoped)
    expect([made.answer, codes(made).includes(code)]).toEqual([answer, true])
    expect(made.conditions.map((each) => each.condition)).toEqual(['waiting-room-on'])
  })

  it('S86 an answer names its sources, and the registry that has them', () => {
    expect(ask().sources).toEqual([{ ...source, registries: ['ours'] }])
    expect([ask().asOf, ask().reviewBy]).toEqual(['2026-11-01', '2027-05-01'])
  })
})

describe('S52 what is old, weak or contradicted is unknown', () => {
  it('S52 stale by its date of review, and by an age that the question sets', () => {
    const last = { reviewBy: '2026-11-22' }
    // The last day first ends at UTC+14.
    expect(ask({ at: '2026-11-22T09:59:59.999Z' }, dataOf({}, last)).answer).toBe('yes')
    expect(codes(ask({ at: '2026-11-22T10:00:00.000Z' }, dataOf({}, last)))).toContain('stale')
    expect(ask({ maxAgeDays: 30 }).answer).toBe('yes')
    expect(codes(ask({ maxAgeDays: 20 }))).toContain('stale')
    expect(ask({ at: '2026-10-30T00:00:00.000Z' }).answer).toBe('unknown')
  })

  it('S52 a stale "no" is unknown too', () => {
    expect(ask({ plan: 'free' }).answer).toBe('no')
    expect(ask({ plan: 'free', at: '2028-01-01T00:00:00.000Z' }).answer).toBe('unknown')
  })

  it('S52 hearsay is no source', () => {
    const weak = [
      { ...source, confirmation: 'memory' as const },
      { ...source, confirmation: 'weak' as const },
    ]
    expect(codes(ask({}, dataOf({ sources: weak })))).toContain('sources-weak')
    expect(ask({}, dataOf({ sources: [...weak, { ...source, confirmation: 'secondary' }] })).answer).toBe('yes')
  })

  it('S86 two registries that agree are one, with the sources of both', () => {
    const theirs = { ...product, name: 'Video calls', sources: [{ ...source, url: 'https://example.org/other' }] }
    const data = vendorData([
      { id: 'ours', vendors: [vendor] },
      { id: 'theirs', vendors: [{ ...vendor, asOf: '2026-11-10', products: [theirs] }] },
    ])
    const answer = ask({}, data)
    expect([answer.answer, answer.asOf]).toEqual(['yes', '2026-11-10'])
    expect(answer.sources.map(({ url, registries }) => [url, registries])).toEqual([
      ['https://example.org/baa', ['ours', 'theirs']],
      ['https://example.org/other', ['ours', 'theirs']],
    ])
  })

  it('S86 two that differ are both kept, and every answer about the vendor is unknown, naming both', () => {
    const theirs = { ...product, baa: { ...product.baa, plans: { pro: 'never' as const } } }
    const data = vendorData([
      { id: 'ours', vendors: [vendor] },
      { id: 'theirs', vendors: [{ ...vendor, products: [theirs] }] },
    ])
    for (const plan of ['pro', 'free', undefined]) {
      const answer = ask({ plan }, data)
      expect([answer.answer, codes(answer)]).toEqual(['unknown', ['conflict', 'conflict']])
      expect(answer.reasons.map((each) => each.name)).toEqual(['ours', 'theirs'])
      expect(answer.sources.map((each) => each.registries)).toEqual([['ours'], ['theirs']])
    }
    expect(data.vendors.acme).toHaveLength(2)
  })

  it('S86 the order of products, keys and registries makes no difference', () => {
    const second: VendorProduct = { ...product, id: 'audio', services: ['telehealth.audio'] }
    const flipped = JSON.parse(JSON.stringify({ ...vendor, products: [second, product] })) as Vendor
    const data = vendorData([
      { id: 'ours', vendors: [{ ...vendor, products: [product, second] }] },
      { id: 'theirs', vendors: [flipped] },
    ])
    expect(data.vendors.acme).toHaveLength(1)
  })

  it('S52 S136 documents: current, expired, missing, or of nobody known', () => {
    const documents = [
      { kind: 'soc2-type2', asOf: '2025-01-01', until: '2026-01-01' },
      { kind: 'soc2-type2', asOf: '2026-01-01', until: '2027-01-01' },
      { kind: 'penetration-test-summary', asOf: '2025-01-01', until: '2026-01-01' },
      { kind: 'hitrust', asOf: '2027-01-01', until: '2028-01-01' },
    ] as const
    const data = dataOf({}, { documents })
    const rows = vendorDocuments(data, { vendor: 'acme', wanted: [...documentKinds], at: AT })
    const states = Object.fromEntries(rows.map((each) => [each.kind, each.state]))
    expect(states).toMatchObject({
      'soc2-type2': 'current',
      'penetration-test-summary': 'expired',
      hitrust: 'missing',
      'architecture-overview': 'missing',
    })
    expect(vendorDocuments(data, { vendor: 'nobody', wanted: ['hitrust'], at: AT })[0]?.state).toBe('unknown')
  })
})

describe('the starter set', () => {
  const data = vendorData([starterVendors])

  it('is read as any other data, and every product has a source with an address, a day and words', () => {
    expect(starterVendors.vendors.length).toBeLessThanOrEqual(10)
    for (const { products, asOf } of starterVendors.vendors) {
      for (const { sources } of products) {
        expect(sources.length).toBeGreaterThan(0)
        for (const { url, seen, says, copy } of sources) {
          expect([url.startsWith('https://'), seen <= asOf, says.length > 20, copy]).toEqual([true, true, true, 'stored'])
        }
      }
    }
  })

  it("marks as the vendor's own only what stands on a page of the vendor", () => {
    const hosts: { readonly [id: string]: RegExp } = {
      datadog: /\.datadoghq\.com$/,
      'doxy-me': /\.doxy\.me$/,
      'google-workspace': /\.google\.com$/,
      openai: /\.openai\.com$/,
      sentry: /^sentry\.io$/,
      supabase: /^github\.com$/,
      twilio: /(^|\.)twilio\.com$/,
      zoom: /\.zoom\.com$/,
    }
    for (const { id, products } of starterVendors.vendors) {
      for (const { url, confirmation } of products.flatMap((each) => each.sources)) {
        if (confirmation === 'text-seen') expect(new URL(url).hostname).toMatch(hosts[id] as RegExp)
      }
    }
  })

  it.each([
    ['supabase', 'platform', 'team', 'on-request'],
    ['supabase', 'platform', 'pro', 'no'],
    ['doxy-me', 'doxy-me', 'free', 'unknown'],
    ['stripe', 'payments', undefined, 'no'],
    ['twilio', 'sendgrid', undefined, 'unknown'],
    ['google-workspace', 'workspace', 'business-standard', 'unknown'],
    ['openai', 'chatgpt', 'plus', 'no'],
    ['zoom', 'workplace', 'basic', 'no'],
    ['aws', 's3', undefined, 'yes'],
  ])('answers for %s %s on %s: %s, and nothing any more after its review', (id, product, plan, answer) => {
    expect(vendorAnswer(data, { vendor: id, product, plan, at: AT }).answer).toBe(answer)
    expect(vendorAnswer(data, { vendor: id, product, plan, at: '2027-02-23T00:00:00.000Z' }).answer).toBe('unknown')
  })
})

describe('faults and hostile data', () => {
  const bad = (change: object) => [{ id: 'ours', vendors: [{ ...vendor, products: [{ ...product, ...change }] }] }]
  it.each([
    ['a product without a source', bad({ sources: [] }), 'registries.*.vendors.*.products.*.sources'],
    ['no sources at all', bad({ sources: undefined }), 'registries.*.vendors.*.products.*.sources'],
    ['a source without https', bad({ sources: [{ ...source, url: 'http://SECRET.example' }] }), 'registries.*.vendors'],
    ['a source from after the look', bad({ sources: [{ ...source, seen: '2026-11-02' }] }), 'registries.*.vendors'],
    ['an unknown service', bad({ services: ['SECRET'] }), 'registries.*.vendors'],
    ['an unknown key', bad({ SECRET: 1 }), 'registries.*.vendors'],
    [
      'a plan with a name that every object has',
      bad({ baa: { available: 'yes', plans: { constructor: 'always' } } }),
      'registries.*.vendors',
    ],
    [
      'two products with one id',
      [{ id: 'ours', vendors: [{ ...vendor, products: [product, product] }] }],
      'registries.*.vendors',
    ],
    [
      'two registries with one id',
      [
        { id: 'a', vendors: [] },
        { id: 'a', vendors: [] },
      ],
      'registries',
    ],
    ['a review before the look', [{ id: 'a', vendors: [{ ...vendor, reviewBy: '2026-10-31' }] }], 'registries.*.vendors'],
    ['nothing', undefined, 'registries'],
  ])('refuses %s, and quotes nothing of it', async (_, value, path) => {
    const error = await refusal(() => vendorData(value as never))
    expect(error.code).toBe('PHI_BAA_VENDORS')
    expect(error.path?.startsWith(path)).toBe(true)
    expect(JSON.stringify(error) + error.message).not.toContain('SECRET')
  })

  it('refuses a question without a time, and data that nobody checked', async () => {
    expect((await refusal(() => ask({ at: '2026-11-22' }))).code).toBe('PHI_BAA_VENDOR_QUESTION')
    expect((await refusal(() => ask({}, { vendors: {} } as never))).code).toBe('PHI_BAA_VENDORS')
  })

  it('nothing planted on a prototype makes an offer', () => {
    const data = dataOf({ baa: { available: 'yes' } })
    Object.defineProperty(Object.prototype, 'plans', { value: 'any', configurable: true })
    try {
      expect(ask({}, data).answer).toBe('unknown')
      expect(ask({}, dataOf({ baa: { available: 'yes' } })).answer).toBe('unknown')
    } finally {
      delete (Object.prototype as { plans?: unknown }).plans
    }
  })

  it('gives the answer that the rules give when they are written down the other way round', () => {
    const plans = [undefined, 'any', { pro: 'always' }, { pro: 'on-request' }, { pro: 'never' }, { pro: 'unknown' }] as const
    const covers = [undefined, { features: ['a'] }, { features: ['a', 'b'] }, { regions: ['us'] }]
    const excludes = [undefined, { features: ['b'] }, { features: ['a'] }]
    const whole = <A, B, C>(a: readonly A[], b: readonly B[], c: readonly C[]) =>
      a.flatMap((x) => b.flatMap((y) => c.map((z) => [x, y, z] as const)))
    type Lists = { readonly features?: readonly string[]; readonly regions?: readonly string[] }
    /** What has to be so for a "yes", and what is enough for a "no". */
    const expected = (
      { plans, covers = {}, excludes = {} }: { plans?: unknown; covers?: Lists; excludes?: Lists },
      { plan, feature, region }: { plan?: string; feature?: string; region?: string },
    ) => {
      const offered = plans === 'any' ? 'always' : plan === 'pro' ? (plans as { pro?: string } | undefined)?.pro : undefined
      if (offered === 'never' || excludes.features?.includes(feature ?? '')) return 'no'
      const fine = (given: string | undefined, named?: readonly string[], left?: readonly string[]) =>
        given === undefined ? named === undefined && left === undefined : named?.includes(given) === true
      const sure = fine(feature, covers.features, excludes.features) && fine(region, covers.regions, excludes.regions)
      if (!sure || (offered !== 'always' && offered !== 'on-request')) return 'unknown'
      return offered === 'always' ? 'yes' : 'on-request'
    }
    const seen = new Map<string, number>()
    for (const [offered, named, left] of whole(plans, covers, excludes)) {
      const baa = { ...(offered && { plans: offered }), ...(named && { covers: named }), ...(left && { excludes: left }) }
      const data = dataOf({ baa: { available: 'yes', ...baa } })
      for (const [plan, feature, region] of whole(
        [undefined, 'pro', 'free'],
        [undefined, 'a', 'b', 'c'],
        [undefined, 'us', 'eu'],
      )) {
        const asked = { ...(plan && { plan }), ...(feature && { feature }), ...(region && { region }) }
        const { answer } = vendorAnswer(data, { vendor: 'acme', product: 'video', at: AT, ...asked })
        expect([baa, asked, answer]).toEqual([baa, asked, expected(baa, asked)])
        seen.set(answer, (seen.get(answer) ?? 0) + 1)
      }
    }
    expect([...seen.values()].reduce((a, b) => a + b)).toBe(6 * 4 * 3 * 3 * 4 * 3)
    expect([...seen.keys()].sort()).toEqual(['no', 'on-request', 'unknown', 'yes'])
  })

  it('every reason says what is so, and what to do unless all is well', () => {
    for (const { verdict, says, remedy } of Object.values(vendorReasons)) {
      expect(says.endsWith('.')).toBe(true)
      if (verdict !== 'yes') expect(remedy.endsWith('.')).toBe(true)
    }
  })
})
