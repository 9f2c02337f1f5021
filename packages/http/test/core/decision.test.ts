import type { PurposeOfUse } from '@phi/core'
import { compile, parsePolicy } from '@phi/rbac'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Caller } from '../../src/index.ts'
import { type Asked, ask, codeIn, note, policy, problemIn, readRoute, rules, type Service, START, service } from './support.ts'

const withoutIds = async (response: Response) => {
  const id = response.headers.get('phi-request-id') as string
  return JSON.stringify([response.status, [...response.headers], await response.text()]).replaceAll(id, '<id>')
}
const last = ({ entries }: Service) => entries.at(-1)?.event

const base = { on: 'Note', purpose: 'TREAT' } as const

describe('one record', () => {
  it('S98 absent, of another tenant, and denied answer with the same bytes but for the id of the request', async () => {
    const made = await service({
      notes: [note('n-2', { careTeam: [] }), note('n-3', { tenant: 'clinic-b' }), note('n-4', { sealed: true })],
    })
    const token = await made.token()
    const answers = new Set<string>()
    for (const id of ['absent', 'n-2', 'n-3', 'n-4'])
      answers.add(await withoutIds(await ask(readRoute(made), { token, params: { id } })))
    const route = made.pipeline.route({ ...base, action: 'read', load: () => null })
    answers.add(await withoutIds(await ask(route, { token })))
    answers.add(await withoutIds(await ask(made.pipeline.notFound(), { token, path: '/nothing' })))
    expect([...answers]).toHaveLength(1)
    expect(JSON.parse([...answers][0] as string)[2]).toBe(
      '{"type":"about:blank","title":"Not Found","status":404,"code":"not-found","instance":"urn:uuid:<id>"}',
    )
    expect(
      made.entries.map(({ event }) => [event.outcome, event.context?.details?.reason, event.context?.decision?.rule]),
    ).toEqual([
      ['failure', 'absent', undefined],
      ['denied', 'denied', 'phi:default'],
      ['denied', 'denied', 'phi:tenant'],
      ['denied', 'denied', 'sealed'],
      ['failure', 'absent', undefined],
      ['failure', 'no-route', undefined],
    ])
    // Whose record it was stands in no log of another tenant.
    expect(made.entries[1]?.event.subject).toEqual({ resource: { type: 'Note', id: 'n-2' }, patients: ['p-n-2'] })
    expect(made.entries[2]?.event.subject).toBeUndefined()
  })

  it('S94 S124 S50 leaves an entry that says who, from where, what, how and why', async () => {
    const made = await service()
    const response = await ask(readRoute(made), { token: await made.token(), headers: { 'user-agent': 'Test/1' } })
    const id = response.headers.get('phi-request-id')
    const { source, ...event } = last(made) ?? {}
    expect(made.entries.map(({ tenant }) => tenant)).toEqual(['clinic-a'])
    expect(event).toEqual({
      id: `${id}/1`,
      occurredAt: '2026-11-22T12:00:00.000Z',
      action: 'read',
      outcome: 'success',
      actor: { id: 'ann', type: 'workforce', roles: ['therapist'], organization: 'clinic-a' },
      subject: {
        resource: { type: 'Note', id: 'n-1' },
        patients: ['p-n-1'],
        fields: ['id', 'tenant', 'patient', 'careTeam', 'code', 'body', 'sealed'],
      },
      context: { purpose: 'TREAT', decision: { policy: 'clinic@1', rule: 'care-team' } },
    })
    expect(source).toMatchObject({
      ip: '192.0.2.7',
      userAgent: 'Test/1',
      request: id,
      session: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
  })

  it('S7 is narrowed to what the purpose and the role show', async () => {
    const made = await service()
    const token = await made.token('bill', { roles: ['billing'] })
    const route = made.pipeline.route({ ...base, action: 'read', purpose: 'HPAYMT', load: () => made.notes.get('n-1') })
    expect(await (await ask(route, { token })).json()).toEqual({ id: 'n-1', code: 'F41.1' })
    expect(last(made)?.subject?.fields).toEqual(['id', 'code'])
    expect(await codeIn(await ask(readRoute(made), { token }))).toBe('forbidden')
  })

  it('is admitted to be there only where the route says so, and never another tenant’s', async () => {
    const made = await service({ notes: [note('n-2', { careTeam: [] }), note('n-3', { tenant: 'clinic-b' })] })
    const route = made.pipeline.route({
      ...base,
      action: 'read',
      admitsDenial: true,
      load: ({ params }) => made.notes.get(params.id ?? ''),
    })
    const token = await made.token()
    const code = async (id: string) => codeIn(await ask(route, { token, params: { id } }))
    expect([await code('n-2'), await code('n-3'), await code('absent')]).toEqual(['forbidden', 'not-found', 'not-found'])
  })

  it('S7 of which fields are asked for by name: each must be visible, and only those are sent', async () => {
    const made = await service({ notes: [note('n-1'), note('n-2', { careTeam: [] })] })
    const route = made.pipeline.route({
      ...base,
      action: 'read',
      purpose: 'HPAYMT',
      load: ({ params }) => made.notes.get(params.id ?? ''),
      fields: ({ query }) => (query.fields ?? 'id').split('.'),
    })
    const token = await made.token('bill', { roles: ['billing'] })
    expect(await (await ask(route, { token, path: '/n?fields=code' })).json()).toEqual({ code: 'F41.1' })
    for (const fields of ['body', 'code.body', 'canary']) {
      expect(await codeIn(await ask(route, { token, path: `/n?fields=${fields}` }))).toBe('forbidden')
      expect(last(made)?.context?.details?.reason).toBe('fields')
    }
    expect(JSON.stringify(made.entries)).not.toContain('canary')
    // Who may not know the record is not told of fields.
    const denied = made.pipeline.route({ ...base, action: 'read', load: () => made.notes.get('n-2'), fields: () => ['body'] })
    expect(await codeIn(await ask(denied, { token: await made.token() }))).toBe('not-found')
  })
})

describe('a list', () => {
  it('S98 S7 is answered with those that the caller may see; how many were not stands in the entry alone', async () => {
    const made = await service()
    const all = [
      note('n-1'),
      note('n-2', { careTeam: [] }),
      note('n-3', { tenant: 'clinic-b' }),
      note('n-4', { patient: 'p-n-1' }),
    ]
    const route = made.pipeline.route({ ...base, action: 'read', load: () => all })
    const response = await ask(route, { token: await made.token() })
    expect(((await response.json()) as { id: string }[]).map(({ id }) => id)).toEqual(['n-1', 'n-4'])
    expect(last(made)).toMatchObject({
      subject: { count: 2, patients: ['p-n-1'] },
      context: { details: { type: 'Note', denied: 2 } },
    })
    expect(JSON.stringify(last(made))).not.toContain('n-2')
  })

  it('may be empty, also when all are denied', async () => {
    const made = await service()
    const token = await made.token()
    for (const all of [[], [note('n-2', { careTeam: [] })]]) {
      const response = await ask(made.pipeline.route({ ...base, action: 'read', load: () => all }), { token })
      expect([response.status, await response.text()]).toEqual([200, '[]'])
    }
    expect(made.entries.map(({ event }) => [event.outcome, event.subject?.count])).toEqual([
      ['success', 0],
      ['success', 0],
    ])
  })

  it('of more patients than an entry holds leaves several entries', async () => {
    const made = await service()
    const all = Array.from({ length: 2_500 }, (_, i) => note(`n-${i}`))
    const response = await ask(made.pipeline.route({ ...base, action: 'read', load: () => all }), { token: await made.token() })
    expect(response.status).toBe(200)
    expect(
      made.entries.map(({ event }) => [event.subject?.patients?.length, event.subject?.count, event.context?.details]),
    ).toEqual([
      [1_000, 1_000, { part: 1, parts: 3, type: 'Note' }],
      [1_000, 1_000, { part: 2, parts: 3, type: 'Note' }],
      [500, 500, { part: 3, parts: 3, type: 'Note' }],
    ])
    expect(new Set(made.entries.flatMap(({ event }) => event.subject?.patients ?? [])).size).toBe(2_500)
    expect(new Set(made.entries.map(({ event }) => event.id)).size).toBe(3)
  })

  it('of more than 10,000 is refused, and what is no record as well', async () => {
    const made = await service()
    const token = await made.token()
    for (const loaded of [Array.from({ length: 10_001 }, () => ({})), 'canary', 7, true, [null], [[]], ['canary']]) {
      const response = await ask(made.pipeline.route({ ...base, action: 'read', load: () => loaded }), { token })
      expect(await codeIn(response)).toBe('internal')
    }
    expect(made.faults.map(({ code }) => code)).toEqual([
      'PHI_HTTP_TOO_MANY',
      ...Array.from({ length: 6 }, () => 'PHI_HTTP_LOADED'),
    ])
  })

  it('is changed as a whole or not at all', async () => {
    const made = await service()
    const token = await made.token()
    let ran = 0
    const route = (all: unknown[]) =>
      made.pipeline.route({ ...base, action: 'update', writes: true, load: () => all, handle: () => void ran++ })
    expect((await ask(route([note('n-1'), note('n-2')]), { token, method: 'PUT' })).status).toBe(204)
    for (const all of [[note('n-1'), note('n-2', { careTeam: [] })], []]) {
      expect(await codeIn(await ask(route(all), { token, method: 'PUT' }))).toBe('not-found')
    }
    expect(ran).toBe(1)
  })
})

describe('the tenant', () => {
  it('S98 is the session’s, whatever the request says', async () => {
    const seen: [string, unknown][] = []
    const made = await service()
    const token = await made.token()
    const route = made.pipeline.route({
      ...base,
      action: 'read',
      body: z.strictObject({ tenant: z.string() }),
      load: ({ caller, headers }) => {
        seen.push([caller.tenant, headers.get('authorization')])
        return note('n-1', { tenant: 'clinic-b' })
      },
    })
    const asked: Asked = {
      token,
      json: { tenant: 'clinic-b' },
      path: '/clinic-b/notes?tenant=clinic-b',
      params: { tenant: 'clinic-b' },
      headers: { 'x-tenant': 'clinic-b', tenant: 'clinic-b', host: 'clinic-b.example', cookie: 'tenant=clinic-b' },
    }
    expect(await codeIn(await ask(route, asked))).toBe('not-found')
    expect(seen).toEqual([['clinic-a', null]])
    expect(made.entries.map(({ tenant }) => tenant)).toEqual(['clinic-a'])
  })

  it('S98 cannot be replaced by the actor option, and the caller is frozen', async () => {
    const made = await service({ pipeline: { actor: ({ subject }) => ({ id: subject, tenant: 'clinic-b' }) } })
    const response = await ask(readRoute(made), { token: await made.token() })
    expect(await codeIn(response)).toBe('internal')
    expect(made.faults).toMatchObject([{ step: 'decide', code: 'PHI_HTTP_ACTOR' }])
    const callers: Caller[] = []
    const plain = await service({
      pipeline: { grants: (caller) => (callers.push(caller) > 0 ? { grants: [] } : { grants: [] }) },
    })
    await ask(readRoute(plain), { token: await plain.token() })
    expect(Object.isFrozen(callers[0])).toBe(true)
  })
})

describe('who else is asked', () => {
  it('S114 names of services that alone may call a route', async () => {
    const made = await service()
    const route = made.pipeline.route({
      ...base,
      action: 'read',
      peers: ['URI:spiffe://clinic.example/billing'],
      load: () => made.notes.get('n-1'),
    })
    const token = await made.token()
    const call = (peer?: { names: string[]; fingerprint256: string }) =>
      ask(route, { token, connection: { ip: '192.0.2.7', encrypted: true, ...(peer && { peer }) } })
    expect((await call({ names: ['DNS:x', 'URI:spiffe://clinic.example/billing'], fingerprint256: 'AA' })).status).toBe(200)
    for (const peer of [
      undefined,
      { names: [], fingerprint256: 'AA' },
      { names: ['URI:spiffe://clinic.example/billing/x'], fingerprint256: 'AA' },
    ]) {
      expect(await codeIn(await call(peer))).toBe('forbidden')
      expect(last(made)?.context?.details).toMatchObject({ reason: 'peer' })
    }
  })

  it('rules of one caller', async () => {
    const forbid = { effect: 'forbid', id: 'restriction', actions: ['read'], resources: ['Note'] } as const
    const made = await service({
      pipeline: { rules: async ({ subject }) => (subject === 'bob' ? rules.with([forbid]) : rules) },
    })
    expect((await ask(readRoute(made), { token: await made.token() })).status).toBe(200)
    expect((await ask(readRoute(made), { token: await made.token('bob') })).status).toBe(403)
    const failing = await service({
      pipeline: {
        rules: () => {
          throw new Error('canary')
        },
      },
    })
    expect(await codeIn(await ask(readRoute(failing), { token: await failing.token() }))).toBe('internal')
  })

  it('the purpose of a call, which must be one', async () => {
    const made = await service()
    const token = await made.token()
    const loads: string[] = []
    const route = made.pipeline.route({
      ...base,
      action: 'read',
      purpose: ({ query }) => query.purpose as PurposeOfUse | undefined,
      load: ({ query }) => {
        loads.push(query.purpose ?? '')
        return made.notes.get('n-1')
      },
    })
    expect((await ask(route, { token, path: '/n?purpose=TREAT' })).status).toBe(200)
    expect(await codeIn(await ask(route, { token }))).toBe('purpose-required')
    expect(await codeIn(await ask(route, { token, path: '/n?purpose=canary' }))).toBe('purpose-required')
    // Marketing opens nothing to a therapist, but an export of a glass could: the record says.
    expect(await codeIn(await ask(route, { token, path: '/n?purpose=HMARKT' }))).toBe('not-found')
    const clerk = await made.token('cleo', { roles: ['clerk'] })
    expect(await codeIn(await ask(route, { token: clerk, path: '/n?purpose=TREAT' }))).toBe('forbidden')
    const bill = await made.token('bill', { roles: ['billing'] })
    expect(await codeIn(await ask(route, { token: bill, path: '/n?purpose=TREAT' }))).toBe('forbidden')
    expect(loads).toEqual(['TREAT', 'HMARKT'])
  })

  it('attributes of the context', async () => {
    const desk = parsePolicy({
      ...JSON.parse(JSON.stringify(policy)),
      rules: [
        {
          ...{ effect: 'permit', id: 'desk', actions: ['read'], resources: ['Note'], roles: ['therapist'] },
          when: { op: 'eq', left: { attr: 'context.desk' }, right: { value: 'front' } },
        },
      ],
    })
    const made = await service({ pipeline: { rules: compile(desk) as never } })
    const token = await made.token()
    const route = made.pipeline.route({
      ...base,
      action: 'read',
      context: ({ headers }) => ({ desk: headers.get('x-desk') ?? undefined }),
      load: () => made.notes.get('n-1'),
    })
    const at = (value: string) => ask(route, { token, headers: { 'x-desk': value } })
    expect((await at('front')).status).toBe(200)
    expect(await codeIn(await at('back'))).toBe('forbidden')
    expect(await codeIn(await ask(route, { token }))).toBe('forbidden')
  })
})

describe('obligations', () => {
  const routeFor = (made: Service, action: 'export' | 'sign' | 'disclose') =>
    made.pipeline.route({ ...base, action, auditAs: action === 'sign' ? 'sign' : 'read', load: () => made.notes.get('n-1') })

  it('a step-up is a challenge, and goes once it is met', async () => {
    const made = await service()
    const token = await made.token('ann', { more: { acr: 'phr' } })
    expect((await ask(routeFor(made, 'export'), { token })).status).toBe(200)
    expect(last(made)?.context?.details).toEqual({ discharged: 'step-up' })
    made.clock.advance(301_000)
    for (const each of [token, await made.token()]) {
      const response = await ask(routeFor(made, 'export'), { token: each })
      expect([response.status, await codeIn(response)]).toEqual([401, 'step-up-required'])
      expect(response.headers.get('www-authenticate')).toBe(
        'Bearer error="insufficient_user_authentication", acr_values="phr", max_age="300"',
      )
      expect(last(made)).toMatchObject({ outcome: 'denied', context: { details: { reason: 'step-up' } } })
    }
  })

  it('of a list withhold records; a list of nothing else says what is owed', async () => {
    const made = await service()
    const mixed = parsePolicy({
      ...JSON.parse(JSON.stringify(policy)),
      rules: [
        ...policy.rules.filter(({ id }) => id === 'care-team'),
        {
          ...{ effect: 'permit', id: 'sealed-step-up', actions: ['read'], resources: ['Note'], roles: ['therapist'] },
          obligations: [{ type: 'step-up', max_age: 60 }],
        },
      ],
    })
    const other = await service({ pipeline: { rules: compile(mixed) as never, sessions: made.sessions } })
    const token = await made.token()
    other.clock.advance(120_000)
    const list = (all: unknown[]) => ask(other.pipeline.route({ ...base, action: 'read', load: () => all }), { token })
    const some = await list([note('n-1'), note('n-2', { careTeam: [] })])
    expect(((await some.json()) as unknown[]).length).toBe(1)
    expect(last(other)?.context?.details).toMatchObject({ withheld: 1 })
    expect(await codeIn(await list([note('n-2', { careTeam: [] })]))).toBe('step-up-required')
  })

  it('that only the application can discharge are named, and nothing else is', async () => {
    const made = await service()
    const response = await ask(routeFor(made, 'sign'), { token: await made.token() })
    expect(await problemIn(response)).toMatchObject({ status: 403, code: 'obligations-open', obligations: ['document'] })
    const done = await service({ pipeline: { grants: () => ({ grants: [], evidence: { documented: { witness: 'bob' } } }) } })
    expect((await ask(routeFor(done, 'sign'), { token: await done.token() })).status).toBe(200)
    expect(last(done)?.context?.details).toEqual({ discharged: 'document' })
  })

  it('how somebody signed in is not for evidence to say', async () => {
    const evidence = { authentication: { acr: 'phr', authTime: START / 1_000 }, now: START }
    const made = await service({ pipeline: { grants: () => ({ grants: [], evidence }) } })
    expect(await codeIn(await ask(routeFor(made, 'export'), { token: await made.token() }))).toBe('step-up-required')
  })

  it('to refrain are told in a header', async () => {
    const made = await service()
    const response = await ask(routeFor(made, 'disclose'), { token: await made.token() })
    expect(response.status).toBe(200)
    expect(response.headers.get('phi-refrain')).toBe('NORDSCLCD; notice="42 CFR part 2 forbids it."')
    expect(last(made)?.context?.details).toEqual({ discharged: 'refrain' })
    const long = (notice: string) =>
      compile(parsePolicy({ ...JSON.parse(JSON.stringify(policy).replace('42 CFR part 2 forbids it.', notice)) })) as never
    const odd = await service({ pipeline: { rules: long('é “quoted”') } })
    const told = await ask(routeFor(odd, 'disclose'), { token: await odd.token() })
    expect(told.headers.get('phi-refrain')).toBe("NORDSCLCD; notice*=UTF-8''%C3%A9%20%E2%80%9Cquoted%E2%80%9D")
    const many = await service({ pipeline: { rules: long('x'.repeat(1_100)) } })
    const untold = await ask(routeFor(many, 'disclose'), { token: await many.token() })
    expect(await problemIn(untold)).toMatchObject({ code: 'obligations-open', obligations: ['refrain'] })
    expect(untold.headers.has('phi-refrain')).toBe(false)
  })
})

describe('breaking the glass', () => {
  const told: unknown[] = []
  const glass = (made: Service, more: Partial<Parameters<Service['pipeline']['breakGlass']>[0]> = {}) =>
    made.pipeline.breakGlass({
      keep: async (grant, entry) => {
        told.push(['keep', entry, made.entries.at(-1)?.event.id])
        made.grants.push(grant)
      },
      notify: async () => {
        told.push('notify')
        return ['officer']
      },
      ...more,
    })
  const json = { patient: 'p-n-2', reason: 'found unconscious' }

  it('S109 opens one patient’s records for an hour, recorded first, with a new token', async () => {
    told.length = 0
    const evidence = {
      breakGlass: { reason: 'r', auditEntry: 'e', notified: ['officer'], reviewBy: Date.parse('2026-11-22T20:00:00.000Z') },
    }
    const made: Service = await service({
      notes: [note('n-2', { careTeam: [] }), note('n-3', { careTeam: [] })],
      pipeline: { grants: () => ({ grants: made.grants, evidence }) },
    })
    const token = await made.token()
    expect(await codeIn(await ask(readRoute(made), { token, params: { id: 'n-2' } }))).toBe('not-found')
    const response = await ask(glass(made), { token, json })
    const id = `${response.headers.get('phi-request-id')}/1`
    expect(response.status).toBe(201)
    expect(await response.json()).toEqual({ until: '2026-11-22T13:00:00.000Z', entry: id })
    expect(told).toEqual([['keep', id, id], 'notify'])
    expect(made.entries.slice(1)).toMatchObject([
      {
        event: {
          action: 'break-glass',
          outcome: 'success',
          subject: { patients: ['p-n-2'] },
          context: { purpose: 'BTG', breakGlass: true, reason: json.reason },
        },
      },
      { event: { action: 'send', context: { details: { about: id, notified: 'officer' } } } },
    ])
    const next = response.headers.get('phi-session-token') as string
    expect(next).not.toBe(token)
    const read = async (each: string, params: { id: string }) => (await ask(readRoute(made), { token: each, params })).status
    expect(await read(next, { id: 'n-2' })).toBe(200)
    expect(last(made)).toMatchObject({
      context: { breakGlass: true, decision: { rule: 'glass' }, details: { discharged: 'break-glass' } },
    })
    expect(await read(next, { id: 'n-3' })).toBe(404)
    // Somebody else’s glass is nobody’s.
    expect(await read(await made.token('bob'), { id: 'n-2' })).toBe(404)
    made.clock.advance(10 * 60_000)
    for (let i = 0; i < 5; i++) {
      await read(next, { id: 'n-2' })
      made.clock.advance(10 * 60_000)
    }
    expect(await read(next, { id: 'n-2' })).toBe(404)
  })

  it('S109 is for those to whom it could open anything', async () => {
    const made = await service()
    const clerk = await made.token('cleo', { roles: ['clerk'] })
    expect(await codeIn(await ask(glass(made), { token: clerk, json }))).toBe('forbidden')
    const lead = await made.token('lea', { roles: ['lead'] })
    expect((await ask(glass(made), { token: lead, json })).status).toBe(201)
    expect(made.grants).toMatchObject([{ kind: 'break-glass', actor: 'lea', tenant: 'clinic-a', patient: 'p-n-2' }])
  })

  it.each([
    [{ patient: '', reason: 'x' }],
    [{ patient: 'p', reason: '  ' }],
    [{ patient: 'p' }],
    [{ patient: 'p', reason: 'x'.repeat(2_001) }],
    [{ patient: 'p', reason: 'x', minutes: 600 }],
  ])('takes no %j', async (asked) => {
    const made = await service()
    expect(await codeIn(await ask(glass(made), { token: await made.token(), json: asked }))).toBe('malformed')
    expect(made.grants).toEqual([])
  })

  it('S109 opens nothing that could not be recorded, and says when nobody could be told', async () => {
    const made = await service()
    made.does.append = async ({ outcome }) => {
      if (outcome === 'success') throw new Error('canary')
    }
    const response = await ask(glass(made), { token: await made.token(), json })
    expect([await codeIn(response), response.headers.has('phi-session-token'), made.grants.length]).toEqual([
      'unavailable',
      true,
      0,
    ])
    const broken = async (): Promise<never> => {
      throw new Error('canary')
    }
    for (const more of [{ keep: broken }, { notify: broken }]) {
      const other = await service()
      expect(await codeIn(await ask(glass(other, more), { token: await other.token(), json }))).toBe('outcome-unknown')
      expect(other.entries.map(({ event }) => event.outcome)).toEqual(['success', 'failure'])
      expect(JSON.stringify([other.entries, other.faults])).not.toContain('canary')
    }
  })

  it('with a token in its grace is for the one that replaced it', async () => {
    const made = await service()
    const token = await made.token()
    await made.sessions.rotate(token, 'break-glass')
    expect(await codeIn(await ask(glass(made), { token, json }))).toBe('superseded')
    expect(made.grants).toEqual([])
  })
})
