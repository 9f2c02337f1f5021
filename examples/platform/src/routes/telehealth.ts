import {
  addVirtualLocation,
  changeLocation,
  checkPlatform,
  confirmSession,
  holdSession,
  instructionsFor,
  type PlatformFacts,
  rescheduleSession,
  routeSessionLink,
  type Session,
  scheduleSession,
  type VirtualLocation,
} from '@phi/baa/telehealth'
import { formatInstant } from '@phi/core'
import { type Call, problem } from '@phi/http'
import { z } from 'zod'
import type { Parts, RouteModule } from '../parts.ts'
import type { StoredRecord } from '../records.ts'
import { reading } from './reading.ts'
import { routesOf } from './routes-of.ts'
import { vendorsOf } from './vendors.ts'

type Tx = Parameters<Parameters<Parts['within']>[1]>[0]

const SESSION = 'VideoSession'
const LOCATIONS = 'VirtualLocations'
const LICENCES = 'TherapistLicences'
const PLATFORM = 'VideoPlatform'

const planned = z.strictObject({
  id: z.string().min(1).max(64),
  patient: z.string().min(1).max(64),
  profession: z.string(),
  place: z.string(),
  starts: z.string(),
  ends: z.string(),
})
const answered = z.strictObject({
  location: z.looseObject({}).optional(),
  pay: z.enum(['insurance', 'private']).optional(),
  inNetwork: z.boolean().optional(),
})
const place = z.strictObject({
  patient: z.string().min(1).max(64),
  id: z.string(),
  state: z.string(),
  timeZone: z.string(),
  label: z.string().optional(),
})
const papers = z.strictObject({ licences: z.array(z.unknown()), credentials: z.array(z.unknown()) })
const moved = z.strictObject({ starts: z.string(), ends: z.string() })
const facts = z.looseObject({ platform: z.string() })
const sent = z.strictObject({
  instructions: z.string().optional(),
  names: z.array(z.string()).optional(),
  channels: z.array(z.union([z.string(), z.strictObject({ channel: z.string(), to: z.string() })])),
})

/**
 * Sessions by video (S46, S47, S67 to S85): the platform that is used and what is known of it, sessions with the place where the client
 * is, and where the link goes. What is decided stands in one log with everything else.
 */
export const telehealthRoutes: RouteModule = (app, parts) => {
  const { records, within, profile } = parts
  const route = routesOf(app, parts)
  const own = async ({ caller, params }: Call<unknown, unknown>) =>
    within(caller.tenant, (tx) => records.find(tx, caller.tenant, SESSION, params.id ?? ''))
  const mine = ({ caller }: Call<unknown, unknown>) => ({
    id: caller.subject,
    tenant: caller.tenant,
    therapist: caller.subject,
  })
  const treat = { on: 'VideoSession', purpose: 'TREAT', fields: () => [] } as const
  const sessionOf = (record: unknown): Session => (record as { readonly session: Session }).session
  const statement = (loaded: readonly unknown[]) => loaded[0] as StoredRecord

  route.put<z.output<typeof papers>>('/telehealth/papers', {
    ...{ ...treat, action: 'update', body: papers, writes: true, load: mine },
    handle: async ({ caller, body }, { tx }) => {
      await records.put(tx, LICENCES, { id: caller.subject, tenant: caller.tenant, ...body })
      return { json: { licences: body.licences.length, credentials: body.credentials.length } }
    },
  })
  route.put<z.output<typeof facts>>('/telehealth/platform', {
    ...{ ...treat, action: 'update', body: facts, writes: true, load: mine },
    handle: async ({ caller, body, at }, { tx }) => {
      const model = await vendorsOf(parts, tx, caller.tenant)
      const report = reading(() =>
        checkPlatform({ ...body, customer: caller.tenant } as PlatformFacts, { model, at: formatInstant(at) }),
      )
      // Kept whatever the verdict is: sessions ask again, on their day.
      await records.put(tx, PLATFORM, { id: caller.subject, tenant: caller.tenant, facts: body })
      return { json: report }
    },
  })
  route.get('/telehealth/instructions/:platform/:topic', {
    ...{ ...treat, action: 'read', load: mine },
    handle: ({ params }) => {
      const found = instructionsFor(params.platform ?? '', params.topic as never)
      if (found === undefined) throw problem(404, 'instructions-not-there')
      return { json: found }
    },
  })
  route.post<z.output<typeof place>>('/telehealth/locations', {
    ...{ ...treat, action: 'update', body: place, writes: true, load: mine },
    handle: async ({ caller, body: { patient, ...location }, at }, { tx }) => {
      const list = await locationsOf(tx, caller.tenant, patient)
      const added = reading(() =>
        addVirtualLocation(list, { ...location, addedOn: formatInstant(at).slice(0, 10) } as VirtualLocation),
      )
      await records.put(tx, LOCATIONS, { id: patient, tenant: caller.tenant, patient, list: added })
      return { status: 201, json: added }
    },
  })
  const locationsOf = async (tx: Tx, tenant: string, patient: string): Promise<readonly VirtualLocation[]> =>
    ((await records.find(tx, tenant, LOCATIONS, patient))?.list as readonly VirtualLocation[] | undefined) ?? []

  /** The platform of a therapist, judged now. Nothing entered: nothing may be used. */
  async function platformNow(tx: Tx, tenant: string, therapist: string, at: number) {
    const kept = (await records.find(tx, tenant, PLATFORM, therapist))?.facts as PlatformFacts | undefined
    if (kept === undefined) return undefined
    const model = await vendorsOf(parts, tx, tenant)
    return { kept, model, report: checkPlatform({ ...kept, customer: tenant }, { model, at: formatInstant(at) }) }
  }

  route.post<z.output<typeof planned>>('/sessions', {
    ...{ ...treat, action: 'create', body: planned, writes: true },
    load: ({ caller, body: { id, patient } }) => ({ id, tenant: caller.tenant, therapist: caller.subject, patient }),
    handle: async ({ body: { patient: _, ...plan } }, { tx, loaded }) => {
      const record = statement(loaded)
      if ((await records.find(tx, record.tenant, SESSION, record.id)) !== undefined) throw problem(409, 'id-taken')
      const session = reading(() => scheduleSession(plan as never))
      await records.put(tx, SESSION, { ...record, session })
      return { status: 201, json: session }
    },
  })
  for (const [step, change] of [
    ['confirm', confirmSession],
    ['change', changeLocation],
  ] as const) {
    route.post<z.output<typeof answered>>(`/sessions/:id/${step}`, {
      ...{ ...treat, action: 'update', body: answered, writes: true, load: own },
      handle: async ({ caller, body, at }, { tx, loaded }) => {
        const record = statement(loaded)
        const used = await platformNow(tx, caller.tenant, caller.subject, at)
        if (used?.report.verdict !== 'usable') throw problem(409, 'platform-not-usable')
        const shown = await records.find(tx, caller.tenant, LICENCES, caller.subject)
        const locations = await locationsOf(tx, caller.tenant, record.patient as string)
        const others = (await records.list(tx, caller.tenant, SESSION))
          .filter(({ id, patient }) => patient === record.patient && id !== record.id)
          .map(sessionOf)
        const event = reading(() =>
          change(sessionOf(record), {
            ...body,
            at: formatInstant(at),
            locations,
            others,
            ...(shown === undefined ? {} : { licences: shown.licences, credentials: shown.credentials }),
          } as never),
        )
        // Also what was refused is kept: a change to a place that does not allow it takes the old place away.
        await records.put(tx, SESSION, { ...record, session: event.session })
        return { json: event }
      },
    })
  }
  route.post<z.output<typeof moved>>('/sessions/:id/reschedule', {
    ...{ ...treat, action: 'update', body: moved, writes: true, load: own },
    handle: async ({ body }, { tx, loaded }) => {
      const record = statement(loaded)
      const event = reading(() => rescheduleSession(sessionOf(record), body))
      await records.put(tx, SESSION, { ...record, session: event.session })
      return { json: event }
    },
  })
  route.post('/sessions/:id/hold', {
    ...{ ...treat, action: 'update', writes: true, load: own },
    handle: async ({ at }, { tx, loaded }) => {
      const record = statement(loaded)
      const event = holdSession(sessionOf(record), formatInstant(at))
      if (!event.accepted) throw problem(409, event.refusals[0]?.code ?? 'refused')
      await records.put(tx, SESSION, { ...record, session: event.session })
      return { json: event.session }
    },
  })
  route.post<z.output<typeof sent>>('/sessions/:id/link', {
    ...{ ...treat, action: 'update', body: sent, writes: true, load: own },
    // The link leaves for others: the entry says that something was sent.
    auditAs: 'send',
    handle: async ({ caller, body, at }, { tx }) => {
      const used = await platformNow(tx, caller.tenant, caller.subject, at)
      if (used?.report.verdict !== 'usable' || used.kept.link === undefined) throw problem(409, 'platform-not-usable')
      const { model, kept } = used
      const link = kept.link as string
      return {
        json: reading(() => routeSessionLink({ ...body, link, model, from: caller.tenant, at: formatInstant(at) } as never)),
      }
    },
  })
  if (profile.telehealth === undefined) throw new Error('platform.json: telehealth must be configured for these routes')
}
