import { errorsOf } from '@phi/core'

/** The errors of the adapters: mistakes of a set-up. What a client sends is answered and never thrown. */
export const nodeErrors = {
  PHI_HTTP_SERVER: {
    problem: 'The options of the server cannot be used',
    remedy: 'Pass limits within their ranges, and either a handler or a listener, as `PhiServerOptions` describes them.',
  },
  PHI_HTTP_ROUTES: {
    problem: 'The routes cannot be used',
    remedy: "Write each as a method, a space and a path, for example 'GET /notes/:id', and none twice.",
  },
  PHI_HTTP_CONNECTION: {
    problem: 'The adapter does not know the connection of a request, so the request was refused',
    remedy:
      'Serve the framework with node:http or node:https, not with HTTP/2, or pass the `connection` option where the adapter has one.',
  },
  PHI_HTTP_REJECTED: {
    problem: 'A handler has thrown, so the request was answered with 500',
    remedy: 'Pass handlers of the pipeline, which never throw, or catch what yours throws.',
  },
} as const

export const nodeError = errorsOf(nodeErrors)
