import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { request, setting } from '../../test/lifecycle/setting.ts'
import { makeCustody } from '../keys/custody.ts'
import { type DataKeyRecord, isErased, type KeyState, keyStates, mayBecome } from '../keys/key-record.ts'
import type { Keyring } from '../keys/keyring.ts'
import { readOptions } from '../keys/keyring-options.ts'

/** The whole table, written out a second time: from, and where to. */
const table: Readonly<Record<KeyState, readonly KeyState[]>> = {
  active: ['retiring', 'revoked'],
  retiring: ['revoked'],
  revoked: ['destruction-scheduled'],
  'destruction-scheduled': ['destroyed', 'revoked'],
  destroyed: ['past-backup-horizon'],
  'past-backup-horizon': [],
}

/** A store that holds one key in a state, with the tombstone that an erased key has. */
async function inState(state: KeyState) {
  const made = await setting()
  await made.keyring.tenant('clinic-a', { purposes: ['field'] })
  const [record] = (await made.store.backup()) as [DataKeyRecord]
  const set = { ...record, state, wrapped: isErased(state) ? new Uint8Array(0) : record.wrapped }
  if (isErased(state)) {
    await made.keyring.destroy(request())
  }
  await made.store.restore([set])
  made.keyring.evict()
  const after = async () => ((await made.store.find(record.id)) as DataKeyRecord).state
  return { ...made, record: set, after }
}

const pairs = keyStates.flatMap((from) => keyStates.map((to) => [from, to] as const))

describe('every step from every state', () => {
  it('S19 the table of steps is this one', () => {
    for (const [from, to] of pairs) expect([from, to, mayBecome(from, to)]).toEqual([from, to, table[from].includes(to)])
  })

  it.each(pairs)('S19 %s → %s is taken or refused as the table says', async (from, to) => {
    const { kms, store, record, after, tombstones } = await inState(from)
    const custody = makeCustody(readOptions({ kms, store, tombstones }))
    const change = to === 'destroyed' ? { wrapped: new Uint8Array(0) } : {}
    if (table[from].includes(to)) {
      expect(await custody.move(record, to, change)).toMatchObject({ state: to, revision: record.revision + 1 })
      expect(await after()).toBe(to)
    } else {
      expect(await refusal(custody.move(record, to, change))).toMatchObject({
        code: 'PHI_ENVELOPE_KEY_STATE',
        info: { from, to },
      })
      expect(await after()).toBe(from)
    }
  })

  type Verb = (keyring: Keyring, record: DataKeyRecord) => Promise<unknown>
  const verbs: Readonly<Record<string, Verb>> = {
    rotate: (keyring) => keyring.rotate({ tenant: 'clinic-a', purpose: 'field' }),
    revoke: (keyring, { id }) => keyring.revoke({ tenant: 'clinic-a', keyId: id }),
    destroy: (keyring) => keyring.destroy(request()),
    cancel: (keyring) => keyring.cancelDestruction({ tenant: 'clinic-a' }),
    horizon: (keyring) => keyring.passBackupHorizon(),
    rewrap: (keyring) => keyring.rewrap(),
    guard: (keyring) => keyring.restoreGuard(),
    seal: async (keyring) =>
      (await keyring.tenant('clinic-a', { purposes: ['field'] })).field({ table: 't', column: 'c' }).seal('x', { row: '1' }),
  }
  const STATE = 'PHI_ENVELOPE_KEY_STATE'
  const NO_KEY = 'PHI_ENVELOPE_NO_KEY'
  /** What each verb makes of a key in each state, or with which error it leaves it. */
  const outcomes: readonly (readonly [verb: string, ...results: readonly string[]])[] = [
    // verb, active, retiring, revoked, destruction-scheduled, destroyed, past-backup-horizon
    ['rotate', 'retiring', 'retiring', 'revoked', STATE, STATE, STATE],
    ['revoke', 'revoked', 'revoked', 'revoked', 'destruction-scheduled', 'destroyed', 'past-backup-horizon'],
    ['destroy', 'destroyed', 'destroyed', 'destroyed', 'destroyed', 'destroyed', 'past-backup-horizon'],
    ['cancel', STATE, STATE, STATE, 'revoked', STATE, STATE],
    ['horizon', 'active', 'retiring', 'revoked', 'destruction-scheduled', 'past-backup-horizon', 'past-backup-horizon'],
    ['rewrap', 'active', 'retiring', 'revoked', 'destruction-scheduled', 'destroyed', 'past-backup-horizon'],
    ['guard', 'active', 'retiring', 'revoked', 'destruction-scheduled', 'destroyed', 'past-backup-horizon'],
    ['seal', 'active', NO_KEY, NO_KEY, NO_KEY, NO_KEY, NO_KEY],
  ]

  it.each(outcomes.flatMap(([verb, ...results]) => keyStates.map((state, i) => [verb, state, results[i] as string] as const)))(
    'S19 S121 %s of a key that is %s: %s',
    async (verb, state, result) => {
      const { keyring, record, after, clock } = await inState(state)
      clock.set('2027-01-01T00:00:00.000Z')
      const work = (verbs[verb] as Verb)(keyring, record)
      if (result.startsWith('PHI_')) {
        expect(await refusal(work)).toMatchObject({ code: result })
        expect(await after()).toBe(state)
      } else {
        await work
        expect(await after()).toBe(result)
      }
    },
  )
})
