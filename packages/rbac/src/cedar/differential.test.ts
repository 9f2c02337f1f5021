import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import { describe, expect, it } from 'vitest'
import { type AnyRequest, cases, NOW, type Words } from '../../test/random-policy.ts'
import { compile } from '../decision/rules.ts'
import { type Policy, parsePolicy } from '../policy/parse.ts'
import { type CedarOptions, cedarRequest, toCedar } from './index.ts'

const long = process.env.PHI_LONG === '1'
const clock = () => NOW
/** What Cedar can be told. Overrides may leave obligations, which `omit` keeps closed. */
const words: Words = { wrongTypes: false, views: false, fieldForbids: false, fractions: false, fields: true }

interface Answer {
  readonly allowed: boolean
  readonly errors: number
}

/** Cedar with a policy loaded. `strict` also has it check the request and the entities against our schema. */
function cedarWith(policy: Policy, options: CedarOptions, strict: boolean): (request: AnyRequest) => Answer {
  const { policies, schema } = toCedar(policy, options)
  expect(cedar.preparsePolicySet('policy', { staticPolicies: policies })).toEqual({ type: 'success' })
  if (strict) {
    const call = { schema, policies: { staticPolicies: policies }, validationSettings: { mode: 'strict' as const } }
    expect(cedar.validate(call)).toMatchObject({ type: 'success', validationErrors: [] })
    expect(cedar.preparseSchema('schema', schema)).toEqual({ type: 'success' })
  }
  return (request) => {
    const call = {
      ...cedarRequest(policy, request, { clock }),
      preparsedPolicySetId: 'policy',
      ...(strict ? { preparsedSchemaName: 'schema', validateRequest: true } : {}),
    }
    const answer = cedar.statefulIsAuthorized(call as unknown as cedar.StatefulAuthorizationCall)
    if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '))
    const { decision, diagnostics } = answer.response
    return { allowed: decision === 'allow', errors: diagnostics.errors.length }
  }
}

describe('Cedar, given the export', () => {
  it('allows exactly what can allows, over random policies with several rules, and never fails to evaluate one', {
    timeout: 3_600_000,
  }, () => {
    let asked = 0
    let allowed = 0
    let number = 0
    for (const { policy, requests } of cases({ seed: 21, policies: long ? 20_000 : 70, requests: 15, words })) {
      const strict = number++ % 10 === 0
      const ask = cedarWith(policy, { obligations: 'omit' }, strict)
      const rules = compile(policy, { clock })
      for (const request of requests) {
        const answer = ask(request)
        const wanted: Answer = { allowed: rules.can(request), errors: 0 }
        // The message holds the whole policy: to write it for each case that is right takes longer than to ask Cedar.
        const isRight = answer.allowed === wanted.allowed && answer.errors === 0
        expect(answer, isRight ? undefined : JSON.stringify([policy, request])).toEqual(wanted)
        asked++
        if (answer.allowed) allowed++
      }
    }
    expect(asked).toBeGreaterThan(1_000)
    expect(allowed).toBeGreaterThan(asked / 12)
  })

  it('with views and hidden fields kept closed, allows what the narrower policy allows and nothing that can denies', {
    timeout: 3_600_000,
  }, () => {
    const wider: Words = { ...words, views: true, fieldForbids: true, fields: false }
    let asked = 0
    let allowed = 0
    for (const { policy, requests } of cases({ seed: 22, policies: long ? 5_000 : 18, requests: 12, words: wider })) {
      const ask = cedarWith(policy, { obligations: 'omit', views: 'omit', fieldForbids: 'deny' }, false)
      const rules = compile(policy, { clock })
      const closed = policy.rules
        .filter((rule) => rule.effect === 'forbid' || rule.view === undefined)
        .map((rule) => ({ ...rule, ...(rule.effect === 'forbid' ? { fields: undefined } : {}) }))
      const narrower = compile(parsePolicy({ ...policy, rules: closed }), { clock })
      for (const request of requests) {
        const answer = ask(request)
        expect(answer).toEqual({ allowed: narrower.can(request), errors: 0 })
        if (answer.allowed) expect(rules.can(request)).toBe(true)
        asked++
        if (answer.allowed) allowed++
      }
    }
    expect(allowed).toBeGreaterThan(asked / 20)
  })
})
