import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AuditLog, type AuditRecord, ed25519Signer, memoryStore, openAuditLog, verifyBundle } from '@phi/audit'
import { type Alert, detect, investigate, practiceFacts, standardDetectors } from '@phi/audit/detect'
import { accountingOfDisclosures, disclosureBases, verifyAccounting } from '@phi/audit/disclosures'
import { readCsv, readJsonLines, writeCsv, writeJsonLines } from '@phi/audit/export'
import { forward, httpsDestination, memoryCursors, verifyForwardedBatch } from '@phi/audit/forward'
import { formatInstant } from '@phi/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Incident,
  incidentsOf,
  type Score,
  type SimulatedEvent,
  type SimulateOptions,
  scoreAlerts,
  simulatePractice,
  type Truth,
  watchTruth,
} from '../../src/simulate/index.ts'

const isLong = process.env.PHI_LONG === '1'
const blatant = [
  'bulk-reading',
  'own-record',
  'household',
  'exfiltration',
  'permission-abuse',
  'trying-doors',
  'stolen-session',
] as const

/** The whole month of 300 people, or a practice of 26 for eight days with the incidents that do not need more. */
const options: SimulateOptions = isLong
  ? { seed: 1, people: 300, days: 30, start: '2026-03-02', incidents: 'all' }
  : {
      seed: 4,
      people: 26,
      days: 8,
      start: '2026-03-02',
      incidents: blatant.map((kind) => ({ kind, variant: 'blatant' as const })),
    }

const simulation = simulatePractice(options)
// Evidence is a disclosure too: without a purpose it would need review in everybody's accounting.
const by = {
  actor: { id: 'u-privacy', type: 'workforce' as const, roles: ['privacy-officer'] },
  context: { purpose: 'HOPERAT' as const },
}
const origin = 'practice.example/audit'

async function collect<Each>(source: AsyncIterable<Each>): Promise<Each[]> {
  const list: Each[] = []
  for await (const each of source) list.push(each)
  return list
}

/** Holds the log's clock at the time of the event that is being taken. */
let now = 0
let log: AuditLog
let vkey: string
let truth: Truth
let score: Score
let appended = 0
let alerts: readonly Alert[]
const disclosed = new Map<string, SimulatedEvent[]>()
const facts = practiceFacts(simulation.facts())

beforeAll(async () => {
  const signer = await ed25519Signer.generate(origin)
  vkey = signer.vkey
  log = await openAuditLog({ origin, store: memoryStore(), signer, clock: () => now, limits: { timeoutMs: 120_000 } })
  for (const event of simulation.events()) {
    now = Date.parse(event.occurredAt)
    await log.append(event)
    appended++
    if (event.action !== 'disclose' || event.context?.details?.['disclosure.basis'] === undefined) continue
    const patient = event.subject?.patients?.[0] as string
    disclosed.set(patient, [...(disclosed.get(patient) ?? []), event])
  }
  const watch = watchTruth(simulation)
  const detection = detect({ detectors: standardDetectors(), facts })
  const told = await collect(detection.run(watch.watch(log.records())))
  const every = [...told, ...detection.alerts()]
  // The last revision of each.
  alerts = [...new Map(every.map((alert) => [alert.id, alert])).values()]
  truth = watch.truth
  score = scoreAlerts(every, truth)
}, 1_200_000)

afterAll(() => log.close())

const planted = (id: string): Incident => simulation.incidents.find((incident) => incident.id === id) as Incident
const alertOf = (detector: string, incident: Incident): Alert => {
  const found = alerts.find((alert) => alert.detector === detector && incidentsOf(alert, truth).includes(incident))
  if (found === undefined) throw new Error(`no ${detector} about ${incident.id}`)
  return found
}

describe('a practice, from the first event to the investigation', { timeout: isLong ? 1_200_000 : 60_000 }, () => {
  it('S123 every event is in the log, and the log is intact', async () => {
    expect(truth.records).toBe(appended)
    expect(truth.entries.size).toBe(simulation.incidents.flatMap(({ eventIds }) => eventIds).length)
    const report = await log.verify()
    expect(report.verdict).toBe('intact')
    expect(report.coverage.checked).toBe(appended)
  })

  it('S23 S132 every blatant incident that was planted is found, and the alerts are few', () => {
    // By one of the detectors that are meant to, not by chance.
    const missed = score.incidents.filter(
      ({ variant, expected, by: noticed }) =>
        variant === 'blatant' && !noticed.some(({ detector }) => expected.includes(detector)),
    )
    expect(missed).toEqual([])
    expect(score.incidents.filter(({ variant }) => variant === 'blatant').length).toBeGreaterThanOrEqual(blatant.length)
    // One alert a person and fortnight, warm-up and list items included.
    expect(score.all.falsePositives).toBeLessThan((simulation.people * simulation.days) / 14)
    const steps = alertOf('bulk-access', planted('bulk-reading/blatant')).containment.map(({ step }) => step)
    expect(steps).toEqual(['revoke-sessions', 'suspend-account', 'restrict-to-incident-team'])
  })

  it('S133 the investigation of the planted breach gives its individuals and categories, no more and no fewer', async () => {
    const incident = planted('bulk-reading/blatant')
    const [actor] = incident.actors as [string]
    const window = { from: incident.from, until: formatInstant(Date.parse(incident.until) + 1) }
    // What the nurse did for patients with a known relation is proper. The strangers are what is left.
    const slack = { before: 3 * 86_400_000, after: 30 * 86_400_000 }
    const isProper = ({ event }: AuditRecord): boolean => {
      const patients = event.subject?.patients ?? []
      const at = Date.parse(event.occurredAt as string)
      return patients.length > 0 && patients.every((patient) => facts.relation(actor, patient, at, slack).is === 'known')
    }
    const proper: number[] = []
    for await (const record of log.records())
      if (record.event.actor?.id === actor && isProper(record)) proper.push(record.index)
    const found = await investigate(log.records(), { actor, window, proper })
    expect(found.individuals.isComplete).toBe(true)
    expect(found.individuals.count).toBe(incident.patients.length)
    expect(found.individuals.count).toBeGreaterThan(200)
    expect(found.individuals.patients.map(({ patient }) => patient)).toEqual(incident.patients)
    expect(found.categories.classes.map(({ dataClass }) => dataClass)).toEqual(incident.dataClasses)
    expect(found.categories.unknown.indices).toEqual([])
    const own = [...truth.entries].filter(([, each]) => each === incident).map(([index]) => index)
    expect(own.filter((index) => !found.indices.includes(index))).toEqual([])
    expect(found.indicators.map(({ indicator }) => indicator)).toContain('no purpose was stated')
  })

  it('S132 the entries of an alert are evidence that verifies, with patients withheld', async () => {
    const alert = alertOf('bulk-access', planted('bulk-reading/blatant'))
    const bundle = JSON.stringify(await log.evidence({ indices: [...alert.indices], disclose: ['event', 'actor'], by }))
    const report = verifyBundle(bundle, { keys: [vkey] })
    expect(report.verdict).toBe('intact')
    expect(report.coverage.checked).toBe(alert.indices.length)
    for (const patient of alert.patients?.slice(0, 20) ?? []) expect(bundle).not.toContain(patient)
    expect(verifyBundle(bundle.replace('nurse', 'clerk'), { keys: [vkey] }).verdict).not.toBe('intact')
  })

  it('is exported as lines of JSON and as CSV, and read back', async () => {
    // Read once: to open each record of the log takes longer than to write it.
    const records = await collect(log.records())
    const lines = await collect(writeJsonLines(records))
    const ids = (await collect(readJsonLines(lines))).map(({ event }) => event.id)
    expect(ids.length).toBe(records.length)
    const csv = await collect(writeCsv(records))
    expect((await collect(readCsv(csv))).map(({ event }) => event.id)).toEqual(ids)
  })

  it('accounts for the disclosures of a patient', async () => {
    // Not one whose records somebody took along: that has to be reviewed first.
    const affected = new Set(simulation.incidents.flatMap(({ patients }) => patients))
    const [patient, events] = [...disclosed]
      .filter(([each]) => !affected.has(each))
      .sort(([, a], [, b]) => b.length - a.length)[0] as [string, SimulatedEvent[]]
    for (const event of events) expect(disclosureBases).toHaveProperty(String(event.context?.details?.['disclosure.basis']))
    const answer = await accountingOfDisclosures(log, {
      request: {
        patient: { id: patient, name: patient },
        entity: { name: 'Example Practice', telephone: '+1 217 555 0100', responsible: 'Privacy Office' },
        requestedOn: '2026-04-10',
        preparedOn: '2026-04-20',
        timeZone: 'America/New_York',
      },
      by,
    })
    if (answer.status === 'needs-review')
      throw new Error(JSON.stringify(answer.paper.entries.filter(({ verdict }) => verdict === 'review').slice(0, 3)))
    const { accounting } = answer.package
    expect(accounting.lines.map(({ recipient }) => recipient).sort()).toEqual(
      events.map(({ context }) => context?.disclosure?.recipient).sort(),
    )
    expect(verifyAccounting(JSON.stringify(answer.package), { keys: [vkey] }).verdict).toBe('intact')
  })

  it('S25 is forwarded to a receiver that checks what it gets, each entry once and no patient named', async () => {
    const key = { id: 'k-1', secret: crypto.getRandomValues(new Uint8Array(32)) }
    const kept = new Set<number>()
    let isNamed = false
    const receiver = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks)
      const verdict = await verifyForwardedBatch({ headers: request.headers, body, keys: [key], clock: Date.now })
      if (verdict.is !== 'genuine') return response.writeHead(401).end()
      for (const record of JSON.parse(body.toString()) as { index: number; event?: { subject?: object } }[]) {
        kept.add(record.index)
        isNamed ||= JSON.stringify(record).includes('"patients":[')
      }
      return response.end()
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    const { port } = receiver.address() as AddressInfo
    const forwarder = forward({
      name: 'siem',
      source: log,
      to: httpsDestination({ url: `http://127.0.0.1:${port}/`, loopbackHttp: true, key }),
      cursors: memoryCursors(),
    })
    const size = (await collect(log.records())).length
    try {
      const report = await forwarder.once()
      expect(report).toMatchObject({ status: 'ok', delivered: size })
      expect(kept.size).toBe(size)
      expect(isNamed).toBe(false)
    } finally {
      await forwarder.close()
      receiver.closeAllConnections()
      await new Promise((resolve) => receiver.close(resolve))
    }
  })
})
