import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose'
import type { JsonWebKey, JsonWebKeySet } from '../src/session/index.ts'

export const ISSUER = 'https://id.example.org'
export const CLIENT = 'clinic-portal'
/** 2026-03-01T12:00:00Z, in seconds. */
export const NOW = 1_772_366_400

type Algorithm = 'ES256' | 'EdDSA' | 'RS256' | 'PS256' | 'ES384'

export interface TestKey {
  readonly kid: string
  readonly alg: Algorithm
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  readonly jwk: JsonWebKey
}

export async function testKey(alg: Algorithm, kid: string): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } as JsonWebKey }
}

export const setOf = (...keys: TestKey[]): JsonWebKeySet => ({ keys: keys.map(({ jwk }) => jwk) })

export const goodClaims = {
  iss: ISSUER,
  sub: 'u-17',
  aud: CLIENT,
  iat: NOW - 5,
  exp: NOW + 300,
  auth_time: NOW - 10,
  amr: ['pwd', 'otp'],
}

/** A token of the provider: good claims with changes (undefined leaves one out), signed with the key. */
export function signed(key: TestKey, change: Record<string, unknown> = {}, header: Partial<JWTHeaderParameters> = {}) {
  const claims = JSON.parse(JSON.stringify({ ...goodClaims, ...change }))
  return new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey)
}

export const base64url = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url')

/** A token whose header and payload are texts, signed as they stand: for what no library would write. ES256 only. */
export async function signedText({ privateKey }: TestKey, header: string, payload: string): Promise<string> {
  const input = `${base64url(header)}.${base64url(payload)}`
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, Buffer.from(input))
  return `${input}.${base64url(new Uint8Array(signature))}`
}

/** A key server on this machine. What it answers with can be changed while it runs; it counts the requests. */
export async function keyServer(
  first: () => { status?: number; body: string; delayMs?: number; headers?: Record<string, string> },
) {
  const state = { answer: first, requests: 0 }
  const server: Server = createServer((_, response) => {
    state.requests++
    const { status = 200, body, delayMs = 0, headers = {} } = state.answer()
    setTimeout(() => {
      response.writeHead(status, { 'content-type': 'application/jwk-set+json', ...headers })
      response.end(body)
    }, delayMs)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    state,
    url: `http://127.0.0.1:${port}/jwks`,
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
}
