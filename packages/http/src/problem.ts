import { httpError } from './errors.ts'

/**
 * Every refusal that a client can meet, by its `code`, with its status. Bodies are RFC 9457 problem details and hold nothing but what
 * stands here, the id of the request, and for bad input the place in terms of the schema.
 */
export const problems = {
  malformed: {
    status: 400,
    meaning: 'The request cannot be read: its target, a header, its body, or what the schema of the route asks for.',
  },
  'credentials-ambiguous': { status: 400, meaning: 'There is more than one token, or a token in more than one place.' },
  'purpose-required': { status: 400, meaning: 'The request does not say for which purpose.' },
  'session-required': { status: 401, meaning: 'There is no session token, or it is none of this service.' },
  'session-over': { status: 401, meaning: 'The session of the token has ended. Sign in again.' },
  'sign-in-refused': { status: 401, meaning: 'The identity token was not accepted.' },
  'step-up-required': {
    status: 401,
    meaning: 'Sign in again, more strongly or more recently; `WWW-Authenticate` says how (RFC 9470).',
  },
  forbidden: { status: 403, meaning: 'This is not allowed to the caller.' },
  'cross-site': { status: 403, meaning: 'Another site sent this with the cookie of a user.' },
  'obligations-open': { status: 403, meaning: 'It would be allowed if what `obligations` lists had been done.' },
  'tls-required': { status: 403, meaning: 'The service answers over TLS only.' },
  'not-found': { status: 404, meaning: 'It is not there, or the caller may not know that it is.' },
  'method-not-allowed': { status: 405, meaning: 'The route is not for this method; `Allow` says for which.' },
  superseded: { status: 409, meaning: 'The token has just been replaced. Use the new one.' },
  'too-large': { status: 413, meaning: 'The body is longer than the route takes.' },
  'unsupported-media-type': {
    status: 415,
    meaning: 'The body is not sent as `application/json` in UTF-8 without a content coding.',
  },
  internal: { status: 500, meaning: 'The service has a fault. Nothing was sent, and no record was changed.' },
  unavailable: {
    status: 503,
    meaning: 'Something that is needed cannot be reached. Nothing was sent, and no record was changed. Try again later.',
  },
  timeout: { status: 503, meaning: 'It took too long. No record was changed.' },
  'outcome-unknown': { status: 503, meaning: 'Whether the change was made is not known. Look before you send it again.' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly meaning: string }>>

export type ProblemCode = keyof typeof problems

/** The phrases of RFC 9110 §15 and RFC 6585: RFC 9457 §4.2.1 asks for them where `type` is `about:blank`. */
const phrases: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  423: 'Locked',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

export const phraseOf = (status: number): string => phrases[status] ?? 'Client Error'

const CODE = /^[a-z][a-z0-9-]{0,63}$/

/** Whether a handler may refuse so. A 401 needs a challenge, which is the pipeline's to write. */
export const isProblem = (status: unknown, code: unknown): boolean =>
  Number.isInteger(status) &&
  (status as number) >= 400 &&
  (status as number) <= 499 &&
  status !== 401 &&
  typeof code === 'string' &&
  CODE.test(code)

/**
 * A refusal that a handler throws, made by `problem`. What the handler did is rolled back, and the attempt is recorded as a
 * failure.
 */
export class HttpProblem extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string) {
    super(phraseOf(status))
    this.name = 'HttpProblem'
    this.status = status
    this.code = code
  }
}

/**
 * A refusal for a handler to throw: `throw problem(409, 'version-conflict')`. The code is sent as it is, so write it out; never build
 * it from a record or a request.
 * @param status 400 to 499 without 401, which needs a challenge
 * @throws PhiError PHI_HTTP_PROBLEM
 */
export function problem(status: number, code: string): HttpProblem {
  if (!isProblem(status, code)) throw httpError('PHI_HTTP_PROBLEM')
  return new HttpProblem(status, code)
}
