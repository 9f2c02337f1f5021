import { generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { defineAgreement, signAgreement, statusAt, termsHash, verifySignatures } from '@phi/baa'
import { destructionRules, localKms, memoryKeyStore, memoryTombstones, openKeyring } from '@phi/envelope'
import { memoryRetentionStore, parsePlan, plan, retentionSchedule } from '@phi/retention'
import { describe, expect, it } from 'vitest'
import { type BookKey, openDocument, planIdOf, termsHashOf } from './documents-by-the-book.ts'

const agreement = defineAgreement({
  id: 'practice-platform',
  tier: 'ce-ba',
  version: '1.3',
  effective: '2026-01-01',
  from: { id: 'practice', kind: 'covered-entity' },
  to: { id: 'platform', kind: 'business-associate' },
  services: ['records.notes'],
  permits: ['phi.clinical.note'],
  prohibits: ['label:hiv'],
  uses: ['treatment'],
})
const at = '2026-01-02T15:00:00.000Z'

function keyOf(alg: 'EdDSA' | 'ES256', kid: string) {
  const { privateKey, publicKey } =
    alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { signer: { alg, kid, key: privateKey } as const, trusted: { ...publicKey.export({ format: 'jwk' }), kid } as BookKey }
}
const typ = 'phi-agreement-signature+jwt'

describe.each(['EdDSA', 'ES256'] as const)('a signed document, %s', (alg) => {
  const { signer, trusted } = keyOf(alg, 'practice-1')

  it('opens by the page alone, with the terms hash that the page makes', async () => {
    const opened = openDocument(await signAgreement(agreement, { party: 'practice', at, signer }), [trusted], typ)
    expect(opened).toMatchObject({
      payload: { format: 'phi.agreement-signature/v1', party: 'practice', at, termsHash: termsHashOf({ ...agreement }) },
    })
    expect(termsHashOf({ ...agreement })).toBe(termsHash(agreement))
  })

  it('is refused with any character changed', async () => {
    const jws = await signAgreement(agreement, { party: 'practice', at, signer })
    for (let i = 0; i < jws.length; i++) {
      const changed = `${jws.slice(0, i)}${jws[i] === 'A' ? 'B' : 'A'}${jws.slice(i + 1)}`
      expect(openDocument(changed, [trusted], typ), `character ${i}`).toHaveProperty('refused')
    }
  })

  it('is refused as another kind, under another key, and with another header, for the reason on the page', async () => {
    const jws = await signAgreement(agreement, { party: 'practice', at, signer })
    expect(openDocument(jws, [trusted], 'phi-destruction+jwt')).toEqual({ refused: 'type' })
    expect(openDocument(jws, [{ ...trusted, kid: 'other' }], typ)).toEqual({ refused: 'unknown-key' })
    expect(openDocument(jws, [keyOf(alg, 'practice-1').trusted], typ)).toEqual({ refused: 'signature' })
    expect(openDocument(`${jws}.`, [trusted], typ)).toEqual({ refused: 'form' })
    const header = (members: string) => Buffer.from(members).toString('base64url') + jws.slice(jws.indexOf('.'))
    const none = header(`{"alg":"none","kid":"practice-1","typ":"${typ}"}`)
    expect(openDocument(none, [trusted], typ)).toEqual({ refused: 'algorithm' })
    const more = header(`{"alg":"${alg}","crit":[],"kid":"practice-1","typ":"${typ}"}`)
    expect(openDocument(more, [trusted], typ)).toEqual({ refused: 'header' })
    const spaced = header(`{"alg":"${alg}", "kid":"practice-1","typ":"${typ}"}`)
    expect(openDocument(spaced, [trusted], typ)).toEqual({ refused: 'header' })
    for (const [damaged, problem] of [
      [none, 'algorithm'],
      [more, 'header'],
      [spaced, 'header'],
    ] as const) {
      const keys = { practice: [trusted as never], platform: [keyOf(alg, 'platform-1').trusted as never] }
      const report = await verifySignatures(agreement, [damaged], keys)
      expect(report.rejected).toEqual([{ index: 0, problem }])
    }
  })
})

describe('a certificate of destruction', () => {
  it('opens by the page alone, and has the members and the order of instants that the page names', async () => {
    const { signer, trusted } = keyOf('EdDSA', 'keys-1')
    const keyring = await openKeyring({ kms: localKms.generate(), store: memoryKeyStore(), tombstones: memoryTombstones() })
    await keyring.tenant('clinic-a')
    const destroyed = await keyring.destroy({
      tenant: 'clinic-a',
      approver: 'Privacy officer',
      rule: destructionRules.baaTermination,
      backupHorizon: '2099-01-01T00:00:00.000Z',
      signer,
    })
    if (destroyed.status !== 'destroyed') throw new Error(destroyed.status)
    const opened = openDocument(destroyed.certificate, [trusted], 'phi-destruction+jwt')
    if ('refused' in opened) throw new Error(opened.refused)
    const certificate = opened.payload as Record<string, unknown> & { keys: Record<string, string>[] }
    const page = await readFile(new URL('../../docs/formats/envelope-v1.md', import.meta.url), 'utf8')
    const section = page.slice(page.indexOf('## Certificate of destruction'), page.indexOf('## A reader MUST refuse'))
    const names = [...Object.keys(certificate), ...certificate.keys.flatMap((key) => Object.keys(key))]
    expect(names.filter((name) => !section.includes(`\`${name}\``))).toEqual([])
    expect(certificate).toMatchObject({ format: 'phi.envelope/destruction/v1', status: 'destroyed', tenant: 'clinic-a' })
    const { requestedAt, destroyedAt, issuedAt, effectiveAt, cachesEmptyBy, backupHorizon } = certificate as Record<
      string,
      string
    >
    expect([requestedAt, issuedAt].toSorted()).toEqual([requestedAt, issuedAt])
    expect(destroyedAt).toBe(
      certificate.keys
        .map((key) => key.destroyedAt)
        .toSorted()
        .at(-1),
    )
    expect([cachesEmptyBy, backupHorizon, effectiveAt].toSorted().at(-1)).toBe(effectiveAt)
  })
})

describe('a disposition plan', () => {
  it('has the id that the page makes, and is refused with anything changed', async () => {
    const policy = retentionSchedule({
      id: 'acme/2031-03',
      signOffs: [{ rule: 'us.hipaa.documents', by: 'counsel', on: '2031-01-15' }],
    })
    const document = (id: string) => ({
      id,
      record: { id, kind: 'policy-document', created: '2020-01-01', lastInEffect: '2024-06-30', inEffect: false },
    })
    const store = memoryRetentionStore([document('policy-1'), document('policy-4')])
    const made = await plan(store, policy, { today: '2031-03-02', plannedBy: 'A. Records' })
    expect(made.groups[0]?.ids).toEqual(['policy-1', 'policy-4'])
    expect(planIdOf({ ...made })).toBe(made.id)
    const changed = { ...made, plannedBy: 'B. Records' }
    expect(planIdOf(changed)).not.toBe(made.id)
    expect(() => parsePlan(changed)).toThrow(expect.objectContaining({ code: 'PHI_RETENTION_PLAN' }))
  })
})

describe('the status of an agreement', () => {
  const signatures = [
    { party: 'practice', at: '2026-01-02T00:00:00.000Z' },
    { party: 'platform', at: '2026-01-03T00:00:00.000Z' },
  ]
  const of = (more: object) => defineAgreement({ ...JSON.parse(JSON.stringify(agreement)), ...more } as never)

  it.each([
    ['draft', { signatures: [] }, '2026-06-01T00:00:00.000Z'],
    ['partly-signed', { signatures }, '2026-01-02T12:00:00.000Z'],
    ['signed', { signatures, effective: '2026-02-01' }, '2026-01-15T00:00:00.000Z'],
    // 1 February has begun everywhere when it has begun at UTC-12.
    ['signed', { signatures, effective: '2026-02-01' }, '2026-02-01T11:59:59.999Z'],
    ['in-force', { signatures, effective: '2026-02-01' }, '2026-02-01T12:00:00.000Z'],
    // 1 March first ends at UTC+14.
    ['in-force', { signatures, expires: '2026-03-01' }, '2026-03-01T09:59:59.999Z'],
    ['expired', { signatures, expires: '2026-03-01' }, '2026-03-01T10:00:00.000Z'],
    ['terminated', { signatures, terminated: { at: '2026-03-01' } }, '2026-02-28T10:00:00.000Z'],
    [
      'winding-down',
      { signatures, terminated: { at: '2026-02-01' }, windingDown: { from: '2026-02-01' } },
      '2026-02-01T12:00:00.000Z',
    ],
    [
      'closed',
      { signatures, terminated: { at: '2026-02-01' }, closed: { at: '2026-03-01', how: 'returned' } },
      '2026-03-01T12:00:00.000Z',
    ],
  ] as const)('is %s as the page says', (status, more, instant) => {
    expect(statusAt(of(more), instant)).toBe(status)
  })
})
