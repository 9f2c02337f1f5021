import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { fixedClock } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import {
  type AuditLog,
  type AuditLogOptions,
  type AuditStore,
  memoryStore,
  openAuditLog,
  resumeLines,
} from '../../src/index.ts'
import { type Cosigner, cosignaturesOf, formatNote, parseCheckpoint, parseNote } from '../../src/note/index.ts'
import {
  memoryWitnessStore,
  type Witness,
  type WitnessFetch,
  type WitnessStore,
  witness,
  witnessHandler,
  witnessPolicy,
} from '../../src/witness/index.ts'
import type { LogWitnesses } from '../../src/witness/offering.ts'
import { cosignerOf, logSigner, NOW, origin } from './world.ts'

const by = { actor: { id: 'u-1', type: 'workforce' as const } }
const event = () => ({
  action: 'read' as const,
  outcome: 'success' as const,
  actor: { id: 'u-17', type: 'workforce' as const },
})

/** Waits for something to come true. */
async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 2000; i++) {
    if (await what()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('it never came true')
}

/** Witnesses behind a fetch that goes to no network. Each can be taken down, or held up. */
class Town {
  readonly clock = fixedClock(NOW)
  readonly cosigners: readonly Cosigner[] = [1, 2, 3].map(cosignerOf)
  readonly stores: readonly WitnessStore[] = this.cosigners.map(() => memoryWitnessStore())
  readonly witnesses: readonly Witness[] = this.cosigners.map((cosigner, i) =>
    witness({
      logs: [{ origin, keys: [logSigner.vkey] }],
      signers: [cosigner],
      store: this.stores[i] as WitnessStore,
      clock: this.clock,
    }),
  )
  readonly down = new Set<number>()
  readonly asked: { witness: number; size: number }[] = []
  hold: Promise<void> | undefined

  readonly fetch: WitnessFetch = async (url, init) => {
    const i = Number(new URL(url).hostname[1]) - 1
    this.asked.push({ witness: i, size: parseCheckpoint(parseNote(init.body.slice(init.body.indexOf('\n\n') + 2)).text).size })
    await this.hold
    if (this.down.has(i)) throw new Error('connection refused')
    return witnessHandler(this.witnesses[i] as Witness)(new Request(url, init))
  }

  policy(quorum = 2) {
    return witnessPolicy({
      witnesses: this.cosigners.map(({ vkey }, i) => ({ name: `w${i + 1}`, vkey, url: `https://w${i + 1}.example` })),
      quorum,
    })
  }

  open(store: AuditStore, more: Partial<AuditLogOptions> = {}, witnesses: Partial<LogWitnesses> = {}): Promise<AuditLog> {
    return openAuditLog({
      origin,
      store,
      signer: logSigner,
      clock: this.clock,
      witnesses: { policy: this.policy(), fetch: this.fetch, ...witnesses },
      ...more,
    })
  }

  /** Names of the witnesses with a valid cosignature on a note. */
  on(note: string): string[] {
    return cosignaturesOf(
      parseNote(note),
      this.cosigners.map((cosigner) => cosigner.verifier as never),
    )
      .filter(({ valid }) => valid)
      .map(({ verifier }) => verifier.name.slice(-2))
  }
}

const newest = async (store: AuditStore) => (await store.checkpoints({ tenant: 'default', origin })).at(-1) as string

describe('S6 a log with witnesses', () => {
  it('S145 has its checkpoints cosigned, keeps both copies, and hands the cosigned one out', async () => {
    const town = new Town()
    const store = memoryStore()
    const log = await town.open(store)
    for (let i = 0; i < 5; i++) await log.append(event())
    const note = await log.checkpoint()
    expect(town.on(note)).toEqual(['w1', 'w2', 'w3'])
    const notes = await store.checkpoints({ tenant: 'default', origin })
    const at5 = notes.filter((each) => each.startsWith(`${origin}\n5\n`))
    expect(at5.map((each) => town.on(each).length)).toEqual([0, 3])
    expect(log.health()).toMatchObject({ status: 'ok', witnesses: { witnessedSize: 5, failure: undefined } })
    expect((await log.verify({ witnesses: town.policy(3) })).coverage.anchoredTo).toBe(5)
    const bundle = await log.evidence({ indices: [2], by })
    expect(town.on(bundle.checkpoint)).toHaveLength(3)
    // Nothing was appended since: nobody is asked again.
    const asked = town.asked.length
    expect(await log.checkpoint()).toBe(bundle.checkpoint)
    expect(town.asked).toHaveLength(asked)
    await log.close()
  })

  it('appends, the first one too, do not wait for a witness that never answers', async () => {
    const town = new Town()
    let release = () => {}
    town.hold = new Promise((resolve) => {
      release = resolve
    })
    const log = await town.open(memoryStore(), {}, { timeoutMs: 60_000 })
    for (let i = 0; i < 3; i++) expect((await log.append(event())).index).toBe(i)
    await until(() => town.asked.length === 3)
    expect(log.health().witnesses).toBeUndefined()
    release()
    await log.close()
    expect(log.health().witnesses?.witnessedSize).toBe(3)
  })

  it('a checkpoint that is signed while another is offered is offered next, and none in between', async () => {
    const town = new Town()
    let release = () => {}
    town.hold = new Promise((resolve) => {
      release = resolve
    })
    const log = await town.open(memoryStore(), {}, { timeoutMs: 60_000 })
    await log.append(event())
    await until(() => town.asked.length === 3)
    const waiting: Promise<string>[] = []
    for (let i = 0; i < 3; i++) {
      await log.append(event())
      waiting.push(log.checkpoint())
      await until(async () => (await log.head()).size === i + 2 && log.health().checkpointSize === i + 2)
    }
    release()
    town.hold = undefined
    const notes = await Promise.all(waiting)
    expect([...new Set(town.asked.map(({ size }) => size))]).toEqual([1, 4])
    for (const note of notes) expect([parseCheckpoint(parseNote(note).text).size, town.on(note).length]).toEqual([4, 3])
    await log.close()
  })

  it('a restart has the last checkpoint cosigned that the process before left without', async () => {
    const town = new Town()
    const store = memoryStore()
    for (const i of [0, 1, 2]) town.down.add(i)
    const first = await town.open(store)
    await first.append(event())
    expect(town.on(await first.checkpoint())).toEqual([])
    expect(first.health()).toMatchObject({
      status: 'degraded',
      failure: 'PHI_AUDIT_WITNESS_QUORUM',
      witnesses: { witnessedSize: undefined },
    })
    expect(first.health().witnesses?.results.map(({ outcome }) => outcome)).toEqual([
      'unreachable',
      'unreachable',
      'unreachable',
    ])
    await first.close()
    town.down.clear()
    const second = await town.open(store)
    await until(async () => town.on(await newest(store)).length === 3)
    await until(() => second.health().status === 'ok')
    const asked = town.asked.length
    await second.close()
    // And the next one finds it done.
    const third = await town.open(store)
    await third.checkpoint()
    await third.close()
    expect(town.asked).toHaveLength(asked)
  })

  it('a witness that was away for long is brought up to date from where it was', async () => {
    const town = new Town()
    const log = await town.open(memoryStore())
    await log.append(event())
    await log.checkpoint()
    town.down.add(2)
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 100; i++) await log.append(event())
      expect(town.on(await log.checkpoint())).toEqual(['w1', 'w2'])
    }
    expect(log.health()).toMatchObject({ status: 'ok', witnesses: { witnessedSize: 401 } })
    town.down.clear()
    await log.append(event())
    expect(town.on(await log.checkpoint())).toEqual(['w1', 'w2', 'w3'])
    expect((await town.stores[2]?.get(origin))?.size).toBe(402)
    await log.close()
  })

  it('what lacks its quorum is offered again by itself, and only to those that have not cosigned', async () => {
    const town = new Town()
    const store = memoryStore()
    town.down.add(1).add(2)
    const log = await town.open(store, {}, { retryMs: 20 })
    await log.append(event())
    await until(() => log.health().witnesses?.failure === 'PHI_AUDIT_WITNESS_QUORUM')
    town.down.delete(1)
    await until(() => log.health().status === 'ok')
    expect(town.on(await newest(store))).toEqual(['w1', 'w2'])
    expect(town.asked.filter(({ witness }) => witness === 0)).toHaveLength(1)
    await log.close()
  })

  it('where it is required, nothing leaves without the quorum, and verify() asks for it', async () => {
    const town = new Town()
    town.down.add(0).add(1)
    const log = await town.open(memoryStore(), {}, { required: true })
    await log.append(event())
    const lines = async () => {
      for await (const _ of log.exportLines({ by })) throw new Error('a line left')
    }
    for (const work of [() => log.checkpoint(), () => log.evidence({ indices: [0], by }), lines])
      expect((await refusal(work)).code).toBe('PHI_AUDIT_WITNESS_QUORUM')
    expect(await log.verify()).toMatchObject({ verdict: 'unverifiable', coverage: { anchoredTo: 0 } })
    town.down.clear()
    await log.checkpoint()
    expect(await log.verify()).toMatchObject({ verdict: 'intact', coverage: { anchoredTo: 3 } })
    await log.close()
  })

  it('where it is required, an option that is there and says nothing does not take it back', async () => {
    const town = new Town()
    town.down.add(0).add(1)
    const log = await town.open(memoryStore(), {}, { required: true })
    await log.append(event())
    await log.checkpoint().catch(() => {})
    expect(await log.verify({ witnesses: undefined })).toMatchObject({ verdict: 'unverifiable', coverage: { anchoredTo: 0 } })
    await log.close()
    const required = 'yes' as unknown as boolean
    expect((await refusal(town.open(memoryStore(), {}, { required }))).code).toBe('PHI_AUDIT_WITNESS_OPTIONS')
  })

  it('where it is required, an export that was cut off does not go on to a checkpoint without the quorum', async () => {
    const town = new Town()
    const store = memoryStore()
    const lenient = await town.open(store)
    for (const i of [0, 1, 2]) town.down.add(i)
    await lenient.append(event())
    const lines: string[] = []
    for await (const line of lenient.exportLines({ by })) lines.push(line)
    await lenient.close()
    const state = await resumeLines([new TextEncoder().encode(lines.slice(0, 2).join(''))])
    const log = await town.open(store, {}, { required: true })
    const rest = async () => {
      const out: string[] = []
      for await (const line of log.exportLines({ by, resume: state })) out.push(line)
      return out
    }
    expect((await refusal(rest)).code).toBe('PHI_AUDIT_WITNESS_QUORUM')
    // Of several copies the one that the witnesses have signed.
    town.down.clear()
    await log.checkpoint()
    const [old] = (await store.checkpoints({ tenant: 'default', origin })).filter((note) => note.startsWith(`${origin}\n2\n`))
    const { text, signatures } = parseNote(old as string)
    const cosigned = [...signatures]
    for (const cosigner of town.cosigners.slice(0, 2))
      cosigned.push({
        name: cosigner.name,
        keyId: cosigner.keyId,
        signature: await cosigner.signAt(new TextEncoder().encode(text), NOW),
      })
    await store.saveCheckpoint({ tenant: 'default', origin }, { size: 2, note: formatNote({ text, signatures: cosigned }) })
    expect(town.on(JSON.parse((await rest()).at(-1) as string).checkpoint)).toEqual(['w1', 'w2'])
    await log.close()
  })

  it('what stands in the store is no cosignature because it looks like one', async () => {
    const town = new Town()
    const store = memoryStore()
    for (const i of [0, 1, 2]) town.down.add(i)
    const first = await town.open(store)
    await first.append(event())
    const { text, signatures } = parseNote(await first.checkpoint())
    await first.close()
    const put = async (time: number, flip: number) => {
      const lines = await Promise.all(
        town.cosigners.map(async ({ name, keyId, signAt }) => {
          const signature = await signAt(new TextEncoder().encode(text), time)
          return { name, keyId, signature: signature.with(30, (signature[30] as number) ^ flip) }
        }),
      )
      await store.saveCheckpoint(
        { tenant: 'default', origin },
        { size: 1, note: formatNote({ text, signatures: [...signatures, ...lines] }) },
      )
    }
    const code = async () => {
      const log = await town.open(store, {}, { required: true })
      const refused = await refusal(() => log.checkpoint())
      await log.close()
      return refused.code
    }
    // By nobody; and without a time, which does not say that this is the largest tree that the witness has seen.
    await put(NOW, 1)
    expect(await code()).toBe('PHI_AUDIT_WITNESS_QUORUM')
    await put(0, 0)
    expect(await code()).toBe('PHI_AUDIT_WITNESS_QUORUM')
    await put(NOW, 0)
    const log = await town.open(store, {}, { required: true })
    expect(town.on(await log.checkpoint())).toHaveLength(3)
    await log.close()
  })

  it('copies that are kept elsewhere get the cosignatures that come later', async () => {
    const town = new Town()
    for (const i of [0, 1, 2]) town.down.add(i)
    const copies: string[] = []
    const anchors = { to: [{ name: 'mailbox', put: async (note: string) => void copies.push(note) }] }
    const log = await town.open(memoryStore(), { anchors }, { retryMs: 5 })
    await log.append(event())
    await until(() => copies.length > 0)
    expect(copies.map((note) => town.on(note).length)).toEqual([0])
    town.down.clear()
    await until(() => copies.some((note) => town.on(note).length === 3))
    await log.close()
  })

  it('two processes that write to one log do not take each other for forks', async () => {
    const town = new Town()
    const store = memoryStore()
    const [a, b] = [await town.open(store), await town.open(store)] as const
    for (let i = 0; i < 12; i++) {
      const [one, other] = i % 2 === 0 ? [a, b] : [b, a]
      await one.append(event())
      await Promise.all([one.checkpoint(), other.append(event()).then(() => other.checkpoint())])
    }
    for (const log of [a, b]) {
      await until(() => log.health().status === 'ok')
      expect(log.health().failure).toBeUndefined()
      await log.close()
    }
    expect((await a.verify({ witnesses: town.policy() })).verdict).toBe('intact')
  })

  it('S145 a log that was set back, or written anew, is an alarm that stays until the witness cosigns again', async () => {
    const town = new Town()
    const store = memoryStore()
    const log = await town.open(store)
    for (let i = 0; i < 9; i++) await log.append(event())
    await log.checkpoint()
    await log.close()
    // Somebody with the key starts over.
    const seen: unknown[] = []
    const listen = (message: unknown) => seen.push(message)
    subscribe('phi.audit.failure', listen)
    subscribe('phi.audit.witness', listen)
    const again = await town.open(memoryStore())
    await again.append(event())
    await again.checkpoint()
    expect(again.health()).toMatchObject({ status: 'degraded', failure: 'PHI_AUDIT_WITNESS_FORK' })
    expect(again.health().witnesses?.results.map(({ outcome, detail, size }) => [outcome, detail, size])).toEqual(
      Array(3).fill(['forked', 'larger-than-log', 9]),
    )
    for (const i of [0, 1, 2]) town.down.add(i)
    for (let i = 0; i < 12; i++) await again.append(event())
    await again.checkpoint()
    expect(again.health()).toMatchObject({ failure: 'PHI_AUDIT_WITNESS_FORK' })
    town.down.clear()
    await again.append(event())
    await again.checkpoint()
    expect(again.health().witnesses?.results.map(({ outcome, detail }) => [outcome, detail])).toEqual(
      Array(3).fill(['forked', 'other-history']),
    )
    await again.close()
    unsubscribe('phi.audit.failure', listen)
    unsubscribe('phi.audit.witness', listen)
    expect(seen).toContainEqual({ origin, code: 'PHI_AUDIT_WITNESS_FORK' })
    expect(seen).toContainEqual({ origin, size: 1, asked: 3, cosigned: 0, met: 0 })
  })

  it('a witness that lies shows, also where the others are enough', async () => {
    const town = new Town()
    const lying: WitnessFetch = (url, init) =>
      new URL(url).hostname === 'w3.example' ? Promise.resolve(new Response('<html>')) : town.fetch(url, init)
    const log = await town.open(memoryStore(), {}, { fetch: lying })
    await log.append(event())
    expect(town.on(await log.checkpoint())).toEqual(['w1', 'w2'])
    expect(log.health()).toMatchObject({
      status: 'degraded',
      failure: 'PHI_AUDIT_WITNESS_LIED',
      witnesses: { witnessedSize: 1 },
    })
    await log.close()
  })

  it('a store that does not keep the cosigned copy shows, and the log goes on', async () => {
    const town = new Town()
    const inner = memoryStore()
    const store: AuditStore = {
      ...inner,
      saveCheckpoint: (log, checkpoint) =>
        town.on(checkpoint.note).length > 0 ? Promise.reject(new Error('secret')) : inner.saveCheckpoint(log, checkpoint),
    }
    const log = await town.open(store)
    await log.append(event())
    expect(town.on(await log.checkpoint())).toEqual([])
    expect(log.health()).toMatchObject({ status: 'degraded', failure: 'unexpected' })
    await log.append(event())
    await log.close()
  })

  it('needs a signer, a policy that those with a URL can meet, and witnesses that are not the log', async () => {
    const town = new Town()
    const store = memoryStore()
    const [w1] = town.cosigners as [Cosigner]
    const nowhere = witnessPolicy({ witnesses: [{ name: 'w', vkey: w1.vkey }], quorum: 1 })
    const bad = witnessPolicy({ witnesses: [{ name: 'w', vkey: w1.vkey, url: 'ftp://w.example' }], quorum: 1 })
    const code = async (witnesses: Partial<LogWitnesses>) => (await refusal(town.open(store, {}, witnesses))).code
    expect(await code({ policy: nowhere })).toBe('PHI_AUDIT_WITNESS_OPTIONS')
    expect(await code({ policy: bad })).toBe('PHI_AUDIT_WITNESS_OPTIONS')
    expect(await code({ timeoutMs: 0 })).toBe('PHI_AUDIT_WITNESS_OPTIONS')
    expect(await code({ policy: { ...town.policy() } })).toBe('PHI_AUDIT_WITNESS_POLICY')
    const unsigned = openAuditLog({ origin, store, witnesses: { policy: town.policy() } })
    expect((await refusal(unsigned)).code).toBe('PHI_AUDIT_OPTIONS')
  })
})
