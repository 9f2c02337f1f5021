import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeerCertificate } from 'node:tls'
import { isPhiError, type PhiError } from '@phi/core'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { staysOnMachine, targetOf } from './tls.ts'

function refusal(connection: string, options = {}): PhiError {
  try {
    targetOf(connection, options)
  } catch (error) {
    if (isPhiError(error)) return error
    throw error
  }
  throw new Error('was not refused')
}

describe('where a connection may go', () => {
  it.each([
    'postgres://u:p@localhost/db',
    'postgres://u:p@127.0.0.1:5433/db',
    'postgresql://u:p@127.9.9.9/db',
    'postgres://u:p@[::1]/db',
    'postgres:///db?host=/var/run/postgresql',
    'postgres://u@%2Fvar%2Frun%2Fpostgresql/db',
  ])('stays on this machine, without TLS: %s', (connection) => {
    expect(staysOnMachine(new URL(connection))).toBe(true)
    expect(targetOf(connection).ssl).toBe(false)
  })

  it.each([
    'postgres://u:s3cret@db.example/db',
    'postgres://u:s3cret@db.example/db?sslmode=require',
    'postgres://u:s3cret@db.example/db?sslmode=verify-ca',
    'postgres://u:s3cret@db.example/db?sslmode=prefer',
    'postgres://u:s3cret@db.example/db?sslmode=disable',
    'postgres://u:s3cret@10.0.0.5/db',
    'postgres://u:s3cret@localhost.example/db',
    'postgres://u:s3cret@127.0.0.1.example/db',
    // As in libpq, a host parameter wins over the authority.
    'postgres://u:s3cret@localhost/db?host=db.example',
  ])('S14 is refused without verified TLS, and quotes no password: %s', (connection) => {
    const error = refusal(connection)
    expect(error.code).toBe('PHI_PG_INSECURE')
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain('s3cret')
  })

  it('S14 leaves the machine with verify-full: certificate and name checked, TLS 1.2 at least', () => {
    const { ssl, url } = targetOf('postgres://u:p@db.example/db?sslmode=verify-full&application_name=x')
    expect(ssl).toEqual({ rejectUnauthorized: true, minVersion: 'TLSv1.2', checkServerIdentity: expect.any(Function) })
    expect(url.searchParams.has('sslmode')).toBe(false)
    expect(url.searchParams.get('application_name')).toBe('x')
  })

  it('S14 compares the certificate with what was asked for, an address too, and not with "localhost"', () => {
    const certificate = {
      subjectaltname: 'DNS:localhost, IP Address:10.0.0.5',
      subject: { CN: 'x' },
    } as unknown as PeerCertificate
    const check = (host: string) => {
      const { ssl } = targetOf(`postgres://u:p@${host}/db?sslmode=verify-full`)
      return ssl === false ? 'no TLS' : (ssl.checkServerIdentity('localhost', certificate)?.message ?? 'fits')
    }
    expect(check('10.0.0.5')).toBe('fits')
    for (const host of ['10.0.0.6', '[2001:db8::1]', 'db.example']) expect(check(host)).not.toBe('fits')
  })

  it('S14 goes by PGHOST where the string names no host, as the drivers do', () => {
    const before = process.env.PGHOST
    try {
      process.env.PGHOST = 'db.example'
      expect(refusal('postgres:///db').code).toBe('PHI_PG_INSECURE')
      process.env.PGHOST = '/var/run/postgresql'
      expect(targetOf('postgres:///db')).toMatchObject({ ssl: false, host: '/var/run/postgresql' })
      delete process.env.PGHOST
      expect(targetOf('postgres:///db')).toMatchObject({ ssl: false, host: 'localhost' })
    } finally {
      if (before === undefined) delete process.env.PGHOST
      else process.env.PGHOST = before
    }
  })

  it('refuses a port that is none', () => {
    expect(refusal('postgres://u:s3cret@localhost/db?port=x')).toMatchObject({ code: 'PHI_PG_URL', path: 'port' })
  })

  it('S14 refuses a host that is named twice: a driver that takes the other one would go there without TLS', () => {
    const twice = 'postgres://u:s3cret@localhost/db?host=localhost&host=db.example'
    // Which of the two `pg` takes.
    expect(new pg.Client({ connectionString: twice }).host).toBe('db.example')
    expect(refusal(twice)).toMatchObject({ code: 'PHI_PG_URL', path: 'host' })
    expect(refusal('postgres://u@localhost/db?sslmode=verify-full&sslmode=disable')).toMatchObject({ path: 'sslmode' })
  })

  it('S14 leaves the driver no parameter that would take the place of the settings', () => {
    const { url, ssl } = targetOf('postgres://u:p@db.example/db?sslmode=verify-full&sslnegotiation=direct&ssl=no-verify')
    expect(url.search).toBe('')
    const client = new pg.Client({ connectionString: url.href, ssl: ssl as object })
    expect(client.ssl).toMatchObject({ rejectUnauthorized: true, minVersion: 'TLSv1.2' })
  })

  it('reads the certificate files that the string names', () => {
    const directory = mkdtempSync(join(tmpdir(), 'phi-tls-'))
    const ca = join(directory, 'ca.pem')
    writeFileSync(ca, 'certificate')
    const connection = `postgres://u:p@db.example/db?sslmode=verify-full&sslrootcert=${encodeURIComponent(ca)}`
    expect(targetOf(connection).ssl).toMatchObject({ ca: 'certificate' })
    rmSync(directory, { recursive: true })
    expect(refusal(connection)).toMatchObject({ code: 'PHI_PG_URL', path: 'sslrootcert' })
  })

  it('goes anywhere when that is spelled out', () => {
    expect(targetOf('postgres://u:p@db.example/db', { allowInsecure: true }).ssl).toBe(false)
  })

  it.each(['', 'not a url', 'mysql://u:s3cret@localhost/db', 'postgres//u:s3cret@x', 'https://u:s3cret@localhost'])(
    'refuses %j as a connection string, and quotes nothing of it',
    (connection) => {
      const error = refusal(connection)
      expect(error.code).toBe('PHI_PG_URL')
      expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toContain('s3cret')
    },
  )
})
