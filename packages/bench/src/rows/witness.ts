import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { ed25519Signer, memoryStore, openAuditLog } from '@phi/audit'
import { ed25519Cosigner, memoryWitnessStore, witness } from '@phi/audit/witness'
import { toBase64 } from '@phi/core'
import { benchEvents } from '../events.ts'
import type { Row } from '../measure.ts'

const STEPS = 100

/** One request for every size from 1 on, each from the size before it, as a log that grows sends them. */
async function requestsOf() {
  const origin = 'bench.example/witnessed'
  const signer = await ed25519Signer.generate(origin)
  const log = await openAuditLog({ origin, store: memoryStore(), signer })
  const requests: string[] = []
  let old = 0
  for (const event of benchEvents(STEPS)) {
    await log.append(event)
    const note = await log.checkpoint()
    const proof = old === 0 ? [] : (await log.proveConsistency(old, old + 1)).proof
    // C2SP tlog-witness, "add-checkpoint".
    requests.push(`old ${old}\n${proof.map((each) => `${toBase64(each)}\n`).join('')}\n${note}`)
    old++
  }
  await log.close()
  return { origin, vkey: signer.vkey, requests }
}

export const witnessCosigns: Row = {
  id: 'audit.witness.cosign',
  against: 'one Ed25519 verification and one signature of the same bytes by node:crypto, keys imported beforehand',
  atLeast: 0,
  async prepare({ quick }) {
    const { origin, vkey, requests } = await requestsOf()
    const cosigner = await ed25519Cosigner.generate('witness.example/w1')
    const times = quick ? 1 : 5
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const signed = requests.map((request) => {
      const text = Buffer.from(request.slice(request.indexOf('\n\n') + 2).split('\n\n')[0] ?? '')
      return { text, signature: sign(null, text, privateKey) }
    })
    return {
      unit: 'checkpoints',
      async ours() {
        for (let time = 0; time < times; time++) {
          const one = witness({
            logs: [{ origin, keys: [vkey] }],
            signers: [cosigner],
            store: memoryWitnessStore(),
            clock: Date.now,
          })
          for (const request of requests)
            if ((await one.addCheckpoint(request)).status !== 200) throw new Error('it was refused')
        }
        return STEPS * times
      },
      baseline() {
        for (let time = 0; time < times; time++)
          for (const { text, signature } of signed) {
            if (!verify(null, text, publicKey, signature)) throw new Error('it does not verify')
            sign(null, text, privateKey)
          }
        return STEPS * times
      },
    }
  },
}
