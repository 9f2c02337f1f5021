import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { afterAll, beforeAll, describe } from 'vitest'

export interface Identity {
  readonly cert: string
  readonly key: string
}

/** A KMIP server of its own, with clients that it knows and one that it does not. */
export interface KmipServer {
  readonly port: number
  readonly ca: string
  readonly clinic: Identity
  readonly other: Identity
  /** From another authority, which the server does not trust. */
  readonly stranger: Identity
  /** The server's own certificate, for what stands in front of it. */
  readonly server: Identity
  /** The bytes of a key, fetched with a client that is not ours: PyKMIP hands them to the key's owner. */
  fetchKey(uid: string): Uint8Array
}

const OPENSSL = process.env.OPENSSL ?? 'openssl'
const PYTHON = process.env.PYKMIP_PYTHON ?? '/usr/bin/python3'

/** What is missing to run PyKMIP, or undefined. */
function missing(): string | undefined {
  try {
    execFileSync(OPENSSL, ['version'], { stdio: 'ignore' })
  } catch {
    return 'no openssl command'
  }
  if (!existsSync(PYTHON)) return 'no system Python'
  try {
    execFileSync(PYTHON, ['-c', 'import kmip.services.server, ssl; ssl.wrap_socket'], { stdio: 'ignore' })
    return undefined
  } catch {
    // Python 3.12 took away the function by which PyKMIP 0.10 speaks TLS.
    return 'PyKMIP not found, or its Python too new for it'
  }
}

function authority(folder: string, name: string): (client: string, usage: string) => Identity {
  const at = (file: string) => join(folder, file)
  const openssl = (...args: string[]) => execFileSync(OPENSSL, args, { stdio: 'ignore' })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...ec, '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-days', '2', '-subj', `/CN=${name}`)
  return (client, usage) => {
    openssl('req', ...ec, '-keyout', at(`${client}.key`), '-out', at(`${client}.csr`), '-subj', `/CN=${client}`)
    writeFileSync(at(`${client}.ext`), `extendedKeyUsage=${usage}\nsubjectAltName=IP:127.0.0.1\n`)
    const signed = ['-CA', at(`${name}.pem`), '-CAkey', at(`${name}.key`), '-CAcreateserial', '-days', '2']
    openssl('x509', '-req', '-in', at(`${client}.csr`), ...signed, '-extfile', at(`${client}.ext`), '-out', at(`${client}.pem`))
    return { cert: readFileSync(at(`${client}.pem`), 'utf8'), key: readFileSync(at(`${client}.key`), 'utf8') }
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createTcpServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

/** Ends the process and those that it started. */
function stop({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

async function start(folder: string): Promise<{ server: KmipServer; process: ChildProcess }> {
  const signed = authority(folder, 'authority')
  const server = signed('server', 'serverAuth')
  const identities = { server, clinic: signed('clinic', 'clientAuth'), other: signed('other', 'clientAuth') }
  const stranger = authority(folder, 'elsewhere')('stranger', 'clientAuth')
  const port = await freePort()
  mkdirSync(join(folder, 'policy'))
  const settings = {
    hostname: '127.0.0.1',
    port,
    certificate_path: join(folder, 'server.pem'),
    key_path: join(folder, 'server.key'),
    ca_path: join(folder, 'authority.pem'),
    auth_suite: 'TLS1.2',
    policy_path: join(folder, 'policy'),
    enable_tls_client_auth: 'True',
    database_path: join(folder, 'kmip.db'),
    logging_level: 'ERROR',
  }
  const conf = join(folder, 'server.conf')
  writeFileSync(
    conf,
    `[server]\n${Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')}`,
  )
  const program = 'import sys; from kmip.services.server.server import main; sys.exit(main())'
  const args = ['-W', 'ignore', '-c', program, '-f', conf, '-l', join(folder, 'server.log')]
  // A process group of its own: PyKMIP starts helpers, and takes ten seconds to end when it is asked to.
  const child = spawn(PYTHON, args, { stdio: 'ignore', detached: true })
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries > 300 || child.exitCode !== null) {
      stop(child)
      throw new Error('PyKMIP did not start')
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const fetchKey = (uid: string): Uint8Array => {
    const script = `
import sys
from kmip import enums
from kmip.pie.client import ProxyKmipClient
client = ProxyKmipClient('127.0.0.1', ${port}, 'clinic.pem', 'clinic.key', 'authority.pem', 'PROTOCOL_TLSv1_2', config_file='/dev/null')
with client:
    print(client.get(sys.argv[1]).value.hex())`
    const hex = execFileSync(PYTHON, ['-W', 'ignore', '-c', script, uid], { cwd: folder, encoding: 'utf8' }).trim()
    return Uint8Array.from(Buffer.from(hex, 'hex'))
  }
  const ca = readFileSync(join(folder, 'authority.pem'), 'utf8')
  return { server: { port, ca, ...identities, stranger, fetchKey }, process: child }
}

/** A `describe` with a PyKMIP server, skipped under a title that says so where it cannot run. */
export function describeKmip(title: string, body: (server: () => KmipServer) => void): void {
  const reason = missing()
  if (reason !== undefined) {
    describe.skip(`${title} on PyKMIP (${reason})`, () => body(() => undefined as never))
    return
  }
  describe(`${title} on PyKMIP`, () => {
    let folder: string | undefined
    let running: { server: KmipServer; process: ChildProcess } | undefined
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'phi-kmip-'))
      running = await start(folder)
    })
    afterAll(() => {
      if (running !== undefined) stop(running.process)
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    })
    body(() => (running as { server: KmipServer }).server)
  })
}

/** How the proxy treats what comes in: hands it on, or has a fault. */
export type ProxyMode = 'pass' | 'refuse' | 'silent' | ((request: Buffer) => Uint8Array)

/** Stands between the adapter and the server, with the server's certificate and the clinic's identity. */
export interface KmipProxy {
  readonly port: number
  mode: ProxyMode
  close(): Promise<void>
}

export async function kmipProxy({ port, ca, server, clinic }: KmipServer): Promise<KmipProxy> {
  const sockets = new Set<Socket>()
  const proxy = createServer({ ca, ...server, requestCert: true, rejectUnauthorized: true }, (socket) => {
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    const { mode } = state
    if (mode === 'refuse') socket.destroy()
    else if (typeof mode === 'function') socket.on('data', (request) => socket.write(mode(request)))
    else if (mode === 'pass') {
      const upstream = connect({ host: '127.0.0.1', port, ca, ...clinic })
      upstream.setNoDelay(true)
      upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy())
      socket.on('close', () => upstream.destroy())
      socket.pipe(upstream).pipe(socket)
    }
  })
  // What has not shaken hands yet counts, too: a client that left meanwhile would never be noticed, for nobody reads.
  proxy.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const state: KmipProxy = {
    port: (proxy.address() as { port: number }).port,
    mode: 'pass',
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        proxy.close(() => resolve())
      }),
  }
  return state
}
