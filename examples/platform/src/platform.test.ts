import { readFileSync } from 'node:fs'
import { caseStore } from '@phi/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditRoutes, Browser, type Platform, putPatientFacts, readProfile, recordRoutes, startPlatform } from './index.ts'
import { incidentRoutes } from './routes/incidents.ts'
import { patientRequestRoutes } from './routes/patient-requests.ts'

const profile = readProfile(JSON.parse(readFileSync(new URL('../../practice-tiers/platform.json', import.meta.url), 'utf8')))
const treat = { 'purpose-of-use': 'TREAT' }
let platform: Platform
let ann: Browser
let bob: Browser
let stranger: Browser
let note: string

beforeAll(async () => {
  const requests = patientRequestRoutes({
    entity: { name: 'Practice A', telephone: '555-0100', responsible: 'Privacy officer' },
    timeZone: 'America/New_York',
  })
  platform = await startPlatform({
    profile,
    routes: [recordRoutes, auditRoutes, requests, incidentRoutes],
    start: '2026-11-23T08:00:00.000Z',
  })
  await platform.enrol({ subject: 'ann', tenant: 'a', roles: ['therapist', 'administrator'] }, 'test')
  await platform.enrol({ subject: 'bob', tenant: 'a', roles: ['therapist'] }, 'test')
  await platform.enrol({ subject: 'eve', tenant: 'b', roles: ['therapist', 'administrator'] }, 'test')
  await putPatientFacts(platform, 'a', 'p-1', { careTeam: ['ann'] })
  ;[ann, bob, stranger] = ['ann', 'bob', 'eve'].map((subject) => new Browser(platform, subject)) as [Browser, Browser, Browser]
  for (const each of [ann, bob, stranger]) expect((await each.signIn()).status).toBe(201)
  const made = await ann.ask('/notes', {
    method: 'POST',
    json: { patient: 'p-1', body: 'CANARY slept better', sessionDate: '2026-11-23' },
    headers: treat,
  })
  expect(made.status, made.text).toBe(201)
  note = (made.json as { readonly id: string }).id
})
afterAll(() => platform.close())

describe('the service that the platforms share', () => {
  it('S98 answers alike for what is not there, another tenant’s, and not for the caller', async () => {
    const bodies = []
    for (const [browser, id] of [
      [ann, 'n-0'],
      [stranger, note],
      [bob, note],
    ] as const) {
      const { status, text } = await browser.ask(`/notes/${id}`, { headers: treat })
      expect(status).toBe(404)
      bodies.push(text.replace(/urn:uuid:[0-9a-f-]+/, 'id'))
    }
    expect(new Set(bodies).size).toBe(1)
    expect(bodies[0]).not.toContain('CANARY')
  })

  it('S98 shows no row of another tenant to a query that forgets its condition', async () => {
    const seen = await platform.within('b', async (tx) => (await tx.query<{ id: string }>('select id from record', [])).rows)
    expect(seen).toEqual([])
    const own = await platform.within('a', async (tx) => (await tx.query<{ id: string }>('select id from record', [])).rows)
    expect(own.map(({ id }) => id)).toContain(note)
    await expect(
      platform.within('b', (tx) =>
        tx.query('insert into record (tenant, type, id, sealed) values ($1, $2, $3, $4)', ['a', 'X', 'x', 'x']),
      ),
    ).rejects.toThrow()
  })

  it('S18, S91 keeps ciphertext in the database, under a key of each tenant', async () => {
    const { rows } = await platform.db.query<{ sealed: string }>('select sealed from record', [])
    expect(rows.length).toBeGreaterThan(1)
    for (const { sealed } of rows) expect(sealed).toMatch(/^phi1\./)
    expect(JSON.stringify(rows)).not.toContain('CANARY')
    const other = (await platform.keyring.tenant('b')).field({ table: 'record', column: 'sealed', type: 'json' })
    expect(() => other.open(rows[0]?.sealed as string, { row: `ProgressNote/${note}` })).toThrow(
      expect.objectContaining({ code: 'PHI_ENVELOPE_OPEN' }),
    )
  })

  it('writes who is signed in into the history of a request and of an incident, whomever the body names', async () => {
    const post = (path: string, json: object) => ann.ask(path, { method: 'POST', json })
    const opened = await post('/requests', { id: 'r-1', kind: 'access', patient: 'p-1', by: 'bob' })
    expect(opened.status, opened.text).toBe(201)
    const step = await post('/requests/r-1/events', { type: 'identity-verified', by: 'bob' })
    expect(step.json).toMatchObject({ accepted: true })
    const kept = JSON.stringify(await caseStore(platform.db).load('a', 'r-1'))
    expect(kept).not.toContain('"bob"')
    expect(kept.match(/"by":"ann"/g)?.length).toBeGreaterThanOrEqual(2)

    const incident = await post('/incidents', { id: 'i-1', timeZone: 'America/New_York', individuals: null, by: 'bob' })
    expect(incident.status, incident.text).toBe(201)
    await post('/incidents/i-1/events', { type: 'contained', by: 'bob' })
    const history = JSON.stringify(await caseStore(platform.db).load('a', 'i-1'))
    expect(history).toContain('"by":"ann"')
    expect(history).not.toContain('"bob"')
  })

  it('tells a client what it cannot read, and not that the service is broken', async () => {
    const post = async (path: string, json: object) => {
      const { status, json: body } = await ann.ask(path, { method: 'POST', json })
      return [status, (body as { readonly code?: string }).code]
    }
    const notReadable = [422, 'not-readable']
    expect(await post('/incidents', { id: 'i-9' })).toEqual(notReadable)
    expect(await post('/incidents', { id: 'i-9', timeZone: 'Mars/Olympus', individuals: null })).toEqual(notReadable)
    expect(await post('/incidents/i-1/events', { type: 'no-such-event' })).toEqual(notReadable)
    expect(await post('/requests', { id: 'r-9', kind: 'no-such-request', patient: 'p-1' })).toEqual(notReadable)
    expect(await post('/requests/r-1/events', { type: 'no-such-event' })).toEqual(notReadable)
  })

  it('S97 shows the log to administrators of the tenant, and to nobody else', async () => {
    const { status, json } = await ann.ask('/audit')
    expect(status).toBe(200)
    const events = (json as { readonly event: string; readonly actorId: string }[]).map(
      ({ event, actorId }) => `${actorId} ${event}`,
    )
    expect(events).toEqual(expect.arrayContaining(['ann create success', 'bob read denied', 'ann login success']))
    expect(events.some((each) => each.startsWith('eve'))).toBe(false)
    expect((await bob.ask('/audit')).status).toBe(403)
    expect((await bob.ask('/audit/export.csv')).status).toBe(403)
  })

  it('takes nothing from a body that a client may not say: tenant, author, care team, labels by another name', async () => {
    for (const extra of [
      { tenant: 'b' },
      { author: 'bob' },
      { careTeam: ['bob'] },
      { stateLaw: false },
      { restrictedFrom: [] },
    ]) {
      const answer = await ann.ask('/notes', {
        method: 'POST',
        json: { patient: 'p-1', body: 'x', sessionDate: '2026-11-23', ...extra },
        headers: treat,
      })
      expect(answer.status).toBe(400)
    }
  })

  it('denies what nobody put facts on record for', async () => {
    const answer = await ann.ask('/notes', {
      method: 'POST',
      json: { patient: 'p-unknown', body: 'x', sessionDate: '2026-11-23' },
      headers: treat,
    })
    expect([403, 404]).toContain(answer.status)
  })

  it('moves no note to another patient by an update', async () => {
    await putPatientFacts(platform, 'a', 'p-2', { careTeam: ['ann'] })
    await ann.ask(`/notes/${note}`, { method: 'PUT', json: { patient: 'p-2', body: 'changed' }, headers: treat })
    const { json } = await ann.ask(`/notes/${note}`, { headers: treat })
    expect((json as { readonly patient: string }).patient).toBe('p-1')
  })
})
