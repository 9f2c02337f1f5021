import { expect, it } from 'vitest'
import { runSuite, type StoreSupports, type StoreUnderTest, type Suite } from '../src/index.ts'

/** A deliberately wrong adapter, and how the title of the case begins that must find it. */
interface Mutant {
  readonly wrong: string
  readonly caughtBy: string
}

/** A deliberately wrong store. */
export interface StoreMutant<Store, Under = StoreUnderTest<Store>, Supports = StoreSupports> extends Mutant {
  readonly supports?: Supports
  readonly open: () => Under
}

/** A good store of which verbs were changed; every other handle is changed alike. */
export function withVerbs<Store, More extends object>(
  under: StoreUnderTest<Store> & More,
  change: (good: Store) => Partial<Store>,
): StoreUnderTest<Store> & More {
  const changed = (good: Store): Store => ({ ...good, ...change(good) })
  return { ...under, store: changed(under.store), another: async () => changed((await under.another?.()) as Store) }
}

/**
 * One test a mutant: the case that it names fails on it, by what the suite finds and not by an accident. And one test that no
 * case is left without a mutant, since a case that nothing fails shows nothing.
 * @param suiteOf the suite on a mutant, or on a good adapter for its titles
 */
export function registerMutants<M extends Mutant>(mutants: readonly M[], suiteOf: (mutant?: M) => Suite): void {
  it.concurrent.each(mutants.map((mutant) => [mutant.wrong, mutant] as const))('%s', async (_, mutant) => {
    const { name, cases } = suiteOf(mutant)
    const named = cases.filter(({ title }) => title.startsWith(mutant.caughtBy))
    expect(named, 'cases of that title').toHaveLength(1)
    const { failed } = await runSuite({ name, cases: named })
    expect(failed, `"${named[0]?.title}" fails`).toHaveLength(1)
    expect(failed[0]?.error, failed[0]?.reason).toMatchObject({ name: 'ConformanceError' })
    expect(failed[0]?.reason).not.toContain('did not end within')
  })

  it('of which there is one at least for every case of the suite', () => {
    const without = suiteOf().cases.filter(({ title }) => !mutants.some(({ caughtBy }) => title.startsWith(caughtBy)))
    expect(without.map(({ title }) => title)).toEqual([])
  })
}
