import { describe, expect, it } from 'vitest'
import type { AuditEventInput } from '../../src/event.ts'
import { type BalpProfile, balpProfiles, profilesOf, toFhirR4, toFhirR5 } from '../../src/fhir/index.ts'
import type { FhirR4Options } from '../../src/fhir/options.ts'
import { recordOf } from './arbitrary.ts'
import { asks, check } from './checker.ts'
import { examples, hasVectors, type Json, note } from './vectors.ts'

const server = { network: 'https://ehr.example/fhir' }
const actor = { id: 'u-17', type: 'workforce' as const, roles: ['therapist'], organization: 'org-1' }
const source = { ip: '203.0.113.9', userAgent: 'Mozilla/5.0', request: 'r-1', session: 's-1' }
const subject = { resource: { type: 'ProgressNote', id: 'n-204' }, dataClasses: ['phi.clinical' as never] }
const patient = { ...subject, patients: ['p-88'] }
const context = { purpose: 'TREAT' as const }
const event = (action: AuditEventInput['action'], more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  action,
  outcome: 'success',
  actor,
  source,
  subject: { resource: subject.resource },
  context,
  ...more,
})
const about = { subject: { resource: patient.resource, patients: patient.patients } }
const token = (type: string, more: object = {}) => ({
  context: {
    ...context,
    details: { 'token.type': type, 'token.id': 'C187CC48', 'token.issuer': 'https://sts.example', ...more },
  },
})
const query = { context: { ...context, details: { query: 'Observation?patient=p-88' } } }
const disclosure = {
  address: 'https://payer.example/fhir',
  description: 'Progress note of 4 March',
  purpose: 'Claim 17',
  recipient: 'Payer Inc.',
}

/** An event for each profile, with all that the profile asks for. */
const full: Readonly<Record<BalpProfile, readonly [AuditEventInput, FhirR4Options]>> = {
  Create: [event('create'), { server }],
  Read: [event('read'), { server }],
  Update: [event('update'), { server }],
  Delete: [event('delete'), { server }],
  Query: [event('search', query), { server }],
  PatientCreate: [event('create', about), { server }],
  PatientRead: [event('read', about), { server }],
  PatientUpdate: [event('update', about), { server }],
  PatientDelete: [event('delete', about), { server }],
  PatientQuery: [event('search', { ...query, subject: { patients: ['p-88'] } }), { server }],
  'PrivacyDisclosure.Source': [event('disclose', { ...about, context: { ...context, disclosure } }), { server }],
  'PrivacyDisclosure.Recipient': [
    event('upload', { ...about, context: { ...context, details: { 'disclosure.side': 'received' } } }),
    { server, observer: { reference: 'Device/ehr-1' } },
  ],
  AuthZconsent: [
    event('read', {
      ...about,
      outcome: 'denied',
      context: { ...context, decision: { policy: 'Consent/c-1', rule: 'deny-3' } },
    }),
    { view: 'decision', observer: { reference: 'Device/authz' } },
  ],
  'SAMLaccessTokenUse.Minimal': [event('read', token('saml')), {}],
  'SAMLaccessTokenUse.Comprehensive': [event('read', token('saml')), {}],
  'OAUTHaccessTokenUse.Minimal': [event('read', token('oauth')), {}],
  'OAUTHaccessTokenUse.Comprehensive': [event('read', token('oauth', { 'client.id': 'app-1' })), {}],
  'OAUTHaccessTokenUse.Opaque': [event('read', token('oauth-opaque')), {}],
}

function without(resource: unknown, way: readonly (string | number)[]): Json {
  const copy = JSON.parse(JSON.stringify(resource)) as Json
  let at = copy as Record<string | number, unknown>
  for (const step of way.slice(0, -1)) at = at[step] as Record<string | number, unknown>
  const last = way.at(-1) as string | number
  if (Array.isArray(at)) at.splice(last as number, 1)
  else delete at[last]
  return copy
}

/** The same with another value there: another code, or text. */
function otherwise(resource: unknown, way: readonly (string | number)[]): Json {
  const text = JSON.stringify(resource)
  const copy = JSON.parse(text) as Json
  let at = copy as Record<string | number, unknown>
  for (const step of way.slice(0, -1)) at = at[step] as Record<string | number, unknown>
  const last = way.at(-1) as string | number
  const change = (value: unknown): unknown => {
    if (typeof value === 'boolean') return !value
    if (typeof value === 'string') return 'x-other'
    if (Array.isArray(value)) return value.map(change)
    return Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, change(inner)]))
  }
  at[last] = change(at[last])
  return copy
}

/** What tells a slice that may be missing: with another value it is another agent or entity, and nothing is amiss. */
const names = /(agent:(user|userorg|oUser)|entity:transaction)\.type$/
/** Slices that a profile allows and the records here do not fill. */
const optionalSlices = (profile: BalpProfile): RegExp =>
  profile.startsWith('PrivacyDisclosure')
    ? /:(custodian|authorizer)/
    : profile.startsWith('SAML')
      ? /:(homeCommunityId|consent)|extension/
      : /:(transaction|token)/

describe.skipIf(!hasVectors)(`records against the published profiles${note}`, () => {
  it.each(balpProfiles)('S94 S124 S125 %s: what is written keeps the profile that it names', (profile) => {
    const [input, options] = full[profile]
    const resource = toFhirR4(recordOf(input), options)
    expect(profilesOf(recordOf(input), options)).toContainEqual(expect.objectContaining({ profile, missing: [] }))
    for (const url of resource.meta?.profile ?? []) {
      expect(check(resource, 'r4', url.split('IHE.BasicAudit.')[1])).toMatchObject({ issues: [] })
    }
    expect(check(resource, 'r4').issues).toEqual([])
  })

  it.each(balpProfiles)('S124 %s: the checker notices when any required element is taken away', (profile) => {
    const [input, options] = full[profile]
    const resource = toFhirR4(recordOf(input), options)
    const { hits, issues } = check(resource, 'r4', profile)
    expect(issues).toEqual([])
    const unnoticed = hits
      .filter(({ way }) => check(without(resource, way), 'r4', profile).issues.length === 0)
      .map(({ id }) => id)
    // A binding or a pattern without a minimum lets the element be absent; another value is noticed all the same.
    const mayBeAbsent = unnoticed.filter((id) => hits.some((hit) => hit.id === id))
    for (const id of mayBeAbsent.filter((each) => !names.test(each))) {
      const hit = hits.find((each) => each.id === id) as (typeof hits)[number]
      expect.soft(check(otherwise(resource, hit.way), 'r4', profile).issues, id).not.toEqual([])
    }
    const met = new Set(hits.map(({ id }) => id))
    const unmet = asks(profile).filter((id) => !met.has(id) && !optionalSlices(profile).test(id))
    expect(unmet).toEqual([])
  })

  it.each(balpProfiles)(
    'S125 %s: a record that lacks a fact does not name the profile, and is told what is missing',
    (profile) => {
      const [input, options] = full[profile]
      const lacking: (readonly [AuditEventInput, FhirR4Options])[] = [
        [{ ...input, source: {} }, options],
        [{ ...input, subject: {} }, options],
        [{ ...input, context: {} }, options],
        [input, { ...options, server: undefined }],
        [{ ...input, outcome: 'failure' }, options],
        [{ ...input, actor: { id: 'job-1', type: 'system' } }, options],
      ].map(([e, o]) => [e as AuditEventInput, JSON.parse(JSON.stringify(o)) as FhirR4Options])
      for (const [lesser, own] of lacking) {
        const resource = toFhirR4(recordOf(lesser), own)
        expect(check(resource, 'r4').issues).toEqual([])
        for (const fit of profilesOf(recordOf(lesser), own)) {
          const { issues } = check(resource, 'r4', fit.profile)
          if (fit.missing.length === 0) expect(issues).toEqual([])
          expect(resource.meta?.profile?.includes(fit.url) ?? false).toBe(fit.missing.length === 0)
        }
      }
    },
  )

  it('S125 what BALP publishes as examples keeps its own profiles in the checker, but for what is listed', () => {
    const found = examples('balp').flatMap(([name, resource]) => {
      const { profile } = resource.meta as { profile: string[] }
      const own = (profile[0] as string).split('IHE.BasicAudit.')[1] as string
      const { issues } = check(resource, 'r4', own)
      return issues.length === 0 ? [] : [[name, ...issues]]
    })
    expect(found).toEqual([])
  })

  it('S125 the examples of R4 and R5 keep the base definitions in the checker', () => {
    for (const [name, resource] of examples('r4')) expect(check(resource, 'r4').issues, name).toEqual([])
    for (const [name, resource] of examples('r5')) expect(check(resource, 'r5').issues, name).toEqual([])
  })

  it('S124 every kind of event keeps the base definition of R4 and of R5', () => {
    for (const profile of balpProfiles) {
      const [input, options] = full[profile]
      const { view: _view, ...own } = options
      expect(check(toFhirR5(recordOf(input), own), 'r5').issues).toEqual([])
    }
  })
})
