import { randomBytes, toHex } from '@phi/core'
import { importKey } from '#aead'
import { envelopeError } from '../../src/errors.ts'
import type { LoadedKey, PurposeKeys } from '../../src/keys/loaded-key.ts'

export interface Use {
  readonly id: string
  readonly sealed: boolean
  readonly bytes: number
}

/** Keys of the purpose `file` as a keyring would hand them out, and what tests want to see and do. */
export interface FileKeys extends PurposeKeys {
  readonly uses: Use[]
  /** Makes a new active version; the one before only opens. */
  rotate(): void
  revoke(id: string): void
  /** From now on every method refuses. */
  isStale: boolean
}

export function fileKey(version: number, { id = randomBytes(4), key = randomBytes(32) } = {}): LoadedKey {
  const prepared = new Map<string, unknown>()
  const loaded = importKey(key)
  return {
    id: toHex(id),
    idBytes: id,
    version,
    state: 'active',
    key: loaded,
    prepared<T>(suite: string, make: (secret: typeof loaded) => T): T {
      if (!prepared.has(suite)) prepared.set(suite, make(loaded))
      return prepared.get(suite) as T
    },
  }
}

export interface FileKeysOptions {
  readonly tenant?: string
  readonly subject?: string
  readonly keys?: readonly LoadedKey[]
}

export function fileKeys({ tenant = 'clinic-a', subject, keys = [fileKey(1)] }: FileKeysOptions = {}): FileKeys {
  let held = [...keys]
  const uses: Use[] = []
  const fresh = () => {
    if (out.isStale) throw envelopeError('PHI_ENVELOPE_STALE')
  }
  const out: FileKeys = {
    tenant,
    purpose: 'file',
    subject,
    uses,
    isStale: false,
    active() {
      fresh()
      const key = held.find(({ state }) => state === 'active')
      if (key === undefined) throw envelopeError('PHI_ENVELOPE_NO_KEY')
      return key
    },
    byId(id) {
      fresh()
      return held.find((key) => key.id === id)
    },
    all() {
      fresh()
      return held
    },
    used({ id }, work) {
      fresh()
      uses.push({ id, ...work })
    },
    rotate() {
      held = [fileKey(held.length + 1), ...held.map((key): LoadedKey => ({ ...key, state: 'retiring' }))]
    },
    revoke(id) {
      held = held.filter((key) => key.id !== id)
    },
  }
  return out
}
