import { renameSync } from 'node:fs'
import { kmsSuite, register } from '@phi/testing'
import { describe, it } from 'vitest'
import { attributes, describeToken, inSession, type TestToken, tokenKinds, USER_PIN } from '../../../test/hsm/tokens.ts'
import { createKek, pkcs11Kms, rotateKek } from './index.ts'
import { formatKekName, parseKekName } from './kek-name.ts'

let labels = 0

/** An adapter with a key label of its own on the token. */
async function open(token: TestToken) {
  let pin = USER_PIN
  const options = { ...token.options, pin: () => pin, keyLabel: `kek ${++labels}` }
  const { kek } = await createKek(options)
  const name = parseKekName(kek)
  if (name === undefined) throw new Error('createKek gave no name')
  const away = `${token.folder}-away`
  let gone = false
  return {
    kms: pkcs11Kms(options),
    absentKek: formatKekName({ ...name, id: new Uint8Array(8).fill(0xff) }),
    newKek: async () => (await createKek({ ...options, keyLabel: `${options.keyLabel} too` })).kek,
    rotate: async () => {
      await rotateKek(options)
    },
    disable: async (kek: string) => {
      const { label, id } = parseKekName(kek) ?? {}
      inSession(token, (raw, session) => {
        raw.C_FindObjectsInit(session, [
          { type: attributes.LABEL, value: label as string },
          { type: attributes.ID, value: Buffer.from(id as Uint8Array) },
        ])
        const [object] = raw.C_FindObjects(session, 2)
        raw.C_FindObjectsFinal(session)
        raw.C_SetAttributeValue(session, object as Buffer, [
          { type: attributes.ENCRYPT, value: false },
          { type: attributes.DECRYPT, value: false },
        ])
      })
    },
    faults: {
      denied: async () => {
        pin = 'another pin'
        inSession(token, (raw, _session, slot) => raw.C_CloseAllSessions(slot))
      },
      // Only SoftHSM notices: NSS softokn keeps its files open.
      ...(token.kind === 'SoftHSM2' && {
        unreachable: async () => {
          renameSync(token.folder, away)
          gone = true
        },
      }),
      restore: async () => {
        pin = USER_PIN
        if (gone) renameSync(away, token.folder)
        gone = false
      },
    },
  }
}

for (const kind of tokenKinds) {
  describeToken(kind, 'kmsSuite', (token) => {
    register(
      kmsSuite({
        name: 'pkcs11',
        supports: {
          destroy: 'immediate',
          elapse: false,
          faults: { unreachable: kind === 'SoftHSM2', nonsense: false, silent: false },
          because: { faults: 'a local library cannot be made to do this; see the tests with faults put in' },
        },
        open: () => open(token()),
      }),
      { describe, it },
    )
  })
}
