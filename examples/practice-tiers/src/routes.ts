import { register, registerFindings, responsibilityMatrix } from '@phi/baa/safeguards'
import { formatInstant } from '@phi/core'
import { evaluate, federal } from '@phi/deadlines'
import { contractClock, contractGroup, findings } from '@phi/deadlines/contract'
import type { RouteModule } from '@phi/example-platform'
import { fastifyHandler } from '@phi/http/fastify'
import { houseRule, retentionSchedule } from '@phi/retention'
import { z } from 'zod'

const own =
  (id: string) =>
  ({ caller }: { readonly caller: { readonly tenant: string } }) => ({ id, tenant: caller.tenant })

/** What this platform answers beside records and agreements: who does what, what is due after a breach, until when the log is kept. */
export const promiseRoutes: RouteModule = (app, { pipeline, profile }) => {
  const asOf = profile.documents[0]?.asOf ?? ''
  const about = { action: 'read', on: 'Safeguard', purpose: 'HSYSADMIN', fields: () => [] } as const

  const kept = z.strictObject({
    done: z.array(
      z.strictObject({
        control: z.string(),
        owner: z.string(),
        evidence: z.string(),
        on: z.string(),
        parameter: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
  })
  app.post(
    '/responsibilities',
    fastifyHandler(
      pipeline.route<z.output<typeof kept>>({
        ...{ ...about, body: kept, load: own('register') },
        handle: ({ body: { done }, at }) => {
          const today = formatInstant(at).slice(0, 10)
          const wanted = Object.fromEntries(
            profile.safeguards.map(({ control, parameter }) => [control, parameter === undefined ? {} : { parameter }]),
          )
          const entries = profile.safeguards.flatMap(({ control, by, parameter }) => {
            const entry =
              by === 'platform'
                ? { owner: 'platform', evidence: 'profile', on: asOf, parameter }
                : done.find((each) => each.control === control)
            if (entry === undefined) return []
            const seen = {
              evidence: [{ id: entry.evidence, asOf: entry.on }],
              asOf: entry.on,
              reviewBy: `${Number(today.slice(0, 4)) + 1}${today.slice(4)}`,
            }
            return [
              {
                id: control,
                control,
                responsible: by === 'platform' ? 'provider' : 'customer',
                status: 'in-place',
                owner: entry.owner,
                ...(entry.parameter && { parameter: entry.parameter }),
                ...seen,
              },
            ]
          })
          const made = register(entries as never)
          const matrix = responsibilityMatrix(
            made,
            { provider: 'The tool', customer: 'You' },
            { at: today, wanted: wanted as never },
          )
          const open = registerFindings(made, { at: today, wanted: wanted as never })
          return {
            json: {
              gaps: matrix.gaps,
              rows: matrix.rows.filter(({ of }) => Object.hasOwn(wanted, of)).map(({ of, responsible }) => [of, responsible]),
              open: open.map(({ control, code }) => `${control}: ${code}`),
            },
          }
        },
      }),
    ),
  )

  const breach = z.strictObject({
    discovered: z.string(),
    individuals: z.int().min(0),
    residents: z.record(z.string(), z.int().min(0)),
    timeZone: z.string(),
  })
  app.post(
    '/breach/notices',
    fastifyHandler(
      pipeline.route<z.output<typeof breach>>({
        ...{ ...about, on: 'Incident', body: breach, load: own('breach') },
        handle: ({ body }) => {
          const notice = contractClock({
            ...{ id: 'notice.24-hours', title: 'The tool tells you', agreement: 'HIPAA guide', clause: 'breach-1.3' },
            ...{
              words: 'notifies you: Within 24 hours',
              addressee: 'covered-entity',
              starts: 'discovery',
              within: { hours: 24 },
              metBy: 'told',
            },
            ...{ from: asOf, asOf, confirmation: 'text-seen' },
          } as const)
          const group = contractGroup({ id: 'guide', ruleset: { id: 'guide/1', asOf }, clocks: [notice] })
          const { discovered, timeZone } = body
          return { json: [...evaluate(group, { discovered, timeZone }), ...evaluate(federal.breachNotice, body as never)] }
        },
      }),
    ),
  )

  app.get(
    '/promises/findings',
    fastifyHandler(
      pipeline.route({
        ...{ ...about, load: own('promises') },
        handle: () => ({
          json: findings({ id: profile.id, title: profile.title, asOf, statements: profile.statements } as never),
        }),
      }),
    ),
  )

  const entry = z.strictObject({ created: z.string() })
  app.post(
    '/retention/audit-log',
    fastifyHandler(
      pipeline.route<z.output<typeof entry>>({
        ...{ ...about, body: entry, load: own('retention') },
        handle: ({ body: { created }, at }) => {
          const years = profile.retention.find(({ of }) => of === 'audit-log')?.years ?? 0
          const stated = houseRule({
            ...{
              id: 'house.audit-log',
              title: 'Activity log, as the guide says',
              kinds: ['audit-log'],
              start: { anyOf: [['created']] },
            },
            ...{ period: { unit: 'years', amount: years }, asOf },
          } as const)
          const schedule = retentionSchedule({ id: 'practice-tool/1', house: [stated] })
          const today = formatInstant(at).slice(0, 10)
          return {
            json: {
              found: schedule.assess({ id: 'entry', kind: 'audit-log', created } as never, { today }),
              statedShorter: schedule.statedShorter,
            },
          }
        },
      }),
    ),
  )
}
