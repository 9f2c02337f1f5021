import { formatInstant, parseAs, tenantSchema } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import type { Custody } from '../keys/custody.ts'
import type { KeyringParts } from '../keys/keyring-parts.ts'
import { infoOf, type KeyInfo } from './key-info.ts'
import { moveFrom } from './settle.ts'

export interface RevokeOptions {
  readonly tenant: string
  /** 8 lower-case hexadecimal digits. */
  readonly keyId: string
}

export interface Revocation {
  readonly key: KeyInfo
  /** How many unwrapped keys this keyring dropped. The others of the tenant are loaded again by the next `tenant()`. */
  readonly evicted: number
  /**
   * When no other process with the same cache limits can hold the key any more: `maxAgeMs` from now, RFC 3339 UTC. Those that
   * call `tenant()` for each request, and reach the key store, let go within `statesMaxAgeMs`.
   */
  readonly cachesEmptyBy: string
}

const schema = z.strictObject({ tenant: tenantSchema, keyId: z.string().regex(/^[0-9a-f]{8}$/) })

/** @internal */
export const cachesEmptyBy = ({ settings }: Custody, from: number): string => formatInstant(from + settings.cache.maxAgeMs)

/** @internal */
export async function revoke({ custody, cache }: KeyringParts, options: RevokeOptions): Promise<Revocation> {
  const { tenant, keyId } = parseAs(schema, options, 'revoke', (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))
  // Before the store is asked: a store that hangs must not keep a compromised key in use (pg_tde #571: revoked keys stayed
  // cached).
  const evicted = cache.evict(tenant)
  try {
    const found = await custody.store.find(keyId)
    // One answer for a key of somebody else and for none: whose ids exist is nobody's business.
    if (found === undefined || found.tenant !== tenant) {
      throw envelopeError('PHI_ENVELOPE_NO_KEY', { detail: 'the tenant has no key with this id' })
    }
    const record = await moveFrom(custody, found, ['active', 'retiring'], 'revoked')
    custody.tell('evicted', record)
    return Object.freeze({
      key: infoOf(record),
      evicted,
      cachesEmptyBy: cachesEmptyBy(custody, custody.settings.clock()),
    })
  } finally {
    // And after, whatever happened: a refresh that read the old state in between is not taken in.
    cache.evict(tenant)
  }
}
