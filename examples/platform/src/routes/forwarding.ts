import { type Fetch, forward, httpsDestination, memoryCursors } from '@phi/audit/forward'
import { z } from 'zod'
import type { RouteModule } from '../parts.ts'
import { routesOf } from './routes-of.ts'

const target = z.strictObject({
  url: z.url({ protocol: /^https$/ }),
  key: z.strictObject({ id: z.string().min(1).max(64), secret: z.base64().min(43) }),
})

/** Customers send their log on to a SIEM of theirs (S125): where to is a setting that an administrator makes, and it is recorded as one. */
export const forwardingRoutes =
  ({ fetch }: { readonly fetch: Fetch }): RouteModule =>
  (app, parts) => {
    const route = routesOf(app, parts)
    const { log } = parts
    const cursors = memoryCursors()
    route.post<z.output<typeof target>>('/audit/forwarding', {
      ...{ action: 'read', auditAs: 'configure', on: 'AuditEntry', purpose: 'HSYSADMIN', body: target },
      load: ({ caller, at }) => ({
        ...{ id: 'log', tenant: caller.tenant, at: new Date(at), actorId: '', event: '' },
        ...{ subjectType: '', subjectId: '', details: '' },
      }),
      handle: async ({ caller, body: { url, key } }) => {
        const secret = new Uint8Array(Buffer.from(key.secret, 'base64'))
        const forwarder = forward({
          ...{ name: `siem-${caller.tenant}`, source: await log(caller.tenant), cursors },
          to: httpsDestination({ url, fetch, key: { id: key.id, secret } }),
        })
        try {
          const { status, delivered } = await forwarder.once()
          return { json: { status, delivered } }
        } finally {
          await forwarder.close()
        }
      },
    })
  }
