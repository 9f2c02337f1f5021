import { toHex } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { faults, faultyKms, faultyStore, SECRET, slow } from '../../test/lifecycle/faults.ts'
import { HORIZON, NOTE, publicJwk, request, START, setting } from '../../test/lifecycle/setting.ts'
import { DESTROY_AT, testKms } from '../../test/lifecycle/test-kms.ts'
import { envelopeError } from '../errors.ts'
import { openKeyring } from '../keys/keyring.ts'
import type { DestroyOptions } from './destroy-options.ts'
import { destructionRules } from './rules.ts'
import { verifyCertificate } from './verify-certificate.ts'

/** Two tenants, one of them with two patients, and something sealed by each. */
async function clinics(options: Parameters<typeof setting>[0] = {}) {
  const made = await setting(options)
  const sealed: Record<string, string> = {}
  for (const tenant of ['clinic-a', 'clinic-b']) {
    const handle = await made.keyring.tenant(tenant)
    sealed[tenant] = handle.field(NOTE).seal('tenant', { row: '1' })
    for (const patient of ['p-1', 'p-2']) {
      const own = await handle.subject(patient)
      sealed[`${tenant}/${patient}`] = own.field(NOTE).seal('patient', { row: '1' })
    }
  }
  /** What opens in a process that has just started. */
  const opens = async (): Promise<string[]> => {
    const fresh = await made.open()
    const opened: string[] = []
    for (const [owner, text] of Object.entries(sealed)) {
      const [tenant = '', patient] = owner.split('/')
      try {
        const handle = await fresh.tenant(tenant, { create: false })
        const keys = patient === undefined ? handle : await handle.subject(patient, { create: false })
        keys.field(NOTE).open(text, { row: '1' })
        opened.push(owner)
      } catch (error) {
        if (!/^PHI_ENVELOPE_(OPEN|KMS_KEY_GONE|KMS_KEY_UNUSABLE)$/.test((error as { code: string }).code)) throw error
      }
    }
    return opened
  }
  return { ...made, sealed, opens }
}

/** A KMS with a KEK for each of two tenants. */
function tenantKeks(waits = false) {
  const kms = testKms({ waits })
  for (const name of ['clinic-a', 'clinic-b']) kms.rotate(name)
  return { testKms: kms, kek: (tenant: string) => tenant }
}

const b = ['clinic-b', 'clinic-b/p-1', 'clinic-b/p-2']

describe('destroy', () => {
  it('S121 S91 ends a tenant with all its patients, and nobody else', async () => {
    const { keyring, store, tombstones, opens, events } = await clinics()
    expect(await opens()).toHaveLength(6)
    const done = await keyring.destroy(request())
    if (done.status !== 'destroyed') throw new Error(done.status)
    expect(await opens()).toEqual(b)
    const ours = (await store.records()).filter(({ tenant }) => tenant === 'clinic-a')
    expect(ours).toHaveLength(7)
    expect(ours.every(({ state, wrapped }) => state === 'destroyed' && wrapped.length === 0)).toBe(true)
    expect(done.document).toMatchObject({
      method: 'wrapped-key-erased',
      scope: 'tenant',
      subjects: 2,
      destroyedAt: START,
      backupHorizon: HORIZON,
      effectiveAt: HORIZON,
      checks: { recordsRead: 7, evicted: 7 },
      keks: [],
    })
    expect(done.document.keys.map(({ id, commitment, unwrap }) => [id, commitment, unwrap])).toEqual(
      ours.map(({ id, commitment }) => [id, toHex(commitment), 'not-tried']),
    )
    expect((await tombstones.scan({ limit: 100 })).map(({ keyId }) => keyId)).toEqual(ours.map(({ id }) => id))
    expect(await verifyCertificate(done.certificate, publicJwk, { at: START })).toMatchObject({ verdict: 'valid' })
    expect('subjectSalt' in done).toBe(false)
    const told = events
      .filter(({ tenant, type }) => tenant === 'clinic-a' && type !== 'created')
      .map(({ type, key }) => `${type} ${key?.state}`)
    expect(new Set(told)).toEqual(
      new Set([
        'state-changed revoked',
        'evicted revoked',
        'state-changed destruction-scheduled',
        'state-changed destroyed',
        'destroyed destroyed',
      ]),
    )
    expect(told.filter((each) => each.startsWith('destroyed'))).toHaveLength(7)
  })

  it('S121 ends one patient, and nobody else', async () => {
    const { keyring, opens } = await clinics()
    const done = await keyring.destroy(request({ subject: 'p-1' }))
    expect(done).toMatchObject({ status: 'destroyed', document: { scope: 'subject', subjects: 1, checks: { recordsRead: 2 } } })
    expect(await opens()).toEqual(['clinic-a', 'clinic-a/p-2', ...b])
  })

  it('S121 with the KEK kept it needs no KMS at all: one that is out of reach keeps nobody’s data alive', async () => {
    const kms = testKms()
    const plan = faults('before')
    const { keyring, store } = await setting({ kms: faultyKms(kms, plan) })
    await keyring.tenant('clinic-a')
    const before = plan.calls
    expect(await keyring.destroy(request())).toMatchObject({ status: 'destroyed' })
    expect(plan.calls).toBe(before)
    expect((await store.records()).every(({ state }) => state === 'destroyed')).toBe(true)
  })

  it('S121 handles that are out there open nothing, at once', async () => {
    const { keyring, sealed } = await clinics()
    const body = (await keyring.tenant('clinic-a')).field(NOTE)
    await keyring.destroy(request())
    expect(await refusal(() => body.open(sealed['clinic-a'] as string, { row: '1' }))).toMatchObject({
      code: 'PHI_ENVELOPE_STALE',
    })
    await keyring.tenant('clinic-a')
    expect(await refusal(() => body.open(sealed['clinic-a'] as string, { row: '1' }))).toMatchObject({
      code: 'PHI_ENVELOPE_OPEN',
    })
    expect(await refusal(() => body.seal('new', { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_NO_KEY' })
    expect(await refusal(keyring.rotate({ tenant: 'clinic-a', purpose: 'field' }))).toMatchObject({
      code: 'PHI_ENVELOPE_KEY_STATE',
    })
  })

  it('S121 and also where the store then fails', async () => {
    const made = await clinics()
    const plan = faults('before', ['replace'])
    plan.at = 1
    const cut = await made.open({ store: faultyStore(made.store, plan) })
    const body = (await cut.tenant('clinic-a')).field(NOTE)
    expect(await refusal(cut.destroy(request()))).toMatchObject({ code: 'PHI_ENVELOPE_STORE_UNAVAILABLE' })
    const error = await refusal(() => body.open(made.sealed['clinic-a'] as string, { row: '1' }))
    expect(error).toMatchObject({ code: 'PHI_ENVELOPE_STALE' })
  })

  it('S121 done twice, it is certified twice, about the same keys and the same instant', async () => {
    const { keyring, clock, store } = await clinics()
    const first = await keyring.destroy(request())
    const records = await store.records()
    clock.advance(3_600_000)
    const second = await keyring.destroy(request())
    if (first.status !== 'destroyed' || second.status !== 'destroyed') throw new Error('not destroyed')
    expect(second.document.keys).toEqual(first.document.keys)
    expect(second.document).toMatchObject({ destroyedAt: START, issuedAt: '2026-11-22T01:00:00.000Z' })
    expect(await store.records()).toEqual(records)
  })

  it('S121 thirty-two at the same time, from four processes, end in one state', async () => {
    for (const seed of [1, 2, 3]) {
      const made = await clinics()
      const processes = await Promise.all([1, 2, 3, 4].map((n) => made.open({ store: slow(made.store, seed * 7 + n) })))
      const done = await Promise.all(Array.from({ length: 32 }, (_, i) => processes[i % 4]?.destroy(request())))
      expect(done.every((each) => each?.status === 'destroyed')).toBe(true)
      const ours = (await made.store.records()).filter(({ tenant }) => tenant === 'clinic-a')
      // Revoked, scheduled, destroyed: each once, whoever did it.
      expect(ours.map(({ state, revision }) => [state, revision])).toEqual(ours.map(() => ['destroyed', 3]))
      expect(await made.opens()).toEqual(b)
    }
  })

  it('S121 is finished by another process at any of its steps, and that is no restored backup', async () => {
    let steps = 0
    // The first time nobody comes between: that counts the steps.
    for (let at = 0; at <= steps; at++) {
      const made = await clinics()
      let calls = 0
      // Just after the call was answered, so that this process goes on with what it read before.
      const store = new Proxy(made.store, {
        get(target, name, receiver) {
          const member: unknown = Reflect.get(target, name, receiver)
          if (typeof member !== 'function') return member
          return async (...args: unknown[]) => {
            const answer: unknown = await member.apply(target, args)
            calls += 1
            if (calls === at) await made.keyring.destroy(request())
            return answer
          }
        },
      })
      const cut = await made.open({ store })
      const done = await cut.destroy(request())
      expect(done.status).toBe('destroyed')
      expect(await made.opens()).toEqual(b)
      if (at === 0) steps = calls
    }
    expect(steps).toBeGreaterThan(20)
  })

  describe('refuses, and leaves everything as it was', () => {
    const refused = async (options: Partial<DestroyOptions>, code: string, opened: Parameters<typeof setting>[0] = {}) => {
      const { keyring, store } = await clinics(opened)
      const before = await store.records()
      const error = await refusal(keyring.destroy(request(options)))
      expect(error.code).toBe(code)
      expect(await store.records()).toEqual(before)
      return error
    }

    it('S121 without a place for tombstones', async () => {
      const { kms, store } = await clinics()
      const before = await store.records()
      const bare = await openKeyring({ kms, store })
      const error = await refusal(bare.destroy(request()))
      expect(error).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS', path: 'keyring.tombstones' })
      expect(await store.records()).toEqual(before)
    })

    it('where there are no keys', async () => {
      await refused({ tenant: 'clinic-z' }, 'PHI_ENVELOPE_NO_KEY')
      await refused({ subject: 'p-9' }, 'PHI_ENVELOPE_NO_KEY')
    })

    it('options that are none', async () => {
      for (const options of [
        { tenant: 'A B' },
        { subject: '' },
        { approver: '' },
        { approver: 'x'.repeat(257) },
        { rule: { text: 'x', citations: [] } },
        { rule: 'because' },
        { backupHorizon: '2026-12-27' },
        { backupHorizon: undefined },
        { kek: 'burn' },
        { alsoKeks: ['other'] },
        { samples: ['phi1.x'] },
        { reference: 'two\nlines' },
        { requestedAt: '2026-11-22T00:00:00.001Z' },
        { extra: true },
      ]) {
        await refused(options as never, 'PHI_ENVELOPE_OPTIONS')
      }
    })

    it('S91 a KEK that other keys are wrapped under: another tenant’s, or this tenant’s own', async () => {
      const shared = () => {
        const kms = testKms()
        kms.rotate('clinics')
        return { testKms: kms, kek: () => 'clinics' }
      }
      expect(await refused({ kek: 'destroy' }, 'PHI_ENVELOPE_OPTIONS', shared())).toMatchObject({ path: 'destroy.kek' })
      expect(await refused({ kek: 'destroy', subject: 'p-1' }, 'PHI_ENVELOPE_OPTIONS', tenantKeks())).toMatchObject({
        path: 'destroy.kek',
      })
      expect(await refused({ kek: 'destroy', alsoKeks: ['clinic-b'] }, 'PHI_ENVELOPE_OPTIONS', tenantKeks())).toMatchObject({
        path: 'destroy.kek',
      })
    })

    it('the KEK that the KMS wraps with by default, though nobody else has a key under it yet', async () => {
      const { keyring, store } = await setting()
      await keyring.tenant('clinic-a')
      const error = await refusal(keyring.destroy(request({ kek: 'destroy' })))
      expect(error).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS', path: 'destroy.kek' })
      expect((await store.records()).every(({ state }) => state === 'active')).toBe(true)
    })

    it('a KEK whose name begins with another’s is not that one', async () => {
      const kms = testKms()
      for (const name of ['clinic-a', 'clinic-a2']) kms.rotate(name)
      const { keyring } = await setting({ testKms: kms, kek: (tenant) => tenant })
      for (const tenant of ['clinic-a', 'clinic-a2']) await keyring.tenant(tenant)
      expect(await keyring.destroy(request({ kek: 'destroy', alsoKeks: ['clinic-a'] }))).toMatchObject({ status: 'destroyed' })
      expect((await keyring.tenant('clinic-a2')).field(NOTE).seal('x', { row: '1' })).toMatch(/^phi1\./)
    })
  })
})

describe('destroy with the KEK', () => {
  it('S121 S91 the KMS destroys it, says so when asked again, and backups open nothing', async () => {
    const made = await clinics(tenantKeks())
    const backup = await made.store.backup()
    const done = await made.keyring.destroy(request({ kek: 'destroy' }))
    if (done.status !== 'destroyed') throw new Error(done.status)
    expect(done.document).toMatchObject({
      method: 'kek-destroyed',
      keks: [{ kms: 'test-kms', kek: 'clinic-a:v1', state: 'destroyed', receipt: { kek: 'clinic-a:v1', state: 'destroyed' } }],
      effectiveAt: '2026-11-22T00:15:00.000Z',
      cachesEmptyBy: '2026-11-22T00:15:00.000Z',
    })
    expect(done.document.keys.map(({ unwrap }) => unwrap)).toEqual(Array(7).fill('kek-gone'))
    const report = await verifyCertificate(done.certificate, publicJwk, { at: '2026-11-22T00:15:00.000Z' })
    expect(report).toMatchObject({ verdict: 'valid', effective: true })
    // The backup, in a place that knows nothing of tombstones.
    await made.store.restore(backup)
    const elsewhere = await openKeyring({ kms: made.kms, store: made.store, kek: (tenant) => tenant })
    expect(await refusal(elsewhere.tenant('clinic-a'))).toMatchObject({ code: 'PHI_ENVELOPE_KMS_KEY_GONE' })
  })

  it('S121 a KEK is no longer shared with keys that are destroyed', async () => {
    const kms = testKms()
    kms.rotate('clinics')
    const made = await clinics({ testKms: kms, kek: () => 'clinics' })
    await made.keyring.destroy(request({ tenant: 'clinic-b' }))
    expect(await made.keyring.destroy(request({ kek: 'destroy' }))).toMatchObject({ document: { method: 'kek-destroyed' } })
    // And the other tenant's keys, erased before, can be certified as well now.
    const done = await made.keyring.destroy(request({ tenant: 'clinic-b', kek: 'destroy' }))
    if (done.status !== 'destroyed') throw new Error(done.status)
    expect(new Set(done.document.keys.map(({ unwrap }) => unwrap))).toEqual(new Set(['already-erased']))
  })

  it('S121 destroys the KEKs of before a rewrap as well, when they are named', async () => {
    const own = tenantKeks()
    const made = await clinics(own)
    own.testKms.rotate('clinic-a')
    await made.keyring.rewrap()
    const done = await made.keyring.destroy(request({ kek: 'destroy', alsoKeks: ['clinic-a:v1'] }))
    expect(done).toMatchObject({ document: { keks: [{ kek: 'clinic-a:v1' }, { kek: 'clinic-a:v2' }] } })
    expect(await own.testKms.describe('clinic-a:v1')).toMatchObject({ state: 'destroyed' })
    expect(await own.testKms.describe('clinic-b:v1')).toMatchObject({ state: 'enabled' })
  })

  it('S121 a waiting time is not destruction: no certificate, keys that do nothing, and wrapped keys that are still there', async () => {
    const own = tenantKeks(true)
    const made = await clinics(own)
    const waiting = await made.keyring.destroy(request({ kek: 'destroy' }))
    expect(waiting).toMatchObject({
      status: 'destruction-scheduled',
      destroyAt: DESTROY_AT,
      keks: [{ kek: 'clinic-a:v1', state: 'destruction-scheduled', destroyAt: DESTROY_AT }],
    })
    expect('certificate' in waiting).toBe(false)
    expect(JSON.stringify(waiting)).not.toMatch(/wrapped|commitment/)
    expect(await made.opens()).toEqual(b)
    expect(await made.tombstones.scan({ limit: 10 })).toEqual([])
    const ours = async () => (await made.store.records()).filter(({ tenant }) => tenant === 'clinic-a')
    expect((await ours()).every(({ state, wrapped }) => state === 'destruction-scheduled' && wrapped.length > 0)).toBe(true)
    // Asked again too early, nothing has changed.
    expect(await made.keyring.destroy(request({ kek: 'destroy' }))).toEqual(waiting)
    made.clock.set(DESTROY_AT)
    own.testKms.elapse()
    const done = await made.keyring.destroy(request({ kek: 'destroy' }))
    expect(done).toMatchObject({ status: 'destroyed', document: { method: 'kek-destroyed', destroyedAt: DESTROY_AT } })
    expect((await ours()).every(({ state }) => state === 'destroyed')).toBe(true)
  })

  it('S121 a KEK that somebody has destroyed already is "reported gone"', async () => {
    const own = tenantKeks()
    const kms = own.testKms
    const gone: typeof kms = {
      ...kms,
      async destroy() {
        kms.setState('clinic-a:v1', 'destroyed')
        throw envelopeError('PHI_ENVELOPE_KMS_KEY_GONE')
      },
    }
    const { keyring } = await clinics({ ...own, kms: gone })
    const done = await keyring.destroy(request({ kek: 'destroy' }))
    expect(done).toMatchObject({ document: { keks: [{ kek: 'clinic-a:v1', state: 'reported-gone', receipt: {} }] } })
  })

  it.each([
    ['opens', undefined],
    ['is out of reach', 'PHI_ENVELOPE_KMS_UNAVAILABLE'],
    ['denies', 'PHI_ENVELOPE_KMS_DENIED'],
    ['calls the KEK disabled', 'PHI_ENVELOPE_KMS_KEY_UNUSABLE'],
    ['refuses the wrapped key', 'PHI_ENVELOPE_KMS_REFUSED'],
    ['answers nonsense', 'PHI_ENVELOPE_KMS_ANSWER'],
    ['cannot', 'PHI_ENVELOPE_KMS_UNSUPPORTED'],
  ] as const)('S121 no certificate where the KMS %s when a wrapped key is tried', async (_, code) => {
    const own = tenantKeks()
    const kms = own.testKms
    let lying = false
    const liar: typeof kms = {
      ...kms,
      async destroy(kek) {
        lying = true
        return { kek, state: 'destroyed', receipt: {} }
      },
      async describe(kek) {
        return lying && kek === 'clinic-a:v1' ? { kek, state: 'destroyed', protection: 'hsm' } : kms.describe(kek)
      },
      async unwrap(asked) {
        if (lying && code !== undefined) throw envelopeError(code)
        return kms.unwrap(asked)
      },
    }
    const { keyring, store } = await clinics({ ...own, kms: liar })
    const error = await refusal(keyring.destroy(request({ kek: 'destroy' })))
    expect(error.code).toBe('PHI_ENVELOPE_CERTIFICATE')
    // Nothing was erased: there is something left to try again with.
    expect((await store.records()).every(({ wrapped }) => wrapped.length > 0)).toBe(true)
    expect(error.cause === undefined || (error.cause as { code: string }).code === code).toBe(true)
  })

  it.each(['enabled', 'disabled', 'destruction-scheduled', 'unknown'] as const)(
    'S121 no certificate where the KMS calls the KEK "%s" afterwards',
    async (state) => {
      const own = tenantKeks()
      const kms = own.testKms
      let done = false
      const liar: typeof kms = {
        ...kms,
        async destroy(kek) {
          done = true
          return kms.destroy(kek)
        },
        async describe(kek) {
          return done && kek === 'clinic-a:v1' ? { kek, state, protection: 'hsm' } : kms.describe(kek)
        },
      }
      const { keyring } = await clinics({ ...own, kms: liar })
      expect(await refusal(keyring.destroy(request({ kek: 'destroy' })))).toMatchObject({ code: 'PHI_ENVELOPE_CERTIFICATE' })
    },
  )

  it.each([{ receipt: undefined }, { receipt: { id: 7 } }, { receipt: {}, destroyAt: 'soon' }])(
    'S121 an answer without a receipt is none: %o',
    async (answer) => {
      const own = tenantKeks()
      const kms: typeof own.testKms = {
        ...own.testKms,
        destroy: async (kek) => ({ kek, state: 'destroyed', ...answer }) as never,
      }
      const { keyring } = await clinics({ ...own, kms })
      expect(await refusal(keyring.destroy(request({ kek: 'destroy' })))).toMatchObject({ code: 'PHI_ENVELOPE_KMS_ANSWER' })
    },
  )
})

describe('samples', () => {
  it('S121 ciphertexts that no longer open are counted in the certificate, by handles of before and by fresh ones', async () => {
    const { keyring, sealed } = await clinics()
    const handle = await keyring.tenant('clinic-a')
    const patient = await handle.subject('p-1')
    const row = { row: '1' }
    const done = await keyring.destroy(
      request({
        samples: [
          () => handle.field(NOTE).open(sealed['clinic-a'] as string, row),
          () => patient.field(NOTE).open(sealed['clinic-a/p-1'] as string, row),
          async () => (await keyring.tenant('clinic-a', { create: false })).field(NOTE).open(sealed['clinic-a'] as string, row),
          () => handle.field(NOTE).seal('x', row),
        ],
      }),
    )
    expect(done).toMatchObject({
      document: { checks: { samples: { tried: 4, refused: { PHI_ENVELOPE_OPEN: 3, PHI_ENVELOPE_NO_KEY: 1 } } } },
    })
  })

  it('S121 one that opens, and there is no certificate', async () => {
    const { keyring, sealed } = await clinics()
    const other = (await keyring.tenant('clinic-b')).field(NOTE)
    const samples = [() => other.open(sealed['clinic-b'] as string, { row: '1' })]
    const error = await refusal(keyring.destroy(request({ samples })))
    expect(error).toMatchObject({ code: 'PHI_ENVELOPE_CERTIFICATE' })
    expect(error.message).toContain('still opens')
  })

  it.each([
    ['an error of somebody else’s', () => new Error(SECRET)],
    ['an outage', () => envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE')],
    ['a missing row', () => envelopeError('PHI_ENVELOPE_ROW')],
    ['plaintext', () => envelopeError('PHI_ENVELOPE_NOT_SEALED')],
    ['a handle that stays stale', () => envelopeError('PHI_ENVELOPE_STALE')],
    ['nothing', () => undefined],
  ])('S121 one that fails for another reason shows nothing: %s', async (_, make) => {
    const { keyring } = await clinics()
    const sample = async () => {
      throw make()
    }
    const error = await refusal(keyring.destroy(request({ samples: [sample] })))
    expect(error.code).toBe('PHI_ENVELOPE_CERTIFICATE')
    expect(error.cause).toBe(undefined)
    expect(String(error.stack) + JSON.stringify(error)).not.toContain(SECRET)
    // The keys are gone all the same, and without that sample it is certified.
    expect(await keyring.destroy(request())).toMatchObject({ status: 'destroyed' })
  })
})

describe('the rules', () => {
  it('S121 cite what a business associate must do at the end', () => {
    expect(destructionRules.baaTermination.citations).toMatchObject([{ source: '45 CFR', section: '164.504(e)(2)(ii)(J)' }])
    expect(destructionRules.disposal.citations).toMatchObject([{ source: '45 CFR', section: '164.310(d)(2)(i)' }])
  })
})
