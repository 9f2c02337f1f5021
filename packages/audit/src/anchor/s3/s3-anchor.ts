import {
  GetObjectCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { equalBytes, formatInstant, sha256, toBase64 } from '@phi/core'
import { MAX_NOTE_LENGTH } from '../../note/index.ts'
import { type Anchor, type AnchorItem, type AnchorOptions, anchorOn, isNoteName, type NamedNote } from '../anchor.ts'
import { anchorError } from '../errors.ts'
import { explainS3, failureOf } from './faults.ts'

export interface S3AnchorOptions extends AnchorOptions {
  /** A client of `@aws-sdk/client-s3`, with its credentials, region, retries and time limits. Leave its `logger` unset. */
  readonly client: S3Client
  /** A bucket with Object Lock, best in an account that the log's operators cannot sign in to. */
  readonly bucket: string
  /** What keys begin with, `anchors/clinic-a/` for example. Default none. */
  readonly prefix?: string
  /** How long checkpoints are locked: whole years from now, by `clock`, or until a fixed time (RFC 3339 or Date). */
  readonly retain: { readonly years: number } | { readonly until: Date }
  /**
   * COMPLIANCE: nobody can delete it before that time, the account's root user included, also not by mistake. GOVERNANCE: whoever has
   * s3:BypassGovernanceRetention can.
   */
  readonly mode: 'COMPLIANCE' | 'GOVERNANCE'
}

const DAY_MS = 86_400_000
/** Object Lock takes 100 years at most. */
const MAX_YEARS = 100
const MAX_PAGES = 10_000

interface Place {
  readonly Bucket: string
  readonly Key: string
  readonly VersionId?: string
}

const refusedOption = (path: string, detail: string) => anchorError('PHI_AUDIT_ANCHOR_OPTIONS', { path, detail })

/**
 * Keeps checkpoints in a bucket under Object Lock. `put` writes with `If-None-Match: *`, a SHA-256 checksum, mode and date; then
 * reads the object and its retention back. A checkpoint counts as anchored only when the bucket says that it is locked, in that
 * mode, until that time or longer. Put again, a note that is there has its lock lengthened.
 *
 * `list` reads versions, not only the newest ones: a delete marker hides an object from an ordinary listing, and a locked version
 * is under it all the same.
 *
 * Needs s3:PutObject, s3:PutObjectRetention, s3:GetObject, s3:GetObjectVersion, s3:GetObjectRetention and s3:ListBucketVersions.
 * @throws PhiError PHI_AUDIT_ANCHOR_OPTIONS, PHI_AUDIT_ORIGIN, PHI_AUDIT_VKEY
 */
export function s3Anchor(options: S3AnchorOptions): Anchor {
  const { bucket, client, clock, mode, prefix = '', retain } = options
  if (typeof client?.send !== 'function') throw refusedOption('client', 'is no S3Client')
  if (typeof bucket !== 'string' || bucket === '') throw refusedOption('bucket', 'names no bucket')
  // S3 keys have at most 1,024 bytes, of which a note's name takes 151.
  if (typeof prefix !== 'string' || !/^[\w!.*'()/-]{0,800}$/.test(prefix))
    throw refusedOption('prefix', "takes letters, digits and !-_.*'()/")
  if (mode !== 'COMPLIANCE' && mode !== 'GOVERNANCE') throw refusedOption('mode', 'must be COMPLIANCE or GOVERNANCE')
  checkRetain(retain)

  const keyOf = (name: string) => `${prefix}${name}`

  const read = async (place: Place, signal: AbortSignal | undefined) => {
    const answer = await client.send(new GetObjectCommand(place), sending(signal))
    if (answer.Body === undefined) throw noAnswer('it is no note')
    const bytes = await bodyOf(answer.Body as unknown as AsyncIterable<Uint8Array>)
    return { bytes, versionId: answer.VersionId, storedAt: answer.LastModified }
  }

  const write = async (place: Place, bytes: Uint8Array, until: Date, signal: AbortSignal | undefined) => {
    const checksum = toBase64(sha256(bytes))
    try {
      const answer = await client.send(
        new PutObjectCommand({
          ...place,
          Body: bytes,
          ContentType: 'text/plain; charset=utf-8',
          ChecksumSHA256: checksum,
          IfNoneMatch: '*',
          ObjectLockMode: mode,
          ObjectLockRetainUntilDate: until,
        }),
        sending(signal),
      )
      if (answer.ChecksumSHA256 !== undefined && answer.ChecksumSHA256 !== checksum) throw noAnswer('its checksum is another')
      return { created: true, versionId: answer.VersionId }
    } catch (error) {
      const { name, status } = failureOf(error)
      if (name === 'PreconditionFailed' || status === 412) return { created: false, versionId: undefined }
      throw error
    }
  }

  /** The lock as the bucket says it is. @throws PHI_AUDIT_ANCHOR_UNLOCKED where there is none, or a weaker one */
  const lockOf = async (place: Place, signal: AbortSignal | undefined) => {
    const { Retention } = await client.send(new GetObjectRetentionCommand(place), sending(signal))
    const until = Retention?.RetainUntilDate?.getTime() ?? Number.NaN
    const isStrong = Retention?.Mode === 'COMPLIANCE' || (Retention?.Mode === 'GOVERNANCE' && mode === 'GOVERNANCE')
    if (!isStrong || !(until > 0)) throw anchorError('PHI_AUDIT_ANCHOR_UNLOCKED', { detail: 'no lock of this mode' })
    return { mode: Retention.Mode as 'COMPLIANCE' | 'GOVERNANCE', until }
  }

  const put = async ({ name, bytes }: NamedNote, signal: AbortSignal | undefined) => {
    const asked = untilOf(retain, clock())
    const key = { Bucket: bucket, Key: keyOf(name) }
    const written = await write(key, bytes, asked, signal)
    const found = await read(written.versionId === undefined ? key : { ...key, VersionId: written.versionId }, signal)
    if (!equalBytes(found.bytes, bytes))
      throw written.created ? noAnswer('what was put does not read back') : anchorError('PHI_AUDIT_ANCHOR_DAMAGED')
    const versionId = written.versionId ?? found.versionId
    const place = versionId === undefined ? key : { ...key, VersionId: versionId }
    let lock = await lockOf(place, signal)
    if (lock.until < floorOf(asked) && !written.created) {
      const Retention = { Mode: lock.mode, RetainUntilDate: asked }
      await client.send(new PutObjectRetentionCommand({ ...place, Retention }), sending(signal))
      lock = await lockOf(place, signal)
    }
    if (lock.until < floorOf(asked)) throw anchorError('PHI_AUDIT_ANCHOR_UNLOCKED', { detail: 'the lock ends too early' })
    if (written.created) assertClock(retain, found.storedAt, lock.until)
    return {
      created: written.created,
      mode: lock.mode,
      retainUntil: formatInstant(lock.until),
      ...(versionId === undefined ? {} : { versionId }),
    }
  }

  const items = async (signal: AbortSignal | undefined): Promise<AnchorItem[]> => {
    const found: AnchorItem[] = []
    let marker: { KeyMarker?: string; VersionIdMarker?: string } = {}
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await client.send(
        new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, ...marker }),
        sending(signal),
      )
      // A page of a proxy, or another kind of listing, must not read as a bucket without checkpoints.
      if (typeof answer.Name !== 'string' || typeof answer.IsTruncated !== 'boolean' || answer.KeyMarker === undefined)
        throw noAnswer('it is no listing of versions')
      for (const { Key = '', VersionId } of answer.Versions ?? []) {
        const name = Key.slice(prefix.length)
        if (!Key.startsWith(prefix) || !isNoteName(name)) continue
        const place = { Bucket: bucket, Key, ...(VersionId === undefined ? {} : { VersionId }) }
        found.push({ name, read: () => translated(async () => (await read(place, signal)).bytes, signal) })
      }
      if (!answer.IsTruncated) return found
      const { NextKeyMarker, NextVersionIdMarker } = answer
      if (NextKeyMarker === undefined) throw noAnswer('its listing stops in the middle')
      marker = {
        KeyMarker: NextKeyMarker,
        ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }),
      }
    }
    throw noAnswer('its listing has no end')
  }

  return anchorOn(
    {
      put: (note, signal) => translated(() => put(note, signal), signal),
      items: (signal) => translated(() => items(signal), signal),
    },
    's3',
    options,
  )
}

const noAnswer = (detail: string) => anchorError('PHI_AUDIT_ANCHOR_ANSWER', { detail })

/** The bytes of an object. What is longer than any note is none: the rest is not read, and the connection is let go. */
async function bodyOf(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body) {
    length += part.length
    if (length > MAX_NOTE_LENGTH) throw noAnswer('it is no note')
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}

const sending = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { abortSignal: signal })

async function translated<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await work()
  } catch (error) {
    signal?.throwIfAborted()
    throw explainS3(error)
  }
}

function checkRetain(retain: S3AnchorOptions['retain']): void {
  if (typeof retain !== 'object' || retain === null) throw refusedOption('retain', 'says no time')
  if ('years' in retain) {
    if (!Number.isInteger(retain.years) || retain.years < 1 || retain.years > MAX_YEARS)
      throw refusedOption('retain.years', 'must be 1 to 100 whole years')
  } else if (!(retain.until instanceof Date && retain.until.getTime() > 0)) throw refusedOption('retain.until', 'is no date')
}

function untilOf(retain: S3AnchorOptions['retain'], now: number): Date {
  if ('until' in retain) {
    if (retain.until.getTime() <= now) throw refusedOption('retain.until', 'is past')
    return retain.until
  }
  const date = new Date(now)
  date.setUTCFullYear(date.getUTCFullYear() + retain.years)
  return date
}

/** S3 may keep whole seconds. */
const floorOf = (date: Date): number => Math.floor(date.getTime() / 1000) * 1000

/** That the lock is as long as asked by the bucket's clock as well, give or take a day. */
function assertClock(retain: S3AnchorOptions['retain'], storedAt: Date | undefined, until: number): void {
  const now = storedAt?.getTime() ?? Number.NaN
  // Without the bucket's time there is nothing to compare with, and nothing to call right.
  if (Number.isNaN(now)) throw noAnswer('it does not say when the object was stored')
  const wanted = 'until' in retain ? now : untilOf(retain, now).getTime() - DAY_MS
  if (until < wanted) throw anchorError('PHI_AUDIT_ANCHOR_CLOCK')
}
