import { type DataClass, randomBytes, toHex } from '@phi/core'
import { type Call, problem, type Reply } from '@phi/http'
import { hipaaResources, regimeFacts } from '@phi/rbac/hipaa'
import { z } from 'zod'
import type { Parts, RouteModule } from '../parts.ts'
import type { StoredRecord } from '../records.ts'
import { routesOf } from './routes-of.ts'

/** A kind of record that the service keeps: where it is found, and what it is. */
interface Kind {
  readonly path: string
  readonly type:
    | 'Patient'
    | 'Appointment'
    | 'ProgressNote'
    | 'PsychotherapyNote'
    | 'TreatmentPlan'
    | 'Message'
    | 'Claim'
    | 'Payment'
    | 'AiDraft'
  readonly dataClasses: readonly DataClass[]
  /** What is filled in where the client does not say. */
  readonly defaults: Readonly<Record<string, unknown>>
}

export const kinds: readonly Kind[] = [
  {
    path: 'patients',
    type: 'Patient',
    dataClasses: ['phi.identity', 'phi.demographic'],
    defaults: { sex: 'unknown', address: '', phone: '', email: '', payer: null, memberId: null, referrers: [] },
  },
  {
    path: 'appointments',
    type: 'Appointment',
    dataClasses: ['phi.schedule.appointment'],
    defaults: { status: 'booked', place: 'office', telehealthLink: null, procedureCodes: [], reason: null },
  },
  {
    path: 'notes',
    type: 'ProgressNote',
    dataClasses: ['phi.clinical.note.session'],
    defaults: { status: 'draft', origin: 'person', reviewedBy: null, minutes: 50, diagnosisCodes: [], procedureCodes: [] },
  },
  {
    path: 'psychotherapy-notes',
    type: 'PsychotherapyNote',
    dataClasses: ['phi.clinical.note.psychotherapy'],
    defaults: { trainingGroup: [] },
  },
  {
    path: 'plans',
    type: 'TreatmentPlan',
    dataClasses: ['phi.clinical.plan'],
    defaults: { referrers: [], diagnosisCodes: [], goals: '', interventions: '', summary: '' },
  },
  { path: 'messages', type: 'Message', dataClasses: ['phi.comm.message'], defaults: { sentAt: null } },
  {
    path: 'claims',
    type: 'Claim',
    dataClasses: ['phi.financial.claim'],
    defaults: {
      origin: 'person',
      reviewedBy: null,
      status: 'draft',
      diagnosisCodes: [],
      procedureCodes: [],
      modifiers: [],
      units: 1,
      charge: 0,
      priorAuthorization: null,
      narrative: null,
      attachment: null,
    },
  },
  {
    path: 'payments',
    type: 'Payment',
    dataClasses: ['phi.financial.payment'],
    defaults: { claim: null, method: 'card', paidAt: null, status: 'paid' },
  },
  { path: 'drafts', type: 'AiDraft', dataClasses: ['phi.ai.output', 'phi.ai.prompt'], defaults: { reviewedBy: null } },
]

/** What an entry of the log says of a record, by type: also which classes of data it holds, for whoever investigates later (S133). */
export const recordFacts = Object.fromEntries(
  kinds.map(({ type, dataClasses }) => [
    type,
    ({ id, patient }: StoredRecord) => ({ id, dataClasses, ...(patient === undefined ? {} : { patients: [patient] }) }),
  ]),
)

/** What every record about a patient says besides its own: kept with the patient, so that one change holds for all. */
export interface PatientFacts extends StoredRecord {
  readonly careTeam: readonly string[]
  readonly restrictedFrom: readonly string[]
  readonly representativeRefused: boolean
  readonly familyPreference: 'agreed' | 'objected' | 'not-expressed'
  readonly deceased: boolean
  readonly protectedUntil: Date | null
}

const FACTS = 'PatientFacts'
const nobody = {
  careTeam: [],
  restrictedFrom: [],
  representativeRefused: false,
  familyPreference: 'not-expressed',
  deceased: false,
  protectedUntil: null,
} as const

/** Puts what rules read about a patient on record: the care team, restrictions. */
export const putPatientFacts = (
  parts: Parts,
  tenant: string,
  patient: string,
  facts: Partial<Omit<PatientFacts, 'id' | 'tenant' | 'patient'>>,
): Promise<void> =>
  parts.within(tenant, async (tx) =>
    parts.records.put(tx, FACTS, {
      ...nobody,
      ...(await parts.records.find(tx, tenant, FACTS, patient)),
      ...facts,
      id: patient,
      tenant,
      patient,
    }),
  )

/** A record with its patient's facts as they are now. */
export async function whole(parts: Parts, tenant: string, record: StoredRecord | undefined): Promise<StoredRecord | undefined> {
  if (record?.patient === undefined) return record
  const facts = await parts.within(tenant, (tx) => parts.records.find(tx, tenant, FACTS, record.patient as string))
  // Facts that nobody put on record are left out: unknown, and so denied.
  return facts === undefined ? record : { ...record, ...facts, id: record.id }
}

/** What a client may send of a record: its own fields, none that rules read, and the labels of what it says. */
function bodyOf({ type }: Kind) {
  const shape = hipaaResources[type].shape as Readonly<Record<string, z.ZodType>>
  const kept = new Set([
    'id',
    'tenant',
    'patient',
    'author',
    ...Object.keys(nobody),
    'labels',
    'stateLaw',
    'part2Program',
    'parentExcluded',
  ])
  const own = Object.fromEntries(
    Object.entries(shape)
      .filter(([name]) => !kept.has(name))
      .map(([name, field]) => [name, (field instanceof z.ZodDate ? z.iso.datetime() : field).optional()]),
  )
  return z.strictObject({
    ...own,
    id: z.string().max(64).optional(),
    patient: z.string().min(1).max(64),
    labels: z.array(z.string()).default([]),
    part2Program: z.string().nullable().default(null),
  })
}

type Sent = { readonly id?: string | undefined; readonly patient: string; readonly labels: readonly string[] } & Readonly<
  Record<string, unknown>
>

const purposeOf = (call: Call<unknown, unknown>) => (call.headers.get('purpose-of-use') ?? 'TREAT') as never

/** Records of care: read, listed, written and changed, each by one rule of the policy and with one entry in the log. */
export const recordRoutes: RouteModule = (app, parts) => {
  const { records, within, guards } = parts
  const route = routesOf(app, parts)
  for (const kind of kinds) {
    const { path, type, defaults } = kind
    const load = async ({ caller, params }: Call<unknown, unknown>) =>
      whole(parts, caller.tenant, await within(caller.tenant, (tx) => records.find(tx, caller.tenant, type, params.id ?? '')))

    route.get(`/${path}/:id`, { action: 'read', on: type, purpose: purposeOf, load })
    route.get(`/${path}`, {
      action: 'read',
      auditAs: 'search',
      on: type,
      purpose: purposeOf,
      load: async ({ caller, url }) => {
        const patient = url.searchParams.get('patient') ?? undefined
        const found = await within(caller.tenant, (tx) => records.list(tx, caller.tenant, type, patient))
        return Promise.all(found.map((record) => whole(parts, caller.tenant, record)))
      },
    })

    const body = bodyOf(kind)
    const proposed = async ({ caller, body: sent }: Call<Sent, unknown>, before?: StoredRecord): Promise<StoredRecord> => {
      const { labels, id = before?.id ?? toHex(randomBytes(8)), ...fields } = sent
      const facts = { parentExcluded: 'no', ...regimeFacts(labels as never) }
      const own = { ...defaults, ...(before ?? { author: caller.subject }), ...fields, ...facts }
      return (await whole(parts, caller.tenant, { ...own, id, tenant: caller.tenant, patient: sent.patient })) as StoredRecord
    }
    const written = new WeakMap<object, StoredRecord>()
    const keep = async (
      call: Call<Sent, unknown>,
      {
        tx,
        loaded: [record],
      }: { readonly tx: Parameters<Parameters<Parts['within']>[1]>[0]; readonly loaded: readonly unknown[] },
    ): Promise<Reply> => {
      const next = written.get(call) ?? (record as StoredRecord)
      for (const guard of guards) {
        const refused = guard({ tenant: call.caller.tenant, type, record: next, at: call.at })
        if (refused !== undefined) throw problem(403, refused)
      }
      await records.put(tx, type, next)
      return { status: call.method === 'POST' ? 201 : 200, record: next }
    }
    route.post<Sent>(`/${path}`, {
      action: 'create',
      on: type,
      purpose: purposeOf,
      body: body as unknown as z.ZodType<Sent>,
      writes: true,
      fields: () => [],
      load: (call) => proposed(call),
      handle: keep,
    })
    route.put<Sent>(`/${path}/:id`, {
      action: 'update',
      on: type,
      purpose: purposeOf,
      body: body as unknown as z.ZodType<Sent>,
      writes: true,
      fields: () => [],
      load: async (call) => {
        const before = await load(call)
        // What is decided about is the record as it is, not as the client would have it.
        if (before !== undefined)
          written.set(call, { ...(await proposed(call, before)), patient: before.patient as string, id: before.id })
        return before
      },
      handle: keep,
    })
  }
}
