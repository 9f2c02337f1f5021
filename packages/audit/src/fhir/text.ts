import { fromBase64, fromUtf8, isPhiError, toBase64, utf8 } from '@phi/core'

/**
 * Whether a text may stand as a FHIR string: not empty, no white space at the ends (XML readers trim it) and no control
 * character but tab and line feed. FHIR R4 §2.24.0.1 allows the carriage return too, which XML readers turn into a line feed.
 */
export function isFhirString(text: string): boolean {
  if (text === '' || text !== text.trim() || !text.isWellFormed()) return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if ((code < 0x20 && code !== 0x09 && code !== 0x0a) || code === 0xfffe || code === 0xffff) return false
  }
  return true
}

/** FHIR R4 §2.24.0.1, id; without `.` and `..`, which are steps in a path (RFC 3986 §5.2.4) and would address something else. */
const ID = /^(?!\.{1,2}$)[A-Za-z0-9.-]{1,64}$/
export const isFhirId = (text: string): boolean => ID.test(text)

/** RFC 3986 §3: a scheme, and only characters that a URI may hold. */
const ABSOLUTE_URI = /^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/
export const isAbsoluteUri = (text: string): boolean => ABSOLUTE_URI.test(text)

/** UTF-8 as base64, for a text that is no FHIR string. Never empty: FHIR knows no empty base64. */
export const asBase64 = (text: string): string => toBase64(utf8(text))

/** The text of base64, or undefined when it is no base64 of UTF-8. White space is allowed, FHIR R4 §2.24.0.1. */
export function textOfBase64(base64: string): string | undefined {
  try {
    return fromUtf8(fromBase64(base64.replace(/[ \t\r\n]/g, '')))
  } catch (error) {
    if (isPhiError(error)) return undefined
    throw error
  }
}

/** The text of a percent-encoded part of a URI, or undefined where the encoding is broken. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** How a network address is written: the codes of FHIR's network-type. */
export type NetworkType = '1' | '2' | '3' | '4' | '5'

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
const EMAIL = /^[^\s@<>"]{1,64}@[A-Za-z0-9.-]{1,190}$/
const PHONE = /^\+[0-9][0-9 ()-]{4,24}[0-9]$/
const URI_ADDRESS = /^(?:https?|ftps?|sftp|mllps?|urn|tel|fax|wss?|ldaps?):/i
const HOST = /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/

/** What kind of network address a text is, or undefined when it is none. A single word counts as a machine's name. */
export function networkType(text: string): NetworkType | undefined {
  if (text.length > 512) return undefined
  if (IPV4.test(text) || (text.includes(':') && /^[0-9A-Fa-f:.]+$/.test(text))) return '2'
  if (EMAIL.test(text)) return '4'
  if (PHONE.test(text)) return '3'
  if (URI_ADDRESS.test(text) && isAbsoluteUri(text)) return '5'
  return HOST.test(text) ? '1' : undefined
}
