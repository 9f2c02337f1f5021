import { equalBytes } from '@phi/core'
import type { WrapContext } from '@phi/envelope/kms'
import { check, equal, succeeds } from '../../suite/assert.ts'
import { kindsOfBytes } from '../../suite/bytes.ts'
import { findSecret, holdsBytes, secret } from '../../suite/leaks.ts'
import type { CaseOf } from '../../suite/suite.ts'
import { anyCode, type Trial } from '../trial.ts'

const PARALLEL = 64
const purposes = ['field', 'file', 'index', 'deterministic'] as const

export const roundTripCases: readonly CaseOf<Trial, unknown>[] = [
  {
    title: 'wraps a data key and unwraps it to the same 32 bytes, for every purpose, with and without a subject',
    requirements: ['S19'],
    async run(trial) {
      check(typeof trial.kms.name === 'string' && trial.kms.name !== '', 'kms.name must be a text, not empty: records keep it')
      check(trial.kms.name.length <= 64, 'kms.name must be at most 64 characters: records keep it')
      for (const purpose of purposes) {
        await trial.opens(await trial.wrap({ context: trial.context({ purpose }) }), 'unwrap of a key of its own')
        const context = trial.context({ purpose, subject: trial.subject() })
        await trial.opens(await trial.wrap({ context }), 'unwrap of a subject’s key')
      }
    },
  },
  {
    title: 'takes the longest and the oddest contexts that a record can have',
    requirements: ['S91'],
    async run(trial) {
      const base = trial.context()
      const contexts: WrapContext[] = [
        { ...base, tenant: 'a', subject: 's' },
        { ...base, tenant: 'z'.repeat(64), subject: 'x'.repeat(256) },
        { ...base, subject: '\u{1f512}'.repeat(128) },
        { ...base, subject: '"\\/{}\u0000\n&=%00 ‮:' },
      ]
      for (const context of contexts) await trial.opens(await trial.wrap({ context }), 'unwrap under an odd or a long context')
    },
  },
  {
    title: 'wraps keys of 32 bytes and of no other length',
    requirements: ['S18'],
    async run(trial) {
      for (const length of [0, 1, 16, 31, 33, 64]) {
        const dataKey = new Uint8Array(length).fill(7)
        const remedy =
          'Check the length before the service is asked: a short key would go unnoticed until data is sealed with it.'
        const work = () => trial.kms.wrap({ dataKey, context: trial.context() })
        await trial.refuses(work, [...anyCode, 'PHI_ENVELOPE_KEY_SIZE'], `wrap of ${length} bytes`, remedy)
      }
    },
  },
  {
    title: 'wraps the same key twice into different bytes, and never shows the key in them',
    requirements: ['S19'],
    async run(trial) {
      const dataKey = trial.dataKey()
      const context = trial.context()
      const wraps = []
      for (let i = 0; i < 4; i++)
        wraps.push(await succeeds(() => trial.kms.wrap({ dataKey: dataKey.slice(), context }), 'wrap'))
      for (const [i, { kek, mechanism, wrapped }] of wraps.entries()) {
        for (let at = 0; at + 8 <= dataKey.length; at++) {
          const part = dataKey.subarray(at, at + 8)
          check(
            !holdsBytes(wrapped, part),
            'the wrapped key holds eight bytes of the data key as they are: it is not encrypted',
          )
        }
        const bare = [secret('the data key', dataKey, 'everywhere')]
        // As text too: an adapter may keep what its service answers, which often is base64.
        const asText = new TextDecoder('latin1').decode(wrapped)
        check(findSecret({ kek, mechanism, asText }, bare) === undefined, 'the answer of wrap spells out the data key')
        for (const other of wraps.slice(0, i)) {
          check(!equalBytes(wrapped, other.wrapped), 'two wraps of one key are equal: who reads the store sees equal keys')
        }
      }
    },
  },
  {
    title: 'neither changes nor keeps the bytes it is given, and hands out new ones each time',
    requirements: ['S19'],
    async run(trial) {
      const key = trial.dataKey()
      const context = trial.context()
      for (const handed of kindsOfBytes(key)) {
        const wrapped = await succeeds(() => trial.kms.wrap({ dataKey: handed, context }), 'wrap')
        check(equalBytes(handed, key), 'wrap changed the data key of its caller')
        handed.fill(0)
        const kept = Uint8Array.from(wrapped.wrapped)
        const first = await succeeds(() => trial.kms.unwrap({ ...wrapped, context }), 'unwrap after the caller zeroed its key')
        check(
          equalBytes(first, key),
          'after the caller zeroed its key, unwrap answers with another: wrap kept the caller’s array',
        )
        check(equalBytes(wrapped.wrapped, kept), 'unwrap changed the wrapped key of its caller')
        first.fill(0)
        const second = await succeeds(() => trial.kms.unwrap({ ...wrapped, context }), 'unwrap again')
        check(
          equalBytes(second, key),
          'after the caller zeroed what unwrap answered, it answers with zeros: it hands out its own',
        )
        wrapped.wrapped.fill(0)
        const stored = { ...wrapped, wrapped: kept }
        await trial.opens({ dataKey: key, context, wrapped: stored }, 'unwrap after the caller zeroed what wrap answered')
      }
    },
  },
  {
    title: 'reads bytes where they lie in a larger buffer',
    async run(trial) {
      const key = trial.dataKey()
      const context = trial.context()
      const around = new Uint8Array(96).fill(0xee)
      around.set(key, 17)
      const wrapped = await succeeds(() => trial.kms.wrap({ dataKey: around.subarray(17, 49), context }), 'wrap of a subarray')
      const stored = new Uint8Array(wrapped.wrapped.length + 31).fill(0xee)
      stored.set(wrapped.wrapped, 13)
      const view = { ...wrapped, wrapped: stored.subarray(13, 13 + wrapped.wrapped.length) }
      await trial.opens({ dataKey: key, context, wrapped: view }, 'unwrap of a subarray')
    },
  },
  {
    title: `keeps ${PARALLEL} calls at once apart`,
    requirements: ['S91'],
    async run(trial) {
      const wraps = await Promise.all(Array.from({ length: PARALLEL }, () => trial.wrap()))
      await Promise.all(wraps.map((wrap) => trial.opens(wrap, `unwrap among ${PARALLEL} at once`)))
    },
  },
  {
    title: 'describes, without a name, the KEK of the next wrap',
    requirements: ['S19'],
    async run(trial) {
      const own = await succeeds(() => trial.kms.describe(), 'describe')
      const { wrapped } = await trial.wrap()
      equal(own.kek, wrapped.kek, 'describe().kek and the kek of a new wrap must be spelled alike')
      equal(own.state, 'enabled', 'the state of the KEK that wrap uses')
      const again = await succeeds(() => trial.kms.describe(wrapped.kek), 'describe of the kek that wrap answered with')
      equal(again.kek, wrapped.kek, 'describe(kek).kek must be spelled as it was asked')
      equal(again.state, 'enabled', 'the state of the KEK that wrap uses, asked by name')
      const protections: readonly string[] = ['software', 'hsm', 'external', 'unknown']
      check(protections.includes(own.protection), 'describe must answer with one of the four protections')
      equal(again.protection, own.protection, 'the protection of one KEK')
      equal(own.destroyAt, undefined, 'destroyAt of a KEK that nobody destroys')
    },
  },
]
