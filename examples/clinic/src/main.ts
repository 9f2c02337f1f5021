/** The program behind `npm run demo`: a day in a clinic, the log that recorded it, and three attempts to change it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ed25519Signer, openAuditLog, readBundle, verifyBundle, verifyLines, verifyLog } from '@phi/audit'
import { fixedClock } from '@phi/core'
import { auditStore, type Db, embedded, migrate, type Queryable } from '@phi/postgres'
import { dayOf } from './day.ts'
import { readCharts } from './fhir.ts'
import { CLINIC_SCHEMA, play } from './play.ts'
import { Claims, showReport } from './report.ts'
import { bold, bytes, count, dim, during, heading, line, progress, red, seconds, table, title, yellow } from './screen.ts'
import { showAccess, showCharts, showDay } from './show.ts'
import { changeActor, changeActorAsOwner, cutBackTo, refusal, run } from './tamper.ts'

const ORIGIN = 'log.example/audit/7f3a'
const TENANT = 'clinic'
const OUT = join(dirname(fileURLToPath(import.meta.url)), '..', 'out')
const files = {
  bundle: join(OUT, 'evidence.phi-audit.json'),
  lines: join(OUT, 'log.phi-audit.jsonl'),
  vkey: join(OUT, 'log.vkey'),
}

const started = performance.now()
const claims = new Claims()
title(
  'A day in a clinic, recorded in a log that proves itself',
  'Nothing leaves this machine. The database is PostgreSQL, inside this process, and gone at the end.',
)

heading(1, 'Health records that nobody here wrote')
const charts = readCharts()
showCharts(charts)

heading(2, 'Wednesday, 4 March 2026, 07:30 to 19:00 UTC')
const db = await openDatabase()
const signer = await ed25519Signer.generate(ORIGIN)
const day = dayOf(charts)
const clock = fixedClock(day.opens)
const store = auditStore(db)
const log = await openAuditLog<Queryable>({ origin: ORIGIN, tenant: TENANT, store, signer, clock })
for (const { event } of charts.auditEvents) await log.append(event)
const played = await play(day, { db, log, clock })
const breakGlass = indexOf('break-glass')
await showDay({ db, log, claims }, day, played)

heading(3, `Who opened the chart of patient ${day.emergency.patient} today?`)
await showAccess(log, day)

heading(4, 'Check it all, and hand it over')
const supervisor = {
  actor: { id: 'u-supervisor-01', type: 'workforce' as const, roles: ['supervisor'] },
  context: { purpose: 'HLEGAL' as const },
}
const indices = [breakGlass, indexOf('denial'), indexOf('disclosure')]
const bundle = await log.evidence({ indices, disclose: ['event', 'actor', 'subject', 'context'], by: supervisor })
const lines: string[] = []
for await (const each of log.exportLines({ by: supervisor })) lines.push(each)
const lastCheckpoint = await log.checkpoint()
await log.close()
await checkWholeLog()
writeFiles()
// From here on nothing is used of the open log: only its public key, and one checkpoint that is kept outside the database.
const keys = [signer.vkey]
const trusted = [lastCheckpoint]

heading(5, 'An insider wants it to have been somebody else')
await changeWhoItWas()

heading(6, 'An insider puts the whole log back to noon')
await cutTheEndOff()

heading(7, 'The outsider: three files, no database, no trust')
await checkFiles()

summary()
await db.close()
process.exitCode = claims.failed.length === 0 ? 0 : 1

// The steps, in the order of the story.

async function openDatabase(): Promise<Db> {
  const begun = performance.now()
  const database = await during('starting PostgreSQL inside this process …', embedded())
  await migrate(database)
  await database.exec(CLINIC_SCHEMA)
  line(dim(`PostgreSQL inside this process, started and migrated in ${seconds(performance.now() - begun)}`))
  return database
}

function indexOf(mark: 'break-glass' | 'denial' | 'disclosure'): number {
  const index = played.index[mark]
  if (index === undefined) throw new Error(`the day had no ${mark}`)
  return index
}

async function checkWholeLog(): Promise<void> {
  const bar = progress()
  const begun = performance.now()
  const report = await verifyLog(
    store,
    { tenant: TENANT, origin: ORIGIN },
    {
      keys: [signer.vkey],
      trusted: played.checkpoints,
      onProgress: ({ checked, total }) => bar.to(checked / total, `${count(checked)} of ${count(total)}`),
    },
  )
  const took = performance.now() - begun
  bar.end()
  showReport(report)
  line(
    dim(
      `every text, link, checkpoint and tree hash, read back from the database: ${count(report.coverage.checked / (took / 1000))} entries a second`,
    ),
  )
  claims.check(
    report.verdict === 'intact' && report.coverage.checked === report.coverage.to && report.coverage.unanchoredTail === 0,
    'the log is intact, from the first entry to the last',
  )
}

function writeFiles(): void {
  mkdirSync(OUT, { recursive: true })
  const written = [
    [files.bundle, `${JSON.stringify(bundle, undefined, 2)}\n`, 'three entries with proofs'],
    [files.lines, lines.join(''), 'the whole log'],
    [files.vkey, `${signer.vkey}\n`, 'the public key'],
  ] as const
  for (const [path, text] of written) writeFileSync(path, text)
  table(
    written.map(([path, text, meaning]) => [
      relative(process.env.INIT_CWD ?? process.cwd(), path),
      bytes(Buffer.byteLength(text)),
      meaning,
    ]),
  )
}

async function changeWhoItWas(): Promise<void> {
  const { by, ownTherapist, patient } = day.emergency
  line(`Entry ${count(breakGlass)} says that ${bold(by)} broke the glass for ${patient}. It is to say ${bold(ownTherapist)}.`)
  const byApp = await refusal(db, TENANT, changeActor('phi_app', breakGlass, by, ownTherapist))
  claims.check(byApp?.startsWith('permission denied') === true, `with the application’s rights: ${byApp ?? 'let through'}`)
  const byOwner = await refusal(db, TENANT, changeActor('phi_owner', breakGlass, by, ownTherapist))
  claims.check(byOwner === 'the audit log is append-only', `with the owner’s rights: ${byOwner ?? 'let through'}`)
  const attack = changeActorAsOwner(breakGlass, by, ownTherapist)
  line('An owner can switch that off. What they run:')
  for (const sql of attack.sql.join(';\n').split('\n')) line(red(`  ${sql}`))
  await run(db, TENANT, attack)
  const { rows } = await db.query<{ actor: string }>('select actor from phi.audit_entry where idx = $1', [breakGlass])
  claims.check(
    rows[0]?.actor.includes(ownTherapist) === true,
    `the row now says ${ownTherapist}, and the database has no complaint`,
  )
  const report = await verify()
  showReport(report)
  const [finding] = report.findings
  const isNamed = finding?.code === 'altered-group' && finding.index === breakGlass && finding.group === 'actor'
  claims.check(
    report.verdict === 'broken' && isNamed && report.findings.length === 1,
    `found: entry ${count(breakGlass)}, group "actor", and no other entry is accused`,
  )
  await run(db, TENANT, changeActorAsOwner(breakGlass, ownTherapist, by))
  claims.check((await verify()).verdict === 'intact', 'put back as it was: intact again')
}

function verify() {
  return verifyLog(store, { tenant: TENANT, origin: ORIGIN }, { keys, trusted })
}

async function cutTheEndOff(): Promise<void> {
  const { size } = played.backup
  line(`Entries from ${count(size)} on, their tree hashes, their checkpoints and the head: all as in the backup.`)
  await run(db, TENANT, cutBackTo(played.backup))
  const alone = await verifyLog(store, { tenant: TENANT, origin: ORIGIN }, { keys })
  claims.check(
    alone.verdict === 'intact' && alone.coverage.to === size,
    `checked against itself alone, this log of ${count(size)} entries is ${alone.verdict}: it once was true`,
  )
  const report = await verify()
  showReport(report)
  const [finding] = report.findings
  const isFound = finding?.code === 'truncated-tail' && finding.index === size && finding.expected === String(lines.length - 2)
  claims.check(report.verdict === 'broken' && isFound, 'found, by one checkpoint that was kept where the insider cannot reach')
}

async function checkFiles(): Promise<void> {
  const read = {
    vkey: readFileSync(files.vkey, 'utf8').trim(),
    bundle: readFileSync(files.bundle, 'utf8'),
    lines: readFileSync(files.lines, 'utf8').split('\n').slice(0, -1),
  }
  const options = { keys: [read.vkey] }
  const whole = await verifyLines(read.lines, options)
  claims.check(
    whole.verdict === 'intact' && whole.coverage.checked === read.lines.length - 2,
    `the whole log: ${whole.verdict}, ${count(whole.coverage.checked)} entries`,
  )
  const cut = await verifyLines(read.lines.slice(0, -41), options)
  const isTruncated = cut.findings.some(({ code }) => code === 'truncated-tail')
  claims.check(
    cut.verdict === 'broken' && isTruncated,
    `a copy without its last 40 entries: ${cut.verdict}, ${cut.findings[0]?.code ?? 'no finding'}`,
  )
  const proved = verifyBundle(read.bundle, options)
  claims.check(
    proved.verdict === 'intact' && proved.coverage.checked === 3,
    `the evidence: ${proved.verdict}, ${proved.coverage.checked} entries, ${proved.coverage.withheld} parts withheld`,
  )
  const forged = verifyBundle(read.bundle.replaceAll(day.emergency.by, day.emergency.ownTherapist), options)
  claims.check(
    forged.verdict === 'broken',
    `the evidence with another name in it: ${forged.verdict}, ${forged.findings[0]?.code ?? 'no finding'}`,
  )
  const { actor = { json: '{}' } } = readBundle(read.bundle).entries.find(({ index }) => index === breakGlass)?.open ?? {}
  const { id } = JSON.parse(actor.json) as { id?: string }
  claims.check(
    id === day.emergency.by,
    `it still proves who broke the glass, ${id ?? 'nobody'}, whatever the database says by now`,
  )
}

function summary(): void {
  const failed = claims.failed.length
  title(
    failed === 0 ? 'What you have seen' : red(`${failed} of the statements above did not hold`),
    `in ${seconds(performance.now() - started)}`,
  )
  line('Every read, change, refusal and sign-in became an entry: salted, chained and signed.')
  line('The application cannot change an entry. The database’s owner can, and is found out:')
  line('  the verifier names the entry and the part of it that was changed.')
  line('Evidence can leave the building: parts of it withheld, and every entry still proves itself.')
  line()
  line(yellow('What this does not stop:'))
  line('An owner can rewrite entries that no checkpoint covers yet; and one who holds the signing key and')
  line('all copies of the checkpoints can rewrite everything. So hand checkpoints to somebody else,')
  line('soon and often: that is what the proof rests on.')
  line('This helps you meet 45 CFR 164.312(b), audit controls. It does not do it for you.')
  line(dim('Next: README.md, and examples/clinic/README.md for what was invented here and what was not.'))
  line()
}
