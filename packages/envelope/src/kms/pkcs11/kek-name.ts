import { toHex } from '@phi/core'

/** Which key on which token: what a PKCS #11 URI says of it. */
export interface KekName {
  /** The token's serial number, as the token tells it. */
  readonly serial: string
  /** CKA_LABEL: shared by all versions of a key-encryption key. */
  readonly label: string
  /** CKA_ID, one version. Without it, the version that is current. */
  readonly id?: Uint8Array
}

/** Everything but the unreserved characters of RFC 3986 §2.3, escaped: one spelling for every name. */
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/**
 * The name of a key as a PKCS #11 URI (RFC 7512 §2.3): serial, object, id and type, in this order, every byte of the id
 * escaped. It names the version, so that records tell by it under which one they are wrapped.
 */
export function formatKekName({ serial, label, id }: KekName): string {
  const version = id === undefined ? '' : `;id=${toHex(id).replace(/../g, (byte) => `%${byte.toUpperCase()}`)}`
  return `pkcs11:serial=${escaped(serial)};object=${escaped(label)}${version};type=secret-key`
}

const FORM = /^pkcs11:serial=([^;?]*);object=([^;?]+)(?:;id=((?:%[0-9A-F]{2})+))?;type=secret-key$/

/** Reads the one spelling that {@link formatKekName} writes. Undefined for every other text. */
export function parseKekName(kek: string): KekName | undefined {
  const [, serial, label, id] = FORM.exec(kek) ?? []
  if (serial === undefined || label === undefined) return undefined
  try {
    const name: KekName = {
      serial: decodeURIComponent(serial),
      label: decodeURIComponent(label),
      ...(id === undefined ? {} : { id: Uint8Array.from(id.slice(1).split('%'), (byte) => Number.parseInt(byte, 16)) }),
    }
    return formatKekName(name) === kek ? name : undefined
  } catch {
    return undefined
  }
}
