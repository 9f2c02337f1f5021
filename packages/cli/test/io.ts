import type { AuditStore } from '@phi/audit'
import { type Clock, fixedClock } from '@phi/core'
import type { Db } from '@phi/postgres'
import { cliError } from '../src/errors.ts'
import type { Io } from '../src/io.ts'
import { run } from '../src/run.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>
  /** What of the output is a terminal. Default nothing. */
  readonly terminal?: boolean
  /** Somebody sits at standard input. */
  readonly stdinIsTerminal?: boolean
  readonly columns?: number
  /** Default 2026-11-22T12:00:00.000Z, standing still. */
  readonly clock?: Clock
  readonly signal?: AbortSignal
  /** A database that stays open between runs. */
  readonly database?: Db
  /** A store of audit logs, in place of the database. */
  readonly auditStore?: AuditStore
  /** Folder of the shipped files. */
  readonly shipped?: string
  /** Nobody reads the output any more once so many bytes were written: a broken pipe. */
  readonly closedAfter?: number
  /** Hears of what is written to standard output, when it is written. */
  readonly onOutput?: (text: string) => void
}

/** Runs a command line in this process. Words are split at spaces; give a list where one holds spaces. */
export async function phi(line: string | readonly string[], options: RunOptions = {}): Promise<Ran> {
  const out: Uint8Array[] = []
  const err: Uint8Array[] = []
  const to = (parts: Uint8Array[]) => ({
    isTerminal: options.terminal ?? false,
    columns: options.columns ?? 80,
    write: async (text: string | Uint8Array) => {
      const written = parts.reduce((sum, part) => sum + part.length, 0)
      if (parts === out && written >= (options.closedAfter ?? Number.POSITIVE_INFINITY)) throw cliError('PHI_CLI_OUTPUT_CLOSED')
      parts.push(typeof text === 'string' ? Buffer.from(text) : text)
      if (parts === out) options.onOutput?.(Buffer.from(text as string).toString())
    },
  })
  const io: Io = {
    stdout: to(out),
    stderr: to(err),
    stdin: (async function* () {
      const { stdin } = options
      if (stdin === undefined) return
      if (typeof stdin === 'string' || stdin instanceof Uint8Array) yield typeof stdin === 'string' ? Buffer.from(stdin) : stdin
      else yield* stdin
    })(),
    stdinIsTerminal: options.stdinIsTerminal ?? false,
    env: options.env ?? {},
    cwd: options.cwd ?? '/nowhere',
    clock: options.clock ?? fixedClock('2026-11-22T12:00:00.000Z'),
    signal: options.signal ?? new AbortController().signal,
    ...(options.database === undefined ? {} : { database: options.database }),
    ...(options.auditStore === undefined ? {} : { auditStore: options.auditStore }),
    ...(options.shipped === undefined ? {} : { shipped: options.shipped }),
  }
  const code = await run(typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line, io)
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}
