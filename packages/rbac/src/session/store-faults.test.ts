import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { asTherapist, HOUR, identityAt, MINUTE, newToken, START, told, world } from '../../test/session-world.ts'
import { memorySessionStore, type SessionStore, sessionProfiles } from './index.ts'

const secret = 'row of patient-4711'
type Verb = keyof SessionStore
type Fault = 'none' | 'throws' | 'rejects' | 'wrote-but-threw' | { readonly answers: unknown }

/** A memory store of which single verbs can be made to fail, for so many calls. */
function faulty() {
  const inner = memorySessionStore()
  const faults = new Map<Verb, { fault: Fault; times: number }>()
  const calls: Verb[] = []
  const wrapped = Object.fromEntries(
    (Object.keys(inner) as Verb[]).map((verb) => {
      const real = inner[verb] as (...args: unknown[]) => Promise<unknown>
      const call = (...args: unknown[]): Promise<unknown> => {
        calls.push(verb)
        const set = faults.get(verb)
        if (set === undefined || set.times-- <= 0 || set.fault === 'none') return real(...args)
        if (set.fault === 'throws') throw new Error(secret)
        if (set.fault === 'rejects') return Promise.reject(new Error(secret))
        if (set.fault === 'wrote-but-threw') return real(...args).then(() => Promise.reject(new Error(secret)))
        return Promise.resolve(set.fault.answers)
      }
      return [verb, call]
    }),
  ) as unknown as SessionStore
  const fail = (verb: Verb, fault: Fault, times = Number.POSITIVE_INFINITY) => faults.set(verb, { fault, times })
  return { store: wrapped, inner, fail, heal: () => faults.clear(), calls }
}

async function broken() {
  const parts = faulty()
  return { ...parts, ...(await world({ store: parts.store })) }
}

const failures: Fault[] = ['throws', 'rejects', 'wrote-but-threw']
const nonsense: unknown[] = [undefined, null, true, {}, [], '', 'ok', 'OK', 1, Number.NaN]

describe('S4: a store that fails lets nobody in', () => {
  it('begin: no session, and no token, when the record may not be there', async () => {
    for (const fault of [...failures, ...nonsense.map((answers) => ({ answers }))]) {
      const { sessions, fail } = await broken()
      fail('insert', fault)
      expect(await sessions.begin(identityAt(START), asTherapist)).toEqual({ outcome: 'refused', reason: 'store' })
    }
  })

  it('check: when the record cannot be read, or is none', async () => {
    for (const fault of failures) {
      const { sessions, begun, fail, heal } = await broken()
      const { token, session } = await begun()
      fail('find', fault)
      expect(await sessions.check(token)).toEqual({ outcome: 'refused', reason: 'store', sid: session.sid })
      heal()
      expect(told(await sessions.check(token))).toBe('active')
    }
    const { sessions, begun, fail, inner } = await broken()
    const { token, session } = await begun()
    const other = (await begun()).session
    const record = await inner.find(session.sid)
    const wrong: unknown[] = [
      null,
      {},
      'record',
      await inner.find(other.sid),
      { ...record, sid: 'x' },
      { ...record, until: Number.POSITIVE_INFINITY },
      { ...record, until: `${record?.until}` },
      { ...record, lastSeenAt: Number.NaN },
      { ...record, ended: undefined },
      { ...record, roles: 'administrator' },
      { ...record, roles: ['therapist', 7] },
      { ...record, auth: { ...record?.auth, mfa: true } },
      { ...record, admin: true },
      { ...record, generation: '1' },
      Object.defineProperty({ ...record }, 'roles', {
        enumerable: true,
        get: () => {
          throw new Error(secret)
        },
      }),
    ]
    for (const answers of wrong) {
      fail('find', { answers })
      expect(await sessions.check(token)).toEqual({ outcome: 'refused', reason: 'store', sid: session.sid })
    }
  })

  it('check: when the activity cannot be noted, or was noted and the answer was lost', async () => {
    for (const fault of [...failures, ...nonsense.map((answers) => ({ answers }))]) {
      const { sessions, begun, fail } = await broken()
      const { token } = await begun()
      fail('touch', fault)
      expect(told(await sessions.check(token))).toBe('store')
    }
  })

  it('check: a session that is ended while the check is under way is refused', async () => {
    const { sessions, begun, fail } = await broken()
    const { token } = await begun()
    fail('touch', { answers: 'ended' })
    expect(told(await sessions.check(token))).toBe('ended')
    fail('touch', { answers: 'missing' })
    expect(told(await sessions.check(token))).toBe('unknown')
  })

  it('rotation: nothing is given out when the replacement did not happen, and the old token stays good', async () => {
    for (const fault of ['throws', 'rejects'] as const) {
      const { sessions, begun, fail, heal, inner } = await broken()
      const { token, session } = await begun()
      fail('replace', fault)
      expect(told(await sessions.rotate(token, 'break-glass'))).toBe('store')
      expect(await inner.find(session.sid)).toMatchObject({ generation: 1, version: 0 })
      heal()
      newToken(await sessions.rotate(token, 'break-glass'))
    }
  })

  it('rotation: a replacement that was written and whose answer was lost is found, and its token is good', async () => {
    const { sessions, begun, fail, heal } = await broken()
    const { token } = await begun()
    fail('replace', 'wrote-but-threw')
    const second = newToken(await sessions.rotate(token, 'break-glass'))
    heal()
    expect(told(await sessions.check(second))).toBe('active')
  })

  it('rotation: when it cannot be found out either, the client logs in again and nobody else gets in', async () => {
    const { clock, sessions, begun, fail, heal, store } = await broken()
    const { token, session } = await begun()
    fail('replace', 'wrote-but-threw', 1)
    const find = store.find
    let reads = 0
    Object.assign(store, { find: (sid: string) => (++reads === 2 ? Promise.reject(new Error(secret)) : find(sid)) })
    expect(told(await sessions.rotate(token, 'break-glass'))).toBe('store')
    heal()
    expect(told(await sessions.check(token))).toBe('active')
    clock.advance(MINUTE)
    expect(told(await sessions.check(token))).toBe('replayed')
    expect(await store.find(session.sid)).toMatchObject({ ended: { because: 'replayed' } })
  })

  it('rotation: a store that says "conflict" for ever is no endless loop', async () => {
    const { sessions, begun, fail, calls } = await broken()
    const { token } = await begun()
    fail('replace', { answers: 'conflict' })
    expect(told(await sessions.rotate(token, 'break-glass'))).toBe('store')
    expect(calls.filter((verb) => verb === 'replace')).toHaveLength(5)
  })

  it('an ending that cannot be written is refused all the same, says so, and is found again', async () => {
    const { clock, sessions, begun, fail, heal } = await broken()
    const { token: first } = await begun()
    const second = newToken(await sessions.rotate(first, 'break-glass'))
    clock.advance(MINUTE)
    fail('end', 'rejects')
    expect(await sessions.check(first)).toMatchObject({ reason: 'replayed', familyEnded: false })
    heal()
    expect(await sessions.check(first)).toMatchObject({ reason: 'replayed', familyEnded: true })
    expect(told(await sessions.check(second))).toBe('ended')
  })

  it('logging off and revoking say that they may not have happened, without repeating the store', async () => {
    for (const fault of [...failures, { answers: undefined }, { answers: 'ok' }, { answers: -1 }, { answers: Number.NaN }]) {
      const { sessions, begun, fail } = await broken()
      const { token, session } = await begun()
      fail('end', fault)
      fail('endSubject', fault)
      expect(await sessions.logout(token)).toEqual({
        ...{ outcome: 'refused', reason: 'store', sid: session.sid },
        of: { tenant: 'clinic-a', subject: 'u-17', roles: ['therapist'] },
      })
      for (const target of [{ sid: session.sid }, { tenant: 'clinic-a', subject: 'u-17' }]) {
        const error = await refusal(sessions.revoke(target))
        expect([error.code, error.retryable, error.cause]).toEqual(['PHI_RBAC_SESSION_STORE', true, undefined])
        expect(error.message).not.toContain('4711')
      }
    }
  })

  it('a store that is slow ends nobody: other requests go on meanwhile, and time passes', async () => {
    const { clock, sessions, begun, store } = await broken()
    const { token } = await begun()
    let release: () => void = () => undefined
    const find = store.find
    const held = new Promise<void>((done) => {
      release = done
    })
    let first = true
    Object.assign(store, {
      find: async (sid: string) => {
        if (first) {
          first = false
          await held
        }
        return find(sid)
      },
    })
    const slow = sessions.check(token)
    await new Promise((done) => setTimeout(done, 20))
    clock.advance(20 * MINUTE)
    expect(told(await sessions.check(token))).toBe('active')
    release()
    expect(told(await slow)).toBe('active')
  })

  it('a store that was set back to before a rotation gives the old token nothing: the session ends', async () => {
    const profile = { ...sessionProfiles.thirtyMinutes, idleMs: 20 * HOUR }
    const { clock, sessions, begun, options } = await world({ profile })
    const { token: first, session } = await begun()
    const backup = await options.store.find(session.sid)
    const second = newToken(await sessions.rotate(first, 'break-glass'))
    clock.advance(HOUR)
    if (backup === undefined) throw new Error('must be there')
    await options.store.sweep(Number.MAX_SAFE_INTEGER)
    await options.store.insert(backup)
    expect(told(await sessions.check(second))).toBe('mismatch')
    expect(told(await sessions.check(first))).toBe('ended')
  })
})
