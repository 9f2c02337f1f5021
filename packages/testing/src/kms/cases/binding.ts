import { toHex } from '@phi/core'
import type { WrapContext } from '@phi/envelope/kms'
import { check } from '../../suite/assert.ts'
import { freshBytes } from '../../suite/bytes.ts'
import type { CaseOf } from '../../suite/suite.ts'
import { gap, type KmsSupports } from '../manifest.ts'
import { kmsCodes, type Trial, type Wrap } from '../trial.ts'

const BIND = 'Bind contextBytes(context) as associated data; where the mechanism has none, wrap what bindInside makes.'
const WHOLE = 'Use an authenticated mechanism, and read only the one spelling that wrap writes.'

const refusesContext = (trial: Trial, { wrapped }: Wrap, context: WrapContext, what: string) =>
  trial.refuses(() => trial.kms.unwrap({ ...wrapped, context }), kmsCodes.refused, `unwrap under ${what}`, BIND)

/** Evenly spread positions, always with both ends, where headers, nonces and tags lie. */
function samplePositions(length: number, count: number): number[] {
  if (count >= length) return Array.from({ length }, (_, i) => i)
  const positions = Array.from({ length: count }, (_, i) => Math.round((i * (length - 1)) / Math.max(1, count - 1)))
  return [...new Set(positions)]
}

/** Two contexts that are one text when tenant and subject are written with the mark between them, in either order. */
function bordersMoved(base: WrapContext, tenant: string, mark: string, subject: string): [WrapContext, WrapContext, string][] {
  const what = 'parts with their borders moved'
  return [
    [{ ...base, subject: `b${mark}${subject}` }, { ...base, tenant: `${tenant}${mark}b`, subject }, what],
    [{ ...base, subject: `${subject}${mark}b` }, { ...base, tenant: `b${mark}${tenant}`, subject }, what],
  ]
}

export const bindingCases: readonly CaseOf<Trial, KmsSupports>[] = [
  {
    title: 'refuses a wrapped key under another tenant, purpose or id',
    requirements: ['S91'],
    async run(trial) {
      const wrap = await trial.wrap()
      const { context } = wrap
      await refusesContext(trial, wrap, { ...context, tenant: trial.context().tenant }, 'another tenant')
      await refusesContext(trial, wrap, { ...context, tenant: `${context.tenant}x` }, 'a tenant with one letter more')
      await refusesContext(trial, wrap, { ...context, tenant: context.tenant.slice(0, -1) }, 'a tenant with one letter less')
      for (const purpose of ['file', 'index', 'deterministic'] as const) {
        await refusesContext(trial, wrap, { ...context, purpose }, 'another purpose')
      }
      await refusesContext(trial, wrap, { ...context, id: toHex(freshBytes(4)) }, 'another id')
      await trial.opens(wrap, 'unwrap under its own context, after refusals')
    },
  },
  {
    title: 'refuses a wrapped key under another subject, under none, and under one where it had none',
    requirements: ['S91'],
    async run(trial) {
      const wrap = await trial.wrap({ context: trial.context({ subject: trial.subject() }) })
      const { subject, ...without } = wrap.context
      await refusesContext(trial, wrap, { ...without, subject: trial.subject() }, 'another subject')
      await refusesContext(trial, wrap, { ...without, subject: `${subject}x` }, 'a subject with one letter more')
      await refusesContext(trial, wrap, without, 'no subject, for a subject’s key')
      const own = await trial.wrap({ context: without })
      await refusesContext(trial, own, { ...without, subject: subject ?? '' }, 'a subject, for a key of the tenant itself')
    },
  },
  {
    title: 'tells contexts apart that read alike when written one after the other, or once normalised',
    requirements: ['S91'],
    async run(trial) {
      const { subject = '', ...base } = trial.context({ subject: trial.subject() })
      const { tenant } = base
      const none = 'a subject that spells out that there is none'
      const pairs: [WrapContext, WrapContext, string][] = [
        ...['', '.', '-', '_'].flatMap((mark) => bordersMoved(base, tenant, mark, subject)),
        [base, { ...base, subject: 'undefined' }, none],
        [base, { ...base, subject: 'null' }, none],
        [{ ...base, subject: 'Zo\u00eb' }, { ...base, subject: 'Zoe\u0308' }, 'another Unicode spelling of the subject'],
        [{ ...base, subject: 'p-88' }, { ...base, subject: 'P-88' }, 'the subject in upper case'],
        [{ ...base, subject: 'p-88' }, { ...base, subject: 'p-88 ' }, 'the subject with a space after it'],
        [{ ...base, subject: 'p-88' }, { ...base, subject: 'p-88\u0000' }, 'the subject with a zero after it'],
      ]
      for (const [mine, other, what] of pairs) await refusesContext(trial, await trial.wrap({ context: mine }), other, what)
    },
  },
  {
    title: 'refuses a wrapped key with any bit turned over',
    requirements: ['S19'],
    async run(trial) {
      const wrap = await trial.wrap({ context: trial.context({ subject: trial.subject() }) })
      const { wrapped, context } = wrap
      for (const position of samplePositions(wrapped.wrapped.length, trial.positions)) {
        // The bits that decide case and padding where bytes are text, beside any other.
        for (const mask of [0x01, 0x20, 0x80]) {
          const altered = Uint8Array.from(wrapped.wrapped)
          altered[position] = (altered[position] as number) ^ mask
          const what = `unwrap with byte ${position} of ${altered.length} altered`
          await trial.refuses(() => trial.kms.unwrap({ ...wrapped, wrapped: altered, context }), kmsCodes.refused, what, WHOLE)
        }
      }
      await trial.opens(wrap, 'unwrap of the unaltered key, after refusals')
    },
  },
  {
    title: 'refuses a wrapped key that was cut, emptied, extended or made up',
    requirements: ['S19'],
    async run(trial) {
      const { wrapped, context } = await trial.wrap()
      const whole = Uint8Array.from(wrapped.wrapped)
      const longer = (more: number[]) => Uint8Array.from([...whole, ...more])
      const shapes: [string, Uint8Array][] = [
        ['nothing', new Uint8Array(0)],
        ['its first byte', whole.slice(0, 1)],
        ['its first half', whole.slice(0, whole.length >> 1)],
        ['all but its last byte', whole.slice(0, -1)],
        ['all but its first byte', whole.slice(1)],
        ['a zero after it', longer([0])],
        ['a line feed after it', longer([10])],
        ['itself twice', longer([...whole])],
        ['as many zeros', new Uint8Array(whole.length)],
        ['as many random bytes', freshBytes(whole.length)],
      ]
      for (const [what, bytes] of shapes) {
        const work = () => trial.kms.unwrap({ ...wrapped, wrapped: bytes, context })
        await trial.refuses(work, kmsCodes.refused, `unwrap of ${what}`, WHOLE)
      }
    },
  },
  {
    title: 'refuses a wrapped key under a mechanism that did not wrap it',
    requirements: ['S19'],
    async run(trial) {
      const { wrapped, context } = await trial.wrap()
      for (const mechanism of ['', 'no-such-mechanism', `${wrapped.mechanism}x`]) {
        const remedy = 'Compare `mechanism` with the ones that this adapter writes, and never guess from the bytes.'
        const work = () => trial.kms.unwrap({ ...wrapped, mechanism, context })
        await trial.refuses(work, kmsCodes.refused, 'unwrap with another mechanism', remedy)
      }
    },
  },
  {
    title: 'wraps under the KEK that is named, and refuses a wrapped key under another KEK',
    requirements: ['S19'],
    skip: (supports) => gap(supports, 'manyKeks'),
    async run(trial) {
      const mine = await trial.wrap()
      const name = await trial.hook('newKek')()
      const theirs = await trial.wrap({ context: mine.context, kek: name })
      check(theirs.wrapped.kek !== mine.wrapped.kek, 'wrap with a named KEK answered with the kek of the adapter’s own')
      await trial.opens(theirs, 'unwrap of a key that was wrapped under a named KEK')
      const remedy = 'Unwrap with the KEK in the request, never with the adapter’s own or with one that the service picks.'
      for (const [wrap, kek] of [
        [mine, theirs.wrapped.kek],
        [theirs, mine.wrapped.kek],
      ] as const) {
        const work = () => trial.kms.unwrap({ ...wrap.wrapped, kek, context: wrap.context })
        await trial.refuses(work, kmsCodes.refused, 'unwrap under another KEK', remedy)
      }
    },
  },
]
