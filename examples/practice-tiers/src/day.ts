import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:tls'
import type { AuditRecord } from '@phi/audit'
import { type Agreement, namesPhi, signAgreement, signedBeforePhi } from '@phi/baa'
import {
  type AgreementDesk,
  type Answer,
  agreementDesk,
  auditRoutes,
  Browser,
  type Day,
  hashOfCopy,
  type Platform,
  putPatientFacts,
  readProfile,
  recordRoutes,
  startPlatform,
} from '@phi/example-platform'
import { promiseRoutes } from './routes.ts'

/** The day's people and places. */
export interface World {
  readonly platform: Platform
  readonly desk: AgreementDesk
  /** A practice of one, and its owner, who treats as well. */
  readonly dana: Browser
  /** A coach on the free plan. */
  readonly kim: Browser
}

const PRACTICE = 'harbor'
const COACHING = 'coaching'
const MINUTE = 60_000
const purpose = { 'purpose-of-use': 'TREAT' }

const code = ({ json }: Answer): unknown => (json as { readonly code?: string } | undefined)?.code
const write = (browser: Browser, path: string, json: unknown): Promise<Answer> =>
  browser.ask(path, { method: 'POST', json, headers: purpose })
const note = { patient: 'p-1', body: 'Slept better, walked every day.', sessionDate: '2026-11-23' }

/** Asks for an agreement. */
const applicant = {
  name: 'Dana Reyes',
  practiceName: 'Harbor Practice',
  npi: '1234567893',
  licence: { state: 'OH', profession: 'LCSW', number: '12345', expires: '2027-06-30' },
  plan: 'pro',
}

interface Notice {
  readonly addressee: string
  readonly status: string
  readonly due?: string
  readonly dueInstant?: string
  readonly citation: string
}

/** Notices after a breach found on 1 December, by addressee. */
async function notices(
  dana: Browser,
  individuals: number,
  residents: Readonly<Record<string, number>>,
): Promise<Map<string, Notice>> {
  const facts = { discovered: '2026-12-01T09:00:00-05:00', individuals, residents, timeZone: 'America/New_York' }
  const { status, json } = await dana.ask('/breach/notices', { method: 'POST', json: facts })
  assert.equal(status, 200)
  return new Map((json as Notice[]).map((each) => [each.addressee, each]))
}

/** Whether an entry is of something stored or read about a patient. What was refused was not stored; an agreement is about no patient. */
const holdsPhi = (record: AuditRecord): boolean | 'unknown' => {
  const type = record.event.subject?.resource?.type
  if (
    record.event.outcome !== 'success' ||
    type === undefined ||
    ['Agreement', 'Safeguard', 'Incident', 'AuditEntry'].includes(type)
  )
    return false
  return namesPhi(record)
}

const findingOf = async (dana: Browser, wanted: string): Promise<string> => {
  const found = ((await dana.ask('/promises/findings')).json as { readonly code: string; readonly says: string }[]).find(
    (each) => each.code === wanted,
  )
  assert.ok(found, `a finding ${wanted}`)
  return found.says
}

/** A TLS handshake with one version only. @returns the version, or why there is none */
const handshake = ({ url, ca }: Platform, version: 'TLSv1.2' | 'TLSv1.3'): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url)
    const socket = connect({
      host: hostname,
      port: Number(port),
      ca,
      servername: 'localhost',
      minVersion: version,
      maxVersion: version,
    })
    socket.once('secureConnect', () => {
      resolve(socket.getProtocol() ?? 'none')
      socket.destroy()
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'refused'))
  })

async function stored(dana: Browser, path: string, record: unknown): Promise<void> {
  const { status, text } = await write(dana, path, record)
  assert.equal(status, 201, text)
}

async function notStored(dana: Browser, path: string, record: unknown, why: string): Promise<string> {
  const answer = await write(dana, path, record)
  assert.deepEqual([answer.status, code(answer)], [403, why])
  return `refused: ${why}`
}

export const day: Day<World> = {
  title: 'A day with a practice tool',
  async begin() {
    const profile = readProfile(JSON.parse(await readFile(new URL('../platform.json', import.meta.url), 'utf8')))
    const desk = agreementDesk(profile)
    const platform = await startPlatform({
      profile,
      routes: [desk.routes, recordRoutes, auditRoutes, promiseRoutes],
      start: '2026-11-20T14:00:00.000Z',
    })
    await platform.enrol({ subject: 'dana', tenant: PRACTICE, roles: ['administrator', 'therapist'] }, 'sign-up')
    await platform.enrol({ subject: 'kim', tenant: COACHING, roles: ['administrator', 'therapist'] }, 'sign-up')
    for (const tenant of [PRACTICE, COACHING]) await putPatientFacts(platform, tenant, 'p-1', { careTeam: ['dana', 'kim'] })
    return { platform, desk, dana: new Browser(platform, 'dana'), kim: new Browser(platform, 'kim') }
  },
  end: ({ platform }) => platform.close(),
  chapters: [
    {
      title: 'Friday: who needs an agreement, and who gets one',
      steps: [
        {
          shows: ['S143'],
          what: 'Dana and Kim sign in, each under an id of their own',
          async act({ dana, kim }) {
            for (const each of [dana, kim]) assert.equal((await each.signIn()).status, 201)
            const ids = await Promise.all(
              [dana, kim].map(async (each) => ((await each.ask('/session')).json as { readonly subject: string }).subject),
            )
            assert.deepEqual(ids, ['dana', 'kim'])
            return `two sessions, for ${ids.join(' and ')}`
          },
        },
        {
          shows: ['S138', 'S141', 'C9'],
          what: 'A clinical social worker who sends claims is a covered entity; before she says whether she does, nobody knows',
          async act({ dana }) {
            const facts = { planOrClearinghouse: false, professions: ['clinical-social-worker'], billsInNormalCourse: true }
            const ask = async (more: object) =>
              (await dana.ask('/agreement/need', { method: 'POST', json: { ...facts, ...more } })).json as {
                readonly outcome: string
              }
            assert.equal((await ask({})).outcome, 'unknown')
            assert.equal((await ask({ standardTransactions: ['claim'] })).outcome, 'covered')
            assert.equal((await ask({ standardTransactions: false })).outcome, 'not-covered')
            return 'unknown without an answer, covered with claims, not covered when paid in cash alone'
          },
        },
        {
          shows: ['S142'],
          what: 'A life coach is not covered, unless the coach gives mental health treatment and bills for it',
          async act({ kim }) {
            const ask = async (more: object) =>
              (
                (
                  await kim.ask('/agreement/need', {
                    method: 'POST',
                    json: { planOrClearinghouse: false, professions: ['life-coach'], ...more },
                  })
                ).json as { readonly outcome: string }
              ).outcome
            assert.equal(await ask({ mentalHealthTreatment: false }), 'not-covered')
            const treats = {
              mentalHealthTreatment: true,
              licensed: true,
              billsInNormalCourse: true,
              standardTransactions: ['claim'],
            }
            assert.equal(await ask(treats), 'covered')
            return 'not covered; covered with treatment that is billed in standard transactions'
          },
        },
        {
          shows: ['S139'],
          what: 'Kim, on the free plan, gets no agreement and can store nothing about a client',
          async act({ kim }) {
            const asked = await kim.ask('/agreement/request', { method: 'POST', json: { ...applicant, plan: 'free' } })
            assert.deepEqual([asked.status, code(asked)], [422, 'plan-not-eligible'])
            return notStored(kim, '/notes', note, 'agreement-not-signed')
          },
        },
        {
          shows: ['S149'],
          what: 'A request without an NPI, with a mistyped one, or without a licence is sent back',
          async act({ dana }) {
            const problems: unknown[] = []
            for (const part of [
              { npi: undefined },
              { npi: '1234567890' },
              { licence: undefined },
              { name: '' },
              { practiceName: undefined },
            ]) {
              problems.push(code(await dana.ask('/agreement/request', { method: 'POST', json: { ...applicant, ...part } })))
            }
            assert.deepEqual(problems, [
              'npi-missing',
              'npi-invalid',
              'licence-missing',
              'name-missing',
              'practice-name-missing',
            ])
            return problems.join(', ')
          },
        },
        {
          shows: ['S149', 'S150'],
          what: 'Dana asks for the agreement of the Pro plan, and an answer is due within two business days',
          async act({ dana }) {
            const asked = await dana.ask('/agreement/request', { method: 'POST', json: applicant })
            assert.equal(asked.status, 201)
            const { state, answerDue } = asked.json as {
              readonly state: string
              readonly answerDue: { readonly perhaps: string; readonly certainly: string }
            }
            assert.equal(state, 'requested')
            // The guide names no calendar of business days: from the first moment it is perhaps overdue, from the second in any calendar.
            assert.ok(answerDue.perhaps < '2026-11-24' && answerDue.certainly > '2026-11-24')
            return `perhaps overdue from ${answerDue.perhaps.slice(0, 10)}, certainly from ${answerDue.certainly.slice(0, 10)}`
          },
        },
        {
          shows: ['S151'],
          what: 'Before anybody has signed, a note is refused',
          act: ({ dana }) => notStored(dana, '/notes', note, 'agreement-not-signed'),
        },
      ],
    },
    {
      title: 'Monday: signed by both',
      steps: [
        {
          shows: ['S150', 'S161'],
          what: 'The tool sends the agreement on the next business day; its terms carry version and date',
          async act({ platform, desk, dana }) {
            platform.clock.set('2026-11-23T15:00:00.000Z')
            assert.equal((await dana.signIn()).status, 201)
            assert.equal(desk.send(PRACTICE), 'sent')
            const { terms } = (await dana.ask('/agreement')).json as { readonly terms: Agreement }
            assert.deepEqual([terms.version, terms.dated, terms.plan], ['1.3', '2025-01-01', 'pro'])
            return `version ${terms.version}, dated ${terms.dated}`
          },
        },
        {
          shows: ['S150'],
          what: 'Dana signs electronically; a signature by another key than the one she gave is refused',
          async act({ platform, dana }) {
            const { terms } = (await dana.ask('/agreement')).json as { readonly terms: Agreement }
            const keys = [0, 1].map(() => generateKeyPairSync('ed25519'))
            const at = new Date(platform.clock()).toISOString()
            const [own, other] = await Promise.all(
              keys.map(({ privateKey }) =>
                signAgreement(terms, { party: PRACTICE, at, signer: { alg: 'EdDSA', kid: 'dana-1', key: privateKey } }),
              ),
            )
            const key = { kid: 'dana-1', ...keys[0]?.publicKey.export({ format: 'jwk' }) }
            const forged = await dana.ask('/agreement/signature', { method: 'POST', json: { signature: other, key } })
            assert.deepEqual([forged.status, code(forged)], [422, 'signature-not-valid'])
            const signed = await dana.ask('/agreement/signature', { method: 'POST', json: { signature: own, key } })
            assert.deepEqual(signed.json, { state: 'signed' })
            return 'signed by the practice, with a key of its own'
          },
        },
        {
          shows: ['S151'],
          what: 'With one signature of two, a note is still refused',
          act: ({ dana }) => notStored(dana, '/notes', note, 'agreement-not-signed'),
        },
        {
          shows: ['S150'],
          what: 'The tool countersigns, and Dana keeps the countersigned copy with both signatures in it',
          async act({ desk, dana }) {
            assert.equal(await desk.countersign(PRACTICE), 'countersigned')
            const { signatures } = (await dana.ask('/agreement')).json as { readonly signatures: readonly string[] }
            assert.equal(signatures.length, 2)
            const keep = (copy: readonly string[]) =>
              dana.ask('/agreement/copy', { method: 'POST', json: { documentHash: hashOfCopy(copy) } })
            assert.equal(code(await keep(signatures.slice(0, 1))), 'another-document')
            assert.deepEqual((await keep(signatures)).json, { state: 'copy-kept' })
            return 'two signatures, and the copy is kept'
          },
        },
        {
          shows: ['S140', 'S152'],
          what: 'Now a note and a plan are stored, and read back',
          async act({ dana, platform }) {
            platform.clock.advance(1_000)
            await stored(dana, '/notes', note)
            await stored(dana, '/plans', { patient: 'p-1', goals: 'sleep', summary: 'Six sessions.' })
            const listed = await dana.ask('/notes?patient=p-1', { headers: purpose })
            assert.equal((listed.json as unknown[]).length, 1)
            return 'a note and a plan stored, and the note read back'
          },
        },
        {
          shows: ['S152'],
          what: 'Names, contact data and appointments are taken as well',
          async act({ dana }) {
            const admin = (path: string, json: unknown) =>
              dana.ask(path, { method: 'POST', json, headers: { 'purpose-of-use': 'PATADMIN' } })
            const answers = [
              await admin('/patients', { patient: 'p-1', name: 'Pat Example', email: 'pat@example.org', phone: '555-0100' }),
              await admin('/appointments', {
                patient: 'p-1',
                start: '2026-11-24T15:00:00.000Z',
                end: '2026-11-24T15:50:00.000Z',
              }),
            ]
            assert.deepEqual(
              answers.map(({ status }) => status),
              [201, 201],
              answers.map(({ text }) => text).join(),
            )
            return 'both stored'
          },
        },
        {
          shows: ['S151'],
          what: 'The log itself shows that the signatures came before the first record',
          async act({ platform, desk }) {
            const log = await platform.log(PRACTICE)
            await log.checkpoint()
            const { verdict } = await log.verify()
            const { draft, model } = desk.standing(PRACTICE) ?? {}
            assert.ok(draft && model)
            const [agreement] = model.agreements
            assert.ok(agreement)
            const { size } = await log.head()
            const records = []
            for await (const record of log.records()) records.push(record)
            const found = await signedBeforePhi(agreement, records, {
              isPhi: holdsPhi,
              verified: verdict === 'intact',
              size,
            })
            assert.equal(found.outcome, 'signed-before', JSON.stringify(found))
            return `signed before; the log is ${verdict}`
          },
        },
      ],
    },
    {
      title: 'Monday: what does not belong here',
      steps: [
        {
          shows: ['S153'],
          what: 'A note with a diagnosis code is refused',
          act: ({ dana }) => notStored(dana, '/notes', { ...note, diagnosisCodes: ['F41.1'] }, 'agreement-class-prohibited'),
        },
        {
          shows: ['S153'],
          what: 'A note with a procedure code is refused',
          act: ({ dana }) => notStored(dana, '/notes', { ...note, procedureCodes: ['90834'] }, 'agreement-class-prohibited'),
        },
        {
          shows: ['S154'],
          what: 'A patient record with the insurer and the member number is refused',
          async act({ dana }) {
            const record = { patient: 'p-2', name: 'Sam Example', payer: 'Example Health', memberId: 'M-1' }
            const answer = await dana.ask('/patients', {
              method: 'POST',
              json: record,
              headers: { 'purpose-of-use': 'PATADMIN' },
            })
            assert.deepEqual([answer.status, code(answer)], [403, 'agreement-class-prohibited'])
            return 'refused: insurance billing'
          },
        },
        {
          shows: ['S155'],
          what: 'A note that tells of HIV is refused',
          act: ({ dana }) => notStored(dana, '/notes', { ...note, labels: ['hiv'] }, 'agreement-label-prohibited'),
        },
        {
          shows: ['S156'],
          what: 'A record of a Part 2 program is refused',
          async act({ dana }) {
            const answer = await write(dana, '/notes', { ...note, labels: ['part2'], part2Program: 'program-1' })
            // The policy refuses whoever is not of that program, and the agreement would refuse the rest.
            assert.ok([403, 404].includes(answer.status), String(answer.status))
            assert.notEqual(answer.status, 201)
            return `refused with ${answer.status}`
          },
        },
      ],
    },
    {
      title: 'Monday: locked, logged and sealed',
      steps: [
        {
          shows: ['S143', 'C8'],
          what: 'Fourteen minutes at rest go by unnoticed; after fifteen Dana is logged off',
          async act({ platform, dana }) {
            platform.clock.advance(14 * MINUTE)
            assert.equal((await dana.ask('/session')).status, 200)
            platform.clock.advance(15 * MINUTE)
            const late = await dana.ask('/session')
            assert.deepEqual([late.status, code(late)], [401, 'session-over'])
            assert.equal((await dana.signIn()).status, 201)
            const log = await platform.log(PRACTICE)
            const { records } = await log.query({ action: 'session-expired' })
            assert.equal(records.length, 1)
            return 'logged off, and the log says so'
          },
        },
        {
          shows: ['S146', 'C8'],
          what: 'A client that speaks TLS 1.2 at most gets no connection; TLS 1.3 does',
          async act({ platform }) {
            const [old, current] = [await handshake(platform, 'TLSv1.2'), await handshake(platform, 'TLSv1.3')]
            assert.match(old, /^(ERR_SSL|ECONNRESET|EPROTO)/)
            assert.equal(current, 'TLSv1.3')
            return `TLS 1.2: refused; TLS 1.3: ${current}`
          },
        },
        {
          shows: ['S145'],
          what: 'The log verifies, and one altered byte in the database is found',
          async act({ platform, dana }) {
            const before = (await dana.ask('/audit/verification')).json as { readonly verdict: string }
            assert.equal(before.verdict, 'intact')
            const { db } = platform
            await db.exec(`alter table phi.audit_entry disable trigger all;
              update phi.audit_entry set subject = replace(subject, 'ProgressNote', 'ProgressNote!') where subject like '%ProgressNote%';
              alter table phi.audit_entry enable trigger all`)
            const after = (await dana.ask('/audit/verification')).json as {
              readonly verdict: string
              readonly findings: readonly { readonly code: string }[]
            }
            assert.equal(after.verdict, 'broken')
            const codes = [...new Set(after.findings.map((each) => each.code))]
            assert.ok(codes.includes('altered-group'), codes.join())
            await db.exec(`alter table phi.audit_entry disable trigger all;
              update phi.audit_entry set subject = replace(subject, 'ProgressNote!', 'ProgressNote');
              alter table phi.audit_entry enable trigger all`)
            return `intact; then broken: ${codes.join(', ')}`
          },
        },
        {
          shows: ['S144', 'C2'],
          what: 'Two years of logs are shorter than the six of the documentation rule: reported, and six are kept',
          async act({ dana }) {
            const { json } = await dana.ask('/retention/audit-log', { method: 'POST', json: { created: '2024-11-20' } })
            const { found, statedShorter } = json as {
              readonly found: { readonly status: string; readonly keepThrough: string }
              readonly statedShorter: readonly { readonly rule: string }[]
            }
            assert.notEqual(found.status, 'disposable')
            assert.ok(found.keepThrough >= '2030-11-19', found.keepThrough)
            assert.ok(statedShorter.some(({ rule }) => rule === 'house.audit-log'))
            const says = await findingOf(dana, 'C2')
            assert.match(says, /shorter than the documentation period/)
            assert.doesNotMatch(says, /illegal|unlawful/)
            return `kept through ${found.keepThrough}`
          },
        },
      ],
    },
    {
      title: 'Monday: who does what',
      steps: [
        {
          shows: ['S137', 'C10'],
          what: 'The table of shared responsibility names the tool, you, and what nobody has yet',
          async act({ dana }) {
            const { json } = await dana.ask('/responsibilities', { method: 'POST', json: { done: [] } })
            const { gaps, rows } = json as {
              readonly gaps: readonly string[]
              readonly rows: readonly (readonly [string, string])[]
            }
            assert.deepEqual(
              rows
                .filter(([, by]) => by === 'provider')
                .map(([control]) => control)
                .sort(),
              ['access-and-transmission-log', 'document-checksums', 'encryption-in-transit', 'practice-tool-logoff'],
            )
            assert.equal(gaps.length, 9)
            return `4 by the tool, ${gaps.length} that you have not entered`
          },
        },
        {
          shows: ['S147', 'S148', 'C8', 'C10'],
          what: 'Dana enters what she has done, with evidence and an owner; what she left out stays open, and a lock after ten minutes is too late',
          async act({ dana, platform }) {
            const mine = platform.profile.safeguards.filter(({ by }) => by === 'customer').map(({ control }) => control)
            const entries = (minutes: number) =>
              mine
                .filter((control) => control !== 'sanction-policy')
                .map((control) => ({
                  control,
                  owner: 'dana',
                  evidence: `file-${control}`,
                  on: '2026-11-20',
                  ...(control === 'screen-lock' && { parameter: { minutes } }),
                }))
            const enter = async (minutes: number) =>
              (await dana.ask('/responsibilities', { method: 'POST', json: { done: entries(minutes) } })).json as {
                readonly gaps: readonly string[]
                readonly open: readonly string[]
              }
            const late = await enter(10)
            assert.deepEqual(late.open, ['sanction-policy: no-entry', 'screen-lock: parameter-weaker'])
            const { gaps, open } = await enter(5)
            assert.deepEqual([gaps, open], [['sanction-policy'], ['sanction-policy: no-entry']])
            return `after ten minutes: ${late.open.join(', ')}; after five: ${open.join(', ')}`
          },
        },
      ],
    },
    {
      title: 'December: a laptop is lost',
      steps: [
        {
          shows: ['S157'],
          what: 'The tool owes Dana word within 24 hours, to the minute',
          async act({ dana }) {
            const found = (await notices(dana, 12, { OH: 12 })).get('covered-entity')
            assert.equal(found?.status, 'due')
            assert.equal(new Date(found?.dueInstant ?? '').toISOString(), '2026-12-02T14:00:00.000Z')
            return `due ${found?.dueInstant}`
          },
        },
        {
          shows: ['S158'],
          what: 'Dana owes her patients word within 60 days, and without unreasonable delay',
          async act({ dana }) {
            const found = (await notices(dana, 12, { OH: 12 })).get('individuals')
            assert.equal(found?.due, '2027-01-30')
            return `due ${found?.due} (${found?.citation})`
          },
        },
        {
          shows: ['S159', 'C3'],
          what: 'HHS within 60 days: for 500 or more. For fewer, within 60 days after the year in which it was discovered',
          async act({ dana }) {
            const [few, many] = [await notices(dana, 499, { OH: 499 }), await notices(dana, 500, { OH: 500 })]
            assert.equal(few.get('secretary')?.due, '2027-03-01')
            assert.equal(many.get('secretary')?.due, '2027-01-30')
            assert.match(await findingOf(dana, 'C3'), /500/)
            return `499: ${few.get('secretary')?.due}; 500: ${many.get('secretary')?.due}; the sentence is a finding`
          },
        },
        {
          shows: ['S160', 'C4'],
          what: 'The media: for more than 500 residents of one State, and not for 500',
          async act({ dana }) {
            const of = async (individuals: number, residents: Readonly<Record<string, number>>) =>
              (await notices(dana, individuals, residents)).get('media')?.status
            assert.deepEqual(
              [await of(500, { OH: 500 }), await of(501, { OH: 501 }), await of(900, { OH: 450, PA: 450 })],
              ['not-applicable', 'due', 'not-applicable'],
            )
            assert.match(await findingOf(dana, 'C4'), /more than 500|one State/)
            return '500: none; 501 in one State: due; 900 over two States: none'
          },
        },
      ],
    },
  ],
}
