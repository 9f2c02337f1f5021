import { createHmac, createPublicKey, verify } from 'node:crypto'
import { canonicalJson, fromHex, toHex } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { publicJwk, request, setting } from '../../test/lifecycle/setting.ts'
import { contextOf, type DataKeyRecord, keyCommitment } from '../keys/key-record.ts'
import { localKms } from '../kms/local.ts'
import { subjectDigest } from './subject-digest.ts'
import { verifyAddendum, verifyCertificate } from './verify-certificate.ts'

const KEK = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'

/** One field key whose every byte is known, but for the nonce of its wrap. */
async function knownKey() {
  const kms = localKms.fromSecret(KEK)
  const made = await setting({ kms })
  const dataKey = fromHex('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102030405060708090a0b0c0d0e0f')
  const bare = { id: '0a1b2c3d', tenant: 'clinic-a', purpose: 'field', subject: null } as DataKeyRecord
  const context = contextOf(bare)
  await made.store.insert({
    ...bare,
    ...(await kms.wrap({ dataKey, context })),
    version: 3,
    state: 'active',
    kms: 'local',
    commitment: keyCommitment(dataKey, context),
    createdAt: '2026-08-24T00:00:00.000Z',
    changedAt: '2026-08-24T00:00:00.000Z',
    usage: { seals: 12, bytes: 3456 },
    revision: 0,
  })
  return made
}

const expected = {
  approver: 'privacy officer',
  backupHorizon: '2026-12-27T00:00:00.000Z',
  cachesEmptyBy: '2026-11-22T00:15:00.000Z',
  checks: { evicted: 0, recordsRead: 1, samples: { refused: {}, tried: 0 } },
  destroyedAt: '2026-11-22T00:00:00.000Z',
  effectiveAt: '2026-12-27T00:00:00.000Z',
  format: 'phi.envelope/destruction/v1',
  issuedAt: '2026-11-22T00:00:00.000Z',
  keks: [],
  keys: [
    {
      backupHorizon: '2026-12-27T00:00:00.000Z',
      commitment: '7165e4d062a50256cdc754e39419298d5191b99fe2656b106ed41a46125a3d61',
      createdAt: '2026-08-24T00:00:00.000Z',
      destroyedAt: '2026-11-22T00:00:00.000Z',
      id: '0a1b2c3d',
      kek: 'local:5bce859f923bf0db',
      kms: 'local',
      mechanism: 'KC-XAES-256-GCM',
      purpose: 'field',
      unwrap: 'not-tried',
      version: 3,
    },
  ],
  method: 'wrapped-key-erased',
  reference: 'BAA 2024-17',
  requestedAt: '2026-11-20T15:00:00.000Z',
  rule: {
    citations: ['45 CFR 164.504(e)(2)(ii)(J)'],
    text: 'At termination of the agreement, protected health information is returned or destroyed, if feasible, and no copies are kept.',
  },
  scope: 'tenant',
  status: 'destroyed',
  subjects: 0,
  technique: { citation: 'NIST SP 800-88r2', name: 'cryptographic-erase' },
  tenant: 'clinic-a',
}

const asked = request({ reference: 'BAA 2024-17', requestedAt: '2026-11-20T15:00:00.000Z' })

describe('the certificate', () => {
  it('S121 known answer: every member, and the signature of RFC 8037’s key', async () => {
    const { keyring } = await knownKey()
    const done = await keyring.destroy(asked)
    if (done.status !== 'destroyed') throw new Error(done.status)
    expect(done.document).toEqual(expected)
    const [head = '', payload = '', signature = ''] = done.certificate.split('.')
    expect(Buffer.from(head, 'base64url').toString()).toBe(
      '{"alg":"EdDSA","kid":"privacy-office-1","typ":"phi-destruction+jwt"}',
    )
    expect(Buffer.from(payload, 'base64url').toString()).toBe(canonicalJson(expected))
    // Ed25519 is deterministic, so the whole text is.
    expect(signature).toBe('h5xmfYKdESFD5arDoUtcqqwbdepDFHJfHFpBnDhKPo3jjird-gtCDnJ3XtwpsKeuyFahmd7P_756O3lK_4UGCQ')
    // And without jose.
    const key = createPublicKey({ key: publicJwk as never, format: 'jwk' })
    expect(verify(null, Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it('the commitment in it is HMAC-SHA-256 under the data key, made here another way', () => {
    const parts = ['phi.envelope/wrap/v1', 'clinic-a', 'field', '0a1b2c3d'].flatMap((part) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(part.length)
      return [length, Buffer.from(part)]
    })
    const dataKey = Buffer.from('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102030405060708090a0b0c0d0e0f', 'hex')
    const hmac = createHmac('sha256', dataKey).update('phi.envelope/key-commitment/v1').update(Buffer.concat(parts))
    expect(expected.keys[0]?.commitment).toBe(hmac.digest('hex'))
  })

  it('S121 is verified by whoever has the public key, and says when it takes effect', async () => {
    const { keyring } = await knownKey()
    const done = await keyring.destroy(asked)
    if (done.status !== 'destroyed') throw new Error(done.status)
    const at = (instant: string) => verifyCertificate(done.certificate, publicJwk, { at: instant })
    expect(await at('2026-11-22T00:00:00.000Z')).toMatchObject({
      verdict: 'valid',
      kid: 'privacy-office-1',
      alg: 'EdDSA',
      effective: false,
    })
    expect(await at('2026-12-26T23:59:59.999Z')).toMatchObject({ verdict: 'valid', effective: false })
    expect(await at('2026-12-27T00:00:00.000Z')).toMatchObject({ verdict: 'valid', effective: true, certificate: expected })
    expect(await at('2026-11-21T23:55:00.000Z')).toMatchObject({ verdict: 'valid' })
    expect(await at('2026-11-21T23:54:59.999Z')).toEqual({ verdict: 'invalid', problem: 'time' })
    expect(await verifyAddendum(done.certificate, publicJwk)).toEqual({ verdict: 'invalid', problem: 'type' })
  })

  it('with caches that outlive the backups, takes effect when they are empty', async () => {
    const { keyring } = await knownKey()
    const done = await keyring.destroy(request({ backupHorizon: '2026-11-22T00:00:00.000Z' }))
    expect(done).toMatchObject({
      document: { effectiveAt: '2026-11-22T00:15:00.000Z', backupHorizon: '2026-11-22T00:00:00.000Z' },
    })
  })

  it('names a subject by a digest that nobody can try ids against, and its holder of the salt can', async () => {
    const { keyring } = await setting()
    const handle = await keyring.tenant('clinic-a')
    await handle.subject('mrn-4711')
    const done = await keyring.destroy(request({ subject: 'mrn-4711' }))
    if (done.status !== 'destroyed' || done.subjectSalt === undefined) throw new Error('no salt')
    expect(done.document).toMatchObject({ scope: 'subject', subjects: 1 })
    expect(Buffer.from(done.certificate.split('.')[1] ?? '', 'base64url').toString()).not.toContain('mrn-4711')
    expect(done.document.subject?.digest).toBe(subjectDigest(done.subjectSalt, 'clinic-a', 'mrn-4711'))
    expect(done.document.subject?.digest).not.toBe(subjectDigest(done.subjectSalt, 'clinic-a', 'mrn-4712'))
    const again = await keyring.destroy(request({ subject: 'mrn-4711' }))
    if (again.status !== 'destroyed') throw new Error(again.status)
    // Two certificates of one subject cannot be told to be of one.
    expect(again.document.subject?.digest).not.toBe(done.document.subject?.digest)
  })

  it('the subject’s digest is HMAC-SHA-256 over length-prefixed parts', () => {
    const salt = new Uint8Array(32).fill(7)
    const parts = ['phi.envelope/destruction-subject/v1', 'clinic-a', 'p-1'].flatMap((part) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(part.length)
      return [length, Buffer.from(part)]
    })
    expect(subjectDigest(salt, 'clinic-a', 'p-1')).toBe(createHmac('sha256', salt).update(Buffer.concat(parts)).digest('hex'))
    expect(subjectDigest(salt, 'clinic-a', 'p-1')).not.toBe(toHex(salt))
  })
})
