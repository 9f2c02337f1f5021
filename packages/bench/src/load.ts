import { parseArgs } from 'node:util'
import { connect, migrate } from '@phi/postgres'
import { freshDatabase, startServer } from '../../postgres/test/server.ts'
import { isSound, load, renderLoad } from './load/command.ts'
import { watchMemory } from './load/memory.ts'

const help = `npm run load -w @phi/bench -- [--events 100000] [--tenants 100] [--callers 4 a tenant] [--url postgres://…]

Appends events to the logs of many tenants, verifies all of them, and reports rates, memory and verdicts. Without --url a server is
started for it and thrown away after; with --url the schema is migrated and the entries stay, since logs are append-only.
Exits with 1 when an event that was acknowledged is missing or a log is not intact.`

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    tenants: { type: 'string', default: '100' },
    callers: { type: 'string' },
    url: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}

function positive(name: string, value: string): number {
  const parsed = Number(value)
  if (Number.isSafeInteger(parsed) && parsed > 0) return parsed
  console.error(`--${name} must be a positive whole number`)
  process.exit(2)
}

const events = positive('events', values.events)
const tenants = positive('tenants', values.tenants)
const callers = values.callers === undefined ? Math.min(4096, tenants * 4) : positive('callers', values.callers)

// With flags, so that it is a server that waits for the disk.
const server = values.url === undefined ? await startServer(['-c', 'fsync=on']) : undefined
const database = server === undefined ? undefined : await freshDatabase(server.url)
const memory = watchMemory()
let sound = false
try {
  const db = await connect(database?.url ?? (values.url as string))
  await migrate(db)
  const report = await load(db, { events, tenants, callers }, memory, (line) => console.log(line))
  console.log(`\n${renderLoad(report)}`)
  sound = isSound(report)
  await db.close()
} finally {
  memory.stop()
  await database?.drop()
  await server?.stop()
}
process.exit(sound ? 0 : 1)
