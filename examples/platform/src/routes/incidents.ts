import { detect, investigate, practiceFacts, standardDetectors, windowAround } from '@phi/audit/detect'
import { formatInstant } from '@phi/core'
import { contractClock, contractGroup, type Statement } from '@phi/deadlines/contract'
import {
  applyIncidentEvent,
  checkNotice,
  type Incident,
  type IncidentEvent,
  type IncidentGroup,
  incidentDeadlines,
  itemsOfWords,
  noticeDraft,
} from '@phi/deadlines/incident'
import { type Call, problem } from '@phi/http'
import { caseStore } from '@phi/postgres'
import { isolation } from '@phi/rbac/hipaa'
import { z } from 'zod'
import type { RouteModule } from '../parts.ts'
import type { PlatformProfile } from '../profile.ts'
import { forbid } from '../tenant-rules.ts'
import { entryOf } from './audit.ts'
import { readingFacts } from './reading.ts'
import { routesOf } from './routes-of.ts'

const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
const triggers = { discovery: 'discovery', confirmation: 'confirmation' } as const

/** The clocks that the documents state for the notice to customers, each beside the federal one. */
export function agreementClocks({ statements, documents }: PlatformProfile): readonly IncidentGroup[] {
  const asOf = documents[0]?.asOf ?? '2026-01-01'
  const clocks = (statements as readonly Statement[]).flatMap((each) =>
    each.about === 'breach-notice' &&
    each.to === 'covered-entity' &&
    each.within !== undefined &&
    'hours' in each.within &&
    (each.from === 'discovery' || each.from === 'confirmation')
      ? [
          contractClock({
            ...{
              id: `notice.${each.from}`,
              title: 'Notify the customer',
              agreement: 'Published statements',
              clause: each.requirement,
            },
            ...{
              words: each.quote,
              addressee: 'covered-entity',
              starts: triggers[each.from],
              within: { hours: each.within.hours },
            },
            ...{ metBy: 'customerTold', from: asOf, asOf, confirmation: 'text-seen' },
          }),
        ]
      : [],
  )
  if (clocks.length === 0) return []
  return [{ group: contractGroup({ id: 'published-statements', ruleset: { id: 'published-statements/1', asOf }, clocks }) }]
}

/** What the documents say that a notice holds, and what the law wants that is not in it (C6). */
export const statedNotice = ({ statements }: PlatformProfile) => {
  const stated = (statements as readonly Statement[]).flatMap((each) =>
    each.about === 'notice-content' && each.to === 'covered-entity' ? [each] : [],
  )
  const contains = itemsOfWords(stated.flatMap(({ items }) => items.map(({ words }) => words)))
  return { contains, missing: checkNotice({ addressee: 'covered-entity', contains }).map(({ id }) => id) }
}

/** Incidents: noticed, isolated, investigated, told, and closed with a report. */
export const incidentRoutes: RouteModule = (app, parts) => {
  const { profile, db, log, teams, accounts, records } = parts
  const route = routesOf(app, parts)
  const groups = agreementClocks(profile)
  const cases = caseStore(db, { groups: () => groups })
  const purpose = 'HSYSADMIN'
  const incidentOf = ({ caller, params }: Call<unknown, unknown>) => ({ id: params.id ?? 'new', tenant: caller.tenant })
  const kept = async (tenant: string, id: string): Promise<Incident> => {
    const found = await cases.load(tenant, id)
    if (found?.kind !== 'incident') throw problem(404, 'not-found')
    return found.record
  }
  const standing = (incident: Incident, at: number) => ({
    ...{ id: incident.id, state: incident.state, role: incident.role, entries: incident.log.length },
    deadlines: incidentDeadlines(incident, { today: formatInstant(at), groups }).map((each) => ({
      ...{ rule: each.rule, title: each.title, status: each.status, due: each.due, dueInstant: each.dueInstant },
      planFor: each.planFor,
    })),
  })

  const facts = z.strictObject({
    timeZone: z.string(),
    roles: z.array(z.strictObject({ role: z.string(), reach: z.enum(['related', 'all']) })),
    relations: z.array(z.strictObject({ kind: z.literal('treatment'), actor: z.string(), patient: z.string() })),
  })
  route.post<z.output<typeof facts>>('/incidents/detection', {
    ...{ action: 'update', auditAs: 'review', on: 'Incident', purpose, body: facts, load: incidentOf },
    handle: async ({ caller, body: { timeZone, roles, relations } }) => {
      const known = practiceFacts({ timeZone, roles: { rows: roles }, relations: { rows: relations } })
      const detection = detect({ detectors: standardDetectors(), facts: known })
      for await (const each of detection.run((await log(caller.tenant)).records())) void each
      return { json: { alerts: detection.alerts(), coverage: detection.coverage() } }
    },
  })

  const opening = z.looseObject({ id: word })
  route.post<z.output<typeof opening>>('/incidents', {
    ...{ action: 'create', on: 'Incident', purpose, body: opening },
    load: ({ caller, body }) => ({ id: body.id, tenant: caller.tenant }),
    handle: async ({ caller, body, at }) => {
      const asked = { role: 'business-associate', at: formatInstant(at), ...body, by: caller.subject }
      const began = await readingFacts(() => cases.open(caller.tenant, { kind: 'incident', opening: asked as never }))
      if (began === 'taken') throw problem(409, 'id-taken')
      return { status: 201, json: standing(await kept(caller.tenant, body.id), at) }
    },
  })
  route.get('/incidents/:id', {
    ...{ action: 'read', on: 'Incident', purpose, load: incidentOf },
    handle: async ({ caller, params, at }) => ({ json: standing(await kept(caller.tenant, params.id ?? ''), at) }),
  })
  const event = z.looseObject({ type: z.string() })
  route.post<z.output<typeof event>>('/incidents/:id/events', {
    ...{ action: 'update', on: 'Incident', purpose, body: event, load: incidentOf },
    handle: async ({ caller, params, body, at }) => {
      const id = params.id ?? ''
      const before = await kept(caller.tenant, id)
      const today = formatInstant(at)
      const asked = { at: today, ...body, by: caller.subject } as unknown as IncidentEvent
      const step = await readingFacts(() => applyIncidentEvent(before, asked, { today, groups }))
      const entry = step.incident.log.at(-1)
      if (entry === undefined || step.incident.log.length === before.log.length) throw problem(409, 'history-full')
      if ((await cases.append(caller.tenant, id, before.log.length, entry)) !== 'appended')
        throw problem(409, 'changed-meanwhile')
      const refused = step.accepted ? {} : { refused: step.refusal.reason, missing: step.refusal.missing }
      return { json: { accepted: step.accepted, ...refused, ...standing(step.incident, at) } }
    },
  })

  const isolating = z.strictObject({ team: z.array(z.string().min(1)).min(1).max(50) })
  route.post<z.output<typeof isolating>>('/incidents/:id/isolation', {
    ...{ action: 'update', auditAs: 'configure', on: 'Incident', purpose, body: isolating, load: incidentOf },
    handle: async ({ caller, params, body }) => {
      const { id } = await kept(caller.tenant, params.id ?? '')
      for (const subject of body.team) teams.set(subject, [...new Set([...(teams.get(subject) ?? []), id])])
      forbid(parts, caller.tenant, `incident ${id}`, isolation({ incident: id, tenants: [caller.tenant] }))
      return { json: { isolated: true, team: body.team.length } }
    },
  })
  route.post('/incidents/:id/reopening', {
    ...{ action: 'update', auditAs: 'configure', on: 'Incident', purpose, load: incidentOf },
    handle: async ({ caller, params }) => {
      const { id } = await kept(caller.tenant, params.id ?? '')
      for (const [subject, all] of teams)
        teams.set(
          subject,
          all.filter((each) => each !== id),
        )
      forbid(parts, caller.tenant, `incident ${id}`, [])
      return { json: { isolated: false } }
    },
  })

  // Who gets in during an incident writes down what for, before anything opens.
  const account = z.strictObject({ what: z.string().min(1).max(1000), reason: z.string().min(1).max(1000) })
  route.post<z.output<typeof account>>('/incidents/:id/account', {
    ...{ action: 'update', on: 'Incident', purpose, body: account, fields: () => [], load: incidentOf, writes: true },
    handle: async ({ caller, params, body, at }, { tx }) => {
      const { tenant, subject } = caller
      await records.put(tx, 'IncidentAccount', { id: `${params.id}/${subject}/${at}`, tenant, ...body, by: subject })
      accounts.set(subject, { incident: params.id ?? '', 'what was looked at or changed': body.what, reason: body.reason })
      return { status: 201, json: { written: true } }
    },
  })
  route.get('/incidents/:id/log', {
    ...{ action: 'read', auditAs: 'review', on: 'AuditEntry', purpose },
    context: ({ params }) => ({ incident: params.id ?? '' }),
    load: async ({ caller }) => {
      const page = await (await log(caller.tenant)).query({ order: 'newest', limit: 200 })
      return page.records.map((record) => entryOf(caller.tenant, record))
    },
  })

  const question = z.strictObject({ actor: z.string().min(1), from: z.string(), until: z.string() })
  route.post<z.output<typeof question>>('/incidents/:id/investigation', {
    ...{ action: 'update', auditAs: 'review', on: 'Incident', purpose, body: question, load: incidentOf },
    handle: async ({ caller, body: { actor, from, until } }) => {
      const records = (await log(caller.tenant)).records()
      return { json: await investigate(records, { actor, window: windowAround({ from, until }) }) }
    },
  })
  route.get('/incidents/:id/notice', {
    ...{ action: 'read', on: 'Incident', purpose, load: incidentOf },
    handle: async ({ caller, params }) => ({
      json: noticeDraft(await kept(caller.tenant, params.id ?? ''), 'covered-entity'),
    }),
  })
}
