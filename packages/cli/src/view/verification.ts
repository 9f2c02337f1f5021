import type { Checked, Watch } from '../commands/audit/verify-source.ts'

/** How far a verification is. */
export type Verification =
  | { readonly is: 'none' }
  | { readonly is: 'running'; readonly checked: number; readonly total?: number }
  | { readonly is: 'done'; readonly checked: Checked; readonly at: number }
  | { readonly is: 'stopped' }
  | { readonly is: 'failed'; readonly error: unknown }

/** One verification at a time, which goes on while other pages are read. */
export interface Verifying {
  readonly state: () => Verification
  start(): void
  stop(): Promise<void>
}

/** @param signal of the command: a verification ends with it */
export function verifying(verify: (watch: Watch) => Promise<Checked>, clock: () => number, signal: AbortSignal): Verifying {
  let state: Verification = { is: 'none' }
  let stop = new AbortController()
  let work: Promise<void> = Promise.resolve()
  async function run(own: AbortController): Promise<void> {
    const both = AbortSignal.any([own.signal, signal])
    try {
      const checked = await verify({
        onProgress: ({ checked: done, total }) => {
          if (!both.aborted) state = { is: 'running', checked: done, total }
        },
        signal: both,
      })
      state = { is: 'done', checked, at: clock() }
    } catch (error) {
      state = both.aborted ? { is: 'stopped' } : { is: 'failed', error }
    }
  }
  return {
    state: () => state,
    start() {
      if (state.is === 'running') return
      state = { is: 'running', checked: 0 }
      stop = new AbortController()
      work = run(stop)
    },
    async stop() {
      stop.abort()
      await work
    },
  }
}
