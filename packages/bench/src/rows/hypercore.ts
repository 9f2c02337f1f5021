import { createRequire } from 'node:module'
import { ed25519Signer, memoryStore, openAuditLog } from '@phi/audit'
import { verifyInclusion } from '@phi/audit/merkle'
import { fromBase64 } from '@phi/core'
import { benchEvents } from '../events.ts'
import type { Row } from '../measure.ts'

// biome-ignore lint/suspicious/noExplicitAny: the peer ships no types
type Untyped = any

/** Another append-only log with a Merkle tree and signatures, in memory, holding the same events as JSON. */
async function peer(count: number) {
  const require = createRequire(import.meta.url)
  const Hypercore = require('hypercore') as Untyped
  const memory = require('random-access-memory') as Untyped
  const core = new Hypercore(memory)
  await core.ready()
  const blocks = benchEvents(count).map((event) => Buffer.from(JSON.stringify(event)))
  for (let at = 0; at < count; at += 500) await core.append(blocks.slice(at, at + 500))
  return {
    core,
    /** A second copy that fetches every block and checks it against the signed tree. */
    async replicate(): Promise<void> {
      const copy = new Hypercore(memory, core.key)
      await copy.ready()
      const near = core.replicate(true)
      const far = copy.replicate(false)
      near.pipe(far).pipe(near)
      await copy.update({ wait: true })
      await copy.download({ start: 0, end: count }).done()
      if (copy.contiguousLength !== count) throw new Error('the copy is not whole')
      near.destroy()
      far.destroy()
      await copy.close()
    },
    /** The siblings of a block up to its root, the other roots, and the signature over them: all that a stranger needs. */
    prove(index: number): Promise<Untyped> {
      return core.core.tree.proof({ block: { index, nodes: 0 }, upgrade: { start: 0, length: count } })
    },
    /** Whether a copy that holds nothing takes the block by this proof. */
    async accepts(proof: Untyped): Promise<boolean> {
      const copy = new Hypercore(memory, core.key)
      await copy.ready()
      await copy.core.verify({ ...proof, block: { ...proof.block, value: blocks[proof.block.index] } })
      const isThere = copy.length === count && (await copy.has(proof.block.index))
      await copy.close()
      return isThere
    },
  }
}

async function ourLog(count: number) {
  const origin = 'bench.example/peer'
  const log = await openAuditLog({ origin, store: memoryStore(), signer: await ed25519Signer.generate(origin) })
  const events = benchEvents(count)
  for (let at = 0; at < count; at += 1000) await Promise.all(events.slice(at, at + 1000).map((event) => log.append(event)))
  await log.checkpoint()
  return log
}

/** Every value, link, tree hash and signature of a log in memory. */
export const verifyAgainstPeer: Row = {
  id: 'audit.verify.hypercore',
  against: 'hypercore 10, replicate and verify the same events in memory',
  atLeast: 5,
  async prepare({ quick }) {
    const count = quick ? 4_000 : 20_000
    const log = await ourLog(count)
    const other = await peer(count)
    return {
      unit: 'entries',
      async ours() {
        const { verdict } = await log.verify()
        if (verdict !== 'intact') throw new Error('the log did not verify')
        return count
      },
      async baseline() {
        await other.replicate()
        return count
      },
      close: async () => {
        await log.close()
        await other.core.close()
      },
    }
  },
}

/** Inclusion proofs of entries all over the log. */
export const proveAgainstPeer: Row = {
  id: 'audit.prove.hypercore',
  against: 'hypercore 10, proof of a block up to the signed root, in memory',
  atLeast: 2,
  async prepare({ quick }) {
    const count = quick ? 4_096 : 20_480
    const proofs = quick ? 300 : 1_000
    const log = await ourLog(count)
    const other = await peer(count)
    const [record] = (await log.query({ order: 'oldest', limit: 1 })).records
    const { index, size, proof, root } = await log.proveInclusion(0)
    if (!verifyInclusion({ index, size, proof, root, leafHash: fromBase64(record?.hash ?? '') }))
      throw new Error('the proof is wrong')
    const theirs = await other.prove(777)
    const hashes = theirs.block.nodes.length + theirs.upgrade.nodes.length
    if (hashes < proof.length || !(await other.accepts(theirs))) throw new Error('the other proof is no full proof')
    const at = (i: number) => (i * 7919) % count
    return {
      unit: 'proofs',
      async ours() {
        for (let i = 0; i < proofs; i++) await log.proveInclusion(at(i))
        return proofs
      },
      async baseline() {
        for (let i = 0; i < proofs; i++) await other.prove(at(i))
        return proofs
      },
      close: async () => {
        await log.close()
        await other.core.close()
      },
    }
  },
}
