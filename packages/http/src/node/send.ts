import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Sent } from '../connection.ts'
import { type Count, countOf, whenClosed } from './connection.ts'
import { isWaiting } from './expecting.ts'

/**
 * How much of a body that nobody wanted is read and thrown away, and for how long, so that a client that is still sending sees
 * the answer.
 */
const LINGER_BYTES = 1024 * 1024
const LINGER_MS = 1000

/** Answers of a known length say it. These are short, and come whole. */
const WHOLE = /^application\/(?:[\w.-]+\+)?json\b/

const hasNoContent = (status: number): boolean => status === 204 || status === 205 || status === 304

/**
 * Sends a response, as fast as the client takes it, and answers with what became of it; it never rejects. A client that leaves ends the
 * body's stream, and a body that fails, or is shorter or longer than its Content-Length says, ends the connection: the client cannot take
 * what it has for the whole.
 *
 * Headers that are set on `outgoing` already stay, unless the response has them.
 */
export async function send(response: Response, outgoing: ServerResponse): Promise<Sent> {
  const count = countOf(outgoing)
  const sent = (): Sent => ({ bytes: count.bytes, complete: outgoing.writableFinished })
  const reader = readerOf(response)
  const drop = () => reader?.cancel().catch(() => {})
  if (outgoing.headersSent || isGone(outgoing)) {
    await drop()
    return sent()
  }
  const forget = whenGone(outgoing, drop)
  // Told by 'close' as well, and not to be thrown where nobody catches it.
  outgoing.on('error', drop)
  try {
    const leftOver = await isLeftOver(outgoing.req)
    writeHeaders(response, outgoing, leftOver)
    if (outgoing.req.method === 'HEAD' || hasNoContent(response.status)) {
      await drop()
    } else if (reader === undefined) {
      outgoing.setHeader('content-length', 0)
    } else {
      await writeBody(response, reader, outgoing, count)
    }
    await linger(outgoing.req)
    outgoing.end()
    await ended(outgoing)
  } catch {
    outgoing.destroy()
    await drop()
  } finally {
    forget()
  }
  return sent()
}

function writeHeaders(response: Response, outgoing: ServerResponse, leftOver: boolean): void {
  outgoing.statusCode = response.status
  // Says which software runs, to nobody's use.
  outgoing.removeHeader('x-powered-by')
  for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies)
  // Whatever is left of the body must not be taken for the next request.
  if (leftOver) outgoing.setHeader('connection', 'close')
}

/** Whether some of a request is still to come. A short body has come in with the headers, but Node may not have got to it yet. */
export async function isLeftOver(incoming: IncomingMessage): Promise<boolean> {
  if (!incoming.complete) await new Promise((resolve) => setImmediate(resolve))
  return !incoming.complete
}

type Reader = ReadableStreamDefaultReader<Uint8Array>

/** Undefined where there is no body. One that somebody has begun to read fails when it is read. */
function readerOf(response: Response): Reader | undefined {
  const { body } = response
  if (body === null) return undefined
  if (!body.locked && !response.bodyUsed) return body.getReader()
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.error(new Error('the body was read'))
    },
  }).getReader()
}

/** Fails when it comes out shorter or longer than it was said to be. */
async function writeBody(response: Response, reader: Reader, outgoing: ServerResponse, count: Count): Promise<void> {
  let next = await reader.read()
  let following: Awaited<ReturnType<Reader['read']>> | undefined
  if (!outgoing.hasHeader('content-length') && WHOLE.test(response.headers.get('content-type') ?? '')) {
    if (next.done) outgoing.setHeader('content-length', 0)
    else {
      following = await reader.read()
      if (following.done) outgoing.setHeader('content-length', next.value.length)
    }
  }
  const header = outgoing.getHeader('content-length')
  const length = header === undefined ? undefined : Number(header)
  let total = 0
  while (!next.done) {
    const chunk = next.value
    total += chunk.length
    if (length !== undefined && total > length) throw new Error('the body is longer than it was said to be')
    if (chunk.length > 0) await write(chunk, outgoing, count)
    next = following ?? (await reader.read())
    following = undefined
  }
  if (length !== undefined && total < length) throw new Error('the body is shorter than it was said to be')
}

/** Resolves when there is room for more. Rejects when the client has left. */
function write(chunk: Uint8Array, outgoing: ServerResponse, count: Count): Promise<void> {
  return new Promise((resolve, reject) => {
    if (isGone(outgoing)) return reject(new Error('the client has left'))
    const flows = outgoing.write(chunk, (error) => {
      // Node may call back with null.
      if (!error) count.bytes += chunk.length
    })
    if (flows) return resolve()
    const settle = () => {
      outgoing.off('drain', settle)
      forget()
      if (isGone(outgoing)) reject(new Error('the client has left'))
      else resolve()
    }
    const forget = whenGone(outgoing, settle)
    outgoing.once('drain', settle)
  })
}

/** Resolves when the response has gone out, or never will. */
function ended(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      outgoing.off('finish', settle)
      forget()
      resolve()
    }
    const forget = whenGone(outgoing, settle)
    outgoing.once('finish', settle)
    if (outgoing.writableFinished || isGone(outgoing)) settle()
  })
}

const isGone = (outgoing: ServerResponse): boolean => outgoing.destroyed || outgoing.closed || outgoing.req.socket.destroyed

/** A response that waits behind others of its connection is not told when that closes. */
function whenGone(outgoing: ServerResponse, callback: () => void): () => void {
  outgoing.once('close', callback)
  const forget = whenClosed(outgoing.req.socket, callback)
  return () => {
    outgoing.off('close', callback)
    forget()
  }
}

/**
 * Before the end of an answer to a request that is still coming in: reads a little more of it. A connection that is closed with bytes unread is
 * reset, and the reset may overtake the answer.
 */
async function linger(incoming: IncomingMessage): Promise<void> {
  if (incoming.complete || incoming.destroyed || isWaiting(incoming)) return
  await new Promise<void>((resolve) => {
    let bytes = 0
    const stop = () => {
      clearTimeout(timer)
      incoming.off('data', take)
      incoming.off('end', stop)
      incoming.off('close', stop)
      incoming.off('error', stop)
      incoming.pause()
      resolve()
    }
    const take = (chunk: Uint8Array) => {
      bytes += chunk.length
      if (bytes > LINGER_BYTES) stop()
    }
    const timer = setTimeout(stop, LINGER_MS)
    incoming.on('data', take)
    incoming.once('end', stop)
    incoming.once('close', stop)
    incoming.once('error', stop)
  })
}
