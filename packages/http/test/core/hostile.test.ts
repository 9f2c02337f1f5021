import type { AuditEventInput } from '@phi/audit'
import { ed25519Signer, memoryStore, openAuditLog } from '@phi/audit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Handler, openPipeline, problem, problems, securityHeaders } from '../../src/index.ts'
import { ask, identity, note, overTls, readRoute, rules, type Service, START, service, testError } from './support.ts'

const CANARY = 'c4n4ry'
const LONG = process.env.PHI_LONG === '1'
const RUNS = LONG ? 3_000 : 60

/** A service in whose every place somebody has put the canary, and routes that fail with it. */
async function planted(random: () => number) {
  const made: Service = await service({
    notes: [
      note('n-1', { body: `${CANARY}-seen` }),
      note('n-2', { careTeam: [], body: CANARY, patient: `p-${CANARY}`, code: CANARY }),
      note('n-3', { tenant: `${CANARY}-clinic`, body: CANARY, patient: `p-${CANARY}`, careTeam: ['ann', CANARY] }),
    ],
  })
  const maybe = async (likely: number) => {
    if (random() < likely) throw random() < 0.5 ? testError('PHI_TEST_AWAY', { cause: new Error(CANARY) }) : new Error(CANARY)
  }
  made.does.append = () => maybe(0.2)
  made.does.commit = () => maybe(0.2)
  const base = { on: 'Note', purpose: 'TREAT' } as const
  const load = async ({ params }: { params: Readonly<Record<string, string>> }) => {
    await maybe(0.1)
    return made.notes.get(params.id ?? '')
  }
  const body = z.strictObject({ body: z.string().max(20) })
  const handlers: Handler[] = [
    made.pipeline.route({ ...base, action: 'read', load }),
    made.pipeline.route({ ...base, action: 'read', load: () => [...made.notes.values()].slice(1) }),
    made.pipeline.route({ ...base, action: 'read', admitsDenial: true, load, fields: ({ query }) => Object.keys(query) }),
    made.pipeline.route({ ...base, action: 'export', load }),
    made.pipeline.route({
      ...base,
      action: 'update',
      writes: true,
      body,
      load,
      handle: async (call, { tx }) => {
        await maybe(0.2)
        if (random() < 0.1) throw problem(409, 'version-conflict')
        tx.staged.set('n-1', note('n-1', { body: `${CANARY}-seen` }))
        return { headers: { 'x-echo': call.headers.get('x-in') ?? '' } }
      },
    }),
    made.pipeline.signIn({
      verify: async (token) => {
        await maybe(0.2)
        return token === 'good'
          ? { outcome: 'verified', identity: identity('ann', made.clock()) }
          : { outcome: 'refused', reason: CANARY }
      },
      membership: async () => ({ tenant: 'clinic-a', roles: ['therapist'] }),
    }),
    made.pipeline.signOut(),
    made.pipeline.session(),
    made.pipeline.breakGlass({ keep: () => maybe(0.2), notify: async () => [] }),
    made.pipeline.notFound(),
  ]
  return { made, handlers }
}

const text = fc.oneof(
  fc.constantFrom('', CANARY, '../', '%00', '\u{1f600}', 'a\tb', `Bearer ${CANARY}`, 'a'.repeat(9_000)),
  fc.string({ maxLength: 12 }),
)
const headerText = text.map((each) => each.replace(/[^\t\x20-\x7e]/g, '').trim())
const requests = fc.record({
  handler: fc.nat(9),
  method: fc.constantFrom('GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY'),
  path: fc.oneof(
    fc.constantFrom('/n', `/${CANARY}?${CANARY}=${CANARY}`, '/n?body=1', '/a%2Fb', '/n?a&a', '/%ff'),
    text.map((each) => `/${encodeURI(each.toWellFormed())}`),
  ),
  id: fc.oneof(fc.constantFrom('n-1', 'n-2', 'n-3', 'absent', '__proto__'), text),
  token: fc.constantFrom('good', 'good', 'good', 'good', 'clerk', 'ended', 'made up', CANARY, undefined),
  body: fc.constantFrom(
    undefined,
    '',
    '{}',
    '{"body":"x"}',
    `{"body":"${CANARY}"}`,
    '{"idToken":"good"}',
    `{"idToken":"${CANARY}"}`,
    `{"patient":"p","reason":"r"}`,
    `{"${CANARY}":1}`,
    '{',
  ),
  type: fc.constantFrom('application/json', 'application/json', 'application/json', 'text/plain', ''),
  header: fc.tuple(
    fc.constantFrom('x-in', 'cookie', 'traceparent', 'x-forwarded-for', 'user-agent', 'origin', 'content-length', 'x-tenant'),
    headerText,
  ),
  encrypted: fc.constantFrom(true, true, true, true, true, false),
  ip: fc.constantFrom('192.0.2.7', undefined, CANARY, '::1'),
  seed: fc.integer(),
})

/** Small and repeatable: fast-check shrinks the seed with everything else. */
function randomOf(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 0) / 2 ** 32
  }
}

describe('any request', () => {
  it('S15 S50 S98 is answered, with every security header, with nothing that is not the caller’s to know, and never with 2xx before an entry', async () => {
    const statuses = new Map<number, number>()
    await fc.assert(
      fc.asyncProperty(requests, async (drawn) => {
        const { made, handlers } = await planted(randomOf(drawn.seed))
        const tokens: Record<string, string> = {
          good: await made.token(),
          clerk: await made.token('cleo', { roles: ['clerk'] }),
          ended: await made.token('eve'),
        }
        await made.sessions.logout(tokens.ended)
        const headers = new Headers({ 'content-type': drawn.type })
        const [name, value] = drawn.header
        headers.set(name, value)
        const token = drawn.token === undefined ? undefined : (tokens[drawn.token] ?? drawn.token)
        if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
        const { method, body, path } = drawn
        const hasBody = body !== undefined && method !== 'GET' && method !== 'HEAD'
        const request = new Request(`https://clinic.example${path}`, { method, headers, ...(hasBody ? { body } : {}) })
        const before = made.entries.length
        const response = await (handlers[drawn.handler] as Handler)(
          request,
          { ip: drawn.ip, encrypted: drawn.encrypted },
          { id: drawn.id },
        )

        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
        for (const [each, said] of Object.entries(securityHeaders)) expect(response.headers.get(each)).toBe(said)
        expect(response.headers.has('strict-transport-security')).toBe(drawn.encrypted)
        const sent = await response.text()
        // What the caller sent may come back where a handler sends it, and what they may see in what they asked for.
        const told = `${sent.replaceAll(`${CANARY}-seen`, '')}${JSON.stringify([...response.headers].filter(([each]) => each !== 'x-echo'))}`
        expect(told).not.toContain(CANARY)
        expect(JSON.stringify(made.faults)).not.toContain(CANARY)
        expect(Object.keys(tokens).some((each) => sent.includes(tokens[each] as string))).toBe(false)

        const added = made.entries.slice(before).map((each) => each.event)
        const isOver = response.status === 204 && (drawn.handler === 6 || drawn.handler === 7)
        // Neither the length of a session nor a sign-out without one is anything to record.
        if (response.ok && drawn.handler !== 7 && !isOver) expect(added.some(({ outcome }) => outcome === 'success')).toBe(true)
        if (!response.ok) {
          const { code, status } = JSON.parse(sent === '' ? '{}' : sent) as { code?: string; status?: number }
          if (method !== 'HEAD')
            expect([status, code === 'version-conflict' || Object.hasOwn(problems, code ?? '')]).toEqual([
              response.status,
              true,
            ])
        }
      }),
      { numRuns: RUNS },
    )
    // Otherwise the property would say little.
    expect(statuses.size).toBeGreaterThan(LONG ? 10 : 5)
  })
})

describe('a log that fails at random', () => {
  it('S50 S123 lets nothing out, and nothing be changed, that is not recorded', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), fc.boolean(), async (fails, writes) => {
        const made = await service()
        const token = await made.token()
        let at = 0
        made.does.append = async () => {
          if (fails[at++ % fails.length]) throw testError('PHI_TEST_AWAY')
        }
        const write = made.pipeline.route({
          ...{ on: 'Note', purpose: 'TREAT', action: 'update', writes: true },
          load: () => made.notes.get('n-1'),
          handle: (_call, { tx }) => {
            tx.staged.set('n-1', note('n-1', { body: `changed ${at}` }))
            return {}
          },
        } as const)
        for (let i = 0; i < 4; i++) {
          const before = [made.entries.length, made.notes.get('n-1')?.body]
          const response = await ask(writes ? write : readRoute(made), { token, method: writes ? 'PUT' : 'GET' })
          const successes = made.entries.slice(before[0] as number).filter(({ event }) => event.outcome === 'success')
          expect(successes.length).toBe(response.ok ? 1 : 0)
          expect(made.notes.get('n-1')?.body !== before[1]).toBe(writes && response.ok)
        }
      }),
      { numRuns: LONG ? 500 : 20 },
    )
  })
})

describe('with a log of @phi/audit', () => {
  it('S6 S50 S123 S124 every entry is in the chain, and verifies', async () => {
    const made = await service({ notes: [note('n-1'), note('n-2', { careTeam: [] })] })
    const origin = 'clinic.example/audit'
    const log = await openAuditLog({
      origin,
      store: memoryStore(),
      signer: await ed25519Signer.generate(origin),
      clock: made.clock,
    })
    const pipeline = openPipeline({ sessions: made.sessions, rules, log: () => log, clock: made.clock })
    const token = await made.token()
    const list: Note[] = Array.from({ length: 1_001 }, (_, i) => note(`n-${i}`))
    type Note = ReturnType<typeof note>
    const route = pipeline.route({
      on: 'Note',
      action: 'read',
      purpose: 'TREAT',
      load: ({ params }) => (params.id === 'all' ? list : made.notes.get(params.id ?? '')),
    })
    const weird = { 'user-agent': '\xff\xfe"<script>\t' }
    expect((await ask(route, { token, headers: weird })).status).toBe(200)
    expect((await ask(route, { token, params: { id: 'n-2' } })).status).toBe(404)
    expect((await ask(route, { token, params: { id: 'all' } })).status).toBe(200)
    expect((await ask(pipeline.signOut(), { token, method: 'POST' })).status).toBe(204)
    expect((await ask(pipeline.signOut(), { token, method: 'POST' })).status).toBe(204)
    expect((await ask(route, { token })).status).toBe(401)
    const { records } = await log.query()
    expect(records.map(({ event }) => [event.action, event.outcome]).reverse()).toEqual([
      ['read', 'success'],
      ['read', 'denied'],
      ['read', 'success'],
      ['read', 'success'],
      ['logout', 'success'],
      ['login-failed', 'denied'],
    ])
    await log.checkpoint()
    expect((await log.verify()).verdict).toBe('intact')
    // What an entry cannot hold is a fault of the service, and nothing is sent.
    const bad = pipeline.route({ on: 'Note', action: 'read', purpose: 'TREAT', load: () => note('n\n1') })
    expect((await ask(bad, { token: await made.token() })).status).toBe(500)
    await log.close()
  })
})

it('takes a request that an adapter got wrong without a rejection', async () => {
  const made = await service({ pipeline: { onFault: () => Promise.reject(new Error(CANARY)) as never } })
  const token = await made.token()
  const headers = { authorization: `Bearer ${token}` }
  const read = readRoute(made)
  const odd = [
    read(new Request('https://clinic.example/n', { headers }), undefined as never),
    read(new Request('https://clinic.example/n', { headers }), overTls, null as never),
    read(new Request('https://clinic.example/n', { headers }), { ...overTls, peer: null as never }, { id: 'n-1' }),
    made.pipeline.route({ on: 'Note', action: 'read', purpose: 'TREAT', load: () => Promise.reject(undefined) })(
      new Request('https://clinic.example/n', { headers }),
      overTls,
    ),
  ]
  for (const each of await Promise.all(odd)) expect(each).toBeInstanceOf(Response)
  const event: AuditEventInput | undefined = made.entries[0]?.event
  expect(Date.parse(event?.occurredAt ?? '')).toBe(START)
})
