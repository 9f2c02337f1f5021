import type { IncomingMessage, ServerResponse } from 'node:http'
import { fixedClock } from '@phi/core'
import { afterEach, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { cosignerOf, key, Leaves, logSigner, loopback, NOW, numbered, origin } from '../../test/witness/world.ts'
import { mlDsa44Signer } from '../ml-dsa/index.ts'
import {
  type Cosigner,
  cosignaturesOf,
  ed25519Signer,
  formatCheckpoint,
  openNote,
  parseNote,
  signNote,
  verifierFromVkey,
} from '../note/index.ts'
import {
  type CosignOptions,
  cosign,
  memoryWitnessStore,
  type WitnessFetch,
  type WitnessResult,
  witness,
  witnessHandler,
} from './index.ts'
import { formatAddCheckpoint, parseAddCheckpoint } from './message.ts'
import { serveWitness } from './node/index.ts'

const clock = fixedClock(NOW)
const w1 = cosignerOf(1)
const fetch = globalThis.fetch as unknown as WitnessFetch
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  clock.set(NOW)
  await Promise.all(closing.splice(0).map((close) => close()))
})

const leaves = new Leaves(numbered(40))

/** A genuine witness on loopback. */
async function served(signers: readonly Cosigner[] = [w1], now: () => number = clock) {
  const store = memoryWitnessStore()
  const w = witness({ logs: [{ origin, keys: [logSigner.vkey] }], signers, store, clock: now })
  const server = await serveWitness({ witness: w })
  closing.push(server.close)
  return { ...server, store, witness: w }
}

/** One witness, asked about the checkpoint of a size. */
async function ask(
  url: string,
  size = 20,
  more: Partial<CosignOptions> & { lastSize?: number; cosigner?: Cosigner } = {},
): Promise<{ result: WitnessResult; note: string; asked: string }> {
  const { lastSize, cosigner = w1, ...options } = more
  const asked = options.note ?? (await leaves.checkpoint(size))
  const address = { name: 'w1', url, verifiers: [cosigner.verifier], ...(lastSize === undefined ? {} : { lastSize }) }
  const { note, results } = await cosign({
    note: asked,
    proofs: leaves,
    witnesses: [address],
    fetch,
    clock,
    timeoutMs: 5000,
    ...options,
  })
  expect(results).toHaveLength(1)
  return { result: results[0] as WitnessResult, note, asked }
}

/** A witness that answers whatever it is told to. The note never changes by it. */
async function lying(
  respond: (body: string, response: ServerResponse, request: IncomingMessage) => void,
  size = 20,
  more: Partial<CosignOptions> = {},
) {
  const server = await loopback(respond)
  closing.push(server.close)
  const { result, note, asked } = await ask(server.url, size, more)
  expect(note).toBe(asked)
  return { ...result, requests: server.requests.length }
}

const answering =
  (status: number, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  (_: string, response: ServerResponse) => {
    response.writeHead(status, headers).end(body)
  }

/** The answer of a genuine cosigner to a text. */
const lines = async (text: string, cosigner: Cosigner, time = NOW) => {
  const note = await signNote(text, [{ ...cosigner, sign: (message) => cosigner.signAt(message, time) }])
  return note.slice(note.lastIndexOf('\n\n') + 2)
}
const textOf = (size: number, of = leaves) => formatCheckpoint({ origin, size, root: of.root(size) })

describe('asking a witness', () => {
  it('S6 S145 gets its cosignature, from nothing, from where it was, and again', async () => {
    const { url } = await served()
    for (const [size, lastSize] of [
      [3, undefined],
      [3, 3],
      [10, 3],
      [11, undefined],
      [40, 7],
    ] as const) {
      const { result, note } = await ask(url, size, lastSize === undefined ? {} : { lastSize })
      expect(result).toEqual({ witness: 'w1', outcome: 'cosigned', status: 200, size, time: NOW })
      expect(openNote(note, [verifierFromVkey(logSigner.vkey), w1.verifier]).verified).toHaveLength(2)
    }
  })

  it('S6 a witness that was away for long gets the proof from where it was', async () => {
    const { url } = await served()
    await ask(url, 2)
    expect((await ask(url, 39)).result).toMatchObject({ outcome: 'cosigned', size: 39 })
  })

  it('S6 several are asked at once, and what each did stands beside the others', async () => {
    const pq = mlDsa44Signer.fromSeed('witness.example/pq', key(4))
    const [a, b] = [await served(), await served([pq])]
    const away = await loopback(() => {})
    await away.close()
    const note = await leaves.checkpoint(20)
    const { note: cosigned, results } = await cosign({
      note,
      proofs: leaves,
      witnesses: [
        { name: 'a', url: `${a.url}/`, verifiers: [w1.verifier] },
        { name: 'away', url: away.url, verifiers: [cosignerOf(2).verifier] },
        { name: 'b', url: b.url, verifiers: [pq.verifier] },
      ],
      fetch,
      clock,
    })
    expect(results.map(({ witness, outcome, detail }) => [witness, outcome, detail])).toEqual([
      ['a', 'cosigned', undefined],
      ['away', 'unreachable', 'network'],
      ['b', 'cosigned', undefined],
    ])
    expect(cosignaturesOf(parseNote(cosigned), [w1.verifier, pq.verifier]).map(({ valid }) => valid)).toEqual([true, true])
    expect(cosigned.startsWith(note)).toBe(true)
  })

  it('a newer cosignature takes the place of an older one by the same key', async () => {
    const { url } = await served()
    const first = await ask(url, 5)
    clock.advance(60_000)
    const second = await ask(url, 5, { note: first.note })
    expect(cosignaturesOf(parseNote(second.note), [w1.verifier]).map(({ time }) => time)).toEqual([NOW + 60_000])
  })

  it('one that has seen more than this checkpoint is superseded where the log has that too, and an alarm where it has not', async () => {
    const { url } = await served()
    await ask(url, 30)
    expect((await ask(url, 20)).result).toEqual({
      witness: 'w1',
      outcome: 'superseded',
      detail: 'larger-than-checkpoint',
      status: 409,
      size: 30,
    })
    // The log was rolled back to 25 entries.
    const rolledBack = new Leaves(numbered(25))
    expect((await ask(url, 20, { proofs: rolledBack })).result).toEqual({
      witness: 'w1',
      outcome: 'forked',
      detail: 'larger-than-log',
      status: 409,
      size: 30,
    })
  })

  it('S6 a log that forked is found out, at the same size and at a larger one, and the witness keeps what it had', async () => {
    const { url, store } = await served()
    await ask(url, 20)
    const before = await store.get(origin)
    const fork = new Leaves(numbered(10)).add(...numbered(30, 'rewritten'))
    for (const size of [20, 35]) {
      const { result } = await ask(url, size, { note: await fork.checkpoint(size), proofs: fork, lastSize: 20 })
      expect(result).toEqual({ witness: 'w1', outcome: 'forked', detail: 'other-history', status: 422 })
    }
    expect(await store.get(origin)).toEqual(before)
  })

  it('is refused for a log that the witness does not know, and for a key it does not know', async () => {
    const { url } = await served()
    const stranger = ed25519Signer.fromSecretKey(origin, key(9))
    expect((await ask(url, 20, { note: await leaves.checkpoint(20, [stranger]) })).result).toMatchObject({
      outcome: 'refused',
      status: 403,
    })
    const other = await signNote(formatCheckpoint({ origin: 'other.example', size: 20, root: leaves.root(20) }), [logSigner])
    expect((await ask(url, 20, { note: other })).result).toMatchObject({ outcome: 'refused', status: 404 })
  })

  it('says so when the log cannot prove its own checkpoint, and does not ask', async () => {
    const { url } = await served()
    await ask(url, 5)
    const other = new Leaves(numbered(40, 'other'))
    expect((await ask(url, 20, { proofs: other, lastSize: 5 })).result).toEqual({
      witness: 'w1',
      outcome: 'failed',
      detail: 'no-proof',
    })
    const away = { size: () => leaves.size(), proveConsistency: () => Promise.reject(new Error('store away')) }
    expect((await ask(url, 20, { proofs: away, lastSize: 5 })).result).toMatchObject({ outcome: 'failed' })
  })

  it('refuses addresses that are no plain http(s) URL, and times that are none', async () => {
    for (const url of [
      '',
      'witness',
      'ftp://w.example',
      'https://user:word@w.example',
      'https://w.example/?a',
      'https://w.example/#a',
      'file:///etc',
    ])
      expect((await refusal(ask(url))).code).toBe('PHI_AUDIT_WITNESS_OPTIONS')
    for (const timeoutMs of [0, -1, Number.NaN, 2 ** 31])
      expect((await refusal(ask('https://w.example', 20, { timeoutMs }))).code).toBe('PHI_AUDIT_WITNESS_OPTIONS')
    expect((await refusal(ask('https://w.example', 20, { note: 'no note' }))).code).toBe('PHI_AUDIT_NOTE_MALFORMED')
  })
})

describe('S6 a witness that lies', () => {
  it('with a signature by another key, over another root, or of a bigger size', async () => {
    const other = new Leaves(numbered(40, 'other'))
    const turned = { ...w1, signAt: cosignerOf(2).signAt }
    expect(await lying(answering(200, await lines(textOf(20), turned)))).toMatchObject({
      outcome: 'lied',
      detail: 'bad-signature',
    })
    expect(await lying(answering(200, await lines(textOf(20, other), w1)))).toMatchObject({
      outcome: 'lied',
      detail: 'bad-signature',
    })
    expect(await lying(answering(200, await lines(textOf(21), w1)))).toMatchObject({ outcome: 'lied', detail: 'bad-signature' })
    expect(await lying(answering(200, await lines(textOf(20), cosignerOf(2))))).toMatchObject({
      outcome: 'lied',
      detail: 'no-cosignature',
    })
  })

  it("with the log's own signature, which anybody can copy", async () => {
    const own = (await leaves.checkpoint(20)).split('\n\n')[1] as string
    expect(await lying(answering(200, own))).toMatchObject({ outcome: 'lied', detail: 'no-cosignature' })
  })

  it('with a replay, a time that is still to come, or none', async () => {
    expect(await lying(answering(200, await lines(textOf(20), w1, NOW - 302_000)))).toMatchObject({
      outcome: 'lied',
      detail: 'too-old',
    })
    expect(await lying(answering(200, await lines(textOf(20), w1, NOW + 301_000)))).toMatchObject({
      outcome: 'lied',
      detail: 'from-future',
    })
    expect(await lying(answering(200, await lines(textOf(20), w1, 0)))).toMatchObject({ outcome: 'lied', detail: 'no-time' })
    // An old cosignature beside a fresh one is an old one.
    const both = (await lines(textOf(20), w1)) + (await lines(textOf(20), w1, NOW - 900_000))
    expect(await lying(answering(200, both))).toMatchObject({ outcome: 'lied', detail: 'too-old' })
  })

  it('with rubbish, HTML, nothing, another text, or too much', async () => {
    const good = await lines(textOf(20), w1)
    const html = '<!doctype html><title>Sign in</title>\n'
    for (const body of [
      '',
      html,
      'ok\n',
      good.slice(0, -1),
      `\n${good}`,
      `${good}\n${good}`,
      `hello\n${good}`,
      `${good}hello\n`,
      `evil text\n\n${good}`,
      good.replace(' ', '\u00a0'),
      '\ufeff\ufeff',
      Buffer.from([0xff, 0xfe, 0x0a]),
      'x'.repeat(70_000),
    ])
      expect(await lying(answering(200, body))).toMatchObject({ outcome: 'lied', detail: 'not-signature-lines' })
    expect(await lying(answering(200, good.repeat(101).slice(0, 65_000)))).toMatchObject({ outcome: 'lied' })
  })

  it('two lines are taken where both are valid, and lines by keys that are not known are left out', async () => {
    const server = await loopback(
      answering(
        200,
        (await lines(textOf(20), cosignerOf(5))) + (await lines(textOf(20), w1)) + (await lines(textOf(20), cosignerOf(6))),
      ),
    )
    closing.push(server.close)
    const { result, note } = await ask(server.url)
    expect(result.outcome).toBe('cosigned')
    expect(parseNote(note).signatures.map(({ name }) => name)).toEqual([origin, 'witness.example/w1'])
  })

  it('with a size that is none, or that is not its own', async () => {
    const type = { 'content-type': 'text/x.tlog.size' }
    for (const body of ['', '7', '07\n', '-1\n', '7\n7\n', '1e3\n', '9007199254740993\n', 'seven\n', ' 7\n'])
      expect(await lying(answering(409, body, type))).toMatchObject({ outcome: 'lied', detail: 'not-a-size', requests: 1 })
    expect(await lying(answering(409, '7\n', { 'content-type': 'text/plain' }))).toMatchObject({
      outcome: 'lied',
      detail: 'not-a-size',
    })
    expect(await lying(answering(409, '0\n', type))).toMatchObject({ outcome: 'lied', detail: 'same-size-again', requests: 1 })
    expect(await lying(answering(409, '7\n', { 'content-type': 'Text/X.tlog.size; charset=utf-8' }))).toMatchObject({
      outcome: 'lied',
      detail: 'same-size-again',
      requests: 2,
    })
    expect(await lying(answering(409, '4000000\n', type))).toMatchObject({
      outcome: 'forked',
      detail: 'larger-than-log',
      requests: 1,
    })
  })

  it('with a size that is another each time: asked twice, not for ever', async () => {
    let size = 3
    const result = await lying((_, response) => {
      response.writeHead(409, { 'content-type': 'text/x.tlog.size' }).end(`${size++}\n`)
    })
    expect(result).toMatchObject({ outcome: 'behind', detail: 'moved-meanwhile', size: 4, requests: 2 })
  })

  it('with a redirect: it is not followed', async () => {
    const { url, store } = await served()
    for (const status of [301, 302, 303, 307, 308]) {
      const result = await lying((_, response) => {
        response.writeHead(status, { location: `${url}/add-checkpoint` }).end()
      })
      expect(result).toMatchObject({ outcome: 'refused', detail: 'redirect' })
    }
    expect(await store.get(origin)).toBeUndefined()
  })

  it.each([400, 401, 404, 418, 429])('with %d', async (status) => {
    expect(await lying(answering(status, 'no'))).toMatchObject({ outcome: 'refused', detail: 'status', status })
  })
  it.each([500, 503])('with %d', async (status) => {
    expect(await lying(answering(status, 'no'))).toMatchObject({ outcome: 'unreachable', detail: 'status', status })
  })
})

describe('S6 a witness that stalls', () => {
  const timeoutMs = 150
  it('never answers, or begins and never ends, or says a byte at a time: given up in time', async () => {
    const timers: ReturnType<typeof setInterval>[] = []
    const stalls: ((body: string, response: ServerResponse) => void)[] = [
      () => {},
      (_, response) => {
        response.writeHead(200)
        response.flushHeaders()
      },
      (_, response) => {
        response.writeHead(200)
        timers.push(setInterval(() => response.write('\u2014'), 20))
      },
    ]
    for (const stall of stalls)
      expect(await lying(stall, 20, { timeoutMs })).toMatchObject({ outcome: 'unreachable', detail: 'timeout' })
    for (const timer of timers) clearInterval(timer)
  })

  it('sends without end: cut off at the limit', async () => {
    const chunk = 'x'.repeat(16_384)
    let sent = 0
    const result = await lying((_, response) => {
      response.writeHead(200)
      const more = () => {
        while (sent < 64 * 1024 * 1024 && response.write(chunk)) sent += chunk.length
      }
      response.on('drain', more)
      more()
    })
    expect(result).toMatchObject({ outcome: 'lied', detail: 'not-signature-lines' })
    expect(sent).toBeLessThan(32 * 1024 * 1024)
  })

  it('hangs up in the middle', async () => {
    const result = await lying((_, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('half', () => response.destroy())
    })
    expect(result).toMatchObject({ outcome: 'unreachable', detail: 'network' })
  })

  it('a fetch that ignores the signal, or throws, holds nobody up', async () => {
    expect((await ask('https://w.example', 20, { fetch: () => new Promise(() => {}), timeoutMs })).result).toMatchObject({
      detail: 'timeout',
    })
    const throwing: WitnessFetch = () => {
      throw new Error('secret')
    }
    expect((await ask('https://w.example', 20, { fetch: throwing })).result).toEqual({
      witness: 'w1',
      outcome: 'unreachable',
      detail: 'network',
    })
  })
})

describe('the messages', () => {
  it('S6 are spelled as C2SP tlog-witness shows them', async () => {
    const note = await leaves.checkpoint(20)
    // By hand, as in the specification: an old size line, proof lines, an empty line, the checkpoint.
    const [hash] = leaves.proof(16, 20)
    const made = formatAddCheckpoint({ old: 16, proof: leaves.proof(16, 20), note })
    expect(made).toBe(await leaves.request(16, 20))
    expect(made.split('\n').slice(0, 4)).toEqual(['old 16', Buffer.from(hash as Uint8Array).toString('base64'), '', origin])
    expect(parseAddCheckpoint(made)).toMatchObject({ old: 16, note, checkpoint: { origin, size: 20 } })
    expect(formatAddCheckpoint({ old: 0, proof: [], note })).toBe(`old 0\n\n${note}`)
    expect(parseAddCheckpoint(`old 0\n\n${note}`)?.proof).toEqual([])
  })

  it('go through a handler that no server stands in front of', async () => {
    const handle = witnessHandler(
      witness({ logs: [{ origin, keys: [logSigner.vkey] }], signers: [w1], store: memoryWitnessStore(), clock }),
    )
    const direct: WitnessFetch = (url, init) => handle(new Request(url, init))
    expect((await ask('https://w.example', 20, { fetch: direct })).result.outcome).toBe('cosigned')
    expect((await ask('https://w.example', 30, { fetch: direct })).result.outcome).toBe('cosigned')
  })
})
