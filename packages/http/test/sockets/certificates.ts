import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const OPENSSL = process.env.OPENSSL ?? 'openssl'

export function canMakeCertificates(): boolean {
  try {
    execFileSync(OPENSSL, ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export interface Identity {
  readonly key: string
  readonly cert: string
}

export interface Wanted {
  /** As OpenSSL writes them: `DNS:localhost,IP:127.0.0.1`. */
  readonly names: string
  /** Days from now. */
  readonly from?: number
  readonly to?: number
  /** Arguments of `req` for the key. */
  readonly key?: readonly string[]
  /** Value of extendedKeyUsage. */
  readonly usage?: string
}

export interface Authority {
  /** Its own certificate, in PEM. */
  readonly pem: string
  readonly key: string
  issue(wanted: Wanted): Identity
  /** Puts a certificate on the list, and answers with the list. */
  revoke(identity: Identity): string
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
export const RSA_1024 = ['-newkey', 'rsa:1024', '-nodes']
export const RSA_2048 = ['-newkey', 'rsa:2048', '-nodes']
export const SECP256K1 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1', '-nodes']

const stamp = (days: number): string =>
  `${new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`

/** Authorities made with the command of OpenSSL, for Node reads certificates and makes none. Call `remove` in the end. */
export function certificates(): { authority(): Authority; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'phi-http-'))
  return {
    authority: () => authority(mkdtempSync(join(root, 'ca-'))),
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

function authority(folder: string): Authority {
  const at = (file: string) => join(folder, file)
  const run = (...args: string[]) => execFileSync(OPENSSL, args, { cwd: folder, stdio: 'ignore' })
  run('req', '-x509', ...EC, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '3650', '-subj', '/CN=Test Authority')
  writeFileSync(at('index.txt'), '')
  writeFileSync(at('serial'), '1000\n')
  writeFileSync(at('crlnumber'), '01\n')
  writeFileSync(
    at('ca.cnf'),
    '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\ncrlnumber=crlnumber\ndefault_crl_days=30\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nunique_subject=no\ncopy_extensions=copy\n[p]\ncommonName=supplied\n',
  )
  const ca = ['-config', at('ca.cnf'), '-cert', at('ca.pem'), '-keyfile', at('ca.key')]
  let count = 0
  return {
    pem: readFileSync(at('ca.pem'), 'utf8'),
    key: readFileSync(at('ca.key'), 'utf8'),
    issue({ names, from = -1, to = 100, key = EC, usage }) {
      const id = `c${count++}`
      const extensions = [
        '-addext',
        `subjectAltName=${names}`,
        ...(usage === undefined ? [] : ['-addext', `extendedKeyUsage=${usage}`]),
      ]
      run('req', ...key, '-keyout', at(`${id}.key`), '-out', at(`${id}.csr`), '-subj', `/CN=${id}`, ...extensions)
      const dates = ['-startdate', stamp(from), '-enddate', stamp(to)]
      run('ca', '-batch', ...ca, '-in', at(`${id}.csr`), '-out', at(`${id}.pem`), '-notext', ...dates)
      return { key: readFileSync(at(`${id}.key`), 'utf8'), cert: readFileSync(at(`${id}.pem`), 'utf8') }
    },
    revoke({ cert }) {
      writeFileSync(at('revoked.pem'), cert)
      run('ca', ...ca, '-revoke', at('revoked.pem'))
      run('ca', ...ca, '-gencrl', '-out', at('crl.pem'))
      return readFileSync(at('crl.pem'), 'utf8')
    },
  }
}
