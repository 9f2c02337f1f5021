import { createHash } from 'node:crypto'
import { canonicalJson } from '@phi/core'
import { type SignatureJwk, signedDocuments, type TrustedKeys } from '@phi/core/jws'
import fc from 'fast-check'
import { exportJWK, GeneralSign, generalVerify, generateKeyPair, importJWK } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { complete } from '../../test/complete.ts'
import { keys, platformKey, platformSigner, practiceKey, practiceSigner, unsigned } from '../../test/signers.ts'
import type { Agreement } from '../agreement/agreement.ts'
import { defineAgreement, parseAgreement } from '../agreement/define.ts'
import { statusAt } from '../agreement/status.ts'
import { decideAny } from '../decide/decide.ts'
import { registry } from '../registry/registry.ts'
import { signError } from './errors.ts'
import { signAgreement } from './sign-agreement.ts'
import { SIGNATURE_TYPE } from './statement.ts'
import { agreementMembers, documentHashOf, partyMembers, termsHash } from './terms.ts'
import { type PartyVerdict, signatureProblems, verifySignatures, withSignatures } from './verify-signatures.ts'

const agreement = defineAgreement(unsigned)
const changed = (more: object): Agreement => parseAgreement({ ...unsigned, ...more })

/** Small, and written out here: the vectors stand on it. */
const vector = parseAgreement({
  id: 'vector',
  tier: 'ce-ba',
  version: '1.3',
  dated: '2026-01-01',
  documentHash: '9f'.repeat(32),
  from: { id: 'practice', kind: 'covered-entity', standardTransactions: true },
  to: { id: 'platform', kind: 'business-associate', name: 'A platform' },
  services: [{ service: 'records.notes', section: '1.2', page: 1, text: 'Notes.' }],
  permits: ['phi.clinical.note'],
  prohibits: ['label:hiv'],
  uses: ['treatment'],
  effective: '2026-01-01',
  asOf: '2026-01-05',
})

const byPractice = {
  party: 'practice',
  signer: practiceSigner,
  at: '2026-01-02T15:00:00.000Z',
  name: 'A. Owner',
  title: 'Owner',
}
const byPlatform = { party: 'platform', signer: platformSigner, at: '2026-01-03T09:30:00.000Z' }
const { signDocument } = signedDocuments((context) => signError('PHI_BAA_SIGNING', context))

let practice: string
let platform: string
beforeAll(async () => {
  practice = await signAgreement(agreement, byPractice)
  platform = await signAgreement(agreement, byPlatform)
})

const shown = (verdict: PartyVerdict) => (verdict.verdict === 'invalid' ? verdict.problem : verdict.verdict)
/** Outcome, then what became of `from` and of `to`. */
const verdicts = async (
  signatures: readonly string[],
  {
    of = agreement,
    by = keys as Record<string, TrustedKeys>,
    now,
  }: { of?: Agreement; by?: Record<string, TrustedKeys>; now?: string } = {},
) => {
  const { outcome, parties } = await verifySignatures(of, signatures, by, { now })
  return [outcome, ...parties.map(shown)]
}
const payloadOf = (jws: string) =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

describe('termsHash', () => {
  it('S113 S161 every member of an agreement is on one side: terms, document, or what happens afterwards', () => {
    const sideOf = (side: string) => Object.entries(agreementMembers).flatMap(([key, each]) => (each === side ? [key] : []))
    expect(sideOf('terms').sort()).toEqual(
      ['agency', 'ai', 'conditions', 'dated', 'effective', 'eligibility', 'excludes', 'expires', 'format', 'from', 'id', 'permits',
        'prohibits', 'prohibitsUses', 'services', 'terms', 'tier', 'to', 'uses', 'version'],
    ) // biome-ignore format: a list
    expect(sideOf('document')).toEqual(['documentHash'])
    expect(sideOf('standing').sort()).toEqual(['asOf', 'closed', 'plan', 'reviewBy', 'signatures', 'terminated', 'windingDown'])
    expect(Object.entries(partyMembers).flatMap(([key, side]) => (side === 'standing' ? [key] : []))).toEqual([
      'licences',
      'professions',
      'standardTransactions',
    ])
  })

  const everyMember = {
    id: { id: 'another' },
    version: { version: '1.4' },
    dated: { dated: '2025-12-31' },
    from: { from: { ...unsigned.from, name: 'Another' } },
    to: { to: { ...unsigned.to, name: 'Another' } },
    services: { services: unsigned.services.slice(1) },
    excludes: { excludes: ['telehealth'] },
    permits: { permits: [...unsigned.permits, 'phi.clinical.lab'] },
    prohibits: { prohibits: unsigned.prohibits.slice(1) },
    uses: { uses: unsigned.uses.slice(1) },
    prohibitsUses: { prohibitsUses: ['sale'] },
    conditions: { conditions: ['mfa-on'] },
    eligibility: { eligibility: { growth: 'always' } },
    terms: { terms: { ...unsigned.terms, access: { within: { days: 11 } } } },
    ai: { ai: { ...unsigned.ai, deletion: false } },
    agency: { agency: 'unknown' },
    effective: { effective: '2026-01-02' },
    expires: { expires: '2028-12-31' },
  }
  const tier = { tier: 'qsoa' }

  it.each(Object.entries({ ...everyMember, tier }))('S113 another %s is another hash', (_, change) => {
    expect(termsHash(changed(change))).not.toBe(termsHash(agreement))
  })

  it('the changes above are one for each member that is terms', () => {
    const terms = Object.entries(agreementMembers).flatMap(([key, side]) => (side === 'terms' && key !== 'format' ? [key] : []))
    expect(Object.keys({ ...everyMember, tier }).sort()).toEqual(terms.sort())
  })

  it.each([
    ['signatures', { signatures: complete.signatures }],
    ['documentHash', { documentHash: '00'.repeat(32) }],
    ['plan', { plan: 'growth' }],
    ['terminated', { terminated: { at: '2026-05-01' } }],
    ['windingDown', { terminated: { at: '2026-05-01' }, windingDown: { from: '2026-05-02' } }],
    ['closed', { terminated: { at: '2026-05-01' }, closed: { at: '2026-06-01', how: 'destroyed' } }],
    ['asOf and reviewBy', { asOf: '2026-02-01', reviewBy: '2027-02-01' }],
    [
      'a licence of a party',
      { from: { ...unsigned.from, licences: [{ state: 'OH', profession: 'PT' }], professions: ['PT'] } },
    ],
  ])('what happens afterwards leaves the hash: %s', (_, change) => {
    expect(termsHash(changed(change))).toBe(termsHash(agreement))
  })

  it('S113 never changes from release to release, and is SHA-256 over canonical JSON', () => {
    expect(termsHash(vector)).toBe('2b0f7c8f260e5227fe0b203fd1e2572ae38dc241dc0c204edb0da9ed86f1553e')
    const { signatures, asOf, reviewBy, documentHash, from, to, ...rest } = agreement
    const { standardTransactions, ...party } = from
    const text = canonicalJson({ ...rest, from: party, to })
    expect(termsHash(agreement)).toBe(createHash('sha256').update(text).digest('hex'))
  })

  it('does not depend on the order in which members were written, and depends on the order of clauses', () => {
    const turned = Object.fromEntries(Object.entries(unsigned).reverse())
    expect(termsHash(parseAgreement(turned))).toBe(termsHash(agreement))
    expect(termsHash(changed({ permits: unsigned.permits.toReversed() }))).not.toBe(termsHash(agreement))
    expect(termsHash(parseAgreement(JSON.parse(JSON.stringify(agreement))))).toBe(termsHash(agreement))
  })

  it('refuses what is no agreement', async () => {
    expect((await refusal(() => termsHash({} as Agreement))).code).toBe('PHI_BAA_AGREEMENT')
  })
})

describe('documentHashOf', () => {
  it('S113 is SHA-256 of the bytes: FIPS 180-4, "abc"', () => {
    expect(documentHashOf(new TextEncoder().encode('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })

  it('takes no text, and no empty file', async () => {
    for (const bytes of ['abc', new Uint8Array(0), null, [1]]) {
      expect((await refusal(() => documentHashOf(bytes as Uint8Array))).code).toBe('PHI_BAA_SIGNING')
    }
  })
})

describe('signAgreement', () => {
  it('S150 S161 says who agreed to what, in which version, from when, for which document', () => {
    expect(payloadOf(practice)).toEqual({
      format: 'phi.agreement-signature/v1',
      agreement: 'practice-platform-2026',
      version: '1.3',
      documentHash: '9f'.repeat(32),
      termsHash: termsHash(agreement),
      parties: { from: 'practice', to: 'platform' },
      effective: '2026-01-01',
      party: 'practice',
      at: '2026-01-02T15:00:00.000Z',
      name: 'A. Owner',
      title: 'Owner',
    })
  })

  it('S150 is the same text every time with Ed25519: a vector', async () => {
    const part = (text: string) => Buffer.from(text).toString('base64url')
    const [head, payload, signature] = (await signAgreement(vector, byPlatform)).split('.')
    expect(head).toBe(part('{"alg":"EdDSA","kid":"platform-1","typ":"phi-agreement-signature+jwt"}'))
    expect(payload).toBe(
      part(
        '{"agreement":"vector","at":"2026-01-03T09:30:00.000Z",' +
          `"documentHash":"${'9f'.repeat(32)}","effective":"2026-01-01","format":"phi.agreement-signature/v1",` +
          '"parties":{"from":"practice","to":"platform"},"party":"platform",' +
          '"termsHash":"2b0f7c8f260e5227fe0b203fd1e2572ae38dc241dc0c204edb0da9ed86f1553e","version":"1.3"}',
      ),
    )
    expect(signature).toBe('h3GvAADIFblK1F2xF15nZ0ydTz2AhE650EcFiqRjnTniN5XK_YMAinCKdPFoorNG80MQymaWfbyRodCZIPLVDg')
  })

  it.each([
    ['somebody who is no party', { party: 'stranger' }, 'sign.party'],
    ['no instant', { at: '2026-01-02' }, 'sign.at'],
    ['a moment before the document', { at: '2025-12-31T09:59:59.999Z' }, 'sign.at'],
    ['a signer that is none', { signer: { alg: 'HS256', kid: 'x', key: {} } }, 'sign.signer.alg'],
    ['a key of another algorithm', { signer: { ...practiceSigner, alg: 'ES256' } }, 'signer.key'],
    ['a name with a line break', { name: 'A.\nOwner' }, 'sign.name'],
    ['a member that is not documented', { also: 1 }, 'sign'],
  ])('refuses %s', async (_, change, path) => {
    const error = await refusal(signAgreement(agreement, { ...byPractice, ...change } as typeof byPractice))
    expect([error.code, error.path]).toEqual(['PHI_BAA_SIGNING', path])
    expect(error.message).not.toMatch(/stranger|nWGxne/)
  })

  it('signs on the first moment that the day of the document has anywhere', async () => {
    expect(await signAgreement(agreement, { ...byPractice, at: '2025-12-31T10:00:00.000Z' })).toMatch(/\./)
  })

  it('refuses another moment than the agreement already names', async () => {
    const named = changed({ signatures: complete.signatures })
    expect((await refusal(signAgreement(named, { ...byPractice, at: '2026-01-02T15:00:00.001Z' }))).path).toBe('sign.at')
    expect(await signAgreement(named, byPractice)).toBe(practice)
  })
})

describe('verifySignatures', () => {
  it('S150 both parties have signed: each on its own, in any order', async () => {
    expect(await verdicts([practice, platform])).toEqual(['all-valid', 'valid', 'valid'])
    expect(await verdicts([platform, practice])).toEqual(['all-valid', 'valid', 'valid'])
    const report = await verifySignatures(agreement, [practice, platform], keys)
    expect(report.parties[0]).toEqual({
      party: 'practice',
      verdict: 'valid',
      at: byPractice.at,
      name: 'A. Owner',
      title: 'Owner',
      kid: 'practice-1',
      alg: 'EdDSA',
    })
    expect([report.rejected, report.documentHash]).toEqual([[], '9f'.repeat(32)])
    expect(Object.isFrozen(report.parties[0])).toBe(true)
  })

  it('S151 half-signed, unsigned, and signed twice by one party are not signed', async () => {
    expect(await verdicts([])).toEqual(['not-all-valid', 'missing', 'missing'])
    expect(await verdicts([practice])).toEqual(['not-all-valid', 'valid', 'missing'])
    expect(await verdicts([platform])).toEqual(['not-all-valid', 'missing', 'valid'])
    expect(await verdicts([practice, practice])).toEqual(['not-all-valid', 'valid', 'missing'])
  })

  it('one good and one bad: where generalVerify of jose is content with either, this is not', async () => {
    const good = { ...practiceSigner, key: await importJWK(practiceSigner.key as never, 'EdDSA') }
    const { publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
    const { privateKey: stranger } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
    const general = await new GeneralSign(new TextEncoder().encode('the agreement'))
      .addSignature(good.key as never)
      .setProtectedHeader({ alg: 'EdDSA', kid: 'practice-1' })
      .addSignature(stranger)
      .setProtectedHeader({ alg: 'EdDSA', kid: 'platform-1' })
      .sign()
    const practicePublic = await importJWK(practiceKey, 'EdDSA')
    const passed = await generalVerify(general, ({ kid }) => (kid === 'practice-1' ? practicePublic : publicKey) as never)
    expect(passed.protectedHeader?.kid).toBe('practice-1')

    const forged = await signAgreement(agreement, { ...byPlatform, signer: { alg: 'EdDSA', kid: 'platform-1', key: stranger } })
    expect(await verdicts([practice, forged])).toEqual(['not-all-valid', 'valid', 'signature'])
    const broken = `${platform.slice(0, -4)}AAAA`
    expect(await verdicts([practice, broken])).toEqual(['not-all-valid', 'valid', 'signature'])
  })

  it('a signature in the name of the other does not count for either', async () => {
    const forged = await signAgreement(agreement, { ...byPlatform, signer: practiceSigner })
    expect(await verdicts([practice, forged])).toEqual(['not-all-valid', 'valid', 'wrong-party'])
    expect(await verdicts([forged])).toEqual(['not-all-valid', 'missing', 'wrong-party'])
    // And with keys that were handed over the wrong way round.
    expect(await verdicts([practice, platform], { by: { practice: platformKey, platform: practiceKey } })).toEqual([
      'not-all-valid',
      'wrong-party',
      'wrong-party',
    ])
  })

  it('keys: none for a party, unknown ones, and unsuitable ones verify nothing', async () => {
    expect(await verdicts([practice, platform], { by: { practice: practiceKey } })).toEqual([
      'not-all-valid',
      'valid',
      'no-keys',
    ])
    expect(await verdicts([practice, platform], { by: {} })).toEqual(['not-all-valid', 'no-keys', 'no-keys'])
    const other = { ...practiceKey, kid: 'practice-2' }
    expect(await verdicts([practice], { by: { practice: other } })).toEqual(['not-all-valid', 'unknown-key', 'missing'])
    const encryption: SignatureJwk = { ...practiceKey, use: 'enc' }
    expect(await verdicts([practice], { by: { practice: encryption } })).toEqual(['not-all-valid', 'unsuitable-key', 'missing'])
    const planted = Object.create({ practice: practiceKey }) as Record<string, TrustedKeys>
    expect(await verdicts([practice], { by: planted })).toEqual(['not-all-valid', 'no-keys', 'missing'])
  })

  it('refuses one key for both parties, in whatever list it hides', async () => {
    const same = { ...practiceKey, kid: 'platform-9' }
    for (const by of [
      { practice: practiceKey, platform: same },
      { practice: [practiceKey], platform: { keys: [platformKey, same] } },
    ]) {
      const error = await refusal(verifySignatures(agreement, [practice, platform], by))
      expect([error.code, error.path]).toEqual(['PHI_BAA_SIGNING', 'keys'])
    }
  })

  it.each([
    ['other-agreement', { id: 'another' }],
    ['other-agreement', { to: { id: 'other-platform', kind: 'business-associate' } }],
    ['other-version', { version: '1.2' }],
    ['other-document', { documentHash: '00'.repeat(32) }],
    ['other-effective', { effective: '2026-02-01' }],
    ['other-terms', { permits: [...unsigned.permits, 'phi.clinical.lab'] }],
    ['other-terms', { terms: { ...unsigned.terms, reportBreaches: { within: { days: 60 }, from: 'discovery' } } }],
  ])('S161 a signature of something else is replayed: %s', async (problem, change) => {
    const elsewhere = await signAgreement(changed(change), byPractice)
    expect(await verdicts([elsewhere, platform])).toEqual(['not-all-valid', problem, 'valid'])
    // The genuine one beside it counts, and the other is listed.
    const report = await verifySignatures(agreement, [elsewhere, practice, platform], keys)
    expect([report.outcome, report.rejected]).toEqual(['all-valid', [{ index: 0, problem }]])
  })

  it('S113 a signature of the terms alone is none of the document', async () => {
    const { documentHash: _, ...bare } = unsigned
    const terms = parseAgreement(bare)
    const alone = await signAgreement(terms, byPractice)
    expect(payloadOf(alone)).toMatchObject({ documentHash: null })
    expect(await verdicts([alone])).toEqual(['not-all-valid', 'other-document', 'missing'])
    expect(await verdicts([practice], { of: terms })).toEqual(['not-all-valid', 'other-document', 'missing'])
    expect((await verifySignatures(terms, [alone], keys)).documentHash).toBeNull()
  })

  it('the moment: before the document, in the future, or another than the agreement names', async () => {
    const early = { ...payloadOf(practice), at: '2025-12-30T00:00:00.000Z' }
    expect(await verdicts([await signDocument(practiceSigner, SIGNATURE_TYPE, early)])).toEqual([
      'not-all-valid',
      'before-dated',
      'missing',
    ])
    const now = '2026-01-03T00:00:00.000Z'
    expect(await verdicts([practice, platform], { now })).toEqual(['not-all-valid', 'valid', 'in-the-future'])
    expect(await verdicts([practice, platform], { now: byPlatform.at })).toEqual(['all-valid', 'valid', 'valid'])
    const named = changed({ signatures: [{ party: 'practice', at: '2026-01-02T16:00:00.000Z' }] })
    expect(await verdicts([practice, platform], { of: named })).toEqual(['not-all-valid', 'other-time', 'valid'])
    const other = changed({ signatures: [{ party: 'practice', at: byPractice.at, name: 'Somebody Else' }] })
    expect(await verdicts([practice, platform], { of: other })).toEqual(['not-all-valid', 'other-signatory', 'valid'])
  })

  it('a party that signed at two moments has not said which', async () => {
    const later = await signAgreement(agreement, { ...byPractice, at: '2026-01-05T00:00:00.000Z' })
    expect(await verdicts([practice, later, platform])).toEqual(['not-all-valid', 'signed-twice', 'valid'])
  })

  it('ES256 counts as well, and the same statement signed twice is one signature', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const by = { practice: practiceKey, platform: { ...(await exportJWK(publicKey)), kid: 'e' } as SignatureJwk }
    const sign = () => signAgreement(agreement, { ...byPlatform, signer: { alg: 'ES256', kid: 'e', key: privateKey } })
    const [first, second] = [await sign(), await sign()]
    expect(first).not.toBe(second)
    expect(await verdicts([first, practice, second], { by })).toEqual(['all-valid', 'valid', 'valid'])
  })

  it('texts that are none, and documents of another kind', async () => {
    const rejected = async (jws: unknown) =>
      (await verifySignatures(agreement, [jws as string], keys)).rejected.map(({ problem }) => problem)
    for (const none of [undefined, null, 7, {}, '', 'x', '..', practice.slice(1)]) {
      expect(await rejected(none)).not.toEqual([])
    }
    expect(await rejected(undefined)).toEqual(['form'])
    const statement = payloadOf(practice)
    expect(await rejected(await signDocument(practiceSigner, 'JWT', statement))).toEqual(['type'])
    expect(await rejected(await signDocument(practiceSigner, SIGNATURE_TYPE, { ...statement, party: 'stranger' }))).toEqual([
      'not-a-party',
    ])
    expect(await rejected(await signDocument(practiceSigner, SIGNATURE_TYPE, { ...statement, more: 1 }))).toEqual(['statement'])
    expect(await rejected(await signDocument(practiceSigner, SIGNATURE_TYPE, { format: 'x' }))).toEqual(['statement'])
    expect(await rejected(await signDocument(practiceSigner, SIGNATURE_TYPE, [1]))).toEqual(['statement'])
  })

  it('no changed character of either signature passes', () =>
    fc.assert(
      fc.asyncProperty(fc.boolean(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (which, place) => {
        const text = which ? practice : platform
        const at = Math.floor(place * text.length)
        const other = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
        const [outcome] = await verdicts(which ? [other, platform] : [practice, other])
        expect(outcome).toBe('not-all-valid')
      }),
      { numRuns: 200 },
    ))

  it('all are valid exactly when each party has one that is, whatever lies beside it', async () => {
    const stale = await signAgreement(changed({ version: '1.2' }), byPlatform)
    const forged = await signAgreement(agreement, { ...byPlatform, signer: practiceSigner })
    const pile = [practice, platform, stale, forged, 'x', `${practice}.`]
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(pile), async (some) => {
        const report = await verifySignatures(agreement, some, keys)
        expect(report.outcome === 'all-valid').toBe(some.includes(practice) && some.includes(platform))
        expect(report.rejected.length).toBe(some.filter((each) => each !== practice && each !== platform).length)
      }),
      { numRuns: 100 },
    )
  })

  it('refuses lists and options that are none', async () => {
    for (const list of [null, 'x', Array.from({ length: 201 }, () => practice)]) {
      expect((await refusal(verifySignatures(agreement, list as never, keys))).code).toBe('PHI_BAA_SIGNING')
    }
    expect((await refusal(verifySignatures(agreement, [], null as never))).path).toBe('keys')
    expect((await refusal(verifySignatures(agreement, [practice], { practice: [] }))).path).toBe('keys')
    expect((await refusal(verifySignatures(agreement, [], keys, { now: 'today' }))).path).toBe('verify.now')
  })

  it('says what each problem means in a sentence', () => {
    for (const sentence of Object.values(signatureProblems)) expect(sentence).toMatch(/^[A-Z].*\.$/)
  })
})

describe('withSignatures', () => {
  it('S150 S151 an agreement is in force on the signatures that were verified, and on no others', async () => {
    const claimed = changed({ signatures: complete.signatures })
    expect(statusAt(claimed, '2026-06-01T00:00:00.000Z')).toBe('in-force')
    const half = withSignatures(claimed, await verifySignatures(claimed, [await signAgreement(claimed, byPlatform)], keys))
    expect(half.signatures).toEqual([{ party: 'platform', at: byPlatform.at }])
    expect(statusAt(half, '2026-06-01T00:00:00.000Z')).toBe('partly-signed')

    const signed = withSignatures(agreement, await verifySignatures(agreement, [practice, platform], keys))
    expect(signed.signatures).toEqual([
      { party: 'practice', at: byPractice.at, name: 'A. Owner', title: 'Owner' },
      { party: 'platform', at: byPlatform.at },
    ])
    const at = (instant: string) =>
      decideAny(registry([signed], { complete: ['platform'] }), {
        from: 'practice',
        to: 'platform',
        service: 'records.notes',
        data: [{ class: 'phi.clinical.note.session', labels: [] }],
        use: 'treatment',
        at: instant,
      }).outcome
    expect([at('2026-01-03T09:29:59.999Z'), at(byPlatform.at)]).toEqual(['deny', 'allow'])
  })

  it('takes a report of this agreement only, and none that somebody wrote', async () => {
    const report = await verifySignatures(agreement, [practice, platform], keys)
    for (const forged of [null, {}, { ...report }, JSON.parse(JSON.stringify(report))]) {
      expect((await refusal(() => withSignatures(agreement, forged as never))).path).toBe('report')
    }
    for (const other of [
      changed({ version: '1.4' }),
      changed({ documentHash: '00'.repeat(32) }),
      changed({ uses: ['treatment'] }),
    ]) {
      expect((await refusal(() => withSignatures(other, report))).code).toBe('PHI_BAA_SIGNING')
    }
  })
})
