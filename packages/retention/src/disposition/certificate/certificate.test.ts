import { canonicalJson, utf8 } from '@phi/core'
import fc from 'fast-check'
import { CompactSign, exportJWK, generateKeyPair } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { testPolicy } from '../../../test/disposition/policy.ts'
import {
  approvalsOf,
  options,
  planning,
  privateJwk,
  publicJwk,
  row,
  salt,
  signer,
  TODAY,
} from '../../../test/disposition/world.ts'
import { type Execution, execute } from '../execute/execute.ts'
import { plan } from '../plan/plan.ts'
import { memoryRetentionStore } from '../store/memory-store.ts'
import {
  CERTIFICATE_TYPE,
  type DispositionCertificate,
  isConsistent,
  sanitizationFields,
  sanitizationGuideline,
} from './certificate.ts'
import { readSigner, type Signer, signDocument, type TrustedKeys } from './jws.ts'
import { recordDigest, recordOpening, saltCommitment, scopeDigest } from './record-digest.ts'
import { certificateCovers, verifyCertificate } from './verify.ts'

let jws: string
let document: DispositionCertificate

async function genuine(more: Partial<Parameters<typeof options>[0]> = {}, ids = ['r-1', 'r-2']) {
  const store = memoryRetentionStore(ids.map((id) => row(id)))
  const made = await plan(store, testPolicy(), planning)
  const done = (await execute(made, await approvalsOf(made), store, options(more))) as Extract<
    Execution,
    { status: 'finished' }
  >
  return { jws: done.certificate as string, document: done.document as DispositionCertificate }
}

beforeAll(async () => {
  const made = await genuine()
  jws = made.jws
  document = made.document
})

const problem = async (text: string, keys: TrustedKeys = publicJwk, at?: string) => {
  const report = await verifyCertificate(text, keys, at === undefined ? {} : { at })
  return report.verdict === 'valid' ? 'valid' : report.problem
}
const base64url = (value: string | Uint8Array): string => Buffer.from(value).toString('base64url')

describe('verifyCertificate', () => {
  it('takes the genuine one, by a key, a list or a key set, and by EdDSA or ES256', async () => {
    expect(await verifyCertificate(jws, publicJwk)).toEqual({
      verdict: 'valid',
      kid: publicJwk.kid,
      alg: 'EdDSA',
      certificate: document,
    })
    const pair = await generateKeyPair('ES256', { extractable: true })
    const other = { ...(await exportJWK(pair.publicKey)), kid: 'records-office-2' }
    expect(await problem(jws, [other, publicJwk])).toBe('valid')
    expect(await problem(jws, { keys: [publicJwk] })).toBe('valid')
    const es256 = await genuine({ signer: { alg: 'ES256', kid: other.kid, key: pair.privateKey } })
    expect(await problem(es256.jws, [publicJwk, other])).toBe('valid')
    expect(await problem(es256.jws, publicJwk)).toBe('unknown-key')
    expect(await problem(es256.jws, { ...publicJwk, kid: other.kid })).toBe('unsuitable-key')
  })

  it('no changed character passes, none missing and none more', async () => {
    // The header and the signature letter by letter, and the payload too: it is a small certificate.
    for (let i = 0; i < jws.length; i++) {
      const other = jws[i] === 'A' ? 'B' : 'A'
      expect(await problem(jws.slice(0, i) + other + jws.slice(i + 1))).not.toBe('valid')
    }
    for (let i = 0; i < jws.length; i += 7) expect(await problem(jws.slice(0, i) + jws.slice(i + 1))).not.toBe('valid')
    for (const spelled of [`${jws}=`, ` ${jws}`, `${jws}\n`, `${jws}.`, jws.replace('.', '..'), '', '.', '..', '...']) {
      expect(await problem(spelled)).not.toBe('valid')
    }
    for (const none of [undefined, null, 7, {}, [jws]]) expect(await problem(none as never)).toBe('form')
  })

  it('the header decides nothing: no none, no shared secret, no key of the sender’s, no extension', async () => {
    const [, payload = '', signature = ''] = jws.split('.')
    const base = { alg: 'EdDSA', kid: publicJwk.kid, typ: CERTIFICATE_TYPE }
    const withHeader = (header: object) => problem(`${base64url(canonicalJson(header))}.${payload}.${signature}`)
    for (const alg of ['none', 'HS256', 'RS256', 'ES384', 'Ed25519', ''])
      expect(await withHeader({ ...base, alg })).toBe('algorithm')
    expect(await withHeader({ ...base, alg: 'ES256' })).toBe('unsuitable-key')
    expect(await withHeader({ ...base, typ: 'JWT' })).toBe('type')
    expect(await withHeader({ ...base, typ: 'phi-destruction+jwt' })).toBe('type')
    expect(await withHeader({ ...base, kid: 'other' })).toBe('unknown-key')
    for (const extra of [
      { crit: ['exp'] },
      { b64: true },
      { jwk: publicJwk },
      { jku: 'https://attacker.example' },
      { x5c: ['MII'] },
    ]) {
      expect(await withHeader({ ...base, ...extra })).toBe('header')
    }
    expect(await problem(`${base64url(`{"alg":"EdDSA",${canonicalJson(base).slice(1)}`)}.${payload}.${signature}`)).toBe(
      'header',
    )
    const secret = Buffer.from(publicJwk.x, 'base64url')
    const forged = await new CompactSign(utf8(canonicalJson(document)))
      .setProtectedHeader({ ...base, alg: 'HS256' })
      .sign(secret)
    expect(await problem(forged)).toBe('algorithm')
  })

  it('another key with the same name verifies nothing', async () => {
    const { publicKey } = await generateKeyPair('Ed25519', { extractable: true })
    expect(await problem(jws, { ...(await exportJWK(publicKey)), kid: publicJwk.kid })).toBe('signature')
    for (const change of [
      { use: 'enc' },
      { key_ops: ['encrypt'] },
      { alg: 'ES256' },
      { crv: 'X25519' },
      { kty: 'EC' },
      { x: 7 },
    ]) {
      expect(await problem(jws, { ...publicJwk, ...change } as never)).toBe('unsuitable-key')
    }
  })

  it('a signed document that contradicts itself, or is not of this format, is refused', async () => {
    const [group] = document.records as [DispositionCertificate['records'][number]]
    const first = group.ids[0] as string
    const counts = (more: object) => ({ counts: { ...document.counts, ...more } })
    const erasure = { scope: first, outcome: 'kept', why: 'held', at: document.finishedAt }
    const changes: Record<string, unknown>[] = [
      { format: 'phi.retention/disposition/v2' },
      { run: 'f'.repeat(64) },
      { plan: 'F'.repeat(64) },
      { records: [] },
      { records: [{ ...group, ids: [first] }] },
      { records: [{ ...group, ids: [first, first] }] },
      { records: [{ ...group, ids: [...group.ids, '0'.repeat(64)] }] },
      { records: [{ ...group, ids: group.ids.map((id) => id.toUpperCase()) }] },
      { records: [{ ...group, rules: [] }] },
      { records: [{ ...group, kind: 'bill' }] },
      { records: [{ ...group, scope: first }] },
      { records: [{ ...group, assessedFor: '2031-03-01' }] },
      { records: [{ ...group, holdCheck: { ...group.holdCheck, result: 'held' } }] },
      { records: [{ ...group, holdCheck: { ...group.holdCheck, at: '2031-03-02T14:59:59.999Z' } }] },
      { records: [{ ...group, holdCheck: { ...group.holdCheck, at: '2031-03-02T15:00:00.001Z' } }] },
      counts({ disposed: 3 }),
      counts({ planned: 3 }),
      counts({ byKind: { chart: 1, bill: 1 } }),
      counts({ byKind: { chart: 2, bill: 0 } }),
      counts({ byKind: {} }),
      counts({ skipped: { held: 1 } }),
      counts({ skipped: { unlucky: 0 } }),
      { approvals: [] },
      { approvals: document.approvals.slice(1) },
      { approvals: [document.approvals[0], { ...document.approvals[1], by: 'b. officer' }] },
      { approvals: [document.approvals[0], { ...document.approvals[1], by: 'A. Planner' }] },
      { approvals: [document.approvals[0], { ...document.approvals[1], on: '2031-03-01' }] },
      { approvalRule: { ...document.approvalRule, required: 3 } },
      { approvalRule: { ...document.approvalRule, roles: ['counsel'] } },
      { approvalRule: { ...document.approvalRule, signed: true } },
      { plannedBy: 'B. Officer' },
      { startedAt: '2031-03-02T15:00:00.001Z' },
      { finishedAt: '2031-03-02T14:00:00.000Z' },
      { backupHorizon: '2031-03-02T14:00:00.000Z' },
      { backupHorizon: '2031-06-01' },
      { validator: { name: 'Records job' } },
      { sanitization: { category: 'shred', technique: 'x' } },
      { erasures: [erasure] },
      { salt: '' },
      { extra: 1 },
    ]
    for (const change of changes) {
      const signed = await signDocument(signer, CERTIFICATE_TYPE, { ...document, ...change })
      expect([JSON.stringify(change), await problem(signed)]).toEqual([JSON.stringify(change), 'document'])
    }
    expect(isConsistent(document)).toBe(true)
    expect(await problem(await signDocument(signer, CERTIFICATE_TYPE, document))).toBe('valid')
  })

  it('a payload in another spelling is refused: members in another order, twice, or with space between', async () => {
    const raw = (payload: string) =>
      new CompactSign(new TextEncoder().encode(payload))
        .setProtectedHeader({ alg: 'EdDSA', kid: publicJwk.kid, typ: CERTIFICATE_TYPE })
        .sign(privateJwk)
    const text = canonicalJson(document)
    expect(await problem(await raw(text))).toBe('valid')
    for (const other of [
      JSON.stringify(document, null, 1),
      text.replace('{', '{"approvals":[],'),
      `${text} `,
      '',
      '[]',
      'null',
    ]) {
      expect(await problem(await raw(other))).toBe('document')
    }
  })

  it('is judged at an instant where one is given', async () => {
    expect(await problem(jws, publicJwk, '2031-03-02T14:55:00.000Z')).toBe('valid')
    expect(await problem(jws, publicJwk, '2031-03-02T14:54:59.999Z')).toBe('time')
    expect((await refusal(verifyCertificate(jws, publicJwk, { at: 'now' }))).code).toBe('PHI_RETENTION_OPTIONS')
  })

  it('keys that are none are the caller’s mistake, and are said to be', async () => {
    const { kid: _, ...nameless } = publicJwk
    for (const keys of [[], { keys: [] }, nameless, [publicJwk, publicJwk], [null], { keys: 'x' }, null, 'x']) {
      expect((await refusal(verifyCertificate(jws, keys as never))).code).toBe('PHI_RETENTION_OPTIONS')
    }
  })
})

describe('certificateCovers', () => {
  it('finds a record by the salt, or by its own opening, and no other', () => {
    const opening = recordOpening(salt, 'r-1')
    expect(certificateCovers(document, 'r-1', salt)).toEqual({
      covered: true,
      kind: 'chart',
      rules: [{ rule: 'chart-ten-years', citation: '45 CFR 164.316(b)(2)(i)' }],
      holdCheckedAt: `${TODAY}T15:00:00.000Z`,
      keys: 'not-used',
    })
    expect(certificateCovers(document, 'r-1', { opening })).toMatchObject({ covered: true })
    for (const id of ['r-2', 'r-3', 'R-1', 'r-1 ', '', '\ud800', 7 as never]) {
      expect(certificateCovers(document, id, { opening })).toEqual({ covered: false, why: 'not-listed' })
    }
    expect(certificateCovers(document, 'r-3', salt)).toEqual({ covered: false, why: 'not-listed' })
  })

  it('tells a wrong salt from a record that is not there', () => {
    for (const wrong of [new Uint8Array(32), salt.slice(1), new Uint8Array(0), undefined, null, 'x', {}, { opening: 'x' }]) {
      expect(certificateCovers(document, 'r-1', wrong as never)).toEqual({ covered: false, why: 'wrong-salt' })
    }
    expect(certificateCovers(document, 'r-1', { opening: salt })).toEqual({ covered: false, why: 'not-listed' })
  })

  it('names of records tell nothing without the salt: no digest is a hash of an id', async () => {
    const { sha256, toHex } = await import('@phi/core')
    const { ids } = document.records[0] as DispositionCertificate['records'][number]
    for (const id of ['r-1', 'r-2']) expect(ids).not.toContain(toHex(sha256(utf8(id))))
    const another = await genuine({ salt: new Uint8Array(32).fill(9) })
    expect(another.document.records[0]?.ids.some((id) => ids.includes(id))).toBe(false)
  })

  it('digests of different things differ, whatever the texts are', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 8 })
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        const digests = [
          recordDigest(salt, a),
          saltCommitment(salt),
          scopeDigest(salt, { tenant: a }),
          scopeDigest(salt, { tenant: b, subject: c }),
        ]
        expect(new Set(digests).size).toBe(4)
        if (a !== b) expect(recordDigest(salt, a)).not.toBe(recordDigest(salt, b))
        expect(scopeDigest(salt, { tenant: a + b, subject: c }) === scopeDigest(salt, { tenant: a, subject: b + c })).toBe(
          b === '',
        )
      }),
    )
  })
})

describe('signers', () => {
  it('that cannot sign are refused without showing their key', async () => {
    const { publicKey } = await generateKeyPair('ES256', { extractable: true })
    const bad: Signer[] = [
      { alg: 'ES256', kid: 'k', key: privateJwk },
      { alg: 'EdDSA', kid: 'k', key: publicKey },
      { alg: 'EdDSA', kid: 'k', key: { kty: 'oct', k: privateJwk.d } as never },
    ]
    for (const each of bad) {
      const error = await refusal(signDocument(each, 'x', {}))
      expect(error.code).toBe('PHI_RETENTION_OPTIONS')
      expect(error.cause).toBe(undefined)
      expect(JSON.stringify(error) + String(error.stack)).not.toContain(privateJwk.d)
    }
    for (const each of [
      undefined,
      {},
      { ...signer, kid: '' },
      { ...signer, more: 1 },
      { ...signer, key: new Uint8Array(32) },
    ]) {
      expect((await refusal(() => readSigner(each, 'signer'))).code).toBe('PHI_RETENTION_OPTIONS')
    }
  })
})

it('says how well it is confirmed what the guideline says', () => {
  expect(sanitizationGuideline.confirmation).toBe('secondary')
  expect(sanitizationFields.confirmation).toBe('memory')
})
