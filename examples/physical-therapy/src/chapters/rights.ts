import assert from 'node:assert/strict'
import { type AccountingPackage, verifyAccounting } from '@phi/audit/disclosures'
import type { Chapter } from '@phi/example-platform'
import { DAY, fresh, got, NORTH, sent, today, type World } from '../world.ts'

interface Standing {
  readonly state: string
  readonly received: string
  readonly accepted?: boolean
  readonly refused?: string
  readonly deadlines: readonly { readonly title: string; readonly due?: string; readonly status: string }[]
}
type Owed = { readonly needs: readonly { readonly code: string; readonly due?: string }[] }

const PATRQT = { purpose: 'PATRQT' }
const plus = (day: string, days: number): string => new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10)

export const rightsChapter: Chapter<World> = {
  title: 'April: what patients ask for',
  steps: [
    {
      shows: ['S126'],
      what: 'Pat asks for her record. The practice has 30 days, and 30 more once if it says so in writing in time; a second extension is refused',
      async act(world) {
        const { platform, people } = world
        const { pat, olga } = people
        await fresh(pat, olga)
        const began = await sent<Standing>(pat, '/requests', { id: 'r-access', kind: 'access' }, { ...PATRQT, status: 201 })
        const from = began.received
        assert.equal(began.deadlines[0]?.due, plus(from, 30))
        platform.clock.advance(20 * DAY)
        await fresh(pat, olga)
        const at = '/requests/r-access/events'
        const say = { type: 'extension-stated', written: true, reasons: true, promisedDate: plus(from, 60) }
        const silent = await sent<Standing>(olga, at, { ...say, written: false }, PATRQT)
        assert.equal(silent.accepted, false)
        const extended = await sent<Standing>(olga, at, say, PATRQT)
        assert.deepEqual([extended.accepted, extended.deadlines[0]?.due], [true, plus(from, 60)])
        const again = await sent<Standing>(olga, at, say, PATRQT)
        assert.deepEqual([again.accepted, again.refused], [false, 'already-extended'])
        const done = ['informed', 'provided', 'form-and-format']
        await sent<Standing>(olga, at, { type: 'identity-verified' }, PATRQT)
        const answer = await sent<Standing>(olga, at, { type: 'fulfilled', done }, PATRQT)
        assert.equal(answer.state, 'fulfilled')
        return `due ${plus(from, 30)}, not moved by words that were only spoken, then ${plus(from, 60)}, and no further; fulfilled on ${today(world)}`
      },
    },
    {
      shows: ['S127'],
      what: 'She asks for a correction. It is due in 60 days; it is linked to the note, and the note stands as it was written',
      async act({ people: { ann, pat, olga } }) {
        await fresh(ann)
        const began = await sent<Standing>(pat, '/requests', { id: 'r-amend', kind: 'amendment' }, { ...PATRQT, status: 201 })
        assert.equal(began.deadlines[0]?.due, plus(began.received, 60))
        const before = await got<{ readonly body: string }>(ann, '/notes/n-1')
        const text = 'The patient says: it was the left knee.'
        await sent(
          olga,
          '/requests/r-amend/amendment',
          { type: 'ProgressNote', record: 'n-1', text },
          { ...PATRQT, status: 201 },
        )
        const linked = await got<{ of: string; text: string; originalStands: boolean }>(
          olga,
          '/requests/r-amend/amendment',
          200,
          'PATRQT',
        )
        assert.deepEqual([linked.of, linked.text, linked.originalStands], ['ProgressNote/n-1', text, true])
        assert.equal((await got<{ readonly body: string }>(ann, '/notes/n-1')).body, before.body)
        const all = ['records-identified', 'amendment-linked', 'original-preserved', 'informed', 'agreement-sought']
        const at = '/requests/r-amend/events'
        const short = await sent<Standing>(
          olga,
          at,
          { type: 'fulfilled', done: all.filter((each) => each !== 'original-preserved') },
          PATRQT,
        )
        assert.equal(short.accepted, false)
        assert.equal((await sent<Standing>(olga, at, { type: 'fulfilled', done: all }, PATRQT)).state, 'fulfilled')
        return `due ${plus(began.received, 60)}; linked, original unchanged; without "original-preserved" it does not count as done`
      },
    },
    {
      shows: ['S128'],
      what: 'A report to the health department, made as the law requires, stands in the accounting that Pat gets; what went to a colleague for treatment does not',
      async act({ platform, people: { pat, olga }, memory }) {
        const told = { patient: 'p-1', description: 'Fall in the practice', purpose: 'Report that state law requires' }
        await sent(
          olga,
          '/disclosures',
          { ...told, recipient: 'State Department of Health', basis: 'required-by-law' },
          { ...PATRQT, status: 201 },
        )
        await sent(olga, '/disclosures', { ...told, recipient: 'Dr. Ray', basis: 'treatment' }, { ...PATRQT, status: 201 })
        memory.set('first disclosure', new Date(platform.clock()).toISOString().slice(0, 10))
        await sent(pat, '/requests', { id: 'r-account', kind: 'accounting', previous: null }, { ...PATRQT, status: 201 })
        const answer = await got<{ status: string; package: AccountingPackage }>(
          olga,
          '/requests/r-account/accounting',
          200,
          'PATRQT',
        )
        assert.equal(answer.status, 'ready', JSON.stringify(answer))
        const { lines } = answer.package.accounting
        assert.deepEqual(
          lines.map(({ recipient }) => recipient),
          ['State Department of Health'],
        )
        const report = verifyAccounting(JSON.stringify(answer.package), { keys: [(await platform.log(NORTH)).vkey ?? ''] })
        assert.equal(report.verdict, 'intact')
        return `one line of two disclosures; the paper proves itself: ${report.verdict}`
      },
    },
    {
      shows: ['S129'],
      what: 'Pat asks that her address stay hidden and that one note be closed. From the agreement on both hold, and not a moment before',
      async act({ people: { ann, pat, olga } }) {
        const at = '/patients/p-1/restrictions'
        const address = async () => (await got<{ readonly address?: string }>(ann, '/patients/p-1')).address
        await sent(pat, at, { id: 'hide', scope: { fields: { Patient: ['address'] } } }, { ...PATRQT, status: 201 })
        await sent(pat, at, { id: 'close', scope: { types: ['ProgressNote'], records: ['n-2'] } }, { ...PATRQT, status: 201 })
        assert.equal(await address(), '1 Elm Street')
        await got(ann, '/notes/n-2')
        for (const id of ['hide', 'close']) await sent(olga, `${at}/${id}/agreement`, undefined, { purpose: 'PATADMIN' })
        assert.equal(await address(), undefined)
        await got(ann, '/notes/n-2', 404)
        await got(ann, '/notes/n-1')
        return 'asked: nothing hidden yet; agreed: the field is gone, the one note answers 404, the other is open'
      },
    },
    {
      shows: ['S130'],
      what: 'She wants to be written to at another address. Until it is set messages wait; then they go there and nowhere else',
      async act({ platform, people: { ann, olga } }) {
        const at = new Date(platform.clock()).toISOString()
        const said = { at, recordedAt: at, recordedBy: 'olga' }
        const PATADMIN = { purpose: 'PATADMIN', status: 201 }
        const to = '/patients/p-1/directives'
        const message = { kind: 'result', body: 'Please come for a check of the knee.' }
        type Sent = { readonly outcome: string; readonly channel?: string; readonly address?: string; readonly reason?: string }
        const before = await sent<Sent>(ann, '/patients/p-1/messages', message, { status: 201 })
        assert.equal(before.channel, 'portal')
        const post = { kind: 'contact-point', id: 'office', channel: 'post', address: 'contact-7' }
        await sent(
          olga,
          to,
          {
            ...post,
            history: [
              { step: 'added', ...said },
              { step: 'verified', method: 'letter', ...said },
            ],
          },
          PATADMIN,
        )
        const wish = {
          ...{ kind: 'confidential-communication', id: 'cc-1', entity: 'provider', channel: 'post', contact: 'office' },
          ...{ paymentHandling: 'not-asked' },
        }
        const asked = { step: 'requested', how: 'written', ...said }
        await sent(olga, to, { ...wish, history: [asked] }, PATADMIN)
        const waiting = await sent<Sent>(ann, '/patients/p-1/messages', message, { status: 202 })
        assert.deepEqual([waiting.outcome, waiting.reason], ['hold', 'confidential-communication-pending'])
        await sent(olga, to, { ...wish, history: [asked, { step: 'accommodated', ...said }] }, PATADMIN)
        const after = await sent<Sent>(ann, '/patients/p-1/messages', message, { status: 201 })
        assert.deepEqual([after.channel, after.address], ['post', 'contact-7'])
        return 'portal; on hold while the wish waits for an answer; then by post to the address she named'
      },
    },
    {
      shows: ['S131'],
      what: 'At her first visit the notice of privacy practices is owed; it is given, and it is settled when she acknowledges it',
      async act(world) {
        const { olga } = world.people
        const at = '/patients/p-1/notice'
        const PATADMIN = { purpose: 'PATADMIN' }
        const codes = ({ needs }: Owed) => needs.map(({ code }) => code)
        const owed = await sent<Owed>(olga, at, { what: 'first-service', on: today(world), electronic: false }, PATADMIN)
        assert.deepEqual(codes(owed), ['give-notice', 'acknowledge'])
        const given = await sent<Owed>(olga, at, { what: 'delivered', version: 'npp-1', by: 'paper' }, PATADMIN)
        assert.deepEqual(codes(given), ['acknowledge'])
        await sent<Owed>(olga, at, { what: 'acknowledged', version: 'npp-1' }, PATADMIN)
        assert.deepEqual(codes(await got<Owed>(olga, at, 200, 'PATADMIN')), [])
        return 'owed: give-notice, acknowledge; then acknowledge; then nothing'
      },
    },
  ],
}
