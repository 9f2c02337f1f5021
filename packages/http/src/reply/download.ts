import type { Connection, Sent } from '../connection.ts'
import { httpError } from '../errors.ts'
import type { Download } from '../route.ts'

const MAX_LENGTH = Number.MAX_SAFE_INTEGER
const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}(?:; ?charset=[a-z0-9-]{1,40})?$/i

const isStream = (value: unknown): value is Download['body'] =>
  value instanceof ReadableStream ||
  typeof (value as { [Symbol.asyncIterator]?: unknown } | null)?.[Symbol.asyncIterator] === 'function'

/** @throws PhiError PHI_HTTP_REPLY */
export function checkDownload({ body, type, filename, length }: Download): void {
  const wrong = (path: string) => httpError('PHI_HTTP_REPLY', { path: `reply.download.${path}` })
  if (typeof body !== 'object' || body === null || !isStream(body)) throw wrong('body')
  if (body instanceof ReadableStream && body.locked) throw wrong('body')
  if (typeof type !== 'string' || !TYPE.test(type)) throw wrong('type')
  if (typeof filename !== 'string') throw wrong('filename')
  if (length !== undefined && !(Number.isInteger(length) && length >= 0 && length <= MAX_LENGTH)) throw wrong('length')
}

interface Source {
  next(): Promise<Uint8Array | undefined>
  close(): Promise<void>
}

/** Nothing of it fails by itself: what is wrong with a body shows when it is read. */
function sourceOf(body: Download['body']): Source {
  try {
    return opened(body)
  } catch (error) {
    return { next: () => Promise.reject(error), close: async () => {} }
  }
}

function opened(body: Download['body']): Source {
  if (body instanceof ReadableStream) {
    const reader = body.getReader()
    return {
      next: async () => {
        const part = await reader.read()
        return part.done ? undefined : part.value
      },
      close: () => reader.cancel(),
    }
  }
  const iterator = body[Symbol.asyncIterator]()
  return {
    next: async () => {
      const part = await iterator.next()
      return part.done === true ? undefined : part.value
    },
    close: async () => void (await iterator.return?.()),
  }
}

/** Lets go of a download that is not sent after all. */
export async function discard(download: Download | undefined): Promise<void> {
  try {
    if (download !== undefined) await sourceOf(download.body).close()
  } catch {
    // It was not to be sent, and whatever it says to that changes nothing.
  }
}

/**
 * The stream that is sent, and what became of it. Nothing is read of the source before the connection asks for it. A source that fails, that
 * yields no bytes, or another number of them than it said, breaks the connection off, so that the client does not take a part for the whole.
 */
export function outgoing(
  { body, length }: Download,
  connection: Connection,
  signal: AbortSignal,
): { readonly stream: ReadableStream<Uint8Array>; readonly ended: Promise<Sent> } {
  const source = sourceOf(body)
  let read = 0
  let whole = false
  let settle: (sent: Sent) => void = () => {}
  const drained = new Promise<Sent>((resolve) => {
    settle = resolve
  })
  const finish = () => settle({ bytes: read, complete: whole })
  const broken = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    finish()
    // What a source throws may hold anything; the connection gets our own words.
    controller.error(httpError('PHI_HTTP_DOWNLOAD'))
    void source.close().catch(() => {})
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const part: unknown = await source.next()
          if (part === undefined) {
            if (length !== undefined && read !== length) return broken(controller)
            whole = true
            finish()
            return controller.close()
          }
          if (!(part instanceof Uint8Array) || (length !== undefined && read + part.length > length)) return broken(controller)
          read += part.length
          controller.enqueue(part)
        } catch {
          broken(controller)
        }
      },
      cancel() {
        finish()
        return source.close().catch(() => {})
      },
    },
    { highWaterMark: 0 },
  )
  if (connection.sent !== undefined) {
    const sent = connection.sent.then(
      // All of what was read went out, and all there was was read.
      ({ bytes, complete }) => ({ bytes, complete: complete === true && whole }),
      () => ({ bytes: read, complete: false }),
    )
    // A connection that is gone reads no more of the source.
    void sent.then(({ complete }) => (complete ? undefined : source.close().catch(() => {})))
    return { stream, ended: sent }
  }
  signal.addEventListener('abort', finish, { once: true })
  return { stream, ended: drained }
}
