import type { TombstoneStore } from '../../src/destruction/tombstone.ts'
import { envelopeError } from '../../src/errors.ts'
import type { KeyStore } from '../../src/keys/key-store.ts'
import type { Kms } from '../../src/kms/kms.ts'

/**
 * What goes wrong at one call: 'before': nothing was done, and it failed. 'after': it was done, and the answer was lost. 'hang': no answer.
 * 'nonsense': an answer that is none. 'foreign': an error of somebody else's, with a secret in it.
 */
export type Fault = 'before' | 'after' | 'hang' | 'nonsense' | 'foreign'

/** Counts calls, and lets one fault happen at call `at` (from 1); none while `at` is 0. */
export interface Faults {
  at: number
  fault: Fault
  /** Only calls of these methods count. Default: all. */
  readonly only?: readonly string[]
  calls: number
  happened: boolean
}

export const faults = (fault: Fault = 'before', only?: readonly string[]): Faults => ({
  at: 0,
  fault,
  calls: 0,
  happened: false,
  ...(only === undefined ? {} : { only }),
})

export const SECRET = 'secret text of somebody else'

type Code = 'PHI_ENVELOPE_KMS_UNAVAILABLE' | 'PHI_ENVELOPE_STORE_UNAVAILABLE'

const lists = ['list', 'scan', 'find']

function faulty<T extends object>(inner: T, plan: Faults, code: Code): T {
  return new Proxy(inner, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function' || (plan.only && !plan.only.includes(String(name)))) return member
      return async (...args: unknown[]) => {
        plan.calls += 1
        if (plan.calls !== plan.at) return member.apply(target, args)
        plan.happened = true
        if (plan.fault === 'after') await member.apply(target, args)
        if (plan.fault === 'hang') return new Promise(() => undefined)
        if (plan.fault === 'nonsense') return lists.includes(String(name)) ? ['nonsense'] : 'nonsense'
        if (plan.fault === 'foreign') throw new Error(SECRET)
        throw envelopeError(code)
      }
    },
  })
}

export const faultyKms = <T extends Kms>(kms: T, plan: Faults): T => faulty(kms, plan, 'PHI_ENVELOPE_KMS_UNAVAILABLE')
export const faultyStore = (store: KeyStore, plan: Faults): KeyStore => faulty(store, plan, 'PHI_ENVELOPE_STORE_UNAVAILABLE')
export const faultyTombstones = (store: TombstoneStore, plan: Faults): TombstoneStore =>
  faulty(store, plan, 'PHI_ENVELOPE_STORE_UNAVAILABLE')

/** What an iterable gives, as a list. */
export async function collect<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of from) all.push(each)
  return all
}

/** Every call answers later, after a few turns of the event loop that a seed decides: for races. */
export function slow<T extends object>(inner: T, seed: number): T {
  let state = seed >>> 0
  const turns = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 29
  }
  return new Proxy(inner, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return async (...args: unknown[]) => {
        for (let i = turns(); i > 0; i--) await new Promise(setImmediate)
        const answer: unknown = await member.apply(target, args)
        for (let i = turns(); i > 0; i--) await new Promise(setImmediate)
        return answer
      }
    },
  })
}
