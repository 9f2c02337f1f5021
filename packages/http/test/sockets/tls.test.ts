import { execFile } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { type ConnectionOptions, connect, createServer, type SecureVersion, type Server, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type TlsProfile, tlsClientOptions, tlsProfiles, tlsServerOptions, verifiedPeer } from '../../src/tls/index.ts'
import { subjectNames } from '../../src/tls/peer.ts'
import {
  type Authority,
  canMakeCertificates,
  certificates,
  type Identity,
  RSA_1024,
  RSA_2048,
  SECP256K1,
} from './certificates.ts'

const code = (run: () => unknown): { code: unknown; path: unknown; message: string } => {
  try {
    run()
  } catch (error) {
    const { code, path, message } = error as { code: unknown; path: unknown; message: string }
    return { code, path, message }
  }
  throw new Error('nothing was thrown')
}

describe.skipIf(!canMakeCertificates())('TLS by profile, over real sockets', () => {
  const files = certificates()
  let authority: Authority
  let stranger: Authority
  let server: Identity
  let rsa: Identity
  let client: Identity
  let other: Identity
  const open: { server: Server; sockets: Set<Socket> }[] = []

  beforeAll(() => {
    authority = files.authority()
    stranger = files.authority()
    server = authority.issue({ names: 'DNS:localhost,IP:127.0.0.1,URI:spiffe://clinic.example/notes' })
    rsa = authority.issue({ names: 'DNS:localhost', key: RSA_2048 })
    client = authority.issue({ names: 'URI:spiffe://clinic.example/billing,DNS:billing.internal' })
    other = stranger.issue({ names: 'URI:spiffe://clinic.example/billing' })
  })
  afterAll(() => files.remove())
  afterEach(async () => {
    for (const { server: each, sockets } of open.splice(0)) {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => each.close(resolve))
    }
  })

  async function listening(running: Server): Promise<number> {
    const sockets = new Set<Socket>()
    running.on('connection', (socket: Socket) => sockets.add(socket))
    open.push({ server: running, sockets })
    running.listen(0, '127.0.0.1')
    await once(running, 'listening')
    return (running.address() as AddressInfo).port
  }

  /** A server that says to each client who it is taken for. */
  const serving = (options: Parameters<typeof tlsServerOptions>[0], stays = false): Promise<number> =>
    listening(
      createServer(tlsServerOptions(options), (socket) => {
        socket.on('error', () => {})
        if (!stays) socket.end(JSON.stringify({ peer: verifiedPeer(socket) ?? null }))
      }),
    )

  interface Answer {
    readonly text: string
    readonly protocol: string | null
    readonly suite: string
    readonly alpn: string | false | null
    readonly socket: TLSSocket
  }

  /** What the server answered, or the code of the error that ended the connection. */
  function ask(port: number, options: ConnectionOptions): Promise<Answer | string> {
    return new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca: authority.pem, ...options })
      let text = ''
      let seen: Omit<Answer, 'text'> | undefined
      socket.on('secureConnect', () => {
        seen = { protocol: socket.getProtocol(), suite: socket.getCipher().name, alpn: socket.alpnProtocol, socket }
      })
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
      socket.on('close', () => resolve(seen !== undefined && text !== '' ? { ...seen, text } : 'closed'))
    })
  }

  const only = (version: SecureVersion, ciphers = 'ALL:@SECLEVEL=0'): ConnectionOptions => ({
    minVersion: version,
    maxVersion: version,
    ciphers,
  })
  const outcome = (answer: Answer | string) => (typeof answer === 'string' ? 'refused' : answer.protocol)

  it('S14 S16 S87 S146 offers TLS 1.3 alone under modern, and 1.2 beside it under intermediate', async () => {
    const offers: Record<TlsProfile, unknown[]> = { modern: [], intermediate: [] }
    for (const profile of tlsProfiles) {
      const port = await serving({ profile, ...server })
      for (const version of ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const) {
        const ciphers = version === 'TLSv1.3' ? 'TLS_AES_128_GCM_SHA256' : undefined
        offers[profile].push(outcome(await ask(port, only(version, ciphers))))
      }
    }
    expect(offers).toEqual({
      modern: ['refused', 'refused', 'refused', 'TLSv1.3'],
      intermediate: ['refused', 'refused', 'TLSv1.2', 'TLSv1.3'],
    })
  })

  it('S16 takes authenticated encryption with forward secrecy and nothing else', async () => {
    const ecdsa = await serving({ profile: 'intermediate', ...server })
    const withRsa = await serving({ profile: 'intermediate', ...rsa })
    const weak = [
      'ECDHE-RSA-AES256-SHA384',
      'ECDHE-ECDSA-AES128-SHA',
      'AES256-GCM-SHA384',
      'DHE-RSA-AES256-GCM-SHA384',
      'AES128-SHA',
      'NULL-SHA256',
    ]
    for (const suite of weak) {
      for (const port of [ecdsa, withRsa])
        expect([suite, outcome(await ask(port, only('TLSv1.2', `${suite}:@SECLEVEL=0`)))]).toEqual([suite, 'refused'])
    }
    expect(outcome(await ask(ecdsa, only('TLSv1.3', 'TLS_CHACHA20_POLY1305_SHA256')))).toBe('refused')
    expect(await ask(ecdsa, only('TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384'))).toMatchObject({
      // The server's order, not the client's.
      suite: 'ECDHE-ECDSA-AES256-GCM-SHA384',
    })
    expect(await ask(withRsa, only('TLSv1.2'))).toMatchObject({ suite: 'ECDHE-RSA-AES256-GCM-SHA384' })
    expect(await ask(ecdsa, {})).toMatchObject({ suite: 'TLS_AES_256_GCM_SHA384', protocol: 'TLSv1.3' })
  })

  it('S16 exchanges keys on X25519, P-256 and P-384', async () => {
    const port = await serving({ profile: 'modern', ...server })
    const taken: unknown[] = []
    for (const group of ['X25519', 'P-256', 'P-384', 'P-521', 'ffdhe2048'])
      taken.push(outcome(await ask(port, { ecdhCurve: group })))
    expect(taken).toEqual(['TLSv1.3', 'TLSv1.3', 'TLSv1.3', 'refused', 'refused'])
  })

  it('speaks HTTP/1.1 by ALPN, and refuses a client that only speaks something else', async () => {
    const port = await serving({ profile: 'modern', ...server })
    expect(await ask(port, { ALPNProtocols: ['h2', 'http/1.1'] })).toMatchObject({ alpn: 'http/1.1' })
    expect(outcome(await ask(port, { ALPNProtocols: ['h2'] }))).toBe('refused')
  })

  it('resumes no session, as a server with the defaults of Node does', async () => {
    /** Shakes hands, and again with each session that was given out. Whether one of those was taken. */
    async function resumes(port: number, version: SecureVersion): Promise<boolean> {
      const sessions: Buffer[] = []
      const visit = (session?: Buffer) =>
        new Promise<boolean>((resolve, reject) => {
          const offered = session === undefined ? {} : { session }
          const to = { host: '127.0.0.1', servername: 'localhost', port, ca: authority.pem }
          const socket = connect({ ...to, maxVersion: version, ...offered })
          let reused = false
          socket.on('session', (each) => sessions.push(each))
          socket.on('secureConnect', () => {
            reused = socket.isSessionReused()
          })
          socket.on('error', reject)
          socket.on('close', () => resolve(reused))
          socket.resume()
        })
      await visit()
      const taken = await Promise.all(sessions.splice(0).map(visit))
      return taken.includes(true)
    }
    const usual = await listening(createServer({ ...server }, (socket) => socket.end('x')))
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      expect(await resumes(usual, version)).toBe(true)
      expect(await resumes(await serving({ profile: 'intermediate', ...server }), version)).toBe(false)
    }
    expect(await resumes(await serving({ profile: 'modern', ...server }), 'TLSv1.3')).toBe(false)
  })

  it('renegotiates nothing', async () => {
    const port = await serving({ profile: 'intermediate', ...server }, true)
    const outcome = await new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca: authority.pem, maxVersion: 'TLSv1.2' })
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
      socket.on('secureConnect', () => socket.renegotiate({}, (error) => resolve(error === null ? 'renegotiated' : 'refused')))
      socket.resume()
    })
    expect(outcome).toBe('ERR_SSL_NO_RENEGOTIATION')
  })

  describe('mutual TLS', () => {
    it('S114 lets in whoever shows a certificate of the authority, and knows the names', async () => {
      for (const profile of tlsProfiles) {
        const port = await serving({ profile, ...server, mutual: { ca: authority.pem, required: true } })
        const answer = await ask(
          port,
          tlsClientOptions({ profile: 'modern', ca: authority.pem, ...client, serverName: 'localhost' }) as ConnectionOptions,
        )
        const { peer } = JSON.parse((answer as Answer).text) as { peer: { names: string[]; fingerprint256: string } }
        expect(peer.names).toEqual(['URI:spiffe://clinic.example/billing', 'DNS:billing.internal'])
        expect(peer.fingerprint256).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/)
      }
    })

    it('S114 ends the handshake of a client with none, another, an expired one, or one for servers', async () => {
      const port = await serving({ profile: 'modern', ...server, mutual: { ca: authority.pem, required: true } })
      const expired = authority.issue({ names: 'DNS:billing.internal', from: -30, to: -2 })
      const early = authority.issue({ names: 'DNS:billing.internal', from: 2, to: 30 })
      const forServers = authority.issue({ names: 'DNS:billing.internal', usage: 'serverAuth' })
      expect(typeof (await ask(port, { ...client }))).toBe('object')
      for (const identity of [{}, other, expired, early, forServers])
        expect(await ask(port, { ...identity })).toBeTypeOf('string')
    })

    it('S114 lets everybody in without a name where it is not required', async () => {
      const port = await serving({ profile: 'modern', ...server, mutual: { ca: [authority.pem], required: false } })
      expect(await ask(port, {})).toMatchObject({ text: '{"peer":null}' })
      expect(await ask(port, { ...other })).toMatchObject({ text: '{"peer":null}' })
      expect(await ask(port, { ...client })).toMatchObject({ text: expect.stringContaining('spiffe://clinic.example/billing') })
      const plain = await serving({ profile: 'modern', ...server })
      expect(await ask(plain, { ...client })).toMatchObject({ text: '{"peer":null}' })
    })

    it('S114 refuses a certificate that was revoked', async () => {
      const revoked = authority.issue({ names: 'DNS:old.internal' })
      const crl = authority.revoke(revoked)
      const port = await serving({ profile: 'modern', ...server, mutual: { ca: authority.pem, required: true }, crl })
      expect(await ask(port, { ...revoked })).toBeTypeOf('string')
      expect(await ask(port, { ...client })).toMatchObject({ text: expect.stringContaining('billing') })
    })

    it('S114 calls only a service whose certificate verifies and carries the name', async () => {
      const port = await serving({ profile: 'modern', ...server })
      const call = (options: Partial<Parameters<typeof tlsClientOptions>[0]>) =>
        ask(port, {
          servername: 'localhost',
          ...tlsClientOptions({ profile: 'modern', ca: authority.pem, ...options }),
        } as ConnectionOptions)
      expect(typeof (await call({}))).toBe('object')
      expect(typeof (await call({ names: ['URI:spiffe://clinic.example/notes'] }))).toBe('object')
      expect(await call({ names: ['URI:spiffe://clinic.example/other'] })).toBe('PHI_HTTP_TLS_CERTIFICATE')
      expect(await call({ serverName: 'elsewhere.example' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
      expect(await call({ ca: stranger.pem })).toMatch(/UNABLE_TO|SELF_SIGNED/)
    })
  })

  it('S14 reads the same over the command of OpenSSL', async () => {
    const port = await serving({ profile: 'intermediate', ...server })
    const report = await new Promise<string>((resolve) => {
      const child = execFile(
        process.env.OPENSSL ?? 'openssl',
        ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_2'],
        (_error, stdout, stderr) => resolve(stdout + stderr),
      )
      child.stdin?.end()
    })
    expect(report).toContain('Compression: NONE')
    expect(report).toContain('Secure Renegotiation IS supported')
    expect(report).not.toContain('TLS session ticket:')
    expect(report).toMatch(/Cipher\s+: ECDHE-ECDSA-AES256-GCM-SHA384/)
  })

  describe('what is refused before a server starts', () => {
    const given = (options: object) => code(() => tlsServerOptions({ profile: 'modern', ...server, ...options } as never))

    it('S16 refuses weak keys', () => {
      expect(given(authority.issue({ names: 'DNS:localhost', key: RSA_1024 }))).toMatchObject({
        code: 'PHI_HTTP_TLS_CERTIFICATE',
        path: 'cert',
      })
      expect(given(authority.issue({ names: 'DNS:localhost', key: SECP256K1 }))).toMatchObject({
        code: 'PHI_HTTP_TLS_CERTIFICATE',
      })
    })

    it('refuses what is expired, not valid yet, somebody else’s, unreadable or empty', () => {
      expect(given(authority.issue({ names: 'DNS:localhost', from: -9, to: -1 })).message).toContain('has expired')
      expect(given(authority.issue({ names: 'DNS:localhost', from: 1, to: 9 })).message).toContain('not valid yet')
      expect(given({ key: client.key })).toMatchObject({ code: 'PHI_HTTP_TLS_KEY', path: 'key' })
      expect(given({ cert: server.key })).toMatchObject({ code: 'PHI_HTTP_TLS_CERTIFICATE' })
      expect(given({ key: server.cert })).toMatchObject({ code: 'PHI_HTTP_TLS_KEY' })
      expect(given({ key: '' })).toMatchObject({ code: 'PHI_HTTP_TLS_OPTIONS' })
      expect(given({ mutual: { ca: [], required: true } })).toMatchObject({ code: 'PHI_HTTP_TLS_OPTIONS' })
      expect(given({ mutual: { ca: client.cert, required: true } })).toMatchObject({
        code: 'PHI_HTTP_TLS_CERTIFICATE',
        path: 'mutual.ca',
      })
      expect(given({ mutual: { ca: 'none', required: true } })).toMatchObject({ code: 'PHI_HTTP_TLS_CERTIFICATE' })
      expect(given({ profile: 'old' })).toMatchObject({ code: 'PHI_HTTP_TLS_OPTIONS', path: 'tlsServerOptions.profile' })
      expect(given({ minVersion: 'TLSv1' })).toMatchObject({ code: 'PHI_HTTP_TLS_OPTIONS' })
      expect(given({ clock: () => Number.NaN })).toMatchObject({ code: 'PHI_HTTP_TLS_OPTIONS' })
      expect(given({ clock: () => Date.now() + 200 * 86_400_000 })).toMatchObject({ code: 'PHI_HTTP_TLS_CERTIFICATE' })
      expect(code(() => tlsClientOptions({ profile: 'modern', ca: authority.pem, key: client.key }))).toMatchObject({
        code: 'PHI_HTTP_TLS_OPTIONS',
      })
    })

    it('says nothing of what it was given', () => {
      for (const options of [
        { key: client.key },
        { cert: server.key },
        { key: server.cert },
        { key: `${server.key} hidden`, cert: 'hidden' },
      ]) {
        const { message } = given(options)
        expect(message).not.toMatch(/hidden|BEGIN|MII|MH/)
      }
    })
  })

  it('reads names as Node writes them, and splits none that is quoted', () => {
    expect(subjectNames(undefined)).toEqual([])
    expect(subjectNames('DNS:a.example, IP Address:127.0.0.1')).toEqual(['DNS:a.example', 'IP Address:127.0.0.1'])
    expect(subjectNames('DNS:"a.example\\u002c DNS:evil.example", DNS:b.example')).toEqual([
      'DNS:"a.example\\u002c DNS:evil.example"',
      'DNS:b.example',
    ])
    expect(subjectNames('URI:"spiffe://x\\", DNS:evil.example"')).toEqual(['URI:"spiffe://x\\", DNS:evil.example"'])
    expect(verifiedPeer({ authorized: true })).toBeUndefined()
  })
})
