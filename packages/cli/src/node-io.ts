import { addAbortSignal } from 'node:stream'
import { isatty } from 'node:tty'
import { systemClock } from '@phi/core'
import { cliError } from './errors.ts'
import { fileError } from './files.ts'
import type { Io, Output } from './io.ts'

/** What of a process is used. */
export type Host = Pick<NodeJS.Process, 'stdout' | 'stderr' | 'stdin' | 'env' | 'cwd' | 'on' | 'off' | 'geteuid'>

const GONE = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']

/** @param gone told when the reader went away (`phi … | head`) */
function outputOf(stream: NodeJS.WriteStream, name: string, gone: () => void): Output {
  let first: unknown
  const refusal = (error: unknown) => {
    first ??= error
    const { code } = first as { code?: unknown }
    // A full disk is no reader that went away: the answer was not kept, and that has to be said.
    return typeof code === 'string' && !GONE.includes(code) ? fileError(first, name) : cliError('PHI_CLI_OUTPUT_CLOSED')
  }
  stream.on('error', (error: NodeJS.ErrnoException) => {
    first ??= error
    if (GONE.includes(error.code ?? '')) gone()
  })
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns > 0 ? stream.columns : 80
    },
    write: (text) =>
      new Promise((resolve, reject) => {
        if (first !== undefined) return reject(refusal(first))
        stream.write(text, (error) => (error ? reject(refusal(error)) : resolve()))
      }),
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * The process itself. The signal is aborted by the first Ctrl-C; the second ends the process.
 * @throws PhiError PHI_CLI_FILE where the folder it runs in is gone
 */
export function nodeIo(host: Host = process, stdinIsTerminal = isatty(0)): Io {
  const stop = new AbortController()
  const listen = () => {
    for (const signal of SIGNALS) host.on(signal, stopped)
  }
  const ignore = () => {
    for (const signal of SIGNALS) host.off(signal, stopped)
  }
  const stopped = () => {
    ignore()
    stop.abort()
  }
  const cwd = cwdOf(host)
  listen()
  return {
    stdout: outputOf(host.stdout, 'standard output', () => stop.abort()),
    stderr: outputOf(host.stderr, 'standard error', () => {}),
    // Opened by the first who reads. Waiting for input ends with Ctrl-C, as an error: half of an input is not an input.
    stdin: {
      async *[Symbol.asyncIterator]() {
        yield* addAbortSignal(stop.signal, host.stdin) as AsyncIterable<Uint8Array>
      },
    },
    stdinIsTerminal,
    env: host.env,
    cwd,
    ...(host.geteuid === undefined ? {} : { user: host.geteuid() }),
    clock: systemClock,
    signal: stop.signal,
    blocking(work) {
      ignore()
      try {
        return work()
      } finally {
        if (!stop.signal.aborted) listen()
      }
    },
  }
}

function cwdOf(host: Host): string {
  try {
    return host.cwd()
  } catch (error) {
    throw fileError(error, 'the folder it runs in')
  }
}
