import { createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { MemoryDisk } from '../../test/spool/disk.ts'
import { announced, atNoon, event, key, opened, PATIENT } from '../../test/spool/world.ts'
import { drain } from './drain.ts'
import { readMark } from './mark.ts'
import { keysOf, openFrame, sealFrame } from './seal.ts'
import { parseName } from './segment.ts'

/*
 * A second reader of phi.audit.spool/v1, written from its description: it shares no code with the first. It reads whole and
 * genuine files only.
 */
interface PlainRecord {
  readonly sequence: number
  readonly event: { readonly id: string }
}
function readPlainly(spool: string, segments: readonly Buffer[]): { records: PlainRecord[]; head: string } {
  const id = Buffer.from(spool, 'hex')
  const hkdf = (info: string, length: number) => Buffer.from(hkdfSync('sha256', key, id, info, length))
  const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest()
  let previous = sha(Buffer.concat([Buffer.from('phi.audit.spool/v1/genesis\n'), id]))
  const records: PlainRecord[] = []
  segments.forEach((bytes, number) => {
    expect(bytes.toString('latin1', 0, 8)).toBe('PHISPOOL')
    expect(bytes.subarray(8, 24)).toEqual(id)
    expect(bytes.readUInt32BE(24)).toBe(number)
    expect(bytes.subarray(28, 36)).toEqual(hkdf('phi.audit.spool/v1/check', 8))
    for (let at = 36; at < bytes.length; ) {
      expect(bytes.toString('latin1', at, at + 4)).toBe('PSR1')
      const end = at + 60 + bytes.readUInt32BE(at + 4)
      expect(bytes.readBigUInt64BE(at + 8)).toBe(BigInt(records.length))
      expect(bytes.subarray(at + 16, at + 48)).toEqual(previous)
      const decipher = createDecipheriv('aes-256-gcm', hkdf('phi.audit.spool/v1/record', 32), bytes.subarray(at + 48, at + 60))
      decipher.setAAD(Buffer.concat([Buffer.from('phi.audit.spool/v1/record\n'), id, bytes.subarray(at + 8, at + 48)]))
      decipher.setAuthTag(bytes.subarray(end - 16, end))
      const plain = Buffer.concat([decipher.update(bytes.subarray(at + 60, end - 16)), decipher.final()])
      const { event } = JSON.parse(plain.toString('utf8')) as { event: { id: string } }
      records.push({ sequence: records.length, event })
      previous = sha(bytes.subarray(at, end))
      at = end
    }
  })
  return { records, head: previous.toString('base64') }
}

/** Made with another library (Python's cryptography) from the description: key 32 times 07, id 00 to 0f, nonce 00 to 0b. */
const KNOWN = {
  recordKey: 'dc29a65fb26867b7d60840e4ba9982b10ab3a7c467d50f84d3e04a437d1c9660',
  genesis: '8b1ebe9f10fd4e07d2dbb38f9caae3b5ffa7f38aacd784d8251730b1b0d34f89',
  frame:
    '505352310000001f00000000000000058b1ebe9f10fd4e07d2dbb38f9caae3b5ffa7f38aacd784d8251730b1b0d34f89' +
    '000102030405060708090a0b0d8d3ea8f9f11a8f61b4cf114b6b2d5f9ec4d645df7771572c32a3af589376',
  hash: '030bb27fd1222edceb881801cc74086c17da76fb48d0ec2bffc1dff7a901a8ff',
}

describe('format phi.audit.spool/v1', () => {
  it('S95 a plain reader makes the same records and the same chain head of the same bytes', async () => {
    const disk = new MemoryDisk()
    const spool = await opened({ fs: disk.fs, segmentBytes: 2500, clock: atNoon() })
    const outage = await announced(spool)
    const events = Array.from({ length: 20 }, (_, i) => event(`e-${i}`, { context: { reason: `Überweisung 🙂 ${i}` } }))
    for (const each of events) await spool.append(each)
    const { spool: id } = spool.health()
    const files = disk.files()
    const segments = [...files]
      .filter(([path]) => path.endsWith('.segment'))
      .sort()
      .map(([, bytes]) => bytes)
    expect(segments.length).toBeGreaterThan(3)
    const plain = readPlainly(id as string, segments)
    expect(plain.records.map((record) => record.event)).toEqual(
      events.map((each) => ({ ...each, occurredAt: '2026-11-21T12:00:00.000Z' })),
    )
    const [drained] = (await drain(spool, (await outage.open()).append)).drained
    expect(drained).toMatchObject({ head: plain.head, last: 19 })
    // The log holds that head.
    const closing = (await outage.records()).find((record) => record.event.action === 'restore')
    expect(closing?.event.context?.details).toMatchObject({ head: plain.head, first: 0, last: 19, count: 20, intact: true })
    await spool.close()
  })

  it('opens a record that was sealed elsewhere, byte for byte', () => {
    const id = '000102030405060708090a0b0c0d0e0f'
    const keys = keysOf(key, id)
    expect(Buffer.from(keys.record).toString('hex')).toBe(KNOWN.recordKey)
    expect(keys.genesis.toString('hex')).toBe(KNOWN.genesis)
    const frame = openFrame(keys, Buffer.from(KNOWN.frame, 'hex'), 0)
    expect(frame?.payload.toString('utf8')).toBe('{"event":"e-0"}')
    expect(frame?.sequence).toBe(5)
    expect(frame?.hash.toString('hex')).toBe(KNOWN.hash)
  })

  it('seals the same record differently every time, and only its own place opens it', () => {
    const id = '000102030405060708090a0b0c0d0e0f'
    const keys = keysOf(key, id)
    const payload = Buffer.from(PATIENT)
    const nonces = new Set(
      Array.from({ length: 500 }, () => sealFrame(keys, 3, keys.genesis, payload).bytes.toString('hex', 48, 60)),
    )
    expect(nonces.size).toBe(500)
    const { bytes } = sealFrame(keys, 3, keys.genesis, payload)
    expect(openFrame(keys, bytes, 0)?.payload).toEqual(payload)
    expect(openFrame(keysOf(key, `ff${id.slice(2)}`), bytes, 0)).toBeUndefined()
    expect(openFrame(keysOf(new Uint8Array(32).fill(8), id), bytes, 0)).toBeUndefined()
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(openFrame(keys, flipped, 0), `bit ${bit}`).toBeUndefined()
    }
    for (let length = 0; length < bytes.length; length++) expect(openFrame(keys, bytes.subarray(0, length), 0)).toBeUndefined()
  })

  it('knows its own file names and no others', () => {
    const id = 'a'.repeat(32)
    expect(parseName(`00000003-${id}.mark`)).toEqual({ ordinal: 3, id, segment: undefined })
    expect(parseName(`00000003-${id}-00000012.segment`)).toEqual({ ordinal: 3, id, segment: 12 })
    for (const name of [
      `00000003-${id}.segment`,
      `00000003-${id}-00000012.mark`,
      `3-${id}.mark`,
      `00000003-${id}.mark.new`,
      'lock-1',
      `x00000003-${id}.mark`,
      `kept-00000003-${id}.mark`,
    ])
      expect(parseName(name), name).toBeUndefined()
    expect(readMark(keysOf(key, id), new Uint8Array(0))).toEqual({ mark: undefined, whole: false })
  })
})
