import { equalBytes, fromHex, toHex } from '@phi/core'
import { envelopeError } from '../../errors.ts'
import { compareIds, nextId } from '../hsm/version-id.ts'
import type { KmipConnection } from './connection.ts'
import { type Attributes, create, getAttributes, locate } from './operations.ts'
import { saysGone } from './result.ts'
import { AES, ENCRYPT_AND_DECRYPT, SYMMETRIC_KEY, state } from './tags.ts'

/** One version of a key-encryption key, as the server tells of it. */
export interface KekVersion {
  readonly id: Uint8Array
  readonly uid: string
  readonly attributes: Attributes
}

export const gone = () => envelopeError('PHI_ENVELOPE_KMS_KEY_GONE', { detail: 'the server has no such key' })

const nameOf = (label: string, id: Uint8Array): string => `${label}/${toHex(id)}`

/** The id in the version's Name, or undefined for objects that somebody else put into the group. */
function idIn(names: readonly string[], label: string): Uint8Array | undefined {
  const name = names.find((each) => each.startsWith(`${label}/`) && /^(?:[0-9a-f]{2})+$/.test(each.slice(label.length + 1)))
  return name === undefined ? undefined : fromHex(name.slice(label.length + 1))
}

/** Destroyed between the listing and the look at it. */
function unlessGone(error: unknown): undefined {
  if (!saysGone(error)) throw error
}

/** All versions of the key with this label, whatever their state, the newest last. */
export async function findVersions(connection: KmipConnection, label: string): Promise<KekVersion[]> {
  const found: KekVersion[] = []
  for (const uid of await locate(connection, label)) {
    const attributes = await getAttributes(connection, uid).catch(unlessGone)
    const id = idIn(attributes?.names ?? [], label)
    if (attributes !== undefined && id !== undefined) found.push({ id, uid, attributes })
  }
  return found.sort((a, b) => compareIds(a.id, b.id))
}

export const isDestroyed = ({ state: told }: Attributes): boolean =>
  told === state.Destroyed || told === state.DestroyedCompromised

/**
 * The version that is named, as the server knows it now. The identifier alone is not enough: some servers give that of a
 * destroyed key to a new one.
 * @throws PhiError PHI_ENVELOPE_KMS_KEY_GONE; KmipRefusal
 */
export async function namedVersion(
  connection: KmipConnection,
  label: string,
  { id, uid }: { readonly id: Uint8Array; readonly uid: string },
): Promise<KekVersion> {
  const attributes = await getAttributes(connection, uid)
  if (!attributes.names.includes(nameOf(label, id))) throw gone()
  return { id, uid, attributes }
}

/**
 * The newest version. One that was made and never activated does not count, unless there is no other.
 * @throws PhiError PHI_ENVELOPE_KMS_KEY_GONE, PHI_ENVELOPE_KMS_KEY_UNUSABLE
 */
export async function currentVersion(connection: KmipConnection, label: string): Promise<KekVersion> {
  const all = (await findVersions(connection, label)).filter(({ attributes }) => !isDestroyed(attributes))
  const begun = all.filter(({ attributes }) => attributes.state !== state.PreActive)
  const versions = begun.length > 0 ? begun : all
  const version = versions.at(-1)
  if (version === undefined) throw gone()
  const before = versions.at(-2)
  if (before !== undefined && equalBytes(before.id, version.id)) {
    throw envelopeError('PHI_ENVELOPE_KMS_KEY_UNUSABLE', { detail: 'two keys on the server have this name' })
  }
  return version
}

/** Why nothing is wrapped under this key, or undefined for an active AES-256 key that encrypts and decrypts. */
export function weaknessOf({ attributes }: KekVersion): string | undefined {
  const { objectType, algorithm, length, usageMask, state: told } = attributes
  if (told !== state.Active) return 'the key is not active'
  if (objectType !== SYMMETRIC_KEY || algorithm !== AES || length !== 256) return 'the key is not an AES key of 256 bits'
  if (((usageMask ?? 0) & ENCRYPT_AND_DECRYPT) !== ENCRYPT_AND_DECRYPT) return 'the key does not both encrypt and decrypt'
  return undefined
}

/** Makes a new version under this label and looks at what the server made of it. */
export async function generateVersion(
  connection: KmipConnection,
  label: string,
  before: readonly KekVersion[],
): Promise<KekVersion> {
  const id = nextId(before.map((version) => version.id))
  const uid = await create(connection, label, nameOf(label, id))
  const version = await namedVersion(connection, label, { id, uid })
  const detail = weaknessOf(version)
  if (detail !== undefined) throw envelopeError('PHI_ENVELOPE_KMS_ANSWER', { detail })
  return version
}
