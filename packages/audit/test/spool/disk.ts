import type { SpoolFile, SpoolFs } from '../../src/spool/file-system.ts'

/** What a disk does at one of its calls instead of obeying. */
export type Fault =
  /** Writes a part and says so. No error. */
  | 'short'
  /** Takes nothing: ENOSPC. */
  | 'full'
  /** Fails: EIO. */
  | 'error'
  /** Writes a part, then fails: EIO. */
  | 'torn'
  /** The process dies: this call and all later ones never happen. */
  | 'crash'

interface Inode {
  bytes: Buffer
  synced: Buffer
}

const failure = (code: string) => Object.assign(new Error(`${code}: /home/somebody/secret`), { code })
const grown = (bytes: Buffer, length: number) => Buffer.concat([bytes, Buffer.alloc(Math.max(0, length - bytes.length))])

/** A disk in memory that forgets what was not synced, and fails as told. */
export class MemoryDisk {
  /** Names as they are now, and as they are on the disk. */
  names = new Map<string, Inode>()
  syncedNames = new Map<string, Inode>()
  calls = 0
  crashed = false
  /** What happens at a call; undefined lets it be. */
  fault: (call: number, operation: string) => Fault | undefined = () => undefined
  /** Bytes in all files at most. */
  capacity = Number.POSITIVE_INFINITY

  #stuck: ((error: unknown) => void)[] = []
  #onCrash: (() => void)[] = []

  /** Resolves when the process dies. */
  death(): Promise<void> {
    return this.crashed ? Promise.resolve() : new Promise((resolve) => this.#onCrash.push(resolve))
  }

  /** Ends what waits for a disk that answers no more, so that no timer or promise of the dead process stays. */
  bury(): void {
    this.crashed = false
    this.fault = () => 'error'
    for (const reject of this.#stuck.splice(0)) reject(failure('EIO'))
  }

  /** Decides about a call. Does not resolve after a crash. */
  async #step(operation: string): Promise<'short' | 'torn' | undefined> {
    const fault = this.crashed ? 'crash' : this.fault(this.calls++, operation)
    if (fault === 'crash') {
      this.crashed = true
      for (const resolve of this.#onCrash.splice(0)) resolve()
      return new Promise((_, reject) => this.#stuck.push(reject))
    }
    if (fault === 'full') throw failure('ENOSPC')
    if (fault === 'error') throw failure('EIO')
    if (fault === 'torn' && operation !== 'write') throw failure('EIO')
    return operation === 'write' ? fault : undefined
  }

  #inode(path: string): Inode {
    const found = this.names.get(path)
    if (found === undefined) throw failure('ENOENT')
    return found
  }

  get used(): number {
    return [...this.names.values()].reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  #file(inode: Inode): SpoolFile {
    return {
      write: async (bytes, position) => {
        const fault = await this.#step('write')
        const part = fault === undefined ? bytes : bytes.subarray(0, bytes.length >> 1)
        const room = this.capacity - this.used + inode.bytes.length
        const taken = part.subarray(0, Math.max(0, Math.min(part.length, room - position)))
        if (taken.length > 0) {
          inode.bytes = grown(Buffer.from(inode.bytes), position + taken.length)
          inode.bytes.set(taken, position)
        }
        if (fault === 'torn') throw failure('EIO')
        if (taken.length === 0 && part.length > 0) throw failure('ENOSPC')
        return taken.length
      },
      truncate: async (length) => {
        await this.#step('truncate')
        inode.bytes = grown(Buffer.from(inode.bytes.subarray(0, length)), length)
      },
      sync: async () => {
        await this.#step('sync')
        inode.synced = Buffer.from(inode.bytes)
      },
      close: async () => {
        await this.#step('close')
      },
    }
  }

  readonly fs: SpoolFs = {
    makeDirectory: async () => {
      await this.#step('makeDirectory')
      return { shared: false }
    },
    list: async () => {
      await this.#step('list')
      return [...this.names.keys()].map((path) => path.slice(path.lastIndexOf('/') + 1))
    },
    read: async (path) => {
      await this.#step('read')
      return Buffer.from(this.#inode(path).bytes)
    },
    create: async (path) => {
      await this.#step('create')
      if (this.names.has(path)) throw failure('EEXIST')
      const inode = { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) }
      this.names.set(path, inode)
      return this.#file(inode)
    },
    open: async (path) => {
      await this.#step('open')
      return this.#file(this.#inode(path))
    },
    rename: async (from, to) => {
      await this.#step('rename')
      const inode = this.#inode(from)
      this.names.delete(from)
      this.names.set(to, inode)
    },
    remove: async (path) => {
      await this.#step('remove')
      this.names.delete(path)
    },
    size: async (path) => {
      await this.#step('size')
      return this.#inode(path).bytes.length
    },
    syncDirectory: async () => {
      await this.#step('syncDirectory')
      this.syncedNames = new Map(this.names)
    },
  }

  /** The files, without the lock of the process that is gone. */
  files(): Map<string, Buffer> {
    const entries = [...this.names].filter(([path]) => !path.includes('/lock-'))
    return new Map(entries.map(([path, { bytes }]) => [path, Buffer.from(bytes)]))
  }

  /** The disk after the process was killed: everything written is there. */
  afterKill(): MemoryDisk {
    return MemoryDisk.of(this.files())
  }

  /**
   * The disk after a loss of power: what was synced is there; of what was not, `kept` says how much of each file's difference
   * (from 0 to 1), and whether names that were not synced are.
   */
  afterPowerLoss(kept: () => number): MemoryDisk {
    const names = kept() < 0.5 ? this.syncedNames : this.names
    const files = new Map<string, Buffer>()
    for (const [path, { bytes, synced }] of names) {
      if (path.includes('/lock-')) continue
      const length = Math.round(synced.length + (bytes.length - synced.length) * kept())
      const survived = Buffer.from(grown(synced, length).subarray(0, length))
      // Blocks that were written over in place, or appended, arrive one by one.
      for (let at = 0; at < length; at += 512) {
        const end = Math.min(length, at + 512)
        if (kept() < 0.5) survived.set(bytes.subarray(at, Math.min(end, bytes.length)), at)
      }
      files.set(path, survived)
    }
    return MemoryDisk.of(files)
  }

  static of(files: ReadonlyMap<string, Uint8Array>): MemoryDisk {
    const disk = new MemoryDisk()
    for (const [path, bytes] of files) disk.names.set(path, { bytes: Buffer.from(bytes), synced: Buffer.from(bytes) })
    disk.syncedNames = new Map(disk.names)
    return disk
  }
}
