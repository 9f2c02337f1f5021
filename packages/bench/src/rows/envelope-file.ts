import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, randomInt } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdtemp, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { files, localKms, memoryKeyStore, openKeyring } from '@phi/envelope'
import { fileSource } from '@phi/envelope/node'
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import type { Row } from '../measure.ts'

const MiB = 2 ** 20
const SIZE = 16 * MiB
const file = 'bench'

async function benchFiles() {
  const keyring = await openKeyring({ kms: localKms.generate(), store: memoryKeyStore() })
  const tenant = await keyring.tenant('bench', { purposes: ['file'] })
  return files({ keys: tenant.keys('file'), collection: 'bench' })
}

/** AES-256-GCM in one call, as nobody can use it for files that are read in parts: no byte may be used before the last one is there. */
function oneShot(plaintext: Uint8Array) {
  const key = createSecretKey(randomBytes(32))
  return () => {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    const sealed = cipher.update(plaintext)
    cipher.final()
    const decipher = createDecipheriv('aes-256-gcm', key, nonce)
    decipher.setAuthTag(cipher.getAuthTag())
    const opened = decipher.update(sealed)
    decipher.final()
    if (opened.length !== plaintext.length) throw new Error('lost bytes')
  }
}

/** Seals and opens a file of 16 MiB in memory, in chunks that each verify by themselves. */
export const fileAgainstOneShot: Row = {
  id: 'envelope.file.16MiB',
  against: 'one-shot createCipheriv and createDecipheriv aes-256-gcm over the same 16 MiB',
  atLeast: 0.45,
  async prepare({ quick }) {
    const rounds = quick ? 2 : 8
    const plaintext = randomBytes(SIZE)
    const ours = await benchFiles()
    const baseline = oneShot(plaintext)
    return {
      unit: 'MiB',
      ours() {
        for (let i = 0; i < rounds; i++) {
          if (ours.open(ours.seal(plaintext, { file }), { file }).length !== SIZE) throw new Error('lost bytes')
        }
        return rounds * 16
      },
      baseline() {
        for (let i = 0; i < rounds; i++) baseline()
        return rounds * 16
      },
    }
  },
}

/** The same against age for JavaScript: ChaCha20-Poly1305 in chunks of 64 KiB, which verify by themselves as well. */
export const fileAgainstAge: Row = {
  id: 'envelope.file.16MiB.typage',
  against: 'age-encryption 0.3, encrypt to an X25519 recipient and decrypt the same 16 MiB',
  atLeast: 12,
  async prepare() {
    const plaintext = randomBytes(SIZE)
    const ours = await benchFiles()
    const identity = await generateX25519Identity()
    const encrypter = new Encrypter()
    encrypter.addRecipient(await identityToRecipient(identity))
    const decrypter = new Decrypter()
    decrypter.addIdentity(identity)
    return {
      unit: 'MiB',
      ours() {
        for (let i = 0; i < 8; i++) {
          if (ours.open(ours.seal(plaintext, { file }), { file }).length !== SIZE) throw new Error('lost bytes')
        }
        return 8 * 16
      },
      async baseline() {
        const opened = await decrypter.decrypt(await encrypter.encrypt(plaintext))
        if (opened.length !== SIZE) throw new Error('lost bytes')
        return 16
      },
    }
  },
}

const CHUNK = 16_384
const SEALED_CHUNK = CHUNK + 16

/** 4 KiB from anywhere in a large file on the disk. */
export const fileRange: Row = {
  id: 'envelope.file.range',
  against: 'fs read of one chunk of 16 KiB at the same place, and aes-256-gcm over it with a fixed key',
  atLeast: 0.4,
  async prepare({ quick }) {
    const chunks = ((quick ? 32 : 256) * MiB) / CHUNK
    const reads = quick ? 300 : 2_000
    const folder = await mkdtemp(join(tmpdir(), 'phi-bench-'))
    const clear = () => rmSync(folder, { recursive: true, force: true })
    process.once('exit', clear)
    const ours = await benchFiles()
    const ourPath = join(folder, 'ours')
    await writeChunks(ourPath, async (write) => {
      const sealer = ours.sealer({ file })
      await write(sealer.begin())
      const piece = randomBytes(MiB)
      for (let i = 0; i < (chunks * CHUNK) / MiB; i++) for (const sealed of sealer.push(piece)) await write(sealed)
      for (const sealed of sealer.end()) await write(sealed)
    })
    const source = await fileSource(ourPath)
    const reader = ours.reader(source, { file })

    const key = createSecretKey(randomBytes(32))
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    const chunk = Buffer.concat([cipher.update(randomBytes(CHUNK)), cipher.final(), cipher.getAuthTag()])
    const theirPath = join(folder, 'theirs')
    await writeChunks(theirPath, async (write) => {
      for (let i = 0; i < chunks; i += 64) await write(Buffer.concat(new Array<Buffer>(64).fill(chunk)))
    })
    const handle = await open(theirPath, 'r')

    return {
      unit: 'ranges',
      async ours() {
        for (let i = 0; i < reads; i++) {
          const at = randomInt(chunks) * CHUNK + 4_096
          if ((await reader.read(at, at + 4_096)).length !== 4_096) throw new Error('lost bytes')
        }
        return reads
      },
      async baseline() {
        for (let i = 0; i < reads; i++) {
          const sealed = Buffer.allocUnsafeSlow(SEALED_CHUNK)
          await handle.read(sealed, 0, SEALED_CHUNK, randomInt(chunks) * SEALED_CHUNK)
          const decipher = createDecipheriv('aes-256-gcm', key, nonce)
          decipher.setAuthTag(sealed.subarray(CHUNK))
          const opened = decipher.update(sealed.subarray(0, CHUNK))
          decipher.final()
          if (opened.subarray(4_096, 8_192).length !== 4_096) throw new Error('lost bytes')
        }
        return reads
      },
      async close() {
        await source.close()
        await handle.close()
        process.off('exit', clear)
        clear()
      },
    }
  },
}

async function writeChunks(path: string, fill: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>): Promise<void> {
  const handle = await open(path, 'w')
  try {
    await fill(async (bytes) => void (await handle.write(bytes)))
  } finally {
    await handle.close()
  }
}
