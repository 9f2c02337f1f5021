import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly certPath: string
  readonly keyPath: string
}

export interface Authority extends Certificate {
  /** A certificate for these names (`DNS:localhost,IP:127.0.0.1`). */
  issue(name: string, names: string): Certificate
}

/** Makes authorities and certificates of them, with openssl. */
export function certificates() {
  const directory = mkdtempSync(join(tmpdir(), 'phi-forward-certificates-'))
  const at = (name: string): string => join(directory, name)
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] })
  }
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const read = (name: string): Certificate => ({
    cert: readFileSync(at(`${name}.pem`), 'utf8'),
    key: readFileSync(at(`${name}.key`), 'utf8'),
    certPath: at(`${name}.pem`),
    keyPath: at(`${name}.key`),
  })
  return {
    authority(own: string): Authority {
      openssl('req', '-x509', ...curve, '-keyout', `${own}.key`, '-out', `${own}.pem`, '-days', '2', '-subj', `/CN=${own}`)
      return {
        ...read(own),
        issue(name, names) {
          openssl('req', '-new', ...curve, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
          writeFileSync(at(`${name}.ext`), `subjectAltName=${names}\n`)
          const signing = ['-CA', `${own}.pem`, '-CAkey', `${own}.key`, '-CAcreateserial', '-days', '2']
          openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-extfile', `${name}.ext`, '-out', `${name}.pem`)
          return read(name)
        },
      }
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}
