import { auditError } from '../errors.ts'

/** How deep the JSON of bundles and lines nests. Group texts are strings in it. */
const MAX_DEPTH = 8

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Whether arrays and objects nest no deeper than our formats do. A parser may run out of stack or memory on others. */
function isShallow(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at++
      for (; at < text.length && text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_DEPTH) return false
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  return true
}

/** Reads JSON of untrusted origin. @throws PhiError PHI_AUDIT_FORMAT */
export function readJson(text: string, maxLength: number): unknown {
  if (text.length > maxLength) throw auditError('PHI_AUDIT_FORMAT', { detail: 'it is too large', info: { maxLength } })
  if (!isShallow(text)) throw auditError('PHI_AUDIT_FORMAT', { detail: 'it nests too deeply' })
  try {
    return JSON.parse(text)
  } catch {
    // Not as `cause`: the parser's message quotes the text.
    throw auditError('PHI_AUDIT_FORMAT', { detail: 'it is not JSON' })
  }
}
