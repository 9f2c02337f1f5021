import { fixedClock, fromHex, sha256, toHex, utf8 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../../core/test/chromium.ts'
import { refusal } from '../../../core/test/refusal.ts'
import { cosignerOf, key, Leaves, logSigner, NOW, numbered, origin } from '../../test/witness/world.ts'
import { mlDsa44Signer } from '../ml-dsa/index.ts'
import {
  cosignaturesOf,
  ed25519Cosigner,
  ed25519Signer,
  formatCheckpoint,
  formatVkey,
  openNote,
  parseCheckpoint,
  parseNote,
  signNote,
  verifierFromVkey,
} from '../note/index.ts'
import { type Cosigner, memoryWitnessStore, type WitnessStore, witness, witnessHandler } from './index.ts'

const w1 = cosignerOf(1)
const logs = [{ origin, keys: [logSigner.vkey] }]
const make = (more: { store?: WitnessStore; signers?: readonly Cosigner[]; clock?: () => number } = {}) =>
  witness({ logs, signers: [w1], store: memoryWitnessStore(), clock: () => NOW, ...more })

/** The one cosignature in an answer, checked on the checkpoint's text. */
function cosigned(note: string, lines: string, cosigner: Cosigner = w1) {
  const { text } = parseNote(note)
  return cosignaturesOf(parseNote(`${text}\n${lines}`), [cosigner.verifier])
}

describe('a witness', () => {
  it('S6 S145 cosigns a log as it grows, and says what it has when it is asked from elsewhere', async () => {
    const leaves = new Leaves(numbered(20))
    const w = make()
    for (const [old, size] of [
      [0, 3],
      [3, 3],
      [3, 8],
      [8, 20],
    ] as const) {
      const { status, body } = await w.addCheckpoint(await leaves.request(old, size))
      expect(status).toBe(200)
      expect(cosigned(await leaves.checkpoint(size), body)).toMatchObject([{ valid: true, time: NOW }])
    }
    for (const old of [0, 3, 8, 19])
      expect(await w.addCheckpoint(await leaves.request(old, 20))).toEqual({
        status: 409,
        contentType: 'text/x.tlog.size',
        body: '20\n',
      })
    // An older checkpoint of the same log, whatever size it is asked from, is not cosigned again.
    expect(await w.addCheckpoint(await leaves.request(8, 8))).toMatchObject({ status: 409, body: '20\n' })
  })

  it('S6 serves the checkpoint it cosigned to monitors, with the signatures of the log and its own and no others', async () => {
    const leaves = new Leaves(numbered(5))
    const w = make()
    const hash = toHex(sha256(utf8(origin)))
    expect(await w.checkpoint(hash)).toBeUndefined()
    await w.addCheckpoint(await leaves.request(0, 5, [logSigner, ed25519Signer.fromSecretKey('stranger.example', key(7))]))
    const note = (await w.checkpoint(hash)) as string
    expect(openNote(note, [verifierFromVkey(logSigner.vkey), w1.verifier]).unverified).toEqual([])
    expect(parseNote(note).signatures).toHaveLength(2)
    expect(await w.checkpoint('0'.repeat(64))).toBeUndefined()
  })

  // The requests and answers of the litewitness test of filippo.io/torchwood (cmd/litewitness/testdata/litewitness.txt), a log of
  // Sigsum. One status differs: torchwood of that time answered 403 to an unknown origin, where the specification asks
  // for 404.
  it('S6 answers the published requests of another witness as the specification asks', async () => {
    const name = 'sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562'
    const publicKey = fromHex('ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f')
    const vkey = formatVkey({ name, publicKey })
    const cosigner = ed25519Cosigner.fromSecretKey('example.com/witness', key(3))
    const w = witness({
      logs: [{ origin: name, keys: [vkey] }],
      signers: [cosigner],
      store: memoryWitnessStore(),
      clock: () => NOW,
    })
    const [two, three, four] = [
      'KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
      'KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
      'KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
    ]
    const note = (size: number, root: string, signature: string, as = name) =>
      `${as}\n${size}\n${root}\n\n— ${as} ${signature}\n`
    const note1 = note(
      1,
      'KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
      'UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=',
    )
    const root3 = 'RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0='
    const signature3 = 'UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go='
    const note3 = note(3, root3, signature3)
    const note5 = note(
      5,
      'QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=',
      'UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=',
    )
    const ask = async (request: string) => {
      const { status, body } = await w.addCheckpoint(request)
      return status === 409 ? `409 ${body.trim()}` : status
    }
    expect(await ask(`old 0\n\n${note1}`)).toBe(200)
    expect(await ask(`old 1\n${two}\n${three}\n\n${note(3, root3, signature3.replace('6go=', '6gx='))}`)).toBe(400)
    expect(await ask(`old 1\n${two}\n${three}\n\n${note(3, root3, signature3.replace('WVrx6go=', 'WVry6go='))}`)).toBe(403)
    expect(await ask(`old 1\n${two}\n${three}\n\n${note(3, root3, signature3, `${name.slice(0, -1)}3`)}`)).toBe(404)
    expect(await ask(`old 1\n\n${note3}`)).toBe(422)
    expect(await ask(`old 1\n${two}\n${three.replace('AAA=', 'ABA=')}\n\n${note3}`)).toBe(422)
    expect(await ask(`old 1\n${two}\n${three}\n\n${note3}`)).toBe(200)
    expect(await ask(`old 1\n${two}\n+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI=\n${four}\n\n${note5}`)).toBe('409 3')
    const proof5 = [
      three,
      'KgMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
      'wgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE=',
      four,
    ].join('\n')
    expect(await ask(`old 3\n${proof5}\n\n${note5}`)).toBe(200)
    expect(await ask(`old 0\n\n${note5}`)).toBe('409 5')
  })

  it('S6 refuses what the specification has it refuse, and keeps its state', async () => {
    const store = memoryWitnessStore()
    const w = make({ store })
    const leaves = new Leaves(numbered(12))
    expect((await w.addCheckpoint(await leaves.request(0, 4))).status).toBe(200)
    const before = await store.get(origin)
    const stranger = ed25519Signer.fromSecretKey(origin, key(9))
    const fork = new Leaves(numbered(4, 'other')).add(...numbered(8))
    const { text } = parseNote(await leaves.checkpoint(8))
    const proof = (await leaves.request(4, 8)).split('\n\n')[0] as string
    const forged = `${text}\n${(await leaves.checkpoint(9)).split('\n\n')[1]}`
    const empty = await signNote(formatCheckpoint({ origin, size: 0, root: key(3) }), [logSigner])
    const cases: [number, string][] = [
      [403, await leaves.request(4, 8, [stranger])],
      [403, `${proof}\n\n${forged}`],
      // A valid signature beside an invalid one of the same key.
      [403, `${proof}\n\n${await leaves.checkpoint(8)}${forged.split('\n\n')[1]}`],
      [404, (await leaves.request(4, 8)).replace(`\n\n${origin}`, '\n\nother.example/log')],
      [400, await leaves.request(9, 8)],
      [422, await fork.request(4, 8)],
      [422, await fork.request(4, 4)],
      [422, (await leaves.request(4, 8)).replace(/\n[^\n]+\n\n/, '\n\n')],
      [422, `old 4\n${'A'.repeat(43)}=\n\n${await leaves.checkpoint(4)}`],
      [409, `old 0\n\n${empty}`],
    ]
    for (const [status, request] of cases) expect((await w.addCheckpoint(request)).status).toBe(status)
    expect(await store.get(origin)).toEqual(before)
    const fresh = make()
    expect((await fresh.addCheckpoint(`old 0\n\n${empty}`)).status).toBe(422)
    expect((await fresh.addCheckpoint(`old 0\n${'A'.repeat(43)}=\n\n${await leaves.checkpoint(4)}`)).status).toBe(422)
    expect((await fresh.addCheckpoint(await new Leaves().request(0, 0))).status).toBe(200)
    expect((await fresh.addCheckpoint(await leaves.request(0, 4))).status).toBe(200)
  })

  it('refuses every malformed request with 400, and long ones with 413', async () => {
    const leaves = new Leaves(numbered(9))
    const w = make()
    const good = await leaves.request(0, 9)
    const note = await leaves.checkpoint(9)
    const hash = `${'A'.repeat(43)}=`
    const bad = [
      '',
      '\n',
      'old 0',
      'old 0\n',
      good.slice(0, -1),
      good.replace('old 0', 'old 00'),
      good.replace('old 0', 'old -1'),
      good.replace('old 0', 'old 0 '),
      good.replace('old 0', 'Old 0'),
      good.replace('old 0', 'old 9007199254740992'),
      good.replace('\n\n', '\n'),
      `old 3\n${hash.slice(1)}\n\n${note}`,
      `old 3\n${hash} \n\n${note}`,
      `old 3\n${'A'.repeat(42)}B=\n\n${note}`,
      `old 3\r\n\r\n${note}`,
      `old 3\n${`${hash}\n`.repeat(64)}\n${note}`,
      `\ufeff${good}`,
      good.replace('\n9\n', '\n09\n'),
    ]
    for (const request of bad) expect([request, (await w.addCheckpoint(request)).status]).toEqual([request, 400])
    expect((await w.addCheckpoint(Uint8Array.of(0xff, 0xfe))).status).toBe(400)
    expect((await w.addCheckpoint(`old 0\n\n${'x'.repeat(140_000)}`)).status).toBe(413)
    expect((await w.addCheckpoint(`old 3\n${`${hash}\n`.repeat(63)}\n${note}`)).status).toBe(409)
    expect((await w.addCheckpoint(good)).status).toBe(200)
  })

  it('two requests at once are never both cosigned out of order', async () => {
    const leaves = new Leaves(numbered(30))
    // Everybody reads the state before anybody writes.
    const inner = memoryWitnessStore()
    let waiting: (() => void)[] = []
    let isHeld = false
    const store: WitnessStore = {
      get: async (name) => {
        const state = await inner.get(name)
        if (isHeld) await new Promise<void>((resolve) => waiting.push(resolve))
        return state
      },
      update: inner.update,
    }
    const w = make({ store })
    expect((await w.addCheckpoint(await leaves.request(0, 10))).status).toBe(200)
    isHeld = true
    const requests = await Promise.all([30, 20, 11, 20, 30].map((size) => leaves.request(10, size)))
    const answers = requests.map((request) => w.addCheckpoint(request))
    while (waiting.length < 5) await new Promise((resolve) => setImmediate(resolve))
    isHeld = false
    for (const go of waiting) go()
    waiting = []
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.filter((status) => status === 409)).toHaveLength(4)
    expect((await inner.get(origin))?.size).toBe(30)
  })

  it('nothing that it signed leaves where the state cannot be kept, or the signer is another', async () => {
    const leaves = new Leaves(numbered(3))
    const failing: WitnessStore = { ...memoryWitnessStore(), update: () => Promise.reject(new Error('secret path /var/x')) }
    const { status, body } = await make({ store: failing }).addCheckpoint(await leaves.request(0))
    expect([status, body]).toEqual([500, 'the witness cannot answer: unexpected\n'])
    const store = memoryWitnessStore()
    const turned = { ...w1, signAt: cosignerOf(2).signAt }
    expect((await make({ signers: [turned], store }).addCheckpoint(await leaves.request(0))).status).toBe(500)
    expect(await store.get(origin)).toBeUndefined()
  })

  it('signs times that do not run backwards when its clock is set back a little', async () => {
    const leaves = new Leaves(numbered(9))
    const clock = fixedClock(NOW)
    const w = make({ clock })
    const times: number[] = []
    for (const [old, size, step] of [
      [0, 2, 0],
      [2, 4, -100_000],
      [4, 6, 150_000],
      [6, 9, -86_400_000],
    ] as const) {
      clock.advance(step)
      const { body } = await w.addCheckpoint(await leaves.request(old, size))
      times.push((cosigned(await leaves.checkpoint(size), body)[0]?.time as number) - NOW)
    }
    // The last step is no correction: a clock that was a day ahead must not be believed for a day.
    expect(times).toEqual([0, 0, 50_000, 50_000 - 86_400_000])
  })

  it('S6 cosigns with two keys at once, and leaves extension lines to those that cover them', async () => {
    const pq = mlDsa44Signer.fromSeed('witness.example/pq', key(4), { clock: () => NOW })
    const leaves = new Leaves(numbered(3))
    const { status, body } = await make({ signers: [w1, pq] }).addCheckpoint(await leaves.request(0))
    expect(status).toBe(200)
    const note = await leaves.checkpoint()
    for (const each of [w1, pq]) expect(cosigned(note, body, each)).toMatchObject([{ valid: true, time: NOW }])
    const extended = await signNote(formatCheckpoint({ origin, size: 3, root: leaves.root(), extensions: ['more'] }), [
      logSigner,
    ])
    expect((await make({ signers: [w1, pq] }).addCheckpoint(`old 0\n\n${extended}`)).status).toBe(400)
    expect((await make().addCheckpoint(`old 0\n\n${extended}`)).status).toBe(200)
  })

  it('needs logs, keys and signers that can be told apart', async () => {
    const base = { logs, signers: [w1], store: memoryWitnessStore(), clock: () => NOW }
    for (const bad of [
      { signers: [] },
      { signers: [w1, w1] },
      { logs: [...logs, ...logs] },
      { logs: [{ origin, keys: [] }] },
      { logs: [{ origin: '', keys: [logSigner.vkey] }] },
      { signers: [logSigner as never] },
    ])
      expect((await refusal(() => witness({ ...base, ...bad }))).code).toBe('PHI_AUDIT_WITNESS_OPTIONS')
  })
})

describe('S6 a witness and a log with random histories', () => {
  it('at most one root of a size is ever cosigned, sizes never go back, and each continues the one before', async () => {
    const step = fc.record({
      branch: fc.nat(2),
      grow: fc.nat(4),
      size: fc.nat(12),
      old: fc.oneof(fc.constant('state' as const), fc.nat(14)),
      kind: fc.constantFrom('honest', 'honest', 'honest', 'wrong-proof', 'stranger'),
    })
    const stranger = ed25519Signer.fromSecretKey(origin, key(9))
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const store = memoryWitnessStore()
        const w = make({ store })
        // Three histories that agree on the first entries only: what a log that forks has.
        const branches = [0, 1, 2].map((n) => new Leaves(['a', 'b']).add(...numbered(n)))
        const seen: { size: number; root: string; branch: Leaves }[] = []
        for (const [i, { branch, grow, size, old, kind }] of steps.entries()) {
          const leaves = branches[branch] as Leaves
          leaves.add(...numbered(grow, `branch ${branch} step ${i}`))
          const at = Math.min(size, leaves.hashes.length)
          const from = old === 'state' ? ((await store.get(origin))?.size ?? 0) : old
          let request = await leaves.request(from, at, [kind === 'stranger' ? stranger : logSigner])
          if (kind === 'wrong-proof') request = request.replace('\n', `\n${'A'.repeat(43)}=\n`)
          const before = await store.get(origin)
          const { status, body } = await w.addCheckpoint(request)
          if (status !== 200) {
            expect(await store.get(origin)).toEqual(before)
            continue
          }
          expect(kind).toBe('honest')
          const { text } = parseNote(request.slice(request.indexOf('\n\n') + 2))
          expect(cosigned(`${text}\n${body}`, body)).toMatchObject([{ valid: true }])
          const checkpoint = parseCheckpoint(text)
          seen.push({ size: checkpoint.size, root: toHex(checkpoint.root), branch: leaves })
        }
        for (const [i, { size, branch }] of seen.entries()) {
          const last = seen[i - 1]
          if (last === undefined) continue
          expect(size).toBeGreaterThanOrEqual(last.size)
          // The plain meaning of consistency: the earlier tree is that of the first leaves of the later one.
          expect(toHex(branch.root(last.size))).toBe(last.root)
        }
        expect(new Map(seen.map(({ size, root }) => [size, root])).size).toBe(
          new Set(seen.map(({ size, root }) => `${size} ${root}`)).size,
        )
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 400 : 20 },
    )
  })
})

describe('the handler', () => {
  const url = 'http://witness.example'
  it('S6 has the paths, methods and types of the protocol', async () => {
    const leaves = new Leaves(numbered(5))
    const handle = witnessHandler(make(), { prefix: '/clinic' })
    const post = async (body: string) => handle(new Request(`${url}/clinic/add-checkpoint`, { method: 'POST', body }))
    const hash = toHex(sha256(utf8(origin)))
    expect((await handle(new Request(`${url}/clinic/${hash}/checkpoint`))).status).toBe(404)
    const answer = await post(await leaves.request(0))
    expect([answer.status, (await answer.text()).startsWith('\u2014 witness.example/w1 ')]).toEqual([200, true])
    const conflict = await post(await leaves.request(2))
    expect([conflict.status, conflict.headers.get('content-type'), await conflict.text()]).toEqual([
      409,
      'text/x.tlog.size',
      '5\n',
    ])
    const served = await handle(new Request(`${url}/clinic/${hash}/checkpoint`))
    expect(openNote(await served.text(), [verifierFromVkey(logSigner.vkey), w1.verifier]).verified).toHaveLength(2)
    const statuses = await Promise.all(
      [
        new Request(`${url}/clinic/add-checkpoint`),
        new Request(`${url}/clinic/${hash}/checkpoint`, { method: 'DELETE' }),
        new Request(`${url}/add-checkpoint`, { method: 'POST', body: 'x' }),
        new Request(`${url}/clinic/${hash.toUpperCase()}/checkpoint`),
        new Request(`${url}/clinic/../${hash}/checkpoint`),
        new Request(`${url}/clinic/add-checkpoint`, { method: 'POST', body: 'x'.repeat(200_000) }),
        new Request(`${url}/clinic/add-checkpoint`, { method: 'POST' }),
      ].map(async (request) => (await handle(request)).status),
    )
    expect(statuses).toEqual([405, 405, 404, 404, 404, 413, 400])
  })

  it('reads no more of an endless body than it must', async () => {
    let pulled = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++
        controller.enqueue(new Uint8Array(16_384))
      },
    })
    const request = new Request(`${url}/add-checkpoint`, { method: 'POST', body: endless, duplex: 'half' } as RequestInit)
    expect((await witnessHandler(make())(request)).status).toBe(413)
    expect(pulled).toBeLessThan(20)
  })
})

const chromium = chromiumPath()
describe.skipIf(chromium === undefined)(`in Chromium${chromium === undefined ? ' (not found: skipped)' : ''}`, () => {
  it('a page asks a witness that runs in the page, and reads a policy', async () => {
    const leaves = new Leaves(numbered(3))
    const seen = await inChromium<{ outcome: string; quorum: string }>(`
      import { cosign, ed25519Cosigner, memoryWitnessStore, parseWitnessPolicy, witness, witnessHandler } from '@phi/audit/witness'
      const [note, origin, vkey] = ${JSON.stringify([await leaves.checkpoint(), origin, logSigner.vkey])}
      globalThis.result = (async () => {
        const signer = await ed25519Cosigner.generate('witness.example/page')
        const handle = witnessHandler(witness({ logs: [{ origin, keys: [vkey] }], signers: [signer], store: memoryWitnessStore(), clock: Date.now }))
        const { results } = await cosign({
          note,
          proofs: { size: async () => 3, proveConsistency: async () => { throw new Error() } },
          witnesses: [{ name: 'page', url: 'https://page.example', verifiers: [signer.verifier] }],
          fetch: (url, init) => handle(new Request(url, init)),
          clock: Date.now,
        })
        return { outcome: results[0].outcome, quorum: parseWitnessPolicy('witness page ' + signer.vkey + '\\nquorum page\\n').quorum }
      })()`)
    expect(seen).toEqual({ outcome: 'cosigned', quorum: 'page' })
  })
})
