import { isPhiError, type PhiError } from '@phi/core'
import { nodeError } from './errors.ts'

export interface AdapterOptions {
  /** Told of a mistake in the set-up, for which the client gets a 500 that says nothing. Default: a warning of the process. */
  readonly onError?: ((error: PhiError) => void) | undefined
}

const warned = new Set<string>()

/** Once for each code: whoever can send a request could fill a log otherwise. */
function warn(error: PhiError): void {
  if (warned.has(error.code) || typeof process === 'undefined') return
  warned.add(error.code)
  process.emitWarning(error.message, { type: 'PhiWarning', code: error.code })
}

export function report(error: unknown, { onError }: AdapterOptions): void {
  const tell = onError ?? warn
  try {
    // Of what a handler throws nothing is passed on: it may hold anything.
    tell(isPhiError(error) ? error : nodeError('PHI_HTTP_REJECTED'))
  } catch {
    // The answer goes out all the same.
  }
}

/** Parameters of a framework: texts, and lists of segments where a pattern takes several. */
export function textParams(params: unknown): Readonly<Record<string, string>> {
  const texts: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(params ?? {})) {
    if (typeof value === 'string') texts[name] = value
    else if (Array.isArray(value) && value.every((part) => typeof part === 'string')) texts[name] = value.join('/')
  }
  return texts
}
