import { inspect } from 'node:util'
import { expect } from 'vitest'

const spellings = (secret: Uint8Array): string[] => {
  const bytes = Buffer.from(secret)
  return [
    bytes.toString('hex'),
    bytes.toString('base64').replaceAll('=', ''),
    bytes.toString('base64url'),
    bytes.toString('latin1'),
    [...bytes].join(','),
    [...bytes].join(', '),
    // As `inspect` shows a Buffer.
    (bytes.toString('hex').match(/../g) ?? []).join(' '),
  ]
}

/** Everything that can be read off an error: message, stack, JSON, causes, hidden properties, symbols. */
const everything = (error: unknown): string =>
  [
    inspect(error, {
      depth: 20,
      showHidden: true,
      maxArrayLength: null,
      maxStringLength: null,
      breakLength: Number.POSITIVE_INFINITY,
    }),
    JSON.stringify(error),
    String(error),
    error instanceof Error ? `${error.message} ${error.stack}` : '',
  ].join('\n')

/** Expects that nothing of the secrets can be read off the error, and that it keeps no cause a client could have filled. */
export function expectNoLeak(error: Error, secrets: readonly (Uint8Array | string)[]): void {
  const text = everything(error)
  for (const secret of secrets) {
    const forms = typeof secret === 'string' ? [secret] : spellings(secret)
    for (const form of forms) expect(text.includes(form), 'a secret in an error').toBe(false)
  }
  expect(error.cause).toBeUndefined()
}
