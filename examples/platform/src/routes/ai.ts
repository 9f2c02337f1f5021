import type { AuditEventInput } from '@phi/audit'
import type { Registry } from '@phi/baa'
import {
  applyDraftEvent,
  type DraftEvent,
  type DraftPolicy,
  type DraftResult,
  emptyLedger,
  gate,
  isAcceptedText,
  type PurgeEvent,
  type PurgeItem,
  purgePlan,
  purgeReceipt,
  purgeRequest,
  replayDrafts,
  textHash,
} from '@phi/baa/ai'
import { formatInstant, randomBytes, toHex } from '@phi/core'
import { type Call, problem } from '@phi/http'
import { regimeFacts } from '@phi/rbac/hipaa'
import { z } from 'zod'
import { callEntry } from '../call-entry.ts'
import type { Parts, RouteModule } from '../parts.ts'
import type { StoredRecord } from '../records.ts'
import { whole } from './records.ts'
import { routesOf } from './routes-of.ts'
import { vendorsOf } from './vendors.ts'

type Tx = Parameters<Parameters<Parts['within']>[1]>[0]

/** The AI service of a vendor, as the platform reaches it. */
export interface AiVendor {
  /** The party of the agreement. */
  readonly party: string
  readonly model: string
  generate(prompt: string): Promise<string>
}

const EVENTS = 'AiEvents'
const KEPT = 'AiKept'

const asked = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,48}$/),
  patient: z.string().min(1).max(64),
  target: z.enum(['record', 'claim']),
  /** For a claim: the entry of the record that it rests on. */
  basis: z.string().optional(),
  /** Notes of the session. What stands there by name is taken out. */
  words: z.string().min(1).max(20_000),
  labels: z.array(z.string()).default([]),
  /** Names of the patient that may stand in the words. */
  names: z.array(z.string()).default([]),
})
const happened = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('review'), text: z.string(), edits: z.int().min(0) }),
  z.strictObject({ type: z.literal('accept') }),
  z.strictObject({ type: z.literal('reject') }),
  z.strictObject({ type: z.literal('file'), into: z.enum(['record', 'claim']) }),
])
const confirmed = z.strictObject({ request: z.string(), keeper: z.string(), count: z.int().min(0), evidence: z.string() })
const looked = z.strictObject({ request: z.string(), gone: z.boolean(), evidence: z.string() })

interface Kept extends StoredRecord {
  readonly items: readonly PurgeItem[]
  readonly events: readonly PurgeEvent[]
}

/**
 * Drafts by a model (S36 to S43): nothing is sent before the gate has said yes, identifiers that nobody needs stay here, what comes back is
 * a draft until a person stands by it, and what the vendor keeps is asked back. The log holds keyed hashes, never the texts.
 */
export function aiRoutes(vendor: AiVendor): RouteModule {
  return (app, parts) => {
    const { records, within, profile } = parts
    const route = routesOf(app, parts)
    if (profile.ai?.enabled !== true) return
    const { retentionDays, reviewers = ['therapist'] } = profile.ai
    const policy: DraftPolicy = { reviewers }
    // Of this process: hashes of another one cannot be compared with these. A service of yours keeps its key beside its other keys.
    const key = randomBytes(32)
    const eventsOf = async (tx: Tx, tenant: string, draft: string): Promise<readonly DraftEvent[]> =>
      ((await records.find(tx, tenant, EVENTS, draft))?.events as readonly DraftEvent[] | undefined) ?? []
    const keptOf = async (tx: Tx, tenant: string): Promise<Kept> =>
      ((await records.find(tx, tenant, KEPT, 'all')) as Kept | undefined) ?? { id: 'all', tenant, items: [], events: [] }
    const actorOf = ({ caller }: Call<unknown, unknown>) =>
      ({ id: caller.subject, type: 'workforce', roles: [...caller.roles] }) as const
    const taken = (result: DraftResult) => {
      if (!result.ok) throw problem(409, `draft-${result.refusal.code}`)
      return result
    }
    const common = (call: Call<unknown, unknown>, draft: string) => ({
      id: toHex(randomBytes(8)),
      draft,
      at: formatInstant(call.at),
      actor: actorOf(call),
    })

    /** The prompt as it may leave. @throws the refusal of the gate */
    const gated = (model: Registry, { caller, body, at }: Call<z.output<typeof asked>, unknown>) => {
      const { outcome, reasons, prompt, removed } = gate(
        model,
        {
          ...{ from: caller.tenant, to: vendor.party, at: formatInstant(at) },
          service: body.target === 'record' ? 'ai.note-draft' : 'ai.claims-narrative',
          parts: [
            { instruction: 'Draft a progress note in plain words.' },
            { class: 'phi.clinical.note.session', text: body.words, labels: body.labels as never },
          ],
          known: body.names.map((text) => ({ class: 'phi.identity.name', text })),
        },
        { retention: { days: retentionDays }, identifiers: 'remove', key },
      )
      if (outcome !== 'allow' || prompt === undefined) throw problem(403, `ai-${reasons[0]?.code ?? 'refused'}`)
      return { prompt, removed }
    }
    type Hashes = NonNullable<NonNullable<AuditEventInput['context']>['ai']>
    const entryOf = (
      { body: { id, patient } }: Call<z.output<typeof asked>, unknown>,
      ai: Hashes,
    ): Pick<AuditEventInput, 'subject' | 'context'> => ({
      subject: { resource: { type: 'AiDraft', id }, patients: [patient] },
      context: { purpose: 'TREAT', ai },
    })
    const sending = (call: Call<z.output<typeof asked>, unknown>, ai: Hashes): AuditEventInput =>
      callEntry(call, { ...entryOf(call, ai), action: 'send' })
    const receiving = (call: Call<z.output<typeof asked>, unknown>, ai: Hashes): AuditEventInput =>
      callEntry(call, { ...entryOf(call, ai), action: 'create', actor: { id: vendor.party, type: 'service' } })

    route.post<z.output<typeof asked>>('/ai/drafts', {
      // Not `writes`: the vendor is not called inside a transaction. The pipeline's own entry is of the whole request, at its end.
      ...{ action: 'create', on: 'AiDraft', purpose: 'TREAT', body: asked, fields: () => [] },
      load: async ({ caller, body: { id, patient, labels } }) =>
        whole(parts, caller.tenant, {
          ...{ id, tenant: caller.tenant, patient, author: caller.subject, reviewedBy: null, prompt: '', output: '' },
          ...{ parentExcluded: 'no', part2Program: null, ...regimeFacts(labels as never) },
        }),
      handle: async (call, { loaded }) => {
        const { caller, body } = call
        const log = await parts.log(caller.tenant)
        const held = (kind: 'prompt' | 'output') => ({
          ...{ id: `${body.id}-${kind}`, kind, keeper: vendor.party, created: formatInstant(call.at) },
        })
        // First: the gate, and in one transaction all that has to be durable before anything leaves. What the vendor may hold from now
        // on is on the list of what is asked back, also where no answer ever comes.
        const sent = await within(caller.tenant, async (tx) => {
          if ((await eventsOf(tx, caller.tenant, body.id)).length > 0) throw problem(409, 'id-taken')
          const { prompt, removed } = gated(await vendorsOf(parts, tx, caller.tenant), call)
          const promptHash = textHash(key, prompt)
          const basis = body.basis === undefined ? {} : { basis: { entry: body.basis } }
          const event = {
            ...{ ...common(call, body.id), type: 'request', target: body.target, prompt: promptHash, ...basis },
          } as DraftEvent
          const { ledger } = taken(applyDraftEvent(emptyLedger, event, policy))
          await records.put(tx, EVENTS, { id: body.id, tenant: caller.tenant, events: [event] })
          const kept = await keptOf(tx, caller.tenant)
          await records.put(tx, KEPT, { ...kept, items: [...kept.items, held('prompt')] })
          await log.appendIn(tx, sending(call, { model: vendor.model, promptHash }))
          return { prompt, removed, promptHash, event, ledger }
        })
        // Second, with no transaction open: it leaves.
        const output = await vendor.generate(sent.prompt)
        const text = textHash(key, output)
        const answered = {
          ...{ ...common(call, body.id), type: 'generate', text, model: vendor.model },
          actor: { id: vendor.party, type: 'service' },
        } as DraftEvent
        taken(applyDraftEvent(sent.ledger, answered, policy))
        const { promptHash, prompt, removed } = sent
        // Third: the draft, together with an entry of what came back.
        await within(caller.tenant, async (tx) => {
          await records.put(tx, 'AiDraft', { ...(loaded[0] as StoredRecord), prompt, output, text: output })
          await records.put(tx, EVENTS, { id: body.id, tenant: caller.tenant, events: [sent.event, answered] })
          const kept = await keptOf(tx, caller.tenant)
          await records.put(tx, KEPT, { ...kept, items: [...kept.items, held('output')] })
          await log.appendIn(tx, receiving(call, { model: vendor.model, promptHash, outputHash: text }))
        })
        return {
          status: 201,
          json: { id: body.id, output, removed },
          entry: { ai: { model: vendor.model, promptHash, outputHash: text } },
        }
      },
    })
    route.post<z.output<typeof happened>>('/ai/drafts/:id/events', {
      ...{ action: 'update', on: 'AiDraft', purpose: 'TREAT', body: happened, writes: true, fields: () => [] },
      load: async ({ caller, params }) =>
        whole(
          parts,
          caller.tenant,
          await within(caller.tenant, (tx) => records.find(tx, caller.tenant, 'AiDraft', params.id ?? '')),
        ),
      handle: async (call, { tx, loaded }) => {
        const { caller, body } = call
        const record = loaded[0] as StoredRecord & { readonly text: string }
        const before = await eventsOf(tx, caller.tenant, record.id)
        const { ledger } = replayDrafts(before, policy)
        const draft = ledger.drafts.get(record.id)
        const now = textHash(key, record.text)
        const text = body.type === 'review' ? body.text : record.text
        const event = {
          ...common(call, record.id),
          ...{
            review: {
              type: 'review',
              from: now,
              text: textHash(key, text),
              edits: body.type === 'review' ? body.edits : 0,
            },
            accept: { type: 'accept', review: draft?.review?.id ?? 'none', text: now },
            reject: { type: 'reject' },
            file: { type: 'file', into: body.type === 'file' ? body.into : 'record', text: now },
          }[body.type],
        } as DraftEvent
        if (body.type === 'file' && !(draft !== undefined && isAcceptedText(draft, record.text, key)))
          throw problem(409, 'draft-not-accepted')
        const result = taken(applyDraftEvent(ledger, event, policy))
        const reviewedBy = body.type === 'review' ? caller.subject : record.reviewedBy
        await records.put(tx, 'AiDraft', { ...record, text, reviewedBy })
        await records.put(tx, EVENTS, { id: record.id, tenant: caller.tenant, events: [...before, event] })
        if (body.type === 'file' && body.into === 'record') {
          const { prompt: _, output: __, ...facts } = record
          const note = { ...facts, author: caller.subject, origin: 'ai', body: text, status: 'draft' }
          for (const guard of parts.guards) {
            const refused = guard({ tenant: caller.tenant, type: 'ProgressNote', record: note, at: call.at })
            if (refused !== undefined) throw problem(403, refused)
          }
          await records.put(tx, 'ProgressNote', {
            ...{ ...note, sessionDate: formatInstant(call.at).slice(0, 10), minutes: 50 },
            ...{ diagnosisCodes: [], procedureCodes: [] },
          } as StoredRecord)
        }
        return {
          json: { state: result.draft.state },
          entry: { ai: { model: vendor.model, outputHash: textHash(key, text) } },
        }
      },
    })

    const desk = { on: 'Safeguard', purpose: 'HSYSADMIN', fields: () => [] } as const
    const own = ({ caller }: Call<unknown, unknown>) => ({ id: 'ai', tenant: caller.tenant })
    const planOf = ({ items, events }: Kept, at: number) =>
      purgePlan(items, events, { retention: { [vendor.party]: { days: retentionDays } } }, formatInstant(at), key)
    route.get('/ai/deletions', {
      ...{ ...desk, action: 'read', load: own },
      handle: async ({ caller, at }) => {
        const { rows } = planOf(await within(caller.tenant, (tx) => keptOf(tx, caller.tenant)), at)
        return { json: rows.map(({ item: { kind, keeper }, hash, state, due }) => ({ kind, keeper, hash, state, due })) }
      },
    })
    const appended = async (call: Call<unknown, unknown>, tx: Tx, eventOf: (kept: Kept) => PurgeEvent | undefined) => {
      const kept = await keptOf(tx, call.caller.tenant)
      const event = eventOf(kept)
      if (event === undefined) throw problem(409, 'nothing-due')
      const next = { ...kept, events: [...kept.events, event] }
      const { mismatches } = planOf(next, call.at)
      const wrong = mismatches.find(({ index }) => index === kept.events.length)
      if (wrong !== undefined) throw problem(409, `deletion-${wrong.code}`)
      await records.put(tx, KEPT, next)
      return { plan: planOf(next, call.at), event }
    }
    route.post('/ai/deletions', {
      ...{ ...desk, action: 'create', writes: true, load: own },
      handle: async (call, { tx }) => {
        const request = toHex(randomBytes(8))
        const { event } = await appended(call, tx, (kept) => purgeRequest(planOf(kept, call.at), vendor.party, request))
        return { status: 201, json: event }
      },
    })
    route.post<z.output<typeof confirmed>>('/ai/deletions/confirmation', {
      ...{ ...desk, action: 'update', body: confirmed, writes: true, load: own },
      handle: async (call, { tx }) => {
        const { plan } = await appended(call, tx, ({ events }) => {
          const items = events.find((each) => each.type === 'request' && each.request === call.body.request)?.items ?? []
          return { ...call.body, type: 'confirm', at: formatInstant(call.at), items } as PurgeEvent
        })
        return { json: purgeReceipt(plan, call.body.request) }
      },
    })
    route.post<z.output<typeof looked>>('/ai/deletions/look', {
      ...{ ...desk, action: 'update', body: looked, writes: true, load: own },
      handle: async (call, { tx }) => {
        const { plan } = await appended(call, tx, ({ events }) => {
          const items = events.find((each) => each.type === 'request' && each.request === call.body.request)?.items ?? []
          return { ...call.body, type: 'verify', at: formatInstant(call.at), items } as PurgeEvent
        })
        return { json: purgeReceipt(plan, call.body.request) ?? { state: 'failed' } }
      },
    })
  }
}
