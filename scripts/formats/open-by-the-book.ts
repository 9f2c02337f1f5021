/**
 * Opens what `@phi/envelope` seals, and makes its index terms. Written from docs/formats/envelope-v1.md alone: it imports nothing
 * of this repository, keeps nothing between calls, and is slow.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'

const join = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)))
const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const hmac = (hash: string, key: Uint8Array, data: Uint8Array): Buffer => createHmac(hash, key).update(data).digest()

/** Conventions: each part after its length. */
export const LP = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  Buffer.concat(
    parts.map((part) => {
      const bytes = Buffer.from(part as string)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return Buffer.concat([length, bytes])
    }),
  )

/** RFC 5869 section 2.3 with SHA-512. */
function expand(key: Uint8Array, info: Uint8Array, length: number): Buffer {
  let [out, last] = [Buffer.alloc(0), Buffer.alloc(0)]
  for (let i = 1; out.length < length; i++) {
    last = Buffer.from(hmac('sha512', key, join(last, info, Uint8Array.of(i))))
    out = Buffer.concat([out, last])
  }
  return out.subarray(0, length)
}

function block(key: Uint8Array, bytes: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  return Buffer.concat([cipher.update(bytes), cipher.final()])
}
const xor = (a: Uint8Array, b: Uint8Array): Buffer => Buffer.from(a.map((byte, i) => byte ^ (b[i] as number)))

/** SP 800-38B section 6.1: a block times x. */
function double(bytes: Uint8Array): Buffer {
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`) << 1n
  return hex((value >> 128n === 1n ? (value ^ 0x87n) & (2n ** 128n - 1n) : value).toString(16).padStart(32, '0'))
}
/** SP 800-38B section 6.2, with AES-256. */
function cmac(key: Uint8Array, message: Uint8Array): Buffer {
  const k1 = double(block(key, Buffer.alloc(16)))
  const count = Math.max(1, Math.ceil(message.length / 16))
  const isWhole = message.length === count * 16
  const padded = isWhole ? message : join(message, Uint8Array.of(0x80), Buffer.alloc(15)).subarray(0, count * 16)
  let chain: Buffer = Buffer.alloc(16)
  for (let i = 0; i < count; i++) {
    const next = xor(chain, padded.subarray(i * 16, i * 16 + 16))
    chain = block(key, i < count - 1 ? next : xor(next, isWhole ? k1 : double(k1)))
  }
  return chain
}

function gcmOpen(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, aad?: Uint8Array): Buffer | undefined {
  if (sealed.length < 16) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
  if (aad !== undefined) decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-16))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  } catch {
    return undefined
  }
}

/** Where a value stands. Without `row` it is bound to none. */
export interface BookPlace {
  readonly tenant: string
  readonly table: string
  readonly column: string
  readonly row?: string | undefined
  readonly type: string
}

/** "Field", steps 1 and 2: the bytes of the text form. */
export function fieldBytes(text: string): Buffer | undefined {
  const bytes = text.startsWith('phi1.') ? Buffer.from(text.slice(5), 'base64url') : undefined
  return bytes !== undefined && `phi1.${bytes.toString('base64url')}` === text ? bytes : undefined
}

/** "Field", steps 2 to 5: the plaintext with its tag, or undefined for whatever does not open. */
export function openField(dataKey: Uint8Array, sealed: Uint8Array, place: BookPlace): Buffer | undefined {
  const [version, suite] = sealed
  const tail = suite === 1 ? 32 : 0
  if (version !== 1 || (suite !== 1 && suite !== 2) || sealed.length < 46 + tail) return undefined
  const [header, nonce] = [sealed.subarray(0, 6), sealed.subarray(6, 30)]
  if (suite === 1) {
    const [a, b] = ['00010001', '00010002'].map((end) => cmac(dataKey, join('XCMT', nonce, hex(end)))) as [Buffer, Buffer]
    if (!Buffer.concat([a, b]).equals(sealed.subarray(-32))) return undefined
  }
  const key = Buffer.concat(['00015800', '00025800'].map((head) => cmac(dataKey, join(hex(head), nonce.subarray(0, 12)))))
  const { tenant, table, column, row = '', type } = place
  const aad = LP(header, tenant, table, column, row, type)
  return gcmOpen(key, nonce.subarray(12), sealed.subarray(30, sealed.length - tail), aad)
}

/** "Field", step 6. Undefined for a plaintext that is not of its type. */
export function decodeValue(type: string, plain: Buffer): unknown {
  if (type === 'string') return plain.toString('utf8')
  const names = [undefined, 'string', 'number', 'bigint', 'boolean', 'date', 'json', 'bytes']
  const is = names[plain[0] ?? 0]
  const rest = plain.subarray(1)
  if (is === undefined || (type !== 'any' && is !== type)) return undefined
  if (is === 'string') return rest.toString('utf8')
  if (is === 'number') return rest.length === 8 ? rest.readDoubleBE() : undefined
  if (is === 'bigint') return /^(0|-?[1-9]\d*)$/.test(rest.toString('latin1')) ? BigInt(rest.toString('latin1')) : undefined
  if (is === 'boolean') return rest.length === 1 && (rest[0] as number) < 2 ? rest[0] === 1 : undefined
  if (is === 'date') return rest.length === 8 ? new Date(Number(rest.readBigInt64BE())) : undefined
  return is === 'json' ? JSON.parse(rest.toString('utf8')) : new Uint8Array(rest)
}

/** "Deterministic value": AES-SIV of RFC 5297 with one string of associated data. */
export function openDeterministic(dataKey: Uint8Array, sealed: Uint8Array, place: BookPlace): Buffer | undefined {
  if (sealed[0] !== 1 || sealed[1] !== 4 || sealed.length < 22) return undefined
  const label = 'phi.envelope/deterministic/v1'
  const { tenant, table, column, type } = place
  const key = expand(dataKey, LP(label, tenant, table, column), 64)
  const [mac, ctr] = [key.subarray(0, 32), key.subarray(32)]
  const v = Buffer.from(sealed.subarray(6, 22))
  const q = Buffer.from(v)
  q[8] = (q[8] as number) & 0x7f
  q[12] = (q[12] as number) & 0x7f
  const cipher = createDecipheriv('aes-256-ctr', ctr, q)
  const plain = Buffer.concat([cipher.update(sealed.subarray(22)), cipher.final()])
  // S2V, RFC 5297 section 2.4.
  const aad = LP(label, sealed.subarray(0, 6), tenant, table, column, type)
  const d = xor(double(cmac(mac, Buffer.alloc(16))), cmac(mac, aad))
  const at = plain.length - 16
  const last =
    at >= 0
      ? join(plain.subarray(0, at), xor(plain.subarray(at), d))
      : xor(double(d), join(plain, Uint8Array.of(0x80), Buffer.alloc(16)).subarray(0, 16))
  return cmac(mac, last).equals(v) ? plain : undefined
}

/** "Index term": of one column or, with `LP` of the normal forms as message, of several. */
export function indexTerm(options: {
  readonly dataKey: Uint8Array
  readonly keyId: string
  readonly binding: readonly string[]
  readonly message: Uint8Array
  readonly bits: number
}): string {
  const mac = hmac('sha256', expand(options.dataKey, LP(...options.binding), 32), options.message)
  const kept = mac.subarray(0, Math.ceil(options.bits / 8))
  const last = kept.length - 1
  kept[last] = (kept[last] as number) & (0xff << (kept.length * 8 - options.bits))
  return options.keyId + kept.toString('hex')
}

/** "File". Undefined for whatever does not verify, or is not whole. */
export function openFile(
  dataKey: Uint8Array,
  file: Uint8Array,
  place: { readonly tenant: string; readonly collection: string; readonly file?: string; readonly subject?: string },
): Buffer | undefined {
  const header = file.subarray(0, 10)
  if (Buffer.from(header.subarray(0, 6)).toString('hex') !== '706869660103' || file.length < 66) return undefined
  const optional = (text: string | undefined) => (text === undefined ? Buffer.of(0) : join(Uint8Array.of(1), text))
  const context = LP(
    'phi.envelope/file/v1',
    header,
    place.tenant,
    place.collection,
    optional(place.file),
    optional(place.subject),
  )
  const info = join('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM', Uint8Array.of(0), file.subarray(10, 34), context)
  const derived = expand(dataKey, info, 76)
  if (!derived.subarray(44).equals(file.subarray(34, 66))) return undefined
  const parts: Buffer[] = []
  for (let i = 0, at = 66; ; i++, at += 16_400) {
    const nonce = Buffer.from(derived.subarray(32, 44))
    for (let byte = 0; byte < 4; byte++) nonce[8 + byte] = (nonce[8 + byte] as number) ^ ((i >>> (24 - 8 * byte)) & 0xff)
    const plain = gcmOpen(derived.subarray(0, 32), nonce, file.subarray(at, at + 16_400))
    if (plain === undefined) return undefined
    parts.push(plain)
    if (plain.length < 16_384) return at + plain.length + 16 === file.length ? Buffer.concat(parts) : undefined
  }
}

/** "Wrapped data key": the context, its SHA-256, and the commitment in the record. */
export function wrapOf(dataKey: Uint8Array, parts: readonly string[]): { context: string; digest: string; commitment: string } {
  const context = LP('phi.envelope/wrap/v1', ...parts)
  return {
    context: context.toString('hex'),
    digest: sha256(context).toString('hex'),
    commitment: hmac('sha256', dataKey, join('phi.envelope/key-commitment/v1', context)).toString('hex'),
  }
}
