import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refusal } from '../../../core/test/refusal.ts'
import { describeVectors, readVector } from '../../../core/test/vectors.ts'
import { type ControlId, controlOf, controls } from './controls.ts'
import type { RegisterEntryInput } from './entry.ts'
import { type OscalOptions, oscalControlId, toOscal } from './oscal.ts'
import { register } from './register.ts'

const options: OscalOptions = {
  uuid: '0f3c8c1e-4d6f-4a55-9c5b-1b7d3f0a2e11',
  namespace: '7c1f9a52-0a3e-4f0c-8b7e-5d2f4f6a9b33',
  lastModified: '2026-11-22T10:00:00.000Z',
  at: '2026-11-22',
  title: 'Safeguards of the practice',
  version: '1.0',
  provider: 'Practice tool',
  customer: 'Practice',
}
const entry = (control: ControlId, more: object = {}) =>
  ({
    id: `e-${control}`,
    control,
    responsible: 'customer',
    status: 'in-place',
    owner: 'owner',
    evidence: [{ id: 'report 7', sha256: 'c'.repeat(64), asOf: '2026-10-01' }],
    asOf: '2026-10-01',
    reviewBy: '2027-04-01',
    ...more,
  }) as RegisterEntryInput
const entries = [
  entry('screen-lock', { parameter: { minutes: 5 } }),
  entry('screen-position', { evidence: [] }),
  entry('log-review', {
    responsible: 'shared',
    parts: { provider: 'keeps the logs', customer: 'reads them' },
    every: 'monthly',
    lastDone: '2026-09-30',
  }),
  entry('platform-logoff', { responsible: 'provider', parameter: { minutes: 30 } }),
  entry('telehealth-configuration', { status: 'not-applicable', reason: 'no telehealth' }),
]

const uuid = z.string().regex(/^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[45][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$/)
const token = z.string().regex(/^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$/u)
const string = z.string().regex(/^\S(.*\S)?$/u)
const line = z.string().regex(/^[^\n]+$/u)
const props = z
  .array(
    z.strictObject({
      name: token,
      ns: z.string().regex(/^[a-zA-Z][a-zA-Z0-9+\-.]+:.+$/),
      value: string,
      group: token.optional(),
    }),
  )
  .min(1)
const links = z.array(z.strictObject({ href: z.string(), rel: token })).min(1)

/** What the JSON schema of OSCAL 1.1 requires of the parts that are written here, with nothing else allowed. */
const structure = z.strictObject({
  'component-definition': z.strictObject({
    uuid,
    metadata: z.strictObject({
      title: line,
      'last-modified': z.iso.datetime({ offset: true }),
      version: string,
      'oscal-version': string,
      roles: z.array(z.strictObject({ id: token, title: line })).min(1),
      parties: z.array(z.strictObject({ uuid, type: z.enum(['person', 'organization']), name: string })).min(1),
    }),
    components: z
      .array(
        z.strictObject({
          uuid,
          type: string,
          title: line,
          description: z.string(),
          'responsible-roles': z.array(z.strictObject({ 'role-id': token, 'party-uuids': z.array(uuid).min(1) })).min(1),
          'control-implementations': z
            .array(
              z.strictObject({
                uuid,
                source: z.string(),
                description: z.string(),
                'implemented-requirements': z
                  .array(z.strictObject({ uuid, 'control-id': token, description: z.string(), props, links: links.optional() }))
                  .min(1),
              }),
            )
            .min(1),
        }),
      )
      .min(1)
      .optional(),
    'back-matter': z.strictObject({ resources: z.array(z.strictObject({ uuid, title: line, props })).min(1) }).optional(),
  }),
})

const requirementsOf = (document: ReturnType<typeof toOscal>, side: number) =>
  document['component-definition'].components?.[side]?.['control-implementations'][0]?.['implemented-requirements'] ?? []

describe('the OSCAL component definition', () => {
  it('C10 S137 has the form of OSCAL 1.1, a component for each side, and unique UUIDs', () => {
    const document = toOscal(register(entries), options)
    expect(structure.parse(document)).toEqual(document)
    expect(requirementsOf(document, 0).map((each) => each['control-id'])).toEqual([
      'hipaa-164.308.a.1.ii.D',
      'hipaa-164.312.a.2.iii',
    ])
    expect(requirementsOf(document, 1).map((each) => each['control-id'])).toEqual([
      'hipaa-164.310.b-c',
      'hipaa-164.308.a.1.ii.D',
      'hipaa-164.312.e.1',
    ])
    const found = [...JSON.stringify(document).matchAll(/"uuid":"([^"]+)"/g)].map(([, each]) => each)
    expect(new Set(found).size).toBe(found.length)
  })

  it('C10 says of each entry who is responsible and what is known, and never that all is well', () => {
    const document = toOscal(register(entries), options)
    const [both] = requirementsOf(document, 1)
    const values = (name: string) =>
      both?.props.filter((each) => each.name === name).map(({ value, group }) => `${group} ${value}`)
    expect(values('state')).toEqual(['entry-e-screen-lock in-place', 'entry-e-screen-position unknown'])
    expect(values('parameter')).toEqual(['entry-e-screen-lock minutes: 5'])
    expect(requirementsOf(document, 0)[0]?.description).toBe('Audit logs and access reports are reviewed: keeps the logs')
    expect(requirementsOf(document, 1)[1]?.description).toBe('Audit logs and access reports are reviewed: reads them')
    const [, review] = requirementsOf(document, 1)
    expect(review?.props.find(({ name }) => name === 'doubts')?.value).toBe('not-repeated')
  })

  it('S113 evidence is in the back matter once, with its hash, and each link resolves', () => {
    const document = toOscal(register(entries), options)['component-definition']
    const resources = document['back-matter']?.resources ?? []
    expect(resources).toHaveLength(1)
    expect(resources[0]?.props.find(({ name }) => name === 'sha256')?.value).toBe('c'.repeat(64))
    const hrefs = [0, 1]
      .flatMap((side) => requirementsOf({ 'component-definition': document }, side))
      .flatMap(({ links: to = [] }) => to.map(({ href }) => href))
    expect(hrefs.length).toBeGreaterThan(0)
    for (const href of hrefs) expect(resources.map(({ uuid: id }) => `#${id}`)).toContain(href)
  })

  it('is the same each time, and keeps its UUIDs under another document UUID', () => {
    const again = toOscal(register(entries), { ...options, uuid: '11111111-2222-4333-8444-555555555555' })
    const { uuid: _, ...rest } = toOscal(register(entries), options)['component-definition']
    expect(toOscal(register(entries), options)).toEqual(toOscal(register(entries), options))
    expect(again['component-definition']).toMatchObject(rest)
    expect(toOscal(register([]), options)['component-definition']).not.toHaveProperty('components')
  })

  it('every citation of the catalogue makes a token, and no two make one', () => {
    const byId = new Map<string, Set<string>>()
    for (const id of Object.keys(controls) as ControlId[]) {
      const { citation } = controlOf(id)
      const made = oscalControlId(citation)
      expect(token.safeParse(made).success, made).toBe(true)
      byId.set(made, (byId.get(made) ?? new Set()).add(citation.section))
    }
    expect([...byId.values()].filter((each) => each.size > 1)).toEqual([])
  })

  it('has the form whatever people wrote', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .filter((each) => each === each.trim() && each !== '' && !/[\p{Cc}\u2028\u2029]/u.test(each) && each.isWellFormed())
    fc.assert(
      fc.property(text, text, text, (owner, system, provider) => {
        const document = toOscal(register([entry('mfa', { owner, system })]), { ...options, provider, customer: owner })
        expect(structure.safeParse(document).success).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  it('refuses options that OSCAL does not allow', async () => {
    const bad: object[] = [
      { uuid: 'x' },
      { uuid: '0f3c8c1e-4d6f-8a55-9c5b-1b7d3f0a2e11' },
      { lastModified: '2026-11-22' },
      { at: '' },
      { source: 'javascript:alert(1)' },
      { more: 1 },
    ]
    for (const each of bad)
      expect((await refusal(() => toOscal(register(entries), { ...options, ...each }))).code).toBe('PHI_BAA_OSCAL')
  })
})

// zod compiles patterns without the flag that \\p{…} needs, and reads a URI reference as a whole URL.
const asZodReads = (key: string, value: unknown): unknown => {
  if (key === 'pattern' && typeof value === 'string')
    return value.replaceAll('\\p{L}', '[A-Za-z]').replaceAll('\\p{N}', '[0-9]')
  return key === 'format' && value === 'uri-reference' ? undefined : value
}

describeVectors('the published JSON schema of OSCAL', 'oscal/oscal_component_schema.json', () => {
  it('C10 accepts what is written, and not without what it requires', () => {
    const schema = z.fromJSONSchema(JSON.parse(readVector('oscal/oscal_component_schema.json'), asZodReads))
    expect(schema.safeParse(toOscal(register(entries), options)).error).toBeUndefined()
    const broken = JSON.parse(JSON.stringify(toOscal(register(entries), options)))
    delete broken['component-definition'].metadata.version
    expect(schema.safeParse(broken).success).toBe(false)
  })
})
