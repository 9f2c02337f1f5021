/** A process that appends, waits for a line, appends to a database that is silent by then, closes everything and has nothing left to do. */
import { writeSync } from 'node:fs'
import { isPhiError } from '@phi/core'
import { connect } from '../../src/index.ts'
import { event, openOn } from './workload.ts'

const [url, origin] = process.argv.slice(2) as [string, string]
const say = (line: string) => writeSync(1, `${line}\n`)
const db = await connect(url, { max: 3, connectTimeoutMs: 2000, queryTimeoutMs: 2000 })
const log = await openOn(db, origin, 3000)
await Promise.all([log.append(event('1')), log.query(), log.query()])
say('ready')
await new Promise((resolve) => process.stdin.once('data', resolve))
process.stdin.destroy()
await log.append(event('2')).catch((error: unknown) => say(`append ${isPhiError(error) ? error.code : 'untyped'}`))
await log.close().catch((error: unknown) => say(`close ${isPhiError(error) ? error.code : 'untyped'}`))
await db.close()
say('closed')
