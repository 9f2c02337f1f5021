import assert from 'node:assert/strict'
import { type Chapter, putPatientFacts } from '@phi/example-platform'
import { CLIENT, code, expected, holds, PRACTICE, read, send, type World } from '../world.ts'

interface Alerts {
  readonly alerts: readonly { readonly detector: string; readonly actor?: string; readonly explanation: string }[]
}
const claim = {
  ...{
    id: 'c-1',
    patient: CLIENT,
    payer: 'plan-1',
    memberId: 'M-77',
    name: 'Jane Roe',
    birthDate: '1990-01-01',
    sex: 'female',
  },
  ...{
    address: '1 Main St',
    renderingProvider: 'ann',
    serviceDate: '2026-11-23',
    placeOfService: '10',
    diagnosisCodes: ['F41.1'],
  },
  ...{ procedureCodes: ['90834'], charge: 150, narrative: 'panic at work', attachment: 'text of the note' },
}

export const evening: Chapter<World> = {
  title: 'The same month, evening: who saw what',
  steps: [
    {
      shows: ['S2', 'S21'],
      what: 'Each role reads the same note: the therapist does, the front desk, billing’s eye for words and a colleague do not',
      async act({ ann, rex, fay, bill }) {
        expected(await read(ann, '/notes/n-1'))
        assert.equal((await read(rex, '/notes/n-1')).status, 404)
        assert.equal((await read(fay, '/notes/n-1', 'PATADMIN')).status, 403)
        const codes = expected<object>(await read(bill, '/notes/n-1', 'HPAYMT'))
        holds(!('body' in codes))
        return 'Ann reads it, billing sees codes without words, the others nothing'
      },
    },
    {
      shows: ['S7', 'S66'],
      what: 'A claim in billing holds what the payment needs, and no words of the session; without a purpose nothing opens',
      async act({ bill, ann }) {
        expected(await send(bill, '/claims', claim, 'HPAYMT'), 201)
        const seen = expected<Readonly<Record<string, unknown>>>(await read(bill, '/claims/c-1', 'HPAYMT'))
        assert.deepEqual([seen.diagnosisCodes, 'narrative' in seen, 'attachment' in seen], [['F41.1'], false, false])
        assert.equal((await read(bill, '/claims/c-1', 'HMARKT')).status, 403)
        assert.equal((await read(ann, '/notes/n-1', 'HMARKT')).status, 403)
        return `${Object.keys(seen).length} fields for payment, none of the narrative; marketing gets nothing`
      },
    },
    {
      shows: ['S18'],
      what: 'What the database holds of the note is ciphertext',
      async act({ platform }) {
        const { rows } = await platform.db.query<{ sealed: string }>(
          "select sealed from record where type = 'ProgressNote'",
          [],
        )
        holds(rows.length >= 2)
        for (const { sealed } of rows) assert.doesNotMatch(sealed, /Slept|sleeps/)
        assert.equal(platform.profile.encryption.algorithm, 'AES-256-GCM')
        return `${rows.length} notes, sealed with AES-256-GCM`
      },
    },
    {
      shows: ['S19'],
      what: 'The key of the practice is rotated, and yesterday’s note still opens',
      async act({ platform, ann }) {
        const before = await platform.db.query<{ sealed: string }>(
          "select sealed from record where type = 'ProgressNote' and id = 'n-1'",
          [],
        )
        await platform.keyring.rotate({ tenant: PRACTICE, purpose: 'field' })
        expected(await read(ann, '/notes/n-1'))
        expected(
          await send(ann, '/notes', { id: 'n-2', patient: CLIENT, body: 'Walked every day.', sessionDate: '2026-12-23' }),
          201,
        )
        const after = await platform.db.query<{ sealed: string }>(
          "select sealed from record where type = 'ProgressNote' and id = 'n-2'",
          [],
        )
        const head = (text: string | undefined) => text?.slice(0, 40)
        assert.notEqual(head(before.rows[0]?.sealed), head(after.rows[0]?.sealed))
        return 'the old note opens, the new one is under the new key'
      },
    },
    {
      shows: ['S53', 'S20'],
      what: 'Exports: a therapist may not; the owner may, after a fresh sign-in; the file is sealed until it leaves',
      async act({ platform, ann, olga }) {
        platform.clock.advance(6 * 60_000)
        const ask = { id: 'e-1', patient: CLIENT }
        assert.equal((await send(ann, '/exports', ask)).status, 403)
        const stale = await send(olga, '/exports', ask)
        assert.deepEqual([stale.status, code(stale)], [401, 'step-up-required'])
        expected(await olga.stepUp())
        const file = await send(olga, '/exports', ask)
        assert.equal(file.status, 200)
        assert.match(file.text, /Slept better/)
        const { records } = await (await platform.log(PRACTICE)).query({ actor: 'olga', order: 'newest', limit: 20 })
        holds(records.some(({ event }) => event.action === 'export' && event.outcome === 'success'))
        return 'refused, then asked for a fresh sign-in, then sent and recorded'
      },
    },
    {
      shows: ['S23', 'S53'],
      what: 'Rex tries the charts of seven clients whom he does not treat: an alert',
      async act({ platform, rex, olga }) {
        for (let each = 2; each <= 8; each++) {
          await putPatientFacts(platform, PRACTICE, `p-${each}`, { careTeam: ['ann'] })
          expected(
            await send(
              olga,
              '/patients',
              { id: `p-${each}`, patient: `p-${each}`, name: `Client ${each}`, birthDate: '1990-01-01' },
              'PATADMIN',
            ),
            201,
          )
          assert.equal((await read(rex, `/patients/p-${each}`)).status, 404)
        }
        const facts = { timeZone: 'America/New_York', roles: [{ role: 'therapist', reach: 'related' }], relations: [] }
        const { alerts } = expected<Alerts>(await send(olga, '/incidents/detection', facts, 'HSYSADMIN'))
        const found = alerts.filter(({ detector }) => detector === 'denials')
        holds(found.length >= 1, alerts.map(({ detector }) => detector).join())
        return found[0]?.explanation ?? ''
      },
    },
    {
      shows: ['S23', 'S25'],
      what: 'Somebody tries Bill’s account from an address that is denied, again and again: an alert on sign-ins, from the central log',
      async act({ bill, olga }) {
        for (let each = 0; each < 11; each++) assert.equal((await bill.signIn(undefined, '127.0.0.66')).status, 403)
        const facts = { timeZone: 'America/New_York', roles: [], relations: [] }
        const { alerts } = expected<Alerts>(await send(olga, '/incidents/detection', facts, 'HSYSADMIN'))
        const found = alerts.filter(({ detector }) => detector === 'failed-logins')
        holds(found.length >= 1, alerts.map(({ detector }) => detector).join())
        return found[0]?.explanation ?? ''
      },
    },
    {
      shows: ['S6', 'S50'],
      what: 'The log: sign-ins, reads, changes, exports, sends and administration, each with its time, and none that was altered',
      async act({ platform, olga }) {
        const { records } = await (await platform.log(PRACTICE)).query({ order: 'newest', limit: 1000 })
        const actions = new Set(records.map(({ event }): string => event.action ?? ''))
        for (const each of ['login', 'read', 'create', 'update', 'export', 'send'])
          holds(actions.has(each), `${each} of ${[...actions].join()}`)
        holds(records.every(({ recordedAt }) => Number.isFinite(new Date(recordedAt).getTime())))
        const { verdict } = expected<{ readonly verdict: string }>(await olga.ask('/audit/verification'))
        assert.equal(verdict, 'intact')
        const { keepThrough } = expected<{ readonly keepThrough: string }>(
          await send(olga, '/retention', { kind: 'audit-log', created: '2026-12-23' }),
        )
        holds(keepThrough >= '2032-12-22')
        return `${records.length} entries of ${actions.size} kinds, intact, kept through ${keepThrough}`
      },
    },
    {
      shows: ['S6'],
      what: 'Deleting entries is refused by the database; its owner switches that off and alters some, and the log is found to be altered',
      async act({ platform: { db }, olga }) {
        await assert.rejects(db.query('delete from phi.audit_entry', []))
        const owner = (change: string) =>
          db.exec(`alter table phi.audit_entry disable trigger all; ${change};
            alter table phi.audit_entry enable trigger all`)
        const check = async () => {
          const { verdict, findings } = expected<{
            readonly verdict: string
            readonly findings: readonly { readonly code: string }[]
          }>(await olga.ask('/audit/verification'))
          return { verdict, codes: [...new Set(findings.map(({ code }) => code))] }
        }
        await owner("update phi.audit_entry set subject = replace(subject, 'ProgressNote', 'ProgressNote!')")
        const { verdict, codes } = await check()
        await owner("update phi.audit_entry set subject = replace(subject, 'ProgressNote!', 'ProgressNote')")
        assert.equal(verdict, 'broken')
        holds(codes.includes('altered-group'), codes.join())
        assert.equal((await check()).verdict, 'intact')
        return `deletion refused; altered: ${verdict} (${codes.join(', ')}); put back: intact`
      },
    },
    {
      shows: ['S8', 'S31', 'S63'],
      what: 'A laptop is lost: the incident has its clocks from discovery, is investigated, and asks for what a notice must hold',
      async act({ olga }) {
        const opened = expected<{
          readonly state: string
          readonly deadlines: readonly { readonly rule: string; readonly due?: string }[]
        }>(
          await send(
            olga,
            '/incidents',
            { id: 'i-1', role: 'covered-entity', individuals: 12, timeZone: 'America/New_York' },
            'HSYSADMIN',
          ),
          201,
        )
        const due = opened.deadlines.map((each) => each.due).filter((each) => each !== undefined)
        holds(due.length > 0)
        holds(due.includes('2027-02-21'), due.join())
        const step = async (event: object) =>
          expected<{ readonly accepted: boolean; readonly refused?: string }>(
            await send(olga, '/incidents/i-1/events', event, 'HSYSADMIN'),
          )
        const investigated = await step({
          type: 'investigated',
          scope: 'one laptop',
          categories: ['notes'],
          individuals: 12,
          intent: 'careless',
        })
        assert.equal(investigated.accepted, true, investigated.refused)
        const assessed = await step({
          type: 'assessed',
          by: 'olga',
          finding: 'low-probability-of-compromise',
          factors: {},
          documented: true,
        })
        assert.equal(assessed.accepted, false)
        const draft = async () =>
          expected<{ readonly contains: readonly string[]; readonly missing: readonly string[] }>(
            await read(olga, '/incidents/i-1/notice', 'HSYSADMIN'),
          )
        const early = await draft()
        holds(early.missing.includes('what-happened') && early.missing.includes('steps'), early.missing.join())
        const content = {
          ...{ whatHappened: 'A laptop was lost on a train.', steps: 'Ask for an accounting.' },
          ...{ investigating: 'The log was searched.', mitigating: 'The device is wiped.', protecting: 'Disks are encrypted.' },
          ...{ contact: { email: 'privacy@maple.example' }, individualsList: 'list-1' },
        }
        assert.equal((await step({ type: 'described', content })).accepted, true)
        const { contains, missing } = await draft()
        for (const each of early.missing) holds(contains.includes(each) || missing.includes(each), each)
        holds(contains.includes('what-happened') && contains.includes('steps') && !missing.includes('steps'), missing.join())
        return `notice first without ${early.missing.join(', ')}; then without ${missing.join(', ') || 'nothing'}; individuals by ${due.join(' and ')}; “low probability” without the four factors is refused`
      },
    },
  ],
}
