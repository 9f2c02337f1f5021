import { randomBytes, toHex } from '@phi/core'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { gcmOpen, gcmSeal, importKey } from '#aead'
import { refusal } from '../../../../core/test/refusal.ts'
import { describeKmip, type Identity, type KmipProxy, kmipProxy } from '../../../test/hsm/kmip-server.ts'
import { contextBytes, type WrapContext } from '../context.ts'
import { KmipConnection } from './connection.ts'
import { createKmipKek, type KmipOptions, kmipKms, rotateKmipKek } from './index.ts'
import { formatKekName, parseKekName } from './kek-name.ts'
import { create } from './operations.ts'
import { parseKmipOptions } from './options.ts'

const context: WrapContext = { tenant: 'clinic-a', purpose: 'field', id: '0a0b0c0d' }
const LONG = process.env.PHI_LONG === '1'

describeKmip('kmipKms', (server) => {
  let labels = 0
  const proxies: KmipProxy[] = []
  const fresh = (identity: Identity = server().clinic): KmipOptions => ({
    host: '127.0.0.1',
    port: server().port,
    ca: server().ca,
    ...identity,
    keyLabel: `key no. ${++labels}`,
  })
  const proxied = async (options: KmipOptions): Promise<[KmipOptions, KmipProxy]> => {
    const proxy = await kmipProxy(server())
    proxies.push(proxy)
    return [{ ...options, port: proxy.port }, proxy]
  }
  const uidOf = (kek: string): string => parseKekName(kek)?.version?.uid as string
  afterEach(async () => {
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()))
  })

  describe('wrapping', () => {
    it('S18 is AES-256-GCM with the context as associated data: what node:crypto makes, the server opens, and the reverse', async () => {
      const options = fresh()
      const { kek } = await createKmipKek(options)
      const key = server().fetchKey(uidOf(kek))
      expect(key.length).toBe(32)
      const kms = kmipKms(options)
      const subject = fc.string({ unit: 'grapheme', maxLength: 64 })
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), subject, async (dataKey, subject) => {
          const bound = { ...context, subject }
          const { wrapped, mechanism } = await kms.wrap({ dataKey, context: bound })
          expect(mechanism).toBe('AES-256-GCM')
          const opened = gcmOpen(importKey(key), wrapped.subarray(0, 12), wrapped.subarray(12), contextBytes(bound))
          expect(opened).toEqual(Buffer.from(dataKey))
          const nonce = randomBytes(12)
          const made = Uint8Array.from([...nonce, ...gcmSeal(importKey(key), nonce, dataKey, contextBytes(bound))])
          expect(await kms.unwrap({ kek, mechanism, wrapped: made, context: bound })).toEqual(dataKey)
        }),
        { numRuns: LONG ? 60 : 3 },
      )
    })

    it('S91 refuses another context, and S19 an altered wrap, while the server works', async () => {
      const options = fresh()
      await createKmipKek(options)
      const kms = kmipKms(options)
      const wrapped = await kms.wrap({ dataKey: randomBytes(32), context })
      const elsewhere = { ...context, tenant: 'clinic-b' }
      expect((await refusal(kms.unwrap({ ...wrapped, context: elsewhere }))).code).toBe('PHI_ENVELOPE_KMS_REFUSED')
      const altered = Uint8Array.from(wrapped.wrapped)
      altered[59] = (altered[59] as number) ^ 1
      expect((await refusal(kms.unwrap({ ...wrapped, wrapped: altered, context }))).code).toBe('PHI_ENVELOPE_KMS_REFUSED')
    })

    it(`S91 keeps ${LONG ? 200 : 40} calls at once apart`, async () => {
      const options = fresh()
      await createKmipKek(options)
      const kms = kmipKms({ ...options, maxConnections: 3 })
      const answers = await Promise.all(
        Array.from({ length: LONG ? 200 : 40 }, async (_, n) => {
          const dataKey = randomBytes(32)
          const mine = { ...context, tenant: `tenant-${n}` }
          const wrapped = await kms.wrap({ dataKey: dataKey.slice(), context: mine })
          return toHex(await kms.unwrap({ ...wrapped, context: mine })) === toHex(dataKey)
        }),
      )
      expect(answers.every(Boolean)).toBe(true)
    })
  })

  describe('versions', () => {
    it('S90 are made once and rotated: the newest wraps, the older open until they are destroyed', async () => {
      const options = fresh()
      const kms = kmipKms(options)
      expect((await refusal(rotateKmipKek(options))).code).toBe('PHI_ENVELOPE_KMS_KEY_GONE')
      expect((await refusal(kms.describe())).code).toBe('PHI_ENVELOPE_KMS_KEY_GONE')
      const { kek } = await createKmipKek(options)
      expect((await refusal(createKmipKek(options))).code).toBe('PHI_ENVELOPE_KEY_STATE')
      const dataKey = randomBytes(32)
      const old = await kms.wrap({ dataKey, context })
      const newer = await rotateKmipKek(options)
      expect((await kms.wrap({ dataKey, context })).kek).toBe(newer.kek)
      expect(old.kek).toBe(kek)
      expect(toHex(await kms.unwrap({ ...old, context }))).toBe(toHex(dataKey))
      expect(await kms.destroy(kek)).toEqual({
        kek,
        state: 'destroyed',
        receipt: {
          server: '127.0.0.1',
          uid: uidOf(kek),
          Revoke: 'Success',
          Destroy: 'Success',
          GetAttributes: 'ItemNotFound',
        },
      })
      expect((await refusal(kms.unwrap({ ...old, context }))).code).toBe('PHI_ENVELOPE_KMS_KEY_GONE')
    })

    it('S121 are told by name as well as by identifier, which a server may give to a new key', async () => {
      const options = fresh()
      const { kek } = await createKmipKek(options)
      const kms = kmipKms(options)
      const wrapped = await kms.wrap({ dataKey: randomBytes(32), context })
      const name = parseKekName(kek) as { server: string; label: string; version: { id: Uint8Array; uid: string } }
      const earlier = formatKekName({ ...name, version: { ...name.version, id: new Uint8Array(8).fill(1) } })
      for (const work of [
        () => kms.destroy(earlier),
        () => kms.describe(earlier),
        () => kms.wrap({ dataKey: randomBytes(32), context, kek: earlier }),
        () => kms.unwrap({ ...wrapped, kek: earlier, context: { ...context, tenant: 'other' } }),
      ]) {
        expect((await refusal(work())).code).toBe('PHI_ENVELOPE_KMS_KEY_GONE')
      }
      expect((await kms.describe(kek)).state).toBe('enabled')
    })

    it('passes over what somebody else put into the group', async () => {
      const options = fresh()
      const { kek } = await createKmipKek(options)
      const connection = await KmipConnection.open(parseKmipOptions(options), undefined)
      await create(connection, options.keyLabel, `${options.keyLabel}/not-a-version`)
      await create(connection, options.keyLabel, `another/${'ff'.repeat(8)}`)
      connection.close()
      expect((await kmipKms(options).describe()).kek).toBe(kek)
    })

    it('of another server are refused, and a destruction names its version', async () => {
      const options = fresh()
      const { kek } = await createKmipKek(options)
      const kms = kmipKms(options)
      const { label } = parseKekName(kek) as { label: string }
      expect((await refusal(kms.describe(kek.replace('127.0.0.1', 'elsewhere')))).code).toBe('PHI_ENVELOPE_KMS_REFUSED')
      expect((await refusal(kms.describe('alias/phi'))).code).toBe('PHI_ENVELOPE_KMS_REFUSED')
      expect((await refusal(kms.destroy(formatKekName({ server: '127.0.0.1', label })))).code).toBe(
        'PHI_ENVELOPE_KMS_UNSUPPORTED',
      )
    })
  })

  describe('identities', () => {
    it('S19 a client that may not use the key is denied, and is not told that it is gone', async () => {
      const options = fresh()
      const { kek } = await createKmipKek(options)
      const wrapped = await kmipKms(options).wrap({ dataKey: randomBytes(32), context })
      const other = kmipKms({ ...options, ...server().other })
      const calls = [other.unwrap({ ...wrapped, context }), other.describe(kek), other.destroy(kek)]
      for (const { code } of await Promise.all(calls.map((call) => refusal(call)))) {
        expect(code).toBe('PHI_ENVELOPE_KMS_DENIED')
      }
      expect((await kmipKms(options).describe(kek)).state).toBe('enabled')
    })

    it('S19 a certificate of another authority is denied by the server', async () => {
      const error = await refusal(kmipKms(fresh(server().stranger)).describe())
      expect(error.code).toBe('PHI_ENVELOPE_KMS_DENIED')
      expect('cause' in error).toBe(false)
    })

    it.each([
      ['of another authority', { ca: 'stranger' }],
      ['with another name', { servername: 'kmip.example' }],
    ])('S19 a server certificate %s is not trusted', async (_title, change) => {
      const options = { ...fresh(), ...change, ...('ca' in change ? { ca: server().stranger.cert } : {}) } as KmipOptions
      expect((await refusal(kmipKms(options).describe())).code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    })
  })

  describe('answers', () => {
    it.each([
      ['cut', (whole: Buffer) => whole.subarray(0, -8), 'PHI_ENVELOPE_KMS_UNAVAILABLE'],
      ['with bytes after it', (whole: Buffer) => Buffer.concat([whole, Buffer.alloc(8)]), 'PHI_ENVELOPE_KMS_ANSWER'],
      ['of four gigabytes', () => Buffer.from('42007b01fffffff8', 'hex'), 'PHI_ENVELOPE_KMS_ANSWER'],
      ['that is the request', (whole: Buffer) => whole, 'PHI_ENVELOPE_KMS_ANSWER'],
    ])('uses nothing of one %s', async (_title, change, code) => {
      const [options, proxy] = await proxied({ ...fresh(), timeoutMs: 500 })
      proxy.mode = change
      expect((await refusal(kmipKms(options).describe())).code).toBe(code)
    })

    it('waits no longer than it was told, and lets go when the caller does', async () => {
      const [options, proxy] = await proxied({ ...fresh(), timeoutMs: 200 })
      proxy.mode = 'silent'
      expect((await refusal(kmipKms(options).describe())).message).toContain('did not answer in time')
      const patient = kmipKms({ ...options, timeoutMs: 60_000, maxConnections: 1 })
      const abort = new AbortController()
      const [first, second] = [
        refusal(patient.describe(undefined, { signal: abort.signal })),
        refusal(patient.describe(undefined, { signal: abort.signal })),
      ]
      setTimeout(() => abort.abort(), 50)
      expect((await first).code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
      expect((await second).code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    })
  })
})

describe('options of kmipKms', () => {
  const good = { host: 'kmip.example', ca: 'x', cert: 'x', key: 'secret-key', keyLabel: 'phi kek' }

  it.each([
    ['no host', { host: '' }, 'kmip.host'],
    ['a port that is none', { port: 70_000 }, 'kmip.port'],
    ['no label', { keyLabel: '' }, 'kmip.keyLabel'],
    ['a label that servers read differently', { keyLabel: 'schlüssel' }, 'kmip.keyLabel'],
    ['certificates that are none', {}, 'kmip'],
    ['an option that does not exist', { rejectUnauthorized: false }, 'kmip'],
  ])('refuses %s, without quoting it', async (_title, change, path) => {
    const error = await refusal(() => kmipKms({ ...good, ...change } as KmipOptions))
    expect(error).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS', path })
    expect(`${error.message}${String(error.cause)}`).not.toMatch(/secret|rejectUnauthorized/)
  })
})
