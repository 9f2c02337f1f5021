import { equalBytes, randomBytes } from '@phi/core'
import type { KmipConnection } from './connection.ts'
import { answering } from './message.ts'
import { notAnAnswer } from './result.ts'
import {
  AES,
  CESSATION_OF_OPERATION,
  ENCRYPT_AND_DECRYPT,
  GCM,
  operation,
  SYMMETRIC_KEY,
  tag,
  UNINTERPRETED_TEXT,
} from './tags.ts'
import {
  bytes,
  bytesOf,
  child,
  children,
  enumeration,
  enumerationOf,
  type Item,
  integer,
  integerOf,
  optional,
  structure,
  text,
  textOf,
} from './ttlv.ts'

export const IV = 12
export const KEY = 32
export const TAG = 16

const uidItem = (uid: string): Item => text(tag.UniqueIdentifier, uid)

const attribute = (name: string, value: Item): Item => structure(tag.Attribute, text(tag.AttributeName, name), value)

const nameValue = (name: string): Item =>
  structure(tag.AttributeValue, text(tag.NameValue, name), enumeration(tag.NameType, UNINTERPRETED_TEXT))

/** What the server tells of a key. Undefined where it tells nothing. */
export interface Attributes {
  readonly names: readonly string[]
  readonly objectType: number | undefined
  readonly algorithm: number | undefined
  readonly length: number | undefined
  readonly usageMask: number | undefined
  readonly state: number | undefined
}

const wanted = ['Name', 'Object Type', 'Cryptographic Algorithm', 'Cryptographic Length', 'Cryptographic Usage Mask', 'State']

/** @throws KmipRefusal */
export async function getAttributes(connection: KmipConnection, uid: string): Promise<Attributes> {
  const asked = wanted.map((name) => text(tag.AttributeName, name))
  const payload = await connection.request(operation.GetAttributes, uidItem(uid), ...asked)
  return answering(() => {
    if (textOf(child(payload, tag.UniqueIdentifier)) !== uid) throw notAnAnswer('the attributes of another object')
    const told = children(payload, tag.Attribute)
    const values = (name: string): Item[] =>
      told.filter((each) => textOf(child(each, tag.AttributeName)) === name).map((each) => child(each, tag.AttributeValue))
    const single = (name: string, read: (item: Item) => number): number | undefined => {
      const [value, ...more] = values(name)
      if (more.length > 0) throw notAnAnswer('an attribute that is there twice')
      return value === undefined ? undefined : read(value)
    }
    return {
      names: values('Name').map((name) => textOf(child(name, tag.NameValue))),
      objectType: single('Object Type', enumerationOf),
      algorithm: single('Cryptographic Algorithm', enumerationOf),
      length: single('Cryptographic Length', integerOf),
      usageMask: single('Cryptographic Usage Mask', integerOf),
      state: single('State', enumerationOf),
    }
  })
}

/** The identifiers of the symmetric keys in an object group, as far as this client may see them. */
export async function locate(connection: KmipConnection, group: string): Promise<string[]> {
  const payload = await connection.request(
    operation.Locate,
    attribute('Object Type', enumeration(tag.AttributeValue, SYMMETRIC_KEY)),
    attribute('Object Group', text(tag.AttributeValue, group)),
  )
  return answering(() => children(payload, tag.UniqueIdentifier).map(textOf))
}

/** Makes an AES-256 key for encryption and decryption, and makes it active. @returns its identifier */
export async function create(connection: KmipConnection, group: string, name: string): Promise<string> {
  const payload = await connection.request(
    operation.Create,
    enumeration(tag.ObjectType, SYMMETRIC_KEY),
    structure(
      tag.TemplateAttribute,
      attribute('Cryptographic Algorithm', enumeration(tag.AttributeValue, AES)),
      attribute('Cryptographic Length', integer(tag.AttributeValue, KEY * 8)),
      attribute('Cryptographic Usage Mask', integer(tag.AttributeValue, ENCRYPT_AND_DECRYPT)),
      attribute('Name', nameValue(name)),
      attribute('Object Group', text(tag.AttributeValue, group)),
    ),
  )
  const uid = answering(() => textOf(child(payload, tag.UniqueIdentifier)))
  await connection.request(operation.Activate, uidItem(uid))
  return uid
}

/** An active key is revoked before it may be destroyed. */
export const revoke = (connection: KmipConnection, uid: string): Promise<Item> =>
  connection.request(
    operation.Revoke,
    uidItem(uid),
    structure(tag.RevocationReason, enumeration(tag.RevocationReasonCode, CESSATION_OF_OPERATION)),
  )

export const destroy = (connection: KmipConnection, uid: string): Promise<Item> =>
  connection.request(operation.Destroy, uidItem(uid))

const aesGcm = structure(
  tag.CryptographicParameters,
  enumeration(tag.BlockCipherMode, GCM),
  enumeration(tag.CryptographicAlgorithm, AES),
  integer(tag.TagLength, TAG),
)

/**
 * AES-256-GCM on the server: iv[12] ‖ ciphertext[32] ‖ tag[16]. The IV is drawn here, since a server that is given none may draw
 * one of another length. Random IVs under one key allow 2^32 wraps (SP 800-38D §8.3).
 */
export async function encrypt(
  connection: KmipConnection,
  uid: string,
  dataKey: Uint8Array,
  aad: Uint8Array,
): Promise<Uint8Array> {
  const iv = randomBytes(IV)
  const payload = await connection.request(
    operation.Encrypt,
    uidItem(uid),
    aesGcm,
    bytes(tag.Data, dataKey),
    bytes(tag.IvCounterNonce, iv),
    bytes(tag.AuthenticatedEncryptionAdditionalData, aad),
  )
  return answering(() => {
    const used = optional(payload, tag.IvCounterNonce)
    if (used !== undefined && !equalBytes(bytesOf(used), iv)) throw notAnAnswer('the server used another IV')
    const sealed = bytesOf(child(payload, tag.Data))
    const authentication = bytesOf(child(payload, tag.AuthenticatedEncryptionTag))
    if (textOf(child(payload, tag.UniqueIdentifier)) !== uid) throw notAnAnswer('the server used another key')
    if (sealed.length !== KEY || authentication.length !== TAG) throw notAnAnswer('the ciphertext is not 48 bytes')
    return Uint8Array.from([...iv, ...sealed, ...authentication])
  })
}

/** @throws KmipRefusal, also when the tag does not fit: servers disagree on the reason */
export async function decrypt(
  connection: KmipConnection,
  uid: string,
  wrapped: Uint8Array,
  aad: Uint8Array,
): Promise<Uint8Array> {
  const payload = await connection.request(
    operation.Decrypt,
    uidItem(uid),
    aesGcm,
    bytes(tag.Data, wrapped.slice(IV, IV + KEY)),
    bytes(tag.IvCounterNonce, wrapped.slice(0, IV)),
    bytes(tag.AuthenticatedEncryptionAdditionalData, aad),
    bytes(tag.AuthenticatedEncryptionTag, wrapped.slice(IV + KEY)),
  )
  return answering(() => {
    const plaintext = bytesOf(child(payload, tag.Data))
    if (plaintext.length !== KEY) throw notAnAnswer('the plaintext is not 32 bytes')
    const taken = Uint8Array.from(plaintext)
    plaintext.fill(0)
    return taken
  })
}
