import type { Label } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { channelFor } from './channel-for.ts'
import type { Channel } from './contact-point.ts'
import { type Directive, parseDirective } from './directive.ts'
import type { Message, RoutingDecision } from './message.ts'
import { defineMessageRouting, type MessageRoutingConfig } from './message-routing.ts'

const day = (n: number): string => new Date(Date.UTC(2026, 0, n)).toISOString()
const rec = (n: number) => ({ at: day(n), recordedAt: day(n), recordedBy: 'desk' })
const whose = { tenant: 'clinic', patient: 'p1' }

const config = {
  kinds: {
    reminder: { content: 'minimal', retentionClass: 'messages-short' },
    result: { content: 'detailed', retentionClass: 'messages-clinical' },
  },
  escalation: { parties: [{ party: 'on-call', channel: 'page', address: 'rota-1' }], withinMinutes: 15 },
} as const satisfies MessageRoutingConfig
const routing = defineMessageRouting(config)

const contact = (id: string, channel: Channel, steps: readonly object[] = []): Directive =>
  parseDirective({
    kind: 'contact-point',
    id,
    ...whose,
    channel,
    address: `address-of-${id}`,
    history: [{ step: 'added', ...rec(1) }, { step: 'verified', method: 'code', ...rec(1) }, ...steps],
  })
const unverified = (id: string, channel: Channel): Directive =>
  parseDirective({ ...contact(id, channel), history: [{ step: 'added', ...rec(1) }] })
const consent = (id: string, to: string, content: 'minimal' | 'detailed', more: object = {}, n = 5): Directive =>
  parseDirective({
    kind: 'channel-consent',
    id,
    ...whose,
    contact: to,
    content,
    ...(content === 'detailed' ? { advice: { version: 'risk-2', at: day(4), by: 'desk', how: 'oral' } } : {}),
    history: [{ step: 'given', how: 'written', ...rec(n) }],
    ...more,
  })
const optOut = (id: string, channel: string, n: number, more: object = {}): Directive =>
  parseDirective({
    kind: 'channel-opt-out',
    id,
    ...whose,
    channel,
    history: [{ step: 'given', how: 'stop-keyword', ...rec(n) }],
    ...more,
  })
const request = (
  id: string,
  channel: Channel,
  to: string | undefined,
  steps: readonly string[] = ['accommodated'],
  more: object = {},
) =>
  parseDirective({
    kind: 'confidential-communication',
    id,
    ...whose,
    entity: 'provider',
    channel,
    ...(to === undefined ? {} : { contact: to }),
    paymentHandling: 'not-asked',
    history: [
      { step: 'requested', how: 'oral', ...rec(2) },
      ...steps.map((step) => ({ step, ...rec(3), ...(step === 'withdrawn' ? { how: 'oral' } : {}) })),
    ],
    ...more,
  })
const message = (more: Partial<Message> = {}): Message => ({
  ...whose,
  kind: 'result',
  labels: [],
  safetyConcern: false,
  at: day(20),
  ...more,
})
const portal = contact('portal', 'portal')
const email = contact('mail', 'email')
const sms = contact('cell', 'sms')

const short = (each: RoutingDecision): string =>
  each.outcome === 'hold'
    ? `hold: ${each.reason}`
    : `${each.channel}, ${each.content}${each.notice === null ? '' : ` + link by ${each.notice.channel}`}`
const route = (directives: readonly unknown[], more: Partial<Message> = {}) =>
  short(channelFor(directives as Directive[], message(more), routing))

it('S44 S45 S60 S61 S130: the whole decision table', async () => {
  const asked: Record<string, Directive[]> = {
    nothing: [],
    unanswered: [request('cc', 'post', 'box', [])],
    'the post': [request('cc', 'post', 'box')],
    'a call': [request('cc', 'phone', 'line')],
    'e-mail': [request('cc', 'email', 'mail')],
    'the portal': [request('cc', 'portal', 'portal')],
  }
  const consents: Record<string, Directive[]> = {
    none: [],
    'reminders by e-mail': [consent('c', 'mail', 'minimal')],
    'details by e-mail': [consent('c', 'mail', 'detailed')],
    'details by e-mail, HIV named': [consent('c', 'mail', 'detailed', { labels: ['hiv'] })],
    'details, then opted out': [consent('c', 'mail', 'detailed', { labels: ['hiv'] }), optOut('o', 'email', 6)],
  }
  const messages: Record<string, Partial<Message>> = {
    reminder: { kind: 'reminder' },
    'reminder, HIV': { kind: 'reminder', labels: ['hiv'] },
    result: {},
    'result, HIV': { labels: ['hiv'] },
  }
  const lines: string[] = []
  for (const [way, requests] of Object.entries(asked)) {
    for (const [wish, given] of Object.entries(consents)) {
      lines.push('', `asked for: ${way}; consent: ${wish}`)
      for (const [name, about] of Object.entries(messages)) {
        const others = [email, contact('box', 'post'), contact('line', 'phone'), ...requests, ...given]
        const [withPortal, without] = [route([...others, portal], about), route(others, about)]
        lines.push(`  ${name.padEnd(14)}| portal: ${withPortal.padEnd(48)}| no portal: ${without}`)
      }
    }
  }
  await expect(`${lines.join('\n').trimStart()}\n`).toMatchFileSnapshot('./__snapshots__/channel-for.txt')
})

describe('S45: details by e-mail or text message', () => {
  it('need an opt-in after advice; the record is refused without the advice, or with advice that came later', async () => {
    expect(route([portal, email, consent('c', 'mail', 'detailed')])).toBe('email, detailed')
    const advice = { version: 'risk-2', at: day(6), by: 'desk', how: 'oral' }
    expect((await refusal(() => consent('c', 'mail', 'detailed', { advice }))).path).toBe('directive.advice.at')
    expect((await refusal(() => consent('c', 'mail', 'detailed', { advice: undefined }))).path).toBe('directive.advice')
  })
  it('go by post as well, where the consent says details, and sensitive ones where it names them', () => {
    const box = contact('box', 'post')
    expect(route([portal, box, consent('c', 'box', 'minimal')])).toBe('portal, detailed')
    expect(route([portal, box, consent('c', 'box', 'detailed')])).toBe('post, detailed')
    expect(route([portal, box, consent('c', 'box', 'detailed')], { labels: ['hiv'] })).toBe('portal, detailed')
  })
  it('say where they rest', () => {
    expect(channelFor([portal, email, consent('c', 'mail', 'detailed')], message(), routing)).toEqual({
      outcome: 'send',
      channel: 'email',
      address: 'address-of-mail',
      content: 'detailed',
      notice: null,
      because: [{ reason: 'advised-opt-in', directive: 'c' }],
      citations: ['45 CFR 164.524(c)(2)', '45 CFR 164.530(c)'],
      retentionClass: 'messages-clinical',
      escalation: null,
    })
  })
  it('count for one address, from their day, for the kinds they name', () => {
    expect(route([portal, email, sms, consent('c', 'cell', 'detailed')])).toBe('sms, detailed')
    expect(route([portal, email, consent('c', 'other', 'detailed')])).toBe('portal, detailed')
    expect(route([portal, email, consent('c', 'mail', 'detailed')], { at: day(4) })).toBe('portal, detailed')
    expect(route([portal, email, consent('c', 'mail', 'detailed', { messages: ['reminder'] })])).toBe('portal, detailed')
  })
  it('end with the address: unverified, retired, replaced', () => {
    const given = consent('c', 'mail', 'detailed')
    expect(route([portal, unverified('mail', 'email'), given])).toBe('portal, detailed')
    expect(route([portal, contact('mail', 'email', [{ step: 'retired', ...rec(9) }]), given])).toBe('portal, detailed')
    expect(route([portal, contact('mail2', 'email'), given])).toBe('portal, detailed')
  })
  it('need a consent that names every sensitive label', () => {
    const given = consent('c', 'mail', 'detailed', { labels: ['hiv', 'state:CA'] })
    expect(route([portal, email, given], { labels: ['hiv', 'state:CA'] })).toBe('email, detailed')
    expect(route([portal, email, given], { labels: ['hiv', 'part2'] })).toBe('portal, detailed + link by email')
  })
})

describe('S60: opting in and out of reminders', () => {
  const given = [portal, email, sms, consent('m', 'mail', 'minimal'), consent('s', 'cell', 'minimal', {}, 6)]
  const reminder = { kind: 'reminder' }
  it('uses the latest preference, and STOP leaves the other', () => {
    expect(route(given, reminder)).toBe('sms, minimal')
    expect(route([...given, optOut('o', 'sms', 8)], reminder)).toBe('email, minimal')
    expect(route([...given, optOut('o', 'sms', 8), optOut('q', 'email', 8)], reminder)).toBe('portal, minimal')
  })
  it('an opt-out counts at once, also at the same instant or from a clock that runs ahead', () => {
    for (const n of [6, 8, 25]) expect(route([...given, optOut('o', 'sms', n)], reminder)).toBe('email, minimal')
  })
  it('a consent after the opt-out counts again', () => {
    expect(route([...given, optOut('o', 'sms', 8), consent('s2', 'cell', 'minimal', {}, 9)], reminder)).toBe('sms, minimal')
  })
  it('an opt-out of one address leaves another of the channel', () => {
    const two = [...given, contact('cell2', 'sms'), consent('s2', 'cell2', 'minimal', {}, 4)]
    expect(route([...two, optOut('o', 'sms', 8, { contact: 'cell' })], reminder)).toBe('email, minimal')
    expect(route([...two, optOut('o', 'email', 8), optOut('p', 'sms', 8, { contact: 'cell' })], reminder)).toBe('sms, minimal')
  })
  it('an opt-out follows the address, not the id, and an address that nobody knows stops the channel', () => {
    const again = parseDirective({ ...contact('again', 'sms'), address: 'address-of-cell' })
    const both = [portal, sms, again, consent('s', 'again', 'minimal')]
    expect(route(both, reminder)).toBe('sms, minimal')
    expect(route([...both, optOut('o', 'sms', 8, { contact: 'cell' })], reminder)).toBe('portal, minimal')
    expect(route([...both, optOut('o', 'sms', 8, { contact: 'gone' })], reminder)).toBe('portal, minimal')
    expect(route([...both, optOut('o', 'email', 8, { contact: 'gone' })], reminder)).toBe('sms, minimal')
    // A record that names a channel and an address of another one: the address counts.
    expect(route([...both, optOut('o', 'email', 8, { contact: 'cell' })], reminder)).toBe('portal, minimal')
  })
  it('a consent that was withdrawn is gone, whatever time the withdrawal bears', () => {
    const history = [
      { step: 'given', how: 'oral', ...rec(5) },
      { step: 'withdrawn', how: 'oral', ...rec(30) },
    ]
    expect(route([portal, email, consent('m', 'mail', 'minimal', { history })], reminder)).toBe('portal, minimal')
  })
})

describe('S130: confidential communications', () => {
  const box = contact('box', 'post')
  it('decide alone, for the kinds they name before those for everything', () => {
    const named = request('cc2', 'sms', 'cell', ['accommodated'], { messages: ['reminder'] })
    const all = [portal, email, sms, box, consent('c', 'mail', 'detailed'), request('cc', 'post', 'box'), named]
    expect(route(all)).toBe('post, detailed')
    expect(route(all, { kind: 'reminder' })).toBe('sms, minimal')
  })
  it('that contradict each other hold the message', () => {
    expect(route([portal, box, email, request('a', 'post', 'box'), request('b', 'email', 'mail')])).toBe(
      'hold: contradictory-directives',
    )
    expect(route([portal, box, request('a', 'post', 'box'), request('b', 'post', 'box')])).toBe('post, detailed')
  })
  it('to an address that is unknown, unverified, retired or of another channel hold the message', () => {
    const asked = request('a', 'post', 'box')
    const held = 'hold: address-not-verified'
    expect(route([portal, asked])).toBe(held)
    expect(route([portal, asked, unverified('box', 'post')])).toBe(held)
    expect(route([portal, asked, contact('box', 'post', [{ step: 'retired', ...rec(9) }])])).toBe(held)
    expect(route([portal, asked, contact('box', 'email')])).toBe(held)
  })
  it('and a later opt-out of the same address contradict each other', () => {
    expect(route([portal, sms, request('a', 'sms', 'cell'), optOut('o', 'sms', 8)], { kind: 'reminder' })).toBe(
      'hold: contradictory-directives',
    )
    expect(route([portal, sms, request('a', 'sms', 'cell'), optOut('o', 'sms', 1)], { kind: 'reminder' })).toBe('sms, minimal')
  })
  it('that were declined or withdrawn decide nothing', () => {
    const history = [
      { step: 'requested', how: 'oral', ...rec(2) },
      { step: 'declined', ground: 'not-reasonable', ...rec(3) },
    ]
    expect(route([portal, box, request('a', 'post', 'box', [], { history })])).toBe('portal, detailed')
    expect(route([portal, box, request('a', 'post', 'box', ['accommodated', 'withdrawn'])])).toBe('portal, detailed')
  })
})

describe('S44: the portal', () => {
  it('is used only for an account whose identity was verified by then', () => {
    const held = 'hold: portal-identity-not-verified'
    expect(route([])).toBe(held)
    expect(route([unverified('portal', 'portal')])).toBe(held)
    expect(route([portal], { at: '2025-12-31T00:00:00.000Z' })).toBe(held)
    const two = [portal, contact('portal2', 'portal')]
    expect(route(two)).toBe('hold: contradictory-directives')
    // A consent is for addresses; one for an account does not choose between two.
    expect(route([...two, consent('c', 'portal', 'detailed')])).toBe('hold: contradictory-directives')
  })
})

describe('nothing is guessed', () => {
  it('a kind that the routing does not know', () => {
    expect(route([portal], { kind: 'newsletter' })).toBe('hold: unknown-kind')
    expect(route([portal], { kind: 'constructor' })).toBe('hold: unknown-kind')
  })
  it.each([
    null,
    7,
    {},
    [],
    'x',
    { ...message(), labels: ['rumour'] },
    { ...message(), at: 'soon' },
    { ...message(), extra: 1 },
  ])('a message that is none: %j', (value) => {
    expect(short(channelFor([portal], value as never, routing))).toBe('hold: message-unreadable')
  })
  it.each([null, 'x', [null], [{ kind: 'channel-consent' }], [portal, portal], [{ ...portal, patient: '' }]])(
    'directives that are none: %j',
    (value) => {
      expect(short(channelFor(value as never, message(), routing))).toBe('hold: directives-unreadable')
    },
  )
  it('directives of other patients and tenants are not looked at', () => {
    const other = [portal, email, consent('c', 'mail', 'detailed')].map((each) => parseDirective({ ...each, patient: 'p2' }))
    const foreign = [portal, email, consent('c', 'mail', 'detailed')].map((each) =>
      parseDirective({ ...each, tenant: 'other' }),
    )
    expect(route(other)).toBe('hold: portal-identity-not-verified')
    expect(route(foreign)).toBe('hold: portal-identity-not-verified')
    expect(route([portal, ...foreign])).toBe('portal, detailed')
  })
})

describe('S49: a safety concern', () => {
  const told = {
    parties: [{ party: 'on-call', channel: 'page', address: 'rota-1' }],
    withinMinutes: 15,
    content: 'minimal',
    citations: ['45 CFR 164.512(j)(1)(i)'],
  }
  const escalation = (directives: unknown, more: object = {}) =>
    channelFor(directives as Directive[], { ...message({ safetyConcern: true }), ...more } as Message, routing).escalation
  it('is told beside the message, whatever happens to it', () => {
    const outs = (['email', 'sms', 'phone', 'post'] as const).map((each, n) => optOut(`o${n}`, each, 6))
    expect(channelFor([portal, ...outs], message({ safetyConcern: true }), routing)).toMatchObject({
      outcome: 'send',
      channel: 'portal',
      escalation: told,
    })
    expect(escalation([])).toEqual(told)
    expect(escalation([], { kind: 'newsletter' })).toEqual(told)
    expect(escalation('unreadable')).toEqual(told)
    expect(escalation([portal], { labels: ['rumour'] })).toEqual(told)
  })
  it('is assumed of a message that cannot be read and does not say that there is none', () => {
    expect(escalation([], { safetyConcern: 'yes' })).toEqual(told)
    expect(escalation([], { safetyConcern: undefined })).toEqual(told)
    expect(escalation([], { safetyConcern: false, at: 'soon' })).toBeNull()
    expect(channelFor([], null as never, routing).escalation).toEqual(told)
    const trap = Object.defineProperty({}, 'safetyConcern', {
      enumerable: true,
      get: () => {
        throw new Error('no')
      },
    })
    expect(channelFor([], trap as never, routing).escalation).toEqual(told)
  })
  it('is not told where there is none', () => expect(channelFor([portal], message(), routing).escalation).toBeNull())
})

describe('S48 S49: a routing is complete, or there is none', () => {
  const { escalation, kinds } = config
  it.each<[string, unknown, string]>([
    ['no escalation', { kinds }, 'routing.escalation'],
    ['nobody to escalate to', { kinds, escalation: { ...escalation, parties: [] } }, 'routing.escalation.parties'],
    ['no time to answer', { kinds, escalation: { parties: escalation.parties } }, 'routing.escalation.withinMinutes'],
    ['no retention class', { escalation, kinds: { reminder: { content: 'minimal' } } }, 'routing.kinds.*.retentionClass'],
    ['no kinds', { escalation, kinds: {} }, 'routing.kinds'],
    ['a kind with an odd name', { escalation, kinds: { 'Jane Roe': kinds.reminder } }, 'routing.kinds.*'],
    ['another key', { ...config, optOutOfEscalation: true }, 'routing'],
  ])('%s', async (_, value, path) => {
    const error = await refusal(() => defineMessageRouting(value as MessageRoutingConfig))
    expect(error).toMatchObject({ code: 'PHI_RBAC_MESSAGE_ROUTING', path })
    expect(error.message).not.toContain('Jane')
  })
  it('a routing that nobody checked is not used', async () => {
    expect((await refusal(() => channelFor([], message(), config as never))).code).toBe('PHI_RBAC_MESSAGE_ROUTING')
  })
  it('the retention class of the kind is part of the answer, also when a message is held', () => {
    expect(channelFor([portal], message({ kind: 'reminder' }), routing).retentionClass).toBe('messages-short')
    expect(channelFor([], message(), routing).retentionClass).toBe('messages-clinical')
  })
})

describe('for random directives', () => {
  const ids = { portal: 'portal', mail: 'email', cell: 'sms', line: 'phone', box: 'post' } as const
  const id = fc.constantFrom(...(Object.keys(ids) as (keyof typeof ids)[]))
  const n = fc.integer({ min: 2, max: 25 })
  const labels = fc.subarray<Label>(['hiv', 'part2'])
  const name = fc.uuid()
  const directive = fc.oneof(
    fc
      .tuple(name, id, fc.constantFrom<'minimal' | 'detailed'>('minimal', 'detailed'), labels, fc.integer({ min: 5, max: 25 }))
      .map(([key, to, content, list, day]) =>
        consent(key, to, content, content === 'detailed' && list.length > 0 ? { labels: list } : {}, day),
      ),
    fc
      .tuple(
        name,
        id.filter((each) => each !== 'portal'),
        n,
        fc.boolean(),
      )
      .map(([key, to, day, whole]) => optOut(key, ids[to], day, whole ? {} : { contact: to })),
    fc
      .tuple(name, id, fc.constantFrom([], ['accommodated'], ['accommodated', 'withdrawn']))
      .map(([key, to, steps]) => request(key, ids[to], to, steps)),
  )
  const contacts = fc
    .subarray(Object.entries(ids))
    .chain((list) =>
      fc.tuple(
        ...list.map(([key, channel]) => fc.boolean().map((ok) => (ok ? contact(key, channel) : unverified(key, channel)))),
      ),
    )

  it('S44 S45 S61 S130: no message goes further than the patient let it', () => {
    fc.assert(
      fc.property(
        contacts,
        fc.array(directive, { maxLength: 5 }),
        fc.constantFrom('reminder', 'result'),
        labels,
        (points, more, kind, list) => {
          const all = [...points, ...more] as Directive[]
          const now = Date.parse(day(20))
          const decision = channelFor(all, message({ kind, labels: list }), routing)
          const asked = all.filter(
            (each) => each.kind === 'confidential-communication' && each.history.at(-1)?.step === 'accommodated',
          )
          if (all.some((each) => each.kind === 'confidential-communication' && each.history.length === 1))
            expect(decision.outcome).toBe('hold')
          if (decision.outcome === 'hold') return
          const point = points.find((each) => (each as { address?: string }).address === decision.address) as Directive
          expect(point.history.some(({ step }) => step === 'verified')).toBe(true)
          const live = (content: string) =>
            all.some((each) => {
              if (
                each.kind !== 'channel-consent' ||
                each.contact !== point.id ||
                (content === 'detailed' && each.content !== 'detailed')
              )
                return false
              const given = Date.parse((each.history[0] as { at: string }).at)
              const stopped = all.some(
                (out) =>
                  out.kind === 'channel-opt-out' &&
                  out.channel === decision.channel &&
                  (out.contact === undefined ||
                    out.contact === point.id ||
                    !points.some((known) => known.id === out.contact)) &&
                  Date.parse(out.history[0].at) >= given,
              )
              return given <= now && !stopped && list.every((label) => each.labels?.includes(label))
            })
          const isOpen = ['email', 'sms', 'phone'].includes(decision.channel)
          if (isOpen && decision.content === 'detailed') expect(live('detailed')).toBe(true)
          if (isOpen && list.length > 0) expect(live('detailed')).toBe(true)
          if (asked.length === 0 && decision.channel !== 'portal') expect(live(decision.content)).toBe(true)
          if (asked.length > 0) {
            const wanted = asked.map((each) => (each as { channel: Channel }).channel)
            expect(wanted).toContain(decision.notice === null ? decision.channel : decision.notice.channel)
          }
          if (decision.notice !== null) expect([decision.channel, decision.notice.content]).toEqual(['portal', 'link-only'])
        },
      ),
      { numRuns: process.env.PHI_LONG === '1' ? 20_000 : 500 },
    )
  }, 600_000)
  it('S49: anything at all is answered, and a concern is never lost', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (directives, value) => {
        const decision = channelFor(directives as never, value as never, routing)
        expect([decision.outcome, decision.escalation === null]).toEqual([
          'hold',
          (value as { safetyConcern?: unknown } | null)?.safetyConcern === false,
        ])
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 20_000 : 400 },
    )
  }, 600_000)
})
