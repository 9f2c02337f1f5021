import type { Handler } from '../route.ts'
import { nodeError } from './errors.ts'

const METHOD = /^(?:GET|POST|PUT|PATCH|DELETE)$/
const PATTERN = /^(?:\/|(?:\/(?::[A-Za-z_]\w*|[\w\-.~]+))+)$/

interface Route {
  readonly method: string
  readonly segments: readonly string[]
  readonly handler: Handler
}

const isParam = (segment: string): boolean => segment.startsWith(':')
const segmentsOf = (path: string): readonly string[] => path.slice(1).split('/')

function readRoute([key, handler]: readonly [string, Handler], index: number): Route {
  const [method = '', pattern = '', ...rest] = key.split(' ')
  const refuse = (detail: string) => nodeError('PHI_HTTP_ROUTES', { path: 'routes.*', detail, info: { index } })
  if (rest.length > 0 || !METHOD.test(method) || !PATTERN.test(pattern)) throw refuse('it is no method and path')
  if (typeof handler !== 'function') throw refuse('its handler is no function')
  const segments = segmentsOf(pattern)
  const names = segments.filter(isParam)
  if (new Set(names).size !== names.length) throw refuse('a parameter stands twice')
  return { method, segments, handler }
}

function paramsOf(route: Route, path: readonly string[]): Record<string, string> | undefined {
  if (route.segments.length !== path.length) return undefined
  const params: Record<string, string> = Object.create(null)
  for (const [index, segment] of route.segments.entries()) {
    const given = path[index] as string
    if (!isParam(segment)) {
      if (given !== segment) return undefined
      continue
    }
    if (given === '') return undefined
    try {
      params[segment.slice(1)] = decodeURIComponent(given)
    } catch {
      return undefined
    }
  }
  return params
}

/**
 * Many handlers as one, by method and path: enough for a service without a framework. A segment that is written out goes before a parameter;
 * HEAD is answered by GET; there are no patterns beside `:name`, and a slash at the end is another path.
 *
 * @param notFound `pipeline.notFound()`: answers for everything else, other methods of a known path among them
 * @throws PhiError PHI_HTTP_ROUTES
 */
export function routes(table: Readonly<Record<string, Handler>>, notFound: Handler): Handler {
  const all = Object.entries(table).map(readRoute)
  const shapes = all.map(({ method, segments }) =>
    [method, ...segments.map((segment) => (isParam(segment) ? ':' : segment))].join('/'),
  )
  shapes.forEach((shape, index) => {
    if (shapes.indexOf(shape) !== index) {
      throw nodeError('PHI_HTTP_ROUTES', { path: 'routes.*', detail: 'it stands there already', info: { index } })
    }
  })
  // Of two that fit, the one whose first difference is written out.
  const rank = ({ segments }: Route) => segments.map((segment) => (isParam(segment) ? '1' : '0')).join('')
  const ranked = all.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))

  return async (request, connection) => {
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const path = segmentsOf(new URL(request.url).pathname)
    for (const route of ranked) {
      if (route.method !== method) continue
      const params = paramsOf(route, path)
      if (params !== undefined) return route.handler(request, connection, params)
    }
    return notFound(request, connection, {})
  }
}
