import type { Session } from './transaction.ts'

/** A connection of a driver that the pool below may keep. */
export interface Live extends Omit<Session, 'release'> {
  /** True from the moment the connection is known to be gone. Nothing is sent on it any more. */
  readonly dead: boolean
  /** Says goodbye to the server. */
  end(): Promise<void>
  /** Cuts the connection without a word. */
  kill(): void
}

export interface SessionPool {
  /** A connection that is nobody else's until it is released. */
  take(): Promise<Session>
  /** Ends what is idle now and the rest as it is released; resolves when all is ended. */
  close(): Promise<void>
}

interface Waiting {
  readonly serve: (live: Live) => boolean
  readonly refuse: (error: unknown) => void
}

/**
 * Keeps at most `max` connections and hands each to one caller at a time, first come, first served. A caller who waits longer than
 * `waitMs` is refused. `open` settles in bounded time, and calls `lost` when the connection that it opened is gone.
 */
export function sessionPool(
  open: (lost: () => void) => Promise<Live>,
  { max, waitMs }: { readonly max: number; readonly waitMs: number },
): SessionPool {
  const idle: Live[] = []
  const all = new Set<Live>()
  const waiting: Waiting[] = []
  const endings: Promise<void>[] = []
  let opening = 0
  let closed = false
  let drained = (): void => {}

  const drop = (live: Live): void => {
    all.delete(live)
    const at = idle.indexOf(live)
    if (at >= 0) idle.splice(at, 1)
    drained()
  }

  const keep = (live: Live): void => {
    if (live.dead) drop(live)
    else if (closed) {
      endings.push(live.end())
      drop(live)
    } else {
      let served = false
      while (!served && waiting.length > 0) served = waiting.shift()?.serve(live) ?? false
      if (!served) idle.push(live)
    }
    serve()
  }

  const connectFor = async (waiter: Waiting): Promise<void> => {
    opening++
    let live: Live | undefined
    try {
      const opened: Live = await open(() => {
        if (live === undefined) return
        drop(live)
        serve()
      })
      // It may have died before there was anything for `lost` to drop.
      if (opened.dead) throw new Error('the connection ended as soon as it was open')
      live = opened
      all.add(opened)
    } catch (error) {
      waiter.refuse(error)
    }
    opening--
    if (live === undefined) serve()
    else if (closed || !waiter.serve(live)) keep(live)
    drained()
  }

  const serve = (): void => {
    while (waiting.length > 0) {
      const live = idle.pop()
      if (live === undefined && all.size + opening >= max) return
      const waiter = waiting.shift() as Waiting
      if (live === undefined) void connectFor(waiter)
      else if (!waiter.serve(live)) idle.push(live)
    }
  }

  const sessionOf = (live: Live): Session => {
    let released = false
    return {
      query: (sql, params) =>
        released
          ? Promise.reject(new Error('a statement was sent on a connection that was given back'))
          : live.query(sql, params),
      release: (broken = false) => {
        if (released) return
        released = true
        if (broken) live.kill()
        keep(live)
      },
    }
  }

  return {
    take: () =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new Error('the connections were closed'))
          return
        }
        let settled = false
        const settle = (): boolean => {
          if (settled) return false
          settled = true
          clearTimeout(timer)
          return true
        }
        const waiter: Waiting = {
          serve: (live) => {
            if (!settle()) return false
            resolve(sessionOf(live))
            return true
          },
          refuse: (error) => {
            if (settle()) reject(error)
          },
        }
        const timer = setTimeout(() => waiter.refuse(new Error('no connection became free in time')), waitMs)
        waiting.push(waiter)
        serve()
      }),
    async close() {
      closed = true
      for (const waiter of waiting.splice(0)) waiter.refuse(new Error('the connections were closed'))
      for (const live of idle.splice(0)) {
        all.delete(live)
        endings.push(live.end())
      }
      await new Promise<void>((resolve) => {
        drained = () => {
          if (all.size === 0 && opening === 0) resolve()
        }
        drained()
      })
      await Promise.all(endings)
    },
  }
}
