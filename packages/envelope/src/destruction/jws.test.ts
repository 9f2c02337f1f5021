import { canonicalJson, utf8 } from '@phi/core'
import { CompactSign, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { describeVectors, readVector } from '../../../core/test/vectors.ts'
import { privateJwk, publicJwk, request, setting, signer } from '../../test/lifecycle/setting.ts'
import { toBase64Url } from '../base64url.ts'
import { ADDENDUM_TYPE, CERTIFICATE_TYPE, type DestructionCertificate } from './certificate.ts'
import { type CertificateSigner, openDocument, proveSigner, signDocument } from './jws.ts'
import { verifyCertificate } from './verify-certificate.ts'

interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly jws: string | object
  readonly result: 'valid' | 'invalid'
}
interface Group {
  readonly comment: string
  readonly public?: JWK
  readonly private?: JWK
  readonly tests: readonly Vector[]
}

describeVectors('Wycheproof json_web_signature_test', 'aead/json_web_signature_test.json', () => {
  const read = () =>
    JSON.parse(readVector('aead/json_web_signature_test.json')) as {
      readonly testGroups: readonly Group[]
      readonly numberOfTests: number
    }

  /** ES256 with a key for it: the only algorithm of the file that certificates may have. */
  const isOurs = ({ public: key }: Group, { result }: Vector) => result === 'valid' && key?.crv === 'P-256'

  it('opens exactly the valid ES256 signatures, and no other of its 401 cases, the valid HMAC and RSA ones included', async () => {
    const { testGroups, numberOfTests } = read()
    const opened: number[] = []
    let cases = 0
    for (const group of testGroups) {
      for (const { tcId, jws } of group.tests) {
        cases += 1
        // A shared secret is offered as if it were a public key: whoever confuses the two must still be refused.
        const key = group.public ?? (group.private as JWK)
        const result = await openDocument(jws, { ...key, kid: key.kid ?? 'none' })
        if (!('disbelief' in result)) opened.push(tcId)
      }
    }
    const ours = testGroups.flatMap((group) => group.tests.filter((vector) => isOurs(group, vector)).map(({ tcId }) => tcId))
    expect([cases, ours]).toEqual([numberOfTests, [18, 378]])
    expect(opened).toEqual(ours)
  })

  it('says why: the algorithm, the key’s use, the header, the signature', async () => {
    const { testGroups } = read()
    const problem = async (tcId: number) => {
      const group = testGroups.find(({ tests }) => tests.some((vector) => vector.tcId === tcId)) as Group
      const key = group.public ?? (group.private as JWK)
      const result = await openDocument(group.tests.find((vector) => vector.tcId === tcId)?.jws, {
        ...key,
        kid: key.kid ?? 'none',
      })
      return 'disbelief' in result ? result.disbelief : 'opened'
    }
    expect(await problem(1)).toBe('algorithm') // HS256
    expect(await problem(19)).toBe('signature')
    expect(await problem(25)).toBe('unknown-key') // the kid was changed
    expect(await problem(31)).toBe('algorithm') // HS256 with the public key as secret
    expect(await problem(32)).toBe('header') // the attacker’s key in the header
    expect(await problem(33)).toBe('algorithm') // RS256
    expect(await problem(341)).toBe('header') // alg none without a kid
    expect(await problem(344)).toBe('algorithm') // alg none
    expect(await problem(347)).toBe('algorithm') // ES512
    expect(await problem(354)).toBe('unsuitable-key') // for encryption
    expect(await problem(356)).toBe('unsuitable-key')
    expect(await problem(17)).toBe('form') // the JSON serialisation
  })
})

async function genuine(): Promise<{ certificate: string; document: DestructionCertificate }> {
  const { keyring } = await setting()
  await keyring.tenant('clinic-a')
  const done = await keyring.destroy(request())
  if (done.status !== 'destroyed') throw new Error(done.status)
  return done
}

const part = (value: unknown): string => toBase64Url(utf8(typeof value === 'string' ? value : JSON.stringify(value)))
const rawSigned = (payload: Uint8Array, header: Record<string, unknown>) =>
  new CompactSign(payload)
    .setProtectedHeader({ alg: 'EdDSA', kid: publicJwk.kid, typ: CERTIFICATE_TYPE, ...header })
    .sign(privateJwk)

describe('verifyCertificate, against hostile texts', () => {
  const problem = async (jws: string, keys: Parameters<typeof verifyCertificate>[1] = publicJwk) => {
    const report = await verifyCertificate(jws, keys, { at: '2026-11-22T00:00:00.000Z' })
    return report.verdict === 'valid' ? 'valid' : report.problem
  }

  it('takes the genuine one, by a key, a list or a key set', async () => {
    const { certificate } = await genuine()
    const { publicKey } = await generateKeyPair('ES256', { extractable: true })
    const other = { ...(await exportJWK(publicKey)), kid: 'other' }
    expect(await problem(certificate)).toBe('valid')
    expect(await problem(certificate, [other, publicJwk])).toBe('valid')
    expect(await problem(certificate, { keys: [other, publicJwk] })).toBe('valid')
    expect(await problem(certificate, [other])).toBe('unknown-key')
    expect(await problem(certificate, { ...publicJwk, use: 'sig', alg: 'EdDSA', key_ops: ['verify'] })).toBe('valid')
  })

  it('S121 no changed character passes', async () => {
    const { certificate } = await genuine()
    const step = process.env.PHI_LONG === '1' ? 1 : 37
    for (let i = 0; i < certificate.length; i += step) {
      const other = certificate[i] === 'A' ? 'B' : 'A'
      const changed = certificate.slice(0, i) + other + certificate.slice(i + 1)
      expect(await problem(changed)).not.toBe('valid')
    }
    for (const cut of [0, 1, certificate.length - 1, certificate.indexOf('.'), certificate.lastIndexOf('.')]) {
      expect(await problem(certificate.slice(0, cut))).not.toBe('valid')
    }
  })

  it('another spelling of the same bytes is refused', async () => {
    const { certificate } = await genuine()
    const [head = '', payload = '', signature = ''] = certificate.split('.')
    for (const spelled of [
      `${certificate}=`,
      ` ${certificate}`,
      `${certificate}\n`,
      `${certificate}.`,
      `${head}.${payload}.${signature}.${signature}`,
      `${head}..${signature}`,
      `${head.slice(0, 4)}\n${head.slice(4)}.${payload}.${signature}`,
      JSON.stringify({ protected: head, payload, signature }),
    ]) {
      expect(await problem(spelled)).toBe(spelled === `${head}..${signature}` ? 'signature' : 'form')
    }
    expect(await problem(certificate as never as string, publicJwk)).toBe('valid')
    for (const none of [undefined, null, 7, {}, [certificate]]) expect(await problem(none as never)).toBe('form')
  })

  it('the header decides nothing: no none, no shared secret, no key of the sender’s, no extension', async () => {
    const { certificate } = await genuine()
    const [, payload = '', signature = ''] = certificate.split('.')
    const withHeader = (header: unknown) => problem(`${part(header)}.${payload}.${signature}`)
    const base = { alg: 'EdDSA', kid: publicJwk.kid, typ: CERTIFICATE_TYPE }
    for (const alg of ['none', 'None', 'NONE', 'HS256', 'HS512', 'RS256', 'PS256', 'ES384', 'ES256K', 'Ed25519', 'eddsa', '']) {
      expect(await withHeader({ ...base, alg })).toBe('algorithm')
    }
    expect(await problem(`${part({ ...base, alg: 'none' })}.${payload}.`)).toBe('algorithm')
    expect(await withHeader({ ...base, alg: 'ES256' })).toBe('unsuitable-key')
    for (const extra of [
      { crit: ['exp'] },
      { crit: ['b64'], b64: false },
      { b64: true },
      { jwk: publicJwk },
      { jku: 'https://attacker.example/keys' },
      { x5c: ['MII'] },
      { x5u: 'https://attacker.example' },
      { cty: 'JWT' },
      { zip: 'DEF' },
    ]) {
      const keys = Object.entries({ ...base, ...extra }).sort(([a], [b]) => (a < b ? -1 : 1))
      expect(await withHeader(Object.fromEntries(keys))).toBe('header')
    }
    expect(await withHeader({ kid: publicJwk.kid, typ: CERTIFICATE_TYPE })).toBe('header')
    expect(await withHeader({ alg: 'EdDSA', typ: CERTIFICATE_TYPE })).toBe('header')
    expect(await withHeader({ ...base, kid: 1 })).toBe('header')
    expect(await withHeader({ alg: 'EdDSA', kid: publicJwk.kid })).toBe('type')
    expect(await withHeader({ ...base, typ: 'JWT' })).toBe('type')
    expect(await withHeader({ ...base, kid: '../../etc/passwd' })).toBe('unknown-key')
    expect(await withHeader('{"alg":"EdDSA","kid":"privacy-office-1","alg":"EdDSA","typ":"phi-destruction+jwt"}')).toBe(
      'header',
    )
    expect(await withHeader('{ "alg":"EdDSA","kid":"privacy-office-1","typ":"phi-destruction+jwt"}')).toBe('header')
    for (const nothing of ['', 'null', '[]', '"x"', '{', 'é']) expect(await withHeader(nothing)).toBe('header')
  })

  it('a certificate with a critical header is refused though its signature is right', async () => {
    const { document } = await genuine()
    const signed = await new CompactSign(utf8(canonicalJson(document)))
      .setProtectedHeader({ alg: 'EdDSA', crit: ['b64'], b64: true, kid: publicJwk.kid, typ: CERTIFICATE_TYPE })
      .sign(privateJwk)
    expect(await problem(signed)).toBe('header')
  })

  it('the public key as an HMAC secret signs nothing', async () => {
    const { document } = await genuine()
    const secret = Uint8Array.from(Buffer.from(publicJwk.x, 'base64url'))
    const forged = await new SignJWT(document as never)
      .setProtectedHeader({ alg: 'HS256', kid: publicJwk.kid, typ: CERTIFICATE_TYPE })
      .sign(secret)
    expect(await problem(forged)).toBe('algorithm')
    const octet = { kty: 'oct', k: publicJwk.x, kid: publicJwk.kid } as const
    expect(await problem(forged, octet)).toBe('algorithm')
    expect(await problem((await genuine()).certificate, octet)).toBe('unsuitable-key')
  })

  it('another kind of document under the same key is no certificate', async () => {
    const { document } = await genuine()
    const addendum = await signDocument(signer, ADDENDUM_TYPE, document)
    expect(await problem(addendum)).toBe('type')
    const jwt = await new SignJWT({ sub: 'u-1' })
      .setProtectedHeader({ alg: 'EdDSA', kid: publicJwk.kid, typ: 'JWT' })
      .sign(privateJwk)
    expect(await problem(jwt)).toBe('type')
  })

  it('S121 a signed document that contradicts itself, or is not of this format, is refused', async () => {
    const { document } = await genuine()
    const [key] = document.keys as [DestructionCertificate['keys'][number]]
    const changes: Record<string, unknown>[] = [
      { status: 'destruction-scheduled' },
      { format: 'phi.envelope/destruction/v2' },
      { method: 'kek-destroyed' },
      { method: 'kek-destroyed', keks: [{ kms: 'test-kms', kek: 'default:v1', state: 'destroyed', receipt: {} }] },
      { keks: [{ kms: 'test-kms', kek: 'default:v1', state: 'destroyed', receipt: {} }] },
      { keys: [] },
      { keys: [key, key] },
      { keys: [{ ...key, destroyedAt: '2026-11-23T00:00:00.000Z' }] },
      { keys: [{ ...key, commitment: key.commitment.toUpperCase() }] },
      { effectiveAt: document.destroyedAt },
      { backupHorizon: document.destroyedAt },
      { issuedAt: '2026-11-21T00:00:00.000Z' },
      { issuedAt: '2026-11-21T00:00:00.000Z', requestedAt: '2026-11-20T00:00:00.000Z' },
      { requestedAt: '2026-11-23T00:00:00.000Z' },
      { cachesEmptyBy: '2026-11-21T00:00:00.000Z' },
      { scope: 'subject' },
      { subject: { algorithm: 'HMAC-SHA-256', digest: '00'.repeat(32) } },
      { approver: '' },
      { approver: 'two\nlines' },
      { rule: { text: 'x', citations: [] } },
      { extra: 1 },
    ]
    for (const change of changes) {
      const signed = await signDocument(signer, CERTIFICATE_TYPE, { ...document, ...change })
      expect([Object.keys(change)[0], await problem(signed)]).toEqual([Object.keys(change)[0], 'document'])
    }
    expect(await problem(await signDocument(signer, CERTIFICATE_TYPE, document))).toBe('valid')
  })

  it('a payload in another spelling is refused: members in another order, twice, or with space between', async () => {
    const { document } = await genuine()
    const text = canonicalJson(document)
    expect(await problem(await rawSigned(utf8(text), {}))).toBe('valid')
    for (const other of [
      JSON.stringify(document, null, 1),
      text.replace('{', '{"approver":"somebody else",'),
      `${text} `,
      '',
      '[]',
      'null',
    ]) {
      expect(await problem(await rawSigned(utf8(other), {}))).toBe('document')
    }
    expect(await problem(await rawSigned(Uint8Array.of(0xff, 0xfe), {}))).toBe('document')
  })

  it('keys that are none are the caller’s mistake, and are said to be', async () => {
    const { certificate } = await genuine()
    const { kid: _, ...nameless } = publicJwk
    for (const keys of [[], { keys: [] }, nameless, [publicJwk, publicJwk], [null], { keys: 'x' }]) {
      expect(await refusal(verifyCertificate(certificate, keys as never))).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS' })
    }
    expect(await refusal(verifyCertificate(certificate, publicJwk, { at: 'today' }))).toMatchObject({
      code: 'PHI_ENVELOPE_OPTIONS',
    })
  })

  it.each([
    { use: 'enc' },
    { key_ops: ['encrypt'] },
    { key_ops: 'verify' },
    { alg: 'ES256' },
    { alg: 'Ed25519' },
    { crv: 'X25519' },
    { kty: 'EC' },
    { x: 7 },
  ])('a key for something else does not verify: %o', async (change) => {
    const { certificate } = await genuine()
    expect(await problem(certificate, { ...publicJwk, ...change } as never)).toBe('unsuitable-key')
  })

  it('a broken key of the right kind verifies nothing', async () => {
    const { certificate } = await genuine()
    for (const x of ['', 'AAAA', publicJwk.x.replace('1', '2'), `${'A'.repeat(42)}A`]) {
      expect(await problem(certificate, { ...publicJwk, x })).toBe('signature')
    }
  })
})

describe('signers', () => {
  it('EdDSA and ES256, as a JWK, a CryptoKey or a KeyObject, sign what the public key verifies', async () => {
    const { document } = await genuine()
    for (const alg of ['EdDSA', 'ES256'] as const) {
      const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
      const jwk = await exportJWK(privateKey)
      const { createPrivateKey } = await import('node:crypto')
      const keyObject = createPrivateKey({ key: jwk as never, format: 'jwk' })
      for (const key of [privateKey, jwk, keyObject]) {
        const signed = await signDocument({ alg, kid: 'k', key }, CERTIFICATE_TYPE, document)
        const report = await verifyCertificate(signed, { ...(await exportJWK(publicKey)), kid: 'k' }, { at: document.issuedAt })
        expect(report).toMatchObject({ verdict: 'valid', alg, certificate: document })
      }
    }
  })

  it('a key that does not go with the algorithm is refused, before anything is destroyed, and is not shown', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const bad: CertificateSigner[] = [
      { alg: 'ES256', kid: 'k', key: privateJwk },
      { alg: 'EdDSA', kid: 'k', key: privateKey },
      { alg: 'ES256', kid: 'k', key: publicKey },
      { alg: 'EdDSA', kid: 'k', key: publicJwk },
      { alg: 'EdDSA', kid: 'k', key: { kty: 'oct', k: privateJwk.d } as never },
    ]
    const { keyring, store } = await setting()
    await keyring.tenant('clinic-a')
    const before = await store.records()
    for (const each of bad) {
      const error = await refusal(proveSigner(each))
      expect(error).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS', path: 'signer.key' })
      expect(error.cause).toBe(undefined)
      expect(JSON.stringify(error) + error.message + error.stack).not.toContain(privateJwk.d)
      expect(await refusal(keyring.destroy(request({ signer: each })))).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS' })
    }
    for (const each of [
      { ...signer, alg: 'HS256' },
      { ...signer, key: new Uint8Array(32) },
      { ...signer, kid: '' },
      { ...signer, extra: 1 },
      undefined,
    ]) {
      expect(await refusal(keyring.destroy(request({ signer: each as never })))).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS' })
    }
    expect(await store.records()).toEqual(before)
  })
})
