import { fromBase64 } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { commitment, groupNames, prepareEntry, SALT_BYTES } from './group.ts'
import { groupTexts } from './group-text.ts'
import { emptyHead, frontierOf } from './head.ts'
import { entryHash, GENESIS_HASH, parseLeaf, parseOrigin } from './leaf.ts'
import { CLOCK_TOLERANCE_MS, linkEntries, recordedTime } from './link.ts'
import { frontierRoot, rootOf } from './merkle/index.ts'
import { parseAuditEvent } from './parse-event.ts'
import { eventTerms, searchTerms } from './terms.ts'

const event = parseAuditEvent({
  action: 'read',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce' },
  subject: { resource: { type: 'Note', id: 'n-1' }, patients: ['p-1', 'p-2'] },
})
const at = '2026-11-21T10:00:00.000Z'
const prepared = (id: string) => prepareEntry(id, groupTexts(event, id, at), eventTerms(event, id, at))
const origin = 'clinic.example/audit'

describe('the chain', () => {
  it('S145 each leaf names the hash of the leaf before it, and the frontier is the tree over those hashes', () => {
    const { entries, head, hashes } = linkEntries(origin, emptyHead, ['a', 'b', 'c', 'd', 'e'].map(prepared), Date.parse(at))
    const leaves = entries.map(({ leaf }) => parseLeaf(leaf))
    expect(leaves.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4])
    expect(leaves.map(({ previous }) => previous)).toEqual([GENESIS_HASH, ...hashes.slice(0, -1)])
    expect(entries.map(({ leaf }) => entryHash(leaf))).toEqual(hashes)
    expect(head).toMatchObject({ size: 5, lastHash: hashes[4], recordedAt: at })
    expect(frontierRoot(frontierOf(head))).toEqual(rootOf(hashes.map((hash) => Uint8Array.from(Buffer.from(hash, 'base64')))))
  })

  it('does not depend on how entries are cut into batches', () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(prepared)
    const whole = linkEntries(origin, emptyHead, all, Date.parse(at))
    const first = linkEntries(origin, emptyHead, all.slice(0, 3), Date.parse(at))
    // A head that went through a database has lost its decoded frontier.
    const second = linkEntries(origin, structuredClone(first.head), all.slice(3), Date.parse(at))
    expect(second.head).toEqual(whole.head)
    expect([...first.entries, ...second.entries]).toEqual(whole.entries)
  })

  it('takes over the texts of hashes that stand, whatever became of the head that they were handed out in', () => {
    let head = emptyHead
    for (let i = 0; i < 70; i++) {
      const before = head
      head = linkEntries(origin, before, [prepared(`e-${i}`)], Date.parse(at)).head
      expect(head.frontier).toEqual(frontierOf(head).hashes.map((hash) => Buffer.from(hash).toString('base64')))
      // Whoever holds a head may write over its list; what is linked to it next does not go by that.
      if (i % 3 === 0) (head.frontier as string[]).fill('nonsense')
    }
  })

  it('finishes a tile every 256 entries', () => {
    const many = Array.from({ length: 600 }, (_, i) => prepared(`e${i}`))
    const { tiles } = linkEntries(origin, emptyHead, many, Date.parse(at))
    expect(tiles.map(({ level, index }) => [level, index])).toEqual([
      [1, 0],
      [1, 1],
    ])
  })

  it('refuses a head that is none', () => {
    const broken = { size: 3, lastHash: GENESIS_HASH, recordedAt: at, frontier: [GENESIS_HASH] }
    expect(() => linkEntries(origin, broken, [prepared('a')], 0)).toThrow(expect.objectContaining({ code: 'PHI_AUDIT_STORE' }))
  })
})

describe('the recorded time', () => {
  const last = '2026-11-21T10:00:00.000Z'
  const then = Date.parse(last)

  it('follows the clock forward', () => {
    expect(recordedTime(then, '')).toBe(last)
    expect(recordedTime(then + 1, last)).toBe('2026-11-21T10:00:00.001Z')
  })

  it('stands still over jitter, and shows a clock that was really set back', () => {
    expect(recordedTime(then - 1, last)).toBe(last)
    expect(recordedTime(then - CLOCK_TOLERANCE_MS, last)).toBe(last)
    expect(recordedTime(then - CLOCK_TOLERANCE_MS - 1, last)).toBe('2026-11-21T09:58:59.999Z')
  })
})

describe('commitments', () => {
  it('unsalted hashes of low-entropy PHI can be guessed (kibana #274835): every group has a salt of its own', () => {
    // More entries than salts are drawn for at a time.
    const entries = Array.from({ length: 400 }, (_, i) => prepared(`e${i}`))
    const salts = entries.flatMap(({ open }) => groupNames.map((name) => open[name].salt))
    expect(new Set(salts).size).toBe(2000)
    for (const { open, commitments } of entries) {
      const lines = groupNames.map((name) => {
        const salt = fromBase64(open[name].salt)
        expect(salt.length).toBe(SALT_BYTES)
        return `${name} ${commitment(name, salt, open[name].json)}\n`
      })
      expect(commitments).toBe(lines.join(''))
    }
    const [a, b] = [prepared('x'), prepared('x')]
    expect(a.open.actor.json).toBe(b.open.actor.json)
    const lines = (entry: typeof a) => entry.commitments.trimEnd().split('\n')
    expect(lines(a).filter((line) => lines(b).includes(line))).toEqual([])
  })

  it('the terms made from the event are those made from its texts', () => {
    expect(eventTerms(event, 'x', at)).toEqual(searchTerms(groupTexts(event, 'x', at)))
    const bare = parseAuditEvent({ action: 'login', outcome: 'denied', actor: { id: 'u', type: 'patient' } })
    expect(eventTerms(bare, 'x', at)).toEqual(searchTerms(groupTexts(bare, 'x', at)))
  })
})

describe('a leaf', () => {
  const { leaf } = linkEntries(origin, emptyHead, [prepared('a')], Date.parse(at)).entries[0] as { leaf: string }

  it.each([
    ['another version', leaf.replace('v1', 'v2')],
    ['no last newline', leaf.slice(0, -1)],
    ['a line more', `${leaf}x\n`],
    ['CRLF', leaf.replaceAll('\n', '\r\n')],
    ['a leading zero', leaf.replace('\n0\n', '\n00\n')],
    ['a signed index', leaf.replace('\n0\n', '\n-0\n')],
    ['an index beyond 2^53', leaf.replace('\n0\n', '\n9007199254740993\n')],
    ['a time of another width', leaf.replace('.000Z', 'Z')],
    ['a day that does not exist', leaf.replace('2026-11-21', '2026-02-30')],
    ['base64 with stray bits', leaf.replace(/=\n$/, 'B\n')],
    ['groups in another order', leaf.replace('actor', 'xctor')],
    ['nothing', ''],
  ])('has one spelling: refused with %s', (_, text) => {
    expect(() => parseLeaf(text)).toThrow(expect.objectContaining({ code: 'PHI_AUDIT_FORMAT' }))
  })

  it('holds none of the event', () => {
    for (const value of ['u-17', 'n-1', 'p-1', 'read', 'Note']) expect(leaf).not.toContain(value)
  })

  it.each(['', 'a b', 'a+b', 'ä', 'a\nb', 'x'.repeat(201), undefined, 7])('takes no origin like %j', (value) => {
    expect(() => parseOrigin(value)).toThrow(expect.objectContaining({ code: 'PHI_AUDIT_ORIGIN' }))
  })
})
