import { join } from 'node:path'
import { diskError, errnoOf, spoolError } from './errors.ts'
import { type SpoolFile, type SpoolFs, writeAll } from './file-system.ts'
import { MARK_BYTES, type Mark, readMark, sealMark, slotPosition } from './mark.ts'
import { candidateOf, type Located, recover, type SpoolDamage } from './recover.ts'
import { keysOf, openFrame, type SpoolKeys, sealFrame } from './seal.ts'
import { HEADER_BYTES, KEPT, markName, type Stretch, scanSegment, segmentHeader, segmentName } from './segment.ts'
import { parsePayload, type SpooledEvent } from './spooled-event.ts'

/** What all spools of a directory share. */
export interface Home {
  readonly fs: SpoolFs
  readonly directory: string
  readonly key: Uint8Array
  readonly segmentBytes: number
}

/** Damage after which nothing more may be added: the chain would go on from something that is not whole. */
const isLoss = ({ kind }: SpoolDamage): boolean => kind !== 'mark-slot'

/**
 * One spool: its id, its chain, its files. A directory holds one that takes events, the ones before it that are not drained
 * yet, and perhaps the next.
 */
export class Generation {
  readonly #home: Home
  readonly #keys: SpoolKeys
  readonly id: string
  readonly ordinal: number
  readonly damage: SpoolDamage[] = []
  /** Readable records that are not in the log yet, and those that are; the first `drainedRecords` are. */
  records: Located[] = []
  drainedRecords = 0
  /** The sequence of the next record. */
  next = 0
  #head: Buffer
  #mark: Mark
  #markFile: SpoolFile | undefined
  #segment: { readonly number: number; readonly file: SpoolFile; size: number } | undefined
  /** Segment number to size in bytes. */
  readonly #segments = new Map<number, number>()
  #torn: Stretch | undefined
  /** Marks are written one at a time. */
  #marking: Promise<unknown> = Promise.resolve()
  /** The segment that is being read. */
  #loaded: { readonly number: number; readonly bytes: Buffer } | undefined
  /** The last mark is not on the disk, and what it says may be too little. */
  markStale = false
  /** A write could not be confirmed or taken back: this object writes no more. */
  broken = false

  private constructor(home: Home, id: string, ordinal: number, mark: Mark, keys: SpoolKeys) {
    this.#home = home
    this.#keys = keys
    this.id = id
    this.ordinal = ordinal
    this.#mark = mark
    this.#head = keys.genesis
  }

  /** Makes a new, empty one. Its mark is on the disk when this resolves. */
  static async create(home: Home, id: string, ordinal: number, name: string, createdAt: number): Promise<Generation> {
    const keys = keysOf(home.key, id)
    const made = new Generation(home, id, ordinal, newMark(keys, name, createdAt), keys)
    const { fs, directory } = home
    const path = made.#path(markName(ordinal, id))
    const draft = `${path}.new`
    try {
      await fs.remove(draft)
      const file = await fs.create(draft)
      made.#markFile = file
      await writeAll(file, Buffer.concat([sealMark(keys, made.#mark), sealMark(keys, { ...made.#mark, count: 1 })]), 0)
      made.#mark = { ...made.#mark, count: 1 }
      await file.sync()
      await fs.rename(draft, path)
      await fs.syncDirectory(directory)
      return made
    } catch (error) {
      await made.close()
      for (const left of [draft, path]) await fs.remove(left).catch(() => {})
      throw diskError(error)
    }
  }

  /**
   * Reads one that is there. Changes nothing.
   * @returns the generation, and whether anything in its files could be read with this key
   */
  static async load(
    home: Home,
    id: string,
    ordinal: number,
    segments: readonly number[],
    hasMark: boolean,
  ): Promise<{ generation: Generation; keyFits: boolean }> {
    const keys = keysOf(home.key, id)
    const loaded = new Generation(home, id, ordinal, newMark(keys, '', 0), keys)
    const { fs } = home
    const markBytes = hasMark ? await fs.read(loaded.#path(markName(ordinal, id))) : new Uint8Array(0)
    const state = readMark(keys, markBytes)
    if (state.mark !== undefined) loaded.#mark = state.mark
    let keyFits = state.mark !== undefined
    let evidence = markBytes.length
    const scans = []
    for (const number of [...segments].sort((a, b) => a - b)) {
      const bytes = Buffer.from(await fs.read(loaded.#path(segmentName(ordinal, id, number))))
      const { frames, ...scan } = scanSegment(keys, number, bytes)
      scans.push({ ...scan, records: frames.map((frame) => candidateOf(frame, parsePayload(frame.payload)?.spooledAt ?? 0)) })
      keyFits ||= scan.keyed || frames.length > 0
      evidence += bytes.length
      loaded.#segments.set(number, bytes.length)
    }
    const { records, next, head, damage, torn } = recover(id, keys, state, scans)
    loaded.records = [...records]
    loaded.next = next
    loaded.#head = Buffer.from(head, 'base64')
    loaded.damage.push(...damage)
    loaded.#torn = torn
    return { generation: loaded, keyFits: keyFits || evidence === 0 }
  }

  get name(): string {
    return this.#mark.name
  }
  get createdAt(): number {
    return this.#mark.createdAt
  }
  get announced(): boolean {
    return this.#mark.announced
  }
  get frozen(): boolean {
    return this.#mark.frozen
  }
  get drained(): boolean {
    return this.#mark.drained
  }
  get kept(): boolean {
    return this.#mark.kept
  }
  /** Hash of the last record, base64. */
  get head(): string {
    return this.#head.toString('base64')
  }
  get lossy(): boolean {
    return this.damage.some(isLoss)
  }
  /** Readable records that the log does not have yet. */
  get waiting(): number {
    return this.records.length - this.drainedRecords
  }
  /** Nothing was ever spooled here, and nothing is wrong. */
  get untouched(): boolean {
    return this.next === 0 && !this.lossy
  }
  get bytes(): number {
    let total = MARK_BYTES
    for (const size of this.#segments.values()) total += size
    return total
  }

  #path(name: string): string {
    return join(this.#home.directory, name)
  }

  /** Cuts off what was written in part when an earlier process died. */
  async trim(): Promise<void> {
    const torn = this.#torn
    if (torn === undefined) return
    const { segment: number, offset } = torn
    const path = this.#path(segmentName(this.ordinal, this.id, number))
    try {
      if (offset < HEADER_BYTES) {
        await this.#home.fs.remove(path)
        await this.#home.fs.syncDirectory(this.#home.directory)
        this.#segments.delete(number)
        return
      }
      const file = await this.#home.fs.open(path)
      try {
        await file.truncate(offset)
        await file.sync()
      } finally {
        await file.close()
      }
      this.#segments.set(number, offset)
    } catch (error) {
      throw diskError(error)
    }
  }

  /** Writes the mark. Durable when this resolves, unless it need not be. */
  saveMark(change: Partial<Mark>, durable: boolean): Promise<void> {
    const run = () => this.#saveMark(change, durable)
    const saved = this.#marking.then(run, run)
    this.#marking = saved
    return saved
  }

  async #saveMark(change: Partial<Mark>, durable: boolean): Promise<void> {
    const mark = { ...this.#mark, ...change, count: this.#mark.count + 1 }
    const { fs, directory } = this.#home
    const path = this.#path(markName(this.ordinal, this.id))
    let isNew = false
    try {
      this.#markFile ??= await fs.open(path).catch((error: unknown) => {
        if (errnoOf(error) !== 'ENOENT') throw error
        isNew = true
        return fs.create(path)
      })
      await writeAll(this.#markFile, sealMark(this.#keys, mark), slotPosition(mark))
      if (durable) await this.#markFile.sync()
      if (durable && isNew) await fs.syncDirectory(directory)
    } catch (error) {
      throw diskError(error)
    }
    this.#mark = { ...this.#mark, ...change, count: mark.count }
  }

  /** That it takes no more records, for this process. `saveMark` makes it last. */
  freeze(): void {
    this.#mark = { ...this.#mark, frozen: true }
  }

  /**
   * Writes records, one group, and waits until they are on the disk.
   * @returns the sequence of the first
   * @throws PhiError PHI_AUDIT_SPOOL_FULL, PHI_AUDIT_SPOOL_IO: the group was taken back; PHI_AUDIT_SPOOL_BROKEN
   */
  async write(group: readonly { readonly payload: Uint8Array; readonly spooledAt: number }[]): Promise<number> {
    const frames: Buffer[] = []
    const located: Located[] = []
    let previous = this.#head
    let offset = 0
    for (const { payload, spooledAt } of group) {
      const sequence = this.next + frames.length
      const { bytes, hash } = sealFrame(this.#keys, sequence, previous, payload)
      located.push({ sequence, segment: 0, offset, length: bytes.length, spooledAt })
      frames.push(bytes)
      offset += bytes.length
      previous = hash
    }
    const bytes = Buffer.concat(frames)
    const segment = await this.#segmentFor(bytes.length)
    const start = segment.size
    try {
      await writeAll(segment.file, bytes, start)
    } catch (error) {
      await this.#takeBack(segment, start)
      throw diskError(error)
    }
    try {
      await segment.file.sync()
      if (start === HEADER_BYTES) await this.#home.fs.syncDirectory(this.#home.directory)
    } catch (error) {
      // What a failed fsync leaves behind is unknown, and a second one would say that all is well: the kernel forgets the error.
      this.broken = true
      await this.#takeBack(segment, start)
      throw spoolError('PHI_AUDIT_SPOOL_BROKEN', { info: { errno: errnoOf(error) } })
    }
    const first = this.next
    segment.size += bytes.length
    this.#segments.set(segment.number, segment.size)
    this.records.push(...located.map((record) => ({ ...record, segment: segment.number, offset: start + record.offset })))
    this.next += group.length
    this.#head = previous
    // The records are durable. A mark that is not written says too little, which is what it may do.
    await this.saveMark({ acknowledged: this.next, head: this.#head }, false).then(
      () => {
        this.markStale = false
      },
      () => {
        this.markStale = true
      },
    )
    return first
  }

  /** The segment that takes the next group: the open one, or a new one. A segment of an earlier process is never gone on with. */
  async #segmentFor(length: number) {
    const { fs, segmentBytes } = this.#home
    if (this.#segment !== undefined && (this.#segment.size === HEADER_BYTES || this.#segment.size + length <= segmentBytes))
      return this.#segment
    await this.#segment?.file.close().catch(() => {})
    this.#segment = undefined
    const number = Math.max(-1, ...this.#segments.keys()) + 1
    const path = this.#path(segmentName(this.ordinal, this.id, number))
    let file: SpoolFile
    try {
      file = await fs.create(path)
    } catch (error) {
      throw diskError(error)
    }
    try {
      await writeAll(file, segmentHeader(this.#keys, number), 0)
    } catch (error) {
      await file.close().catch(() => {})
      await fs.remove(path).catch(() => {
        this.broken = true
      })
      throw diskError(error)
    }
    this.#segments.set(number, HEADER_BYTES)
    this.#segment = { number, file, size: HEADER_BYTES }
    return this.#segment
  }

  /** Cuts the segment back to its last good record. Where that fails, nothing more is written behind it. */
  async #takeBack({ file }: { readonly file: SpoolFile }, size: number): Promise<void> {
    await file.truncate(size).catch(() => {
      this.broken = true
    })
  }

  /**
   * Reads records that the log does not have yet.
   * @returns for each of them the event, or undefined where it can no longer be read
   */
  async read(from: number, count: number): Promise<(SpooledEvent | undefined)[]> {
    const out: (SpooledEvent | undefined)[] = []
    for (const { sequence, segment, offset } of this.records.slice(from, from + count)) {
      if (this.#loaded?.number !== segment || this.#loaded.bytes.length !== this.#segments.get(segment)) {
        const path = this.#path(segmentName(this.ordinal, this.id, segment))
        try {
          this.#loaded = { number: segment, bytes: Buffer.from(await this.#home.fs.read(path)) }
        } catch (error) {
          // A file that is gone is a loss. One that cannot be read now may be readable later.
          if (errnoOf(error) !== 'ENOENT') throw diskError(error)
          this.#loaded = { number: segment, bytes: Buffer.alloc(0) }
        }
      }
      const frame = openFrame(this.#keys, this.#loaded.bytes, offset)
      out.push(frame?.sequence === sequence ? parsePayload(frame.payload) : undefined)
    }
    return out
  }

  /** Removes the files, or puts them aside. The mark goes last: it says that the rest is no loss. */
  async clear(keep: boolean): Promise<void> {
    const { fs, directory } = this.#home
    if (!this.drained) await this.saveMark({ frozen: true, drained: true, kept: keep }, true)
    await this.close()
    try {
      const names = [...this.#segments.keys()].map((number) => segmentName(this.ordinal, this.id, number))
      for (const name of [...names, markName(this.ordinal, this.id)]) {
        if (!keep) await fs.remove(this.#path(name))
        else await fs.rename(this.#path(name), this.#path(`${KEPT}${name}`)).catch(ignoreMissing)
      }
      await fs.syncDirectory(directory)
    } catch (error) {
      throw diskError(error)
    }
  }

  /** Makes the mark last, and closes the files. */
  async close(): Promise<void> {
    await this.#marking.catch(() => {})
    await this.#markFile?.sync().catch(() => {})
    await this.#markFile?.close().catch(() => {})
    await this.#segment?.file.close().catch(() => {})
    this.#markFile = undefined
    this.#segment = undefined
  }
}

const ignoreMissing = (error: unknown): void => {
  if (errnoOf(error) !== 'ENOENT') throw error
}

const newMark = (keys: SpoolKeys, name: string, createdAt: number): Mark => ({
  count: 0,
  acknowledged: 0,
  head: keys.genesis,
  announced: false,
  frozen: false,
  drained: false,
  kept: false,
  createdAt,
  name,
})
