import { equalBytes } from '@phi/core'
import { envelopeError } from '../../errors.ts'
import { compareIds, nextId } from '../hsm/version-id.ts'
import type { Session } from './connection.ts'
import { aesKeyGeneration, attribute, CKK_AES, CKO_SECRET_KEY, type Handle, ulong } from './cryptoki.ts'
import { answers, TokenMissing } from './return-value.ts'
import { isLoggedIn, isPresent } from './token.ts'

/** One version of a key-encryption key, as it lies on the token now. Handles are used at once and never kept. */
export interface KekVersion {
  readonly id: Uint8Array
  readonly object: Handle
}

const ours = (label: string) => [
  { type: attribute.CLASS, value: CKO_SECRET_KEY },
  { type: attribute.KEY_TYPE, value: CKK_AES },
  { type: attribute.TOKEN, value: true },
  { type: attribute.LABEL, value: Buffer.from(label) },
]

const BATCH = 64

function findObjects({ cryptoki, handle }: Session, template: { type: number; value: number | boolean | Buffer }[]): Handle[] {
  const found: Handle[] = []
  cryptoki.C_FindObjectsInit(handle, template)
  try {
    for (;;) {
      const batch = cryptoki.C_FindObjects(handle, BATCH)
      if (batch.length === 0) return found
      found.push(...batch)
    }
  } finally {
    cryptoki.C_FindObjectsFinal(handle)
  }
}

/**
 * A search that finds nothing proves something only while the user is logged in, since private keys are hidden from others, and
 * while the token is there: SoftHSM finds no key either, and no fault, once its folder is gone.
 */
function requirePresence({ cryptoki, handle, token }: Session): void {
  if (!isPresent(cryptoki, token)) throw new TokenMissing()
  if (isLoggedIn(cryptoki, handle)) return
  throw envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'the user was logged out during the search' })
}

const readId = ({ cryptoki, handle }: Session, object: Handle): Uint8Array =>
  Uint8Array.from(cryptoki.C_GetAttributeValue(handle, object, [{ type: attribute.ID }])[0]?.value ?? [])

/** All versions of the key with this label, the current one last. Empty when the token has none. */
export function findVersions(session: Session, label: string): KekVersion[] {
  const found = findObjects(session, ours(label)).map((object) => ({ id: readId(session, object), object }))
  if (found.length === 0) requirePresence(session)
  return found.sort((a, b) => compareIds(a.id, b.id))
}

/** The token is there, its user is logged in, and it finds no such key. */
export const gone = () => envelopeError('PHI_ENVELOPE_KMS_KEY_GONE', { detail: 'the token holds no such key' })

/** The objects of one version: normally one, none when it is destroyed. */
export function findVersion(session: Session, label: string, id: Uint8Array): Handle[] {
  const found = findObjects(session, [...ours(label), { type: attribute.ID, value: Buffer.from(id) }])
  if (found.length === 0) requirePresence(session)
  return found
}

/**
 * The one key that is meant: the version of this id, or the current one.
 * @throws PhiError PHI_ENVELOPE_KMS_KEY_GONE, PHI_ENVELOPE_KMS_KEY_UNUSABLE when two keys answer to one name
 */
export function requireVersion(session: Session, label: string, id: Uint8Array | undefined): KekVersion {
  const all =
    id === undefined ? findVersions(session, label) : findVersion(session, label, id).map((object) => ({ id, object }))
  const version = all.at(-1)
  if (version === undefined) throw gone()
  const before = all.at(-2)
  if (before !== undefined && equalBytes(before.id, version.id)) {
    throw envelopeError('PHI_ENVELOPE_KMS_KEY_UNUSABLE', { detail: 'two keys on the token have this label and CKA_ID' })
  }
  if (version.id.length === 0) {
    throw envelopeError('PHI_ENVELOPE_KMS_KEY_UNUSABLE', { detail: 'the key has no CKA_ID, by which versions are told apart' })
  }
  return version
}

const demanded = [
  [attribute.SENSITIVE, true, 'the key may be shown: CKA_SENSITIVE is not set'],
  [attribute.EXTRACTABLE, false, 'the key may leave the token: CKA_EXTRACTABLE is set'],
  [attribute.ENCRYPT, true, 'the key does not encrypt: CKA_ENCRYPT is not set'],
  [attribute.DECRYPT, true, 'the key does not decrypt: CKA_DECRYPT is not set'],
] as const

/** Why nothing is wrapped under this key, or undefined for a key as it should be: 256 bits, and never outside the token. */
export function weaknessOf({ cryptoki, handle }: Session, { object }: KekVersion): string | undefined {
  const wanted = [{ type: attribute.VALUE_LEN }, ...demanded.map(([type]) => ({ type }))]
  let values: (Buffer | undefined)[]
  try {
    values = cryptoki.C_GetAttributeValue(handle, object, wanted).map(({ value }) => value)
  } catch (error) {
    if (answers(error, 'CKR_ATTRIBUTE_TYPE_INVALID')) return 'the key does not tell its length or how it is protected'
    throw error
  }
  if (ulong(values[0]) !== 32) return 'the key is not of 256 bits'
  // A CK_BBOOL is one byte, and anything but zero is true. An attribute that is not told fails either way.
  const isSet = (value: Buffer | undefined) => (value?.length === 1 ? value[0] !== 0 : undefined)
  return demanded.find(([, expected], index) => isSet(values[index + 1]) !== expected)?.[2]
}

/**
 * Makes a new version under this label and looks at what the token made of it. Needs a session that may write.
 * @throws PhiError PHI_ENVELOPE_KMS_UNSUPPORTED when the token makes a key that could leave it; it is destroyed again
 */
export function generateVersion(session: Session, label: string): KekVersion {
  const { cryptoki, handle } = session
  const id = nextId(findVersions(session, label).map((version) => version.id))
  const object = cryptoki.C_GenerateKey(handle, aesKeyGeneration, [
    ...ours(label),
    { type: attribute.ID, value: Buffer.from(id) },
    { type: attribute.VALUE_LEN, value: 32 },
    { type: attribute.PRIVATE, value: true },
    { type: attribute.SENSITIVE, value: true },
    { type: attribute.EXTRACTABLE, value: false },
    { type: attribute.ENCRYPT, value: true },
    { type: attribute.DECRYPT, value: true },
    // For nothing else: a key that also unwraps can be made to decrypt into an object of its own.
    { type: attribute.WRAP, value: false },
    { type: attribute.UNWRAP, value: false },
    { type: attribute.SIGN, value: false },
    { type: attribute.VERIFY, value: false },
    { type: attribute.DERIVE, value: false },
  ])
  const detail = weaknessOf(session, { id, object })
  if (detail === undefined) return { id, object }
  cryptoki.C_DestroyObject(handle, object)
  throw envelopeError('PHI_ENVELOPE_KMS_UNSUPPORTED', { detail })
}
