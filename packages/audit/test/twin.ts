/**
 * Audit format v1 once more, as plainly as it can be written: no code is shared with the library, nothing is fast, and nothing
 * is checked. It writes vectors/v1.json, which the library and implementations in other languages are held to.
 */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

const sha256 = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** RFC 8785. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value).sort()
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] as Json)}`).join(',')}}`
  }
  return JSON.stringify(value)
}

const names = ['event', 'actor', 'source', 'subject', 'context'] as const
type Name = (typeof names)[number]

const commit = (name: string, salt: Uint8Array, json: string): string =>
  b64(sha256(`phi.audit/v1/${name}`, Uint8Array.of(0x0a), salt, json))

const hashOfLeaf = (data: string): Buffer => sha256(Uint8Array.of(0x00), data)
const hashOfNode = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Uint8Array.of(0x01), left, right)

const splitOf = (n: number): number => {
  let k = 1
  while (2 * k < n) k *= 2
  return k
}

/** MTH, RFC 6962 section 2.1. */
function root(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256('')
  if (leaves.length === 1) return leaves[0] as Uint8Array
  const k = splitOf(leaves.length)
  return hashOfNode(root(leaves.slice(0, k)), root(leaves.slice(k)))
}

/** PATH, RFC 6962 section 2.1.1. */
function path(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return []
  const k = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)]
  return m < k ? [...path(m, left), root(right)] : [...path(m - k, right), root(left)]
}

/** SUBPROOF, RFC 6962 section 2.1.2. */
function subproof(m: number, leaves: readonly Uint8Array[], isWhole: boolean): Uint8Array[] {
  if (m === leaves.length) return isWhole ? [] : [root(leaves)]
  const k = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)]
  return m <= k ? [...subproof(m, left, isWhole), root(right)] : [...subproof(m - k, right, false), root(left)]
}

/** The roots of the complete subtrees, the largest first. */
function frontier(leaves: readonly Uint8Array[]): Uint8Array[] {
  const out: Uint8Array[] = []
  let at = 0
  for (let width = 2 ** 30; width >= 1; width /= 2) {
    if (leaves.length - at < width) continue
    out.push(root(leaves.slice(at, at + width)))
    at += width
  }
  return out
}

interface Key {
  readonly name: string
  readonly id: Buffer
  readonly vkey: string
  sign(text: string): string
}

/** A signed note key (C2SP signed-note, type 0x01) from the 32-byte seed of an Ed25519 key. */
function keyOf(name: string, seed: Uint8Array): Key {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const secret = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' }) as Buffer
  const typed = Buffer.concat([Uint8Array.of(0x01), spki.subarray(-32)])
  const id = sha256(name, '\n', typed).subarray(0, 4)
  return {
    name,
    id,
    vkey: `${name}+${id.toString('hex')}+${b64(typed)}`,
    sign: (text) => `${text}\n\u2014 ${name} ${b64(Buffer.concat([id, sign(null, Buffer.from(text), secret)]))}\n`,
  }
}

type Groups = { event: Json; actor: Json; source?: Json; subject?: Json; context?: Json }

/** Every field once, the hard texts and numbers, and entries with nothing but what they must have. */
const examples: readonly Groups[] = [
  {
    event: { action: 'login', id: 'e-0', occurredAt: '2026-01-01T00:00:00.000Z', outcome: 'success' },
    actor: { id: 'u-17', roles: [], type: 'workforce' },
  },
  {
    event: { action: 'read', id: 'e-1', occurredAt: '2024-02-29T23:59:59.999Z', outcome: 'success', severity: 'notice' },
    actor: { id: 'u-17', onBehalfOf: 'u-4', organization: 'org-1', roles: ['therapist', 'supervisor'], type: 'workforce' },
    source: {
      ip: '2001:db8::1',
      request: 'req-1',
      session: 's-1',
      site: 'north',
      trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      userAgent: 'Mozilla/5.0 ("quoted" \\ back\tslash)',
    },
    subject: {
      count: 2,
      dataClasses: ['phi.ops.auditlog'],
      fields: ['name', 'dob'],
      patients: ['p-88', 'p-89'],
      resource: { id: 'n-204', type: 'ProgressNote', version: '3' },
    },
    context: {
      ai: { model: 'm-1', outputHash: 'a'.repeat(64), promptHash: 'b'.repeat(64) },
      breakGlass: true,
      decision: { policy: 'care-team', rule: 'r-7' },
      details: { Zulu: null, alpha: true, big: 1e21, small: 1e-7, sum: 0.30000000000000004, whole: -42, zero: 0 },
      disclosure: { address: '1 Main St\nSpringfield', description: 'Records', purpose: 'Court order', recipient: 'Court' },
      purpose: 'TREAT',
      reason:
        'control: \u0001\u001f\u007f, separators: \u2028\u2029, astral: \ud83d\ude42, combining: e\u0301, rtl: \u05e9\u05dc\u05d5\u05dd, nul: \u0000',
    },
  },
  {
    event: { action: 'read', id: 'e-2', occurredAt: '0000-01-01T00:00:00.000Z', outcome: 'denied' },
    actor: { id: '\u60a3\u8005-\ud83c\udfe5', roles: ['\u00e4rztin'], type: 'patient' },
    source: {},
    subject: { patients: [] },
    context: { details: {} },
  },
  {
    event: {
      action: 'key-destroy',
      id: 'e-3',
      occurredAt: '9999-12-31T23:59:59.999Z',
      outcome: 'failure',
      severity: 'emergency',
    },
    actor: { id: 'svc', roles: [], type: 'system' },
    context: { details: { '\u0061': 1, A: 2, B: 3, b: 4 } },
  },
]

/** The entries of the test log. The salts are made from the index, so that anybody can make them: real ones are random. */
function makeEntries(origin: string, count: number) {
  let previous = b64(new Uint8Array(32))
  return Array.from({ length: count }, (_, index) => {
    const example = examples[index % examples.length] as Groups
    const event = { ...(example.event as object), id: `e-${index}` } as Json
    const groups = { source: {}, subject: {}, context: {}, ...example, event } as Record<Name, Json>
    const recordedAt = new Date(Date.UTC(2026, 2, 4, 5, 6, 7, 89) + Math.floor(index / 3) * 1500).toISOString()
    const open = Object.fromEntries(
      names.map((name) => {
        const salt = sha256(`test salt ${index} ${name}`).subarray(0, 16)
        return [name, { salt: b64(salt), json: canonical(groups[name]) }]
      }),
    ) as Record<Name, { salt: string; json: string }>
    const commitments = Object.fromEntries(
      names.map((name) => [name, commit(name, Buffer.from(open[name].salt, 'base64'), open[name].json)]),
    ) as Record<Name, string>
    const lines = [
      'phi.audit/v1',
      origin,
      String(index),
      recordedAt,
      previous,
      ...names.map((name) => `${name} ${commitments[name]}`),
    ]
    const leaf = `${lines.join('\n')}\n`
    const hash = hashOfLeaf(leaf)
    const entry = { index, recordedAt, previous, open, commitments, leaf, hash: b64(hash) }
    previous = entry.hash
    return entry
  })
}

const SIZE = 20
/** Of the logs that are broken in some way. */
const SHORT = 7
const ORIGIN = 'vectors.example/audit'

/** All vectors, as they are published. */
export function makeVectors() {
  const seed = Uint8Array.from({ length: 32 }, (_, i) => i)
  const key = keyOf(ORIGIN, seed)
  const entries = makeEntries(ORIGIN, SIZE)
  const hashes = entries.map(({ hash }) => Buffer.from(hash, 'base64'))
  const sizes = Array.from({ length: SIZE + 1 }, (_, size) => size)
  const checkpointOf = (size: number, origin = ORIGIN): string =>
    key.sign(`${origin}\n${size}\n${b64(root(hashes.slice(0, size)))}\n`)
  const checkpoint = checkpointOf(SIZE)

  const proved = (index: number, disclose: readonly Name[], size = SIZE) => {
    const { leaf, open } = entries[index] as (typeof entries)[number]
    const proof = path(index, hashes.slice(0, size)).map(b64)
    return { index, leaf, proof, open: Object.fromEntries(disclose.map((name) => [name, open[name]])) as Record<string, Json> }
  }
  const bundle = {
    format: 'phi.audit/bundle@v1',
    checkpoint,
    entries: [proved(0, names), proved(1, ['event', 'subject']), proved(7, []), proved(SIZE - 1, ['context'])],
  }
  // U+2028 and U+2029 as escapes, so that a line is one for every reader of lines.
  const escaped = (code: string) => `\\u${code.charCodeAt(0).toString(16)}`
  const line = (value: unknown): string => `${JSON.stringify(value).replace(/[\u2028\u2029]/g, escaped)}\n`
  const header = { format: 'phi.audit/log@v1', origin: ORIGIN, size: SHORT }
  const linesOf = (size: number) => [
    line({ ...header, size }),
    ...entries.slice(0, size).map(({ index, leaf, open }) => line({ index, leaf, open })),
    line({ checkpoint: checkpointOf(size) }),
  ]

  const [first, second] = bundle.entries as [ReturnType<typeof proved>, ReturnType<typeof proved>]
  const opened = first.open.actor as { salt: string; json: string }
  const withFirst = (change: object) => ({ ...bundle, entries: [{ ...first, ...change }] })
  const broken = (why: string, code: string, value: unknown) => ({
    why,
    verdict: 'broken',
    code,
    bundle: JSON.stringify(value),
  })
  const refused = (why: string, bundleText: string) => ({ why, bundle: bundleText })
  const lines = linesOf(SHORT)
  const without = (at: number) => lines.filter((_, i) => i !== at).join('')

  const large = Array.from({ length: 600 }, (_, i) => hashOfLeaf(`leaf ${i}`))
  return {
    about: [
      'Test vectors for phi.audit/v1. Text is UTF-8, hashes and salts are padded standard base64.',
      'The key is for tests only: its secret is the 32 bytes 0x00 to 0x1f. Real salts are random; these are the first 16 bytes of SHA-256("test salt <index> <group>").',
    ],
    key: { name: key.name, seed: Buffer.from(seed).toString('hex'), keyId: key.id.toString('hex'), vkey: key.vkey },
    origin: ORIGIN,
    entries,
    roots: sizes.map((size) => b64(root(hashes.slice(0, size)))),
    frontiers: sizes.map((size) => frontier(hashes.slice(0, size)).map(b64)),
    inclusion: sizes.flatMap((size) =>
      sizes
        .filter((index) => index < size && (size < 10 || size === SIZE))
        .map((index) => ({
          index,
          size,
          proof: path(index, hashes.slice(0, size)).map(b64),
        })),
    ),
    consistency: sizes.flatMap((size2) =>
      sizes
        .filter((size1) => size1 > 0 && size1 <= size2 && (size2 < 10 || size2 === SIZE))
        .map((size1) => ({
          size1,
          size2,
          proof: subproof(size1, hashes.slice(0, size2), true).map(b64),
        })),
    ),
    large: {
      about:
        'A tree whose leaf i is the text "leaf <i>". Tiles are the roots over 256 leaves each: hashes of tlog-tiles level 1.',
      roots: [255, 256, 257, 511, 512, 513, 600].map((size) => ({ size, root: b64(root(large.slice(0, size))) })),
      tiles: [0, 1].map((index) => b64(root(large.slice(256 * index, 256 * (index + 1))))),
    },
    checkpoints: [0, 1, 7, SIZE].map((size) => ({ size, note: checkpointOf(size) })),
    bundle: JSON.stringify(bundle),
    jsonl: linesOf(SIZE).join(''),
    notCanonical: [
      '',
      '[]',
      '{"a":1,"a":1}',
      '{"b":1,"a":2}',
      '{ "a":1}',
      '{"a":1} ',
      '{"a":1.0}',
      '{"a":1E2}',
      '{"a":1e+021}',
      '{"a":-0}',
      '{"a":01}',
      '{"a":.5}',
      '{"a":"\\u0061"}',
      '{"a":"\\/"}',
      '{"a":"\\u001F"}',
      '{"a":"\\u0008"}',
      '{"a":"\t"}',
      '{"a":"\\ud83d\\ude42"}',
      '{"a":"\\ud800"}',
      '{"a":undefined}',
      '{"a":NaN}',
      '{"a":1,}',
      '{"\u20ac":1,"\\r":2}',
    ],
    notLeaves: [
      '',
      first.leaf.slice(0, -1),
      `${first.leaf}\n`,
      first.leaf.replaceAll('\n', '\r\n'),
      first.leaf.replace('phi.audit/v1', 'phi.audit/v2'),
      first.leaf.replace('\n0\n', '\n00\n'),
      first.leaf.replace('\n0\n', '\n-0\n'),
      first.leaf.replace('\n0\n', '\n9007199254740992\n'),
      first.leaf.replace(ORIGIN, ''),
      first.leaf.replace(ORIGIN, 'two words'),
      first.leaf.replace('2026-03-04', '2026-02-30'),
      first.leaf.replace('.089Z', '.08Z'),
      first.leaf.replace('A=\n', 'B=\n'),
      first.leaf.replace('actor ', 'event '),
      first.leaf.replace(/context .*\n/, ''),
    ],
    bundlesBroken: [
      broken(
        'a disclosed text was changed',
        'altered-group',
        withFirst({ open: { actor: { ...opened, json: opened.json.replace('u-17', 'u-18') } } }),
      ),
      broken(
        'a salt was changed',
        'altered-group',
        withFirst({ open: { actor: { ...opened, salt: b64(new Uint8Array(16)) } } }),
      ),
      broken(
        'groups were exchanged',
        'altered-group',
        withFirst({ open: { source: first.open.subject, subject: first.open.source } }),
      ),
      broken('the leaf was changed', 'not-proved', withFirst({ leaf: first.leaf.replace('.089Z', '.090Z') })),
      broken('the leaf was damaged', 'malformed-leaf', withFirst({ leaf: first.leaf.slice(1) })),
      broken('the index is another', 'out-of-order', withFirst({ index: 1 })),
      broken('the proof is of another entry', 'not-proved', withFirst({ proof: second.proof })),
      broken('the proof is too short', 'not-proved', withFirst({ proof: first.proof.slice(1) })),
      broken('the proof is too long', 'not-proved', withFirst({ proof: [...first.proof, first.proof[0]] })),
      broken('the proof is to another size', 'not-proved', withFirst(proved(0, names, 7))),
      broken('an entry is there twice', 'duplicate-index', { ...bundle, entries: [first, first] }),
      broken('the checkpoint is of another log', 'wrong-origin', {
        ...bundle,
        checkpoint: checkpointOf(SIZE, 'other.example/audit'),
      }),
      broken('the size in the checkpoint was changed', 'bad-signature', {
        ...bundle,
        checkpoint: checkpoint.replace(`\n${SIZE}\n`, '\n21\n'),
      }),
      broken('the signature was changed', 'bad-signature', { ...bundle, checkpoint: checkpoint.replace(/.=\n$/, 'A=\n') }),
      broken('the checkpoint is no note', 'malformed-checkpoint', { ...bundle, checkpoint: 'hello' }),
    ],
    bundlesUnverifiable: [
      { why: 'no entries', code: 'empty', bundle: JSON.stringify({ ...bundle, entries: [] }) },
      {
        why: 'signed by another key of the same name',
        code: 'unknown-key',
        bundle: JSON.stringify({
          ...bundle,
          checkpoint: keyOf(ORIGIN, seed.toReversed()).sign(`${checkpoint.split('\n\n')[0]}\n`),
        }),
      },
    ],
    bundlesRefused: [
      refused('nothing', ''),
      refused('not JSON', '{'),
      refused('cut short', JSON.stringify(bundle).slice(0, -10)),
      refused('another format', JSON.stringify({ ...bundle, format: 'phi.audit/bundle@v2' })),
      refused('an unknown key', JSON.stringify({ ...bundle, note: 'x' })),
      refused('an unknown group', JSON.stringify(withFirst({ open: { actors: opened } }))),
      refused('an unknown key in an opening', JSON.stringify(withFirst({ open: { actor: { ...opened, note: 'x' } } }))),
      refused(
        'a salt of 15 bytes',
        JSON.stringify(withFirst({ open: { actor: { ...opened, salt: b64(new Uint8Array(15)) } } })),
      ),
      refused(
        'a salt with stray bits',
        JSON.stringify(withFirst({ open: { actor: { ...opened, salt: 'AAAAAAAAAAAAAAAAAAAAAB==' } } })),
      ),
      refused('a hash that is no base64', JSON.stringify(withFirst({ proof: ['?'] }))),
      refused('an index that is no number', JSON.stringify(withFirst({ index: '0' }))),
      refused('a negative index', JSON.stringify(withFirst({ index: -1 }))),
    ],
    jsonlBroken: [
      { why: 'an entry was deleted', code: 'gap', index: 5, jsonl: without(6) },
      { why: 'the last entry was cut off', code: 'truncated-tail', index: SHORT - 1, jsonl: without(SHORT) },
      { why: 'cut short, checkpoint and all', code: 'truncated-tail', index: 3, jsonl: lines.slice(0, 4).join('') },
      {
        why: 'an entry is there twice',
        code: 'duplicate-index',
        index: 3,
        jsonl: [...lines.slice(0, 5), lines[4], ...lines.slice(5)].join(''),
      },
      {
        why: 'a line was damaged',
        code: 'malformed-leaf',
        index: 3,
        jsonl: [...lines.slice(0, 4), 'x\n', ...lines.slice(5)].join(''),
      },
      { why: 'lines after the checkpoint', code: 'trailing-lines', jsonl: `${lines.join('')}${lines[1]}` },
      {
        why: 'a text was changed',
        code: 'altered-group',
        index: 2,
        jsonl: lines.join('').replace('\u60a3\u8005', '\u8005\u60a3'),
      },
      {
        why: 'another origin in the header',
        code: 'wrong-origin',
        jsonl: [line({ ...header, origin: 'other.example/audit' }), ...lines.slice(1)].join(''),
      },
      {
        why: 'another size in the header',
        code: 'head-mismatch',
        jsonl: [line({ ...header, size: SHORT - 1 }), ...lines.slice(1)].join(''),
      },
    ],
  }
}

export type Vectors = ReturnType<typeof makeVectors>

/** The file as it is published. */
export const vectorsText = (): string => `${JSON.stringify(makeVectors(), null, 1)}\n`
