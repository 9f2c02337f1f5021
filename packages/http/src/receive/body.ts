import { type ErrorContext, PhiError, parseAs } from '@phi/core'
import type * as z from 'zod'
import { httpError } from '../errors.ts'
import type { Exchange } from '../exchange.ts'
import { isRefused, type Refused, refused } from '../refused.ts'
import { readJson } from './json.ts'

// The charset is UTF-8 whatever it is called (RFC 8259 §8.1); another one is a mistake that would be read as something else.
const JSON_TYPE = /^application\/json[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?$/i

/** The length that the client announces: undefined without, NaN for what is no length. Used to refuse early, and for nothing else. */
function announcedLength(headers: Headers): number | undefined {
  const header = headers.get('content-length')
  if (header === null) return undefined
  return /^\d{1,15}$/.test(header) ? Number(header) : Number.NaN
}

/** The whole body, or a refusal. Counts what really comes, and stops at the first byte too many. */
async function bounded(x: Exchange, atMost: number): Promise<Uint8Array | Refused> {
  const { request, signal } = x
  if (request.bodyUsed) return refused('internal', { fault: httpError('PHI_HTTP_BODY_USED') })
  const announced = announcedLength(request.headers)
  if (Number.isNaN(announced)) return refused('malformed', { errors: ['headers'] })
  if (announced !== undefined && announced > atMost) return refused('too-large')
  if (request.body === null) return new Uint8Array(0)
  let reader: ReadableStreamDefaultReader<Uint8Array>
  try {
    reader = request.body.getReader()
  } catch {
    return refused('internal', { fault: httpError('PHI_HTTP_BODY_USED') })
  }
  const stop = () => void reader.cancel().catch(() => {})
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    const parts: Uint8Array[] = []
    let length = 0
    for (;;) {
      const { done, value } = await reader.read()
      if (signal.aborted) return refused(x.late ? 'timeout' : 'malformed', { errors: ['body'] })
      if (done) break
      if (!(value instanceof Uint8Array)) return refused('malformed', { errors: ['body'] })
      length += value.length
      if (length > atMost) {
        stop()
        return refused('too-large')
      }
      parts.push(value)
    }
    const bytes = new Uint8Array(length)
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  } catch {
    // The connection broke, or the framing of the message did.
    return refused('malformed', { errors: ['body'] })
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/**
 * Parses by a schema of the route. What does not fit is refused with the place in the schema's words: no value, and no key of the
 * client's.
 */
export function shaped<Shape>(
  schema: z.ZodType<Shape>,
  value: unknown,
  root: 'body' | 'query',
): { readonly value: Shape } | Refused {
  try {
    return { value: parseAs(schema, value, root, (context) => new PhiError('PHI_HTTP_BAD_INPUT', badInput, context)) }
  } catch (error) {
    const { path } = error as ErrorContext
    return refused('malformed', { errors: [path ?? root] })
  }
}
const badInput = { problem: 'It does not fit the schema', remedy: 'Correct it.' }

/** The body, where the route has a schema for one; and that there is none, where it has not. */
export async function bodyOf<Shape>(
  x: Exchange,
  schema: z.ZodType<Shape> | undefined,
  atMost: number,
): Promise<{ readonly value: Shape } | Refused> {
  const { headers } = x.request
  if (schema === undefined) {
    const bytes = await bounded(x, 0)
    if (isRefused(bytes)) return bytes.code === 'too-large' ? refused('malformed', { errors: ['body'] }) : bytes
    return { value: undefined as Shape }
  }
  if (!JSON_TYPE.test(headers.get('content-type') ?? '')) return refused('unsupported-media-type')
  const coding = headers.get('content-encoding')
  if (coding !== null && coding.toLowerCase() !== 'identity') return refused('unsupported-media-type')
  const bytes = await bounded(x, atMost)
  if (isRefused(bytes)) return bytes
  const json = readJson(bytes)
  if (json === undefined) return refused('malformed', { errors: ['body'] })
  return shaped(schema, json.value, 'body')
}
