import { check, fail, nameOf, settlesWithin, succeeds } from '../../suite/assert.ts'
import type { CaseOf } from '../../suite/suite.ts'
import { gap, type KmsFault, type KmsGap, type KmsSupports } from '../manifest.ts'
import { anyCode, kmsCodes, type Trial, type Wrap } from '../trial.ts'

/** How soon a call must settle once its signal is aborted, in milliseconds: generous, for busy machines. */
const PROMPT_MS = 2_000

/** How long a call is given to reach the service before it is aborted, in milliseconds. */
const REACH_MS = 20

interface Call {
  readonly verb: string
  readonly work: (signal?: AbortSignal) => Promise<unknown>
}

/** Each verb once, on a key that is there. `doomed` names what `destroy` is asked to destroy. */
function everyVerb(trial: Trial, { wrapped, context }: Wrap, doomed: string): Call[] {
  const { kms, supports } = trial
  const options = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal })
  const calls: Call[] = [
    { verb: 'wrap', work: (signal) => kms.wrap({ dataKey: trial.dataKey(), context, ...options(signal) }) },
    { verb: 'unwrap', work: (signal) => kms.unwrap({ ...wrapped, context, ...options(signal) }) },
    { verb: 'describe', work: (signal) => kms.describe(wrapped.kek, options(signal)) },
    { verb: 'describe without a name', work: (signal) => kms.describe(undefined, options(signal)) },
  ]
  if (supports.destroy === 'unsupported') return calls
  return [...calls, { verb: 'destroy', work: (signal) => kms.destroy(doomed, options(signal)) }]
}

async function bringAbout(trial: Trial, fault: KmsFault): Promise<() => Promise<void>> {
  const { faults } = trial.under
  const start = faults?.[fault] ?? fail(`open() gave no faults.${fault}(): give it, or declare faults: { ${fault}: false }`)
  await start.call(faults)
  return async () => faults?.restore()
}

const faultCase = (fault: 'unreachable' | 'denied' | 'nonsense', code: string, title: string, remedy: string) =>
  ({
    title,
    requirements: ['S19'],
    skip: (supports) => gap(supports, `faults.${fault}`),
    async run(trial) {
      const wrap = await trial.wrap({ context: trial.context({ subject: trial.subject() }) })
      const restore = await bringAbout(trial, fault)
      // A service that answers nonsense may have done what it was asked: only for a KEK that never was is nothing lost.
      const doomed = fault === 'nonsense' ? trial.under.absentKek : wrap.wrapped.kek
      for (const { verb, work } of everyVerb(trial, wrap, doomed)) {
        await trial.refuses(work, code, `${verb}, with the service ${fault},`, remedy)
      }
      await restore()
      await trial.opens(wrap, `unwrap once the service is no longer ${fault}`)
      await trial.opens(await trial.wrap(), `unwrap of a new key once the service is no longer ${fault}`)
    },
  }) satisfies CaseOf<Trial, KmsSupports>

/** Refused within the time, with the one code: an abort says nothing of the key, and a DOMException is not of the contract. */
async function abortsPromptly(trial: Trial, work: () => Promise<unknown>, what: string): Promise<void> {
  const remedy = 'Turn the client’s abort error into this code.'
  const late = `${what} did not settle within ${PROMPT_MS} ms: hand the signal to the client, or race against it`
  await settlesWithin(PROMPT_MS, trial.refuses(work, kmsCodes.unavailable, what, remedy), late)
}

export const faultCases: readonly CaseOf<Trial, KmsSupports>[] = [
  faultCase(
    'unreachable',
    kmsCodes.unavailable,
    'says of a service that it cannot reach nothing but that, and works again afterwards',
    'Only what the service states itself may become another code: no connection is neither a denial nor a missing key.',
  ),
  faultCase(
    'denied',
    kmsCodes.denied,
    'says that it is denied where the service refuses the credentials, and works again afterwards',
    'A denial is not worth a retry, and an operator must be told of it: keep it apart from "not reached" and from "no such key".',
  ),
  faultCase(
    'nonsense',
    kmsCodes.answer,
    'takes nothing from an answer that is none, and works again afterwards',
    'Check the form of every answer, its lengths included, before anything of it is used.',
  ),
  {
    title: 'does not begin a call whose signal is aborted already',
    requirements: ['S19'],
    async run(trial) {
      const wrap = await trial.wrap()
      for (const { verb, work } of everyVerb(trial, wrap, wrap.wrapped.kek)) {
        await abortsPromptly(trial, () => work(AbortSignal.abort()), `${verb} with an aborted signal`)
      }
      await trial.opens(wrap, 'unwrap after calls that were aborted, destroy among them,')
    },
  },
  {
    title: 'gives up on a silent service when the signal is aborted',
    requirements: ['S19'],
    skip: (supports) => gap(supports, 'faults.silent'),
    async run(trial) {
      const wrap = await trial.wrap()
      const restore = await bringAbout(trial, 'silent')
      for (const { verb, work } of everyVerb(trial, wrap, trial.under.absentKek)) {
        const abort = new AbortController()
        const call = work(abort.signal)
        // Give the call time to reach the service, and see that it is not refused for another reason.
        const early = await Promise.race([
          call.then(
            () => 'an answer',
            (error: unknown) => nameOf(error),
          ),
          new Promise<undefined>((resolve) => setTimeout(resolve, REACH_MS, undefined)),
        ])
        check(early === undefined, `${verb}, with the service silent, ended before the signal with ${early}`)
        abort.abort()
        await abortsPromptly(trial, () => call, `${verb}, aborted under way,`)
      }
      await restore()
      await trial.opens(wrap, 'unwrap once the service is no longer silent')
    },
  },
  {
    title: 'closes twice, and afterwards answers rightly or refuses with a code of the contract',
    async run(trial) {
      const wrap = await trial.wrap()
      if (trial.kms.close === undefined) return
      const close = () => (trial.kms.close as () => Promise<void>).call(trial.kms)
      await succeeds(() => Promise.all([close(), close()]), 'close, twice at once,')
      await succeeds(close, 'close, once more,')
      for (const { verb, work } of everyVerb(trial, wrap, trial.under.absentKek)) {
        const outcome = settlesWithin(PROMPT_MS, work(), `${verb} after close does not settle`)
        await outcome.catch((error: unknown) =>
          trial.refuses(
            () => Promise.reject(error),
            anyCode,
            `${verb} after close`,
            'Reject with PHI_ENVELOPE_KMS_UNAVAILABLE.',
          ),
        )
      }
    },
  },
  {
    title: 'is declared with no gap that it does not have',
    async run({ under, supports }) {
      const given: [KmsGap, unknown][] = [
        ['manyKeks', under.newKek],
        ['rotate', under.rotate],
        ['disable', under.disable],
        ['elapse', under.elapse],
        ...(['unreachable', 'denied', 'nonsense', 'silent'] as const).map((fault): [KmsGap, unknown] => [
          `faults.${fault}`,
          under.faults?.[fault],
        ]),
      ]
      for (const [name, hook] of given) {
        const hidden = hook !== undefined && gap(supports, name) !== undefined
        check(
          !hidden,
          `the manifest declares ${name} unsupported and open() gives a hook for it: declare it, so that it is tested`,
        )
      }
      const contexts: unknown = supports.contexts ?? true
      check(
        contexts === true,
        'binding to the context cannot be declared unsupported: see bindInside for mechanisms without it',
      )
      const known: readonly unknown[] = ['immediate', 'scheduled', 'unsupported']
      check(known.includes(supports.destroy), `destroy must be declared as 'immediate', 'scheduled' or 'unsupported'`)
    },
  },
]
