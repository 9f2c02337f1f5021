import assert from 'node:assert/strict'
import { connect } from 'node:tls'
import { inspectSealed } from '@phi/envelope'
import { ask, authority, type Chapter, oneFactor, type Platform } from '@phi/example-platform'
import { code, fresh, got, HOUR, LAKE, MINUTE, NORTH, sent, type World } from '../world.ts'

const BODY = 'Knee bends to 110 degrees, no pain on the stairs.'

/** A TLS handshake with one version only. @returns the version, or why there is none */
const handshake = ({ url, ca }: Platform, version: 'TLSv1.2' | 'TLSv1.3'): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url)
    const socket = connect({
      ...{ host: hostname, port: Number(port), ca, servername: 'localhost' },
      ...{ minVersion: version, maxVersion: version },
    })
    socket.once('secureConnect', () => {
      resolve(socket.getProtocol() ?? 'none')
      socket.destroy()
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'refused'))
  })

interface Shown {
  readonly id: string
  readonly body?: string
  readonly [field: string]: unknown
}

const rows = async (platform: Platform): Promise<readonly { tenant: string; type: string; id: string; sealed: string }[]> =>
  (await platform.db.query('select tenant, type, id, sealed from record')).rows

export const accessChapter: Chapter<World> = {
  title: 'Monday: at work',
  steps: [
    {
      shows: ['S87', 'C8'],
      what: 'The service speaks TLS 1.3 and nothing older, as its configuration says; another document is content with 1.2',
      async act({ platform, profile }) {
        assert.equal(profile.transport.tls, 'modern')
        assert.equal(await handshake(platform, 'TLSv1.3'), 'TLSv1.3')
        const older = await handshake(platform, 'TLSv1.2')
        assert.match(older, /PROTOCOL_VERSION/)
        return `TLS 1.3 answered, TLS 1.2 met ${older}`
      },
    },
    {
      shows: ['S88'],
      what: 'Every answer, also one to a stranger, tells browsers to come over TLS for a year',
      async act({ platform, profile, people: { olga } }) {
        const age = `max-age=${profile.transport.hstsSeconds}`
        for (const answer of [await olga.ask('/session'), await ask(platform, '/session'), await ask(platform, '/nowhere')])
          assert.ok(answer.headers['strict-transport-security']?.startsWith(age), answer.text)
        assert.ok(profile.transport.hstsSeconds >= 31_536_000)
        return `${age} on 200, 401 and an unknown path; a rating by somebody else is a document to keep, and no test of ours`
      },
    },
    {
      shows: ['S93'],
      what: 'A password alone lets no therapist, administrator or officer in; a second factor does. A patient may come with one',
      async act({ people: { ann, olga, sam, pat } }) {
        for (const each of [ann, olga, sam]) {
          const answer = await each.signIn(oneFactor)
          assert.deepEqual([answer.status, code(answer)], [401, 'step-up-required'])
        }
        await fresh(ann, olga, sam)
        assert.equal((await pat.signIn(oneFactor)).status, 201)
        return 'three times 401 step-up-required, then 201 with two factors; the patient 201'
      },
    },
    {
      shows: ['S108'],
      what: 'Each has an id of their own, and no second account is opened under one that is taken',
      async act({ platform, people: { ann, olga } }) {
        const ids = await Promise.all(
          [ann, olga].map(async (each) => (await got<{ subject: string }>(each, '/session')).subject),
        )
        assert.deepEqual(ids, ['ann', 'olga'])
        await assert.rejects(platform.enrol({ subject: 'ann', tenant: LAKE, roles: ['administrator'] }, 'lou'))
        return 'ann and olga are told apart; a second ann is refused'
      },
    },
    {
      shows: ['S92'],
      what: 'Ann writes a note and a plan; Pat reads what is hers, Ray sees the plan he referred for, Olga sees no clinical text, Ben nothing',
      async act({ people: { ann, ben, olga, pat, ray } }) {
        await fresh(ben, ray)
        const patient = {
          id: 'p-1',
          patient: 'p-1',
          name: 'Pat Doe',
          birthDate: '1980-02-03',
          address: '1 Elm Street',
          referrers: ['ray'],
        }
        await sent(olga, '/patients', patient, { status: 201, purpose: 'PATADMIN' })
        const note = { id: 'n-1', patient: 'p-1', body: BODY, sessionDate: '2026-04-06', status: 'signed' }
        await sent(ann, '/notes', note, { status: 201 })
        await sent(
          ann,
          '/plans',
          { id: 't-1', patient: 'p-1', referrers: ['ray'], goals: 'Climb stairs', diagnosisCodes: ['M25.561'] },
          { status: 201 },
        )
        assert.equal((await got<Shown>(ann, '/notes/n-1')).body, BODY)
        assert.equal((await got<Shown>(pat, '/notes/n-1', 200, 'PATRQT')).body, BODY)
        const plan = await got<Shown>(ray, '/referred/plans/t-1')
        assert.equal(plan.goals, 'Climb stairs')
        await got(ray, '/notes/n-1', 403)
        await got(olga, '/notes/n-1', 403, 'PATADMIN')
        const seen = await got<Shown>(olga, '/patients/p-1', 200, 'PATADMIN')
        assert.equal(seen.name, 'Pat Doe')
        await got(ben, '/notes/n-1', 404)
        return 'therapist and patient 200; the physician the plan and no note; the administrator a name and no note; a colleague 404'
      },
    },
    {
      shows: ['S98'],
      what: 'A neighbour finds nothing: not through any route, and not in the database, where the query forgets to ask for a tenant',
      async act({ platform, people: { lou, tess } }) {
        await fresh(lou, tess)
        for (const path of ['/notes/n-1', '/plans/t-1', '/patients/p-1']) await got(tess, path, 404)
        assert.deepEqual(await got(tess, '/notes'), [])
        await got(lou, '/patients/p-1', 404, 'PATADMIN')
        const count = (tenant: string, sql: string) =>
          platform.within(tenant, async (tx) => (await tx.query<{ n: number }>(sql)).rows[0]?.n)
        const all = 'select count(*)::int as n from record'
        const theirs = await count(NORTH, all)
        assert.ok(theirs !== undefined && theirs > 0)
        assert.equal(await count(LAKE, `${all} where tenant = '${NORTH}'`), 0)
        assert.equal(await count(LAKE, `${all} where type in ('ProgressNote', 'TreatmentPlan', 'Patient')`), 0)
        const insert = `insert into record (tenant, type, id, sealed) values ('${NORTH}', 'ProgressNote', 'x', 'x') returning 1 as n`
        await assert.rejects(count(LAKE, insert))
        return `404 five times over HTTP; raw SQL sees ${theirs} rows as ${NORTH} and 0 as ${LAKE}, which also may not write there`
      },
    },
    {
      shows: ['S89'],
      what: 'What lies in the database and in the file store is ciphertext under AES-256',
      async act({ platform, profile, safeguards, people: { vera } }) {
        await fresh(vera)
        const paper = {
          id: 'overview',
          kind: 'architecture-overview',
          title: 'Architecture overview',
          dated: '2026-03-01',
          level: 'customer',
        }
        const text = Buffer.from(`How the platform is built. ${BODY}`).toString('base64')
        await sent(vera, '/safeguards/documents', { ...paper, text }, { status: 201 })
        const stored = await rows(platform)
        const objects = [...safeguards.objects.values()]
        assert.ok(stored.length > 3 && objects.length === 1)
        for (const each of [
          ...stored.map(({ sealed }) => sealed),
          ...objects.map((each) => Buffer.from(each).toString('latin1')),
        ])
          assert.doesNotMatch(each, /Knee|Pat Doe|Elm Street|platform is built/)
        const suites = new Set(stored.map(({ sealed }) => inspectSealed(sealed)?.suite))
        assert.deepEqual([...suites], ['KC-XAES-256-GCM'])
        assert.equal(profile.encryption.algorithm, 'AES-256-GCM')
        return `${stored.length} rows and ${objects.length} file, suite ${[...suites].join()}, no word of plaintext in any`
      },
    },
    {
      shows: ['S91'],
      what: 'Each practice has a data key of its own: what one sealed does not open with the key of the other',
      async act({ platform }) {
        const place = { table: 'record', column: 'sealed', type: 'json' } as const
        const fieldOf = async (tenant: string) => (await platform.keyring.tenant(tenant)).field(place)
        const [north, lake] = [await fieldOf(NORTH), await fieldOf(LAKE)]
        const row = (await rows(platform)).find(({ tenant, id }) => tenant === NORTH && id === 'n-1')
        assert.ok(row)
        const at = { row: 'ProgressNote/n-1' }
        assert.match(JSON.stringify(north.open(row.sealed, at)), /Knee/)
        assert.throws(() => lake.open(row.sealed, at), { code: 'PHI_ENVELOPE_OPEN' })
        return `opens for ${NORTH}, PHI_ENVELOPE_OPEN for ${LAKE}`
      },
    },
    {
      shows: ['S109', 'S112'],
      what: 'Ben treats Pat in an emergency: he breaks the glass with a reason, sees the note for an hour, and the log has it',
      async act({ platform, people: { ben, olga } }) {
        await got(ben, '/notes/n-1', 404, 'BTG')
        await sent(ben, '/break-glass', { patient: 'p-1', reason: 'Fell in the waiting room' }, { status: 201 })
        assert.equal((await got<Shown>(ben, '/notes/n-1', 200, 'BTG')).body, BODY)
        const log = await got<readonly Shown[]>(olga, '/audit?actor=ben', 200, 'HSYSADMIN')
        assert.ok(log.some(({ event }) => event === 'break-glass success'))
        for (let minutes = 0; minutes <= 60; minutes += 20) {
          platform.clock.advance(20 * MINUTE)
          await ben.ask('/session')
        }
        await got(ben, '/notes/n-1', 404, 'BTG')
        return '404, glass broken, 200; an hour later 404 again; the entry stands in the administrator’s log'
      },
    },
    {
      shows: ['S110'],
      what: 'Ann leaves her desk. After 29 minutes she is still signed in, after 30 she is not',
      async act({ platform, profile, people: { ann } }) {
        await fresh(ann)
        assert.equal(profile.session.idleMinutes, 30)
        const idle = profile.session.idleMinutes * MINUTE
        platform.clock.advance(idle - MINUTE)
        await got(ann, '/session')
        platform.clock.advance(idle + 1)
        const answer = await ann.ask('/session')
        assert.deepEqual([answer.status, code(answer)], [401, 'session-over'])
        return '29 minutes: 200. 30 minutes: 401 session-over'
      },
    },
    {
      shows: ['S111'],
      what: 'Through a long night of work Ann’s token is replaced once a day has passed; the old one is worth nothing',
      async act({ platform, profile, people: { ann } }) {
        await fresh(ann)
        assert.equal(profile.session.rotateHours, 24)
        const first = ann.token
        const from = platform.clock()
        while (ann.token === first) {
          assert.ok(
            platform.clock() - from <= profile.session.rotateHours * HOUR + 30 * MINUTE,
            'the token is replaced in time',
          )
          platform.clock.advance(29 * MINUTE)
          await got(ann, '/session')
        }
        const hours = (platform.clock() - from) / HOUR
        assert.ok(hours >= profile.session.rotateHours - 0.5, `after ${hours} hours`)
        platform.clock.advance(5 * MINUTE)
        const old = await ask(platform, '/session', { headers: { authorization: `Bearer ${first}` } })
        assert.equal(old.status, 401)
        return `replaced after ${hours.toFixed(1)} hours; the old token meets ${old.status}`
      },
    },
    {
      shows: ['S114'],
      what: 'Services inside talk over mutual TLS: with a certificate of the house, and not without one or with another’s',
      async act({ platform, internal }) {
        const target = { url: internal.url, ca: platform.ca }
        const mine = await platform.certificate('billing', ['spiffe://platform.example/billing'])
        const welcome = await ask(target, '/', { cert: mine })
        assert.deepEqual(welcome.json, { peer: ['URI:spiffe://platform.example/billing'] })
        const others = await (await authority('somebody else')).issue('billing', ['spiffe://platform.example/billing'])
        const refusals: string[] = []
        for (const cert of [undefined, others]) {
          const failed = await ask(target, '/', cert === undefined ? {} : { cert }).then(
            ({ status }) => assert.fail(`answered with ${status}`),
            (error: NodeJS.ErrnoException) => error.code ?? error.message,
          )
          refusals.push(failed)
        }
        return `known by name with the right certificate; without one ${refusals[0]}, with a foreign one ${refusals[1]}`
      },
    },
  ],
}
