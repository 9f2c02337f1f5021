import { execFile } from 'node:child_process'
import { randomBytes, toHex } from '@phi/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { describeToken, inSession, type TestToken, tokenKinds, USER_PIN } from '../../../test/hsm/tokens.ts'
import type { WrapContext } from '../context.ts'
import { createKek, type Pkcs11Kms, type Pkcs11Options, pkcs11Kms, rotateKek } from './index.ts'

const context: WrapContext = { tenant: 'clinic-a', purpose: 'field', id: '0a0b0c0d' }

/** Runs a program in a process of its own on the same token: `pkcs11` is the initialised library, `session` not logged in. */
function elsewhere(token: TestToken, body: string): Promise<string> {
  const { module, libraryParameters, tokenLabel } = token.options
  const program = `
    const { PKCS11 } = require('pkcs11js')
    const pkcs11 = new PKCS11(${JSON.stringify(module)})
    pkcs11.C_Initialize(${JSON.stringify({ flags: 2, ...(libraryParameters && { libraryParameters: `${libraryParameters} ` }) })})
    const slot = pkcs11.C_GetSlotList(true).find((s) => pkcs11.C_GetTokenInfo(s).label.trim() === ${JSON.stringify(tokenLabel)})
    const session = pkcs11.C_OpenSession(slot, 6)
    const find = () => {
      pkcs11.C_FindObjectsInit(session, [{ type: 0, value: 4 }])
      const found = pkcs11.C_FindObjects(session, 100)
      pkcs11.C_FindObjectsFinal(session)
      return found
    }
    ${body}
    pkcs11.C_CloseSession(session)
    pkcs11.C_Finalize()`
  return new Promise((resolve, reject) => {
    const options = { cwd: import.meta.dirname, timeout: 30_000 }
    execFile(process.execPath, ['-e', program], options, (error, stdout) => (error ? reject(error) : resolve(stdout.trim())))
  })
}

for (const kind of tokenKinds) {
  describeToken(kind, 'the login of pkcs11Kms', (token) => {
    const opened: Pkcs11Kms[] = []
    let labels = 0
    const fresh = (): Pkcs11Options => ({ ...token().options, keyLabel: `key ${++labels}` })
    const open = (options: Pkcs11Options): Pkcs11Kms => {
      const kms = pkcs11Kms(options)
      opened.push(kms)
      return kms
    }
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((kms) => kms.close()))
    })

    describe('with its PIN', () => {
      it('S19 refuses a wrong one, and does not try it twice: tokens lock', async () => {
        const options = fresh()
        await createKek(options)
        const pin = vi.fn(() => 'a wrong pin')
        const wrong = { ...options, pin }
        for (let i = 0; i < 12; i++) expect((await refusal(open(wrong).describe())).code).toBe('PHI_ENVELOPE_KMS_DENIED')
        const error = await refusal(open(wrong).describe())
        expect(error.message).toContain('not tried again')
        expect(`${error.message}${JSON.stringify(error)}`).not.toContain('wrong pin')
        expect(pin).toHaveBeenCalledTimes(13)
        expect((await open(options).describe()).state).toBe('enabled')
      })

      it('holds a second adapter to the PIN of the first, since the token no longer asks', async () => {
        const options = fresh()
        await createKek(options)
        await open(options).describe()
        const other = open({ ...options, pin: 'yet another pin' })
        expect((await refusal(other.describe())).code).toBe('PHI_ENVELOPE_KMS_DENIED')
        expect((await open(options).describe()).state).toBe('enabled')
      })

      it('fetches it when it logs in, and not for every call', async () => {
        const options = fresh()
        await createKek(options)
        const pin = vi.fn(async () => USER_PIN)
        const kms = open({ ...options, pin })
        expect(pin).not.toHaveBeenCalled()
        await Promise.all(Array.from({ length: 20 }, () => kms.wrap({ dataKey: randomBytes(32), context })))
        expect(pin).toHaveBeenCalledTimes(1)
      })

      it.each([
        ['fails', () => Promise.reject(new Error('secret-store says Jane Roe')), 'PHI_ENVELOPE_KMS_UNAVAILABLE'],
        ['gives nothing', () => '', 'PHI_ENVELOPE_KMS_DENIED'],
        ['gives something else', () => 1234 as unknown as string, 'PHI_ENVELOPE_KMS_DENIED'],
      ])('is refused when the function that fetches it %s', async (_title, pin, code) => {
        const error = await refusal(open({ ...fresh(), pin }).describe())
        expect(error.code).toBe(code)
        expect('cause' in error).toBe(false)
        expect(error.message).not.toContain('Jane')
      })
    })

    describe('among others in the process', () => {
      it('outlives another adapter, and a library that was let go is taken up again', async () => {
        const options = fresh()
        await createKek(options)
        const [first, second] = [open(options), open(options)]
        const wrapped = await first.wrap({ dataKey: new Uint8Array(32).fill(3), context })
        await second.describe()
        await first.close()
        expect(await second.unwrap({ ...wrapped, context })).toEqual(new Uint8Array(32).fill(3))
        expect((await refusal(first.describe())).code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
        await second.close()
        // Nobody uses it now: it is finalised, and knows of no slots.
        expect(() => token().raw.C_OpenSession(Buffer.alloc(8), 4)).toThrow(/CKR_(CRYPTOKI_NOT_INITIALIZED|SLOT_ID_INVALID)/)
        expect(await open(options).unwrap({ ...wrapped, context })).toEqual(new Uint8Array(32).fill(3))
      })

      it('comes back after somebody logged out, closed every session, or finalised the library', async () => {
        const options = fresh()
        await createKek(options)
        const [kms, beside] = [open(options), open(options)]
        const dataKey = new Uint8Array(32).fill(4)
        const wrapped = await kms.wrap({ dataKey, context })
        await beside.describe()
        for (const disturb of [
          () => inSession(token(), (raw, session) => raw.C_Logout(session)),
          () => inSession(token(), (raw, _session, slot) => raw.C_CloseAllSessions(slot)),
          () => token().raw.C_Finalize(),
        ]) {
          for (const verb of [
            () => kms.unwrap({ ...wrapped, context }),
            async () => (await kms.describe(wrapped.kek)).state,
            async () => (await kms.wrap({ dataKey, context })).kek,
          ]) {
            const before = await verb()
            disturb()
            // Never "gone": a key is invisible, not destroyed, while nobody is logged in.
            expect(await verb()).toEqual(before)
          }
          expect((await beside.describe()).kek).toBe(wrapped.kek)
        }
      })

      it('refuses other library parameters than the library was initialised with', async () => {
        await refusal(open(fresh()).describe())
        const first = open(fresh())
        await createKek({ ...token().options, keyLabel: `key ${labels}` })
        await first.describe()
        const other = open({ ...fresh(), libraryParameters: "configdir='sql:/elsewhere'" })
        expect((await refusal(other.describe())).code).toBe('PHI_ENVELOPE_KMS_UNSUPPORTED')
      })
    })

    describe('beside another process', () => {
      it('is its own: the other sees no key until it logs in, and its logout changes nothing here', async () => {
        const options = fresh()
        await createKek(options)
        const kms = open(options)
        const wrapped = await kms.wrap({ dataKey: new Uint8Array(32).fill(8), context })
        const counts = await elsewhere(
          token(),
          `const before = find().length
           pkcs11.C_Login(session, 1, ${JSON.stringify(USER_PIN)})
           const during = find().length
           pkcs11.C_Logout(session)
           console.log(before, during > 0, find().length)`,
        )
        expect(counts).toBe('0 true 0')
        expect(await kms.unwrap({ ...wrapped, context })).toEqual(new Uint8Array(32).fill(8))
      })

      it('S19 S121 sees the key go that the other destroys', async () => {
        const options = fresh()
        await createKek(options)
        const kms = open(options)
        const old = await kms.wrap({ dataKey: randomBytes(32), context })
        await rotateKek(options)
        const fresher = await kms.wrap({ dataKey: new Uint8Array(32).fill(7), context })
        const id = toHex(
          Uint8Array.from(/id=((?:%..)+)/.exec(old.kek)?.[1]?.slice(1).split('%') ?? [], (byte) => Number.parseInt(byte, 16)),
        )
        await elsewhere(
          token(),
          `pkcs11.C_Login(session, 1, ${JSON.stringify(USER_PIN)})
           for (const key of find()) {
             const id = pkcs11.C_GetAttributeValue(session, key, [{ type: 0x102 }])[0].value
             if (id.toString('hex') === '${id}') pkcs11.C_DestroyObject(session, key)
           }`,
        )
        expect((await refusal(kms.unwrap({ ...old, context }))).code).toBe('PHI_ENVELOPE_KMS_KEY_GONE')
        expect((await refusal(kms.describe(old.kek))).code).toBe('PHI_ENVELOPE_KMS_KEY_GONE')
        expect(await kms.unwrap({ ...fresher, context })).toEqual(new Uint8Array(32).fill(7))
      })
    })
  })
}
