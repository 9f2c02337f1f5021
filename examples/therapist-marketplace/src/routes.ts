import { type FlowsInput, flows, parseFlows } from '@phi/baa'
import {
  explainClaimsSharing,
  type NoticeInput,
  notice,
  noticeFindings,
  readiness,
  register,
  usesBeyondNotice,
} from '@phi/baa/safeguards'
import { formatInstant } from '@phi/core'
import { type AgreementDesk, type RouteModule, vendorsOf } from '@phi/example-platform'
import { type Call, problem } from '@phi/http'
import { fastifyHandler } from '@phi/http/fastify'
import { regimeFacts } from '@phi/rbac/hipaa'
import { houseRule, retentionSchedule } from '@phi/retention'
import { z } from 'zod'

const loose = z.looseObject({})

/** What this platform answers beside the shared routes: six points, data flows, the notice, exports, retention. */
export const marketplaceRoutes =
  (desk: AgreementDesk): RouteModule =>
  (app, parts) => {
    const { pipeline, records, within, profile, keyring } = parts
    const place = ({ caller }: Call<unknown, unknown>) => ({ id: 'marketplace', tenant: caller.tenant })
    const about = { on: 'Safeguard', purpose: 'HSYSADMIN', fields: () => [], load: place } as const
    const dayOf = (at: number) => formatInstant(at).slice(0, 10)
    const parsed = <Value>(work: () => Value): Value => {
      try {
        return work()
      } catch {
        throw problem(422, 'not-valid')
      }
    }

    app.get(
      '/readiness',
      fastifyHandler(
        pipeline.route({
          ...{ ...about, action: 'read' },
          handle: async ({ caller, at }) => {
            const entries = await within(caller.tenant, (tx) => records.list(tx, caller.tenant, 'Safeguard.entries'))
            const wanted = Object.fromEntries(
              profile.safeguards.map(({ control, parameter }) => [control, parameter === undefined ? {} : { parameter }]),
            )
            const { model } = desk.standing(caller.tenant) ?? {}
            const report = readiness(register(entries.map(({ record }) => record as never)), {
              ...{ at: dayOf(at), wanted: wanted as never, between: [{ from: caller.tenant, to: 'platform' }] },
              ...(model === undefined ? {} : { model }),
            })
            return {
              json: report.points.map(({ id, answer, missing }) => ({ id, answer, missing: missing.map(({ code }) => code) })),
            }
          },
        }),
      ),
    )
    app.post(
      '/flows',
      fastifyHandler(
        pipeline.route<z.output<typeof loose>>({
          ...{ ...about, action: 'read', body: loose },
          handle: async ({ caller, body, at }) => {
            const model = await within(caller.tenant, (tx) => vendorsOf(parts, tx, caller.tenant))
            const { exposures, findings } = parsed(() =>
              flows(parseFlows(body as unknown as FlowsInput), model, { at: formatInstant(at) }),
            )
            return {
              json: {
                exposures: exposures.map(({ class: each, node, outcome, cut }) => ({ class: each, node, outcome, cut })),
                findings: findings.map(({ rule, class: each }) => ({ rule, class: each })),
              },
            }
          },
        }),
      ),
    )
    app.put(
      '/notice',
      fastifyHandler(
        pipeline.route<z.output<typeof loose>>({
          ...{ ...about, action: 'update', body: loose, writes: true },
          handle: async ({ caller, body }, { tx }) => {
            parsed(() => notice(body as unknown as NoticeInput))
            await records.put(tx, 'Notice', { id: 'notice', tenant: caller.tenant, notice: body })
            return { json: { kept: true } }
          },
        }),
      ),
    )
    app.get(
      '/notice/findings',
      fastifyHandler(
        pipeline.route({
          ...{ ...about, action: 'read' },
          handle: async ({ caller, at }) => {
            const kept = await within(caller.tenant, (tx) => records.find(tx, caller.tenant, 'Notice', 'notice'))
            const { model } = desk.standing(caller.tenant) ?? {}
            if (kept === undefined || model === undefined) throw problem(409, 'nothing-to-compare')
            const read = notice(kept.notice as NoticeInput)
            return {
              json: {
                content: noticeFindings(read, dayOf(at)).map(({ code }) => code),
                beyond: usesBeyondNotice(model, read, dayOf(at)).map(({ use }) => use),
              },
            }
          },
        }),
      ),
    )
    app.get(
      '/claims-sharing',
      fastifyHandler(
        pipeline.route({
          ...{ action: 'read', on: 'Preference', purpose: 'PATRQT', fields: () => [] },
          load: ({ caller }) => ({ id: 'rights', tenant: caller.tenant, patient: parts.member(caller.subject)?.patient ?? '' }),
          handle: () => ({ json: explainClaimsSharing(['phi.code', 'phi.financial.insurance', 'phi.financial.claim']) }),
        }),
      ),
    )

    const exporting = z.strictObject({ id: z.string().max(64), patient: z.string().max(64) })
    app.post(
      '/exports',
      fastifyHandler(
        pipeline.route<z.output<typeof exporting>>({
          ...{ action: 'create', auditAs: 'export', on: 'Export', purpose: 'PATRQT', body: exporting, fields: () => [] },
          load: async ({ caller, body: { id, patient } }) => {
            const facts = await within(caller.tenant, (tx) => records.find(tx, caller.tenant, 'PatientFacts', patient))
            const own = { id, tenant: caller.tenant, patient, author: caller.subject, scope: 'notes', status: 'made', file: '' }
            return facts && { ...facts, ...own, parentExcluded: 'no', part2Program: null, ...regimeFacts([]) }
          },
          handle: async ({ caller, body: { id, patient } }) => {
            const notes = await within(caller.tenant, (tx) => records.list(tx, caller.tenant, 'ProgressNote', patient))
            const bytes = new TextEncoder().encode(
              JSON.stringify(notes.map(({ body, sessionDate }) => ({ sessionDate, body }))),
            )
            // What is put down to be fetched is sealed: the copy that is sent is opened from it (S20).
            const files = (await keyring.tenant(caller.tenant)).files({ collection: 'export' })
            const sealed = files.seal(bytes, { file: id })
            const body = (async function* () {
              yield files.open(sealed, { file: id })
            })()
            return { download: { body, type: 'application/json', filename: `${id}.json`, length: bytes.length } }
          },
        }),
      ),
    )

    const old = z.strictObject({
      kind: z.enum(['messages', 'audit-log', 'scheduling', 'billing', 'notes', 'voicemail']),
      created: z.iso.date(),
    })
    app.post(
      '/retention',
      fastifyHandler(
        pipeline.route<z.output<typeof old>>({
          ...{ ...about, action: 'read', body: old },
          handle: ({ body: { kind, created }, at }) => {
            const asOf = profile.documents[0]?.asOf ?? ''
            const house = profile.retention.map(({ of, years }) =>
              houseRule({
                ...{ id: `house.${of}`, title: of, kinds: [of], start: { anyOf: [['created']] }, asOf },
                period: { unit: 'years', amount: years },
              } as never),
            )
            const schedule = retentionSchedule({ id: 'marketplace/1', house })
            const { status, keepThrough } = schedule.assess({ id: 'one', kind, created } as never, { today: dayOf(at) })
            return { json: { status, keepThrough } }
          },
        }),
      ),
    )
  }
