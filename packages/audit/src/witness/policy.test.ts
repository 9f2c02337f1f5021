import { utf8 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { mlDsa44Algorithms, mlDsa44Signer } from '../ml-dsa/index.ts'
import { ed25519Cosigner, ed25519Signer, formatVkey, parseVkey } from '../note/index.ts'
import { formatWitnessPolicy, meetsQuorum, parseWitnessPolicy, type WitnessPolicy, witnessPolicy } from './index.ts'
import { assertPolicy } from './policy.ts'

const key = (byte: number) => new Uint8Array(32).fill(byte)
const w = Array.from({ length: 7 }, (_, i) => ed25519Cosigner.fromSecretKey(`w${i}.example`, key(i + 1)).vkey) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
]
const log = ed25519Signer.fromSecretKey('clinic.example/audit', key(99)).vkey

// The example of C2SP tlog-policy, with keys.
const example = `log ${log}

witness X1 ${w[1]}
witness X2 ${w[2]}
witness X3 ${w[3]}
group X-witnesses 2 X1 X2 X3

witness Y1 ${w[4]}
witness Y2 ${w[5]} https://y2.example/submit
witness Y3 ${w[6]}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`

const refused = async (text: string | Uint8Array) => {
  const error = await refusal(() => parseWitnessPolicy(text))
  expect(error.code).toBe('PHI_AUDIT_WITNESS_POLICY')
  return error
}

describe('a witness policy', () => {
  it('S6 reads the example of C2SP tlog-policy and asks for what it says', () => {
    const policy = parseWitnessPolicy(example)
    expect(policy.groups).toEqual([
      { name: 'X-witnesses', threshold: 2, members: ['X1', 'X2', 'X3'] },
      { name: 'Y-witnesses', threshold: 1, members: ['Y1', 'Y2', 'Y3'] },
      { name: 'X-and-Y', threshold: 2, members: ['X-witnesses', 'Y-witnesses'] },
    ])
    const met = (...names: string[]) => meetsQuorum(policy, new Set(names))
    expect([met('X1', 'X2', 'Y1'), met('X1', 'X2', 'X3'), met('X3', 'Y1', 'Y2', 'Y3'), met('X2', 'X3', 'Y3'), met()]).toEqual([
      true,
      false,
      false,
      true,
      false,
    ])
  })

  it('is written back as it was read', () => {
    const policy = parseWitnessPolicy(example)
    const text = formatWitnessPolicy(policy)
    expect(text).toContain('group X-and-Y 2 X-witnesses Y-witnesses\nquorum X-and-Y\n')
    expect(formatWitnessPolicy(parseWitnessPolicy(text))).toBe(text)
    expect(formatWitnessPolicy(parseWitnessPolicy(utf8(text)))).toBe(text)
  })

  it('takes white space, comments, opaque names, and no last newline', () => {
    const policy = parseWitnessPolicy(
      `\n# comment\n\t # another\n\twitness \t all  ${w[0]}  https://w.example/  \n\n  witness \u212a ${w[1]}\nwitness K ${w[2]}\ngroup group 2 all \u212a K\n quorum\tgroup`,
    )
    expect(policy.witnesses.map(({ name }) => name)).toEqual(['all', '\u212a', 'K'])
    expect(policy.witnesses[0]?.url).toBe('https://w.example/')
    expect(parseWitnessPolicy('quorum none\n').quorum).toBe('none')
    expect(meetsQuorum(parseWitnessPolicy('quorum none\n'), new Set())).toBe(true)
  })

  it('knows ML-DSA-44 keys where it is given the algorithm, and refuses them otherwise', async () => {
    const vkey = mlDsa44Signer.fromSeed('pq.example', key(5)).vkey
    const text = `witness pq ${vkey}\nquorum pq\n`
    expect(parseWitnessPolicy(text, { algorithms: mlDsa44Algorithms }).witnesses[0]?.verifier.type).toBe(6)
    await refused(text)
  })

  const one = `witness w1 ${w[1]}\n`
  const { publicKey } = parseVkey(w[1])
  it.each([
    ['a control character', 'quorum none\n\u0001'],
    ['a carriage return', 'quorum none\r\n'],
    ['a DEL', 'quorum none\u007f\n'],
    ['a lone surrogate', '# \ud800\nquorum none\n'],
    ['an unknown keyword', 'quibble\nquorum none\n'],
    ['a keyword in capitals', 'Quorum none\n'],
    ['a comment at the end of a line', `witness w1 ${w[1]} https://w.example # c\nquorum w1\n`],
    ['a log without a key', 'log\nquorum none\n'],
    ['a log with rubbish for a key', 'log garbage\nquorum none\n'],
    ["a log with a cosigner's key", `log ${w[1]}\nquorum none\n`],
    ['a log twice', `log ${log}\nlog ${log} https://log.example\nquorum none\n`],
    ['a witness without a key', 'witness w1\nquorum none\n'],
    ["a witness with a log's kind of key", `witness w1 ${log}\nquorum w1\n`],
    [
      "a witness with the log's own key",
      `log ${log}\nwitness w1 ${formatVkey({ name: 'w', type: 4, publicKey: parseVkey(log).publicKey })}\nquorum w1\n`,
    ],
    ['a witness with an ECDSA key', `witness w1 ${formatVkey({ name: 'e', type: 2, publicKey: key(1) })}\nquorum w1\n`],
    ['a witness called none', `witness none ${w[1]}\nquorum none\n`],
    ['a name twice', `${one}witness w1 ${w[2]}\nquorum w1\n`],
    ["a group with a witness's name", `${one}group w1 any w1\nquorum w1\n`],
    [
      'one key under two names',
      `${one}witness w2 ${formatVkey({ name: 'other.example', type: 4, publicKey })}\ngroup g 2 w1 w2\nquorum g\n`,
    ],
    ['a group without members', `${one}group g 1\nquorum w1\n`],
    ['a group called none', `${one}group none any w1\nquorum none\n`],
    ['a threshold of nothing', `${one}group g 0 w1\nquorum g\n`],
    ['a negative threshold', `${one}group g -1 w1\nquorum g\n`],
    ['a threshold with a leading zero', `${one}group g 01 w1\nquorum g\n`],
    ['a threshold that nobody can meet', `${one}group g 2 w1\nquorum g\n`],
    ['a member that is not there', `${one}group g any w2\nquorum g\n`],
    ['a member that comes later', `group g any w1\n${one}quorum g\n`],
    ['a group in itself', `${one}group g any w1 g\nquorum g\n`],
    ['none as a member', `${one}group g any none w1\nquorum g\n`],
    ['a member twice', `${one}group g all w1 w1\nquorum g\n`],
    ['a member of two groups', `${one}witness w2 ${w[2]}\ngroup g any w1 w2\ngroup h any w1\nquorum g\n`],
    ['no quorum', one],
    ['two quorums', `${one}quorum w1\nquorum w1\n`],
    ['a quorum of nobody known', 'quorum w1\n'],
    ['a quorum that comes later', `quorum w1\n${one}`],
    ['a quorum without a name', 'quorum\n'],
    ['nothing', ''],
  ])('refuses %s', async (_, text) => {
    await refused(text)
  })

  it('refuses bytes that are not UTF-8, and more than it reads', async () => {
    await refused(Uint8Array.of(0x23, 0xff, 0x0a))
    await refused('#'.repeat(1_500_001))
    await refused(
      `${Array.from({ length: 257 }, (_, i) => `witness w${i} ${formatVkey({ name: 'w', type: 4, publicKey: Uint8Array.from({ length: 32 }, (_, j) => (j === 0 ? i & 255 : i >> 8)) })}`).join('\n')}\nquorum w0\n`,
    )
  })

  it('names the line and quotes nothing of it', async () => {
    const error = await refused(`${one}# fine\nsecret-word-in-line\nquorum w1\n`)
    expect(error.info).toEqual({ line: 3 })
    expect(JSON.stringify(error)).not.toContain('secret-word')
  })

  it('reads 32 logs, witnesses and groups, nested as deep as they go', () => {
    const rows = Array.from({ length: 64 }, (_, i) => ed25519Cosigner.fromSecretKey('w', key(100 + i)).vkey)
    const logs = rows.slice(32).map((_, i) => `log ${ed25519Signer.fromSecretKey(`l${i}`, key(180 + i)).vkey}`)
    const witnesses = rows.slice(0, 32).map((vkey, i) => `witness w${i} ${vkey}`)
    const groups = witnesses.map((_, i) => `group g${i} all w${i}${i === 0 ? '' : ` g${i - 1}`}`)
    const policy = parseWitnessPolicy([...logs, ...witnesses, ...groups, 'quorum g31'].join('\n'))
    const names = new Set(policy.witnesses.map(({ name }) => name))
    expect(meetsQuorum(policy, names)).toBe(true)
    names.delete('w0')
    expect(meetsQuorum(policy, names)).toBe(false)
  })

  it('can be made of values: a number asks for so many of all', async () => {
    const witnesses = [w[0], w[1], w[2]].map((vkey, i) => ({ name: i === 0 ? 'quorum' : `w${i}`, vkey }))
    const policy = witnessPolicy({ witnesses, quorum: 2 })
    expect(meetsQuorum(policy, new Set(['quorum', 'w2']))).toBe(true)
    expect(meetsQuorum(policy, new Set(['quorum']))).toBe(false)
    expect(formatWitnessPolicy(parseWitnessPolicy(formatWitnessPolicy(policy)))).toBe(formatWitnessPolicy(policy))
    for (const quorum of [0, 4, 1.5, -1, Number.NaN, 'w9', ''])
      expect((await refusal(() => witnessPolicy({ witnesses, quorum }))).code).toBe('PHI_AUDIT_WITNESS_POLICY')
    expect((await refusal(() => witnessPolicy({ witnesses, quorum: 1, quorom: 2 } as never))).code).toBe(
      'PHI_AUDIT_WITNESS_POLICY',
    )
    // What only looks like a policy might ask for nothing.
    expect((await refusal(() => assertPolicy({ ...policy, quorum: 'none' } as WitnessPolicy))).code).toBe(
      'PHI_AUDIT_WITNESS_POLICY',
    )
  })

  it('a quorum is met as a plain recursion over the groups says', () => {
    const names = ['w1', 'w2', 'w3', 'w4', 'w5', 'w6']
    const rows = names.map((name, i) => `witness ${name} ${w[i + 1]}`)
    const arbitrary = fc.record({
      cuts: fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }),
      thresholds: fc.array(fc.nat(5), { minLength: 5, maxLength: 5 }),
      witnessed: fc.subarray(names),
    })
    fc.assert(
      fc.property(arbitrary, ({ cuts, thresholds, witnessed }) => {
        const open = [...names]
        const groups: { name: string; k: number; members: string[] }[] = []
        for (const [i, cut] of cuts.entries()) {
          const members = open.splice(0, Math.min(open.length, cut + 1))
          groups.push({ name: `g${i}`, k: ((thresholds[i] as number) % members.length) + 1, members })
          open.unshift(`g${i}`)
        }
        const last = groups.at(-1)?.name as string
        const text = [...rows, ...groups.map((g) => `group ${g.name} ${g.k} ${g.members.join(' ')}`), `quorum ${last}`].join(
          '\n',
        )
        const plain = (name: string): boolean => {
          const group = groups.find((each) => each.name === name)
          return group === undefined ? witnessed.includes(name) : group.members.filter(plain).length >= group.k
        }
        expect(meetsQuorum(parseWitnessPolicy(text), new Set(witnessed))).toBe(plain(last))
      }),
      { numRuns: 100 },
    )
  })
})
