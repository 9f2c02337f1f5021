import { isInstant, isPhiError, parseInstant } from '@phi/core'
import type { KekDestruction } from '@phi/envelope/kms'
import { check, equal, fail, nameOf, succeeds } from '../../suite/assert.ts'
import type { CaseOf } from '../../suite/suite.ts'
import { gap, type KmsSupports } from '../manifest.ts'
import { kmsCodes, type Trial, type Wrap } from '../trial.ts'

/** A key under a KEK to be destroyed, and one under a KEK that must survive, where there can be two. */
async function victims(trial: Trial): Promise<{ doomed: Wrap; name: string | undefined; spared: Wrap | undefined }> {
  if (gap(trial.supports, 'manyKeks') !== undefined) {
    return { doomed: await trial.wrap(), name: undefined, spared: undefined }
  }
  // First of all: an adapter may take every new KEK for its own.
  const spared = await trial.wrap()
  const name = await trial.hook('newKek')()
  return { doomed: await trial.wrap({ kek: name }), name, spared }
}

function checkDestruction(trial: Trial, told: KekDestruction, kek: string, state: KekDestruction['state']): void {
  equal(told.kek, kek, 'destroy must tell of the KEK it was asked for: its kek')
  const scheduled =
    'a waiting time is not destruction, and a manifest that says otherwise is wrong: the state that destroy tells'
  equal(told.state, state, scheduled)
  if (told.destroyAt !== undefined) {
    check(isInstant(told.destroyAt), 'destroyAt must be an RFC 3339 instant in UTC with milliseconds')
    equal(told.state, 'destruction-scheduled', 'with destroyAt, the state')
  }
  check(typeof told.receipt === 'object' && told.receipt !== null, 'destroy must answer with a receipt: what the service said')
  check(
    Object.values(told.receipt).every((value) => typeof value === 'string'),
    'every value of the receipt must be a text: it goes into a certificate',
  )
  trial.keepsSecrets(told, 'the answer of destroy')
}

/** What must hold of a KEK once it is destroyed. */
async function isGone(trial: Trial, { wrapped, context }: Wrap, name: string | undefined): Promise<void> {
  const { kms } = trial
  const remedy = 'A destroyed key is gone for good, and the negative probe of a certificate relies on this code.'
  await trial.refuses(() => kms.unwrap({ ...wrapped, context }), kmsCodes.gone, 'unwrap under a destroyed KEK', remedy)
  const again = () => kms.wrap({ dataKey: trial.dataKey(), context, ...(name === undefined ? {} : { kek: name }) })
  await trial.refuses(again, [kmsCodes.gone, kmsCodes.unusable], 'wrap under a destroyed KEK', remedy)
  for (const [verb, ask] of [
    ['describe', () => kms.describe(wrapped.kek)],
    ['destroy', () => kms.destroy(wrapped.kek)],
  ] as const) {
    try {
      equal((await ask()).state, 'destroyed', `the state that ${verb} tells of a destroyed KEK`)
    } catch (error) {
      // Services that forget a destroyed key cannot tell it from one that never was.
      if (isPhiError(error, kmsCodes.gone)) continue
      if (isPhiError(error))
        fail(`${verb} of a destroyed KEK was refused with ${nameOf(error)} and must be with ${kmsCodes.gone}`)
      throw error
    }
  }
}

export const destroyCases: readonly CaseOf<Trial, KmsSupports>[] = [
  {
    title: 'destroys a KEK at once, that one only, and for good',
    requirements: ['S19', 'S121'],
    skip: (supports) =>
      gap(supports, 'destroy') ?? (supports.destroy === 'immediate' ? undefined : `declared by destroy: 'scheduled'`),
    async run(trial) {
      const { doomed, name, spared } = await victims(trial)
      const told = await succeeds(() => trial.kms.destroy(doomed.wrapped.kek), 'destroy')
      checkDestruction(trial, told, doomed.wrapped.kek, 'destroyed')
      await isGone(trial, doomed, name)
      if (spared) await trial.opens(spared, 'unwrap under another KEK than the destroyed one')
    },
  },
  {
    title: 'schedules the destruction of a KEK, that one only, and does not call it destroyed',
    requirements: ['S19', 'S121'],
    skip: (supports) =>
      gap(supports, 'destroy') ?? (supports.destroy === 'scheduled' ? undefined : `declared by destroy: 'immediate'`),
    async run(trial) {
      const { doomed, spared } = await victims(trial)
      const { wrapped, context } = doomed
      const told = await succeeds(() => trial.kms.destroy(wrapped.kek), 'destroy')
      checkDestruction(trial, told, wrapped.kek, 'destruction-scheduled')
      const described = await succeeds(
        () => trial.kms.describe(wrapped.kek),
        'describe of a KEK that waits for its destruction',
      )
      equal(described.state, 'destruction-scheduled', 'the state that describe tells of a KEK that waits for its destruction')
      equal(described.destroyAt, told.destroyAt, 'destroyAt as describe and destroy tell it')
      const remedy = 'As long as the service can bring the key back, it is not gone.'
      const work = () => trial.kms.unwrap({ ...wrapped, context })
      await trial.refuses(work, kmsCodes.unusable, 'unwrap under a KEK that waits for its destruction', remedy)
      const again = await succeeds(() => trial.kms.destroy(wrapped.kek), 'destroy, asked again while it waits,')
      checkDestruction(trial, again, wrapped.kek, 'destruction-scheduled')
      if (told.destroyAt !== undefined && again.destroyAt !== undefined) {
        check(
          parseInstant(again.destroyAt) <= parseInstant(told.destroyAt),
          'destroy, asked again, put the destruction off: it must tell the present state and change nothing',
        )
      }
      if (spared) await trial.opens(spared, 'unwrap under another KEK than the one that waits for its destruction')
    },
  },
  {
    title: 'says that a KEK is destroyed once its waiting time has passed',
    requirements: ['S19', 'S121'],
    skip: (supports) =>
      gap(supports, 'destroy') ??
      (supports.destroy === 'scheduled' ? gap(supports, 'elapse') : `declared by destroy: 'immediate'`),
    async run(trial) {
      const { doomed, name, spared } = await victims(trial)
      await succeeds(() => trial.kms.destroy(doomed.wrapped.kek), 'destroy')
      await trial.hook('elapse')()
      await isGone(trial, doomed, name)
      if (spared) await trial.opens(spared, 'unwrap under another KEK than the destroyed one')
    },
  },
  {
    title: 'refuses to destroy, and says that it cannot',
    requirements: ['S19'],
    skip: ({ destroy }) => (destroy === 'unsupported' ? undefined : `destroy is declared as '${destroy}'`),
    async run(trial) {
      const wrap = await trial.wrap()
      const remedy = `If this adapter does destroy, declare destroy: 'immediate' or 'scheduled', so that it is tested.`
      const work = () => trial.kms.destroy(wrap.wrapped.kek)
      await trial.refuses(work, kmsCodes.unsupported, 'destroy', remedy)
      await trial.opens(wrap, 'unwrap after a destroy that was refused')
    },
  },
]
