import type { Io, Output } from './io.ts'
import { paint, wantsColour } from './paint.ts'

/** Shows how far long work is, on standard error, and only where a person looks. */
export interface Progress {
  /** @param total undefined where it is not known */
  at(done: number, total?: number): void
  /** Takes the bar away, so that the answer stands alone. */
  end(): Promise<void>
}

const REDRAW_MS = 100
const ERASE_LINE = '\r\u001b[2K'
const counted = (count: number) => count.toLocaleString('en-US')

/** Where a bar stands at the moment, and when it is drawn to the end. */
const drawnOn = new WeakMap<Output, Promise<void>>()

function draw(to: Output, text: string): void {
  // Written at once and not after the last piece, so that it shows inside synchronous work. A screen that is gone must not stop the work.
  drawnOn.set(
    to,
    to.write(text).catch(() => {}),
  )
}

/** Takes away a bar that a failure left. */
export async function endProgress({ stderr }: Io): Promise<void> {
  if (!drawnOn.has(stderr)) return
  draw(stderr, ERASE_LINE)
  await drawnOn.get(stderr)
  drawnOn.delete(stderr)
}

/** @param what for example `entries verified` */
export function progress(io: Io, what: string): Progress {
  const { stderr } = io
  if (!stderr.isTerminal) return { at: () => {}, end: async () => {} }
  const { strong, dim } = paint(wantsColour(true, io.env))
  const began = io.clock()
  let drawnAt = Number.NEGATIVE_INFINITY
  return {
    at(done, total) {
      const now = io.clock()
      if (now - drawnAt < REDRAW_MS) return
      drawnAt = now
      const share = total === undefined || total <= 0 ? undefined : Math.max(0, Math.min(1, done / total))
      const of = total === undefined ? '' : ` of ${counted(total)}`
      const seconds = (now - began) / 1_000
      const rest =
        share !== undefined && share > 0.02 && seconds > 1 ? `${Math.ceil((seconds / share) * (1 - share))} s left` : ''
      // A line that is wider than the screen could not be taken away again: the bar gives way first, then the rest.
      const room = (stderr.columns > 0 ? stderr.columns : 80) - 1
      const words = `${counted(done)}${of} ${what}`
      const withRest = rest !== '' && words.length + 2 + rest.length <= room
      const width = Math.min(30, room - words.length - 1 - (withRest ? rest.length + 2 : 0))
      const full = share === undefined ? 0 : Math.round(share * width)
      const bar = share === undefined || width < 10 ? '' : `${'█'.repeat(full)}${dim('░'.repeat(width - full))} `
      const shown = words.length <= room ? `${strong(counted(done))}${of} ${what}` : words.slice(0, room)
      draw(stderr, `${ERASE_LINE}${bar}${shown}${withRest ? dim(`  ${rest}`) : ''}`)
    },
    end: () => endProgress(io),
  }
}
