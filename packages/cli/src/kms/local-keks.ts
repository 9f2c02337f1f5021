import { isPhiError } from '@phi/core'
import type { LocalKms } from '@phi/envelope'
import type { Kms } from '@phi/envelope/kms'

/**
 * Several secrets as one local KMS: the first wraps, and each unwraps what it wrapped. It is how a key-encryption key that lies in an
 * environment variable is changed for another: the old one stays at hand until everything is wrapped under the new one.
 */
export function localKeks(first: LocalKms, former: readonly LocalKms[]): Kms {
  const all = [first, ...former]
  const holderOf = async (kek: string): Promise<LocalKms> => {
    for (const each of all) {
      try {
        await each.describe(kek)
        return each
      } catch (error) {
        if (!isPhiError(error, 'PHI_ENVELOPE_KMS_KEY_GONE')) throw error
      }
    }
    // A secret that is not at hand is not a key that is destroyed: it may only be missing from the environment.
    const { envelopeError } = await import('@phi/envelope/kms')
    throw envelopeError('PHI_ENVELOPE_KMS_KEY_UNUSABLE', { detail: 'none of the secrets at hand is this key-encryption key' })
  }
  return {
    name: first.name,
    wrap: async (request) => (request.kek === undefined ? first : await holderOf(request.kek)).wrap(request),
    unwrap: async (request) => (await holderOf(request.kek)).unwrap(request),
    describe: async (kek, options) => (kek === undefined ? first : await holderOf(kek)).describe(kek, options),
    destroy: async (kek, options) => (await holderOf(kek)).destroy(kek, options),
  }
}
