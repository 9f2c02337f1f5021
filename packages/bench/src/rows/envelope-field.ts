import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, randomFillSync, webcrypto } from 'node:crypto'
import { decryptStringSync, encryptStringSync, generateKey, parseKeySync } from '@47ng/cloak'
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  getLocalCryptographicMaterialsCache,
  NodeCachingMaterialsManager,
} from '@aws-crypto/client-node'
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/raw-aes-keyring-node'
import { gcm } from '@noble/ciphers/aes.js'
import { localKms, memoryKeyStore, openKeyring } from '@phi/envelope'
import type { Row } from '../measure.ts'

const SENTENCE = 'Patient reports better sleep and fewer night terrors since the last session. '
const textOf = (size: number): string => SENTENCE.repeat(Math.ceil(size / SENTENCE.length)).slice(0, size)
const rowOf = (i: number): string => `n-${i & 0xfff}`

/** Our side: one tenant's field, suite 1, bound to its row, in text form. */
async function ourField() {
  const keyring = await openKeyring({ kms: localKms.generate(), store: memoryKeyStore() })
  const clinic = await keyring.tenant('clinic-a', { purposes: ['field'] })
  return clinic.field({ table: 'note', column: 'body' })
}

/** Nonces for the baselines, from a pool: drawing each from the system would slow them down 40 times. */
function noncePool(length: number): () => Buffer {
  const pool = Buffer.alloc(length * 1_024)
  let at = pool.length
  return () => {
    if (at === pool.length) {
      randomFillSync(pool)
      at = 0
    }
    at += length
    return pool.subarray(at - length, at)
  }
}

/** AES-256-GCM by node:crypto and nothing else: no binding, no text form, no key id. */
function rawGcm(text: string): () => string {
  const key = createSecretKey(randomBytes(32))
  const nonces = noncePool(12)
  return () => {
    const nonce = nonces()
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    const body = cipher.update(text, 'utf8')
    cipher.final()
    const decipher = createDecipheriv('aes-256-gcm', key, nonce)
    decipher.setAuthTag(cipher.getAuthTag())
    const plaintext = decipher.update(body)
    decipher.final()
    return plaintext.toString()
  }
}

/** A row of seal-and-open against something else that does so. */
function fieldRow(
  options: Pick<Row, 'id' | 'against' | 'atLeast'> & {
    readonly size: number
    readonly count: number
    readonly peerCount?: number
    /** Default 'text'. */
    readonly form?: 'text' | 'bytes'
    readonly peer: (text: string) => Promise<(i: number) => string | Promise<string>>
  },
): Row {
  const { id, against, atLeast, size, peer } = options
  return {
    id,
    against,
    atLeast,
    async prepare({ quick }) {
      const count = quick ? Math.ceil(options.count / 4) : options.count
      const peerCount = options.peerCount ?? count
      const text = textOf(size)
      const field = await ourField()
      const theirs = await peer(text)
      const check = (opened: string) => {
        if (opened !== text) throw new Error(`${id}: what was opened is not what was sealed`)
      }
      check(await theirs(0))
      const roundTrip =
        options.form === 'bytes'
          ? (row: string) => field.openBytes(field.sealBytes(text, { row }), { row })
          : (row: string) => field.open(field.seal(text, { row }), { row })
      check(roundTrip('n-0'))
      return {
        unit: 'seals and opens',
        ours() {
          for (let i = 0; i < count; i++) roundTrip(rowOf(i))
          return count
        },
        async baseline() {
          for (let i = 0; i < peerCount; i++) {
            const opened = theirs(i)
            if (opened instanceof Promise) await opened
          }
          return peerCount
        },
      }
    },
  }
}

const raw = async (text: string) => rawGcm(text)

export const field32 = fieldRow({
  id: 'envelope.field.32B',
  against: "createCipheriv('aes-256-gcm') with a fixed KeyObject, unbound, in bytes",
  atLeast: 0.35,
  size: 32,
  count: 4_000,
  peer: raw,
})

export const field1k = fieldRow({
  id: 'envelope.field.1KiB',
  against: "createCipheriv('aes-256-gcm') with a fixed KeyObject, unbound; ours too in bytes",
  atLeast: 0.45,
  size: 1_024,
  count: 3_000,
  form: 'bytes',
  peer: raw,
})

/**
 * The peer with the suite that commits and does not sign, and a keyring of its own kind. Cached, it uses a data key for many messages;
 * as its cache looks keys up by the encryption context, the row cannot be part of that then.
 */
const awsSdk =
  (isCached: boolean) =>
  async (text: string): Promise<(i: number) => Promise<string>> => {
    const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
    const keyring = new RawAesKeyringNode({
      keyName: 'bench',
      keyNamespace: 'bench',
      unencryptedMasterKey: Uint8Array.from(randomBytes(32)),
      wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    })
    const cached = new NodeCachingMaterialsManager({
      backingMaterials: keyring,
      cache: getLocalCryptographicMaterialsCache(100),
      maxAge: 3_600_000,
    })
    const materials = isCached ? cached : keyring
    const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY
    return async (i) => {
      const place = { tenant: 'clinic-a', table: 'note', column: 'body' }
      const encryptionContext = isCached ? place : { ...place, row: rowOf(i) }
      const { result } = await encrypt(materials, text, { suiteId, encryptionContext })
      const { plaintext, messageHeader } = await decrypt(materials, result)
      const opened = messageHeader.encryptionContext
      if (opened.column !== 'body' || (!isCached && opened.row !== rowOf(i))) throw new Error('another place')
      return plaintext.toString('utf8')
    }
  }

export const fieldAwsSdk = fieldRow({
  id: 'envelope.field.32B.aws-encryption-sdk',
  against: 'AWS Encryption SDK for JavaScript 5, committing and unsigned suite, raw AES keyring, a data key for each message',
  atLeast: 60,
  size: 32,
  count: 2_000,
  peerCount: 40,
  peer: awsSdk(false),
})

export const fieldAwsSdkCached = fieldRow({
  id: 'envelope.field.32B.aws-encryption-sdk.cached',
  against: 'the same with its caching materials manager: one data key for all messages, not bound to a row',
  atLeast: 0,
  size: 32,
  count: 2_000,
  peerCount: 40,
  peer: awsSdk(true),
})

export const fieldCloak = fieldRow({
  id: 'envelope.field.32B.cloak',
  against: '@47ng/cloak 1.2, synchronous, AES-256-GCM without binding or commitment',
  atLeast: 0.8,
  size: 32,
  count: 4_000,
  peerCount: 2_000,
  async peer(text) {
    const key = parseKeySync(generateKey())
    return () => decryptStringSync(encryptStringSync(text, key), key)
  },
})

export const fieldWebCrypto = fieldRow({
  id: 'envelope.field.32B.webcrypto',
  against: 'Web Crypto AES-256-GCM with a fixed key, unbound, in bytes',
  atLeast: 2,
  size: 32,
  count: 4_000,
  peerCount: 1_000,
  async peer(text) {
    const key = await webcrypto.subtle.importKey('raw', randomBytes(32), 'AES-GCM', false, ['encrypt', 'decrypt'])
    const encoder = new TextEncoder()
    const decoder = new TextDecoder()
    const nonces = noncePool(12)
    return async () => {
      const algorithm = { name: 'AES-GCM', iv: Uint8Array.from(nonces()) }
      const sealed = await webcrypto.subtle.encrypt(algorithm, key, encoder.encode(text))
      return decoder.decode(await webcrypto.subtle.decrypt(algorithm, key, sealed))
    }
  },
})

export const fieldNoble = fieldRow({
  id: 'envelope.field.32B.noble',
  against: '@noble/ciphers 2 AES-256-GCM with a fixed key, unbound, in bytes',
  atLeast: 1.5,
  size: 32,
  count: 4_000,
  peerCount: 2_000,
  async peer(text) {
    const key = Uint8Array.from(randomBytes(32))
    const encoder = new TextEncoder()
    const decoder = new TextDecoder()
    const nonces = noncePool(12)
    return () => {
      const nonce = nonces()
      return decoder.decode(gcm(key, nonce).decrypt(gcm(key, nonce).encrypt(encoder.encode(text))))
    }
  },
})
