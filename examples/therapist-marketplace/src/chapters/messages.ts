import assert from 'node:assert/strict'
import type { Browser, Chapter } from '@phi/example-platform'
import { CLIENT, expected, holds, PRACTICE, read, refused, send, type World } from '../world.ts'

interface Routed {
  readonly outcome: string
  readonly channel?: string
  readonly content?: string
  readonly notice?: { readonly channel: string; readonly content: string } | null
  readonly reason?: string
  readonly retentionClass: string
  readonly escalation: { readonly parties: readonly { readonly party: string }[]; readonly withinMinutes: number } | null
}

const about = { tenant: PRACTICE, patient: CLIENT }
const by = ({ platform }: World, recordedBy: string, more: object) => {
  const at = new Date(platform.clock()).toISOString()
  return { at, recordedAt: at, recordedBy, ...more }
}
const directive = (who: Browser, json: object, purpose = 'PATADMIN') =>
  send(who, '/directives', { patient: CLIENT, directive: { ...about, ...json } }, purpose)
let count = 0
const out = async ({ ann }: World, kind: string, more: object = {}): Promise<Routed> =>
  expected<Routed>(
    await send(ann, '/outbox', {
      patient: CLIENT,
      id: `m-${++count}`,
      kind,
      body: 'How the breathing exercise went.',
      ...more,
    }),
    201,
  )

export const messages: Chapter<World> = {
  title: 'A month later: messages',
  steps: [
    {
      shows: ['S61', 'S44'],
      what: 'Nobody has verified who is behind the portal account: a message with details is held, and the client cannot open messages',
      async act(world) {
        const held = await out(world, 'session-follow-up')
        assert.deepEqual([held.outcome, held.reason], ['hold', 'portal-identity-not-verified'])
        assert.equal((await read(world.pat, '/inbox/m-1', 'PATRQT')).status, 403)
        return 'held; the inbox stays closed'
      },
    },
    {
      shows: ['S44'],
      what: 'The client says that the account is verified, and is not believed; the front desk looks at a document, and is',
      async act(world) {
        const { fay, pat } = world
        const contact = (who: string) => ({
          ...{ id: 'portal', kind: 'contact-point', channel: 'portal', address: 'account-7' },
          history: [by(world, who, { step: 'added' }), by(world, who, { step: 'verified', method: 'driving licence' })],
        })
        await refused(await directive(pat, contact('pat'), 'PATRQT'), 403, 'not-yours-to-verify')
        expected(await directive(fay, contact('fay')), 201)
        expected(await read(pat, '/inbox/m-1', 'PATRQT'))
        return 'refused from the client, taken from the desk; then the message opens'
      },
    },
    {
      shows: ['S44', 'S2'],
      what: 'A therapist of the same practice who does not treat the client cannot write to them',
      async act({ rex }) {
        const answer = await send(rex, '/outbox', { patient: CLIENT, id: 'm-x', kind: 'session-follow-up', body: 'Hello' })
        assert.equal(answer.status, 404)
        return 'not there, for Rex'
      },
    },
    {
      shows: ['S60'],
      what: 'The client wants reminders by e-mail, and gets them there without detail',
      async act(world) {
        const { fay, pat } = world
        const mail = { id: 'mail', kind: 'contact-point', channel: 'email', address: 'contact-9' }
        const history = [
          by(world, 'fay', { step: 'added' }),
          by(world, 'fay', { step: 'verified', method: 'link in a message' }),
        ]
        expected(await directive(fay, { ...mail, history }), 201)
        const wish = {
          id: 'wish',
          kind: 'channel-consent',
          contact: 'mail',
          content: 'minimal',
          messages: ['appointment-reminder'],
        }
        expected(
          await directive(pat, { ...wish, history: [by(world, 'pat', { step: 'given', how: 'electronic' })] }, 'PATRQT'),
          201,
        )
        const { channel, content } = await out(world, 'appointment-reminder')
        assert.deepEqual([channel, content], ['email', 'minimal'])
        return 'e-mail, minimal'
      },
    },
    {
      shows: ['S45', 'S61'],
      what: 'What was said in a session does not go by e-mail: it waits in the portal',
      async act(world) {
        const { outcome, channel } = await out(world, 'session-follow-up')
        assert.deepEqual([outcome, channel], ['send', 'portal'])
        return 'portal'
      },
    },
    {
      shows: ['S45'],
      what: 'After advice about the risks the client opts in, and details may go by e-mail; what is labelled stays in the portal',
      async act(world) {
        const { fay, platform } = world
        const at = new Date(platform.clock()).toISOString()
        const optIn = {
          ...{ id: 'opt-in', kind: 'channel-consent', contact: 'mail', content: 'detailed' },
          history: [by(world, 'fay', { step: 'given', how: 'written' })],
        }
        await refused(await directive(fay, optIn), 422, 'directive-not-valid')
        expected(await directive(fay, { ...optIn, advice: { version: '3', at, by: 'fay', how: 'oral' } }), 201)
        const detailed = await out(world, 'session-follow-up')
        assert.deepEqual([detailed.channel, detailed.content], ['email', 'detailed'])
        const labelled = await out(world, 'session-follow-up', { labels: ['hiv'] })
        assert.equal(labelled.channel, 'portal')
        return 'without advice no opt-in; with it e-mail, and the portal for what is labelled'
      },
    },
    {
      shows: ['S60', 'S45'],
      what: 'The client opts out of e-mail, and nothing more goes there',
      async act(world) {
        const stop = { id: 'stop', kind: 'channel-opt-out', channel: 'email' }
        const history = [by(world, 'pat', { step: 'given', how: 'unsubscribe-link' })]
        expected(await directive(world.pat, { ...stop, history }, 'PATRQT'), 201)
        const { channel, notice } = await out(world, 'session-follow-up')
        assert.equal(channel, 'portal')
        assert.notEqual(notice?.channel, 'email')
        return 'the portal again, at once'
      },
    },
    {
      shows: ['S49'],
      what: 'A message tells of danger: the clinician on call is told, whatever becomes of the message',
      async act(world) {
        const { escalation } = await out(world, 'session-follow-up', { safetyConcern: true })
        assert.deepEqual([escalation?.parties[0]?.party, escalation?.withinMinutes], ['clinician-on-call', 15])
        return 'clinician on call, within 15 minutes'
      },
    },
    {
      shows: ['S48', 'S65'],
      what: 'Every message has a class of retention, and a message of this year is kept for seven',
      async act(world) {
        assert.equal((await out(world, 'appointment-reminder')).retentionClass, 'messages')
        const { status, keepThrough } = expected<{ readonly status: string; readonly keepThrough: string }>(
          await send(world.olga, '/retention', { kind: 'messages', created: '2026-12-23' }),
        )
        assert.deepEqual([status, keepThrough], ['retain', '2033-12-23'])
        return `kept through ${keepThrough}`
      },
    },
    {
      shows: ['S33', 'S65'],
      what: 'Scheduling, billing, notes and messages each have a period with an end; a kind without a rule is unknown, and kept',
      async act({ olga }) {
        const assess = async (kind: string, created: string) =>
          expected<{ readonly status: string; readonly keepThrough?: string }>(
            await send(olga, '/retention', { kind, created }, 'HSYSADMIN'),
          )
        const said: string[] = []
        for (const [kind, years] of [
          ['scheduling', 7],
          ['billing', 10],
          ['notes', 7],
          ['messages', 7],
        ] as const) {
          const { status, keepThrough = '' } = await assess(kind, '2026-12-01')
          assert.equal(status, 'retain', kind)
          assert.equal(keepThrough, `${2026 + years}-12-01`, kind)
          assert.equal((await assess(kind, '2010-01-04')).status, 'needs-sign-off', kind)
          said.push(`${kind} through ${keepThrough}`)
        }
        assert.equal((await assess('voicemail', '2010-01-04')).status, 'unknown')
        return `${said.join(', ')}; what is of 2010 goes once somebody has signed the rule off; voicemail unknown`
      },
    },
    {
      shows: ['S59', 'S62'],
      what: 'The client reads which rights there are, and what goes to the insurer with a claim',
      async act({ pat, ann }) {
        const { rights } = expected<{ readonly rights: readonly string[] }>(await read(pat, '/rights', 'PATRQT'))
        holds(rights.some((each) => each.includes('amended')))
        const { shared, statements } = expected<{
          readonly shared: readonly unknown[]
          readonly statements: readonly { readonly says: string }[]
        }>(await read(pat, '/claims-sharing', 'PATRQT'))
        holds(statements.some(({ says }) => says.includes('minimum')))
        assert.notEqual((await read(ann, '/claims-sharing', 'PATRQT')).status, 200)
        return `${rights.length} rights; ${shared.length} classes of data go to the insurer`
      },
    },
  ],
}
