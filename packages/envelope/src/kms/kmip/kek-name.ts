import { fromHex, toHex } from '@phi/core'

/** Which key on which server. */
export interface KekName {
  /** What the options call the server. */
  readonly server: string
  /** Shared by all versions: the object group, and the first part of each version's Name. */
  readonly label: string
  /** One version, and the server's own identifier of it. Without them, the version that is current. */
  readonly version?: { readonly id: Uint8Array; readonly uid: string }
}

const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/**
 * The name of a key as records keep it: server, label, version and the server's unique identifier, in this order. Both of the
 * last two, because some servers give the identifier of a destroyed key to a new one.
 */
export function formatKekName({ server, label, version }: KekName): string {
  const which = version === undefined ? '' : `;version=${toHex(version.id)};uid=${escaped(version.uid)}`
  return `kmip:server=${escaped(server)};label=${escaped(label)}${which}`
}

const FORM = /^kmip:server=([^;]+);label=([^;]+)(?:;version=((?:[0-9a-f]{2})+);uid=([^;]+))?$/

/** Reads the one spelling that {@link formatKekName} writes. Undefined for every other text. */
export function parseKekName(kek: string): KekName | undefined {
  const [, server, label, id, uid] = FORM.exec(kek) ?? []
  if (server === undefined || label === undefined) return undefined
  try {
    const name: KekName = {
      server: decodeURIComponent(server),
      label: decodeURIComponent(label),
      ...(id === undefined || uid === undefined ? {} : { version: { id: fromHex(id), uid: decodeURIComponent(uid) } }),
    }
    return formatKekName(name) === kek ? name : undefined
  } catch {
    return undefined
  }
}
