import { guardError } from './errors.ts'
import { contentOf, type GuardedBody, type Tag, type TagContent } from './tag.ts'

/** Methods that a call can have. */
export const guardedMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
export type GuardedMethod = (typeof guardedMethods)[number]

/** What a guarded call takes of a RequestInit, and the tag. */
export interface GuardedInit {
  /** `tagged(body, { data, use })` or `notPhi('why')`. Always: a path or a query can hold data as well as a body. */
  readonly phi: Tag
  readonly method?: string | undefined
  readonly headers?: ConstructorParameters<typeof Headers>[0] | undefined
  /** Only beside `notPhi`. The body of a tagged call is in its tag. */
  readonly body?: GuardedBody | null | undefined
  readonly signal?: AbortSignal | null | undefined
  readonly credentials?: 'omit' | 'same-origin' | 'include' | undefined
  /** Default `no-store`: no copy stays in a cache of the browser. */
  readonly cache?: 'default' | 'no-store' | 'reload' | 'no-cache' | undefined
  /** `follow` (default): each hop is judged first. `error`: none is followed. `manual`: the answer is handed back as it is. */
  readonly redirect?: 'follow' | 'error' | 'manual' | undefined
}

/** A call that was read. */
export interface Call {
  readonly method: GuardedMethod
  readonly headers: Headers
  readonly body: GuardedBody | null
  readonly signal: AbortSignal | null
  readonly redirect: 'follow' | 'error' | 'manual'
  readonly rest: {
    readonly credentials?: 'omit' | 'same-origin' | 'include'
    readonly cache: NonNullable<GuardedInit['cache']>
  }
  readonly tag: TagContent
}

const members = ['phi', 'method', 'headers', 'body', 'signal', 'credentials', 'cache', 'redirect'] as const

/** They choose another server behind the address, or frame the message: RFC 9110 section 7.6.1 and 7.2. */
const withheldHeaders = [
  'host',
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

const refuse = (path: string, detail: string) => guardError('PHI_BAA_CALL', { path: `init.${path}`, detail })
const chosen = <Word extends string>(value: unknown, words: readonly Word[], path: string): Word | undefined => {
  if (value === undefined) return undefined
  const word = words.find((each) => each === value)
  if (word === undefined) throw refuse(path, 'must be one of the documented values')
  return word
}

/** @throws PhiError PHI_BAA_UNTAGGED, PHI_BAA_CALL */
export function readCall(init: unknown): Call {
  if (typeof init !== 'object' || init === null) throw guardError('PHI_BAA_UNTAGGED')
  const given = membersOf(init)
  const tag = contentOf(given.get('phi'))
  if (tag === undefined) throw guardError('PHI_BAA_UNTAGGED', { path: 'init.phi' })
  if ([...given.keys()].some((key) => !members.some((each) => each === key))) {
    throw guardError('PHI_BAA_CALL', { path: 'init', detail: 'holds a member that is not documented' })
  }
  const word = given.get('method')
  const method = chosen(typeof word === 'string' ? word.toUpperCase() : word, guardedMethods, 'method') ?? 'GET'
  const loose = given.get('body') ?? null
  if (tag.phi && loose !== null) throw refuse('body', 'goes into the tag: `tagged(body, { data, use })`')
  const body = (tag.phi ? tag.body : loose) ?? null
  if (body !== null && kindOf(body) === undefined) throw refuse('body', 'must be text, bytes, a form or a stream')
  if (body !== null && (method === 'GET' || method === 'HEAD')) throw refuse('body', 'does not go with GET or HEAD')
  const signal = given.get('signal') ?? null
  if (signal !== null && !(signal instanceof AbortSignal)) throw refuse('signal', 'must be an AbortSignal')
  const credentials = chosen(given.get('credentials'), ['omit', 'same-origin', 'include'], 'credentials')
  return {
    method,
    headers: readHeaders(given.get('headers')),
    body: body as GuardedBody | null,
    signal,
    redirect: chosen(given.get('redirect'), ['follow', 'error', 'manual'], 'redirect') ?? 'follow',
    rest: {
      ...(credentials === undefined ? {} : { credentials }),
      cache: chosen(given.get('cache'), ['default', 'no-store', 'reload', 'no-cache'], 'cache') ?? 'no-store',
    },
    tag,
  }
}

/** Its own members, each read once. */
function membersOf(init: object): ReadonlyMap<string, unknown> {
  try {
    return new Map<string, unknown>(Object.entries(init))
  } catch {
    throw guardError('PHI_BAA_CALL', { path: 'init', detail: 'could not be read' })
  }
}

function readHeaders(value: unknown): Headers {
  let headers: Headers
  try {
    headers = new Headers((value ?? undefined) as GuardedInit['headers'])
  } catch {
    // The cause is not kept: it quotes the value.
    throw refuse('headers', 'are none that HTTP can carry')
  }
  if (withheldHeaders.some((name) => headers.has(name))) throw refuse('headers', 'choose the server or frame the message')
  return headers
}

type BodyKind = 'text' | 'bytes' | 'blob' | 'form' | 'params' | 'stream'

/** By the name that the object bears, as other realms have classes of their own. */
const kinds: { readonly [name: string]: BodyKind } = {
  String: 'text',
  ArrayBuffer: 'bytes',
  Blob: 'blob',
  File: 'blob',
  FormData: 'form',
  URLSearchParams: 'params',
  ReadableStream: 'stream',
}

export function kindOf(body: unknown): BodyKind | undefined {
  if (typeof body === 'string') return 'text'
  if (ArrayBuffer.isView(body)) return 'bytes'
  const name = Object.prototype.toString.call(body).slice(8, -1)
  return typeof body === 'object' && name !== 'String' && Object.hasOwn(kinds, name) ? kinds[name] : undefined
}

/** How many bytes a body is, where that is known before it is sent. */
export function bytesOf(body: GuardedBody | null): number | undefined {
  if (body === null) return undefined
  switch (kindOf(body)) {
    case 'text':
    case 'params':
      return new TextEncoder().encode(String(body)).length
    case 'bytes':
      return (body as ArrayBuffer).byteLength
    case 'blob':
      return (body as Blob).size
    default:
      return undefined
  }
}
