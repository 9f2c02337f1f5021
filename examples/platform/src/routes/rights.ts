import type { AuditRecord } from '@phi/audit'
import { accountingOfDisclosures, disclosureBases } from '@phi/audit/disclosures'
import { type Notice, type NoticeRecordInput, noticeNeeds } from '@phi/baa/safeguards'
import { formatInstant, randomBytes, sha256, toHex, utf8 } from '@phi/core'
import { applyRequestEvent, deadlinesOf, type IndividualRequest, type RequestEvent } from '@phi/deadlines/request'
import { type Call, problem } from '@phi/http'
import { fastifyHandler } from '@phi/http/fastify'
import { caseStore, directiveStore } from '@phi/postgres'
import {
  agree,
  channelFor,
  type Directive,
  defineMessageRouting,
  forbidsOf,
  type MessageRoutingConfig,
  parseDirective,
  requestRestriction,
} from '@phi/rbac/directives'
import { regimeFacts } from '@phi/rbac/hipaa'
import { z } from 'zod'
import type { Parts, RouteModule } from '../parts.ts'
import { platformPolicy } from '../policy.ts'
import type { StoredRecord } from '../records.ts'
import { forbid } from '../tenant-rules.ts'
import { whole } from './records.ts'

const word = z.string().min(1).max(64)
const dayOf = (at: number): string => formatInstant(at).slice(0, 10)

/** What a practice sends its patients, how long it is kept, and who hears of a concern. */
export interface RightsOptions {
  readonly routing: MessageRoutingConfig
  /** The notice of privacy practices of the practices here, with all its versions. */
  readonly notice: Notice
  /** Who answers for accountings: stands on the paper that the patient gets. */
  readonly entity: { readonly name: string; readonly telephone: string; readonly responsible: string }
  readonly timeZone: string
}

/** What directives speak about, in the words of the policy. */
const mapping = {
  notAboutPatients: ['AuditEntry', 'Account', 'SecuritySetting', 'Agreement', 'Safeguard', 'Incident', 'VideoSession'],
  labels: 'labels',
  id: 'id',
  disclosing: ['disclose', 'export'],
  recipientKind: 'context.recipient',
  healthPlans: ['health-plan', 'clearinghouse'],
} as const

/** What leaves no house: the log to the practice's own administrator, the platform's own papers, word to the privacy officer of a broken glass. */
function insideOf({ event }: AuditRecord): { readonly isDisclosure: false } | undefined {
  if (event.context?.disclosure !== undefined) return undefined
  const type = event.subject?.resource?.type ?? event.context?.details?.type
  const isNotice = event.action === 'send' && event.context?.details?.notified !== undefined
  return type === 'AuditEntry' || type === 'Safeguard' || isNotice ? { isDisclosure: false } : undefined
}

const standing = (request: IndividualRequest, at: number) => ({
  ...{ id: request.id, kind: request.kind, state: request.state, received: request.received },
  deadlines: deadlinesOf(request, { today: dayOf(at) }).map(({ title, due, status }) => ({ title, due, status })),
  entries: request.log.length,
})

/** What patients ask for: 45 CFR 164.520 to 164.528. Requests are kept as histories that replay, directives as versions that are only added. */
export const rightsRoutes =
  ({ routing: config, notice, entity, timeZone }: RightsOptions): RouteModule =>
  (app, parts) => {
    const { pipeline, records, within, db, log, member, guards } = parts
    const cases = caseStore(db)
    const directives = directiveStore(db)
    const routing = defineMessageRouting(config)
    const PATRQT = 'PATRQT'
    /** Patients ask for themselves; the practice says whom it writes down. */
    const whose = ({ caller, params, body }: Call<{ readonly patient?: string | undefined } | undefined, unknown>): string =>
      member(caller.subject)?.patient ?? body?.patient ?? params.patient ?? ''
    const kept = async (tenant: string, id: string): Promise<IndividualRequest> => {
      const found = await cases.load(tenant, id)
      if (found?.kind !== 'request') throw problem(404, 'not-found')
      return found.record
    }
    const requestOf = ({ caller, params }: Call<unknown, unknown>) =>
      within(caller.tenant, (tx) => records.find(tx, caller.tenant, 'PatientRequest', params.id ?? ''))

    const opening = z.looseObject({ id: word, kind: z.string(), patient: z.string().max(64).optional() })
    type Opening = z.output<typeof opening>
    app.post(
      '/requests',
      fastifyHandler(
        pipeline.route<Opening>({
          ...{ action: 'create', on: 'PatientRequest', purpose: PATRQT, body: opening },
          load: (call) => ({ id: call.body.id, tenant: call.caller.tenant, patient: whose(call) }),
          handle: async (call) => {
            const { patient: _, ...asked } = call.body
            const { tenant } = call.caller
            const began = await cases.open(tenant, {
              kind: 'request',
              opening: { ...asked, received: dayOf(call.at) } as never,
            })
            if (began === 'taken') throw problem(409, 'id-taken')
            await within(tenant, (tx) =>
              records.put(tx, 'PatientRequest', { id: asked.id, tenant, patient: whose(call), kind: asked.kind }),
            )
            return { status: 201, json: standing(await kept(tenant, asked.id), call.at) }
          },
        }),
      ),
    )
    app.get(
      '/requests/:id',
      fastifyHandler(
        pipeline.route({
          ...{ action: 'read', on: 'PatientRequest', purpose: PATRQT, load: requestOf },
          handle: async ({ caller, params, at }) => ({ json: standing(await kept(caller.tenant, params.id ?? ''), at) }),
        }),
      ),
    )
    const event = z.looseObject({ type: z.string() })
    app.post(
      '/requests/:id/events',
      fastifyHandler(
        pipeline.route<z.output<typeof event>>({
          ...{ action: 'update', on: 'PatientRequest', purpose: PATRQT, body: event, load: requestOf },
          handle: async ({ caller, params, body, at }) => {
            const id = params.id ?? ''
            const before = await kept(caller.tenant, id)
            const today = dayOf(at)
            const step = applyRequestEvent(before, { at: today, by: caller.subject, ...body } as unknown as RequestEvent, {
              today,
            })
            const entry = step.request.log.at(-1)
            if (entry === undefined || step.request.log.length === before.log.length) throw problem(409, 'history-full')
            const answer = await cases.append(caller.tenant, id, before.log.length, entry)
            if (answer !== 'appended') throw problem(409, 'changed-meanwhile')
            const refused = step.accepted ? {} : { refused: step.refusal.reason, missing: step.refusal.missing }
            return { json: { accepted: step.accepted, ...refused, ...standing(step.request, at) } }
          },
        }),
      ),
    )

    // An amendment stands beside the record, linked to it; the record stays as it was written.
    const amendment = z.strictObject({
      type: z.enum(['ProgressNote', 'TreatmentPlan', 'Patient']),
      record: word,
      text: z.string().min(1).max(4000),
    })
    app.post(
      '/requests/:id/amendment',
      fastifyHandler(
        pipeline.route<z.output<typeof amendment>>({
          ...{ action: 'update', on: 'PatientRequest', purpose: PATRQT, auditAs: 'amend' },
          ...{ body: amendment, fields: () => [], load: requestOf, writes: true },
          handle: async ({ caller, params, body, at }, { tx }) => {
            const asked = await records.find(tx, caller.tenant, 'PatientRequest', params.id ?? '')
            const original = await records.find(tx, caller.tenant, body.type, body.record)
            if (asked?.kind !== 'amendment' || original === undefined || original.patient !== asked.patient)
              throw problem(409, 'not-this-record')
            const sum = toHex(sha256(utf8(JSON.stringify(original))))
            await records.put(tx, 'Amendment', {
              ...{ id: asked.id, tenant: caller.tenant, patient: asked.patient as string },
              ...{ of: `${body.type}/${body.record}`, original: sum, text: body.text, on: dayOf(at) },
            })
            return { status: 201, json: { linked: `${body.type}/${body.record}`, original: sum } }
          },
        }),
      ),
    )
    app.get(
      '/requests/:id/amendment',
      fastifyHandler(
        pipeline.route({
          ...{ action: 'read', on: 'PatientRequest', purpose: PATRQT, load: requestOf },
          handle: async ({ caller, params }) => {
            const { tenant } = caller
            return within(tenant, async (tx) => {
              const found = await records.find(tx, tenant, 'Amendment', params.id ?? '')
              if (found === undefined) throw problem(404, 'not-found')
              const [type = '', id = ''] = String(found.of).split('/')
              const original = await records.find(tx, tenant, type, id)
              const isAsItWas = original !== undefined && toHex(sha256(utf8(JSON.stringify(original)))) === found.original
              return { json: { of: found.of, text: found.text, on: found.on, originalStands: isAsItWas } }
            })
          },
        }),
      ),
    )

    const disclosure = z.strictObject({
      patient: word,
      recipient: z.string().min(1).max(256),
      address: z.string().max(512).optional(),
      description: z.string().min(1).max(1000),
      purpose: z.string().min(1).max(1000),
      basis: z.enum(Object.keys(disclosureBases) as [string, ...string[]]),
    })
    app.post(
      '/disclosures',
      fastifyHandler(
        pipeline.route<z.output<typeof disclosure>>({
          ...{ action: 'create', auditAs: 'disclose', on: 'PatientRequest', purpose: PATRQT, body: disclosure },
          ...{ fields: () => [], writes: true },
          load: ({ caller, body }) => ({ id: `d-${toHex(randomBytes(8))}`, tenant: caller.tenant, patient: body.patient }),
          handle: ({ body: { patient: _, basis, ...told } }) => ({
            status: 201,
            json: { recorded: true },
            entry: { disclosure: told as never, details: { 'disclosure.basis': basis } },
          }),
        }),
      ),
    )
    app.get(
      '/requests/:id/accounting',
      fastifyHandler(
        pipeline.route({
          ...{ action: 'read', auditAs: 'review', on: 'PatientRequest', purpose: PATRQT, load: requestOf },
          handle: async ({ caller, params, at }) => {
            const request = await kept(caller.tenant, params.id ?? '')
            if (request.kind !== 'accounting') throw problem(409, 'not-this-kind')
            const found = await within(caller.tenant, (tx) => records.find(tx, caller.tenant, 'PatientRequest', request.id))
            const patient = found?.patient ?? ''
            const name = (await within(caller.tenant, (tx) => records.find(tx, caller.tenant, 'Patient', patient)))?.name
            const answer = await accountingOfDisclosures(await log(caller.tenant), {
              request: {
                patient: { id: patient, name: typeof name === 'string' ? name : patient },
                entity,
                ...{ requestedOn: request.received, preparedOn: dayOf(at), timeZone, classify: insideOf },
              },
              by: {
                actor: { id: caller.subject, type: 'workforce', roles: [...caller.roles] },
                context: { purpose: 'HOPERAT' },
              },
            })
            if (answer.status === 'needs-review') {
              const open = answer.paper.entries.filter(({ verdict }) => verdict === 'review').length
              return { json: { status: answer.status, open } }
            }
            return { json: { status: 'ready', package: answer.package } }
          },
        }),
      ),
    )

    // A physician who referred the patient stands outside: a look at the plan is a disclosure to a treating provider.
    app.get(
      '/referred/plans/:id',
      fastifyHandler(
        pipeline.route({
          ...{ action: 'disclose', on: 'TreatmentPlan', purpose: 'TREAT' },
          context: () => ({ recipient: 'treating-provider', identityVerified: true }),
          load: async ({ caller, params }) =>
            whole(
              parts,
              caller.tenant,
              await within(caller.tenant, (tx) => records.find(tx, caller.tenant, 'TreatmentPlan', params.id ?? '')),
            ),
        }),
      ),
    )

    /** What the patient asked for stands before the rules from the next request on. */
    const apply = async (tenant: string, patient: string, at: number): Promise<readonly Directive[]> => {
      const all = await directives.of(tenant, patient)
      const forbids = forbidsOf(all, { policy: platformPolicy as never, at, mapping, unreadable: 'deny' })
      forbid(parts, tenant, `directives of ${patient}`, forbids)
      return all
    }
    const preference = (call: Call<unknown, unknown>) => ({
      ...{ id: call.params.id ?? 'preferences', tenant: call.caller.tenant },
      patient: call.params.patient ?? '',
    })
    /** Patients act for themselves, the practice administers. */
    const purposeFor = ({ caller }: Call<unknown, unknown>) => (caller.roles.includes('patient') ? PATRQT : 'PATADMIN')
    const restriction = z.strictObject({ id: word, scope: z.looseObject({}) })
    app.post(
      '/patients/:patient/restrictions',
      fastifyHandler(
        pipeline.route<z.output<typeof restriction>>({
          ...{ action: 'create', on: 'Preference', purpose: purposeFor, body: restriction, load: preference },
          handle: async ({ caller, params, body, at }) => {
            const said = { at: formatInstant(at), recordedAt: formatInstant(at), recordedBy: caller.subject }
            const who = { tenant: caller.tenant, patient: params.patient ?? '' }
            await directives.append(requestRestriction({ id: body.id, ...who, scope: body.scope, how: 'electronic', ...said }))
            return { status: 201, json: { state: 'requested' } }
          },
        }),
      ),
    )
    app.post(
      '/patients/:patient/restrictions/:id/agreement',
      fastifyHandler(
        pipeline.route({
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
        }),
      ),
    )
    const anyDirective = z.looseObject({
      kind: z.enum(['contact-point', 'channel-consent', 'channel-opt-out', 'confidential-communication']),
    })
    app.post(
      '/patients/:patient/directives',
      fastifyHandler(
        pipeline.route<z.output<typeof anyDirective>>({
          ...{ action: 'update', on: 'Preference', purpose: purposeFor, body: anyDirective, load: preference },
          handle: async ({ caller, params, body, at }) => {
            // Whose it is and in which tenant, the session and the path say, and no body.
            const read = parseDirective({ ...body, tenant: caller.tenant, patient: params.patient } as never)
            await directives.append(read)
            await apply(caller.tenant, params.patient ?? '', at)
            return { status: 201, json: { kept: read.kind } }
          },
        }),
      ),
    )

    const message = z.strictObject({
      kind: word,
      labels: z.array(z.string()).max(20).default([]),
      body: z.string().min(1).max(4000),
    })
    app.post(
      '/patients/:patient/messages',
      fastifyHandler(
        pipeline.route<z.output<typeof message>>({
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
        }),
      ),
    )

    // A booking that was a mistake goes; what was sent or signed never does.
    app.delete(
      '/appointments/:id',
      fastifyHandler(
        pipeline.route({
          ...{ action: 'update', auditAs: 'delete', on: 'Appointment', purpose: 'PATADMIN', writes: true, fields: () => [] },
          load: async ({ caller, params }) =>
            whole(
              parts,
              caller.tenant,
              await within(caller.tenant, (tx) => records.find(tx, caller.tenant, 'Appointment', params.id ?? '')),
            ),
          handle: async ({ caller, params }, { tx }) => {
            await records.remove(tx, caller.tenant, 'Appointment', params.id ?? '')
            return undefined
          },
        }),
      ),
    )

    // The notice of privacy practices: given, acknowledged, and what is still owed.
    const given = z.discriminatedUnion('what', [
      z.strictObject({ what: z.literal('first-service'), on: z.iso.date(), electronic: z.boolean() }),
      z.strictObject({
        what: z.literal('delivered'),
        version: word,
        by: z.enum(['paper', 'email', 'electronic']),
        automatic: z.boolean().optional(),
      }),
      z.strictObject({ what: z.literal('acknowledged'), version: word }),
    ])
    const NPP = 'NoticeRecord'
    const noticeRecord = async (parts: Parts, tenant: string, patient: string): Promise<NoticeRecordInput> =>
      ((await within(tenant, (tx) => parts.records.find(tx, tenant, NPP, patient)))?.record as NoticeRecordInput) ?? { patient }
    const owed = (record: NoticeRecordInput, at: number) => {
      const { given: last, acknowledged, needs } = noticeNeeds(notice, record, dayOf(at))
      return { given: last, acknowledged, needs: needs.map(({ code, due }) => ({ code, due })) }
    }
    app.post(
      '/patients/:patient/notice',
      fastifyHandler(
        pipeline.route<z.output<typeof given>>({
          ...{ action: 'update', on: 'Preference', purpose: purposeFor, body: given, load: preference },
          handle: async ({ caller, params, body, at }) => {
            const { tenant } = caller
            const patient = params.patient ?? ''
            const before = await noticeRecord(parts, tenant, patient)
            const on = dayOf(at)
            const next: NoticeRecordInput =
              body.what === 'first-service'
                ? { ...before, firstService: { on: body.on, electronic: body.electronic } }
                : body.what === 'delivered'
                  ? {
                      ...before,
                      deliveries: [
                        ...(before.deliveries ?? []),
                        {
                          version: body.version,
                          on,
                          by: body.by,
                          ...(body.automatic === undefined ? {} : { automatic: body.automatic }),
                        },
                      ],
                    }
                  : { ...before, acknowledgments: [...(before.acknowledgments ?? []), { version: body.version, on }] }
            // Before it is written: a version that is none is refused here.
            const answer = owed(next, at)
            await within(tenant, (tx) => records.put(tx, NPP, { id: patient, tenant, patient, record: next }))
            return { json: answer }
          },
        }),
      ),
    )
    app.get(
      '/patients/:patient/notice',
      fastifyHandler(
        pipeline.route({
          ...{ action: 'read', on: 'Preference', purpose: purposeFor, load: preference },
          handle: async ({ caller, params, at }) => ({
            json: owed(await noticeRecord(parts, caller.tenant, params.patient ?? ''), at),
          }),
        }),
      ),
    )
  }
