import { canonicalJson } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type GroupName, groupNames, type Opening } from '../group.ts'
import { searchTerms } from '../terms.ts'
import { agrees, agreesCanonical } from './terms.ts'

type Texts = Record<GroupName, string>

const openingsOf = (texts: Texts): Record<GroupName, Opening> =>
  Object.fromEntries(groupNames.map((name) => [name, { salt: '', json: texts[name] }])) as Record<GroupName, Opening>

const common: Texts = {
  event: '{"action":"read","id":"e-1","occurredAt":"2026-11-21T10:00:00.000Z","outcome":"success"}',
  actor: '{"id":"u-17","roles":["therapist"],"type":"workforce"}',
  source: '{}',
  subject: '{"patients":["p-88","p-89"],"resource":{"id":"n-204","type":"ProgressNote"}}',
  context: '{}',
}

/** Text that tempts a reader that cuts instead of parsing: quotes, escapes, what looks like the next key, nothing at all. */
const tempting = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.constantFrom('', '"', '\\', '\\"', '","id":"x', 'a","type":"b', '}', 'a/b', 'p","q', '\u001d', 'é', '\u0000'),
)
const texts: fc.Arbitrary<Texts> = fc
  .record({
    event: fc.record(
      {
        action: tempting,
        id: tempting,
        occurredAt: tempting,
        outcome: tempting,
        severity: tempting,
        zz: fc.record({ id: tempting }),
      },
      { requiredKeys: ['action', 'id', 'occurredAt', 'outcome'] },
    ),
    actor: fc.record({ aa: tempting, id: tempting, roles: fc.array(tempting, { maxLength: 2 }) }, { requiredKeys: ['id'] }),
    subject: fc.record(
      {
        count: fc.nat(3),
        patients: fc.array(tempting, { maxLength: 3 }),
        resource: fc.record({ id: tempting, type: tempting, version: tempting }, { requiredKeys: ['id', 'type'] }),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ event, actor, subject }) => ({
    event: canonicalJson(event as never),
    actor: canonicalJson(actor as never),
    source: '{}',
    subject: canonicalJson(subject as never),
    context: '{}',
  }))

/** Terms with one thing changed, or as they are. */
const changed = (terms: readonly string[]): fc.Arbitrary<unknown[]> =>
  fc.oneof<fc.Arbitrary<unknown[]>[]>(
    fc.constant<unknown[]>([...terms]),
    fc.constant<unknown[]>([...terms, 'patient:p-1']),
    fc.constant<unknown[]>(terms.slice(0, -1)),
    fc.constant<unknown[]>(terms.toReversed()),
    fc.constant<unknown[]>([...terms, terms.at(-1)]),
    fc.tuple(fc.nat(terms.length - 1), fc.oneof(tempting, fc.constantFrom(7, null, 'type:', 'actor:u'))).map(([at, value]) => {
      const others: unknown[] = [...terms]
      others[at] = typeof value === 'string' ? `${terms[at]}${value}` : value
      return others
    }),
  )

describe('terms of canonical texts', () => {
  it('a column that says something else than the hashed text is told from one that does not', () => {
    const open = openingsOf(common)
    const terms = searchTerms(common)
    expect(agreesCanonical(terms, open)).toBe(true)
    for (let at = 0; at < terms.length; at++) {
      const others = [...terms]
      others[at] = `${terms[at]}x`
      expect(agreesCanonical(others, open)).toBe(false)
      expect(agreesCanonical(terms.toSpliced(at, 1), open)).toBe(false)
    }
    expect(agreesCanonical([...terms, 'patient:p-90'], open)).toBe(false)
    expect(agreesCanonical(undefined, open)).toBe(false)
    expect(agreesCanonical('id:e-1', open)).toBe(false)
    const bare = { ...common, subject: '{}' }
    expect(agreesCanonical(searchTerms(bare), openingsOf(bare))).toBe(true)
    expect(agreesCanonical(terms, openingsOf(bare))).toBe(false)
  })

  it('says what parsing says, whatever stands in the texts and in the terms', () => {
    let same = 0
    fc.assert(
      fc.property(
        texts.chain((of) => fc.tuple(fc.constant(of), changed(searchTerms(of)))),
        ([of, terms]) => {
          const open = openingsOf(of)
          const expected = agrees(terms, open)
          if (expected) same++
          expect(agreesCanonical(terms, open)).toBe(expected)
        },
      ),
      { numRuns: 3000 },
    )
    expect(same).toBeGreaterThan(300)
  })
})
