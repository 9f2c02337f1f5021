import type { Connection } from '../connection.ts'
import { type AdapterOptions, report, textParams } from '../node/adapter.ts'
import { internal, malformed, refuse } from '../node/refusal.ts'
import { isPlainPath } from '../node/target.ts'
import type { Handler } from '../route.ts'
import { withoutBodyOfHead } from './head.ts'
import type { NodeBindings } from './on-node.ts'

/** What is used of a context of Hono. */
export interface HonoContext {
  readonly req: { readonly raw: Request; param(): unknown }
  readonly env: unknown
}

export interface HonoOptions<Context extends HonoContext = HonoContext> extends AdapterOptions {
  /**
   * What is known of the connection, for runtimes other than Node: from the `getConnInfo` of yours, never from a header. Without it the address
   * is unknown and the connection counts as plain, so a pipeline that was not told otherwise refuses.
   */
  readonly connection?: ((context: Context) => Connection) | undefined
}

/** The bindings of `@hono/node-server`. What they are is looked at where Node's own classes can be imported. */
const isOnNode = (env: unknown): env is NodeBindings =>
  typeof env === 'object' && env !== null && 'incoming' in env && 'outgoing' in env

const unknown: Connection = Object.freeze({ ip: undefined, encrypted: false })

/**
 * A handler of Hono: `app.get('/notes/:id', honoHandler(readNote))`, and `app.notFound(honoHandler(pipeline.notFound()))`. On
 * `@hono/node-server` the connection is that of the socket; elsewhere pass `connection`.
 */
export function honoHandler<Context extends HonoContext = HonoContext>(handler: Handler, options: HonoOptions<Context> = {}) {
  return async (context: Context): Promise<Response> => {
    try {
      const params = textParams(context.req.param())
      const { raw } = context.req
      if (options.connection === undefined && isOnNode(context.env)) {
        const { answerOnNode } = await import('./on-node.ts')
        return await answerOnNode(handler, context.env, params)
      }
      if (!isPlainPath(new URL(raw.url).pathname)) return refuse(malformed, false)
      return withoutBodyOfHead(raw, await handler(raw, options.connection?.(context) ?? unknown, params))
    } catch (error) {
      report(error, options)
      return refuse(internal, false)
    }
  }
}
