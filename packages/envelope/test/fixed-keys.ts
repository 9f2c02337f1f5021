import { importKey, type SecretKey } from '#aead'
import type { LoadedKey, PurposeKeys } from '../src/keys/loaded-key.ts'
import type { KeyPurpose } from '../src/keys/purpose.ts'

export interface FixedKey {
  readonly id: string
  readonly key: Uint8Array
  readonly version?: number
  readonly state?: 'active' | 'retiring'
}

function loaded({ id, key, version = 1, state = 'active' }: FixedKey): LoadedKey {
  const secret: SecretKey = importKey(key)
  const prepared = new Map<string, unknown>()
  return {
    id,
    idBytes: Uint8Array.from(Buffer.from(id, 'hex')),
    version,
    state,
    key: secret,
    prepared<T>(suite: string, make: (key: SecretKey) => T): T {
      if (!prepared.has(suite)) prepared.set(suite, make(secret))
      return prepared.get(suite) as T
    },
  }
}

/** Keys that are always fresh, with bytes that the test chose: for known answers. What was used is counted. */
export function fixedKeys(
  keys: readonly FixedKey[],
  { tenant = 'clinic-a', purpose = 'field' }: { tenant?: string; purpose?: KeyPurpose } = {},
): PurposeKeys & { readonly work: { sealed: number; opened: number } } {
  const all = keys.map(loaded)
  const work = { sealed: 0, opened: 0 }
  return {
    tenant,
    purpose,
    subject: undefined,
    work,
    active() {
      const active = all.find(({ state }) => state === 'active')
      if (active === undefined) throw new Error('no active key')
      return active
    },
    byId: (id) => all.find((key) => key.id === id),
    all: () => all,
    used(_key, { sealed }) {
      work[sealed ? 'sealed' : 'opened'] += 1
    },
  }
}
