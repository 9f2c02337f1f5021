import assert from 'node:assert/strict'
import { findings, type Profile } from '@phi/deadlines/contract'
import { type Chapter, statedNotice } from '@phi/example-platform'
import { fresh, got, HOUR, sent, type World } from '../world.ts'

const SYS = { purpose: 'HSYSADMIN' }
const ID = 'inc-1'
const at = (path = '') => `/incidents/${ID}${path}`

interface Standing {
  readonly state: string
  readonly accepted?: boolean
  readonly refused?: string
  readonly missing?: readonly string[]
  readonly deadlines: readonly {
    readonly rule: string
    readonly status: string
    readonly dueInstant?: string
    readonly planFor?: string
  }[]
}
interface Alert {
  readonly detector: string
  readonly actor?: string
  readonly from: string
  readonly until: string
  readonly containment: readonly { readonly step: string }[]
}

const clockOf = (standing: Standing, rule: string) => {
  const found = standing.deadlines.find((each) => each.rule === rule)
  assert.ok(found, `a clock ${rule} among ${standing.deadlines.map((each) => each.rule).join(', ')}`)
  return found
}

const profileOf = ({ profile }: World, statements = profile.statements): Profile =>
  ({ id: profile.id, title: profile.title, asOf: profile.documents[0]?.asOf, statements }) as unknown as Profile

/** What a notice to a covered entity has to hold, all of it. */
const whole = [
  'identification',
  'what-happened',
  'date-of-breach',
  'date-of-discovery',
  'types-of-phi',
  'steps',
  'investigating',
  'mitigating',
  'protecting',
  'contact',
]

export const incidentChapter: Chapter<World> = {
  title: 'Autumn: an incident',
  steps: [
    {
      shows: ['S132'],
      what: 'Ben breaks the glass without need, and then tries one door after another; the monitoring tells of him',
      async act({ people: { ben, sam }, memory }) {
        await fresh(ben, sam)
        await sent(ben, '/break-glass', { patient: 'p-1', reason: 'Curious' }, { status: 201 })
        await got(ben, '/notes/n-1', 200, 'BTG')
        await got(ben, '/plans/t-1', 200, 'BTG')
        for (let i = 0; i < 16; i++) await got(ben, '/notes/n-1', 404)
        const facts = {
          timeZone: 'America/New_York',
          roles: [{ role: 'therapist', reach: 'related' }],
          relations: [{ kind: 'treatment', actor: 'ann', patient: 'p-1' }],
        }
        const { alerts } = await sent<{ alerts: readonly Alert[] }>(sam, '/incidents/detection', facts, SYS)
        const his = alerts.filter(({ actor }) => actor === 'ben')
        for (const detector of ['break-glass', 'denials'])
          assert.ok(
            his.some((each) => each.detector === detector),
            detector,
          )
        assert.ok(!alerts.some(({ detector, actor }) => detector === 'denials' && actor === 'ann'))
        const newest = his.filter(({ detector }) => detector === 'denials').at(-1) as Alert
        memory.set('from', newest.from)
        memory.set('until', newest.until)
        return `${his.length} alerts about him: ${[...new Set(his.map(({ detector }) => detector))].join(', ')}`
      },
    },
    {
      shows: ['S132'],
      what: 'The practice’s data is isolated: nobody gets in but the response team, and that only after writing down what for',
      async act({ people: { sam, rita, ann, olga, tess } }) {
        await fresh(rita, ann, olga, tess)
        await sent(sam, '/incidents', { id: ID, timeZone: 'America/New_York', individuals: null }, { ...SYS, status: 201 })
        await got(ann, '/notes/n-1')
        await got(rita, at('/log'), 403, 'HSYSADMIN')
        await sent(sam, at('/isolation'), { team: ['rita'] }, SYS)
        await got(ann, '/notes/n-1', 404)
        const seen = await olga.ask('/audit')
        assert.ok(seen.status >= 400 || JSON.stringify(seen.json) === '[]', seen.text)
        await got(tess, '/notes')
        const silent = await rita.ask(at('/log'))
        assert.equal(silent.status, 403, silent.text)
        await sent(
          rita,
          at('/account'),
          { what: 'the log of the practice', reason: 'who looked at what' },
          { ...SYS, status: 201 },
        )
        const log = await got<readonly unknown[]>(rita, at('/log'), 200, 'HSYSADMIN')
        assert.ok(log.length > 10)
        return `therapist 404, administrator shut out, the neighbour untouched; the team 403 before its account and ${log.length} entries after`
      },
    },
    {
      shows: ['S133'],
      what: 'Sam investigates: how far it went, which categories, how many people, and what speaks about intent',
      async act({ people: { sam }, memory }) {
        interface Found {
          readonly scope: { readonly entries: number; readonly actors: readonly string[] }
          readonly categories: { readonly classes: readonly { readonly dataClass: string }[] }
          readonly individuals: { readonly count: number }
          readonly indicators: readonly { readonly indicator: string }[]
        }
        const question = { actor: 'ben', from: memory.get('from'), until: memory.get('until') }
        const found = await sent<Found>(sam, at('/investigation'), question, SYS)
        assert.deepEqual([found.scope.actors, found.individuals.count], [['ben'], 1])
        const classes = found.categories.classes.map(({ dataClass }) => dataClass)
        assert.ok(classes.includes('phi.clinical.note.session') && classes.includes('phi.clinical.plan'), classes.join())
        const indicators = found.indicators.map(({ indicator }) => indicator)
        assert.ok(
          indicators.includes('attempts were refused') && indicators.includes('the emergency way was used'),
          indicators.join(),
        )
        const told = {
          type: 'investigated',
          scope: `${found.scope.entries} entries`,
          categories: classes,
          individuals: 1,
          intent: 'malicious',
        }
        const first = await sent<Standing>(sam, at('/events'), { ...told, occurred: question.from?.slice(0, 10) }, SYS)
        assert.equal(first.accepted, true, JSON.stringify(first))
        return `${found.scope.entries} entries, 1 individual, ${classes.join(' and ')}; ${indicators.join('; ')}`
      },
    },
    {
      shows: ['S99', 'S134', 'C1'],
      what: 'The document has the 72 hours run from discovery and from confirmation: two clocks. The first binds, and confirming a day later moves nothing',
      async act(world) {
        const { platform, people } = world
        const { sam } = people
        const discovered = await got<Standing>(sam, at(), 200, 'HSYSADMIN')
        const due = clockOf(discovered, 'notice.discovery').dueInstant
        assert.match(clockOf(discovered, 'notice.confirmation').status, /pending/)
        platform.clock.advance(24 * HOUR)
        await fresh(sam)
        const on = new Date(platform.clock()).toISOString()
        const confirmed = await sent<Standing>(sam, at('/events'), { type: 'milestone', which: 'confirmed', on }, SYS)
        assert.equal(confirmed.accepted, true, JSON.stringify(confirmed))
        const [first, second] = ['notice.discovery', 'notice.confirmation'].map(
          (rule) => clockOf(confirmed, rule).dueInstant ?? '',
        )
        assert.equal(first, due)
        assert.equal(Date.parse(second ?? '') - Date.parse(first ?? ''), 24 * HOUR)
        const found = findings(profileOf(world)).filter(({ code }) => code === 'C1')
        const about = new Set(found.flatMap(({ statements }) => statements.map(({ requirement }) => requirement)))
        assert.ok(found.some(({ severity }) => severity === 'error') && about.has('S99') && about.has('S134'))
        return `due ${first} from discovery, ${second} from confirmation; finding C1: ${found[0]?.says}`
      },
    },
    {
      shows: ['S100', 'S134', 'C6'],
      what: 'What the document would have a notice say, both lists together, is less than the law wants; such a notice is not accepted as one',
      async act(world) {
        const { sam } = world.people
        const { contains, missing } = statedNotice(world.profile)
        for (const each of [
          'what-happened',
          'mitigating',
          'date-of-breach',
          'date-of-discovery',
          'types-of-phi',
          'steps',
        ] as const)
          assert.ok(contains.includes(each), each)
        assert.ok(missing.includes('identification'))
        const found = findings(profileOf(world)).filter(({ code }) => code === 'C6')
        assert.ok(found.some(({ statements }) => statements.some(({ requirement }) => requirement === 'S100')))
        const notice = { type: 'notified', addressee: 'covered-entity', method: 'portal', contains }
        const answer = await sent<Standing>(sam, at('/events'), notice, SYS)
        assert.deepEqual([answer.accepted, answer.refused], [false, 'content-incomplete'])
        assert.deepEqual([...(answer.missing ?? [])].sort(), [...missing].sort())
        return `refused: content-incomplete, without ${missing.join(', ')}`
      },
    },
    {
      shows: ['S99', 'S100', 'S134'],
      what: 'Sixty hours after discovery the customer is told, with all of it: both clocks are met',
      async act({ platform, people: { sam } }) {
        platform.clock.advance(36 * HOUR)
        await fresh(sam)
        const content = {
          ...{ whatHappened: 'A member of the workforce opened a record without need.', steps: 'Ask for an accounting.' },
          ...{ investigating: 'The log was searched.', mitigating: 'The account is closed.', protecting: 'Reviews each day.' },
          ...{ contact: { email: 'privacy@platform.example' }, individualsList: 'list-7' },
        }
        await sent<Standing>(sam, at('/events'), { type: 'described', content }, SYS)
        const draft = await got<{ readonly contains: readonly string[]; readonly missing: readonly string[] }>(
          sam,
          at('/notice'),
          200,
          'HSYSADMIN',
        )
        assert.deepEqual([[...draft.contains].sort(), draft.missing], [[...whole].sort(), []])
        const notice = { type: 'notified', addressee: 'covered-entity', method: 'portal', contains: draft.contains }
        const told = await sent<Standing>(sam, at('/events'), notice, SYS)
        assert.equal(told.accepted, true, JSON.stringify(told))
        for (const rule of ['notice.discovery', 'notice.confirmation']) assert.equal(clockOf(told, rule).status, 'met', rule)
        return 'all ten items; the clock from discovery and the one from confirmation are met'
      },
    },
    {
      shows: ['S135'],
      what: 'The incident cannot be closed before a root cause and corrective actions are reported; then it can, and the doors open again',
      async act({ platform, people: { sam, ann, rita } }) {
        platform.clock.advance(48 * HOUR)
        await fresh(sam, ann, rita)
        await sent<Standing>(sam, at('/events'), { type: 'contained', measures: 'Isolation; the account was closed.' }, SYS)
        const early = await sent<Standing>(sam, at('/events'), { type: 'closed' }, SYS)
        assert.deepEqual([early.accepted, early.refused], [false, 'still-open'])
        const report = {
          ...{ type: 'post-incident-report', rootCause: 'Nobody reviewed broken glasses on the same day.' },
          correctiveActions: [{ action: 'Review each broken glass within a day', owner: 'privacy officer', due: '2026-12-31' }],
        }
        assert.equal((await sent<Standing>(sam, at('/events'), report, SYS)).accepted, true)
        const closed = await sent<Standing>(sam, at('/events'), { type: 'closed' }, SYS)
        assert.deepEqual([closed.accepted, closed.state], [true, 'closed'], JSON.stringify(closed))
        await got(ann, '/notes/n-1', 404)
        await sent(sam, at('/reopening'), undefined, SYS)
        await got(ann, '/notes/n-1')
        await got(rita, at('/log'), 403, 'HSYSADMIN')
        return `still-open: ${early.missing?.join(', ')}; after the report closed, and the therapist is back at work`
      },
    },
  ],
}
