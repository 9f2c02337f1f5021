import { createPrivateKey, sign as nodeSign, verify as nodeVerify } from 'node:crypto'
import fc from 'fast-check'
import { CompactSign, exportJWK, generateKeyPair, type JWK } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleForBrowser, chromiumPath, inChromium } from '../../test/chromium.ts'
import { refusal } from '../../test/refusal.ts'
import { describeVectors, readVector } from '../../test/vectors.ts'
import { canonicalJson } from '../canonical-json.ts'
import { fromUtf8, utf8 } from '../encoding.ts'
import { errorsOf } from '../errors.ts'
import { readCanonical, type SignatureJwk, type Signer, signedDocuments } from './index.ts'

/** The Ed25519 key pair of RFC 8037 appendix A. */
const publicJwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: 'k-1' } as const
const privateJwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: publicJwk.x,
} as const
const signer: Signer = { alg: 'EdDSA', kid: 'k-1', key: privateJwk }
const TYP = 'phi-test+jwt'

const testError = errorsOf({ PHI_TEST_OPTIONS: { problem: 'An option is not valid', remedy: 'Correct it.' } })
const { readSigner, signDocument, proveSigner, openDocument } = signedDocuments((context) =>
  testError('PHI_TEST_OPTIONS', context),
)

const part = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const disbelief = async (jws: unknown, keys: Parameters<typeof openDocument>[1] = publicJwk, typ: string | undefined = TYP) => {
  const opened = await openDocument(jws, keys, typ)
  return 'disbelief' in opened ? opened.disbelief : 'opened'
}

describe('known answers', () => {
  it('the text of a document under the key of RFC 8037 never changes', async () => {
    expect(await signDocument(signer, TYP, { b: 1, a: 'é' })).toBe(
      `${part('{"alg":"EdDSA","kid":"k-1","typ":"phi-test+jwt"}')}.${part('{"a":"é","b":1}')}.N-d_lVJ5KMxpjno2coWNE7nqTR8ou0oU9osAqYE22tmFJcn93PvHP7opRuE-5gNb480jgT6VD4Y0NyLGWZEbAw`,
    )
  })

  it('a signature is the one that node:crypto makes over the same bytes', async () => {
    const jws = await signDocument(signer, TYP, { a: 1 })
    const input = `${part({ alg: 'EdDSA', kid: 'k-1', typ: TYP })}.${part({ a: 1 })}`
    const key = createPrivateKey({ key: privateJwk as never, format: 'jwk' })
    expect(jws).toBe(`${input}.${nodeSign(null, Buffer.from(input), key).toString('base64url')}`)
  })

  it('an ES256 signature is the 64 bytes of RFC 7518 section 3.4, as node:crypto reads them', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jws = await signDocument({ alg: 'ES256', kid: 'e', key: privateKey }, TYP, { a: 1 })
    const [head, payload, signature = ''] = jws.split('.')
    const bytes = Buffer.from(signature, 'base64url')
    const key = { key: (await exportJWK(publicKey)) as never, format: 'jwk' as const, dsaEncoding: 'ieee-p1363' as const }
    expect(bytes.length).toBe(64)
    expect(nodeVerify('sha256', Buffer.from(`${head}.${payload}`), key, bytes)).toBe(true)
    expect(await disbelief(jws, { ...(await exportJWK(publicKey)), kid: 'e' } as SignatureJwk)).toBe('opened')
  })
})

describeVectors('Wycheproof json_web_signature_test', 'aead/json_web_signature_test.json', () => {
  interface Group {
    readonly public?: JWK
    readonly private?: JWK
    readonly tests: readonly { readonly tcId: number; readonly jws: unknown; readonly result: string }[]
  }

  it('opens exactly the two valid ES256 signatures of its 401 cases', async () => {
    const { testGroups, numberOfTests } = JSON.parse(readVector('aead/json_web_signature_test.json')) as {
      readonly testGroups: readonly Group[]
      readonly numberOfTests: number
    }
    const opened: number[] = []
    for (const group of testGroups) {
      for (const { tcId, jws } of group.tests) {
        // A shared secret is offered as if it were a public key: whoever confuses the two must still be refused.
        const key = (group.public ?? group.private) as SignatureJwk
        const result = await openDocument(jws, { ...key, kid: key.kid ?? 'none' })
        if (!('disbelief' in result)) opened.push(tcId)
      }
    }
    expect(testGroups.flatMap(({ tests }) => tests).length).toBe(numberOfTests)
    expect(opened).toEqual([18, 378])
  })
})

describe('open', () => {
  it('hands back the bytes that were signed, and who signed them', () =>
    fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())), async (document) => {
        fc.pre(canonicalJsonOf(document) !== undefined)
        const opened = await openDocument(await signDocument(signer, TYP, document), [publicJwk], TYP)
        if ('disbelief' in opened) throw new Error(opened.disbelief)
        expect({ ...opened, payload: fromUtf8(opened.payload) }).toEqual({
          payload: canonicalJson(document),
          kid: 'k-1',
          alg: 'EdDSA',
        })
      }),
      { numRuns: 100 },
    ))

  let genuine: string
  beforeAll(async () => {
    genuine = await signDocument(signer, TYP, { party: 'practice', at: '2026-01-02T15:00:00.000Z' })
  })

  it('no changed, missing or added character passes', () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat(genuine.length - 1),
        fc.constantFrom('A', 'B', '-', '_', '.', '=', ' ', '\n', '+', '/', 'é', ''),
        fc.boolean(),
        async (at, character, insert) => {
          const changed = genuine.slice(0, at) + character + genuine.slice(insert ? at : at + 1)
          fc.pre(changed !== genuine)
          expect(await disbelief(changed)).not.toBe('opened')
        },
      ),
      { numRuns: 400 },
    ))

  it.each([
    ['no text', undefined, 'form'],
    ['an object', {}, 'form'],
    ['nothing', '', 'form'],
    ['a thousand dots', '.'.repeat(1000), 'form'],
  ])('%s is no document', async (_, value, expected) => expect(await disbelief(value)).toBe(expected))

  it('the header decides nothing', async () => {
    const [, payload = '', signature = ''] = genuine.split('.')
    const under = (header: unknown, keys?: Parameters<typeof openDocument>[1]) =>
      disbelief(`${part(header)}.${payload}.${signature}`, keys)
    const base = { alg: 'EdDSA', kid: 'k-1', typ: TYP }
    expect(await under(base)).toBe('opened')
    for (const alg of ['none', 'HS256', 'RS256', 'ES384', 'Ed25519', ''])
      expect(await under({ ...base, alg })).toBe('algorithm')
    expect(await under({ ...base, alg: 'ES256' })).toBe('unsuitable-key')
    expect(await under({ ...base, kid: 'other' })).toBe('unknown-key')
    expect(await under({ ...base, typ: 'JWT' })).toBe('type')
    expect(await under({ alg: 'EdDSA', kid: 'k-1' })).toBe('type')
    expect(await under({ ...base, x5u: 'https://attacker.example' })).toBe('header')
    expect(await under('{"alg":"EdDSA","crit":["b64"],"kid":"k-1","typ":"phi-test+jwt"}')).toBe('header')
    expect(await under('{"alg":"EdDSA","alg":"EdDSA","kid":"k-1","typ":"phi-test+jwt"}')).toBe('header')
    for (const none of ['', 'null', '[]', '{']) expect(await under(none)).toBe('header')
    for (const key of [
      { ...publicJwk, use: 'enc' },
      { ...publicJwk, alg: 'ES256' },
      { ...publicJwk, key_ops: ['sign'] },
      { ...publicJwk, key_ops: 'verify' },
      { ...publicJwk, crv: 'X25519' },
      { kty: 'oct', kid: 'k-1', k: publicJwk.x },
    ]) {
      expect(await under(base, key as SignatureJwk)).toBe('unsuitable-key')
    }
  })

  it('a critical extension is refused though the signature is right', async () => {
    const signed = await new CompactSign(utf8('{}'))
      .setProtectedHeader({ alg: 'EdDSA', b64: true, crit: ['b64'], kid: 'k-1', typ: TYP })
      .sign(privateJwk)
    expect(await disbelief(signed)).toBe('header')
  })

  it('a key that is no point is a signature that does not verify', async () => {
    expect(await disbelief(genuine, { ...publicJwk, x: 'AA' })).toBe('signature')
  })

  it('keys that are none are refused with the error of the package, which holds none of them', async () => {
    const odd: unknown[] = [null, undefined, 'secret', 7, [], {}, [publicJwk, null], [publicJwk, publicJwk], { keys: [] }]
    odd.push({ ...publicJwk, kid: '' }, { ...publicJwk, kid: 1 }, { keys: 'x' })
    for (const keys of odd) {
      const error = await refusal(openDocument(genuine, keys as never, TYP))
      expect([error.code, error.path, error.message.includes('secret')]).toEqual(['PHI_TEST_OPTIONS', 'keys', false])
    }
  })
})

describe('sign', () => {
  it('refuses a key of another algorithm, and keeps no cause that could show it', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    const keys = [
      { ...signer, key: privateKey },
      { ...signer, alg: 'ES256' as const },
      { ...signer, key: publicJwk },
    ]
    for (const each of keys) {
      const error = await refusal(signDocument(each, TYP, {}))
      expect([error.code, error.path, error.cause]).toEqual(['PHI_TEST_OPTIONS', 'signer.key', undefined])
      expect(JSON.stringify(error) + String(error.stack)).not.toContain(privateJwk.d)
      expect((await refusal(proveSigner(each, 'phi.test/probe'))).code).toBe('PHI_TEST_OPTIONS')
    }
    await proveSigner(signer, 'phi.test/probe')
  })

  it('refuses what has no canonical form', async () => {
    for (const document of [undefined, Number.NaN, { a: undefined }, new Date(0), { a: '\ud800' }]) {
      expect((await refusal(signDocument(signer, TYP, document))).code).toBe('PHI_CORE_CANONICAL')
    }
  })

  it('reads a signer, and nothing that only looks like one', () => {
    expect(readSigner(signer, 'signer')).toEqual(signer)
    const odd: unknown[] = [null, {}, { ...signer, alg: 'HS256' }, { ...signer, kid: '' }, { ...signer, kid: 'x'.repeat(257) }]
    odd.push(
      { ...signer, key: new Uint8Array(32) },
      { ...signer, key: 'secret' },
      { ...signer, more: 1 },
      { ...signer, kid: '\ud800' },
    )
    for (const each of odd) expect(() => readSigner(each, 'signer')).toThrow(/PHI_TEST_OPTIONS|An option is not valid/)
  })
})

describe('readCanonical', () => {
  it('reads the canonical text and no other spelling of it', () => {
    expect(readCanonical(utf8('{"a":1,"b":[true]}'))).toEqual({ a: 1, b: [true] })
    for (const text of ['{"b":1,"a":1}', '{"a":1 }', '{"a":1,"a":1}', '{"a":1.0}', '', '\ufeff{}', 'nul']) {
      expect(readCanonical(utf8(text))).toBeUndefined()
    }
    expect(readCanonical(Uint8Array.of(0xff))).toBeUndefined()
  })
})

const canonicalJsonOf = (value: unknown) => {
  try {
    return canonicalJson(value)
  } catch {
    return undefined
  }
}

describe('in bundles', () => {
  it('the root entry of the package brings no JWS code along', async () => {
    const bundle = await bundleForBrowser(`import * as core from '../src/index.ts'; globalThis.result = Object.keys(core)`)
    expect(bundle).not.toMatch(/node_modules\/jose|CompactSign/)
    expect(
      await bundleForBrowser(
        `import '../src/jws/index.ts'; import { signedDocuments } from '../src/jws/index.ts'; globalThis.result = signedDocuments`,
      ),
    ).toMatch(/CompactSign/)
  })

  const chromium = chromiumPath()
  it.skipIf(chromium === undefined)('in Chromium a document is signed with the same text, and opened', async () => {
    const source = `
      import { signedDocuments } from '../src/jws/index.ts'
      const { signDocument, openDocument } = signedDocuments(() => new Error('refused'))
      const run = async () => {
        const jws = await signDocument(${JSON.stringify(signer)}, '${TYP}', { a: 1 })
        const opened = await openDocument(jws, ${JSON.stringify(publicJwk)}, '${TYP}')
        return [jws, opened.alg]
      }
      globalThis.result = run()`
    expect(await inChromium(source)).toEqual([await signDocument(signer, TYP, { a: 1 }), 'EdDSA'])
  })
})
