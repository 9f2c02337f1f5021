import { formatInstant, randomBytes, toHex } from '@phi/core'
import { problem } from '@phi/http'
import { directiveStore } from '@phi/postgres'
import {
  agree,
  channelFor,
  type Directive,
  defineMessageRouting,
  forbidsOf,
  parseDirective,
  requestRestriction,
} from '@phi/rbac/directives'
import { regimeFacts } from '@phi/rbac/hipaa'
import { z } from 'zod'
import type { RouteModule } from '../parts.ts'
import { platformPolicy } from '../policy.ts'
import type { StoredRecord } from '../records.ts'
import { forbid } from '../tenant-rules.ts'
import { preference, purposeFor, type RightsOptions, word } from './patient.ts'
import { whole } from './records.ts'
import { routesOf } from './routes-of.ts'

/** What directives speak about, in the words of the policy. */
const mapping = {
  notAboutPatients: ['AuditEntry', 'Account', 'SecuritySetting', 'Agreement', 'Safeguard', 'Incident', 'VideoSession'],
  labels: 'labels',
  id: 'id',
  disclosing: ['disclose', 'export'],
  recipientKind: 'context.recipient',
  healthPlans: ['health-plan', 'clearinghouse'],
} as const

/** Restrictions and confidential communications (45 CFR 164.522), and the messages that they steer. Directives are versions that are only added. */
export const patientDirectiveRoutes =
  ({ routing: config }: Pick<RightsOptions, 'routing'>): RouteModule =>
  (app, parts) => {
    const { records, within, db, guards } = parts
    const route = routesOf(app, parts)
    const directives = directiveStore(db)
    const routing = defineMessageRouting(config)
    /** What the patient asked for stands before the rules from the next request on. */
    const apply = async (tenant: string, patient: string, at: number): Promise<readonly Directive[]> => {
      const all = await directives.of(tenant, patient)
      const forbids = forbidsOf(all, { policy: platformPolicy as never, at, mapping, unreadable: 'deny' })
      forbid(parts, tenant, `directives of ${patient}`, forbids)
      return all
    }
    const restriction = z.strictObject({ id: word, scope: z.looseObject({}) })
    route.post<z.output<typeof restriction>>('/patients/:patient/restrictions', {
      ...{ action: 'create', on: 'Preference', purpose: purposeFor, body: restriction, load: preference },
      handle: async ({ caller, params, body, at }) => {
        const said = { at: formatInstant(at), recordedAt: formatInstant(at), recordedBy: caller.subject }
        const who = { tenant: caller.tenant, patient: params.patient ?? '' }
        await directives.append(requestRestriction({ id: body.id, ...who, scope: body.scope, how: 'electronic', ...said }))
        return { status: 201, json: { state: 'requested' } }
      },
    })
    route.post('/patients/:patient/restrictions/:id/agreement', {
      ...{ action: 'update', on: 'Preference', purpose: 'PATADMIN', load: preference },
      handle: async ({ caller, params, at }) => {
        const all = await directives.of(caller.tenant, params.patient ?? '')
        const found = all.find(({ id }) => id === params.id)
        if (found?.kind !== 'restriction') throw problem(404, 'not-found')
        const said = { at: formatInstant(at), recordedAt: formatInstant(at), recordedBy: caller.subject }
        const answer = agree(found, said)
        if (answer.outcome === 'refused') throw problem(409, answer.reason)
        await directives.append(answer.directive)
        await apply(caller.tenant, params.patient ?? '', at)
        return { json: { state: 'agreed' } }
      },
    })
    const anyDirective = z.looseObject({
      kind: z.enum(['contact-point', 'channel-consent', 'channel-opt-out', 'confidential-communication']),
    })
    route.post<z.output<typeof anyDirective>>('/patients/:patient/directives', {
      ...{ action: 'update', on: 'Preference', purpose: purposeFor, body: anyDirective, load: preference },
      handle: async ({ caller, params, body, at }) => {
        // Whose it is and in which tenant, the session and the path say, and no body.
        const read = parseDirective({ ...body, tenant: caller.tenant, patient: params.patient } as never)
        await directives.append(read)
        await apply(caller.tenant, params.patient ?? '', at)
        return { status: 201, json: { kept: read.kind } }
      },
    })

    const message = z.strictObject({
      kind: word,
      labels: z.array(z.string()).max(20).default([]),
      body: z.string().min(1).max(4000),
    })
    route.post<z.output<typeof message>>('/patients/:patient/messages', {
      ...{ action: 'create', auditAs: 'send', on: 'Message', purpose: 'TREAT', body: message },
      ...{ fields: () => [], context: () => ({ identityVerified: true }) },
      load: ({ caller, params, body }) =>
        whole(parts, caller.tenant, {
          ...{ id: toHex(randomBytes(8)), tenant: caller.tenant, patient: params.patient ?? '', author: caller.subject },
          ...{
            sentAt: null,
            body: body.body,
            part2Program: null,
            parentExcluded: 'no',
            ...regimeFacts(body.labels as never),
          },
        }),
      handle: async ({ caller, params, body, at }, { loaded: [record] }) => {
        const { tenant } = caller
        const patient = params.patient ?? ''
        for (const guard of guards) {
          const refused = guard({ tenant, type: 'Message', record: record as StoredRecord, at })
          if (refused !== undefined) throw problem(403, refused)
        }
        const decided = channelFor(
          await directives.of(tenant, patient),
          { tenant, patient, kind: body.kind, labels: body.labels as never, safetyConcern: false, at: formatInstant(at) },
          routing,
        )
        if (decided.outcome === 'hold') return { status: 202, json: { outcome: 'hold', reason: decided.reason } }
        await within(tenant, (tx) => records.put(tx, 'Message', { ...(record as StoredRecord), sentAt: formatInstant(at) }))
        const { channel, address, content, because } = decided
        return {
          status: 201,
          json: { outcome: 'send', channel, address, content, because: because.map(({ reason }) => reason) },
        }
      },
    })
  }
