import { inspect } from 'node:util'
import type { PhiError } from '@phi/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { connect, connectPostgresJs, type Db } from '../../src/index.ts'
import { asSuperuser, startServer, type TestServer } from '../server.ts'
import { type Certificates, hasOpenssl, makeCertificates } from './certificates.ts'

// A server that DATABASE_URL names is not ours to give certificates to.
const possible = hasOpenssl() && (process.env.DATABASE_URL ?? '') === ''

describe.skipIf(!possible)(
  'S14 TLS to a real server (skipped without the openssl program, or on a server of DATABASE_URL)',
  () => {
    let certificates: Certificates
    let server: TestServer

    beforeAll(async () => {
      certificates = makeCertificates()
      certificates.present('DNS:localhost,IP:127.0.0.1')
      const { certificate, key } = certificates
      server = await startServer(['-c', 'ssl=on', '-c', `ssl_cert_file=${certificate}`, '-c', `ssl_key_file=${key}`])
    })
    afterAll(async () => {
      await server?.stop()
      certificates?.remove()
    })

    /** The server as it is set up now, to be reached by a name and through an authority. */
    const urlOf = (host = 'localhost', authority: string | undefined = certificates.authority) => {
      const url = new URL(server.url)
      url.hostname = host
      url.searchParams.set('sslmode', 'verify-full')
      if (authority !== '') url.searchParams.set('sslrootcert', authority)
      return url.href
    }
    const present = async (names: string, options: { readonly expired?: boolean } = {}, settings = '') => {
      certificates.present(names, options)
      await asSuperuser(server.url, async (client) => {
        await client.query('alter system reset all')
        for (const setting of settings.split(';').filter((each) => each !== ''))
          await client.query(`alter system set ${setting}`)
        await client.query('select pg_reload_conf()')
        // The postmaster reads its files when the signal arrives, and only then do new connections see it.
        await client.query('select pg_sleep(0.2)')
      })
    }
    const withoutPassword = (error: PhiError) => {
      const texts = [error.message, error.stack, JSON.stringify(error), inspect(error, { depth: 9, showHidden: true })]
      for (const text of texts) expect(text).not.toContain('postgres:postgres@')
      return error.code
    }

    describe.each([
      ['pg', connect],
      ['postgres.js', connectPostgresJs],
    ] as const)('%s', (_, open: (url: string, options?: { readonly connectTimeoutMs?: number }) => Promise<Db>) => {
      const refused = async (url: string) => withoutPassword(await refusal(open(url, { connectTimeoutMs: 4000 })))

      it('connects with verify-full to a server that proves its name, by name and by address', async () => {
        await present('DNS:localhost,IP:127.0.0.1')
        for (const host of ['localhost', '127.0.0.1']) {
          const db = await open(urlOf(host))
          const { rows } = await db.query<{ ssl: boolean; version: string }>(
            'select ssl, version from pg_stat_ssl where pid = pg_backend_pid()',
            [],
          )
          expect(rows[0]?.ssl).toBe(true)
          expect(rows[0]?.version).toMatch(/^TLSv1\.[23]$/)
          await db.close()
        }
      })

      it('refuses a certificate for another name', async () => {
        await present('DNS:db.example')
        expect(await refused(urlOf())).toBe('PHI_PG_TLS')
      })

      it('refuses an address that the certificate does not hold, also when it holds "localhost"', async () => {
        await present('DNS:localhost')
        expect(await refused(urlOf('127.0.0.1'))).toBe('PHI_PG_TLS')
        const db = await open(urlOf('localhost'))
        await db.close()
      })

      it('refuses a certificate of an authority that it does not know', async () => {
        await present('DNS:localhost')
        expect(await refused(urlOf('localhost', certificates.stranger))).toBe('PHI_PG_TLS')
        expect(await refused(urlOf('localhost', ''))).toBe('PHI_PG_TLS')
      })

      it('refuses an expired certificate', async () => {
        await present('DNS:localhost', { expired: true })
        expect(await refused(urlOf())).toBe('PHI_PG_TLS')
      })

      it('refuses a server that speaks TLS 1.1 at most', async () => {
        await present('DNS:localhost', {}, `ssl_min_protocol_version = 'TLSv1.1';ssl_max_protocol_version = 'TLSv1.1'`)
        await asSuperuser(server.url, async (client) => {
          expect((await client.query('show ssl_max_protocol_version')).rows).toEqual([{ ssl_max_protocol_version: 'TLSv1.1' }])
        })
        expect(await refused(urlOf())).toBe('PHI_PG_TLS')
      })

      it('refuses a server that does not speak TLS', async () => {
        const plain = await startPlain()
        try {
          expect(await refused(plain(urlOf()))).toBe('PHI_PG_TLS')
        } finally {
          await present('DNS:localhost')
        }
      })
    })

    /** `ssl` given on the command line cannot be switched off, so a server that has none answers here. */
    async function startPlain(): Promise<(url: string) => string> {
      const { createServer } = await import('node:net')
      const listener = createServer((socket) => {
        socket.on('error', () => {})
        // What PostgreSQL without TLS answers to an SSLRequest; and it hangs up on what is no message of its protocol.
        socket.once('data', () => {
          socket.write('N')
          socket.once('data', () => socket.end())
        })
      })
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
      listener.unref()
      const { port } = listener.address() as { port: number }
      return (url) => {
        const there = new URL(url)
        there.port = String(port)
        return there.href
      }
    }
  },
)
