import { formatInstant } from '@phi/core'
import { type Call, problem } from '@phi/http'
import {
  channelFor,
  claimsSharing,
  type Directive,
  defineMessageRouting,
  type MessageRoutingConfig,
  mayOpenMessage,
  parseDirective,
  patientRights,
} from '@phi/rbac/directives'
import { regimeFacts } from '@phi/rbac/hipaa'
import { z } from 'zod'
import { callEntry } from '../call-entry.ts'
import type { Parts, RouteModule } from '../parts.ts'
import type { StoredRecord } from '../records.ts'
import { whole } from './records.ts'
import { routesOf } from './routes-of.ts'

type Tx = Parameters<Parameters<Parts['within']>[1]>[0]

const DIRECTIVE = 'Directive'

const said = z.strictObject({ patient: z.string().min(1).max(64), directive: z.looseObject({ id: z.string().max(48) }) })
const outgoing = z.strictObject({
  patient: z.string().min(1).max(64),
  id: z.string().min(1).max(64),
  kind: z.string(),
  labels: z.array(z.string()).default([]),
  safetyConcern: z.boolean().default(false),
  body: z.string().max(20_000),
})

const directivesOf = async (parts: Parts, tx: Tx, tenant: string, patient: string): Promise<readonly Directive[]> =>
  (await parts.records.list(tx, tenant, DIRECTIVE, patient)).map(({ directive }) => parseDirective(directive))

/** When the identity behind the patient's account in the portal was verified; null: never, or the account is retired. */
function verifiedAt(directives: readonly Directive[]): string | null {
  for (const each of directives) {
    if (each.kind !== 'contact-point' || each.channel !== 'portal') continue
    if (each.history.some(({ step }) => step === 'retired')) continue
    const found = each.history.find(({ step }) => step === 'verified')
    if (found !== undefined) return found.at
  }
  return null
}

/**
 * What may go to a patient by which channel (S44, S45, S48, S49, S60, S61): wishes and opt-ins as directives, a decision for each message
 * before it is written, and messages that open for verified identities only.
 */
export const communicationRoutes: RouteModule = (app, parts) => {
  const { records, within, profile } = parts
  const route = routesOf(app, parts)
  if (profile.messages === undefined) throw new Error('platform.json: messages must be configured for these routes')
  const routing = defineMessageRouting(profile.messages.routing as MessageRoutingConfig)
  // Whose account has a verified identity, for the policy. Lost with the process, and then messages are closed until it is entered again.
  const verified = new Set<string>()
  const preferring = (call: Call<unknown, unknown>) => (call.headers.get('purpose-of-use') ?? 'PATADMIN') as never

  route.post<z.output<typeof said>>('/directives', {
    ...{ action: 'create', on: 'Preference', purpose: preferring, body: said, fields: () => [] },
    load: ({ caller, body: { patient, directive } }) => ({ id: directive.id, tenant: caller.tenant, patient }),
    handle: async (call) => {
      const { caller, body } = call
      let directive: Directive
      try {
        directive = parseDirective(body.directive)
      } catch {
        throw problem(422, 'directive-not-valid')
      }
      const { history } = directive as {
        readonly history: readonly { readonly step: string; readonly recordedBy: string }[]
      }
      const isOwn = directive.tenant === caller.tenant && directive.patient === body.patient
      if (!isOwn || history.at(-1)?.recordedBy !== caller.subject) throw problem(422, 'directive-of-somebody-else')
      // A patient says what they want; that an address or an identity is theirs is for the practice to say.
      if (
        caller.roles.includes('patient') &&
        directive.kind === 'contact-point' &&
        history.some(({ step }) => step === 'verified')
      )
        throw problem(403, 'not-yours-to-verify')
      const log = await parts.log(caller.tenant)
      const since = await within(caller.tenant, async (tx) => {
        await records.put(tx, DIRECTIVE, { id: directive.id, tenant: caller.tenant, patient: body.patient, directive })
        const subject = { resource: { type: 'Preference', id: directive.id }, patients: [body.patient] }
        await log.appendIn(tx, callEntry(call, { action: 'create', subject }))
        return verifiedAt(await directivesOf(parts, tx, caller.tenant, body.patient))
      })
      // Committed: only now does memory say the same. What is rolled back opens nothing.
      const account = `${caller.tenant}/${body.patient}`
      if (since === null) verified.delete(account)
      else verified.add(account)
      return { status: 201, json: { id: directive.id } }
    },
  })

  const isVerified = ({ caller }: Call<unknown, unknown>): boolean => {
    const { patient } = parts.member(caller.subject) ?? {}
    return patient === undefined ? caller.session.mfa === 'met' : verified.has(`${caller.tenant}/${patient}`)
  }
  route.post<z.output<typeof outgoing>>('/outbox', {
    ...{
      action: 'create',
      on: 'Message',
      purpose: 'TREAT',
      body: outgoing,
      writes: true,
      fields: () => [],
      auditAs: 'send',
    },
    context: (call) => ({ identityVerified: isVerified(call) }),
    load: async ({ caller, body: { id, patient, labels, body } }) =>
      whole(parts, caller.tenant, {
        ...{ id, tenant: caller.tenant, patient, author: caller.subject, sentAt: null, body },
        ...{ parentExcluded: 'no', part2Program: null, ...regimeFacts(labels as never) },
      }),
    handle: async ({ caller, body, at }, { tx, loaded }) => {
      const directives = await directivesOf(parts, tx, caller.tenant, body.patient)
      const { patient, kind, labels, safetyConcern } = body
      const message = {
        tenant: caller.tenant,
        patient,
        kind,
        labels: labels as never,
        safetyConcern,
        at: formatInstant(at),
      }
      const decision = channelFor(directives, message, routing)
      const { retentionClass } = decision
      await records.put(tx, 'Message', {
        ...(loaded[0] as StoredRecord),
        ...{ sentAt: decision.outcome === 'send' ? formatInstant(at) : null, retentionClass },
      })
      return { status: 201, json: decision }
    },
  })
  route.get('/inbox/:id', {
    ...{ action: 'read', on: 'Message', purpose: 'PATRQT' },
    context: (call) => ({ identityVerified: isVerified(call) }),
    load: async ({ caller, params, at }) => {
      const found = await within(caller.tenant, async (tx) => {
        const message = await records.find(tx, caller.tenant, 'Message', params.id ?? '')
        if (message?.patient === undefined) return undefined
        const own = parts.member(caller.subject)?.patient
        const verdict = mayOpenMessage(
          {
            tenant: caller.tenant,
            patients: own === undefined ? [] : [own],
            verifiedAt: verifiedAt(await directivesOf(parts, tx, caller.tenant, message.patient)),
          },
          { tenant: message.tenant, patient: message.patient, at: formatInstant(at) },
        )
        return verdict.outcome === 'open' ? message : undefined
      })
      return whole(parts, caller.tenant, found)
    },
  })
  route.get('/rights', {
    ...{ action: 'read', on: 'Preference', purpose: 'PATRQT' },
    load: ({ caller }) => ({ id: 'rights', tenant: caller.tenant, patient: parts.member(caller.subject)?.patient ?? '' }),
    handle: () => ({
      json: { rights: patientRights.map(({ right }) => right), claims: claimsSharing.map(({ says }) => says) },
    }),
  })
}
