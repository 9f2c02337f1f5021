import { check, equal, succeeds } from '../../suite/assert.ts'
import type { CaseOf } from '../../suite/suite.ts'
import { gap, type KmsSupports } from '../manifest.ts'
import { kmsCodes, type Trial } from '../trial.ts'

export const kekCases: readonly CaseOf<Trial, KmsSupports>[] = [
  {
    title: 'says of a KEK that never was that it is gone, with every verb',
    requirements: ['S19'],
    async run(trial, supports) {
      const { kms, under } = trial
      const { wrapped, context } = await trial.wrap()
      const kek = under.absentKek
      const remedy = 'Map the service’s own "no such key" to it, and nothing else.'
      const refuses = (what: string, work: () => Promise<unknown>) => trial.refuses(work, kmsCodes.gone, what, remedy)
      await refuses('wrap under a KEK that never was', () => kms.wrap({ dataKey: trial.dataKey(), context, kek }))
      await refuses('unwrap under a KEK that never was', () => kms.unwrap({ ...wrapped, kek, context }))
      await refuses('describe of a KEK that never was', () => kms.describe(kek))
      if (supports.destroy !== 'unsupported') await refuses('destroy of a KEK that never was', () => kms.destroy(kek))
    },
  },
  {
    title: 'after a rotation describes and wraps under the new KEK, and opens what the old ones wrapped',
    requirements: ['S19', 'S90'],
    skip: (supports) => gap(supports, 'rotate'),
    async run(trial) {
      const generations = [await trial.wrap()]
      for (const turn of ['the first', 'the second']) {
        const before = await succeeds(() => trial.kms.describe(), 'describe')
        await trial.hook('rotate')()
        const after = await succeeds(() => trial.kms.describe(), `describe after ${turn} rotation`)
        check(
          after.kek !== before.kek,
          `after ${turn} rotation describe() tells the kek of before: put the version into it, so that a rewrap can be seen to be due`,
        )
        const fresh = await trial.wrap()
        equal(fresh.wrapped.kek, after.kek, `after ${turn} rotation, describe().kek and the kek of a new wrap`)
        generations.push(fresh)
        for (const wrap of generations) await trial.opens(wrap, `unwrap after ${turn} rotation`)
      }
      const [oldest, , newest] = generations as [(typeof generations)[0], unknown, (typeof generations)[0]]
      const old = await succeeds(() => trial.kms.describe(oldest.wrapped.kek), 'describe of the KEK before the rotations')
      equal(old.kek, oldest.wrapped.kek, 'describe of an old KEK must tell of that one: its kek')
      const work = () => trial.kms.unwrap({ ...oldest.wrapped, kek: newest.wrapped.kek, context: oldest.context })
      const remedy = 'Unwrap with the version that the request names.'
      await trial.refuses(work, kmsCodes.refused, 'unwrap under a newer version than wrapped', remedy)
    },
  },
  {
    title: 'says of a disabled KEK that it cannot be used, and not that it is gone',
    requirements: ['S19'],
    skip: (supports) => gap(supports, 'disable'),
    async run(trial) {
      const wrap = await trial.wrap()
      const { wrapped, context } = wrap
      await trial.hook('disable')(wrapped.kek)
      const remedy = 'A disabled key can be enabled again: reporting it as gone would end in data being given up.'
      const refuses = (what: string, work: () => Promise<unknown>) => trial.refuses(work, kmsCodes.unusable, what, remedy)
      await refuses('unwrap under a disabled KEK', () => trial.kms.unwrap({ ...wrapped, context }))
      await refuses('wrap under a disabled KEK', () => trial.kms.wrap({ dataKey: trial.dataKey(), context }))
      const told = await succeeds(() => trial.kms.describe(wrapped.kek), 'describe of a disabled KEK')
      equal(told.state, 'disabled', 'the state of a disabled KEK')
    },
  },
]
