import assert from 'node:assert/strict'
import { connect } from 'node:tls'
import type { Chapter, Platform } from '@phi/example-platform'
import { code, findingOf, PRACTICE, type World } from '../world.ts'

const MINUTE = 60_000

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

export const protection: Chapter<World> = {
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
}
