import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AnyRequest, mangled, NOW, policies, requestsFor, type Words } from '../../test/random-policy.ts'
import { type ReferenceDecision, referenceDecide } from '../../test/reference.ts'
import { type Policy, parsePolicy } from '../policy/parse.ts'
import type { Forbid, PolicyJson } from '../policy/policy.ts'
import type { Decision } from './decision.ts'
import type { TypeRequest } from './request.ts'
import { compile, type Rules } from './rules.ts'

const long = process.env.PHI_LONG === '1'
const clock = () => NOW
const hostile: Words = { throwing: true, fields: true }

const agreed = ({ outcome, reason, rule, fields, obligations, overridden }: Decision): ReferenceDecision => {
  return { outcome, reason, rule, fields, obligations, overridden }
}

/** The question about the type that a request about a record belongs to. */
function typeRequest(request: AnyRequest): TypeRequest {
  const { resource, fields: _, ...rest } = request as AnyRequest & { fields?: unknown }
  return { ...rest, type: resource.type } as TypeRequest
}

/** Policies with twelve requests each. */
function each(
  words: Words,
  count: number,
  check: (policy: Policy, requests: readonly AnyRequest[], rules: Rules) => void,
): void {
  const made = policies(words).chain((policy) =>
    fc.tuple(fc.constant(policy), fc.array(requestsFor(policy, words), { minLength: 12, maxLength: 12 })),
  )
  const property = fc.property(made, ([policy, requests]) => check(policy, requests, compile(policy, { clock })))
  fc.assert(property, { numRuns: long ? count * 100 : count, interruptAfterTimeLimit: 3_000_000 })
}

describe('decisions and a plain twin of them', () => {
  it('agree in outcome, reason, rule, fields, obligations and overrides; can and mayEver with both', {
    timeout: 3_600_000,
  }, () => {
    const seen = new Map<string, number>()
    const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
    each(hostile, 200, (policy, requests, rules) => {
      for (const request of requests) {
        const decision = rules.decide(request)
        expect(agreed(decision)).toEqual(referenceDecide(policy, request, NOW))
        // Asked again, from what was remembered.
        expect(rules.decide(request)).toEqual(decision)
        expect(rules.can(request)).toBe(decision.outcome === 'allow')
        if (decision.outcome !== 'deny') expect(rules.mayEver(typeRequest(request))).toBe(true)
        count(decision.reason)
        if (decision.overridden.length > 0) count('overridden')
      }
    })
    // The generator reaches every kind of answer often.
    for (const reason of ['permitted', 'forbidden', 'tenant', 'default', 'fields', 'overridden']) {
      expect(seen.get(reason) ?? 0, reason).toBeGreaterThan(20)
    }
  })

  it('agree about an overlay, which only narrows', { timeout: 3_600_000 }, () => {
    each(hostile, 40, (policy, requests) => {
      const isOverlay = (id: string) => Number(id.slice('rule-'.length)) % 2 === 0
      const overlay = policy.rules.filter((rule): rule is Forbid => rule.effect === 'forbid' && isOverlay(rule.id))
      const base = parsePolicy({ ...policy, rules: policy.rules.filter((rule) => !overlay.includes(rule as Forbid)) })
      const whole: PolicyJson = { ...base, rules: [...base.rules, ...overlay] }
      const rules = compile(base, { clock })
      const half = Math.ceil(overlay.length / 2)
      const narrowed = rules.with(overlay.slice(0, half)).with(overlay.slice(half))
      for (const request of requests) {
        const [before, after] = [rules.decide(request), narrowed.decide(request)]
        expect(agreed(after)).toEqual(referenceDecide(whole, request, NOW))
        expect(narrowed.can(request)).toBe(after.outcome === 'allow')
        if (after.outcome === 'allow') expect(before.outcome).not.toBe('deny')
        // Of one permit. A forbid that hides all that a free permit shows lets another decide, which asks for more and may show more.
        if (before.rule === after.rule) expect(before.fields).toEqual(expect.arrayContaining([...after.fields]))
        // Forbids only take away, so what was not allowed before is not allowed after.
        if (before.outcome === 'deny') expect(after.outcome).toBe('deny')
        if (after.outcome !== 'deny') expect(narrowed.mayEver(typeRequest(request))).toBe(true)
      }
    })
  })
})

describe('what is no request', () => {
  it('is denied, never thrown at, and can says so too', () => {
    const words: Words = { wrongTypes: false }
    const made = policies(words).chain((policy) => {
      const strange = requestsFor(policy, words).chain(mangled)
      return fc.tuple(fc.constant(policy), fc.array(strange, { minLength: 20, maxLength: 20 }))
    })
    fc.assert(
      fc.property(made, ([policy, requests]) => {
        const rules = compile(policy, { clock })
        for (const request of requests as AnyRequest[]) {
          const decision = rules.decide(request)
          expect(agreed(decision)).toEqual(referenceDecide(policy, request, NOW))
          expect(rules.can(request)).toBe(decision.outcome === 'allow')
          expect(typeof rules.mayEver(request as unknown as TypeRequest)).toBe('boolean')
        }
      }),
      { numRuns: long ? 5_000 : 30 },
    )
  })
})

/** A policy or a request whose constants and values carry a marker. Times, addresses, purposes and names stay as they are. */
function marked(value: unknown, keep: (key: string) => boolean, key = ''): unknown {
  if (keep(key)) return value
  if (typeof value === 'string') return /^\d{4}-|^[\d.]+(\/\d+)?$|:/.test(value) ? value : `MARK${value}`
  if (typeof value === 'number') return 77_007_700_000 + value
  if (Array.isArray(value)) return value.map((one) => marked(one, keep))
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, marked(one, keep, name)]))
}

function markedConstants(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(markedConstants)
  if (typeof value !== 'object' || value === null) return value
  const constant = (key: string) => key === 'value' || key === 'values'
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, constant(key) ? marked(one, () => false) : markedConstants(one)]),
  )
}

describe('decisions hold', () => {
  it('no value of the request and no constant of the policy, in any field', () => {
    const words: Words = { wrongTypes: false, fields: true }
    const kept = new Set([
      'roles',
      'action',
      'type',
      'purpose',
      'purposes',
      'kind',
      'resources',
      'actions',
      'at',
      'from',
      'until',
      'fields',
    ])
    let explained = 0
    each(words, 60, (policy, requests) => {
      const rules = compile(parsePolicy(markedConstants(policy)), { clock })
      const plain = compile(policy, { clock })
      for (const request of requests) {
        const decision = rules.decide(marked(request, (key) => kept.has(key)) as AnyRequest)
        // Both sides carry the marker, so the decision is the one without markers.
        expect(decision.reason).toBe(plain.decide(request).reason)
        explained += decision.because.length
        const text = JSON.stringify(decision)
        expect(text).not.toContain('MARK')
        expect(text).not.toContain('77007')
      }
    })
    expect(explained).toBeGreaterThan(50)
  })
})
