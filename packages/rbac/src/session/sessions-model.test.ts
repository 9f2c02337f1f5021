import fc from 'fast-check'
import { expect, it } from 'vitest'
import { identityAt, MINUTE, told, world } from '../../test/session-world.ts'
import { sessionProfiles } from './index.ts'

// One session and all tokens it ever had, against a plain twin: a few variables and the sentences of the README.

const profile = {
  ...sessionProfiles.thirtyMinutes,
  idleMs: 30 * MINUTE,
  absoluteMs: 100 * MINUTE,
  rotateMs: 40 * MINUTE,
  graceMs: 10_000,
  clockToleranceMs: 5_000,
}

type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'check' | 'rotate' | 'step-up' | 'logout'; readonly token: number }
  | { readonly do: 'revoke' }

const edge = (around: number) => fc.integer({ min: around - 1, max: around + 1 })
const wait = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 29 * MINUTE }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
  { weight: 2, arbitrary: fc.oneof(edge(profile.idleMs), edge(profile.graceMs), edge(profile.rotateMs / 3)) },
  { weight: 1, arbitrary: fc.oneof(fc.integer({ min: -20_000, max: 0 }), edge(-profile.clockToleranceMs)) },
)
// 0 is the newest token, 1 the one before.
const token = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.nat(4) },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: wait.map((ms) => ({ do: 'wait' as const, ms })) },
  { weight: 10, arbitrary: token.map((at) => ({ do: 'check' as const, token: at })) },
  { weight: 2, arbitrary: token.map((at) => ({ do: 'rotate' as const, token: at })) },
  { weight: 2, arbitrary: token.map((at) => ({ do: 'step-up' as const, token: at })) },
  { weight: 1, arbitrary: token.map((at) => ({ do: 'logout' as const, token: at })) },
  { weight: 1, arbitrary: fc.constant({ do: 'revoke' as const }) },
)

/** Somebody who works on and on, which is how a session reaches its absolute end; now and then something else. */
const working: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: MINUTE, max: 14 * MINUTE }).map((ms) => ({ do: 'wait' as const, ms })) },
  { weight: 10, arbitrary: fc.constant({ do: 'check' as const, token: 0 }) },
  { weight: 1, arbitrary: fc.constantFrom('rotate' as const, 'step-up' as const).map((verb) => ({ do: verb, token: 0 })) },
)
const run = fc.oneof(
  fc.array(step, { minLength: 1, maxLength: 60 }),
  fc.tuple(fc.array(working, { minLength: 40, maxLength: 80 }), fc.array(step, { maxLength: 10 })).map((parts) => parts.flat()),
)

/** The twin: what the rules say, with nothing of tokens, stores or signatures. Tokens are their place in a list. */
class Twin {
  over = false
  lastSeen: number
  rotated: number
  authTime: number
  tokens = 1
  readonly start: number
  constructor(start: number) {
    this.start = start
    this.lastSeen = start
    this.rotated = start
    this.authTime = start - 1000
  }

  use(place: number, now: number, change?: { authTime?: number }): string {
    const end = this.start + profile.absoluteMs
    // The token itself is past its time, before anybody looks at the session.
    if (now >= end) return 'absolute'
    if (this.over) return 'ended'
    const finish = (why: string) => {
      this.over = true
      return why
    }
    if (Math.max(now, this.lastSeen) >= end) return finish('absolute')
    if (this.lastSeen - now > profile.clockToleranceMs) return finish('clock')
    if (now - this.lastSeen >= profile.idleMs) return finish('idle')
    const at = Math.max(now, this.lastSeen)
    if (place < this.tokens - 1) {
      const inGrace = place === this.tokens - 2 && at - this.rotated < profile.graceMs
      if (!inGrace) return finish('replayed')
      if (change) return 'superseded'
      this.lastSeen = at
      return 'active'
    }
    if (change?.authTime !== undefined) {
      if (change.authTime <= this.authTime) return 'identity'
      this.authTime = change.authTime
    }
    this.lastSeen = at
    if (!change && at - this.rotated < profile.rotateMs) return 'active'
    this.rotated = at
    this.tokens++
    return 'active+'
  }
}

const long = process.env.PHI_LONG === '1'

it('S4 S110 S111 S143: no run of waiting, use, rotation, copies and endings keeps alive what a plain twin calls over', async () => {
  const reached = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(run, async (steps) => {
      const { clock, sessions, begun, store } = await world({ profile })
      const { token: first, session } = await begun()
      const tokens = [first]
      const twin = new Twin(clock())
      for (const each of steps) {
        if (each.do === 'wait') {
          clock.advance(each.ms)
          continue
        }
        if (each.do === 'revoke') {
          expect(await sessions.revoke({ sid: session.sid })).toBe(twin.over ? 0 : 1)
          twin.over = true
          continue
        }
        const place = Math.max(0, tokens.length - 1 - each.token)
        const used = tokens[place]
        const now = clock()
        if (each.do === 'logout') {
          expect((await sessions.logout(used)).outcome).toBe('logged-off')
          twin.over = true
          continue
        }
        const authTime = now - 1000
        const verdict =
          each.do === 'check'
            ? await sessions.check(used)
            : each.do === 'rotate'
              ? await sessions.rotate(used, 'break-glass')
              : await sessions.stepUp(used, identityAt(now))
        const expected = twin.use(place, now, each.do === 'check' ? undefined : each.do === 'rotate' ? {} : { authTime })
        reached.set(expected, (reached.get(expected) ?? 0) + 1)
        expect(told(verdict), JSON.stringify(each)).toBe(expected)
        if (verdict.outcome === 'active') {
          if (verdict.token !== undefined) tokens.push(verdict.token)
          // Never promised for longer than the rules give.
          expect(verdict.session.idleUntil - Math.max(now, twin.lastSeen)).toBeLessThanOrEqual(profile.idleMs)
          expect(verdict.session.until).toBe(twin.start + profile.absoluteMs)
        }
        if (twin.over) expect((await store.find(session.sid))?.ended).not.toBeNull()
      }
      // Whatever came before: past the lifetime no token of the session is good for anything.
      clock.set(twin.start + profile.absoluteMs)
      for (const each of tokens) expect((await sessions.check(each)).outcome).toBe('refused')
    }),
    long ? { numRuns: 5_000 } : { numRuns: 40, seed: 20_260_301 },
  )
  // A run that never reaches a rule shows nothing about it.
  expect([...reached.keys()].toSorted()).toEqual(
    ['absolute', 'active', 'active+', 'clock', 'ended', 'identity', 'idle', 'replayed', 'superseded'].toSorted(),
  )
})
