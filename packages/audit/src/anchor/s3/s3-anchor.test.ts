import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { fixedClock, utf8 } from '@phi/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { noteAt } from '../../../test/anchor/notes.ts'
import { LockingS3, s3Failure, s3Xml } from '../../../test/anchor/s3-server.ts'
import { testLog, testSigner } from '../../../test/make-log.ts'
import { codeOf } from '../../../test/tampered-store.ts'
import { type S3AnchorOptions, s3Anchor } from './index.ts'

const { origin } = testLog
const start = '2026-03-04T05:06:07.089Z'
const clock = fixedClock(start)
let server: LockingS3
let client: S3Client

beforeEach(async () => {
  clock.set(start)
  server = new LockingS3()
  server.now = () => new Date(clock())
  client = await server.start()
})
afterEach(async () => {
  client.destroy()
  await server.stop()
})
const anchor = (options: Partial<S3AnchorOptions> = {}) =>
  s3Anchor({ client, bucket: 'bucket', origin, clock, retain: { years: 6 }, mode: 'COMPLIANCE', prefix: 'a/', ...options })

describe('s3Anchor against a server that has Object Lock', () => {
  it('S113 sends checksum, condition, mode and date, and reads the lock back', async () => {
    const note = await noteAt(7)
    const receipt = await anchor({ keys: [testSigner.vkey] }).put(note)
    const item = receipt.item
    expect(receipt).toEqual({
      anchor: 's3',
      size: 7,
      root: Buffer.alloc(32, 7).toString('base64'),
      item: `0000000000000007-${'07'.repeat(32)}-${createHash('sha256').update(note).digest('hex')}.note`,
      at: start,
      created: true,
      mode: 'COMPLIANCE',
      retainUntil: '2032-03-04T05:06:07.089Z',
      versionId: 'v1',
    })
    const [put, get, retention] = server.calls
    expect(put).toMatchObject({
      method: 'PUT',
      path: `a/${item}`,
      headers: {
        'if-none-match': '*',
        'x-amz-object-lock-mode': 'COMPLIANCE',
        'x-amz-object-lock-retain-until-date': '2032-03-04T05:06:07.089Z',
        'x-amz-checksum-sha256': createHash('sha256').update(note).digest('base64'),
        'content-type': 'text/plain; charset=utf-8',
      },
    })
    expect(put?.body.toString()).toBe(note)
    for (const call of [get, retention]) expect(call).toMatchObject({ method: 'GET', path: `a/${item}` })
    expect(retention?.query.get('versionId')).toBe('v1')
    expect(server.calls).toHaveLength(3)
  })

  it('keeps the same note once, and lengthens its lock when it is put again later', async () => {
    const note = await noteAt(7)
    await anchor().put(note)
    clock.advance(86_400_000)
    expect(await anchor().put(note)).toMatchObject({ created: false, retainUntil: '2032-03-05T05:06:07.089Z', versionId: 'v1' })
    expect([...server.objects.values()].flat()).toHaveLength(1)
    const until = new Date('2030-01-01T00:00:00.000Z')
    expect(await anchor({ retain: { until } }).put(note)).toMatchObject({ retainUntil: '2032-03-05T05:06:07.089Z' })
  })

  it('S6 lists by size what it keeps, over pages, also what a delete marker hides or somebody wrote over', async () => {
    const sizes = [3, 20, 100, 5]
    const notes = new Map<number, string>()
    for (const size of sizes) notes.set(size, await noteAt(size))
    for (const note of notes.values()) await anchor().put(note)
    await s3Anchor({
      client,
      bucket: 'bucket',
      origin: 'other.example',
      clock,
      retain: { years: 1 },
      mode: 'GOVERNANCE',
      prefix: 'a/',
    }).put(await noteAt(1000, { origin: 'other.example' }))
    const [hidden, over] = [...server.objects.keys()] as [string, string]
    server.add(hidden, { isMarker: true })
    server.add(over, { body: server.objects.get(over)?.[0]?.body as Buffer })
    server.add('a/readme.txt', { body: utf8('not ours') })
    server.page = 2
    expect(await anchor().list()).toEqual([3, 5, 20, 100].map((size) => notes.get(size)))
    expect(await anchor().latest()).toBe(notes.get(100))
    expect(await anchor({ prefix: 'b/' }).list()).toEqual([])
    expect(await anchor({ prefix: 'b/' }).latest()).toBeUndefined()
  })

  it('S113 finds what lies under a note’s name and is not that note', async () => {
    await anchor().put(await noteAt(3))
    const note = await noteAt(7)
    const { item } = await anchor().put(note)
    server.add(`a/${item}`, { body: utf8('something else') })
    expect(await codeOf(() => anchor().list())).toBe('PHI_AUDIT_ANCHOR_DAMAGED')
    expect(await codeOf(() => anchor().put(note))).toBe('PHI_AUDIT_ANCHOR_DAMAGED')
    const damaged: string[] = []
    expect(await anchor().list({ onDamaged: ({ name }) => damaged.push(name) })).toHaveLength(2)
    expect(damaged).toEqual([item])
  })

  it('does not call anchored what the bucket did not lock', async () => {
    const note = await noteAt(7)
    server.hasLock = false
    expect(await codeOf(() => anchor().put(note))).toBe('PHI_AUDIT_ANCHOR_UNLOCKED')
    server.hasLock = true
    // A server that takes the headers and does nothing, or something else, with them.
    const lies: [string, string][] = [
      ['GOVERNANCE', '2032-03-04T05:06:07Z'],
      ['COMPLIANCE', '2031-03-04T05:06:07Z'],
      ['NONE', '2032-03-04T05:06:07Z'],
    ]
    for (const [mode, until] of lies) {
      server.objects.clear()
      server.fault = (call) =>
        call.method === 'GET' && call.query.has('retention')
          ? s3Xml(`<Retention><Mode>${mode}</Mode><RetainUntilDate>${until}</RetainUntilDate></Retention>`)
          : undefined
      expect(await codeOf(() => anchor().put(note))).toBe('PHI_AUDIT_ANCHOR_UNLOCKED')
    }
    for (const body of ['<Retention/>', '<Retention><Mode>COMPLIANCE</Mode></Retention>']) {
      server.objects.clear()
      server.fault = (call) => (call.query.has('retention') ? s3Xml(body) : undefined)
      expect(await codeOf(() => anchor().put(note))).toBe('PHI_AUDIT_ANCHOR_UNLOCKED')
    }
    server.fault = () => undefined
    expect((await anchor({ mode: 'GOVERNANCE' }).put(note)).mode).toBe('COMPLIANCE')
  })

  it('lets a weaker lock that is there already not pass for the stronger one', async () => {
    const note = await noteAt(7)
    await anchor({ mode: 'GOVERNANCE' }).put(note)
    expect(await codeOf(() => anchor().put(note))).toBe('PHI_AUDIT_ANCHOR_UNLOCKED')
  })

  it('notices that the clocks disagree, and lengthens the lock once they agree', async () => {
    const note = await noteAt(7)
    server.now = () => new Date(clock() + 3 * 86_400_000)
    expect(await codeOf(() => anchor().put(note))).toBe('PHI_AUDIT_ANCHOR_CLOCK')
    clock.advance(3 * 86_400_000)
    server.now = () => new Date(clock())
    expect(await anchor().put(note)).toMatchObject({ created: false, retainUntil: '2032-03-07T05:06:07.089Z' })
    server.fault = () => s3Failure(403, 'RequestTimeTooSkewed')
    expect(await codeOf(() => anchor().put(note))).toBe('PHI_AUDIT_ANCHOR_CLOCK')
    server.fault = () => undefined
    clock.set('2040-01-01T00:00:00.000Z')
    expect(await codeOf(() => anchor({ retain: { until: new Date('2039-01-01') } }).put(note))).toBe('PHI_AUDIT_ANCHOR_OPTIONS')
  })

  it('of two processes at once keeps one object, and tells both that it is there', async () => {
    const note = await noteAt(7)
    const receipts = await Promise.all([anchor().put(note), anchor().put(note), anchor().put(note)])
    expect(receipts.filter(({ created }) => created)).toHaveLength(1)
    expect([...server.objects.values()].flat()).toHaveLength(1)
  })

  it('knows what a put whose answer was lost has done', async () => {
    const note = await noteAt(7)
    server.fault = (call, honest) => {
      if (call.method !== 'PUT') return undefined
      honest()
      return 'drop'
    }
    expect(await codeOf(() => anchor().put(note))).toBe('PHI_AUDIT_ANCHOR_UNAVAILABLE')
    server.fault = () => undefined
    expect(await anchor().put(note)).toMatchObject({ created: false, mode: 'COMPLIANCE' })
  })

  it.each<[string, number, string, string]>([
    ['AccessDenied', 403, 'AccessDenied', 'PHI_AUDIT_ANCHOR_DENIED'],
    ['an unknown 403', 403, 'Whatever', 'PHI_AUDIT_ANCHOR_DENIED'],
    ['SlowDown', 503, 'SlowDown', 'PHI_AUDIT_ANCHOR_UNAVAILABLE'],
    ['a 500', 500, 'Whatever', 'PHI_AUDIT_ANCHOR_UNAVAILABLE'],
    ['a conflict', 409, 'ConditionalRequestConflict', 'PHI_AUDIT_ANCHOR_UNAVAILABLE'],
    ['no such bucket', 404, 'NoSuchBucket', 'PHI_AUDIT_ANCHOR_ANSWER'],
    ['no locks at all', 501, 'NotImplemented', 'PHI_AUDIT_ANCHOR_UNLOCKED'],
    ['a wrong checksum', 400, 'BadDigest', 'PHI_AUDIT_ANCHOR_ANSWER'],
    ['a redirect', 301, 'PermanentRedirect', 'PHI_AUDIT_ANCHOR_ANSWER'],
  ])('turns %s into an error of its own, without a name of theirs', async (_, status, code, expected) => {
    const note = await noteAt(7)
    server.fault = () => s3Failure(status, code)
    const error = await anchor()
      .put(note)
      .catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code: expected, info: { status } })
    expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toMatch(/secret-bucket|secret-key|AKIATEST/)
    expect((error as Error).cause).toBeUndefined()
    expect(await codeOf(() => anchor().list())).toBe(expected)
    expect(await codeOf(() => anchor().latest())).toBe(expected)
  })

  it('takes no page of a proxy for an answer, and no other listing for an empty one', async () => {
    await anchor().put(await noteAt(3))
    for (const page of [
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><html>Sign in</html>' },
      { status: 200, body: '' },
      s3Xml('<ListBucketResult><Name>bucket</Name><Marker/><IsTruncated>false</IsTruncated></ListBucketResult>'),
      s3Xml('<ListVersionsResult><Name>bucket</Name><KeyMarker/><IsTruncated>true</IsTruncated></ListVersionsResult>'),
    ]) {
      server.fault = () => page
      expect(await codeOf(() => anchor().list())).toBe('PHI_AUDIT_ANCHOR_ANSWER')
      expect(await codeOf(async () => anchor().put(await noteAt(4)))).toMatch(/^PHI_AUDIT_ANCHOR_(ANSWER|UNLOCKED)$/)
    }
  })

  it('does not believe a put that does not read back', async () => {
    server.fault = (call) =>
      call.method === 'GET' && !call.query.has('retention')
        ? { status: 200, headers: { 'last-modified': new Date().toUTCString() }, body: 'something else' }
        : undefined
    expect(await codeOf(async () => anchor().put(await noteAt(7)))).toBe('PHI_AUDIT_ANCHOR_ANSWER')
    server.objects.clear()
    server.fault = (call) =>
      call.method === 'GET' && !call.query.has('retention') ? { status: 200, body: Buffer.alloc(1_000_001) } : undefined
    expect(await codeOf(async () => anchor().put(await noteAt(7)))).toBe('PHI_AUDIT_ANCHOR_ANSWER')
  })

  it('reads no more than a note can be long of a body that has no end and says no length', async () => {
    let read = 0
    let isClosed = false
    async function* endless() {
      try {
        for (;;) {
          read += 65_536
          yield new Uint8Array(65_536)
        }
      } finally {
        isClosed = true
      }
    }
    const send = async (command: object) =>
      command instanceof PutObjectCommand
        ? { VersionId: 'v1' }
        : { Body: Readable.from(endless()), LastModified: new Date(clock()) }
    const endlessly = { send } as unknown as S3Client
    expect(await codeOf(async () => anchor({ client: endlessly }).put(await noteAt(7)))).toBe('PHI_AUDIT_ANCHOR_ANSWER')
    expect(read).toBeLessThan(4_000_000)
    expect(isClosed).toBe(true)
  })

  it('stops when the caller gives up, with the caller’s reason', async () => {
    server.fault = () => 'hang'
    const stop = new AbortController()
    const work = noteAt(7).then((note) => anchor().put(note, { signal: stop.signal }))
    setTimeout(() => stop.abort(new Error('enough')), 20)
    await expect(work).rejects.toThrow('enough')
  })

  it('says that a bucket that is away is away', async () => {
    await server.stop()
    expect(await codeOf(async () => anchor().put(await noteAt(7)))).toBe('PHI_AUDIT_ANCHOR_UNAVAILABLE')
    expect(await codeOf(() => anchor().list())).toBe('PHI_AUDIT_ANCHOR_UNAVAILABLE')
    await server.start().then((again) => again.destroy())
  })

  it.each<[string, Record<string, unknown>]>([
    ['client', { client: {} }],
    ['bucket', { bucket: '' }],
    ['prefix', { prefix: 'a b' }],
    ['mode', { mode: 'governance' }],
    ['mode', { mode: undefined }],
    ['retain', { retain: undefined }],
    ['retain.years', { retain: { years: 0 } }],
    ['retain.years', { retain: { years: 101 } }],
    ['retain.until', { retain: { until: new Date(Number.NaN) } }],
  ])('refuses a wrong %s', (path, change) => {
    expect(() => anchor(change as never)).toThrow(expect.objectContaining({ code: 'PHI_AUDIT_ANCHOR_OPTIONS', path }))
  })
})

describe('s3Anchor against s3rver, which has no Object Lock', () => {
  interface Rver {
    run(): Promise<{ port: number }>
    close(): Promise<void>
  }
  const S3rver = createRequire(import.meta.url)('s3rver') as new (options: object) => Rver
  let folder: string
  let rver: Rver
  let plain: S3Client

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'phi-s3rver-'))
    rver = new S3rver({
      port: 0,
      address: '127.0.0.1',
      silent: true,
      directory: folder,
      configureBuckets: [{ name: 'bucket' }],
    })
    const { port } = await rver.run()
    plain = new S3Client({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
      forcePathStyle: true,
      maxAttempts: 1,
    })
  })
  afterEach(async () => {
    plain.destroy()
    await rver.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('writes and reads the object, and does not call it anchored', async () => {
    const note = await noteAt(7)
    const error = await anchor({ client: plain })
      .put(note)
      .catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code: 'PHI_AUDIT_ANCHOR_UNLOCKED', info: { error: 'NotImplemented' } })
    // It got as far as the lock: put, checksum and reading back were the real client's against a real server.
    expect(await codeOf(() => anchor({ client: plain }).put(note))).toBe('PHI_AUDIT_ANCHOR_UNLOCKED')
  })

  it('does not take its plain listing, or a bucket that is not there, for one without checkpoints', async () => {
    await plain.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'a/x', Body: utf8('x') }))
    expect(await codeOf(() => anchor({ client: plain }).list())).toMatch(/^PHI_AUDIT_ANCHOR_(ANSWER|UNLOCKED)$/)
    expect(await codeOf(() => anchor({ client: plain, bucket: 'nothing' }).list())).toBe('PHI_AUDIT_ANCHOR_ANSWER')
    expect(await codeOf(async () => anchor({ client: plain, bucket: 'nothing' }).put(await noteAt(1)))).toBe(
      'PHI_AUDIT_ANCHOR_ANSWER',
    )
  })
})
