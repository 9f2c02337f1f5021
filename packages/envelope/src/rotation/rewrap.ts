import { isPhiError, parseAs, tenantSchema } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import type { Custody } from '../keys/custody.ts'
import { contextOf, type DataKeyRecord, isCondemned } from '../keys/key-record.ts'
import type { KeyringParts } from '../keys/keyring-parts.ts'
import { type CurrentKek, currentKeks, isUnder } from './current-kek.ts'
import { refuseRestored, settle } from './settle.ts'

export interface RewrapProgress {
  /** Keys that this run wrapped under the current KEK. */
  readonly rewrapped: number
  /** Keys that were under it already. */
  readonly current: number
  /** Keys that it could not do, and why, by the error's code. The others went on. */
  readonly failed: readonly { readonly keyId: string; readonly code: string }[]
  /** The id of the last key that was looked at: pass it as `after` to go on from there. */
  readonly after?: string
}

export interface RewrapResult extends RewrapProgress {
  /** Keys that are still under another KEK, or of which that is not known. An old KEK may go when a whole run says 0. */
  readonly remaining: number
}

export interface RewrapOptions {
  /** Only this tenant's keys and its subjects'. Default: all. */
  readonly tenant?: string
  /** Go on behind this key id. Default: from the first. Without it a run is complete anyway: what is done is only counted. */
  readonly after?: string
  /** Called after every page of keys. */
  readonly onProgress?: (progress: RewrapProgress) => void
  /** Aborted: no further key is touched, and the result counts the rest as remaining. */
  readonly signal?: AbortSignal
}

const schema = z.strictObject({
  tenant: tenantSchema.optional(),
  after: z
    .string()
    .regex(/^[0-9a-f]{8}$/)
    .optional(),
  onProgress: z
    .custom<NonNullable<RewrapOptions['onProgress']>>((value) => typeof value === 'function', 'must be a function')
    .optional(),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, 'must be an AbortSignal').optional(),
})

const PAGE = 200

/** Keys that wait for their destruction stay under the KEK that shall end with them. */
const isMovable = (record: DataKeyRecord): boolean => !isCondemned(record)

/**
 * Wraps one key under the current KEK; the data key, and all that was sealed with it, stays the same.
 * @returns whether it was done here, rather than by another run, or not at all since the key's destruction was approved
 * meanwhile
 */
async function rewrapOne(
  custody: Custody,
  record: DataKeyRecord,
  isCurrent: (record: DataKeyRecord) => boolean,
): Promise<boolean> {
  let here = false
  await settle(custody, record, async (now) => {
    if (!isMovable(now) || isCurrent(now)) return now
    const dataKey = await custody.kmsOf(now).unwrap(now)
    try {
      const wrapped = await custody.kms.wrap(dataKey, contextOf(now), custody.settings.kek(now.tenant))
      const next = { ...now, ...wrapped, kms: custody.kms.name }
      if ((await custody.store.replace(next, now.revision)) === 'conflict') throw envelopeError('PHI_ENVELOPE_CONFLICT')
      const written = { ...next, revision: now.revision + 1 }
      custody.tell('rewrapped', written)
      here = true
      return written
    } finally {
      dataKey.fill(0)
    }
  })
  return here
}

/** A failure of the store concerns all keys; any other is this key's, and the run goes on. */
const isOwn = (error: unknown): boolean =>
  isPhiError(error) && error.code !== 'PHI_ENVELOPE_STORE' && error.code !== 'PHI_ENVELOPE_STORE_UNAVAILABLE'

/** @internal */
export async function rewrap({ custody }: KeyringParts, options: RewrapOptions = {}): Promise<RewrapResult> {
  const { tenant, after, onProgress, signal } = parseAs(schema, options, 'rewrap', (context) =>
    envelopeError('PHI_ENVELOPE_OPTIONS', context),
  )
  const currentOf = currentKeks(custody)
  const failed: { keyId: string; code: string }[] = []
  const done = { rewrapped: 0, current: 0, remaining: 0, after }
  const progress = (): RewrapProgress => ({
    rewrapped: done.rewrapped,
    current: done.current,
    failed: [...failed],
    ...(done.after === undefined ? {} : { after: done.after }),
  })

  const visit = async (record: DataKeyRecord): Promise<void> => {
    if (signal?.aborted) {
      done.remaining += 1
      return
    }
    const kek: CurrentKek = await currentOf(record.tenant)
    const isCurrent = (each: DataKeyRecord) => 'described' in kek && isUnder(each, custody.kms.name, kek.described)
    if (isCurrent(record)) done.current += 1
    else {
      try {
        if ('failed' in kek) throw kek.failed
        const here = await rewrapOne(custody, record, isCurrent)
        done[here ? 'rewrapped' : 'current'] += 1
      } catch (error) {
        if (!isOwn(error)) throw error
        failed.push({ keyId: record.id, code: (error as { code: string }).code })
        done.remaining += 1
      }
    }
    done.after = record.id
  }

  for (let from = after; ; ) {
    const page = await custody.store.scan({
      limit: PAGE,
      ...(tenant === undefined ? {} : { tenant }),
      ...(from === undefined ? {} : { after: from }),
    })
    // A key that was destroyed and came back with a backup is not given a fresh wrap.
    await refuseRestored(custody, page)
    for (const record of page.filter(isMovable)) await visit(record)
    if (!signal?.aborted) onProgress?.(progress())
    if (page.length < PAGE) break
    from = page.at(-1)?.id
  }
  return Object.freeze({ ...progress(), remaining: done.remaining })
}
