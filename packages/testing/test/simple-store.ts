import type { StoreUnderTest } from '../src/index.ts'

/**
 * What lies behind the simple stores of these tests: a switch that cuts all handles off, and one lock over all of them.
 * @param unreachable what a handle throws while it is cut off
 * @param locked false: work is not done one piece after the other, and others get in between a look and a write
 */
export function backend(unreachable: () => Error, locked = true) {
  let cut = false
  let turn: Promise<unknown> = Promise.resolve()
  const reach = (): void => {
    if (cut) throw unreachable()
  }
  const work = <T>(act: () => Promise<T>): Promise<T> => {
    const careful = async () => {
      reach()
      return act()
    }
    if (!locked) return careful()
    const mine = turn.then(careful)
    turn = mine.catch(() => undefined)
    return mine
  }
  /** A store with as many handles as a suite asks for, and the switch. */
  const under = <Store>(handle: () => Store) =>
    ({
      store: handle(),
      another: async () => handle(),
      faults: {
        unreachable: async () => {
          cut = true
        },
        restore: async () => {
          cut = false
        },
      },
    }) satisfies StoreUnderTest<Store>
  return { reach, work, under }
}
