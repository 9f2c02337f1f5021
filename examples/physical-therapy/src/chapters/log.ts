import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { AuditRecord } from '@phi/audit'
import { readCsv, readJson } from '@phi/audit/export'
import { verifyForwardedBatch } from '@phi/audit/forward'
import { ask, type Browser, type Chapter, type Platform } from '@phi/example-platform'
import { fresh, got, NORTH, sent, type World } from '../world.ts'

async function* pieces(text: string): AsyncGenerator<string, void, undefined> {
  yield text
}

/** The whole log of a practice, as its administrator exports it. */
async function exported(browser: Browser): Promise<readonly AuditRecord[]> {
  const answer = await browser.ask('/audit/export.json')
  assert.equal(answer.status, 200, answer.text)
  const records: AuditRecord[] = []
  for await (const record of readJson(pieces(answer.text))) records.push(record)
  return records
}

const isUtc = (text: string | undefined): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text ?? '')

/** A receiver as a customer runs one: believes what is signed, and keeps each record once. */
async function siem(platform: Platform, key: { readonly id: string; readonly secret: Uint8Array }) {
  const { cert, key: pem } = await platform.certificate('siem', ['127.0.0.1'])
  const kept = new Map<string, unknown>()
  const sockets = new Set<Socket>()
  let forged = 0
  const server = createServer({ cert, key: pem }, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const verdict = await verifyForwardedBatch({ headers: request.headers, body, keys: [key], clock: Date.now })
    if (verdict.is !== 'genuine') {
      forged++
      response.writeHead(401).end()
      return
    }
    for (const record of JSON.parse(body.toString()) as { readonly id: string }[]) kept.set(record.id, record)
    response.end()
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    kept,
    forged: () => forged,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export const logChapter: Chapter<World> = {
  title: 'Tuesday: what the log says of it',
  steps: [
    {
      shows: ['S97'],
      what: 'Olga looks at the log in her portal; Ann, who is no administrator, may not',
      async act({ people: { ann, olga } }) {
        await fresh(ann, olga)
        const entries = await got<readonly { readonly actorId: string }[]>(olga, '/audit?patient=p-1', 200, 'HSYSADMIN')
        assert.ok(entries.some(({ actorId }) => actorId === 'ann') && entries.some(({ actorId }) => actorId === 'pat'))
        await got(ann, '/audit', 403, 'HSYSADMIN')
        return `${entries.length} entries about the patient for the administrator, 403 for the therapist`
      },
    },
    {
      shows: ['S125'],
      what: 'She exports it as JSON and as CSV, and both read back as what was recorded',
      async act({ people: { olga } }) {
        const records = await exported(olga)
        const csv = await olga.ask('/audit/export.csv')
        assert.match(csv.headers['content-type'] ?? '', /^text\/csv/)
        const rows: AuditRecord[] = []
        for await (const row of readCsv(pieces(csv.text))) rows.push(row as AuditRecord)
        // The second export has the entry of the first.
        assert.ok(rows.length > records.length)
        for (const [index, record] of records.entries()) assert.deepEqual(rows[index]?.event.actor, record.event.actor)
        return `${records.length} records as JSON, ${rows.length} as CSV, the export itself recorded`
      },
    },
    {
      shows: ['S123'],
      what: 'Sign-ins and failed ones, reads, changes, downloads, messages that were sent and settings that were changed: all are in it',
      async act({ people: { ann, olga, pat } }) {
        await fresh(pat)
        const verified = {
          step: 'verified',
          at: '2026-04-07T09:00:00.000Z',
          method: 'code',
          recordedAt: '2026-04-07T09:00:00.000Z',
          recordedBy: 'olga',
        }
        const added = { ...verified, step: 'added' }
        const { method: _, ...plain } = added
        const portal = { kind: 'contact-point', id: 'portal', channel: 'portal', address: 'portal', history: [plain, verified] }
        await sent(olga, '/patients/p-1/directives', portal, { status: 201, purpose: 'PATADMIN' })
        await sent(ann, '/patients/p-1/messages', { kind: 'result', body: 'Your images look well.' }, { status: 201 })
        const times = { start: '2026-04-09T13:00:00.000Z', end: '2026-04-09T13:45:00.000Z' }
        await sent(olga, '/appointments', { id: 'a-1', patient: 'p-1', ...times }, { status: 201, purpose: 'PATADMIN' })
        assert.equal((await olga.ask('/appointments/a-1', { method: 'DELETE' })).status, 204)
        const draft = { id: 'n-2', patient: 'p-1', body: 'Strength 4 of 5.', sessionDate: '2026-04-07' }
        await sent(ann, '/notes', draft, { status: 201 })
        await sent(ann, '/notes/n-2', { patient: 'p-1', body: 'Strength 5 of 5.' }, { method: 'PUT' })
        const download = await olga.ask('/compliance-package/overview')
        assert.equal(download.status, 200, download.text)
        const records = await exported(olga)
        const has = (action: string, outcome = 'success') =>
          records.some(({ event }) => event.action === action && event.outcome === outcome)
        for (const action of ['login', 'read', 'create', 'update', 'delete', 'download', 'send', 'export', 'break-glass'])
          assert.ok(has(action), action)
        const sign = records.filter(({ event }) => /^login|^session/.test(event.action ?? ''))
        assert.ok(sign.some(({ event }) => event.outcome !== 'success'))
        return 'login, read, create, update, delete, download, send, export and break-glass, and the sign-ins that failed'
      },
    },
    {
      shows: ['S94', 'S112', 'S124'],
      what: 'Every entry of a request says who, in which role and organization, from which address, when in UTC, what was done to which record, how it ended, with which program',
      async act({ people: { olga } }) {
        const records = (await exported(olga)).filter(({ event }) => event.source?.request !== undefined)
        assert.ok(records.length > 30)
        for (const { event, recordedAt } of records) {
          assert.ok(event.actor?.id && event.action && event.source?.ip && event.source.userAgent, JSON.stringify(event))
          assert.ok(isUtc(event.occurredAt) && isUtc(recordedAt))
          assert.ok(['success', 'failure', 'denied'].includes(event.outcome ?? ''))
          if (event.actor.type === 'system') continue
          assert.equal(event.actor.organization, NORTH)
          // Who was not let in acts in no role.
          assert.ok(event.action === 'login-failed' || (event.actor.roles?.length ?? 0) > 0, `a role of ${event.action}`)
        }
        const reads = records.filter(({ event }) => event.action === 'read' && event.subject?.resource?.type === 'ProgressNote')
        assert.ok(reads.some(({ event }) => event.outcome === 'success' && event.subject?.resource?.id === 'n-1'))
        assert.ok(records.some(({ event }) => event.outcome === 'denied'))
        const verbs = new Set(records.map(({ event }) => event.action))
        for (const verb of ['create', 'read', 'update', 'delete']) assert.ok(verbs.has(verb as never), verb)
        return `${records.length} entries, all fields in each; ${[...verbs].sort().join(', ')}`
      },
    },
    {
      shows: ['S125', 'S123'],
      what: 'Olga has the log sent on to her own SIEM over HTTPS; the receiver checks the signature, and a second run sends only what is new',
      async act({ platform, people: { olga } }) {
        const key = { id: 'siem-1', secret: new Uint8Array(randomBytes(32)) }
        const receiver = await siem(platform, key)
        try {
          const where = { url: receiver.url, key: { id: key.id, secret: Buffer.from(key.secret).toString('base64') } }
          const first = await sent<{ status: string; delivered: number }>(olga, '/audit/forwarding', where, {
            purpose: 'HSYSADMIN',
          })
          assert.deepEqual([first.status, receiver.kept.size], ['ok', first.delivered])
          assert.ok(first.delivered > 30)
          assert.doesNotMatch(JSON.stringify([...receiver.kept.values()]), /p-1|Knee|Pat Doe/)
          const second = await sent<{ delivered: number }>(olga, '/audit/forwarding', where, { purpose: 'HSYSADMIN' })
          assert.ok(second.delivered > 0 && second.delivered < 5)
          const setting = (await exported(olga)).filter(({ event }) => event.action === 'configure')
          assert.ok(setting.length >= 2)
          const forged = await ask({ url: receiver.url, ca: platform.ca }, '/', { method: 'POST', json: [{ id: 'made-up' }] })
          assert.deepEqual([forged.status, receiver.forged(), receiver.kept.has('made-up')], [401, 1, false])
          return `${first.delivered} records, then ${second.delivered} more; none names a patient; an unsigned batch met 401; the setting is in the log`
        } finally {
          await receiver.close()
        }
      },
    },
    {
      shows: ['S95'],
      what: 'The log verifies. The service cannot change an entry; somebody who owns the database can, and it shows',
      async act({ platform, people: { olga } }) {
        const check = async () => (await got<{ verdict: string }>(olga, '/audit/verification', 200, 'HSYSADMIN')).verdict
        assert.equal(await check(), 'intact')
        for (const sql of ['update phi.audit_entry set leaf = leaf', 'delete from phi.audit_entry'])
          await assert.rejects(
            platform.within(NORTH, (tx) => tx.query(sql)),
            /permission denied|append-only/,
          )
        // What the owner of the database could do: switch the triggers off and rewrite an entry. The log is put right again afterwards.
        const triggers = (what: 'disable' | 'enable always') =>
          platform.db.exec(`do $$ declare each regclass; begin
            for each in select 'phi.audit_entry'::regclass union select inhrelid::regclass from pg_inherits where inhparent = 'phi.audit_entry'::regclass
            loop execute format('alter table %s ${what} trigger append_only', each); end loop; end $$`)
        const rewrite = (from: string, to: string) =>
          platform.db.query(`update phi.audit_entry set event = replace(event, $1, $2) where tenant = '${NORTH}'`, [from, to])
        await triggers('disable')
        await rewrite('"break-glass"', '"break-grass"')
        const after = await check()
        await rewrite('"break-grass"', '"break-glass"')
        await triggers('enable always')
        assert.equal(after, 'broken')
        assert.equal(await check(), 'intact')
        return 'intact; update and delete refused to the service; one rewritten entry: broken; put right: intact'
      },
    },
  ],
}
