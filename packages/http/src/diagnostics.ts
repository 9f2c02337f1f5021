import type { Step } from './options.ts'

/**
 * What subscribers of the channel `phi.http.refused` of node:diagnostics_channel are told, in Node: that a request ended before its session was
 * known. Such requests are not put into an audit log, which any stranger could then write full.
 */
export interface RequestRefused {
  /** The same that stands in the answer, in `Phi-Request-Id` and in `instance` of the problem. */
  readonly requestId: string
  /** Where it ended: `receive` also for what the adapter refused before the pipeline was asked. */
  readonly step: Step
  /** The code of the problem. */
  readonly code: string
}

interface Channel {
  readonly hasSubscribers: boolean
  publish(message: RequestRefused): void
}
interface Runtime {
  readonly process?: {
    readonly getBuiltinModule?: (name: string) => { readonly channel?: (name: string) => Channel } | undefined
  }
}

let found: Channel | undefined

/** Tells subscribers. One that throws is Node's to report. */
export function publishRefused(message: RequestRefused): void {
  // Asked for at run time, so that the module loads where there is no Node.
  found ??= (globalThis as Runtime).process?.getBuiltinModule?.('node:diagnostics_channel')?.channel?.('phi.http.refused')
  if (found?.hasSubscribers) found.publish(Object.freeze(message))
}
