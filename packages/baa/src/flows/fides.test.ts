import { isDataClass, isUse } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { parseAgreement, registry } from '../index.ts'
import { fromFides } from './fides.ts'
import { fidesCategories, fidesUses } from './fides-table.ts'
import { flows } from './flows.ts'

/** A manifest as Fides has them, as parsed from YAML: a practice, a mail vendor, an analytics vendor. */
const manifest = {
  dataset: [
    {
      fides_key: 'chart_db',
      name: 'Chart',
      organization_fides_key: 'default_organization',
      collections: [
        {
          name: 'patients',
          fields: [
            { name: 'id', data_categories: ['user.unique_id'] },
            { name: 'email', data_categories: ['user.contact.email'] },
            { name: 'created_at', data_categories: ['system.operations'] },
            { name: 'record', fields: [{ name: 'mrn', data_categories: ['user.health_and_medical.record_id'] }] },
          ],
        },
      ],
    },
  ],
  system: [
    {
      fides_key: 'booking',
      name: 'Booking',
      system_type: 'Service',
      ingress: [
        { fides_key: 'user', type: 'user', data_categories: ['user.name', 'user.contact.email'] },
        { fides_key: 'chart_db', type: 'dataset' },
      ],
      egress: [{ fides_key: 'mailer', type: 'system', data_categories: ['user.contact.email'] }],
      privacy_declarations: [
        {
          name: 'reminders',
          data_categories: ['user.name', 'user.contact.email'],
          data_use: 'essential.service.notifications.email',
          data_subjects: ['customer'],
          egress: ['mailer'],
        },
      ],
    },
    { fides_key: 'mailer', system_type: 'Third Party', privacy_declarations: [] },
    {
      fides_key: 'clicks',
      system_type: 'Third Party',
      vendor_id: 'gvl.1',
      privacy_declarations: [
        {
          data_categories: ['user.behavior.browsing_history', 'user.device.cookie_id'],
          data_use: 'personalize.content',
          data_subjects: ['customer'],
        },
      ],
    },
  ],
} as const
const options = {
  owner: 'practice',
  parties: { mailer: 'mail-vendor', user: 'patients' },
  services: { booking: 'scheduling.booking', mailer: 'messaging.email' },
} as const

describe('an import from Fides', () => {
  const imported = fromFides(manifest, options)
  const node = (id: string) => imported.map.nodes.find((each) => each.id === id)
  const edge = (id: string) => imported.map.edges.find((each) => each.id === id)

  it('S54 makes nodes of systems, datasets and users, each of its party', () => {
    expect(imported.map.nodes.map((each) => [each.id, each.kind, each.party])).toEqual([
      ['chart_db', 'store', 'practice'],
      ['booking', 'service', 'practice'],
      ['mailer', 'vendor', 'mail-vendor'],
      ['clicks', 'vendor', 'clicks'],
      ['user', 'person', 'patients'],
      ['_not-stated', 'service', 'practice'],
    ])
    expect(node('chart_db')?.holds?.map((each) => each.class)).toEqual([
      'phi.identity.email',
      'phi.identity.mrn',
      'phi.identity.other-unique',
    ])
    expect(node('chart_db')?.label).toBe('Chart')
  })

  it('S54 makes an edge of every flow and use, in its direction', () => {
    const mail = 'booking->mailer:essential.service.notifications.email'
    expect(edge(mail)).toMatchObject({
      from: 'booking',
      to: 'mailer',
      use: 'operations',
      data: [{ class: 'phi.identity.email' }],
    })
    expect(edge('user->booking:essential.service.notifications.email')).toMatchObject({ from: 'user', to: 'booking' })
    expect(edge('chart_db->booking:essential.service.notifications.email')?.data?.map((each) => each.class)).toEqual([
      'phi.identity.email',
      'phi.identity.name',
    ])
  })

  it('S54 says what has no counterpart, and takes it for anything or leaves it open', () => {
    expect(imported.unmapped).toEqual([
      { kind: 'party', key: 'clicks', at: 'clicks' },
      { kind: 'data_category', key: 'user.behavior.browsing_history', at: 'clicks' },
      { kind: 'data_use', key: 'personalize.content', at: 'clicks' },
    ])
    expect(imported.assumed).toEqual(['clicks'])
    const assumed = edge('_not-stated->clicks:personalize.content')
    expect(assumed?.data?.map((each) => each.class)).toEqual(['phi', 'phi.identity.device'])
    expect(assumed).not.toHaveProperty('use')
  })

  it('S9 S54 is analysed with a registry: the vendor without an agreement is found', () => {
    const model = registry(
      [
        parseAgreement({
          id: 'mail',
          tier: 'ce-ba',
          version: '1',
          from: { id: 'practice', kind: 'covered-entity' },
          to: { id: 'mail-vendor', kind: 'business-associate' },
          services: ['messaging.email'],
          permits: ['phi.identity.email'],
          uses: ['operations'],
          effective: '2026-01-01',
          signatures: ['practice', 'mail-vendor'].map((party) => ({ party, at: '2026-01-02T09:00:00.000Z' })),
          terms: { subcontractors: true },
        }),
      ],
      {
        parties: [
          { id: 'patients', kind: 'individual' },
          { id: 'clicks', kind: 'other' },
        ],
      },
    )
    const result = flows(imported.map, model, { at: '2026-11-21T10:00:00.000Z' })
    expect([...new Set(result.exposures.map((each) => each.node))].sort()).toEqual(['clicks'])
    expect(result.exposures.map((each) => each.outcome)).toEqual(['needs', 'needs'])
    // Fides does not say in the words of agreements what a system does: without that nothing is allowed.
    const open = flows(fromFides(manifest, { ...options, services: {} }).map, model, { at: '2026-11-21T10:00:00.000Z' })
    expect(open.exposures.find((each) => each.node === 'mailer')?.reasons[0]?.code).toBe('unknown-service')
  })

  it('S54 takes keys of your own, and refuses what is no class or use', async () => {
    const own = fromFides(manifest, {
      ...options,
      categories: { 'user.behavior.browsing_history': ['phi.ops.analytics'] },
      uses: { 'personalize.content': 'marketing' },
    })
    expect(own.unmapped.map((each) => each.kind)).toEqual(['party'])
    expect(own.map.edges.find((each) => each.to === 'clicks')?.use).toBe('marketing')
    const wrong = await refusal(() => fromFides(manifest, { ...options, categories: { 'user.name': ['phi.secret' as never] } }))
    expect(wrong).toMatchObject({ code: 'PHI_BAA_FIDES', path: 'options.categories.*' })
  })

  it('S54 reads a key that it does not know as the nearest one above, and says so', () => {
    const system = (category: string, more: object = {}) =>
      fromFides(
        {
          system: [
            {
              fides_key: 's',
              ...more,
              privacy_declarations: [{ data_categories: [category], data_use: 'operations.x', data_subjects: [] }],
            },
          ],
        },
        options,
      )
    const widened = system('user.health_and_medical.session_note')
    expect(widened.widened).toEqual([{ key: 'user.health_and_medical.session_note', as: 'user.health_and_medical', at: 's' }])
    expect(widened.map.nodes[0]?.holds).toContainEqual({ class: 'phi.clinical' })
    // Not so where the one above says nothing.
    expect(system('user.zodiac').unmapped).toEqual([{ kind: 'data_category', key: 'user.zodiac', at: 's' }])
    expect(system('constructor').unmapped).toEqual([{ kind: 'data_category', key: 'constructor', at: 's' }])
  })

  it('S54 keeps flows that name no data, and lists those of data about nobody', () => {
    const { map, impersonal, unmapped } = fromFides(
      {
        system: [
          {
            fides_key: 'a',
            egress: [
              { fides_key: 'b', type: 'system' },
              { fides_key: 'c', type: 'system', data_categories: ['system.operations'] },
            ],
          },
          { fides_key: 'c' },
        ],
      },
      options,
    )
    expect(map.edges).toMatchObject([{ id: 'a->b', passes: 'all' }])
    expect(impersonal).toEqual([{ from: 'a', to: 'c' }])
    expect(unmapped.map((each) => [each.kind, each.key])).toEqual([
      ['resource', 'b'],
      ['party', 'b'],
    ])
  })

  it('S9 does not lose what a vendor is declared to have and no flow brings', () => {
    const vendor = {
      fides_key: 'v',
      system_type: 'Third Party',
      privacy_declarations: [
        { data_categories: ['user.name', 'user.contact.email'], data_use: 'operations', data_subjects: [] },
      ],
    }
    const system = { fides_key: 'a', egress: [{ fides_key: 'v', type: 'system', data_categories: ['user.name'] }] }
    const part = fromFides({ system: [system, vendor] }, { ...options, parties: { v: 'vendor' } })
    expect(part.assumed).toEqual(['v'])
    expect(part.map.edges.map((each) => [each.from, each.data?.map((item) => item.class)])).toEqual([
      ['_not-stated', ['phi.identity.email']],
      ['a', ['phi.identity.name']],
    ])
    const whole = { ...system, egress: [{ fides_key: 'v', type: 'system', data_categories: ['user.name', 'user.contact'] }] }
    expect(fromFides({ system: [whole, vendor] }, { ...options, parties: { v: 'vendor' } }).assumed).toEqual([])
  })

  it('S54 merges what both ends say of one flow', () => {
    const both = fromFides(
      [
        { system: [{ fides_key: 'a', egress: [{ fides_key: 'b', type: 'system', data_categories: ['user.name'] }] }] },
        {
          system: [{ fides_key: 'b', ingress: [{ fides_key: 'a', type: 'system', data_categories: ['user.contact.email'] }] }],
        },
      ],
      options,
    )
    expect(both.map.edges).toHaveLength(1)
    expect(both.map.edges[0]?.data?.map((each) => each.class)).toEqual(['phi.identity.email', 'phi.identity.name'])
  })

  it('S54 refuses what is no manifest, and repeats nothing of it', async () => {
    const broken = [
      null,
      'system: []',
      { system: {} },
      { system: [{ fides_key: 'Jane Doe' }] },
      { system: [{ fides_key: 'a', privacy_declarations: [{ data_categories: [1] }] }] },
      { system: [{ fides_key: 'a' }, { fides_key: 'a' }] },
      { dataset: [{ fides_key: 'a', collections: [{ fields: [{ data_categories: 'user.name' }] }] }] },
    ]
    for (const each of broken) {
      const error = await refusal(() => fromFides(each, options))
      expect(error.code).toBe('PHI_BAA_FIDES')
      expect(String(error)).not.toContain('Jane')
    }
    const cyclic: { name: string; fields?: unknown[] } = { name: 'x' }
    cyclic.fields = [cyclic]
    expect(
      (await refusal(() => fromFides({ dataset: [{ fides_key: 'a', collections: [{ fields: [cyclic] }] }] }, options))).code,
    ).toBe('PHI_BAA_FIDES')
  })

  it('S54 has a table of words that exist, without prototypes', () => {
    for (const classes of Object.values(fidesCategories)) expect(classes.every(isDataClass)).toBe(true)
    expect(Object.values(fidesUses).every(isUse)).toBe(true)
    expect(fidesCategories.constructor).toBeUndefined()
    expect(Object.keys(fidesCategories).length).toBeGreaterThan(60)
  })
})
