import assert from 'node:assert/strict'
import { literalRow } from '@phi/baa/telehealth'
import type { Answer, Chapter } from '@phi/example-platform'
import { expected, holds, PRACTICE, refused, send, type World } from '../world.ts'

const LINK = 'https://video.example/s/8f3kq'
const seen = <Value>(is: Value) => ({ is, asOf: '2026-11-01', reviewBy: '2027-05-01', evidence: 'screenshots, folder 12' })
const video = {
  ...{ platform: 'video', link: LINK, audio: seen(true), video: seen(true), media: seen('srtp-over-dtls') },
  ...{ consumerApp: seen(false), meetingLock: seen(true), automaticRecording: seen(false), escalationPath: seen(true) },
  waitingRoomByDefault: seen(true),
}
interface Report {
  readonly verdict: string
  readonly rows: readonly { readonly code: string; readonly holds: unknown; readonly why?: string }[]
}
interface Event {
  readonly accepted: boolean
  readonly session: { readonly is: string; readonly location?: { readonly state: string } }
  readonly refusals: readonly { readonly code: string }[]
  readonly decision?: {
    readonly result: string
    readonly privatePay: boolean
    readonly literal?: { readonly requirement: string }
  }
}

const platformOf = async ({ ann }: World, facts: object): Promise<Report> =>
  expected<Report>(await send(ann, '/telehealth/platform', facts, 'TREAT', 'PUT'))
async function fails(world: World, changed: object, row: string): Promise<string> {
  const { verdict, rows } = await platformOf(world, { ...video, ...changed })
  await platformOf(world, video)
  assert.equal(verdict, 'not-usable')
  // Failed, not merely unknown.
  assert.equal(rows.find(({ code }) => code === row)?.holds, false, row)
  return `${row} does not hold, so the platform is ${verdict}`
}

let count = 0
/** A session on 25 November at this hour, UTC. */
async function scheduled({ ann }: World): Promise<string> {
  const id = `v-${++count}`
  const hour = String(14 + count).padStart(2, '0')
  const plan = {
    profession: 'LCSW',
    place: 'telehealth',
    starts: `2026-11-23T${hour}:30:00.000Z`,
    ends: `2026-11-23T${hour}:55:00.000Z`,
  }
  expected(await send(ann, '/sessions', { id, patient: 'p-1', ...plan }), 201)
  return id
}
const places: Readonly<Record<string, readonly [zone: string, id: string]>> = {
  OH: ['America/New_York', 'home'],
  CA: ['America/Los_Angeles', 'sister'],
  TX: ['America/Chicago', 'work'],
  FL: ['America/New_York', 'holiday'],
}
let asked = 0
const answerOf = ({ platform }: World, state: string) => {
  const [timeZone, locationId] = places[state] ?? ['UTC', 'nowhere']
  asked++
  return { source: 'asked', state, timeZone, locationId, askedAt: new Date(platform.clock() - 60_000 + asked).toISOString() }
}
const confirm = (world: World, id: string, more: object, step = 'confirm'): Promise<Answer> =>
  send(world.ann, `/sessions/${id}/${step}`, more)
const event = async (world: World, state: string, more: object): Promise<Event> => {
  const id = await scheduled(world)
  return expected<Event>(await confirm(world, id, { location: answerOf(world, state), ...more }))
}

export const telehealth: Chapter<World> = {
  title: 'Monday, ten: sessions by video',
  steps: [
    {
      shows: ['S35', 'S67', 'S76'],
      what: 'Ann enters what is known of her platform: any that meets the rows can be used, and one without an agreement cannot',
      async act(world) {
        const unknown = await platformOf(world, { ...video, platform: 'somebody' })
        assert.notEqual(unknown.verdict, 'usable')
        const { verdict, rows } = await platformOf(world, video)
        assert.deepEqual([verdict, rows.filter(({ holds }) => holds !== true)], ['usable', []])
        return 'usable with the agreement, not without'
      },
    },
    {
      shows: ['S68'],
      what: 'A link without https is refused',
      act: (world) => fails(world, { link: 'http://video.example/s/1' }, 'https-link'),
    },
    {
      shows: ['S69', 'S46'],
      what: 'The waiting room is not on by default',
      act: (world) => fails(world, { waitingRoomByDefault: seen(false) }, 'waiting-room'),
    },
    {
      shows: ['S46'],
      what: 'The host cannot lock a meeting',
      act: (world) => fails(world, { meetingLock: seen(false) }, 'meeting-lock'),
    },
    {
      shows: ['S47'],
      what: 'Sessions are recorded automatically, and nobody has said why',
      act: (world) => fails(world, { automaticRecording: seen(true) }, 'no-automatic-recording'),
    },
    {
      shows: ['S17'],
      what: 'Sound and pictures are protected more weakly than by SRTP over DTLS',
      act: (world) => fails(world, { media: seen('weaker') }, 'media-encryption'),
    },
    {
      shows: ['S70'],
      what: 'A platform without pictures: not for everybody, and for a Medicare client at home who cannot use video',
      async act(world) {
        await fails(world, { video: seen(false), audioOnly: seen({ payer: 'other' }) }, 'audio-and-video')
        const basis = {
          payer: 'medicare',
          patientAtHome: true,
          practitionerCanUseVideo: true,
          reason: 'patient-cannot-use-video',
        }
        const { rows } = await platformOf(world, { ...video, video: seen(false), audioOnly: seen(basis) })
        assert.equal(rows.find(({ code }) => code === 'audio-and-video')?.holds, true)
        await platformOf(world, video)
        return 'refused, and accepted on the stated basis'
      },
    },
    {
      shows: ['S71'],
      what: 'An app for everybody is never accepted, whatever is entered about it',
      act: (world) => fails(world, { product: 'FaceTime' }, 'not-a-consumer-app'),
    },
    {
      shows: ['S49'],
      what: 'Nobody wrote down whom to call when somebody is in danger: not known, so not usable; that there is nobody fails',
      async act(world) {
        const { verdict, rows } = await platformOf(world, { ...video, escalationPath: undefined })
        await platformOf(world, video)
        assert.deepEqual([verdict, rows.find(({ code }) => code === 'escalation-path')?.holds], ['needs', 'unknown'])
        return `not entered: ${verdict}; ${await fails(world, { escalationPath: seen(false) }, 'escalation-path')}`
      },
    },
    {
      shows: ['S77', 'S69', 'S73'],
      what: 'Ann looks up where the waiting room and the link are on three platforms',
      async act({ ann }) {
        const steps: number[] = []
        for (const each of ['zoom', 'doxy', 'google-workspace'])
          for (const topic of ['waiting-room', 'session-link'])
            steps.push(
              expected<{ readonly steps: readonly string[] }>(await ann.ask(`/telehealth/instructions/${each}/${topic}`)).steps
                .length,
            )
        holds(steps.every((each) => each > 0))
        assert.equal((await ann.ask('/telehealth/instructions/unknown/waiting-room')).status, 404)
        return `${steps.length} lists of steps, and none for a platform that nobody described`
      },
    },
    {
      shows: ['S80'],
      what: 'Ann adds places from which the client joins to the list of virtual locations',
      async act({ ann }) {
        for (const [state, [timeZone, id]] of Object.entries(places))
          expected(await send(ann, '/telehealth/locations', { patient: 'p-1', id, state, timeZone }), 201)
        await refused(
          await send(ann, '/telehealth/locations', { patient: 'p-1', id: 'home', state: 'OH', timeZone: 'America/New_York' }),
          422,
          'not-readable',
        )
        return `${Object.keys(places).length} places; an id that is taken is refused`
      },
    },
    {
      shows: ['S72'],
      what: 'A session by video is put into the calendar with telehealth as its place, and with nothing else',
      async act(world) {
        const other = {
          id: 'v-0',
          patient: 'p-1',
          profession: 'LCSW',
          place: 'office',
          starts: '2026-11-23T15:00:00.000Z',
          ends: '2026-11-23T15:30:00.000Z',
        }
        await refused(await send(world.ann, '/sessions', other), 422, 'not-readable')
        return `${await scheduled(world)} is scheduled; an office is no place of a video session`
      },
    },
    {
      shows: ['S78', 'S81', 'S79'],
      what: 'In Ohio, where Ann is licensed and credentialed, the session is confirmed with the place that the client named today',
      async act(world) {
        const licence = (state: string, more: object = {}) => ({
          state,
          profession: 'LCSW',
          kind: 'full',
          status: 'active',
          expires: '2027-06-30',
          ...more,
        })
        const papers = {
          licences: [licence('OH'), licence('CA')],
          credentials: [{ state: 'OH', status: 'active', from: '2026-01-01' }],
        }
        expected(await send(world.ann, '/telehealth/papers', papers, 'TREAT', 'PUT'))
        const { accepted, session, decision } = await event(world, 'OH', { inNetwork: true })
        assert.deepEqual(
          [accepted, session.is, session.location?.state, decision?.result],
          [true, 'confirmed', 'OH', 'proceed'],
        )
        return 'proceed, and the place is recorded'
      },
    },
    {
      shows: ['S79'],
      what: 'A confirmation without a place, with yesterday’s answer, or with one that was carried over is refused',
      async act(world) {
        const id = await scheduled(world)
        const codes: (string | undefined)[] = []
        const today = answerOf(world, 'OH')
        for (const location of [
          undefined,
          { ...today, askedAt: '2026-11-22T15:00:00.000Z' },
          { ...today, source: 'carried-over' },
        ]) {
          const { accepted, refusals } = expected<Event>(
            await confirm(world, id, { ...(location && { location }), inNetwork: true }),
          )
          assert.equal(accepted, false)
          codes.push(refusals[0]?.code)
        }
        assert.deepEqual(codes, ['location-not-asked', 'asked-on-another-day', 'location-not-asked'])
        return codes.join(', ')
      },
    },
    {
      shows: ['S79', 'S78'],
      what: 'The client is elsewhere than was confirmed: it is decided anew, and the old place is gone',
      async act(world) {
        const id = await scheduled(world)
        expected(await confirm(world, id, { location: answerOf(world, 'OH'), inNetwork: true }))
        const { accepted, session } = expected<Event>(
          await confirm(world, id, { location: answerOf(world, 'TX'), inNetwork: true }, 'change'),
        )
        assert.deepEqual([accepted, session.is, session.location], [false, 'scheduled', undefined])
        return 'refused in Texas, and scheduled again without a place'
      },
    },
    {
      shows: ['S82'],
      what: 'In California Ann is licensed and not credentialed: get credentialed, or private pay for a client without insurance of the network',
      async act(world) {
        const insured = await event(world, 'CA', { inNetwork: true, pay: 'private' })
        assert.deepEqual([insured.accepted, insured.decision?.result], [false, 'get-credentialed'])
        const not = await event(world, 'CA', { inNetwork: false, pay: 'private' })
        assert.deepEqual([not.accepted, not.decision?.result], [true, 'get-credentialed-or-private-pay'])
        return 'insured: get credentialed; not insured: private pay is possible'
      },
    },
    {
      shows: ['S83', 'S85'],
      what: 'In Texas Ann has no licence, and the client is insured: refer',
      async act(world) {
        const { accepted, decision } = await event(world, 'TX', { inNetwork: true })
        assert.deepEqual([accepted, decision?.result, decision?.privatePay], [false, 'refer', false])
        return 'refer to somebody who is licensed there'
      },
    },
    {
      shows: ['S84', 'C5'],
      what: 'In Texas without a licence, for a client who pays: the source, read as laid out, would allow it. It is refused, with the reason',
      async act(world) {
        const { accepted, decision } = await event(world, 'TX', { inNetwork: false, pay: 'private' })
        assert.deepEqual([accepted, decision?.result, decision?.privatePay], [false, 'refer', false])
        assert.equal(decision?.literal?.requirement, 'S84')
        assert.equal(literalRow.result, 'refer-or-private-pay')
        return 'refer; the literal row is kept as data, and not in force'
      },
    },
    {
      shows: ['S84'],
      what: 'In Florida Ann is registered for telehealth: a client without insurance of the network may pay',
      async act(world) {
        const full = { profession: 'LCSW', status: 'active', expires: '2027-06-30' }
        const registration = { ...full, state: 'FL', kind: 'telehealth-registration', evidence: 'register, 3 November' }
        const papers = {
          licences: [{ ...full, state: 'OH', kind: 'full' }, { ...full, state: 'CA', kind: 'full' }, registration],
          credentials: [{ state: 'OH', status: 'active', from: '2026-01-01' }],
        }
        expected(await send(world.ann, '/telehealth/papers', papers, 'TREAT', 'PUT'))
        const { accepted, decision } = await event(world, 'FL', { inNetwork: false, pay: 'private' })
        assert.deepEqual([accepted, decision?.result], [true, 'refer-or-private-pay'])
        return 'allowed on the recorded exception'
      },
    },
    {
      shows: ['S73', 'S74', 'S75', 'C7'],
      what: 'The link goes to the appointments page and the portal’s calendar; the client’s own calendar is a vendor without an agreement',
      async act(world) {
        expected(await send(world.olga, '/vendors', { id: 'calendars', party: { id: 'calendars', kind: 'other' } }), 201)
        const channels = [
          'appointments-page',
          'portal-calendar',
          { channel: 'confirmation', to: PRACTICE },
          { channel: 'reminder', to: PRACTICE },
          { channel: 'external-calendar', to: 'calendars' },
        ]
        const routed = expected<{
          readonly channels: readonly {
            readonly channel: string
            readonly outcome: string
            readonly content?: { readonly instructions?: string }
          }[]
        }>(await send(world.ann, '/sessions/v-1/link', { channels, instructions: 'Please join from a quiet room.' }))
        const outcomes = Object.fromEntries(routed.channels.map(({ channel, outcome }) => [channel, outcome]))
        assert.equal(outcomes['appointments-page'], 'internal')
        assert.equal(outcomes['portal-calendar'], 'internal')
        holds(['internal', 'allow'].includes(outcomes.reminder ?? ''), `reminder ${outcomes.reminder}`)
        assert.equal(routed.channels[0]?.content?.instructions, 'Please join from a quiet room.')
        const external = routed.channels.find(({ channel }) => channel === 'external-calendar')
        assert.deepEqual([external?.outcome, external?.content], ['deny', undefined])
        return Object.entries(outcomes)
          .map(([channel, outcome]) => `${channel}: ${outcome}`)
          .join(', ')
      },
    },
    {
      shows: ['S54', 'C7'],
      what: 'The map of data flows finds the exported calendar before anybody uses it',
      async act({ olga }) {
        const map = {
          nodes: [
            { id: 'desk', kind: 'person', party: PRACTICE, holds: ['phi.schedule.appointment', 'phi.schedule.session-link'] },
            {
              id: 'video',
              kind: 'vendor',
              party: 'video',
              service: 'telehealth.video',
              requires: ['phi.schedule.session-link', 'phi.schedule.appointment'],
            },
            { id: 'calendar', kind: 'vendor', party: 'calendars', service: 'scheduling.calendar-export' },
          ],
          edges: [
            { from: 'desk', to: 'video', passes: 'all', use: 'treatment' },
            { from: 'desk', to: 'calendar', passes: 'all', use: 'treatment' },
          ],
        }
        const { exposures } = expected<{ readonly exposures: readonly { readonly node: string; readonly outcome: string }[] }>(
          await send(olga, '/flows', map),
        )
        assert.deepEqual([...new Set(exposures.map(({ node, outcome }) => `${node} ${outcome}`))], ['calendar deny'])
        return `${exposures.length} exposures, all at the calendar; the video vendor is covered`
      },
    },
  ],
}
