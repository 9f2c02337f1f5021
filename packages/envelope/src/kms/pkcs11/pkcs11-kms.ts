import { toHex } from '@phi/core'
import { envelopeError } from '../../errors.ts'
import { contextBytes } from '../context.ts'
import { unlessUnclear } from '../hsm/unclear.ts'
import type { KekDescription, KekDestruction, Kms, KmsCallOptions, UnwrapRequest, WrappedKey, WrapRequest } from '../kms.ts'
import { assertDataKey } from '../remote.ts'
import type { Session } from './connection.ts'
import { findVersion, findVersions, generateVersion, gone, type KekVersion, requireVersion, weaknessOf } from './kek.ts'
import { formatKekName, type KekName, parseKekName } from './kek-name.ts'
import { type Pkcs11Options, type Pkcs11Settings, parsePkcs11Options } from './options.ts'
import { TokenClient } from './token-client.ts'
import { selfTest, unwrapWith, WRAPPED_LENGTH, wrapWith } from './wrapping.ts'

const MECHANISM = 'CKM_AES_GCM'

export interface Pkcs11Kms extends Kms {
  readonly name: 'pkcs11'
  close(): Promise<void>
}

/**
 * Keys in a token behind PKCS #11: an HSM, SoftHSM2, NSS softokn. The key-encryption key is an AES-256 key that never leaves the
 * token; data keys are encrypted there with AES-256-GCM, bound to their context as associated data.
 *
 * Searches and set-up are short synchronous calls, as `pkcs11js` has them; encryption runs on Node's thread pool.
 *
 * The library is one for the whole process: a program that also uses it in another way shares its initialisation and its login,
 * and loses both when the last adapter closes, if an adapter was the first to initialise it.
 *
 * Nothing is loaded or opened before the first call. Needs the optional peer `pkcs11js`, whose native part is compiled when it
 * is installed. Make the key first, with {@link createKek}.
 * @throws PhiError PHI_ENVELOPE_OPTIONS
 */
export function pkcs11Kms(options: Pkcs11Options): Pkcs11Kms {
  const settings = parsePkcs11Options(options)
  const client = new TokenClient(settings)

  return {
    name: 'pkcs11',

    async wrap(request: WrapRequest): Promise<WrappedKey> {
      assertDataKey('pkcs11', request)
      const { dataKey, context, kek, signal } = request
      return client.use(async (session) => {
        const { label, id } = nameOn(session, settings, kek)
        const version = requireVersion(session, label, id)
        const detail = weaknessOf(session, version)
        if (detail !== undefined) throw envelopeError('PHI_ENVELOPE_KMS_KEY_UNUSABLE', { detail })
        const wrapped = await wrapWith(session, { label, id: version.id }, dataKey, contextBytes(context))
        return { kek: fullName(session, label, version), mechanism: MECHANISM, wrapped }
      }, signal)
    },

    async unwrap({ kek, mechanism, wrapped, context, signal }: UnwrapRequest): Promise<Uint8Array> {
      if (mechanism !== MECHANISM || wrapped.length !== WRAPPED_LENGTH) throw notOurs('not wrapped by this adapter')
      const key = (session: Session) => {
        const { label, id } = nameOn(session, settings, kek)
        if (id === undefined) throw notOurs('the name of the key names no version')
        return { label, id }
      }
      return unlessUnclear(
        () => client.use((session) => unwrapWith(session, key(session), wrapped, contextBytes(context)), signal),
        () => client.use((session) => selfTest(session, key(session)), signal),
      )
    },

    describe: (kek?: string, { signal }: KmsCallOptions = {}): Promise<KekDescription> =>
      client.use((session) => {
        const { label, id } = nameOn(session, settings, kek)
        const version = requireVersion(session, label, id)
        const state = weaknessOf(session, version) === undefined ? 'enabled' : 'disabled'
        return { kek: fullName(session, label, version), state, protection: session.token.protection }
      }, signal),

    destroy: (kek: string, { signal }: KmsCallOptions = {}): Promise<KekDestruction> =>
      client.useReadWrite((session) => {
        const { label, id } = nameOn(session, settings, kek)
        if (id === undefined) {
          throw envelopeError('PHI_ENVELOPE_KMS_UNSUPPORTED', { detail: 'name the version that is to be destroyed' })
        }
        return destroyVersion(session, label, id)
      }, signal),

    close: () => client.close(),
  }
}

/**
 * Makes the key-encryption key: AES-256, generated on the token, CKA_SENSITIVE and not CKA_EXTRACTABLE.
 * @throws PhiError PHI_ENVELOPE_KEY_STATE when the token has a key with this label: see {@link rotateKek}
 */
export const createKek = (options: Pkcs11Options): Promise<KekDescription> => generate(options, 'create')

/**
 * Makes a new version under the same label, which wraps from now on. The older ones stay and unwrap, until the data keys are
 * rewrapped and they are destroyed.
 * @throws PhiError PHI_ENVELOPE_KMS_KEY_GONE when the token has no key with this label: see {@link createKek}
 */
export const rotateKek = (options: Pkcs11Options): Promise<KekDescription> => generate(options, 'rotate')

async function generate(options: Pkcs11Options, step: 'create' | 'rotate'): Promise<KekDescription> {
  const settings = parsePkcs11Options(options)
  const client = new TokenClient(settings)
  try {
    return await client.useReadWrite((session): KekDescription => {
      const label = settings.keyLabel
      const exists = findVersions(session, label).length > 0
      if (step === 'create' && exists) {
        throw envelopeError('PHI_ENVELOPE_KEY_STATE', { detail: 'the token has a key with this label already: rotate it' })
      }
      if (step === 'rotate' && !exists) {
        throw envelopeError('PHI_ENVELOPE_KMS_KEY_GONE', { detail: 'the token has no key with this label: create it' })
      }
      const version = generateVersion(session, label)
      return { kek: fullName(session, label, version), state: 'enabled', protection: session.token.protection }
    })
  } finally {
    await client.close()
  }
}

const notOurs = (detail: string) => envelopeError('PHI_ENVELOPE_KMS_REFUSED', { detail })

const fullName = ({ token }: Session, label: string, { id }: Pick<KekVersion, 'id'>): string =>
  formatKekName({ serial: token.serial, label, id })

/** The key that is meant, on this token. A name of another token is refused: that its key is not here says nothing of it. */
function nameOn({ token }: Session, settings: Pkcs11Settings, kek: string | undefined): KekName {
  if (kek === undefined) return { serial: token.serial, label: settings.keyLabel }
  const name = parseKekName(kek)
  if (name === undefined) throw notOurs('the name of the key is not one that this adapter gives')
  if (name.serial === token.serial || settings.formerSerials?.includes(name.serial)) return name
  throw notOurs('the key lies on a token with another serial number')
}

/**
 * Destroys every object of this name and looks for it once more. A token keeps no memory of its keys: one that was destroyed
 * before, and one that never was, are both PHI_ENVELOPE_KMS_KEY_GONE.
 */
function destroyVersion(session: Session, label: string, id: Uint8Array): KekDestruction {
  const objects = findVersion(session, label, id)
  if (objects.length === 0) throw gone()
  for (const object of objects) session.cryptoki.C_DestroyObject(session.handle, object)
  if (findVersion(session, label, id).length > 0) {
    throw envelopeError('PHI_ENVELOPE_KMS_ANSWER', { detail: 'the token says it destroyed the key, and still finds it' })
  }
  return {
    kek: fullName(session, label, { id }),
    state: 'destroyed',
    receipt: {
      serial: session.token.serial,
      id: toHex(id),
      C_DestroyObject: 'CKR_OK',
      C_FindObjects: 'none',
    },
  }
}
