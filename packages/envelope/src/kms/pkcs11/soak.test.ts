import { renameSync } from 'node:fs'
import { isPhiError, randomBytes, toHex } from '@phi/core'
import { expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { describeToken, inSession, tokenKinds } from '../../../test/hsm/tokens.ts'
import type { WrapContext } from '../context.ts'
import type { WrappedKey } from '../kms.ts'
import { createKek, pkcs11Kms, rotateKek } from './index.ts'

const LONG = process.env.PHI_LONG === '1'
const ROUNDS = LONG ? 25 : 1
const AT_ONCE = 200

interface Held extends WrappedKey {
  readonly context: WrapContext
  readonly dataKey: Uint8Array
}

for (const kind of tokenKinds) {
  describeToken(kind, 'pkcs11Kms under load', (token) => {
    const contextOf = (n: number): WrapContext => ({
      tenant: `tenant-${n % 17}`,
      purpose: 'field',
      id: n.toString(16).padStart(8, '0'),
    })

    it(
      `S91 keeps ${AT_ONCE} calls at once apart, through rotations, logouts and lost sessions`,
      async () => {
        const options = { ...token().options, keyLabel: 'soak' }
        await createKek(options)
        const kms = pkcs11Kms({ ...options, maxSessions: 3 })
        for (let round = 0; round < ROUNDS; round++) {
          const held: Held[] = await Promise.all(
            Array.from({ length: AT_ONCE }, async (_, n) => {
              const dataKey = randomBytes(32)
              const context = contextOf(n)
              return { ...(await kms.wrap({ dataKey: dataKey.slice(), context })), context, dataKey }
            }),
          )
          const disturbances = [
            () => inSession(token(), (raw, session) => raw.C_Logout(session)),
            () => inSession(token(), (raw, _session, slot) => raw.C_CloseAllSessions(slot)),
            () => rotateKek(options),
            () => token().raw.C_Finalize(),
          ]
          for (const disturb of disturbances) {
            await disturb()
            const outcomes = await Promise.all(
              held.map(async ({ dataKey, ...wrapped }, n) => {
                if (n % 4 > 0) return toHex(await kms.unwrap(wrapped)) === toHex(dataKey)
                const foreign = { ...wrapped, context: { ...wrapped.context, tenant: 'another' } }
                return (await refusal(kms.unwrap(foreign))).code === 'PHI_ENVELOPE_KMS_REFUSED'
              }),
            )
            expect(outcomes.filter((right) => !right)).toEqual([])
          }
        }
        await kms.close()
      },
      LONG ? 600_000 : undefined,
    )

    it('S19 destroys a key under load: each call ends right or says that it is gone', async () => {
      const options = { ...token().options, keyLabel: 'doomed' }
      const { kek } = await createKek(options)
      const kms = pkcs11Kms(options)
      const dataKey = randomBytes(32)
      const wrapped = await kms.wrap({ dataKey, context: contextOf(1) })
      const calls = Array.from({ length: AT_ONCE }, (_, n) =>
        (n === AT_ONCE / 2 ? kms.destroy(kek) : kms.unwrap({ ...wrapped, context: contextOf(1) })).then(
          (answer) => (answer instanceof Uint8Array ? toHex(answer) : answer.state),
          (error: unknown) => (isPhiError(error) ? error.code : 'a foreign error'),
        ),
      )
      const outcomes = new Set(await Promise.all(calls))
      expect(outcomes).toEqual(new Set([toHex(dataKey), 'destroyed', 'PHI_ENVELOPE_KMS_KEY_GONE']))
      await kms.close()
    })

    // NSS softokn keeps its files open, and notices nothing.
    it.skipIf(kind === 'NSS softokn')(
      'says of a token that was taken away that it is not there, and never that a key is gone (not on NSS, which keeps its files open)',
      async () => {
        const options = { ...token().options, keyLabel: 'removed' }
        await createKek(options)
        const kms = pkcs11Kms(options)
        const context = contextOf(2)
        const dataKey = randomBytes(32)
        const wrapped = await kms.wrap({ dataKey, context })
        const away = `${token().folder}-away`
        renameSync(token().folder, away)
        const calls = Array.from({ length: 50 }, () => [
          kms.unwrap({ ...wrapped, context }),
          kms.wrap({ dataKey, context }),
          kms.describe(wrapped.kek),
          kms.destroy(wrapped.kek),
        ])
        for (const { code } of await Promise.all(calls.flat().map((call) => refusal(call)))) {
          expect(code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
        }
        renameSync(away, token().folder)
        expect(toHex(await kms.unwrap({ ...wrapped, context }))).toBe(toHex(dataKey))
        await kms.close()
      },
    )
  })
}
