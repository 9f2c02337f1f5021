import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toBase64 } from '@phi/core'
import { consistencyProof, hashLeaf, rootOf } from '../../src/merkle/index.ts'
import { ed25519Cosigner, ed25519Signer, formatCheckpoint, type Signer, signNote } from '../../src/note/index.ts'
import type { ProofSource } from '../../src/witness/index.ts'

export const origin = 'clinic.example/audit'
export const key = (byte: number) => new Uint8Array(32).fill(byte)
export const logSigner = ed25519Signer.fromSecretKey(origin, key(1))
/** 2026-11-22T10:00:00Z */
export const NOW = Date.UTC(2026, 10, 22, 10)
export const cosignerOf = (n: number) => ed25519Cosigner.fromSecretKey(`witness.example/w${n}`, key(20 + n))

/** A log that is nothing but leaves, of which there may be several with a common beginning. */
export class Leaves implements ProofSource {
  readonly hashes: Uint8Array[] = []

  constructor(leaves: readonly string[] = []) {
    this.add(...leaves)
  }

  add(...leaves: readonly string[]): this {
    for (const leaf of leaves) this.hashes.push(hashLeaf(new TextEncoder().encode(leaf)))
    return this
  }

  root(size = this.hashes.length): Uint8Array {
    return rootOf(this.hashes.slice(0, size))
  }

  async size(): Promise<number> {
    return this.hashes.length
  }

  proof(size1: number, size2 = this.hashes.length): Uint8Array[] {
    return size1 === 0 || size1 === size2 ? [] : consistencyProof({ leafHashes: this.hashes, size1, size2 })
  }

  async proveConsistency(size1: number, size2: number) {
    return { root1: this.root(size1), root2: this.root(size2), proof: this.proof(size1, size2) }
  }

  checkpoint(size = this.hashes.length, signers: readonly Signer[] = [logSigner]): Promise<string> {
    return signNote(formatCheckpoint({ origin, size, root: this.root(size) }), signers)
  }

  /** A request, spelled out by hand. */
  async request(old: number, size = this.hashes.length, signers: readonly Signer[] = [logSigner]): Promise<string> {
    const proof = old <= size && old <= this.hashes.length ? this.proof(old, size) : []
    return `old ${old}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${await this.checkpoint(size, signers)}`
  }
}

export const numbered = (count: number, prefix = 'leaf') => Array.from({ length: count }, (_, i) => `${prefix} ${i}`)

/** A server on loopback that does what it is told, and is gone when closed, whatever hangs on it. */
export async function loopback(
  respond: (body: string, response: ServerResponse, request: IncomingMessage) => void,
): Promise<{ readonly url: string; readonly requests: string[]; close(): Promise<void> }> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      requests.push(body)
      respond(body, response, request)
    })
    request.on('error', () => {})
    response.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
