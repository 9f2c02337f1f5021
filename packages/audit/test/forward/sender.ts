/** A process that forwards records of a file with a cursor on the disk, once it is told to: for tests that kill it. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileCursors, forward, httpsDestination } from '../../src/forward/index.ts'
import type { AuditRecord } from '../../src/index.ts'

const [file, directory, url] = process.argv.slice(2) as [string, string, string]
const records = JSON.parse(readFileSync(file, 'utf8')) as AuditRecord[]
const forwarder = forward({
  name: 'siem',
  source: {
    origin: records[0]?.origin ?? '',
    tenant: 'default',
    head: async () => ({ size: records.length }),
    async *records({ from = 0, to = records.length }) {
      yield* records.slice(from, to)
    },
  },
  to: httpsDestination({ url, loopbackHttp: true }),
  cursors: fileCursors(directory),
  batch: { entries: 7 },
})
process.stdout.write('ready\n')
await once(process.stdin, 'data')
await forwarder.once()
process.exit(0)
