import { verifyLog } from '@phi/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditStore, connect, type Db } from '../../src/index.ts'
import { migratedDatabase, startServer, type TestServer } from '../server.ts'
import { countEvents, FaultMatrix } from './matrix.ts'
import { type Fault, type SeenStatement, startFaultProxy } from './proxy.ts'
import { IMPATIENT, idsOf, openOn, runWorkload } from './workload.ts'

/** PHI_LONG=1 walks every statement; PHI_FAULTS, a part of a name, leaves the other kinds of faults out. */
const LONG = process.env.PHI_LONG === '1'
const ONLY = process.env.PHI_FAULTS ?? ''

/** Every way in which one statement can fail to be asked or answered. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'cut before the statement': { kind: 'cut', when: 'before' },
  'cut after it, answer lost': { kind: 'cut', when: 'after' },
  'cut in the middle of the answer': { kind: 'cut-half' },
  'dropped before, then silence': { kind: 'drop', when: 'before' },
  'answer dropped, then silence': { kind: 'drop', when: 'after' },
  'network parted before': { kind: 'part', when: 'before' },
  'network parted after': { kind: 'part', when: 'after' },
  delayed: { kind: 'hold', ms: 60 },
  'delayed past the time-out, executed late': { kind: 'hold', ms: 2 * IMPATIENT.queryTimeoutMs },
}

let server: TestServer
let url: string
let drop: () => Promise<void>
let direct: Db
let cells = 0
const matrix = new FaultMatrix()
const met = new Map<string, number>()

beforeAll(async () => {
  server = await startServer()
  ;({ url, drop } = await migratedDatabase(server.url))
  direct = await connect(url)
  await direct.exec('create table note (id text primary key)')
})

afterAll(async () => {
  console.log(`${matrix}\n\nerrors that callers met: ${[...met].map(([code, n]) => `${code} ${n}`).join(', ')}`)
  await direct?.close()
  await drop?.()
  await server?.stop()
})

/** One run of the workload with one fault, and everything that must hold afterwards. Answers which statements there were. */
async function cell(name: string, fault: Fault, together: boolean, hits: (statement: SeenStatement) => boolean) {
  const origin = `clinic.example/${++cells}`
  const proxy = await startFaultProxy(Number(new URL(url).port))
  let struck: SeenStatement | undefined
  proxy.plan = (statement) => {
    if (struck !== undefined || !hits(statement)) return undefined
    struck = statement
    return fault
  }
  const title = () => `${name} at statement ${struck?.n} (${struck?.text.slice(0, 60)})`
  try {
    const out = await runWorkload(proxy.through(url), direct, origin, together).catch((cause: unknown) => {
      throw new Error(title(), { cause })
    })
    const ids = await idsOf(direct, origin)
    const counts = countEvents(ids, out.acknowledged, out.unanswered)
    expect(counts, title()).toMatchObject({ lost: 0, duplicates: 0 })
    for (const id of out.rolledBack) expect(ids, title()).not.toContain(id)
    // The caller's own rows share the fate of their entries.
    const { rows } = await direct.query<{ id: string }>('select id from note where id like $1', [`${origin}#%`])
    const inNotes = rows.map((row) => row.id).toSorted()
    expect(inNotes, title()).toEqual(ids.filter((id) => /#(once-)?in/.test(id)).toSorted())
    const log = await openOn(direct, origin)
    const report = await verifyLog(
      auditStore(direct) as never,
      { tenant: 'default', origin },
      { keys: [log.vkey as string], trusted: out.notes },
    )
    expect(report, title()).toMatchObject({ verdict: 'intact', findings: [] })
    if (proxy.faults > 0) {
      matrix.add(name, counts)
      for (const code of out.errors) met.set(code, (met.get(code) ?? 0) + 1)
    }
    return { reached: struck !== undefined, seen: [...proxy.seen], errors: out.errors }
  } finally {
    await proxy.close()
  }
}

describe('a fault at every statement between the library and the database', () => {
  it('S6 S95 S112 S123 loses no acknowledged event, writes none twice, and never hangs', async () => {
    const kinds = Object.entries(FAULTS).filter(([name]) => name.includes(ONLY))
    const work: (() => Promise<unknown>)[] = []
    let turn = 0
    // Once as a log writes that has a connection to itself, and once as logs write that share their statements.
    for (const together of [false, true]) {
      const quiet = await cell('none', { kind: 'hold', ms: 0 }, together, () => false)
      expect(quiet.reached).toBe(false)
      expect(quiet.seen.length).toBeGreaterThan(40)
      if (LONG) {
        // Until the workload runs through without reaching statement n.
        for (const [name, fault] of kinds) {
          let n = 0
          let more = true
          work.push(async () => {
            while (more) {
              const mine = ++n
              if (!(await cell(name, fault, together, (statement) => statement.n === mine)).reached) more = false
            }
          })
        }
        continue
      }
      // Each kind of fault at some statements, so that together they meet every text there is.
      const texts = [...new Set(quiet.seen.map(({ text }) => text))]
      const sample = together ? texts.filter((text) => text.includes('audit_extend')) : texts
      for (const text of sample) {
        const [name, fault] = kinds[turn++ % kinds.length] as [string, Fault]
        work.push(() => cell(name, fault, together, (statement) => statement.text === text))
      }
    }
    if (!LONG) {
      for (const [name, fault] of kinds) {
        let commits = 0
        work.push(() => cell(name, fault, false, ({ text }) => text === 'commit' && ++commits === 3))
      }
    }
    const lanes = Array.from({ length: 4 }, async () => {
      for (let next = work.shift(); next !== undefined; next = work.shift()) await next()
    })
    await Promise.all(lanes)
    expect(matrix.total.tried).toBeGreaterThan(kinds.length)
    expect(matrix.total).toMatchObject({ lost: 0, duplicates: 0 })
  }, 7_200_000)
})
