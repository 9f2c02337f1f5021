import { isPhiError } from '@phi/core'
import { envelopeError } from '../errors.ts'
import type { Sample } from './destroy-options.ts'

/**
 * What a ciphertext says whose key is gone. Everything else may be an outage, a mistake in the sample, or a handle that is
 * stale.
 */
const conclusive: readonly string[] = [
  'PHI_ENVELOPE_OPEN',
  'PHI_ENVELOPE_NO_KEY',
  'PHI_ENVELOPE_FILE',
  'PHI_ENVELOPE_KMS_KEY_GONE',
]

async function attempt(sample: Sample): Promise<string> {
  try {
    await sample()
  } catch (error) {
    // What is none of ours is not kept: it may show what was in the sample.
    return isPhiError(error) ? error.code : ''
  }
  throw envelopeError('PHI_ENVELOPE_CERTIFICATE', { detail: 'a sampled ciphertext still opens' })
}

/**
 * Tries to open each sample. A handle that was loaded before the keys went answers "stale", which shows nothing; then `reload`
 * brings its keys up to date, and it is tried once more.
 * @returns how often each error was the answer
 * @throws PhiError PHI_ENVELOPE_CERTIFICATE when one opens, or fails for a reason that may pass
 * @internal
 */
export async function trySamples(
  samples: readonly Sample[],
  reload: () => Promise<void>,
): Promise<{ readonly tried: number; readonly refused: Readonly<Record<string, number>> }> {
  const refused: Record<string, number> = {}
  let reloaded = false
  for (const sample of samples) {
    let code = await attempt(sample)
    if (code === 'PHI_ENVELOPE_STALE' && !reloaded) {
      await reload()
      reloaded = true
      code = await attempt(sample)
    }
    if (!conclusive.includes(code)) {
      throw envelopeError('PHI_ENVELOPE_CERTIFICATE', { detail: 'a sample failed, but not for want of its key' })
    }
    refused[code] = (refused[code] ?? 0) + 1
  }
  return { tried: samples.length, refused }
}
