import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether the openssl program is there. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export interface Certificates {
  /** Of the authority that signed the certificates, and of another one. */
  readonly authority: string
  readonly stranger: string
  /** Where a server finds its certificate and its key. */
  readonly certificate: string
  readonly key: string
  /** Puts another certificate in the server's place, for these names (`DNS:localhost,IP:127.0.0.1`). */
  present(names: string, options?: { readonly expired?: boolean }): void
  remove(): void
}

/** Makes an authority and certificates of it, in a directory that the user `postgres` can read when the tests run as root. */
export function makeCertificates(): Certificates {
  const directory = mkdtempSync(join(tmpdir(), 'phi-certificates-'))
  chmodSync(directory, 0o755)
  const at = (name: string): string => join(directory, name)
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] })
  }
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  for (const name of ['authority', 'stranger']) {
    openssl('req', '-x509', ...curve, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '2', '-subj', `/CN=${name}`)
  }
  openssl('req', '-new', ...curve, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=database')
  const user = process.getuid?.() === 0 ? Number(execFileSync('id', ['-u', 'postgres']).toString()) : undefined
  chmodSync(at('server.key'), 0o600)
  if (user !== undefined) chownSync(at('server.key'), user, user)
  let count = 0
  return {
    authority: at('authority.pem'),
    stranger: at('stranger.pem'),
    certificate: at('server.pem'),
    key: at('server.key'),
    present(names, { expired = false } = {}) {
      const own = `issue-${count++}`
      mkdirSync(at(own))
      writeFileSync(at(`${own}/index`), '')
      writeFileSync(
        at(`${own}/ca.cnf`),
        `[ca]\ndefault_ca=here\n[here]\ndatabase=${own}/index\nrand_serial=yes\nnew_certs_dir=${own}\ncertificate=authority.pem\n` +
          `private_key=authority.key\ndefault_md=sha256\npolicy=any\nx509_extensions=names\n[any]\ncommonName=supplied\n[names]\nsubjectAltName=${names}\n`,
      )
      const dates = expired ? ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'] : ['-days', '2']
      openssl('ca', '-batch', '-notext', '-config', `${own}/ca.cnf`, '-in', 'server.csr', '-out', `${own}/server.pem`, ...dates)
      copyFileSync(at(`${own}/server.pem`), at('server.pem'))
      chmodSync(at('server.pem'), 0o644)
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}
