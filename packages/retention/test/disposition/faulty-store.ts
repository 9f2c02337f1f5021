import { dispositionError } from '../../src/disposition/errors.ts'
import type { RetentionStore } from '../../src/disposition/store/store.ts'

/** 'before': the call is lost. 'after': it does its work, and its answer is lost. */
export type Cut = 'before' | 'after'

export const cutOff = () => dispositionError('PHI_RETENTION_STORE_UNAVAILABLE')

/** A store whose calls are counted, and cut off where `decide` says so. */
export function faultyStore<Store extends RetentionStore>(
  store: Store,
  decide: (method: string, at: number) => Cut | undefined,
): Store & { readonly calls: readonly string[] } {
  const calls: string[] = []
  const wrapped = { ...store, calls }
  for (const [name, work] of Object.entries(store)) {
    if (typeof work !== 'function' || name === 'put') continue
    const counted = async (...args: unknown[]) => {
      const cut = decide(name, calls.length)
      calls.push(name)
      if (cut === 'before') throw cutOff()
      const answer: unknown = await Reflect.apply(work, store, args)
      if (cut === 'after') throw cutOff()
      return answer
    }
    Reflect.set(wrapped, name, counted)
  }
  return wrapped
}
