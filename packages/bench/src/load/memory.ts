/** What this process holds, in bytes. */
export interface Memory {
  readonly rss: number
  readonly heap: number
}

/** Looks at this process's memory four times a second. */
export function watchMemory(): { now(): Memory; peak(): Memory; stop(): void } {
  const peak = { rss: 0, heap: 0 }
  const now = (): Memory => {
    const { rss, heapUsed } = process.memoryUsage()
    peak.rss = Math.max(peak.rss, rss)
    peak.heap = Math.max(peak.heap, heapUsed)
    return { rss, heap: heapUsed }
  }
  const timer = setInterval(now, 250)
  timer.unref()
  return {
    now,
    peak: () => {
      now()
      return { ...peak }
    },
    stop: () => clearInterval(timer),
  }
}
