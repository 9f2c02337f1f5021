import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect } from 'vitest'

export interface Answer {
  readonly status: number
  /** By lower-case name; several of one name are joined by a line feed. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Whether the body came to its end as the headers say. */
  readonly whole: boolean
}

/** A connection on which bytes are written as they are, and answers read as they come. */
export interface Raw {
  readonly socket: Socket
  write(text: string): void
  /** The next answer. @param head whether the request was HEAD */
  next(head?: boolean): Promise<Answer>
  /** What came since, when the other side has closed. */
  closed(): Promise<string>
}

export interface To {
  readonly port: number
  /** Over TLS, believing this authority. */
  readonly ca?: string | undefined
  readonly key?: string
  readonly cert?: string
}

export async function raw({ port, ca, key, cert }: To): Promise<Raw> {
  const identity = key === undefined || cert === undefined ? {} : { key, cert }
  const socket: Socket =
    ca === undefined
      ? connectTcp({ host: '127.0.0.1', port })
      : connectTls({ host: '127.0.0.1', port, ca, servername: 'localhost', ...identity })
  let bytes = ''
  let isClosed = false
  let changed: (() => void)[] = []
  const wake = () => {
    for (const call of changed.splice(0)) call()
  }
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.toString('latin1')
    wake()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    isClosed = true
    wake()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once(ca === undefined ? 'connect' : 'secureConnect', resolve)
    socket.once('close', () => reject(new Error('the connection was refused')))
  })
  const more = () => new Promise<void>((resolve) => changed.push(resolve))
  changed = []

  const take = (count: number): string => {
    const taken = bytes.slice(0, count)
    bytes = bytes.slice(count)
    return taken
  }
  /** Up to and with the mark, or undefined when the connection ends before it. */
  const until = async (mark: string): Promise<string | undefined> => {
    for (;;) {
      const at = bytes.indexOf(mark)
      if (at !== -1) return take(at + mark.length)
      if (isClosed) return undefined
      await more()
    }
  }
  const exactly = async (count: number): Promise<string | undefined> => {
    while (bytes.length < count && !isClosed) await more()
    return bytes.length >= count ? take(count) : undefined
  }
  const chunked = async (): Promise<{ body: string; whole: boolean }> => {
    let body = ''
    for (;;) {
      const line = await until('\r\n')
      const size = line === undefined ? Number.NaN : Number.parseInt(line, 16)
      const chunk = Number.isNaN(size) ? undefined : await exactly(size + 2)
      if (chunk === undefined) return { body, whole: false }
      if (size === 0) return { body, whole: true }
      body += chunk.slice(0, -2)
    }
  }

  return {
    socket,
    write: (text) => {
      socket.write(text, 'latin1')
    },
    async next(head = false) {
      const text = await until('\r\n\r\n')
      if (text === undefined) throw new Error('the connection was closed without an answer')
      const [first = '', ...lines] = text.trimEnd().split('\r\n')
      const headers: Record<string, string> = {}
      for (const line of lines) {
        const name = line.slice(0, line.indexOf(':')).toLowerCase()
        const value = line.slice(line.indexOf(':') + 1).trim()
        headers[name] = headers[name] === undefined ? value : `${headers[name]}\n${value}`
      }
      const status = Number(first.split(' ')[1])
      if (head || status === 204 || status === 304 || status < 200) return { status, headers, body: '', whole: true }
      if (headers['transfer-encoding'] === 'chunked') return { status, headers, ...(await chunked()) }
      const body = await exactly(Number(headers['content-length'] ?? 0))
      return { status, headers, body: body ?? '', whole: body !== undefined }
    },
    async closed() {
      while (!isClosed) await more()
      return bytes
    },
  }
}

/** A request head with a host, and a body where there is one: of bytes, written as Latin-1. */
export const request = (line: string, headers: readonly string[] = [], body?: string): string =>
  [
    `${line} HTTP/1.1`,
    'Host: localhost',
    ...headers,
    ...(body === undefined ? [] : [`Content-Length: ${body.length}`]),
    '',
    body ?? '',
  ].join('\r\n')

/** One request on a connection of its own. */
export async function once(to: To, text: string, head = false): Promise<Answer> {
  const connection = await raw(to)
  connection.write(text)
  try {
    return await connection.next(head)
  } finally {
    connection.socket.destroy()
  }
}

/** The whole text of a problem that an adapter answers with: these words, an id, and nothing of the request. */
export const problemText = (title: string, status: number, code: string): unknown =>
  expect.stringMatching(
    new RegExp(
      `^{"type":"about:blank","title":"${title}","status":${status},"code":"${code}","instance":"urn:uuid:[0-9a-f-]{36}"}$`,
    ),
  )
