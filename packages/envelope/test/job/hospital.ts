import { fixedClock } from '@phi/core'
import { makeCustody } from '../../src/keys/custody.ts'
import type { KeyState } from '../../src/keys/key-record.ts'
import { type Keyring, openKeyring } from '../../src/keys/keyring.ts'
import { readOptions } from '../../src/keys/keyring-options.ts'
import { memoryKeyStore } from '../../src/keys/memory-key-store.ts'
import type { KeyPurpose } from '../../src/keys/purpose.ts'
import { localKms } from '../../src/kms/local.ts'

/** How long a process goes on with the key states that it knows, in the tests of this folder. */
export const STATES_MAX_AGE = 1000

/** One key store and KMS, over which several processes open their keyrings. Time stands still until it is moved. */
export async function hospital() {
  const clock = fixedClock('2026-11-21T12:00:00.000Z')
  const store = memoryKeyStore()
  const options = { kms: localKms.generate(), store, clock, cache: { statesMaxAgeMs: STATES_MAX_AGE } }
  const custody = makeCustody(readOptions(options))
  const slot = (tenant: string, purpose: KeyPurpose, subject: string | null) => ({ tenant, purpose, subject })
  const records = async (tenant: string, purpose: KeyPurpose = 'field', subject: string | null = null) =>
    (await store.list(tenant, subject)).filter((record) => record.purpose === purpose)

  return {
    clock,
    store,
    /** A keyring of its own, as another process has it. */
    process: (): Promise<Keyring> => openKeyring(options),
    /** A new version of the key; who has loaded the tenant hears of it after STATES_MAX_AGE. @returns its id */
    async rotate(tenant: string, purpose: KeyPurpose = 'field', subject: string | null = null): Promise<string> {
      const known = await records(tenant, purpose, subject)
      const made = await custody.create(slot(tenant, purpose, subject), known.length + 1)
      if (made === undefined) throw new Error('somebody else rotated')
      const last = known.at(-1)
      if (last) await custody.move(last, 'retiring')
      return made.id
    },
    async move(tenant: string, version: number, state: KeyState): Promise<void> {
      const record = (await records(tenant)).find((each) => each.version === version)
      if (record === undefined) throw new Error('no such version')
      await custody.move(record, state)
    },
    /** The ids of a tenant's keys, the oldest first. */
    keyIds: async (tenant: string, purpose: KeyPurpose = 'field') => (await records(tenant, purpose)).map(({ id }) => id),
  }
}
