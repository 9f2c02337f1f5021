import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Certificate } from './certificates.ts'

const modules = [
  '/usr/lib/x86_64-linux-gnu/rsyslog',
  '/usr/lib/aarch64-linux-gnu/rsyslog',
  '/usr/lib/rsyslog',
  '/usr/lib64/rsyslog',
]

/** Whether Debian's rsyslog is there, with these modules: `lmnsd_ossl` or `lmnsd_gtls` for TLS, `imrelp` for RELP. */
export function hasRsyslog(...needed: string[]): boolean {
  const isThere =
    spawnSync('rsyslogd', ['-v'], { stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } })
      .status === 0
  return isThere && needed.every((name) => modules.some((directory) => existsSync(join(directory, `${name}.so`))))
}

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export interface SyslogServerOptions {
  readonly input: 'tcp' | 'relp'
  /** With TLS: the server's certificate and the authority of its clients. */
  readonly tls?: {
    readonly own: Certificate
    readonly authority: string
    readonly clients?: 'any' | { readonly names: readonly string[] }
  }
  readonly port?: number
  /** Where it keeps its files: the same again after a restart. */
  readonly directory?: string
}

/** A message as rsyslog understood it. */
export interface SyslogMessage {
  readonly pri: string
  readonly app: string
  readonly msgid: string
  readonly sd: string
  readonly msg: string
}

/** A real rsyslogd as a child process with a configuration of its own, listening on this machine. */
export async function syslogServer({ input, tls, port: wanted, directory: given }: SyslogServerOptions) {
  const directory = given ?? mkdtempSync(join(tmpdir(), 'phi-rsyslog-'))
  const at = (name: string): string => join(directory, name)
  const port = wanted ?? (await freePort())
  const clients = tls?.clients ?? 'any'
  const driver = hasRsyslog('lmnsd_ossl') ? 'ossl' : 'gtls'
  const peers = clients === 'any' ? '' : `PermittedPeer=[${clients.names.map((name) => JSON.stringify(name)).join(',')}]`
  const relpPeers =
    clients === 'any' ? '' : `tls.permittedPeer=[${clients.names.map((name) => JSON.stringify(name)).join(',')}]`
  const lines = [
    `global(workDirectory=${JSON.stringify(directory)} maxMessageSize="128k"`,
    tls === undefined
      ? ')'
      : `defaultNetstreamDriver="${driver}" defaultNetstreamDriverCAFile="${tls.authority}" defaultNetstreamDriverCertFile="${tls.own.certPath}" defaultNetstreamDriverKeyFile="${tls.own.keyPath}")`,
    'template(name="seen" type="list") {',
    ...['pri', 'app-name', 'msgid', 'structured-data', 'msg'].map(
      (name, i) =>
        `  constant(value=${JSON.stringify(`${i === 0 ? '{' : ','}"${['pri', 'app', 'msgid', 'sd', 'msg'][i]}":"`)}) property(name="${name}" format="json") constant(value="\\"")`,
    ),
    '  constant(value="}\\n")',
    '}',
    input === 'relp'
      ? 'module(load="imrelp")'
      : tls === undefined
        ? 'module(load="imtcp")'
        : `module(load="imtcp" StreamDriver.Name="${driver}" StreamDriver.Mode="1" StreamDriver.AuthMode="${clients === 'any' ? 'anon' : 'x509/name'}" ${peers})`,
    `ruleset(name="keep"${input === 'relp' ? ' queue.type="Direct"' : ''}) { action(type="omfile" file="${at('seen.jsonl')}" template="seen" asyncWriting="off" flushOnTXEnd="on") }`,
    input === 'relp'
      ? `input(type="imrelp" address="127.0.0.1" port="${port}" ruleset="keep" maxDataSize="128k" ${
          tls === undefined
            ? ''
            : `tls="on" tls.caCert="${tls.authority}" tls.myCert="${tls.own.certPath}" tls.myPrivKey="${tls.own.keyPath}" tls.authMode="${clients === 'any' ? 'certvalid' : 'name'}" ${relpPeers}`
        })`
      : `input(type="imtcp" address="127.0.0.1" port="${port}" ruleset="keep")`,
  ]
  writeFileSync(at('rsyslog.conf'), `${lines.join('\n')}\n`)

  let child: ChildProcess
  let problems = ''
  const start = async () => {
    child = spawn('rsyslogd', ['-n', '-f', at('rsyslog.conf'), '-i', at('pid')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      problems += chunk.toString()
    })
    for (let tries = 0; ; tries++) {
      const socket = connect(port, '127.0.0.1')
      const isOpen = await once(socket, 'connect').then(
        () => true,
        () => false,
      )
      socket.destroy()
      if (isOpen) return
      if (child.exitCode !== null || tries > 200) throw new Error(`rsyslogd did not start: ${problems}`)
      await sleep(25)
    }
  }
  const stop = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  await start()
  const messages = (): SyslogMessage[] =>
    existsSync(at('seen.jsonl'))
      ? readFileSync(at('seen.jsonl'), 'utf8')
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as SyslogMessage)
      : []
  return {
    port,
    directory,
    messages,
    problems: () => problems,
    /** Waits until so many messages are in its file. */
    async until(isThere: (messages: SyslogMessage[]) => boolean): Promise<SyslogMessage[]> {
      for (let tries = 0; tries < 400; tries++) {
        const seen = messages()
        if (isThere(seen)) return seen
        await sleep(25)
      }
      throw new Error(`the messages did not arrive: ${messages().length} did. ${problems}`)
    },
    kill: () => stop('SIGKILL'),
    end: () => stop('SIGTERM'),
    start,
    async close() {
      await stop('SIGKILL')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
