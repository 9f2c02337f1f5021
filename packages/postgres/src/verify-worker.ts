import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { verifyLog } from '@phi/audit'
import { mlDsa44Algorithms } from '@phi/audit/ml-dsa'
import { parseWitnessPolicy } from '@phi/audit/witness'
import { isPhiError } from '@phi/core'
import { auditStore } from './audit/audit-store.ts'
import { connect } from './client/pg.ts'
import type { WorkerAnswer, WorkerTask } from './verify-in-worker.ts'

// The other half of verify-in-worker.ts: runs in a thread of its own, with a connection of its own.

async function work(port: MessagePort): Promise<void> {
  const { connection, connect: options, store, log, verify: demands } = workerData as WorkerTask
  const answer = (message: WorkerAnswer) => port.postMessage(message)
  try {
    const { witnesses: policy, ...rest } = demands
    const algorithms = mlDsa44Algorithms
    const verify = policy === undefined ? rest : { ...rest, witnesses: parseWitnessPolicy(policy, { algorithms }) }
    const db = await connect(connection, { ...options, max: 2 })
    try {
      const report = await verifyLog(auditStore(db, store), log, { ...verify, onProgress: (progress) => answer({ progress }) })
      answer({ report })
    } finally {
      await db.close()
    }
  } catch (error) {
    // What is no error of ours ends the thread, and the other half hears of it.
    if (!isPhiError(error)) throw error
    const { code, message, remedy, retryable, path, info } = error
    answer({ error: { code, message, remedy, retryable, info, ...(path === undefined ? {} : { path }) } })
  } finally {
    port.close()
  }
}

// Not awaited here: a CommonJS module cannot.
if (parentPort !== null) void work(parentPort)
