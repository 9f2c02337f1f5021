import { describe, expect, it } from 'vitest'
import { checkpoint, makeLog, testSigner } from '../../test/make-log.ts'
import { codeOf, tampered } from '../../test/tampered-store.ts'
import { type GroupName, groupNames } from '../group.ts'
import { ed25519Signer } from '../note/index.ts'
import { bundleRecords, type EvidenceBundle, MAX_BUNDLE_LENGTH, makeBundle, readBundle, verifyBundle } from './bundle.ts'

const keys = [testSigner.vkey]
const { store, log, notes } = await makeLog(700, [300, 700])
const [early, late] = notes as [string, string]
const bundleOf = (indices: readonly number[], open?: readonly GroupName[]): Promise<EvidenceBundle> =>
  makeBundle({ store, log, checkpointNote: late, indices, ...(open === undefined ? {} : { open }) })

describe('making a bundle', () => {
  it('puts the entries in the order of the log, each once', async () => {
    const { entries } = await bundleOf([600, 3, 4, 3, 699, 0])
    expect(entries.map(({ index }) => index)).toEqual([0, 3, 4, 600, 699])
  })

  it('discloses what is asked for, by entry where that is wanted', async () => {
    const open = (index: number): readonly GroupName[] => (index === 3 ? ['event', 'subject'] : [])
    const { entries } = await makeBundle({ store, log, checkpointNote: late, indices: [3, 4], open })
    expect(entries.map((entry) => Object.keys(entry.open))).toEqual([['event', 'subject'], []])
    expect(JSON.stringify(entries)).not.toContain('u-3')
  })

  it('proves against the checkpoint that it carries, not against the log as it is now', async () => {
    const bundle = await makeBundle({ store, log, checkpointNote: early, indices: [299] })
    expect(verifyBundle(bundle, { keys })).toMatchObject({ verdict: 'intact', coverage: { anchoredTo: 300 } })
    expect(await codeOf(() => makeBundle({ store, log, checkpointNote: early, indices: [300] }))).toBe('PHI_AUDIT_RANGE')
  })

  it.each([[-1], [700], [1.5], [Number.NaN]])('refuses index %s', async (index) => {
    expect(await codeOf(() => bundleOf([index]))).toBe('PHI_AUDIT_RANGE')
  })

  it('refuses a note that is no checkpoint of this log', async () => {
    const other = await makeLog(4, [4], { log: { ...log, origin: 'other.example/audit' } })
    for (const checkpointNote of ['x', other.notes[0] as string]) {
      expect(await codeOf(() => makeBundle({ store, log, checkpointNote, indices: [0] }))).toBe('PHI_AUDIT_FORMAT')
    }
  })

  it('makes no evidence of entries that were altered or are gone', async () => {
    const edits: Parameters<typeof tampered>[2][] = [
      ({ entries }) => void entries.splice(5, 1),
      ({ entries }) => void Object.assign(entries[5] ?? {}, { leaf: entries[5]?.leaf.replace('2026', '2025') }),
      ({ entries }) => void Object.assign(entries[5]?.open.event ?? {}, { json: '{}' }),
      ({ tiles }) => void Object.assign(tiles[1] ?? [], { 1: `${'A'.repeat(43)}=` }),
    ]
    for (const edit of edits) {
      const changed = await tampered(store, log, edit)
      expect(await codeOf(() => makeBundle({ store: changed, log, checkpointNote: late, indices: [5] }))).toBe(
        'PHI_AUDIT_STORE',
      )
    }
  })

  it('of groups that the store no longer has leaves them withheld', async () => {
    const erased = await tampered(store, log, ({ entries }) => void Object.assign(entries[5] ?? {}, { open: {} }))
    const bundle = await makeBundle({ store: erased, log, checkpointNote: late, indices: [5, 6] })
    expect(verifyBundle(bundle, { keys })).toMatchObject({ verdict: 'intact', coverage: { withheld: 5 } })
  })
})

describe('verifying a bundle, offline', () => {
  it('needs the bundle and a public key, nothing else', async () => {
    const text = JSON.stringify(await bundleOf([3, 600], ['event', 'subject']))
    expect(verifyBundle(text, { keys, now: Date.parse('2026-03-04T05:06:19.500Z') })).toEqual({
      verdict: 'intact',
      coverage: { from: 3, to: 601, checked: 2, anchoredTo: 700, unanchoredTail: 0, withheld: 6 },
      freshness: { lastRecordedAt: '2026-03-04T05:06:09.500Z', lastCheckpointSize: 700, ageMs: 10_000 },
      findings: [],
      findingsDropped: 0,
    })
  })

  it.each([
    ['no key', [], 'no-keys'],
    ['another key of that name', [ed25519Signer.fromSecretKey(testSigner.name, new Uint8Array(32)).vkey], 'unknown-key'],
  ])('with %s confirms nothing', async (_what, wrong, code) => {
    const bundle = await bundleOf([3])
    expect(verifyBundle(bundle, { keys: wrong })).toMatchObject({
      verdict: 'unverifiable',
      coverage: { checked: 1, anchoredTo: 0 },
      findings: [{ code }],
    })
    // What is wrong without any signature is wrong all the same.
    const [entry] = bundle.entries as [EvidenceBundle['entries'][number]]
    const altered = { ...bundle, entries: [{ ...entry, leaf: entry.leaf.replace('2026', '2025') }] }
    expect(verifyBundle(altered, { keys: wrong }).verdict).toBe('broken')
  })

  it('of no entries confirms nothing', async () => {
    expect(verifyBundle(await bundleOf([]), { keys })).toMatchObject({
      verdict: 'unverifiable',
      coverage: { from: 0, to: 0, checked: 0 },
      findings: [{ code: 'empty' }],
    })
  })

  it('finds any text, salt, proof or commitment that was changed', async () => {
    const bundle = await bundleOf([3, 600])
    const edits: [string, (entry: EvidenceBundle['entries'][number]) => void][] = [
      ['not-proved 3', (entry) => Object.assign(entry, { proof: [...entry.proof].reverse() })],
      ['not-proved 3', (entry) => Object.assign(entry, { leaf: entry.leaf.replace('2026', '2025') })],
      ['malformed-leaf 3', (entry) => Object.assign(entry, { leaf: `${entry.leaf} ` })],
      ...groupNames.flatMap((name): [string, (entry: EvidenceBundle['entries'][number]) => void][] => [
        [`altered-group 3 ${name}`, (entry) => Object.assign(entry.open[name] ?? {}, { json: '{"id":"x"}' })],
        [`altered-group 3 ${name}`, (entry) => Object.assign(entry.open[name] ?? {}, { salt: 'AAAAAAAAAAAAAAAAAAAAAA==' })],
      ]),
    ]
    for (const [expected, edit] of edits) {
      const copy = structuredClone(bundle)
      edit(copy.entries[0] as EvidenceBundle['entries'][number])
      const { verdict, findings } = verifyBundle(copy, { keys })
      expect(verdict).toBe('broken')
      expect(
        findings.map(({ code, index, group }) => [code, index, group].filter((part) => part !== undefined).join(' ')),
      ).toContain(expected)
    }
  })

  it('says which groups of a record are withheld, and which are not what was recorded', async () => {
    const bundle = structuredClone(await bundleOf([3, 4], ['event', 'actor', 'subject']))
    Object.assign(bundle.entries[1]?.open.actor ?? {}, { json: '{"id":"someone","roles":[],"type":"workforce"}' })
    expect(bundleRecords(bundle)).toMatchObject([
      { index: 3, genuine: true, withheld: ['source', 'context'], altered: [], event: { id: 'e-3', actor: { id: 'u-3' } } },
      { index: 4, genuine: false, withheld: ['source', 'context'], altered: ['actor'] },
    ])
    expect(bundleRecords(bundle)[1]?.event.actor).toBeUndefined()
  })

  it('works on what JSON.parse made as well as on the text', async () => {
    const bundle = await bundleOf([3])
    expect(readBundle(JSON.stringify(bundle))).toEqual(bundle)
    expect(readBundle(JSON.parse(JSON.stringify(bundle)))).toEqual(bundle)
  })

  it('carries a checkpoint of the log as it was signed anew', async () => {
    const again = await checkpoint(store, log, { keep: false })
    expect(again).toBe(late)
  })
})

describe('what is no bundle', () => {
  it('is refused without running out of stack or memory', async () => {
    const deep = 5_000_000
    const texts = [
      '['.repeat(deep),
      '{"a":'.repeat(deep),
      `{"format":${'['.repeat(deep)}${']'.repeat(deep)}}`,
      ' '.repeat(MAX_BUNDLE_LENGTH + 1),
    ]
    for (const text of texts) expect(await codeOf(() => verifyBundle(text, { keys }))).toBe('PHI_AUDIT_FORMAT')
  })

  it('is refused with the place, in the words of the format, and no value from it', async () => {
    const bundle = await bundleOf([3])
    const secret = 'Jane Roe'
    const wrong = {
      ...bundle,
      entries: [{ ...bundle.entries[0], open: { subject: { salt: secret, json: secret }, [secret]: 1 } }],
    }
    try {
      readBundle(wrong)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'PHI_AUDIT_FORMAT', path: 'entries[0].open.subject.salt' })
      expect(JSON.stringify(error) + (error as Error).stack).not.toContain('Jane')
    }
    expect(await codeOf(() => readBundle(null as unknown as object))).toBe('PHI_AUDIT_FORMAT')
  })
})
