import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { corpus, deadlineAdapters, runGolden } from './index.ts'

/** The reference that the corpus was written from lies beside the repository, where somebody has it. */
const root = fileURLToPath(new URL('../../../../', import.meta.url))
const reference = resolve(root, process.env.PHI_REFERENCE ?? '../shared/reference', 'deadline-cases.json')

describe('the corpus', () => {
  it('S126 S127 S128 S158 S159 S160 passes, all but the cases of retention, which belong to @phi/retention/golden', () => {
    const { passed, failed, unsupported, ignored } = runGolden(corpus)
    const retention = corpus.cases.filter(({ rule }) => rule === 'retention').map(({ id }) => id)
    expect(failed).toEqual([])
    expect(unsupported).toEqual(retention.map((id) => ({ id, why: 'unknown rule' })))
    expect(passed).toHaveLength(corpus.cases.length - retention.length)
    expect(ignored).toEqual([])
  })

  it('has 136 cases, each with a place in the law, a reason and what it rests on', () => {
    expect(corpus.cases).toHaveLength(136)
    expect(new Set(corpus.cases.map(({ id }) => id)).size).toBe(136)
    for (const { citation, reasoning, confirmed, expected, facts } of corpus.cases) {
      for (const text of [citation, reasoning, confirmed]) expect(text?.length).toBeGreaterThan(3)
      expect(Object.keys(expected).length).toBeGreaterThan(0)
      expect(Object.keys(facts).length).toBeGreaterThan(0)
    }
  })

  it('has an adapter for each of its rules but retention, and no adapter stands twice', () => {
    const rules = deadlineAdapters.map(({ rule }) => rule)
    expect(new Set(rules).size).toBe(rules.length)
    const missing = corpus.cases.map(({ rule }) => rule).filter((rule) => !rules.includes(rule))
    expect([...new Set(missing)]).toEqual(['retention'])
  })

  it('is plain JSON: a copy through text is the same', () => {
    expect(JSON.parse(JSON.stringify(corpus))).toEqual(corpus)
  })

  // Set PHI_REFERENCE to the folder of the reference where it lies elsewhere.
  it.skipIf(!existsSync(reference))('says the same as the reference, case by case', () => {
    const theirs = (
      JSON.parse(readFileSync(reference, 'utf8')) as { cases: { id: string; rule: string; facts: object; expected: object }[] }
    ).cases
    const plain = ({ id, rule, facts, expected }: { id: string; rule: string; facts: object; expected: object }) => ({
      id,
      rule,
      facts,
      expected,
    })
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
    expect(corpus.cases.map(plain).sort(byId)).toEqual(theirs.map(plain).sort(byId))
  })
})
