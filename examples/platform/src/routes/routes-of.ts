import type { RouteOptions } from '@phi/http'
import { fastifyHandler } from '@phi/http/fastify'
import type { Transaction } from '@phi/postgres'
import type { FastifyInstance } from 'fastify'
import type { Parts, PlatformWords } from '../parts.ts'

type Add = <Body = undefined, Query = Readonly<Record<string, string>>>(
  path: string,
  options: RouteOptions<PlatformWords, Transaction, Body, Query>,
) => void

type Method = 'get' | 'post' | 'put' | 'delete'

/** Adds routes to the service. The options of each say what is decided, what is done, and what the log keeps of it. */
export function routesOf(app: FastifyInstance, { pipeline }: Parts): Readonly<Record<Method, Add>> {
  const on =
    (method: Method): Add =>
    (path, options) =>
      void app[method](path, fastifyHandler(pipeline.route(options)))
  return { get: on('get'), post: on('post'), put: on('put'), delete: on('delete') }
}
