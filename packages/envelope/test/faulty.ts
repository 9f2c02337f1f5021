import { envelopeError } from '../src/errors.ts'
import type { KeyStore } from '../src/keys/key-store.ts'
import type { Kms } from '../src/kms/kms.ts'

/** What a call does instead of its work: throw this, or answer with this. Undefined: its work. */
export type Fault = { readonly throws: unknown } | { readonly answers: unknown } | { readonly hangs: true }

export interface Faulty<T> {
  readonly it: T
  /** Every call so far, by the name of its method. */
  readonly calls: string[]
  /** Decides before each call; `at` counts all calls from 0. Reset with undefined. */
  fail(decide: ((method: string, at: number) => Fault | undefined) | undefined): void
}

function faulty<T extends object>(real: T): Faulty<T> {
  const calls: string[] = []
  let decide: ((method: string, at: number) => Fault | undefined) | undefined
  // A copy: what a frozen object's proxy answers may not differ from the object.
  const it = new Proxy(
    { ...real },
    {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          const fault = decide?.(String(name), calls.length)
          calls.push(String(name))
          if (fault === undefined) return Reflect.apply(value, target, args)
          if ('throws' in fault) throw fault.throws
          if ('answers' in fault) return fault.answers
          return new Promise(() => undefined)
        }
      },
    },
  )
  return {
    it,
    calls,
    fail(next) {
      decide = next
    },
  }
}

export const faultyKms = (kms: Kms): Faulty<Kms> => faulty(kms)
export const faultyStore = (store: KeyStore): Faulty<KeyStore> => faulty(store)

export const unavailable = { throws: envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE') } as const
export const denied = { throws: envelopeError('PHI_ENVELOPE_KMS_DENIED') } as const
