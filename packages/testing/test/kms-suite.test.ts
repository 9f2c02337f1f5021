import { describe, expect, it } from 'vitest'
import { type KmsSupports, kmsSuite, register, runSuite } from '../src/index.ts'
import { bindingMutants } from './kms-mutants/binding.ts'
import { faultMutants } from './kms-mutants/faults.ts'
import { kekMutants } from './kms-mutants/keks.ts'
import { wrappingMutants } from './kms-mutants/wrapping.ts'
import { underTest } from './memory-kms.ts'
import { registerMutants } from './mutants.ts'

for (const destroy of ['immediate', 'scheduled', 'unsupported'] as const) {
  const supports = { destroy } satisfies KmsSupports
  const open = async () => underTest(destroy)
  register(kmsSuite({ name: `a Kms that keeps its contract, with destroy: '${destroy}'`, supports, open }), { describe, it })
}

const bare = {
  destroy: 'unsupported',
  manyKeks: false,
  rotate: false,
  disable: false,
  elapse: false,
  faults: false,
  because: { rotate: 'the token has no key versions' },
} satisfies KmsSupports

describe('a Kms with every gap declared', () => {
  const open = async () => {
    const { kms, absentKek } = underTest('unsupported')
    return { kms, absentKek }
  }

  it('passes what is left, and shows each gap as a skipped case with its reason', async () => {
    const { passed, failed, skipped } = await runSuite(kmsSuite({ name: 'bare', supports: bare, open }))
    expect(failed).toEqual([])
    expect(passed.length).toBeGreaterThan(12)
    const reasons = Object.fromEntries(skipped.map(({ title, reason }) => [title.split(' ').slice(0, 5).join(' '), reason]))
    expect(reasons).toEqual({
      'wraps under the KEK that': 'declared by manyKeks: false',
      'after a rotation describes and': 'the token has no key versions',
      'says of a disabled KEK': 'declared by disable: false',
      'destroys a KEK at once,': `declared by destroy: 'unsupported'`,
      'schedules the destruction of a': `declared by destroy: 'unsupported'`,
      'says that a KEK is': `declared by destroy: 'unsupported'`,
      'says of a service that': 'declared by faults: false',
      'says that it is denied': 'declared by faults: false',
      'takes nothing from an answer': 'declared by faults: false',
      'gives up on a silent': 'declared by faults: false',
    })
  })

  it('fails every case whose gap is not declared', async () => {
    const { failed } = await runSuite(kmsSuite({ name: 'silence is a claim', supports: { destroy: 'unsupported' }, open }))
    expect(failed.map(({ reason }) => /open\(\) gave no ([\w.]+)/.exec(reason ?? '')?.[1])).toEqual([
      'newKek',
      'rotate',
      'disable',
      'faults.unreachable',
      'faults.denied',
      'faults.nonsense',
      'faults.silent',
    ])
  })
})

describe('a wrong Kms is found that', () => {
  registerMutants([...bindingMutants, ...wrappingMutants, ...kekMutants, ...faultMutants], (mutant) =>
    kmsSuite({
      name: 'wrong',
      supports: { destroy: 'immediate', ...mutant?.supports },
      open: async () => (mutant === undefined ? underTest() : mutant.open()),
      // All of them: which bytes of a wrapped key an adapter passes over is chance.
      alteredBytes: Number.POSITIVE_INFINITY,
      caseTimeoutMs: 10_000,
    }),
  )
})
