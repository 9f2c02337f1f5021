import { fixedClock, toBase64 } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { commitment, type GroupName, groupNames } from '../src/group.ts'
import { ed25519Signer, formatCheckpoint, signNote } from '../src/note/index.ts'
import { memoryStore } from '../src/store/memory.ts'
import { searchTerms } from '../src/terms.ts'
import type { Finding, VerificationReport } from '../src/verify/report.ts'
import { verifyLog } from '../src/verify/verify.ts'
import { append, eventAt, makeLog, testLog, testSigner } from './make-log.ts'
import { flipBit, otherBase64, type Rows, rewrite, tampered } from './tampered-store.ts'

const keys = [testSigner.vkey]
const SIZE = 21
const { store, log, notes } = await makeLog(SIZE, [8, 16])
// The last entry is unsigned, the 16th is the last one that is signed, the 8th ends a complete subtree.
const places = [0, 1, 7, 8, 15, 16, 19, 20]

/** What the verifier says after an edit of the rows. The checkpoints are held elsewhere as well. */
async function after(edit: (rows: Rows) => void, trusted: readonly string[] = notes): Promise<VerificationReport> {
  return verifyLog(await tampered(store, log, edit), log, { keys, trusted })
}

const short = ({ code, index, group }: Finding) => [code, index, group].filter((part) => part !== undefined).join(' ')
const breaks = (report: VerificationReport) => report.findings.filter(({ severity }) => severity === 'break').map(short)

const entryOf = (rows: Rows, index: number) => rows.entries[index] as Rows['entries'][number]
const openingOf = (rows: Rows, index: number, group: GroupName) =>
  entryOf(rows, index).open[group] as { salt: string; json: string }

describe('S145 "SHA-256 checksums, immutable audit logs": one edited row is named, and nothing else', () => {
  it('is not disturbed by copying', async () => {
    expect(await after(() => {})).toMatchObject({
      verdict: 'intact',
      findings: [],
      coverage: { anchoredTo: 16, unanchoredTail: 5 },
    })
  })

  describe.each(places)('entry %i', (index) => {
    it.each(groupNames)('one bit of the text of %s', async (group) => {
      const report = await after((rows) => {
        const opening = openingOf(rows, index, group)
        opening.json = opening.json === '{}' ? '{"a":1}' : flipBit(opening.json, opening.json.length - 4)
      })
      expect(breaks(report)).toEqual([`altered-group ${index} ${group}`])
      expect(report.coverage.anchoredTo).toBe(16)
    })

    it.each(groupNames)('one bit of the salt of %s', async (group) => {
      const report = await after((rows) => {
        const opening = openingOf(rows, index, group)
        opening.salt = flipBit(opening.salt, 3)
      })
      expect(breaks(report)).toEqual([`altered-group ${index} ${group}`])
    })

    const lines = { origin: 1, index: 2, time: 3, previous: 4, event: 5, actor: 6, source: 7, subject: 8, context: 9 }
    it.each(Object.entries(lines))('one bit of the leaf, in its %s line', async (_name, line) => {
      const report = await after((rows) => {
        const entry = entryOf(rows, index)
        const before = entry.leaf.split('\n').slice(0, line).join('\n').length + 1
        const ahead = line < 5 ? 0 : (groupNames[line - 5] as string).length + 1
        entry.leaf = flipBit(entry.leaf, before + ahead)
      })
      expect(report.verdict).toBe('broken')
      const found = breaks(report)
      // Some bits make it another entry's leaf, or no leaf at all; whatever it is, it is this entry that is named.
      expect(found).toHaveLength(1)
      expect(found[0]).toMatch(new RegExp(`^(altered-leaf|malformed-leaf|wrong-origin|out-of-order) ${index}$`))
      expect(report.coverage.anchoredTo).toBe(16)
    })

    const edits: [what: string, edit: (rows: Rows) => void, expected: string][] = [
      ['deleted', (rows: Rows) => void rows.entries.splice(index, 1), `gap ${index}`],
      [
        'there twice',
        (rows: Rows) => void rows.entries.splice(index, 0, structuredClone(entryOf(rows, index))),
        `duplicate-index ${index}`,
      ],
      ['no text', (rows: Rows) => void Object.assign(entryOf(rows, index), { leaf: 'x' }), `malformed-leaf ${index}`],
      ['no leaf', (rows: Rows) => void Object.assign(entryOf(rows, index), { leaf: null }), `malformed-leaf ${index}`],
    ]
    it.each(edits)('%s', async (_what, edit, expected) => {
      const report = await after(edit)
      expect(breaks(report)).toEqual([expected])
      expect(report.coverage.anchoredTo).toBe(16)
    })
  })

  it('a commitment replaced in the leaf is the leaf’s fault, not the group’s', async () => {
    const report = await after((rows) => {
      const entry = entryOf(rows, 5)
      entry.leaf = entry.leaf.replace(/actor .*/, `actor ${commitment('actor', new Uint8Array(16), '{}')}`)
    })
    expect(breaks(report)).toEqual(['altered-leaf 5'])
  })

  it('a text replaced together with its salt and its commitment', async () => {
    const report = await after((rows) => {
      const entry = entryOf(rows, 5)
      const opening = openingOf(rows, 5, 'actor')
      opening.json = opening.json.replace('u-0', 'u-1')
      opening.salt = toBase64(new Uint8Array(16))
      entry.leaf = entry.leaf.replace(/actor .*/, `actor ${commitment('actor', new Uint8Array(16), opening.json)}`)
    })
    expect(breaks(report)).toEqual(['altered-leaf 5'])
  })

  it('neighbours that were edited are each named', async () => {
    const report = await after((rows) => {
      for (const index of [5, 6, 7, 12]) entryOf(rows, index).leaf = entryOf(rows, index).leaf.replace('2026', '2025')
    })
    expect(breaks(report)).toEqual([5, 6, 7, 12].map((index) => `altered-leaf ${index}`))
    expect(report.coverage.anchoredTo).toBe(16)
  })

  it('several deleted rows are one gap', async () => {
    const report = await after((rows) => void rows.entries.splice(5, 3))
    expect(report.findings[0]).toMatchObject({ code: 'gap', index: 5, between: { from: 5, to: 8 } })
    expect(breaks(report)).toEqual(['gap 5'])
  })

  it('two rows with their contents exchanged', async () => {
    const report = await after((rows) => {
      const [a, b] = [entryOf(rows, 5), entryOf(rows, 6)]
      rows.entries[5] = { ...b, index: 5 }
      rows.entries[6] = { ...a, index: 6 }
    })
    expect(breaks(report)).toEqual(['out-of-order 5', 'out-of-order 6'])
  })

  it('two rows in the wrong order', async () => {
    const report = await after((rows) => {
      ;[rows.entries[5], rows.entries[6]] = [entryOf(rows, 6), entryOf(rows, 5)]
    })
    expect(breaks(report)).toEqual(['gap 5', 'out-of-order 5'])
  })

  it('an entry of another log, put in', async () => {
    const other = await makeLog(9, [], { log: { ...log, origin: 'other.example/audit' } })
    const foreign = (await other.store.read(other.log, { from: 5, to: 6 })[Symbol.asyncIterator]().next()).value[0]
    const report = await after((rows) => {
      rows.entries[5] = structuredClone(foreign)
    })
    expect(breaks(report)).toEqual(['wrong-origin 5'])
  })

  it('a first entry that was removed and the rest counted anew', async () => {
    const report = await after((rows) => {
      rows.entries.shift()
      for (const entry of rows.entries) entry.index--
    })
    expect(report.verdict).toBe('broken')
    expect(breaks(report)[0]).toBe('out-of-order 0')
  })

  it('a log whose first entries were removed, the rest counted and chained anew from where they were', async () => {
    const before = toBase64(new Uint8Array(32).fill(1))
    const report = await after((rows) => rewrite(rows, 0, () => {}, before), [])
    expect(breaks(report)).toEqual(expect.arrayContaining(['broken-link 0']))
  })
})

describe('edits of what the store keeps beside the entries', () => {
  it.each([
    ['the last hash', ({ head }: Rows) => Object.assign(head, { lastHash: flipBit(head.lastHash, 0) })],
    [
      'the frontier',
      ({ head }: Rows) =>
        Object.assign(head, { frontier: [flipBit(head.frontier[0] as string, 0), ...head.frontier.slice(1)] }),
    ],
    ['a frontier of nothing', ({ head }: Rows) => Object.assign(head, { frontier: null })],
    ['the last time', ({ head }: Rows) => Object.assign(head, { recordedAt: '2026-03-04T05:06:07.089Z' })],
    ['a size that is none', ({ head }: Rows) => Object.assign(head, { size: Number.NaN })],
    ['one entry less', ({ head }: Rows) => Object.assign(head, { size: head.size - 1 })],
    ['one entry more', ({ head }: Rows) => Object.assign(head, { size: head.size + 1 })],
  ])('the head: %s', async (_what, edit) => {
    const report = await after((rows) => void edit(rows))
    expect(report.verdict).toBe('broken')
    expect(breaks(report).join()).toContain('head-mismatch')
  })

  it('a tile hash, changed or gone', async () => {
    const wide = await makeLog(1030, [1030])
    const edited = (edit: (rows: Rows) => void) =>
      tampered(wide.store, log, edit).then((changed) => verifyLog(changed, log, { keys, trusted: wide.notes }))
    const changed = await edited(({ tiles }) => void tiles[1]?.splice(2, 1, toBase64(new Uint8Array(32))))
    expect(changed.findings).toMatchObject([{ code: 'altered-tile', between: { from: 512, to: 768 } }])
    const gone = await edited(({ tiles }) => void tiles[1]?.splice(1, 1, undefined))
    expect(gone.findings).toMatchObject([{ code: 'missing-tiles', between: { from: 256, to: 512 } }])
    const none = await edited((rows) => {
      rows.tiles = []
    })
    expect(none.findings.map(({ between }) => between?.from)).toEqual([0, 256, 512, 768])
  })

  it('a checkpoint: its size, its root, its signature, or all of it', async () => {
    for (const edit of [
      (note: string) => note.replace('\n8\n', '\n9\n'),
      (note: string) => otherBase64(note, note.indexOf('\n8\n') + 5),
      (note: string) => otherBase64(note, note.length - 20),
    ]) {
      const report = await after((rows) => {
        rows.checkpoints = [edit(rows.checkpoints[0] as string)]
      })
      expect(breaks(report)).toEqual(['bad-signature'])
    }
    const garbage = await after((rows) => void rows.checkpoints.push('garbage', null as unknown as string))
    expect(breaks(garbage)).toEqual(['malformed-checkpoint', 'malformed-checkpoint'])
  })

  it('a checkpoint of another log among its own', async () => {
    const other = await makeLog(4, [4], { log: { ...log, origin: 'other.example/audit' } })
    expect(breaks(await after((rows) => void rows.checkpoints.push(other.notes[0] as string)))).toEqual(['wrong-origin'])
  })

  it('a checkpoint signed with the stolen name and another key counts for nothing', async () => {
    const thief = await ed25519Signer.generate(log.origin)
    const root = new Uint8Array(32)
    const note = await signNote(formatCheckpoint({ origin: log.origin, size: 21, root }), [thief])
    const report = await after((rows) => void rows.checkpoints.push(note))
    expect(report).toMatchObject({ verdict: 'intact', coverage: { anchoredTo: 16 }, findings: [{ code: 'unknown-key' }] })
  })
})

describe('a log that was rewritten from some entry on, links, tiles, head and all', () => {
  it.each([0, 7, 8, 15])('from %i: the checkpoints held elsewhere tell, and bracket the place', async (from) => {
    const report = await after((rows) => {
      rewrite(rows, from, (texts) => {
        texts.context = '{}'
      })
    })
    const between = from < 8 ? { from: 0, to: 8 } : { from: 8, to: 16 }
    expect(report.findings[0]).toMatchObject({ code: 'rewritten-history', index: between.from, between })
    expect(breaks(report)).toHaveLength(1)
  })

  it('after the last checkpoint nothing tells, and the coverage says so', async () => {
    const report = await after((rows) => rewrite(rows, 16, () => {}))
    expect(report).toMatchObject({ verdict: 'intact', coverage: { anchoredTo: 16, unanchoredTail: 5 } })
  })
})

/** The names are those of the mistakes that others made. */
describe('where others went wrong', () => {
  it('chain forks under concurrent writers, so honest data reads as tampered', async () => {
    const shared = memoryStore()
    await shared.open(testLog)
    const clock = fixedClock('2026-03-04T05:06:08.000Z')
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => append(shared, testLog, [eventAt(2 * i), eventAt(2 * i + 1)], clock)),
    )
    const report = await verifyLog(shared, testLog, { keys })
    expect(report).toMatchObject({ coverage: { checked: 100 }, findings: [{ code: 'unanchored' }] })
  })

  it('hashed value differs from stored value: the verifier hashes the very texts that are stored', async () => {
    for (const reformat of [
      (json: string) => json.replace('2026-03-04T05:06:07.089Z', '2026-03-04T05:06:07.089000Z'),
      (json: string) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(json)).reverse())),
      (json: string) => JSON.stringify(JSON.parse(json), null, 1),
    ]) {
      const report = await after((rows) => {
        const opening = openingOf(rows, 4, 'event')
        opening.json = reformat(opening.json)
      })
      expect(breaks(report)).toEqual(['altered-group 4 event'])
    }
  })

  it('columns outside the hash: what a store searches by is made again from the hashed text', async () => {
    const terms = (rows: Rows, index: number) => {
      const { open } = entryOf(rows, index)
      return searchTerms(Object.fromEntries(groupNames.flatMap((name) => (open[name] ? [[name, open[name].json]] : []))))
    }
    const project = (rows: Rows) => {
      for (const [index, entry] of rows.entries.entries()) Object.assign(entry, { terms: terms(rows, index) })
    }
    expect(await after(project)).toMatchObject({ verdict: 'intact', findings: [] })
    const reordered = await after((rows) => {
      project(rows)
      entryOf(rows, 3).terms?.reverse()
    })
    expect(reordered.verdict).toBe('intact')
    const edits: ((own: string[]) => void)[] = [
      (own) => void own.splice(0, 1, 'action:delete'),
      (own) => void own.pop(),
      (own) => void own.push('patient:p-1'),
      (own) => void own.splice(0, 1, own[1] as string),
    ]
    for (const edit of edits) {
      const report = await after((rows) => {
        project(rows)
        edit(entryOf(rows, 3).terms as string[])
      })
      expect(breaks(report)).toEqual(['projection-mismatch 3'])
    }
    const erased = await after((rows) => {
      project(rows)
      delete (entryOf(rows, 3).open as Partial<Record<GroupName, unknown>>).subject
    })
    expect(breaks(erased)).toEqual(['projection-mismatch 3'])
  })

  it('truncated tail verifies clean: not against a checkpoint', async () => {
    const report = await after((rows) => {
      rows.entries.length = 12
      rows.head.size = 12
      rows.checkpoints = []
    })
    expect(report.findings[0]).toMatchObject({ code: 'truncated-tail', index: 12, expected: '16', found: '12' })
  })

  it('truncated tail with a head to match', async () => {
    const shorter = await makeLog(12, [8])
    const longer = shorter.store
    const head = await longer.head(log)
    await append(longer, log, [eventAt(12), eventAt(13)], fixedClock('2026-03-04T06:00:00.000Z'))
    const root = new Uint8Array(32)
    const note = await signNote(formatCheckpoint({ origin: log.origin, size: 14, root }), [testSigner])
    const cut = await tampered(longer, log, (rows) => {
      rows.entries.length = 12
      rows.head = structuredClone(head) as Rows['head']
    })
    const report = await verifyLog(cut, log, { keys, trusted: [note] })
    expect(report.findings).toMatchObject([{ code: 'truncated-tail', index: 12, expected: '14', found: '12' }])
    // Without a checkpoint from elsewhere nothing tells: the older checkpoint still covers what is left, and says how much.
    expect(await verifyLog(cut, log, { keys })).toMatchObject({
      verdict: 'intact',
      coverage: { anchoredTo: 8, unanchoredTail: 4 },
    })
  })

  it('emptied log verifies clean; valid: true, checked: 0', async () => {
    const { store: empty } = await makeLog(0)
    const none = await verifyLog(empty, log, { keys })
    expect(none).toMatchObject({ verdict: 'unverifiable', coverage: { checked: 0 }, findings: [{ code: 'empty' }] })
    const known = await verifyLog(empty, log, { keys, trusted: notes })
    expect(known).toMatchObject({ verdict: 'broken', findings: [{ code: 'truncated-tail', expected: '16', found: '0' }, {}] })
  })

  it('auditor checks the tree but not the values', async () => {
    // Every leaf, link, tile, checkpoint and the head are untouched. Only a value was changed.
    const report = await after((rows) => {
      const opening = openingOf(rows, 4, 'subject')
      opening.json = opening.json.replace('n-4', 'n-5')
    })
    expect(report.verdict).toBe('broken')
    expect(breaks(report)).toEqual(['altered-group 4 subject'])
  })

  it('unsalted hash of low-entropy PHI: equal events have different commitments, and an empty group is no telltale', async () => {
    const { store: twins } = await makeLog(2, [], { event: (i) => ({ ...eventAt(6), id: `e-${i}` }) })
    const [first, second] = (await twins.read(log, { from: 0, to: 2 })[Symbol.asyncIterator]().next()).value
    const lines = (leaf: string) => leaf.split('\n').slice(5, 10)
    const all = [...lines(first.leaf), ...lines(second.leaf)]
    expect(new Set(all.map((line) => line.split(' ')[1])).size).toBe(10)
    // Whoever guesses the text still has the salt to guess.
    for (const name of groupNames) {
      for (const salt of [new Uint8Array(16), new Uint8Array(16).fill(255)]) {
        expect(all).not.toContain(`${name} ${commitment(name, salt, first.open[name].json)}`)
      }
    }
    expect(first.open.subject.json).toBe('{}')
    expect(first.open.subject.salt).not.toBe(second.open.subject.salt)
  })

  it('a checkpoint per entry: one covers all entries before it', async () => {
    const { store: once, log: key } = await makeLog(500, [500])
    expect(await once.checkpoints(key)).toHaveLength(1)
    expect(await verifyLog(once, key, { keys })).toMatchObject({ verdict: 'intact', coverage: { anchoredTo: 500 } })
  })

  it('retention breaks proofs: without the texts of entries the proofs still hold, and nothing is called intact', async () => {
    const report = await after((rows) => {
      for (const entry of rows.entries.slice(0, 10)) Object.assign(entry, { open: {} })
    })
    expect(report).toMatchObject({ verdict: 'unverifiable', coverage: { checked: SIZE, withheld: 50, anchoredTo: 16 } })
    expect(report.findings.map(({ code, index }) => [code, index])).toEqual(groupNames.map(() => ['missing-opening', 0]))
  })
})

describe('S112 "Every access event is correlated with user identity, IP, and timestamp"', () => {
  it('none of the three can be changed, exchanged with another entry, or taken from it unseen', async () => {
    for (const group of ['event', 'actor', 'source'] as const) {
      const swapped = await after((rows) => {
        const [a, b] = [entryOf(rows, 2), entryOf(rows, 3)]
        ;[a.open[group], b.open[group]] = [openingOf(rows, 3, group), openingOf(rows, 2, group)]
      })
      expect(breaks(swapped)).toEqual([`altered-group 2 ${group}`, `altered-group 3 ${group}`])
      const taken = await after((rows) => void delete entryOf(rows, 2).open[group])
      expect(taken).toMatchObject({ coverage: { withheld: 1 }, findings: [{ code: 'missing-opening', index: 2, group }] })
    }
  })
})

describe('S6 "immutable logs for logins, PHI access, changes, exports, and administrative actions with time stamps and retention"', () => {
  it('S123 every kind of event is covered alike', async () => {
    const actions = ['login', 'logout', 'read', 'update', 'download', 'send', 'export', 'configure', 'grant'] as const
    const kinds = await makeLog(actions.length, [actions.length], {
      event: (i) => ({ ...eventAt(i), action: actions[i] as (typeof actions)[number] }),
    })
    expect((await verifyLog(kinds.store, log, { keys })).verdict).toBe('intact')
    for (const [index, action] of actions.entries()) {
      const changed = await tampered(kinds.store, log, (rows) => {
        const opening = openingOf(rows, index, 'event')
        opening.json = opening.json.replace(`"${action}"`, '"review"')
      })
      expect(breaks(await verifyLog(changed, log, { keys }))).toEqual([`altered-group ${index} event`])
    }
  })

  it('the recorded time is under the hash', async () => {
    const report = await after((rows) => {
      entryOf(rows, 4).leaf = entryOf(rows, 4).leaf.replace(/\n2026.*Z\n/, '\n2026-03-04T05:06:08.001Z\n')
    })
    expect(breaks(report)).toEqual(['altered-leaf 4'])
  })
})
