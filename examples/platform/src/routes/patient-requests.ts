import type { AuditRecord } from '@phi/audit'
import { accountingOfDisclosures, disclosureBases } from '@phi/audit/disclosures'
import { randomBytes, sha256, toHex, utf8 } from '@phi/core'
import { applyRequestEvent, deadlinesOf, type IndividualRequest, type RequestEvent } from '@phi/deadlines/request'
import { type Call, problem } from '@phi/http'
import { caseStore } from '@phi/postgres'
import { z } from 'zod'
import type { RouteModule } from '../parts.ts'
import { dayOf, type RightsOptions, word } from './patient.ts'
import { readingFacts } from './reading.ts'
import { routesOf } from './routes-of.ts'

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

/**
 * Access, amendment and the accounting of disclosures: 45 CFR 164.524 to 164.528. Requests are kept as histories that replay; who did a
 * step is whose session it is.
 */
export const patientRequestRoutes =
  ({ entity, timeZone }: Pick<RightsOptions, 'entity' | 'timeZone'>): RouteModule =>
  (app, parts) => {
    const { records, within, db, log, member } = parts
    const route = routesOf(app, parts)
    const cases = caseStore(db)
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
    route.post<Opening>('/requests', {
      ...{ action: 'create', on: 'PatientRequest', purpose: PATRQT, body: opening },
      load: (call) => ({ id: call.body.id, tenant: call.caller.tenant, patient: whose(call) }),
      handle: async (call) => {
        const { patient: _, ...asked } = call.body
        const { tenant } = call.caller
        const opening = { ...asked, received: dayOf(call.at), by: call.caller.subject } as never
        const began = await readingFacts(() => cases.open(tenant, { kind: 'request', opening }))
        if (began === 'taken') throw problem(409, 'id-taken')
        await within(tenant, (tx) =>
          records.put(tx, 'PatientRequest', { id: asked.id, tenant, patient: whose(call), kind: asked.kind }),
        )
        return { status: 201, json: standing(await kept(tenant, asked.id), call.at) }
      },
    })
    route.get('/requests/:id', {
      ...{ action: 'read', on: 'PatientRequest', purpose: PATRQT, load: requestOf },
      handle: async ({ caller, params, at }) => ({ json: standing(await kept(caller.tenant, params.id ?? ''), at) }),
    })
    const event = z.looseObject({ type: z.string() })
    route.post<z.output<typeof event>>('/requests/:id/events', {
      ...{ action: 'update', on: 'PatientRequest', purpose: PATRQT, body: event, load: requestOf },
      handle: async ({ caller, params, body, at }) => {
        const id = params.id ?? ''
        const before = await kept(caller.tenant, id)
        const today = dayOf(at)
        const asked = { at: today, ...body, by: caller.subject } as unknown as RequestEvent
        const step = await readingFacts(() => applyRequestEvent(before, asked, { today }))
        const entry = step.request.log.at(-1)
        if (entry === undefined || step.request.log.length === before.log.length) throw problem(409, 'history-full')
        const answer = await cases.append(caller.tenant, id, before.log.length, entry)
        if (answer !== 'appended') throw problem(409, 'changed-meanwhile')
        const refused = step.accepted ? {} : { refused: step.refusal.reason, missing: step.refusal.missing }
        return { json: { accepted: step.accepted, ...refused, ...standing(step.request, at) } }
      },
    })

    // An amendment stands beside the record, linked to it; the record stays as it was written.
    const amendment = z.strictObject({
      type: z.enum(['ProgressNote', 'TreatmentPlan', 'Patient']),
      record: word,
      text: z.string().min(1).max(4000),
    })
    route.post<z.output<typeof amendment>>('/requests/:id/amendment', {
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
    })
    route.get('/requests/:id/amendment', {
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
    })

    const disclosure = z.strictObject({
      patient: word,
      recipient: z.string().min(1).max(256),
      address: z.string().max(512).optional(),
      description: z.string().min(1).max(1000),
      purpose: z.string().min(1).max(1000),
      basis: z.enum(Object.keys(disclosureBases) as [string, ...string[]]),
    })
    route.post<z.output<typeof disclosure>>('/disclosures', {
      ...{ action: 'create', auditAs: 'disclose', on: 'PatientRequest', purpose: PATRQT, body: disclosure },
      ...{ fields: () => [], writes: true },
      load: ({ caller, body }) => ({ id: `d-${toHex(randomBytes(8))}`, tenant: caller.tenant, patient: body.patient }),
      handle: ({ body: { patient: _, basis, ...told } }) => ({
        status: 201,
        json: { recorded: true },
        entry: { disclosure: told as never, details: { 'disclosure.basis': basis } },
      }),
    })
    route.get('/requests/:id/accounting', {
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
    })
  }
