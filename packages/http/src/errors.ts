import { errorsOf } from '@phi/core'

/**
 * The errors of this package: mistakes of whoever sets a service up, and what `onFault` reports. What a client does wrong is no error but a
 * problem of its response: see `problems`.
 */
export const httpErrors = {
  PHI_HTTP_OPTIONS: {
    problem: 'An option of the pipeline is not valid',
    remedy: 'Correct the named option.',
  },
  PHI_HTTP_ROUTE: {
    problem: 'The route cannot work',
    remedy: 'Correct what is named; nothing is served until it is.',
  },
  PHI_HTTP_PROBLEM: {
    problem: 'The problem that a handler wants to answer with is not valid',
    remedy: 'Pass a status from 400 to 499 without 401, and a code of lower-case letters, digits and hyphens.',
  },
  PHI_HTTP_ACTOR: {
    problem: 'The `actor` option named another tenant than the session, so the request was refused',
    remedy: 'Take the tenant of the session that is handed in.',
  },
  PHI_HTTP_LOADED: {
    problem: 'A loader answered with something that is no record, so the request was refused',
    remedy: 'Answer with an object, an array of objects, or undefined where nothing is there.',
  },
  PHI_HTTP_TOO_MANY: {
    problem: 'A loader answered with more records than one request may look at, so the request was refused',
    remedy: 'Load a page at a time.',
  },
  PHI_HTTP_REPLY: {
    problem: 'A handler answered with something that cannot be sent, so nothing was sent and what it wrote was rolled back',
    remedy: 'Correct what is named.',
  },
  PHI_HTTP_BODY_USED: {
    problem: 'The body of the request had been read before the pipeline saw it, so the request was refused',
    remedy: 'Mount the route before any body parser: the pipeline reads bodies itself, after it knows who is there.',
  },
  PHI_HTTP_TRANSACTION: {
    problem: 'The `transaction` option did not run what it was given to its end, so nothing was sent',
    remedy: 'Run the function once or until it succeeds, pass on what it throws, and commit only when it resolved.',
  },
  PHI_HTTP_COMMIT: {
    problem: 'The commit of a write failed, and whether it happened is not known',
    remedy: 'Look for the audit entry with the id of the request: it was to commit together with the write.',
  },
  PHI_HTTP_DOWNLOAD: {
    problem: 'A download ended before its end, or has another length than was said',
    remedy: 'The audit entry of its end says how many bytes left; make the stream yield bytes, as many as `length` says.',
  },
  PHI_HTTP_TIMEOUT: {
    problem: 'The request took longer than `timeoutMs`, and its work goes on unheard',
    remedy: 'Find out what was slow; handlers should stop when `call.signal` is aborted.',
    retryable: true,
  },
} as const

export const httpError = errorsOf(httpErrors)
