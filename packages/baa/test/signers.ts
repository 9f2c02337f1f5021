import type { Signer } from '@phi/core/jws'
import { complete } from './complete.ts'

// Published key pairs: tests 1 and 2 of RFC 8032 section 7.1. The first is the example of RFC 8037 too.

export const practiceKey = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  kid: 'practice-1',
} as const
export const platformKey = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw',
  kid: 'platform-1',
} as const

export const practiceSigner: Signer = {
  alg: 'EdDSA',
  kid: 'practice-1',
  key: { kty: 'OKP', crv: 'Ed25519', x: practiceKey.x, d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' },
}
export const platformSigner: Signer = {
  alg: 'EdDSA',
  kid: 'platform-1',
  key: { kty: 'OKP', crv: 'Ed25519', x: platformKey.x, d: 'TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs' },
}

/** The keys that are trusted for the two parties. */
export const keys = { practice: practiceKey, platform: platformKey }

/** A complete agreement that names its document, and that nobody has signed. */
export const unsigned = { ...complete, documentHash: '9f'.repeat(32), signatures: [] } as const
