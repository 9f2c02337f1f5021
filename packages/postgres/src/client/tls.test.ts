import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPhiError, type PhiError } from '@phi/core'
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
