import * as crypto from '#crypto'

/** SHA-256 (FIPS 180-4). `node:crypto` in Node, `@noble/hashes` elsewhere. @returns 32 bytes */
export const sha256: (data: Uint8Array) => Uint8Array = crypto.sha256

/** HMAC-SHA-256 (RFC 2104, FIPS 198-1). @returns 32 bytes */
export const hmacSha256: (key: Uint8Array, data: Uint8Array) => Uint8Array = crypto.hmacSha256

/** Bytes from the platform's cryptographic random generator. */
export const randomBytes: (length: number) => Uint8Array = crypto.randomBytes

/** SHA-256 as padded base64: the spelling that formats and chains store, and the faster one in Node. @returns 44 characters */
export const sha256Base64: (data: Uint8Array) => string = crypto.sha256Base64

/** SHA-256 of data that comes in parts, for what is too long to be held at once. `digest` once, at the end. @returns 32 bytes */
export const sha256Parts: () => { update(data: Uint8Array): void; digest(): Uint8Array } = crypto.sha256Parts
