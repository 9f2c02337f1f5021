import { equalBytes, type PhiError, toHex } from '@phi/core'
import type { Kms, WrapContext, WrappedKey } from '@phi/envelope/kms'
import { check, fail, refused, succeeds } from '../suite/assert.ts'
import { freshBytes } from '../suite/bytes.ts'
import { findSecret, type Secret, secret } from '../suite/leaks.ts'
import type { KmsSupports, KmsUnderTest } from './manifest.ts'

/** The codes of the contract, in `Kms` of @phi/envelope/kms. An adapter rejects with one of these and with nothing else. */
export const kmsCodes = {
  unavailable: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  denied: 'PHI_ENVELOPE_KMS_DENIED',
  unusable: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
  gone: 'PHI_ENVELOPE_KMS_KEY_GONE',
  refused: 'PHI_ENVELOPE_KMS_REFUSED',
  answer: 'PHI_ENVELOPE_KMS_ANSWER',
  unsupported: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
} as const
export const anyCode: readonly string[] = Object.values(kmsCodes)

/** A data key, where it belongs, and what the adapter made of it. */
export interface Wrap {
  readonly dataKey: Uint8Array
  readonly context: WrapContext
  readonly wrapped: WrappedKey
}

/** One case's view of the adapter: it remembers every secret it hands in, and looks for them in every error that comes out. */
export class Trial {
  readonly under: KmsUnderTest
  readonly kms: Kms
  readonly supports: KmsSupports
  readonly positions: number
  readonly #secrets: Secret[] = []

  constructor(under: KmsUnderTest, supports: KmsSupports, positions: number) {
    this.under = under
    this.kms = under.kms
    this.supports = supports
    this.positions = positions
  }

  async close(): Promise<void> {
    try {
      await this.kms.close?.()
    } finally {
      await this.under.close?.()
    }
  }

  /** A hook that the manifest says is there. */
  hook<Name extends 'newKek' | 'rotate' | 'disable' | 'elapse'>(name: Name): NonNullable<KmsUnderTest[Name]> {
    const gate = name === 'newKek' ? 'manyKeks' : name
    const found = this.under[name]
    return (found?.bind(this.under) ?? fail(`open() gave no ${name}(): give it, or declare ${gate}: false`)) as NonNullable<
      KmsUnderTest[Name]
    >
  }

  /** A data key of 32 random bytes, which from now on must be found nowhere. */
  dataKey(): Uint8Array {
    const key = freshBytes(32)
    this.#secrets.push(secret('the data key', key, 'everywhere'))
    return key
  }

  /** A context of its own, with names long and odd enough to be found again. */
  context(more: Partial<WrapContext> = {}): WrapContext {
    const tenant = `suite-${toHex(freshBytes(6))}`
    this.#secrets.push(secret('the tenant', tenant, 'shown'))
    if (more.subject !== undefined) this.#secrets.push(secret('the subject', more.subject, 'everywhere'))
    return { tenant, purpose: 'field', id: toHex(freshBytes(4)), ...more }
  }

  /** A subject's id that no log holds by chance. */
  subject(): string {
    return `patient-${toHex(freshBytes(8))}`
  }

  /** Wraps a new data key and holds the answer against its form. */
  async wrap(options: { context?: WrapContext; kek?: string } = {}): Promise<Wrap> {
    const { context = this.context(), kek } = options
    const dataKey = this.dataKey()
    const wrapped = await succeeds(
      () => this.kms.wrap({ dataKey: dataKey.slice(), context, ...(kek === undefined ? {} : { kek }) }),
      kek === undefined ? 'wrap of 32 bytes' : 'wrap of 32 bytes under a named KEK',
    )
    checkWrapped(wrapped)
    this.#secrets.push(secret('the wrapped key', wrapped.wrapped, 'shown'))
    return { dataKey, context, wrapped }
  }

  /** Unwraps and compares. */
  async opens({ dataKey, context, wrapped }: Wrap, what: string): Promise<void> {
    const unwrapped = await succeeds(() => this.kms.unwrap({ ...wrapped, context }), what)
    check(unwrapped instanceof Uint8Array, `${what} must answer with a Uint8Array`)
    check(unwrapped.length === 32, `${what} must answer with 32 bytes, and answered with ${unwrapped.length}`)
    check(equalBytes(unwrapped, dataKey), `${what} answered with 32 bytes that are not the data key that was wrapped`)
  }

  /** The error of a call that must be refused with one of the codes, and that tells nothing. */
  async refuses(
    work: () => Promise<unknown>,
    codes: string | readonly string[],
    what: string,
    remedy: string,
  ): Promise<PhiError> {
    const error = await refused(work, [codes].flat(), what, remedy)
    this.keepsSecrets(error, `the error of ${what}`)
    return error
  }

  /** @param what the value, as the subject of a sentence */
  keepsSecrets(value: unknown, what: string): void {
    const found = findSecret(value, this.#secrets)
    if (found) fail(`${what} holds ${found.what} (at ${found.where}): drop what the client put there before it becomes a cause`)
  }
}

function checkWrapped(wrapped: WrappedKey): void {
  check(typeof wrapped === 'object' && wrapped !== null, 'wrap must answer with { kek, mechanism, wrapped }')
  for (const name of ['kek', 'mechanism'] as const) {
    check(
      typeof wrapped[name] === 'string' && wrapped[name] !== '',
      `wrap must answer with a ${name} that is a text, not empty`,
    )
  }
  check(wrapped.kek.length <= 2048, 'wrap answered with a kek of more than 2048 characters, which no key store keeps')
  check(wrapped.mechanism.length <= 128, 'wrap answered with a mechanism of more than 128 characters, which no key store keeps')
  check(wrapped.wrapped instanceof Uint8Array, 'wrap must answer with `wrapped` as a Uint8Array')
  // A key of 32 bytes and something that tells whether it was altered.
  check(wrapped.wrapped.length > 32, `wrap answered with ${wrapped.wrapped.length} bytes: too few for a key and its protection`)
  check(wrapped.wrapped.length <= 65_536, 'wrap answered with more than 65536 bytes, which no key store keeps')
}
