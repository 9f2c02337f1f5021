import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp, type RequestListener } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TlsOptions } from 'node:tls'
import { fixedClock, formatInstant } from '@phi/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { judgeTransport } from '../transport/judge.ts'
import type { TransportReport } from '../transport/report.ts'
import { answerOf, offer } from './offer.ts'
import { type ProbeOptions, probe } from './probe.ts'
import { askHttp } from './response.ts'

const OPENSSL = process.env.OPENSSL ?? 'openssl'
function canMakeCertificates(): boolean {
  try {
    execFileSync(OPENSSL, ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

interface Identity {
  readonly key: string
  readonly cert: string
}

/** An authority, and certificates of it made with the command of OpenSSL: for a name, and for a span of days that may lie in the past. */
function authority(folder: string) {
  const at = (file: string) => join(folder, file)
  const run = (...args: string[]) => execFileSync(OPENSSL, args, { cwd: folder, stdio: 'ignore' })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  run('req', '-x509', ...ec, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '3650', '-subj', '/CN=Test Authority')
  writeFileSync(at('index.txt'), '')
  writeFileSync(at('serial'), '1000\n')
  writeFileSync(
    at('ca.cnf'),
    '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nunique_subject=no\ncopy_extensions=copy\n[p]\ncommonName=supplied\n',
  )
  let count = 0
  return {
    pem: readFileSync(at('ca.pem'), 'utf8'),
    issue(name: string, from: string, to: string): Identity {
      const id = `c${count++}`
      const names = ['-addext', `subjectAltName=${name}`]
      run('req', ...ec, '-keyout', at(`${id}.key`), '-out', at(`${id}.csr`), '-subj', `/CN=${id}`, ...names)
      const dates = ['-startdate', from, '-enddate', to]
      const ca = ['-config', at('ca.cnf'), '-cert', at('ca.pem'), '-keyfile', at('ca.key')]
      run('ca', '-batch', ...ca, '-in', at(`${id}.csr`), '-out', at(`${id}.pem`), '-notext', ...dates)
      return { key: readFileSync(at(`${id}.key`), 'utf8'), cert: readFileSync(at(`${id}.pem`), 'utf8') }
    },
    selfSigned(): Identity {
      const names = ['-addext', 'subjectAltName=DNS:localhost']
      run(
        'req',
        '-x509',
        ...ec,
        '-keyout',
        at('self.key'),
        '-out',
        at('self.pem'),
        '-days',
        '30',
        '-subj',
        '/CN=self',
        ...names,
      )
      return { key: readFileSync(at('self.key'), 'utf8'), cert: readFileSync(at('self.pem'), 'utf8') }
    },
  }
}

const GOOD = 'max-age=31536000; includeSubDomains; preload'

describe.skipIf(!canMakeCertificates())('the probe, against live servers on this machine', { timeout: 60_000 }, () => {
  let folder: string
  let ca: string
  let good: Identity
  let expired: Identity
  let elsewhere: Identity
  let selfSigned: Identity
  // Certificates are judged by the clock that is passed in; OpenSSL itself looks at the one of the machine. A minute later, for
  // a certificate that is made now is good from now on.
  const now = Date.now() + 60_000
  const clock = fixedClock(now)
  const open: { server: Server; sockets: Set<Socket> }[] = []

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'phi-probe-'))
    const made = authority(folder)
    const stamp = (at: number) => `${formatInstant(at).replace(/[-:T]/g, '').slice(0, 14)}Z`
    const day = 86_400_000
    ca = made.pem
    good = made.issue('DNS:localhost,IP:127.0.0.1', stamp(now - day), stamp(now + 100 * day))
    expired = made.issue('DNS:localhost', stamp(now - 30 * day), stamp(now - 2 * day))
    elsewhere = made.issue('DNS:other.example', stamp(now - day), stamp(now + 100 * day))
    selfSigned = made.selfSigned()
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  afterEach(async () => {
    for (const { server, sockets } of open.splice(0)) {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  const listen = async (server: Server): Promise<number> => {
    const sockets = new Set<Socket>()
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
    })
    open.push({ server, sockets })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }
  const respond =
    (headers: Record<string, string | string[]>): RequestListener =>
    (_request, response) => {
      response.writeHead(200, headers).end('hello')
    }
  const https = (tls: TlsOptions, headers: Record<string, string | string[]> = { 'strict-transport-security': GOOD }) => {
    const server = createHttps({ ...good, ...tls }, respond(headers))
    server.on('tlsClientError', () => {})
    return listen(server)
  }
  const http = (listener: RequestListener) => listen(createHttp(listener))
  const redirect = (location: string) =>
    http((_request, response) => {
      response.writeHead(301, { location }).end()
    })
  const ask = (port: number, more: Partial<ProbeOptions> = {}): Promise<TransportReport> =>
    probe(`https://localhost:${port}/room?secret=1`, {
      clock,
      address: '127.0.0.1',
      ca,
      timeout: 5000,
      httpPort: false,
      ...more,
    })
  const holds = (report: TransportReport, profile: 'tls12' | 'tls13') =>
    Object.fromEntries(judgeTransport(report, profile).map((row) => [row.code.slice('transport.'.length), row.holds]))

  it('S14 S15 S16 S87 S88 S146 C8 measures TLS 1.3 alone with HSTS of a year: good under both profiles', async () => {
    const port = await https({ minVersion: 'TLSv1.3' })
    const report = await ask(port, { httpPort: await redirect(`https://localhost:${port}/`) })
    expect(report).toMatchObject({
      format: 'phi.transport/v1',
      host: 'localhost',
      port,
      asOf: formatInstant(now),
      versions: { TLSv1: 'refused', 'TLSv1.1': 'refused', 'TLSv1.2': 'refused', 'TLSv1.3': 'accepted' },
      negotiated: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
      weakOffer: { answer: 'refused' },
      certificate: { inTime: true, nameMatches: true, trusted: true, selfSigned: false, daysLeft: 99 },
      hsts: { is: 'present', maxAge: 31_536_000, includeSubDomains: true, preload: true },
      http: 'redirects-to-https',
    })
    const all = { versions: true, cipher: true, 'weak-ciphers': true, certificate: true, hsts: true, http: true }
    expect(holds(report, 'tls12')).toEqual(all)
    expect(holds(report, 'tls13')).toEqual(all)
    expect(JSON.stringify(report)).not.toContain('secret')
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })

  it('S14 S87 C8 measures TLS 1.2 and 1.3: good under the one profile and not under the other', async () => {
    const port = await https({ minVersion: 'TLSv1.2', ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES256-GCM-SHA384' })
    const report = await ask(port)
    expect(report.versions).toEqual({ TLSv1: 'refused', 'TLSv1.1': 'refused', 'TLSv1.2': 'accepted', 'TLSv1.3': 'accepted' })
    expect(report.weakOffer).toEqual({ answer: 'refused' })
    expect(report.http).toBe('not-asked')
    expect(holds(report, 'tls12')).toMatchObject({ versions: true, cipher: true, 'weak-ciphers': true, http: 'unknown' })
    expect(holds(report, 'tls13')).toMatchObject({ versions: false })
    expect(judgeTransport(report, 'tls13')[0]).toMatchObject({ why: 'accepts TLSv1.2', requirements: ['S87', 'S146'] })
  })

  it('S16 finds a suite without authenticated encryption, agreed on or only taken', async () => {
    const cbc = await ask(await https({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' }))
    expect(cbc.negotiated).toEqual({ version: 'TLSv1.2', cipher: 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256' })
    expect(cbc.weakOffer).toEqual({ answer: 'accepted', cipher: 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256' })
    expect(holds(cbc, 'tls12')).toMatchObject({ versions: true, cipher: false, 'weak-ciphers': false })
    const both = await ask(
      await https({
        minVersion: 'TLSv1.2',
        ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA',
      }),
    )
    expect(both.weakOffer).toEqual({ answer: 'accepted', cipher: 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA' })
    expect(holds(both, 'tls12')).toMatchObject({ cipher: true, 'weak-ciphers': false })
  })

  it('S14 finds TLS 1.1 and 1.0, which this client has to be allowed to offer', async () => {
    const one = await ask(await https({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }))
    expect(one.versions).toEqual({ TLSv1: 'refused', 'TLSv1.1': 'accepted', 'TLSv1.2': 'refused', 'TLSv1.3': 'refused' })
    expect(one.negotiated?.version).toBe('TLSv1.1')
    expect(holds(one, 'tls12')).toMatchObject({ versions: false, cipher: false })
    const all = await ask(await https({ minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }))
    expect(Object.values(all.versions)).toEqual(['accepted', 'accepted', 'accepted', 'accepted'])
    expect(judgeTransport(all, 'tls12')[0]).toMatchObject({ holds: false, why: 'accepts TLSv1' })
  })

  it('S14 sees that a version was agreed on though the handshake fails later, for want of a client certificate', async () => {
    const port = await https({
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.2',
      ciphers: 'DEFAULT@SECLEVEL=0',
      requestCert: true,
      rejectUnauthorized: true,
      ca,
    })
    const report = await ask(port)
    expect(report.versions).toMatchObject({
      TLSv1: 'refused',
      'TLSv1.1': 'accepted',
      'TLSv1.2': 'accepted',
      'TLSv1.3': 'refused',
    })
    expect(report.hsts).toEqual({ is: 'unknown' })
    expect(holds(report, 'tls12')).toMatchObject({ versions: false, hsts: 'unknown' })
  })

  it('S88 S15 finds no HSTS, a short one, one that is switched off, and one that a bad certificate makes void', async () => {
    const none = await ask(await https({}, {}))
    expect(none.hsts).toEqual({ is: 'absent' })
    expect(holds(none, 'tls12').hsts).toBe(false)
    const short = await ask(await https({}, { 'strict-transport-security': 'max-age=300' }))
    expect([holds(short, 'tls12').hsts, holds(short, 'tls13').hsts]).toEqual([true, false])
    expect(judgeTransport(short, 'tls13').find(({ code }) => code === 'transport.hsts')).toMatchObject({
      why: 'max-age 300',
      requirements: ['S15', 'S88'],
    })
    const off = await ask(await https({}, { 'strict-transport-security': 'max-age=0' }))
    expect(holds(off, 'tls12').hsts).toBe(false)
    const twice = await ask(await https({}, { 'strict-transport-security': ['max-age=31536000', 'max-age=0'] }))
    expect(holds(twice, 'tls13').hsts).toBe(true)
    const untrusted = await ask(await https(selfSigned))
    expect(holds(untrusted, 'tls13').hsts).toBe(false)
  })

  it('S14 finds certificates that are expired, self-signed, of an unknown authority, or for another host', async () => {
    const old = await ask(await https(expired))
    expect(old.certificate).toMatchObject({ inTime: false, daysLeft: -3, problem: 'CERT_HAS_EXPIRED', trusted: 'unknown' })
    const own = await ask(await https(selfSigned))
    expect(own.certificate).toMatchObject({ inTime: true, nameMatches: true, selfSigned: true, trusted: false })
    const unknown = await ask(await https({}), { ca: undefined })
    expect(unknown.certificate).toMatchObject({ inTime: true, trusted: false, selfSigned: false })
    const other = await ask(await https(elsewhere))
    expect(other.certificate).toMatchObject({ trusted: true, nameMatches: false, problem: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    for (const report of [old, own, unknown, other]) expect(holds(report, 'tls12').certificate).toBe(false)
  })

  it('S14 takes a host that is an address for what its certificate says', async () => {
    const options = { clock, ca, timeout: 5000, httpPort: false } as const
    const named = await probe(`https://127.0.0.1:${await https({})}/`, options)
    expect(named).toMatchObject({
      host: '127.0.0.1',
      certificate: { nameMatches: true, trusted: true },
      hsts: { is: 'present' },
    })
    const other = await probe(`https://127.0.0.1:${await https(elsewhere)}/`, options)
    expect(other).toMatchObject({ certificate: { nameMatches: false, trusted: true } })
  })

  it('S14 judges the dates by the clock that is passed in', async () => {
    const port = await https({})
    const later = await ask(port, { clock: fixedClock(now + 200 * 86_400_000) })
    expect(later.certificate).toMatchObject({ inTime: false, daysLeft: -101 })
    const before = await ask(port, { clock: fixedClock(now - 2 * 86_400_000) })
    expect(before.certificate).toMatchObject({ inTime: false })
    expect(judgeTransport(before, 'tls12').find(({ code }) => code === 'transport.certificate')?.why).toBe('not yet valid')
  })

  it('S68 sees what plain http does', async () => {
    const target = { host: 'localhost', address: '127.0.0.1', timeout: 10_000, signal: undefined }
    const answer = (port: number, more: object = {}) => askHttp({ ...target, port, ...more })
    expect(await answer(await redirect('https://localhost/'))).toBe('redirects-to-https')
    expect(await answer(await redirect('https://elsewhere.example/'))).toBe('redirects-elsewhere')
    expect(await answer(await redirect('http://localhost/'))).toBe('redirects-elsewhere')
    expect(await answer(await redirect('/login'))).toBe('redirects-elsewhere')
    expect(await answer(await http(respond({})))).toBe('serves')
    const gone = await http(respond({}))
    const last = open.pop()
    await new Promise((resolve) => last?.server.close(resolve))
    expect(await answer(gone)).toBe('no-service')
    expect(await answer(await listen(createTcp((socket) => socket.destroy())))).toBe('failed')
    expect(await answer(await listen(createTcp((socket) => socket.end('garbage\r\n\r\n'))))).toBe('failed')
    expect(await answer(await listen(createTcp(() => {})), { timeout: 300 })).toBe('timeout')
  })

  const nothing = (answer: string) => ({ TLSv1: answer, 'TLSv1.1': answer, 'TLSv1.2': answer, 'TLSv1.3': answer })

  it.each([
    ['hangs', 'timeout', () => createTcp(() => {})],
    ['resets', 'dropped', () => createTcp((socket) => socket.once('data', () => socket.resetAndDestroy()))],
    ['closes', 'dropped', () => createTcp((socket) => socket.once('data', () => socket.end()))],
    ['speaks something else', 'not-tls', () => createTcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    [
      'sends an alert that refuses nothing',
      'failed',
      () => createTcp((socket) => socket.once('data', () => socket.end(Uint8Array.of(21, 3, 3, 0, 2, 2, 80)))),
    ],
    [
      'sends half a record',
      'failed',
      () => createTcp((socket) => socket.once('data', () => socket.end(Uint8Array.of(22, 3, 3, 2)))),
    ],
  ])('S14 knows nothing of a server that %s', async (_what, answer, make) => {
    // Only the one that hangs is waited for to the end.
    const report = await ask(await listen(make()), { timeout: answer === 'timeout' ? 300 : 10_000 })
    expect(report.versions).toEqual(nothing(answer))
    expect(report).toMatchObject({ hsts: { is: 'unknown' }, weakOffer: { answer } })
    expect(report.certificate).toBeUndefined()
    expect(Object.values(holds(report, 'tls12'))).toEqual(Array(6).fill('unknown'))
  })

  it('S14 knows nothing of a port that nobody listens on, and stops when it is told to', async () => {
    const port = await listen(createTcp(() => {}))
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 50)
    expect((await ask(port, { signal: abort.signal, timeout: 120_000 })).versions).toEqual(nothing('timeout'))
    expect((await ask(port, { signal: AbortSignal.abort(), timeout: 120_000 })).versions).toEqual(nothing('timeout'))
    const last = open.pop()
    for (const socket of last?.sockets ?? []) socket.destroy()
    await new Promise((resolve) => last?.server.close(resolve))
    const report = await ask(port)
    expect(report.versions).toEqual(nothing('unreachable'))
    expect(holds(report, 'tls12').versions).toBe('unknown')
  })

  it('S15 outlasts a server that never ends its response, or sends too much of a header', async () => {
    const endless = createHttps(good, (_request, response) => {
      response.writeHead(200, { 'strict-transport-security': GOOD })
      response.write('x'.repeat(65_536))
    })
    expect((await ask(await listen(endless))).hsts).toMatchObject({ is: 'present' })
    const huge = createHttps(good, respond({ 'x-large': 'x'.repeat(100_000), 'strict-transport-security': GOOD }))
    expect((await ask(await listen(huge))).hsts).toEqual({ is: 'unknown' })
    const silent = createHttps(good, () => {})
    expect(await ask(await listen(silent), { timeout: 4000 })).toMatchObject({
      hsts: { is: 'unknown' },
      certificate: { trusted: true },
    })
  })

  it('S14 says untestable where this client has nothing to offer', async () => {
    const port = await https({})
    const target = { host: 'localhost', address: '127.0.0.1', port, timeout: 2000, signal: undefined }
    // No suite of TLS 1.2 in a list of 1.3: the library ends before it sends a byte.
    const none = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'TLS_AES_128_GCM_SHA256' } as const
    expect(await offer(target, none)).toEqual({ answer: 'untestable' })
    expect(await offer(target, { ciphers: 'NO-SUCH-SUITE' })).toEqual({ answer: 'untestable' })
    const report = {
      ...(await ask(port)),
      versions: { ...nothing('refused'), TLSv1: 'untestable', 'TLSv1.3': 'accepted' },
    } as TransportReport
    expect(judgeTransport(report, 'tls12')[0]).toMatchObject({ holds: 'unknown', why: 'TLSv1: untestable' })
  })

  it('S14 reads the first bytes of an answer', () => {
    const bytes = (...all: number[]) => Uint8Array.from(all)
    const hello = (major: number, minor: number) => bytes(22, 3, 3, 0, 80, 2, 0, 0, 76, major, minor)
    const only = (maxVersion: 'TLSv1' | 'TLSv1.2' | 'TLSv1.3') => ({ minVersion: maxVersion, maxVersion })
    expect(answerOf(false, bytes(), only('TLSv1'))).toBe('untestable')
    expect(answerOf(true, bytes(), only('TLSv1'))).toBe('dropped')
    for (const alert of [40, 70, 71]) expect(answerOf(true, bytes(21, 3, 1, 0, 2, 2, alert), only('TLSv1'))).toBe('refused')
    expect(answerOf(true, bytes(21, 3, 1, 0, 2, 2, 112), only('TLSv1'))).toBe('failed')
    expect(answerOf(true, bytes(21, 3, 1), only('TLSv1'))).toBe('failed')
    expect(answerOf(true, hello(3, 1), only('TLSv1'))).toBe('accepted')
    expect(answerOf(true, hello(3, 1), only('TLSv1.2'))).toBe('refused')
    expect(answerOf(true, hello(3, 3), only('TLSv1.3'))).toBe('failed')
    expect(answerOf(true, hello(3, 2), only('TLSv1.3'))).toBe('refused')
  })
})

describe('the probe', () => {
  it('S68 is not sent to what is not https, nor with options out of range, and repeats nothing', async () => {
    const clock = fixedClock('2026-11-21T10:00:00.000Z')
    const bad: readonly [string, object?][] = [
      ['http://zed.example/'],
      ['zed'],
      ['ftp://zed.example'],
      ['https://zed:zed@zed.example/'],
      ['https://zed.example:0/'],
      ['https://zed.example', { clock: undefined }],
      ['https://zed.example', { timeout: 0 }],
      ['https://zed.example', { timeout: Number.NaN }],
      ['https://zed.example', { httpPort: 70_000 }],
      ['https://zed.example', { address: 'zed.example' }],
      ['https://zed.example', { clock: () => Number.NaN }],
    ]
    for (const [url, more] of bad) {
      const error = await refusal(probe(url, { clock, ...more } as ProbeOptions))
      expect(error.code).toBe('PHI_BAA_PROBE')
      expect(error.message).not.toContain('zed')
    }
    expect((await refusal(probe('https://zed.example', null as never))).code).toBe('PHI_BAA_PROBE')
  })
})
