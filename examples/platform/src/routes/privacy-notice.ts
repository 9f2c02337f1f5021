import { type NoticeRecordInput, noticeNeeds } from '@phi/baa/safeguards'
import { z } from 'zod'
import type { RouteModule } from '../parts.ts'
import { dayOf, preference, purposeFor, type RightsOptions, word } from './patient.ts'
import { routesOf } from './routes-of.ts'

/** The notice of privacy practices (45 CFR 164.520): given, acknowledged, and what is still owed. */
export const privacyNoticeRoutes =
  ({ notice }: Pick<RightsOptions, 'notice'>): RouteModule =>
  (app, parts) => {
    const { records, within } = parts
    const route = routesOf(app, parts)
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
    const noticeRecord = async (tenant: string, patient: string): Promise<NoticeRecordInput> =>
      ((await within(tenant, (tx) => records.find(tx, tenant, NPP, patient)))?.record as NoticeRecordInput) ?? { patient }
    const owed = (record: NoticeRecordInput, at: number) => {
      const { given: last, acknowledged, needs } = noticeNeeds(notice, record, dayOf(at))
      return { given: last, acknowledged, needs: needs.map(({ code, due }) => ({ code, due })) }
    }
    route.post<z.output<typeof given>>('/patients/:patient/notice', {
      ...{ action: 'update', on: 'Preference', purpose: purposeFor, body: given, load: preference },
      handle: async ({ caller, params, body, at }) => {
        const { tenant } = caller
        const patient = params.patient ?? ''
        const before = await noticeRecord(tenant, patient)
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
    })
    route.get('/patients/:patient/notice', {
      ...{ action: 'read', on: 'Preference', purpose: purposeFor, load: preference },
      handle: async ({ caller, params, at }) => ({
        json: owed(await noticeRecord(caller.tenant, params.patient ?? ''), at),
      }),
    })
  }
