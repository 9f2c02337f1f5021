import { fixedClock, isPhiError } from '@phi/core'
import { memoryRoleStore, type RoleAssignment, type RoleRevocation, type RoleStore, roleNames } from '@phi/rbac'
import { type DirectiveStore, parseDirective } from '@phi/rbac/directives'
import {
  generateSessionKey,
  memorySessionStore,
  openSessions,
  type SessionRecord,
  type SessionStore,
  sessionProfiles,
} from '@phi/rbac/session'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { connect, type Db, directiveStore, roleStore, sessionStore } from '../../src/index.ts'
import type { SeenStatement } from '../faults/proxy.ts'
import { columnsOfKeeper, tableRights } from './guarded-rows.ts'
import { emptying, loginWith, type ServerUnderTest, startServerUnderTest } from './under-test.ts'

const tables = ['session', 'session_tenant', 'directive_version', 'role_revocation', 'role_assignment']
const START = Date.parse('2026-03-01T12:00:00.000Z')
const HOUR = 3_600_000
const at = (ms: number) => new Date(START + ms).toISOString()
const long = process.env.PHI_LONG === '1'

let under: ServerUnderTest
let db: Db
const cleanups: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  under = await startServerUnderTest()
  db = await under.pool()
})
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
  await under.stop()
})
beforeEach(async () => {
  under.proxy.plan = () => undefined
  await db.exec(emptying(tables))
})

async function through(): Promise<Db> {
  const pool = await connect(under.proxy.through(under.url), { max: 4 })
  cleanups.push(() => pool.close())
  return pool
}

/** The first statement that begins or ends so is carried out, and its answer is lost. */
function loseAnswer(text: string): void {
  let done = false
  under.proxy.plan = (seen: SeenStatement) => {
    if (done || !seen.text.toLowerCase().includes(text)) return undefined
    done = true
    return { kind: 'cut', when: 'after' }
  }
}

const session = (more: Partial<SessionRecord> = {}): SessionRecord => ({
  sid: 'a'.repeat(32),
  tenant: 'clinic-a',
  subject: 'u-17',
  issuer: 'https://id.example.org',
  roles: ['therapist'],
  device: null,
  auth: { amr: ['pwd'], acr: null, authTime: START, mfa: 'met' },
  generation: 1,
  jti: 'b'.repeat(32),
  previous: null,
  startedAt: START,
  until: START + 24 * HOUR,
  lastSeenAt: START,
  rotatedAt: START,
  ended: null,
  version: 0,
  ...more,
})
const role = (more: Partial<RoleAssignment> = {}): RoleAssignment => ({
  id: 'a-1',
  tenant: 'clinic-a',
  subject: 'u-17',
  role: 'therapist',
  from: at(0),
  until: null,
  assignedAt: at(0),
  assignedBy: 'officer',
  ...more,
})
const revocation = (ms: number): RoleRevocation => ({ at: at(ms), recordedAt: at(0), revokedBy: 'officer' })
const contact = (steps = 1, more: object = {}) =>
  parseDirective({
    kind: 'contact-point',
    id: 'c-1',
    tenant: 'clinic-a',
    patient: 'p-1',
    channel: 'email',
    address: 'contact-7',
    history: Array.from({ length: steps }, (_, i) => ({
      ...(i === 0 ? { step: 'added' } : { step: 'verified', method: 'code' }),
      at: at(i),
      recordedAt: at(i),
      recordedBy: 'u-1',
    })),
    ...more,
  })

async function oneOfEach(tenant = 'clinic-a', sid = 'a'.repeat(32)): Promise<void> {
  await sessionStore(db).insert(session({ tenant, sid }))
  await directiveStore(db).append(contact(1, { tenant }))
  await roleStore(db).assign(role({ tenant }))
  await roleStore(db).revoke(tenant, 'a-1', revocation(HOUR))
}

/** One statement in a transaction as a role, inside a tenant or outside; rows, or the SQLSTATE. */
const as = (name: string, tenant: string, sql: string): Promise<unknown[] | string> =>
  db
    .transaction(async (tx) => {
      await tx.query(`select set_config('role', $1, true), set_config('phi.tenant', $2, true)`, [name, tenant])
      return (await tx.query(sql, [])).rows
    })
    .catch((error: unknown) => (error as { code: string }).code)

describe('the wall around sessions, directives and roles', () => {
  const readable = ['session', 'directive_version', 'role_assignment', 'role_revocation']

  it('S98 a second tenant sees nothing, by any table or function, and neither does who is in none', async () => {
    await oneOfEach('clinic-a')
    for (const table of readable) {
      const count = (tenant: string) => as('phi_auditor', tenant, `select tenant from phi.${table}`)
      expect(await count('clinic-a'), table).toEqual([{ tenant: 'clinic-a' }])
      for (const other of ['clinic-b', '', '%', 'clinic-']) expect(await count(other), table).toEqual([])
    }
    const sid = 'a'.repeat(32)
    for (const call of [
      `phi.session_find('${sid}')`,
      `phi.session_touch('${sid}', 1)`,
      `phi.session_end('${sid}', 1, 'revoked')`,
      `phi.session_replace('${sid}', 0, '{}', 2, 'j', null, 1, 1)`,
      `phi.session_end_subject('clinic-a', 'u-17', 1, 'revoked')`,
      `phi.session_sweep(8640000000000000)`,
    ]) {
      expect(await as('phi_app', 'clinic-b', `select * from ${call}`), call).toBe('PHI01')
    }
    expect(await roleStore(db).history('clinic-b', 'u-17')).toEqual([])
    expect(await roleStore(db).revoke('clinic-b', 'a-1', revocation(0))).toBe('missing')
    expect(await roleStore(db).revokeAll('clinic-b', 'u-17', revocation(0))).toBe(0)
    expect(await roleStore(db).holders('clinic-b', 'therapist', at(0))).toEqual([])
    expect(await directiveStore(db).of('clinic-b', 'p-1')).toEqual([])
    expect(await sessionStore(db).find(sid)).toEqual(session())
    // What one tenant writes cannot carry another's name.
    const forged = `insert into phi.role_assignment (tenant, id, subject, role, starts_at, assigned_at, assigned_by)
      values ('clinic-a', 'x', 'u-17', 'administrator', '${at(0)}', '${at(0)}', 'me')`
    expect(await as('phi_app', 'clinic-b', forged)).toBe('42501')
    expect(await as('phi_app', '', forged)).toBe('42501')
  })

  it('S98 no role deletes, and none updates, but the functions that keep sessions', async () => {
    expect(await tableRights(db, tables)).toEqual({
      'phi_app directive_version': 'INSERT,SELECT',
      'phi_app role_assignment': 'INSERT,SELECT',
      'phi_app role_revocation': 'INSERT,SELECT',
      'phi_auditor directive_version': 'SELECT',
      'phi_auditor role_assignment': 'SELECT',
      'phi_auditor role_revocation': 'SELECT',
      'phi_auditor session': 'SELECT',
      'phi_keeper session': 'DELETE,INSERT,SELECT',
      'phi_keeper session_tenant': 'DELETE,INSERT,SELECT',
    })
    // Whose session it is, with which roles, and until when, cannot be written again.
    expect(await columnsOfKeeper(db, 'session')).toEqual([
      'auth',
      'ended_at',
      'ended_because',
      'generation',
      'jti',
      'last_seen_at',
      'previous',
      'rotated_at',
      'version',
    ])
  })

  it('directives and roles stand against the owner, and against a session that calls itself a replica', async () => {
    await oneOfEach()
    for (const table of ['directive_version', 'role_assignment', 'role_revocation']) {
      for (const sql of [`delete from phi.${table}`, `update phi.${table} set tenant = 'x'`, `truncate phi.${table} cascade`]) {
        const told = await db
          .transaction(async (tx) => {
            await tx.exec('set local session_replication_role = replica')
            await tx.exec(sql)
          })
          .catch((error: unknown) => (error as { code: string }).code)
        expect(told, sql).toBe('PHI02')
      }
    }
  })

  it('a login with the service’s role does all there is to do, and a stranger nothing', async () => {
    const service = await connect(await loginWith(under, 'clinic', ['phi_app']), { max: 2 })
    const stranger = await connect(await loginWith(under, 'nobody', []), { max: 2 })
    cleanups.push(
      () => service.close(),
      () => stranger.close(),
    )
    const [sessions, directives, roles] = [sessionStore(service), directiveStore(service), roleStore(service)]
    expect(await sessions.insert(session())).toBe('inserted')
    expect(await sessions.touch('a'.repeat(32), START + 1)).toBe('touched')
    expect(await sessions.end('a'.repeat(32), START, 'logout')).toBe('ended')
    expect(await sessions.sweep(START + 24 * HOUR)).toBe(1)
    await directives.append(contact())
    await directives.append(contact(2))
    expect(await directives.of('clinic-a', 'p-1')).toEqual([contact(2)])
    expect(await roles.assign(role())).toBe('assigned')
    expect(await roles.revokeAll('clinic-a', 'u-17', revocation(HOUR))).toBe(1)
    expect(roleNames(await roles.of('clinic-a', 'u-17', at(0)))).toEqual(['therapist'])
    for (const call of [
      () => sessionStore(stranger).find('a'.repeat(32)),
      () => directiveStore(stranger).of('clinic-a', 'p-1'),
      () => roleStore(stranger).history('clinic-a', 'u-17'),
    ]) {
      expect((await refusal(call())).code).toBe('PHI_PG_FORBIDDEN')
    }
  })

  it('a row that is no session, directive or role is an error, and not "nothing there"', async () => {
    await oneOfEach()
    await under.asSuperuser(async (client) => {
      await client.query(`set session_replication_role = replica`)
      for (const table of ['directive_version', 'role_assignment', 'role_revocation']) {
        await client.query(`alter table phi.${table} disable trigger append_only`)
      }
      await client.query(`update phi.session set roles = '["therapist"'`)
      await client.query(`update phi.directive_version set document = replace(document, 'contact-7', '')`)
      await client.query(`update phi.role_assignment set role = E'admin\\n'`)
      for (const table of ['directive_version', 'role_assignment', 'role_revocation']) {
        await client.query(`alter table phi.${table} enable always trigger append_only`)
      }
    })
    const found: readonly (readonly [() => Promise<unknown>, string])[] = [
      [() => sessionStore(db).find('a'.repeat(32)), 'PHI_RBAC_SESSION_STORE'],
      [() => directiveStore(db).of('clinic-a', 'p-1'), 'PHI_RBAC_DIRECTIVE_STORE'],
      [() => directiveStore(db).append(contact(2)), 'PHI_RBAC_DIRECTIVE_STORE'],
      [() => roleStore(db).of('clinic-a', 'u-17', at(0)), 'PHI_RBAC_ROLE_STORE'],
      [() => roleStore(db).history('clinic-a', 'u-17'), 'PHI_RBAC_ROLE_STORE'],
      [() => roleStore(db).revoke('clinic-a', 'a-1', revocation(0)), 'PHI_RBAC_ROLE_STORE'],
    ]
    for (const [call, code] of found) expect((await refusal(call())).code).toBe(code)
  })

  it('another tenant’s document under this tenant’s key is an error', async () => {
    await directiveStore(db).append(contact())
    await db.exec(`alter table phi.directive_version disable trigger append_only;
      update phi.directive_version set document = replace(document, 'clinic-a', 'clinic-b');
      alter table phi.directive_version enable always trigger append_only`)
    expect((await refusal(directiveStore(db).of('clinic-a', 'p-1'))).code).toBe('PHI_RBAC_DIRECTIVE_STORE')
  })

  it('refuses what the database would store as something else, or could not give back', async () => {
    const store = sessionStore(db)
    for (const more of [{ subject: 'a\u0000' }, { subject: '\ud800' }, { issuer: 'x\udfff' }, { device: '\u0000' }]) {
      expect((await refusal(store.insert(session(more)))).code).toBe('PHI_RBAC_SESSION_INPUT')
    }
    await store.insert(session({ roles: ['a\u0000b', '\ud800'] }))
    expect((await store.find('a'.repeat(32)))?.roles).toEqual(['a\u0000b', '\ud800'])
    for (const bad of [-1, 1.5, Number.NaN, 8_640_000_000_000_001]) {
      expect((await refusal(store.touch('a'.repeat(32), bad))).code).toBe('PHI_RBAC_SESSION_INPUT')
      expect((await refusal(store.end('a'.repeat(32), bad, 'revoked'))).code).toBe('PHI_RBAC_SESSION_INPUT')
    }
    expect((await refusal(store.end('a'.repeat(32), START, 'because' as 'revoked'))).code).toBe('PHI_RBAC_SESSION_INPUT')
    expect((await store.find('a'.repeat(32)))?.ended).toBe(null)
  })
})

describe('an answer that was lost', () => {
  it('of an assignment: again, it is told that this very one is there', async () => {
    const store = roleStore(await through())
    loseAnswer('commit')
    expect(await refusal(store.assign(role()))).toMatchObject({ code: 'PHI_RBAC_ROLE_STORE_UNAVAILABLE', retryable: true })
    expect(await store.assign(role())).toBe('already')
    expect(await store.history('clinic-a', 'u-17')).toEqual([{ ...role(), revocations: [] }])
  })
  it('of a revocation: again, it is told that the role ends by then', async () => {
    const store = roleStore(await through())
    await store.assign(role())
    loseAnswer('commit')
    expect((await refusal(store.revoke('clinic-a', 'a-1', revocation(HOUR)))).code).toBe('PHI_RBAC_ROLE_STORE_UNAVAILABLE')
    expect(await store.revoke('clinic-a', 'a-1', revocation(HOUR))).toBe('already')
    expect((await store.history('clinic-a', 'u-17'))[0]?.revocations).toEqual([revocation(HOUR)])
  })
  it('S129 of a directive: `of` tells whether it was kept, and the version is there once', async () => {
    const store = directiveStore(await through())
    loseAnswer('commit')
    expect(await refusal(store.append(contact()))).toMatchObject({
      code: 'PHI_RBAC_DIRECTIVE_STORE_UNAVAILABLE',
      retryable: true,
    })
    expect(await store.of('clinic-a', 'p-1')).toEqual([contact()])
    expect((await refusal(store.append(contact()))).code).toBe('PHI_RBAC_DIRECTIVE_STORE')
    await store.append(contact(2))
    expect(await store.of('clinic-a', 'p-1')).toEqual([contact(2)])
  })
  it('S4 of a session’s insert, rotation or ending: again, it is told what is there, and what was written is there once', async () => {
    const store = sessionStore(await through())
    const lost = async (verb: string, call: () => Promise<unknown>) => {
      loseAnswer(verb)
      expect(await refusal(call())).toMatchObject({ code: 'PHI_RBAC_SESSION_STORE_UNAVAILABLE', retryable: true })
      return call()
    }
    const sid = 'a'.repeat(32)
    expect(await lost('session_insert', () => store.insert(session()))).toBe('taken')
    const next = session({ jti: 'c'.repeat(32), generation: 2, version: 1 })
    expect(await lost('session_replace', () => store.replace(next, 0))).toBe('conflict')
    expect(await store.find(sid)).toEqual(next)
    expect(await lost('session_end', () => store.end(sid, START + 1, 'revoked'))).toBe('already')
    expect(await store.find(sid)).toEqual({ ...next, ended: { at: START + 1, because: 'revoked' }, version: 2 })
  })
  it('S4 S111 of a rotation under way: the session goes on with the token that was written', async () => {
    const clock = fixedClock(START)
    const keys = { signing: await generateSessionKey() }
    const named = { keys, issuer: 'https://app.example.org', audience: 'app', clock }
    const open = (from: Db) => openSessions({ ...named, store: sessionStore(from), profile: sessionProfiles.thirtyMinutes })
    const identity = {
      subject: 'u-17',
      issuer: 'https://id.example.org',
      audience: ['app'],
      issuedAt: START,
      expiresAt: START + 48 * HOUR,
      usableUntil: START + 48 * HOUR,
      authTime: START,
      amr: ['pwd', 'otp'],
      acr: null,
      claims: {},
    }
    const [one, other] = [await open(await through()), await open(db)]
    const begun = await one.begin(identity, { tenant: 'clinic-a', roles: ['therapist'] })
    if (begun.outcome !== 'begun') throw new Error(begun.reason)
    loseAnswer('session_replace')
    const rotated = await one.rotate(begun.token, 'break-glass')
    if (rotated.outcome !== 'active' || rotated.token === undefined) throw new Error(rotated.outcome)
    expect(await other.check(rotated.token)).toMatchObject({ outcome: 'active' })
    expect((await sessionStore(db).find(begun.session.sid))?.generation).toBe(2)
  })
})

describe('the same as in memory', () => {
  it('S2 whatever is assigned and revoked, for every question at every instant', async () => {
    const hours = fc.integer({ min: 0, max: 6 })
    const names = fc.constantFrom('u-1', 'u-2')
    const step = fc.oneof(
      fc.record({
        verb: fc.constant('assign' as const),
        id: fc.constantFrom('a', 'B', 'c', '9'),
        subject: names,
        role: fc.constantFrom('r', 'R'),
        from: hours,
        lasts: fc.option(fc.integer({ min: 1, max: 4 })),
      }),
      fc.record({ verb: fc.constant('revoke' as const), id: fc.constantFrom('a', 'B', 'c', '9'), ms: hours }),
      fc.record({ verb: fc.constant('revokeAll' as const), subject: names, ms: hours }),
    )
    const pg = roleStore(db)
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async (steps) => {
        const tenant = `run-${run++}`
        const memory = memoryRoleStore()
        const told = async (store: RoleStore) => {
          const out: unknown[] = []
          for (const each of steps) {
            if (each.verb === 'assign') {
              const { id, subject, role: name, from, lasts } = each
              const until = lasts === null ? null : at((from + lasts) * HOUR)
              out.push(await store.assign(role({ id, tenant, subject, role: name, from: at(from * HOUR), until })))
            } else if (each.verb === 'revoke') out.push(await store.revoke(tenant, each.id, revocation(each.ms * HOUR)))
            else out.push(await store.revokeAll(tenant, each.subject, revocation(each.ms * HOUR)))
          }
          for (const subject of ['u-1', 'u-2']) out.push(await store.history(tenant, subject))
          for (let hour = 0; hour <= 7; hour += long ? 0.5 : 2) {
            out.push(await store.of(tenant, 'u-1', at(hour * HOUR)), await store.holders(tenant, 'r', at(hour * HOUR)))
          }
          return out
        }
        expect(await told(pg)).toEqual(await told(memory))
      }),
      { numRuns: long ? 500 : 12 },
    )
  })

  it('S4 whatever is done with sessions, every verb and every record', async () => {
    const sids = ['a', 'b', 'c'].map((letter) => letter.repeat(32))
    const sid = fc.constantFrom(...sids)
    const ms = fc.integer({ min: 0, max: 5 })
    const step = fc.oneof(
      fc.record({ verb: fc.constant('insert' as const), sid, subject: fc.constantFrom('u-1', 'u-2'), until: ms }),
      fc.record({ verb: fc.constant('replace' as const), sid, version: fc.integer({ min: 0, max: 3 }), ms }),
      fc.record({ verb: fc.constant('touch' as const), sid, ms }),
      fc.record({ verb: fc.constant('end' as const), sid, ms }),
      fc.record({ verb: fc.constant('endSubject' as const), subject: fc.constantFrom('u-1', 'u-2'), ms }),
      fc.record({ verb: fc.constant('sweep' as const), ms }),
    )
    const pg = sessionStore(db)
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        await pg.sweep(8_640_000_000_000_000)
        const told = async (store: SessionStore) => {
          const out: unknown[] = []
          for (const each of steps) {
            const base = 'sid' in each ? session({ sid: each.sid }) : session()
            if (each.verb === 'insert')
              out.push(await store.insert({ ...base, subject: each.subject, until: START + each.until }))
            else if (each.verb === 'replace') {
              const next = { ...base, generation: each.version + 2, lastSeenAt: START + each.ms, rotatedAt: START + each.ms }
              out.push(await store.replace(next, each.version))
            } else if (each.verb === 'touch') out.push(await store.touch(each.sid, START + each.ms))
            else if (each.verb === 'end') out.push(await store.end(each.sid, START + each.ms, 'revoked'))
            else if (each.verb === 'endSubject') {
              out.push(await store.endSubject('clinic-a', each.subject, START + each.ms, 'revoked'))
            } else out.push(await store.sweep(START + each.ms))
          }
          for (const each of sids) out.push(await store.find(each))
          return out
        }
        expect(await told(pg)).toEqual(await told(memorySessionStore()))
      }),
      { numRuns: long ? 500 : 25 },
    )
  })
})

describe('from several pools at once', () => {
  it('S129 continuations of one directive and of many: no version is lost, and none is there twice', async () => {
    const pools = await Promise.all(Array.from({ length: 4 }, () => under.pool(4)))
    const stores: DirectiveStore[] = pools.map(directiveStore)
    let kept = 0
    const grow = async (store: DirectiveStore) => {
      for (let i = 0; i < 5; i++) {
        const [now] = await store.of('clinic-a', 'p-1')
        try {
          await store.append(contact((now?.history.length ?? 0) + 1))
          kept++
        } catch (error) {
          if (!isPhiError(error, 'PHI_RBAC_DIRECTIVE_STORE')) throw error
        }
      }
    }
    await Promise.all(stores.map(grow))
    const [now] = await directiveStore(db).of('clinic-a', 'p-1')
    const { rows } = await db.query<{ count: string }>('select count(*)::text as count from phi.directive_version', [])
    expect(now?.history.length).toBe(kept)
    expect(Number(rows[0]?.count)).toBe(kept)
  })

  it('S2 somebody leaves while others assign and revoke: nothing is in force that all were told has ended', async () => {
    const pools = await Promise.all(Array.from({ length: 4 }, () => under.pool(4)))
    const stores = pools.map(roleStore)
    const turn = (i: number) => stores[i % stores.length] as RoleStore
    const ids = Array.from({ length: 12 }, (_, i) => `a-${i}`)
    for (const [i, id] of ids.entries()) await turn(i).assign(role({ id, role: `r-${i}` }))
    const told = await Promise.all([
      ...ids.map((id, i) => turn(i).revoke('clinic-a', id, revocation((i % 3) * HOUR))),
      ...stores.map((store) => store.revokeAll('clinic-a', 'u-17', revocation(HOUR))),
    ])
    expect(told).not.toContain('missing')
    expect(await turn(0).of('clinic-a', 'u-17', at(HOUR))).toEqual([])
    for (const { revocations, role: name } of await turn(1).history('clinic-a', 'u-17')) {
      const earliest = Math.min(1, Number(name.slice(2)) % 3)
      expect(revocations.at(-1)?.at, name).toBe(at(earliest * HOUR))
    }
  })
})
