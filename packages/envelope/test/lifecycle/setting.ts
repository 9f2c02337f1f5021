import { fixedClock } from '@phi/core'
import type { DestroyOptions } from '../../src/destruction/destroy-options.ts'
import type { CertificateSigner } from '../../src/destruction/jws.ts'
import { destructionRules } from '../../src/destruction/rules.ts'
import { memoryTombstones } from '../../src/destruction/tombstone.ts'
import { openKeyring } from '../../src/keys/keyring.ts'
import type { KeyEvent, KeyringOptions } from '../../src/keys/keyring-options.ts'
import { restorableStore } from './restorable-store.ts'
import { type TestKms, testKms } from './test-kms.ts'

/** The Ed25519 key pair of RFC 8037 appendix A. */
export const privateJwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
} as const
export const publicJwk = { kty: 'OKP', crv: 'Ed25519', x: privateJwk.x, kid: 'privacy-office-1' } as const
export const signer: CertificateSigner = { alg: 'EdDSA', kid: publicJwk.kid, key: privateJwk }

export const START = '2026-11-22T00:00:00.000Z'
export const HORIZON = '2026-12-27T00:00:00.000Z'

/** A keyring with everything in memory, and a hand on all of it. */
export async function setting(options: Partial<KeyringOptions> & { readonly testKms?: TestKms } = {}) {
  const { testKms: kms = testKms(), ...rest } = options
  const clock = fixedClock(START)
  const store = restorableStore()
  const tombstones = memoryTombstones()
  const events: KeyEvent[] = []
  const open = (more: Partial<KeyringOptions> = {}) =>
    openKeyring({
      kms,
      store,
      tombstones,
      clock,
      kmsTimeoutMs: 50,
      onEvent: (event) => {
        events.push(event)
      },
      ...rest,
      ...more,
    })
  return { kms, clock, store, tombstones, events, open, keyring: await open() }
}

export type Setting = Awaited<ReturnType<typeof setting>>

export const request = (more: Partial<DestroyOptions> = {}): DestroyOptions => ({
  tenant: 'clinic-a',
  approver: 'privacy officer',
  rule: destructionRules.baaTermination,
  backupHorizon: HORIZON,
  signer,
  ...more,
})

export const NOTE = { table: 'note', column: 'body' } as const
