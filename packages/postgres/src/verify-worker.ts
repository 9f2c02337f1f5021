import { parentPort, workerData } from 'node:worker_threads'
import { verifyLog } from '@phi/audit'
import { isPhiError } from '@phi/core'
import { auditStore } from './audit/audit-store.ts'
import { connect } from './client/pg.ts'
import type { WorkerAnswer, WorkerTask } from './verify-in-worker.ts'

// The other half of verify-in-worker.ts: runs in a thread of its own, with a connection of its own.

const port = parentPort
if (port !== null) {
  const { connection, connect: options, store, log, verify } = workerData as WorkerTask
  const stop = new AbortController()
  port.once('message', () => stop.abort())
  const answer = (message: WorkerAnswer) => port.postMessage(message)
  try {
    const db = await connect(connection, { ...options, max: 2 })
    try {
      const report = await verifyLog(auditStore(db, store), log, {
        ...verify,
        signal: stop.signal,
        onProgress: (progress) => answer({ progress }),
      })
      answer({ report })
    } finally {
      await db.close()
    }
  } catch (error) {
    if (stop.signal.aborted) answer({ aborted: true })
    else if (isPhiError(error)) {
      const { code, message, remedy, retryable, path, info } = error
      answer({ error: { code, message, remedy, retryable, info, ...(path === undefined ? {} : { path }) } })
    } else throw error
  } finally {
    port.close()
  }
}
