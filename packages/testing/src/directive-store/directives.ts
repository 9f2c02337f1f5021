import { type CanonicalValue, canonicalJson, toHex } from '@phi/core'
import { type Directive, type DirectiveStore, parseDirective } from '@phi/rbac/directives'
import { check, equal, fail, refused, succeeds } from '../suite/assert.ts'
import { freshBytes } from '../suite/bytes.ts'

const at = (minute: number): string => new Date(Date.UTC(2026, 2, 29, 0, 59, 59, 999) + minute * 60_000).toISOString()

export const freshTenant = (): string => `suite-${toHex(freshBytes(5))}`
const freshId = (): string => `d-${toHex(freshBytes(8))}`

/** A directive whose history can go on for long: a contact point that is verified again and again. */
export function freshContact(more: { readonly [Name in 'id' | 'tenant' | 'patient' | 'address']?: string } = {}): Directive {
  return parseDirective({
    kind: 'contact-point',
    id: freshId(),
    tenant: freshTenant(),
    patient: `p-${toHex(freshBytes(5))}`,
    channel: 'email',
    address: 'contact-7',
    ...more,
    history: [{ step: 'added', at: at(0), recordedAt: at(0), recordedBy: 'u-1' }],
  })
}

/** The same with one step more. @param method tells it from another continuation of the same version */
export function verified(directive: Directive, method = 'code'): Directive {
  const when = at(directive.history.length)
  const step = { step: 'verified', at: when, method, recordedAt: when, recordedBy: 'u-2' }
  return parseDirective({ ...directive, history: [...directive.history, step] })
}

/** One of every kind, with what is optional in it, and texts that a database may trip over. */
export function oneOfEachKind(tenant: string, patient: string): readonly Directive[] {
  const recorded = { recordedAt: at(1), recordedBy: `O'Hara "\\ %_ Zoe\u0308 \u{1f512}`, document: 'scan-1', notice: '2026-02' }
  const self = (id: string) => ({ id, tenant, patient })
  const written = {
    information: { text: 'notes from 2025; "all"', notes: 'none', types: ['Note'] },
    disclosers: 'the clinic',
    recipients: { text: 'Dr. Ü', ids: ['r-1'], kinds: ['provider'] },
    purpose: { text: 'at my request', codes: ['TREAT'] },
    expires: { by: 'date', until: '9999-12-31T23:59:59.999Z' },
    signature: { at: at(0), by: 'representative', authority: 'court order 7' },
    history: [
      { step: 'recorded', at: at(1), ...recorded },
      { step: 'revoked', at: at(2), how: 'written', ...recorded },
    ],
  }
  return [
    {
      kind: 'restriction',
      ...self('1e3'),
      selfPay: false,
      scope: { fields: { Note: ['body', 'null'] }, recipients: ["d'e", '{"f"}'] },
      history: [
        { step: 'requested', at: at(0), how: 'oral', ...recorded },
        { step: 'agreed', at: at(1), until: at(600_000), ...recorded },
        { step: 'terminated', ground: 'notice-by-entity', at: at(9), ...recorded },
      ],
    },
    {
      kind: 'confidential-communication',
      ...self('007'),
      entity: 'health-plan',
      endangermentStated: true,
      messages: ['appointment-reminder'],
      channel: 'post',
      contact: 'c-1',
      paymentHandling: 'not-asked',
      history: [{ step: 'requested', at: at(0), how: 'written', ...recorded }],
    },
    {
      kind: 'contact-point',
      ...self('c-1'),
      channel: 'phone',
      address: '+1 202 555 0100; "home"',
      history: [
        { step: 'added', at: at(0), ...recorded },
        { step: 'verified', at: at(1), method: 'called back', ...recorded },
        { step: 'retired', at: at(1), ...recorded },
      ],
    },
    {
      kind: 'channel-consent',
      ...self('C-1'),
      contact: 'c-1',
      content: 'detailed',
      advice: { version: '3', at: at(0), by: 'u-3', how: 'electronic' },
      history: [{ step: 'given', at: at(1), how: 'electronic', ...recorded }],
    },
    {
      kind: 'channel-opt-out',
      ...self('c.1'),
      channel: 'sms',
      history: [{ step: 'given', at: at(1), how: 'stop-keyword', ...recorded }],
    },
    { kind: 'authorization', ...self('c_1'), ...written, plainLanguage: false, marketing: 'payment-stated' },
    { kind: 'consent', ...self(`${'z'.repeat(46)}-9`), ...written, singleTpo: false, namesPatient: true },
  ].map(parseDirective)
}

const textOf = (value: unknown, what: string): string => {
  try {
    return canonicalJson(value as CanonicalValue)
  } catch {
    return fail(`${what} must be plain data, as it was stored`)
  }
}

export const append = (store: DirectiveStore, directive: Directive) => succeeds(() => store.append(directive), 'append')

/** What the store has of a patient must be these, in this order. */
export async function holds(
  store: DirectiveStore,
  tenant: string,
  patient: string,
  expected: readonly Directive[],
  when: string,
): Promise<void> {
  const actual = await succeeds(() => store.of(tenant, patient), 'of')
  check(Array.isArray(actual), `of ${when} must answer with an array`)
  // Ids and lengths first: they tell more than texts that differ.
  const shape = (list: readonly Directive[]) => list.map(({ id, history }) => `${id} of ${history?.length} steps`).join(', ')
  equal(shape(actual), shape(expected), `of ${when}: which directives, in which order`)
  for (const [i, directive] of expected.entries()) {
    const same = textOf(actual[i], `of ${when}: what is answered`) === textOf(directive, 'what was expected')
    check(same, `of ${when}: the directive of kind ${directive.kind} came back with other content than was appended`)
  }
}

/** Holds what the store has of the patient of one directive against just this one. */
export const holdsOnly = (store: DirectiveStore, directive: Directive, when: string): Promise<void> =>
  holds(store, directive.tenant, directive.patient, [directive], when)

/** The append must be refused, since it continues nothing. */
export const refusedAppend = (store: DirectiveStore, directive: Directive, what: string) =>
  refused(
    () => store.append(directive),
    ['PHI_RBAC_DIRECTIVE_STORE'],
    `append of ${what}`,
    'Compare with `continues` of @phi/rbac/directives, under a lock or a unique key.',
  )
