import type { AuditRecord } from '@phi/audit'
import { writeCsv, writeJson } from '@phi/audit/export'
import { z } from 'zod'
import type { RouteModule } from '../parts.ts'
import { routesOf } from './routes-of.ts'

/** An entry as the policy knows it: nothing that it says of a record is left out, and nothing of the record is in it. */
export const entryOf = (
  tenant: string,
  { index, recordedAt, event: { action, outcome, actor, subject, context, source } }: AuditRecord,
) => ({
  id: String(index),
  tenant,
  at: new Date(recordedAt),
  actorId: actor?.id ?? '',
  event: `${action} ${outcome}`,
  subjectType: subject?.resource?.type ?? '',
  subjectId: subject?.resource?.id ?? '',
  details: JSON.stringify({
    roles: actor?.roles,
    ip: source?.ip,
    userAgent: source?.userAgent,
    purpose: context?.purpose,
    patients: subject?.patients,
  }),
})

/** The log in the portal (S97), and out of it (S125). */
export const auditRoutes: RouteModule = (app, parts) => {
  const route = routesOf(app, parts)
  const { log } = parts
  const query = z.strictObject({
    actor: z.string().optional(),
    patient: z.string().optional(),
    from: z.string().optional(),
    until: z.string().optional(),
  })
  route.get<undefined, z.output<typeof query>>('/audit', {
    action: 'read',
    auditAs: 'review',
    on: 'AuditEntry',
    purpose: 'HSYSADMIN',
    query,
    load: async ({ caller, query: { actor, patient } }) => {
      const page = await (await log(caller.tenant)).query({
        ...(actor === undefined ? {} : { actor }),
        ...(patient === undefined ? {} : { patient }),
        order: 'newest',
        limit: 200,
      })
      return page.records.map((record) => entryOf(caller.tenant, record))
    },
  })
  route.get('/audit/verification', {
    action: 'read',
    auditAs: 'review',
    on: 'AuditEntry',
    purpose: 'HSYSADMIN',
    load: ({ caller, at }) => entryFor(caller.tenant, at),
    handle: async ({ caller }) => {
      const opened = await log(caller.tenant)
      await opened.checkpoint()
      return { json: await opened.verify() }
    },
  })
  for (const format of ['csv', 'json'] as const) {
    route.get(`/audit/export.${format}`, {
      action: 'read',
      auditAs: 'export',
      on: 'AuditEntry',
      purpose: 'HSYSADMIN',
      load: ({ caller, at }) => entryFor(caller.tenant, at),
      handle: async ({ caller }) => {
        const by = {
          actor: { id: caller.subject, type: 'workforce' as const, roles: [...caller.roles] },
          context: { purpose: 'HOPERAT' as const },
        }
        const records = (await log(caller.tenant)).exportRecords({ by })
        const body = encoded(format === 'csv' ? writeCsv(records) : writeJson(records))
        return { download: { body, type: format === 'csv' ? 'text/csv' : 'application/json', filename: `audit.${format}` } }
      },
    })
  }
}

/** What stands for the log as a whole, where it is decided whether somebody may read or take it. */
const entryFor = (tenant: string, at: number) => ({
  id: 'log',
  tenant,
  at: new Date(at),
  actorId: '',
  event: '',
  subjectType: '',
  subjectId: '',
  details: '',
})

async function* encoded(text: AsyncIterable<string>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const part of text) yield new TextEncoder().encode(part)
}
