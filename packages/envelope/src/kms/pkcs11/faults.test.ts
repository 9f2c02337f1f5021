import { equalBytes, isPhiError, randomBytes, toHex } from '@phi/core'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { describeToken, tokenKinds } from '../../../test/hsm/tokens.ts'
import type { WrapContext } from '../context.ts'
import { attribute } from './cryptoki.ts'
import { createKek, type Pkcs11Kms, type Pkcs11Options, pkcs11Kms } from './index.ts'
import { returnValues } from './return-value.ts'

type Method = (...args: unknown[]) => unknown

/** Stands between the adapter and the real library: sees every call, and may throw in its place or change its answer. */
const between = vi.hoisted(() => ({
  before: undefined as ((method: string) => void) | undefined,
  after: undefined as ((method: string, answer: unknown, args: unknown[]) => unknown) | undefined,
}))

vi.mock('pkcs11js', async () => {
  const { createRequire } = await import('node:module')
  const real = createRequire(import.meta.url)('pkcs11js') as typeof import('pkcs11js')
  class PKCS11 extends real.PKCS11 {
    constructor(path: string) {
      super(path)
      const methods = this as unknown as Record<string, unknown>
      for (const [name, method] of Object.entries(methods)) {
        if (typeof method !== 'function' || !name.startsWith('C_')) continue
        methods[name] = (...args: unknown[]) => {
          between.before?.(name)
          const answer = (method as Method).apply(this, args)
          return between.after === undefined ? answer : between.after(name, answer, args)
        }
      }
    }
  }
  return { default: { ...real, PKCS11 } }
})

// A library is loaded once a process. Another file of this worker may have loaded it before this one, with nothing in between: what it
// loaded is put aside meanwhile, and not let go of, since few libraries survive being unloaded.
const TABLE = Symbol.for('@phi/envelope/pkcs11/modules/1')
const realm = globalThis as { [TABLE]?: unknown }
const tables: { others?: unknown; own?: unknown } = {}
beforeAll(() => {
  tables.others = realm[TABLE]
  delete realm[TABLE]
})
afterAll(() => {
  tables.own = realm[TABLE]
  if (tables.others !== undefined) realm[TABLE] = tables.others
})

const answer = (name: keyof typeof returnValues) =>
  Object.assign(new Error(name), { name: 'Pkcs11Error', code: returnValues[name] })

const context: WrapContext = { tenant: 'clinic-a', purpose: 'field', id: '0a0b0c0d' }
const recoverable = [
  'CKR_DEVICE_REMOVED',
  'CKR_DEVICE_ERROR',
  'CKR_TOKEN_NOT_PRESENT',
  'CKR_SESSION_HANDLE_INVALID',
  'CKR_USER_NOT_LOGGED_IN',
  'CKR_KEY_HANDLE_INVALID',
  'CKR_OPERATION_ACTIVE',
  'CKR_CRYPTOKI_NOT_INITIALIZED',
] as const
const opaque = ['CKR_GENERAL_ERROR', 'CKR_FUNCTION_FAILED', 'CKR_SESSION_COUNT'] as const

/** Every fault at every call in the long form; in the short one, every call with one fault each. */
const LONG = process.env.PHI_LONG === '1'

for (const kind of tokenKinds) {
  describeToken(kind, 'pkcs11Kms with faults put in', (token) => {
    const opened: Pkcs11Kms[] = []
    let labels = 0
    const fresh = async (): Promise<Pkcs11Options & { kek: string }> => {
      const options = { ...token().options, keyLabel: `key ${++labels}` }
      const { kek } = await createKek(options)
      return { ...options, kek }
    }
    const open = ({ kek: _, ...options }: Pkcs11Options & { kek?: string }): Pkcs11Kms => {
      const kms = pkcs11Kms(options)
      opened.push(kms)
      return kms
    }
    afterEach(async () => {
      between.before = undefined
      between.after = undefined
      await Promise.all(opened.splice(0).map((kms) => kms.close()))
    })

    /** Every verb that reads, once, with the outcome of each: right, or the code of its error. */
    async function readingVerbs(kms: Pkcs11Kms, kek: string): Promise<string[]> {
      const dataKey = randomBytes(32)
      const codes: string[] = []
      const settle = async (work: Promise<boolean>) => {
        codes.push(
          await work.then(
            (right) => (right ? 'right' : 'wrong'),
            (error) => (isPhiError(error) ? error.code : 'foreign'),
          ),
        )
      }
      await settle(kms.describe().then((told) => told.kek === kek && told.state === 'enabled'))
      await settle(
        kms.wrap({ dataKey, context }).then(async (wrapped) => equalBytes(await kms.unwrap({ ...wrapped, context }), dataKey)),
      )
      return codes
    }

    /** How many calls into the library that takes, from the opening on. */
    async function countCalls(options: Pkcs11Options & { kek: string }): Promise<number> {
      let calls = 0
      between.before = () => void calls++
      const kms = open(options)
      expect(await readingVerbs(kms, options.kek)).toEqual(['right', 'right'])
      between.before = undefined
      await kms.close()
      return calls
    }

    it('gets over any one loss of the session, the login, the token or the library, at whichever call', async () => {
      const options = await fresh()
      const calls = await countCalls(options)
      expect(calls).toBeGreaterThan(20)
      for (const [turn, name] of recoverable.entries()) {
        for (let at = 0; at < calls; at++) {
          if (!LONG && at % recoverable.length !== turn) continue
          let call = 0
          between.before = () => {
            if (call++ === at) throw answer(name)
          }
          const kms = open(options)
          const outcome = await readingVerbs(kms, options.kek)
          between.before = undefined
          await kms.close()
          expect(outcome, `${name} at call ${at}`).toEqual(['right', 'right'])
        }
      }
    })

    it('S19 calls no fault of the token a wrong record or a lost key, at whichever call', async () => {
      const options = await fresh()
      const calls = await countCalls(options)
      for (const [turn, name] of opaque.entries()) {
        for (let at = 0; at < calls; at++) {
          if (!LONG && at % opaque.length !== turn) continue
          let call = 0
          between.before = () => {
            if (call++ === at) throw answer(name)
          }
          const kms = open(options)
          const outcome = await readingVerbs(kms, options.kek)
          between.before = undefined
          for (const each of outcome) expect(['right', 'PHI_ENVELOPE_KMS_UNAVAILABLE'], `${name} at call ${at}`).toContain(each)
          expect(await readingVerbs(kms, options.kek)).toEqual(['right', 'right'])
          await kms.close()
        }
      }
    })

    it.each([...recoverable, ...opaque])(
      'gives up when the token keeps answering %s, and works again afterwards',
      async (name) => {
        const options = await fresh()
        const kms = open(options)
        expect(await readingVerbs(kms, options.kek)).toEqual(['right', 'right'])
        between.before = (method) => {
          if (!['C_CloseSession', 'C_Finalize', 'C_Initialize'].includes(method)) throw answer(name)
        }
        expect(await readingVerbs(kms, options.kek)).toEqual(['PHI_ENVELOPE_KMS_UNAVAILABLE', 'PHI_ENVELOPE_KMS_UNAVAILABLE'])
        between.before = undefined
        expect(await readingVerbs(kms, options.kek)).toEqual(['right', 'right'])
      },
    )

    it('S19 does not take a token that fails at decrypting for a refused record', async () => {
      const options = await fresh()
      const kms = open(options)
      const wrapped = await kms.wrap({ dataKey: randomBytes(32), context })
      between.before = (method) => {
        if (method === 'C_DecryptAsync') throw answer('CKR_GENERAL_ERROR')
      }
      expect((await refusal(kms.unwrap({ ...wrapped, context }))).code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    })

    it('S19 does not take a search of somebody who is not logged in for an answer', async () => {
      const options = await fresh()
      const kms = open(options)
      const wrapped = await kms.wrap({ dataKey: randomBytes(32), context })
      let searched = false
      between.after = (method, result) => {
        if (method === 'C_FindObjects') searched = true
        if (method === 'C_FindObjects') return []
        // Logged in before the search, and no longer after it.
        return method === 'C_GetSessionInfo' && searched ? { ...(result as object), state: 0 } : result
      }
      expect((await refusal(kms.unwrap({ ...wrapped, context }))).code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    })

    it('says what it cannot do where the token lacks AES-GCM', async () => {
      const options = await fresh()
      const kms = open(options)
      between.before = (method) => {
        if (method === 'C_GetMechanismInfo') throw answer('CKR_MECHANISM_INVALID')
      }
      expect((await refusal(kms.describe())).code).toBe('PHI_ENVELOPE_KMS_UNSUPPORTED')
    })

    it.each([
      ['a ciphertext', 'C_EncryptAsync'],
      ['a plaintext', 'C_DecryptAsync'],
    ])('S19 uses nothing of %s of another length', async (_title, method) => {
      const options = await fresh()
      const kms = open(options)
      between.after = (name, result) =>
        name === method ? (result as Promise<Buffer>).then((bytes) => bytes.subarray(0, -1)) : result
      expect(await readingVerbs(kms, options.kek)).toEqual(['right', 'PHI_ENVELOPE_KMS_ANSWER'])
    })

    it('S121 does not believe a token that says it destroyed a key and still finds it', async () => {
      const options = await fresh()
      const kms = open(options)
      between.after = (method, result, args) => {
        if (method === 'C_FindObjects' && Array.isArray(result) && result.length === 0 && destroyed) {
          destroyed = false
          return [args[0]]
        }
        if (method === 'C_DestroyObject') destroyed = true
        return result
      }
      let destroyed = false
      expect((await refusal(kms.destroy(options.kek))).code).toBe('PHI_ENVELOPE_KMS_ANSWER')
    })

    it('S19 keeps no new key that the token made extractable', async () => {
      const options = { ...token().options, keyLabel: `key ${++labels}` }
      between.after = (method, result) => {
        if (method !== 'C_GetAttributeValue') return result
        return (result as { type: number; value: Buffer }[]).map((each) =>
          each.type === attribute.EXTRACTABLE ? { ...each, value: Buffer.from([1]) } : each,
        )
      }
      expect((await refusal(createKek(options))).code).toBe('PHI_ENVELOPE_KMS_UNSUPPORTED')
      between.after = undefined
      expect((await refusal(open(options).describe())).code).toBe('PHI_ENVELOPE_KMS_KEY_GONE')
    })

    it('lets go of a caller that gives up, overwrites the key that comes too late, and goes on', async () => {
      const options = await fresh()
      const kms = open({ ...options, maxSessions: 1 })
      const dataKey = randomBytes(32)
      const wrapped = await kms.wrap({ dataKey, context })
      let release: (() => void) | undefined
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      const plaintexts: Buffer[] = []
      between.after = (method, result) => {
        if (method !== 'C_DecryptAsync') return result
        return held.then(async () => {
          const plaintext = await (result as Promise<Buffer>)
          plaintexts.push(plaintext)
          return plaintext
        })
      }
      const abort = new AbortController()
      const call = refusal(kms.unwrap({ ...wrapped, context, signal: abort.signal }))
      const queued = kms.unwrap({ ...wrapped, context })
      await new Promise((resolve) => setTimeout(resolve, 20))
      abort.abort()
      expect((await call).code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
      release?.()
      expect(toHex(await queued)).toBe(toHex(dataKey))
      expect(plaintexts.map((plaintext) => toHex(plaintext))).toEqual(['00'.repeat(32), '00'.repeat(32)])
    })

    it('tells no key, context or PIN in any error', async () => {
      const options = await fresh()
      const kms = open(options)
      const dataKey = randomBytes(32)
      const secret: WrapContext = { tenant: 'tenant-jane-roe', purpose: 'file', id: 'deadbeef', subject: 'patient-jane-roe' }
      const wrapped = await kms.wrap({ dataKey, context: secret })
      for (const name of Object.keys(returnValues) as (keyof typeof returnValues)[]) {
        between.before = (method) => {
          if (method === 'C_DecryptAsync') throw answer(name)
        }
        const error = await refusal(kms.unwrap({ ...wrapped, context: secret }))
        const told = `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`
        for (const word of ['jane', options.pin as string, toHex(dataKey), toHex(wrapped.wrapped)]) {
          expect(told.toLowerCase()).not.toContain(word)
        }
      }
    })

    describe('the wrong PIN', () => {
      it('S19 is given to the token once in the life of the process', async () => {
        const options = await fresh()
        let logins = 0
        between.before = (method) => {
          if (method === 'C_Login') logins++
        }
        for (let i = 0; i < 8; i++) {
          const kms = open({ ...options, pin: 'an old pin' })
          const calls = Array.from({ length: 4 }, () => refusal(kms.wrap({ dataKey: randomBytes(32), context })))
          for (const error of await Promise.all(calls)) expect(error.code).toBe('PHI_ENVELOPE_KMS_DENIED')
          await kms.close()
        }
        expect(logins).toBe(1)
      })
    })
  })
}
