import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { complete } from '../../../test/complete.ts'
import { parseAgreement, registry } from '../../index.ts'
import { inspectLink, overlappingLinks } from './link.ts'
import { type LinkChannel, type LinkRequest, linkChannels, routeSessionLink } from './route.ts'

const codes = (link: string, hints = {}) => inspectLink(link, hints).findings.map(({ code }) => code)

describe('a link to a session', () => {
  it.each([
    ['https://video.example/s/8f3kq2', []],
    ['https://video.example:8443/join/abc?lang=en', []],
    ['http://video.example/s/8f3kq2', ['not-https']],
    ['HTTPS://video.example/s/8f3kq2', []],
    ['ftp://video.example/', ['not-https']],
    ['javascript://video.example/%0aalert(1)', ['not-https']],
    ['javascript:alert(1)', ['not-an-address']],
    ['video.example/s/1', ['not-an-address']],
    ['https:video.example', ['not-an-address']],
    ['https:\\\\video.example', ['not-an-address']],
    ['https://', ['not-an-address']],
    [' https://video.example', ['not-an-address']],
    ['https://video.example/\u202e', ['not-an-address']],
    ['https://video.example/a\nb', ['not-an-address']],
    [`https://video.example/${'a'.repeat(3000)}`, ['not-an-address']],
    ['', ['not-an-address']],
    ['https://user:secret@video.example/', ['credentials']],
    ['https://user@video.example/', ['credentials']],
    ['https://video.example/?access_token=x', ['host-secret']],
    ['https://video.example/#access_token=x', ['host-secret']],
    ['https://video.example/#/join?zak=x', ['host-secret']],
    ['https://us02web.zoom.us/s/81234567890?zak=x', ['host-secret']],
    ['https://us02web.zoom.us/s/81234567890', ['host-secret']],
    ['https://us02web.zoom.us/j/81234567890?pwd=x', ['passcode']],
    ['https://us02web.zoom.us/j/8123456789', ['personal-room']],
    ['https://us02web.zoom.us/j/81234567890', []],
    ['https://zoom.us/my/practice', ['personal-room']],
    ['https://doxy.me/practice', ['personal-room']],
    ['https://notdoxy.me/practice', []],
    ['https://meet.google.com/abc-defg-hij', []],
    ['https://video.example/?patient_name=x', ['names-a-person']],
    ['https://video.example/?uname=x', ['names-a-person']],
    ['https://video.example/?dob=x', ['names-a-person']],
    ['https://video.example/?u=ann%40mail.example', ['identifier-like']],
    ['https://video.example/?u=ann%2540mail.example', ['identifier-like']],
    ['https://video.example/212-555-0100', ['identifier-like']],
    ['https://video.example/1980-02-29', ['identifier-like']],
    ['https://video.example/123-45-6789', ['identifier-like']],
    ['https://video.example/%E0%A4%A', []],
  ])('S68 S69 S73 finds what is wrong with %j', (link, expected) => {
    expect(codes(link)).toEqual(expected)
    const { usable, findings, https } = inspectLink(link)
    expect(usable).toBe(findings.every(({ severity }) => severity === 'warn'))
    if (usable) expect(https).toBe(true)
  })

  it('S73 refuses a link that holds the name of the client, however it is written', () => {
    for (const link of [
      'maria-garcia',
      'Mar%C3%ADa%20Garc%C3%ADa',
      'MARIA_GARCIA',
      'x?u=mariagarcia',
      '#maria+garcia',
      'maria%2Dgarcia',
      'x?u=maria%252Dgarcia',
    ]) {
      expect(codes(`https://video.example/${link}`, { names: ['María García'] }), link).toContain('client-name')
    }
    expect(codes('https://video.example/8f3kq', { names: ['María García', 'Li'] })).toEqual([])
  })

  it('S69 prefers a link for each session, and knows the two that share one and meet', () => {
    expect(codes('https://video.example/x', { room: 'personal' })).toEqual(['personal-room'])
    expect(inspectLink('https://video.example/x', { room: 'per-session' }).room).toBe('per-session')
    // What the address says goes before what somebody says of it.
    expect(inspectLink('https://doxy.me/practice', { room: 'per-session' }).room).toBe('personal')
    const at = (id: string, from: string, to: string, link = 'a') => ({
      id,
      link,
      starts: `2026-11-21T${from}:00.000Z`,
      ends: `2026-11-21T${to}:00.000Z`,
    })
    const day = [
      at('2', '10:45', '11:30'),
      at('1', '10:00', '10:50'),
      at('3', '11:30', '12:00'),
      at('4', '10:10', '12:00', 'b'),
    ]
    expect(overlappingLinks(day)).toEqual([['1', '2']])
    expect(overlappingLinks(day, 1)).toEqual([
      ['1', '2'],
      ['2', '3'],
    ])
    expect(overlappingLinks([])).toEqual([])
    const unread = { ...at('5', '10:00', '10:30'), starts: '2026-11-21' }
    expect(() => overlappingLinks([...day, unread])).toThrow(/must begin and end at instants/)
  })

  it('S68 reads any text, and calls nothing usable that is not https', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.webUrl({ withFragments: true, withQueryParameters: true }), fc.string({ unit: 'binary' })),
        (link) => {
          const report = inspectLink(link, { names: ['Zedekiah'] })
          if (report.usable) expect(new URL(link).protocol).toBe('https:')
          expect(JSON.stringify(report)).not.toContain('Zedekiah')
        },
      ),
      { numRuns: 150 },
    )
  })
})

const agreementWith = (to: string, services: readonly unknown[], more: object = {}) =>
  parseAgreement({
    ...complete,
    id: `practice-${to}`,
    to: { id: to, kind: 'business-associate' },
    services,
    ai: undefined,
    signatures: [
      { party: 'practice', at: '2026-01-02T15:00:00.000Z' },
      { party: to, at: '2026-01-03T09:30:00.000Z' },
    ],
    ...more,
  })
const model = registry(
  [
    agreementWith('sms', ['scheduling.reminders']),
    agreementWith('calendar', ['scheduling.calendar-export']),
    agreementWith('mail', ['scheduling']),
  ],
  {
    parties: [{ id: 'free-calendar', kind: 'other' }],
    complete: ['sms', 'calendar', 'mail'],
  },
)
const request: LinkRequest = {
  link: 'https://video.example/s/8f3kq',
  instructions: 'Find a quiet room.',
  channels: ['appointments-page'],
  model,
  from: 'practice',
  at: '2026-11-21T10:00:00.000Z',
}
const route = (channels: LinkRequest['channels'], more: Partial<LinkRequest> = {}) =>
  routeSessionLink({ ...request, ...more, channels }).channels

describe('where a link goes', () => {
  it('S73 S74 S75 keeps pages of the portal inside, with the instructions where clients read them', () => {
    const content = { title: 'Appointment', link: request.link }
    expect(route(['appointments-page', 'portal-calendar'])).toMatchObject([
      { outcome: 'internal', decision: 'internal', content: { ...content, instructions: 'Find a quiet room.' } },
      { outcome: 'internal', decision: 'internal', content },
    ])
    expect(route(['portal-calendar'])[0]?.content).toEqual(content)
    expect(route([{ channel: 'reminder', to: 'practice' }])[0]?.outcome).toBe('internal')
  })

  it('S74 asks for the vendors of reminders and confirmations', () => {
    const [sms, wrong, unnamed, mail] = route([
      { channel: 'reminder', to: 'sms' },
      { channel: 'confirmation', to: 'sms' },
      'reminder',
      { channel: 'confirmation', to: 'mail' },
    ])
    expect(sms).toMatchObject({
      outcome: 'allow',
      decision: { outcome: 'allow', agreement: 'practice-sms' },
      content: { instructions: 'Find a quiet room.' },
    })
    expect(wrong).toMatchObject({ outcome: 'deny' })
    expect(wrong).not.toHaveProperty('content')
    expect(unnamed).toMatchObject({ outcome: 'needs', decision: 'carrier-not-named' })
    expect(unnamed).not.toHaveProperty('content')
    expect(mail).toMatchObject({ outcome: 'allow' })
  })

  it('S75 C7 takes the vendor of an external calendar for a recipient: without an agreement nothing goes there', () => {
    const [covered, free, unknown, unnamed] = route([
      { channel: 'external-calendar', to: 'calendar' },
      { channel: 'external-calendar', to: 'free-calendar' },
      { channel: 'external-calendar', to: 'stranger' },
      'external-calendar',
    ])
    expect(covered).toMatchObject({ outcome: 'allow', content: { title: 'Appointment', link: request.link } })
    expect(covered?.content).not.toHaveProperty('instructions')
    expect(free).toMatchObject({
      outcome: 'deny',
      decision: { reasons: [{ code: 'no-agreement' }] },
      requirements: ['S75', 'C7'],
    })
    expect(unknown).toMatchObject({ decision: { outcome: unknown?.outcome } })
    for (const each of [free, unknown, unnamed]) {
      expect(each?.outcome).not.toBe('allow')
      expect(each).not.toHaveProperty('content')
      expect(each?.remedy).not.toBe('')
    }
    // One class that is not permitted is enough.
    const narrow = registry([agreementWith('calendar', ['scheduling'], { permits: ['phi.schedule.session-link'] })], {
      complete: ['calendar'],
    })
    expect(route([{ channel: 'external-calendar', to: 'calendar' }], { model: narrow })[0]?.outcome).toBe('deny')
  })

  it('S73 sends a link that is refused, or instructions with the name of the client, nowhere', () => {
    const all = Object.keys(linkChannels) as LinkChannel[]
    for (const each of route(all, { link: 'http://video.example/' })) {
      expect(each).toMatchObject({ outcome: 'deny', decision: 'link-refused' })
      expect(each).not.toHaveProperty('content')
    }
    const named = route(['appointments-page', 'portal-calendar'], {
      instructions: 'Dear Ana Ruíz, sit down.',
      names: ['Ana Ruiz'],
    })
    expect(named).toMatchObject([{ outcome: 'deny', decision: 'instructions-refused' }, { outcome: 'internal' }])
    expect(route(['appointments-page'], { instructions: 'Read the manual.', names: ['Ann', 'Ed'] })[0]?.outcome).toBe(
      'internal',
    )
  })

  it('S74 refuses what it cannot read, without repeating it', async () => {
    const bad = [
      null,
      { ...request, channels: [] },
      { ...request, channels: ['zedland'] },
      { ...request, channels: ['constructor'] },
      { ...request, channels: [{ channel: 'reminder', to: 'zed land' }] },
      { ...request, link: 5 },
      { ...request, at: 'zedland' },
      { ...request, use: 'zedland' },
      { ...request, zed: 'zedland' },
    ]
    for (const each of bad) {
      const error = await refusal(() => routeSessionLink(each as never))
      expect(error.code).toBe('PHI_BAA_LINK')
      expect(error.message).not.toContain('zedland')
    }
    expect((await refusal(() => routeSessionLink({ ...request, model: {} as never }))).code).toBe('PHI_BAA_REGISTRY')
  })
})
