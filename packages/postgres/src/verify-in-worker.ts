import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { ResumePoint, VerificationReport, VerifyOptions } from '@phi/audit'
import type { LogKey } from '@phi/audit/store'
import { PhiError } from '@phi/core'
import type { AuditStoreOptions } from './audit/audit-store.ts'
import type { ConnectOptions } from './client/pg.ts'
import { postgresError } from './errors.ts'

/** What of a verification can be handed to another thread: data. Keys are verifier keys as text. */
export interface WorkerVerifyOptions
  extends Pick<VerifyOptions, 'trusted' | 'from' | 'to' | 'now' | 'maxAgeMs' | 'maxFindings' | 'maxCosignatureAgeMs'> {
  readonly keys: readonly string[]
  /** The witness policy that checkpoints have to meet, as `formatWitnessPolicy` of `@phi/audit/witness` writes it. */
  readonly witnesses?: string
}

const members = ['keys', 'trusted', 'from', 'to', 'now', 'maxAgeMs', 'maxFindings', 'maxCosignatureAgeMs', 'witnesses']

/** A demand that is not understood must not be passed over: the report would say more than was checked. */
function assertKnown(verify: WorkerVerifyOptions): void {
  const unknown = Object.keys(verify).some((key) => !members.includes(key))
  if (unknown) throw postgresError('PHI_PG_OPTIONS', { detail: 'an option that a verification in a thread does not take' })
  if (verify.witnesses !== undefined && typeof verify.witnesses !== 'string')
    throw postgresError('PHI_PG_OPTIONS', { path: 'witnesses', detail: 'takes the text of a policy' })
}

export interface VerifyInWorkerOptions extends WorkerVerifyOptions {
  /** As for `connect`. The thread has two connections of its own. */
  readonly connection: string
  readonly connect?: Omit<ConnectOptions, 'max'>
  readonly store?: Pick<AuditStoreOptions, 'role' | 'pageEntries'>
  readonly tenant: string
  readonly origin: string
  readonly onProgress?: VerifyOptions['onProgress']
  /** Ends the thread, whatever it waits for; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** @internal */
export interface WorkerTask {
  readonly connection: string
  readonly connect: ConnectOptions | undefined
  readonly store: AuditStoreOptions | undefined
  readonly log: LogKey
  readonly verify: WorkerVerifyOptions
}

type Report = VerificationReport & { readonly resume?: ResumePoint }
type Progress = Parameters<NonNullable<VerifyOptions['onProgress']>>[0]

/** @internal */
export type WorkerAnswer =
  | { readonly progress: Progress }
  | { readonly report: Report }
  | {
      readonly error: Pick<PhiError, 'code' | 'message' | 'remedy' | 'retryable' | 'info'> & { readonly path?: string }
    }

/**
 * The thread's file lies beside this module, in whatever form this one is: source, ES module or CommonJS. package.json names it under
 * `imports`, so that the build makes a file of it, and nobody imports it.
 */
function startThread(task: WorkerTask): Worker {
  const here = typeof __filename === 'string' ? pathToFileURL(__filename) : new URL(import.meta.url)
  const extension = here.pathname.slice(here.pathname.lastIndexOf('.'))
  const file = new URL(`./verify-worker${extension}`, here)
  const options = { workerData: task, name: 'phi verify' }
  if (extension !== '.ts') return new Worker(file, options)
  // From the sources, which only this repository's own tests run, the thread needs the loader that they run under.
  const load = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(file.href)}) })`
  return new Worker(load, { ...options, eval: true, execArgv: ['--conditions=@phi/source'] })
}

/** An error of the thread as the one that it was: the same code, message and figures. Its cause stays behind. */
function revived({
  code,
  message,
  remedy,
  retryable,
  path,
  info,
}: Extract<WorkerAnswer, { error: object }>['error']): PhiError {
  const error = new PhiError(code, { problem: '', remedy, retryable }, path === undefined ? { info } : { info, path })
  error.message = message
  return error
}

/**
 * Verifies a log on PostgreSQL in a thread of its own, so that a service goes on answering while millions of entries are hashed. The same
 * checks, report and resume point as `verifyLog`; sealed groups are checked as the sealed texts they are.
 *
 * PGlite is inside one thread and cannot be shared with another: use `log.verify()` there.
 * @throws PhiError as `verifyLog` and `connect` do; PHI_PG_OPTIONS; PHI_PG_WORKER when the thread ends without an answer
 */
export function verifyInWorker(options: VerifyInWorkerOptions): Promise<Report> {
  const { connection, connect, store, tenant, origin, onProgress, signal, ...verify } = options
  const task: WorkerTask = { connection, connect, store, log: { tenant, origin }, verify }
  return new Promise<Report>((resolve, reject) => {
    assertKnown(verify)
    if (signal?.aborted === true) {
      reject(signal.reason)
      return
    }
    let worker: Worker
    try {
      worker = startThread(task)
    } catch (cause) {
      // What cannot be handed to a thread: a function among the options.
      reject(postgresError('PHI_PG_WORKER', { cause }))
      return
    }
    let settled = false
    const end = (settle: () => void) => {
      settled = true
      signal?.removeEventListener('abort', abort)
      settle()
    }
    // The thread only reads, so it can be ended anywhere: also where it waits for a server that does not answer.
    const stop = (reason: unknown) => {
      if (settled) return
      end(() => reject(reason))
      void worker.terminate()
    }
    const abort = () => stop(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    worker.on('message', (answer: WorkerAnswer) => {
      if (settled) return
      if ('report' in answer) end(() => resolve(answer.report))
      else if ('error' in answer) end(() => reject(revived(answer.error)))
      else {
        try {
          onProgress?.(answer.progress)
        } catch (error) {
          // As from verifyLog. Thrown on, it would end the process: nobody is above an event.
          stop(error)
        }
      }
    })
    worker.once('error', (cause) => end(() => reject(postgresError('PHI_PG_WORKER', { cause }))))
    // After an answer this settles nothing.
    worker.once('exit', () => end(() => reject(postgresError('PHI_PG_WORKER'))))
  })
}
