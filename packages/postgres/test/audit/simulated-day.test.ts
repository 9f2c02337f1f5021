import { ed25519Signer, openAuditLog, verifyBundle } from '@phi/audit'
import { detect, investigate, practiceFacts, standardDetectors } from '@phi/audit/detect'
import { simulatePractice, watchTruth } from '@phi/testing/simulate'
import { expect, it } from 'vitest'
import { auditStore, migrate } from '../../src/index.ts'
import { embeddedMigrated } from '../embedded.ts'

it('S123 S132 S133 days of a practice on PGlite: taken, verified, read, judged, and the breach investigated', async () => {
  const simulation = simulatePractice({
    seed: 9,
    people: 24,
    days: 2,
    start: '2026-03-02',
    incidents: [{ kind: 'exfiltration', variant: 'blatant' }],
  })
  const [breach] = simulation.incidents
  if (breach === undefined) throw new Error('nothing planted')
  const db = await embeddedMigrated()
  try {
    await migrate(db, { now: Date.UTC(2026, 0, 1) })
    const origin = 'practice.example/audit'
    const signer = await ed25519Signer.generate(origin)
    let now = 0
    const log = await openAuditLog({ origin, store: auditStore(db), signer, clock: () => now })
    // By the minute: a service that takes events as they come writes those of a moment together.
    let minute: Parameters<typeof log.append>[0][] = []
    const write = async () => {
      await Promise.all(minute.map((event) => log.append(event)))
      minute = []
    }
    let count = 0
    for (const event of simulation.events()) {
      const at = Date.parse(event.occurredAt)
      if (at - now > 60_000) {
        await write()
        now = at
      }
      minute.push(event)
      count++
    }
    await write()

    const report = await log.verify()
    expect(report.verdict).toBe('intact')
    expect(report.coverage.checked).toBe(count)

    const watch = watchTruth(simulation)
    const detection = detect({ detectors: standardDetectors(), facts: practiceFacts(simulation.facts()) })
    for await (const _ of detection.run(watch.watch(log.records()))) void _
    expect(watch.truth.entries.size).toBe(breach.eventIds.length)
    const taken = detection.alerts().find(({ detector, actor }) => detector === 'mass-output' && actor === breach.actors[0])
    expect(taken).toMatchObject({ severity: 'high', score: 250 })

    const by = { actor: { id: 'u-privacy', type: 'workforce' as const }, context: { purpose: 'HOPERAT' as const } }
    const bundle = await log.evidence({ indices: [...(taken?.indices ?? [])], disclose: ['event', 'actor'], by })
    expect(verifyBundle(JSON.stringify(bundle), { keys: [signer.vkey] }).verdict).toBe('intact')

    // At that hour nobody else uses the account: all that it did is the breach.
    const window = { from: breach.from, until: new Date(Date.parse(breach.until) + 1).toISOString() }
    const found = await investigate(log.records(), { actor: breach.actors[0] as string, window })
    expect(found.individuals.patients.map(({ patient }) => patient)).toEqual(breach.patients)
    expect(found.categories.classes.map(({ dataClass }) => dataClass)).toEqual(breach.dataClasses)
    await log.close()
  } finally {
    await db.close()
  }
})
