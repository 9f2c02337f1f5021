import { type AuditEventInput, auditEventSchema } from '@phi/audit'
import { errorsOf, fixedClock } from '@phi/core'
import { compile, definePolicy, type Grant, type Policy, type Rules, type Vocabulary } from '@phi/rbac'
import {
  generateSessionKey,
  memorySessionStore,
  openSessions,
  type SessionStore,
  type SessionsOptions,
  sessionProfiles,
  type VerifiedIdentity,
} from '@phi/rbac/session'
import { z } from 'zod'
import {
  type Connection,
  type Fault,
  type Handler,
  openPipeline,
  type Pipeline,
  type PipelineOptions,
} from '../../src/index.ts'

export const START = Date.parse('2026-11-22T12:00:00.000Z')
export const ORIGIN = 'https://clinic.example'

/** A small policy in which every outcome of a step can be met. */
export const policy = definePolicy(
  {
    id: 'clinic',
    version: '1',
    resources: {
      Note: z.object({
        id: z.string(),
        tenant: z.string(),
        patient: z.string(),
        careTeam: z.array(z.string()),
        code: z.string(),
        body: z.string(),
        sealed: z.boolean(),
      }),
    },
    actions: ['read', 'update', 'create', 'export', 'sign', 'disclose'],
    roles: { therapist: {}, lead: { inherits: ['therapist'] }, billing: {}, clerk: {} },
    views: { claims: { Note: ['id', 'code'] } },
    context: z.object({ desk: z.string() }),
  },
  ({ permit, forbid, is }) => [
    permit('therapist')
      .to('read', 'update', 'create')
      .on('Note')
      .for('TREAT')
      .when(is.in(is.actor('id'), is.resource('careTeam')))
      .as('care-team'),
    permit('therapist')
      .to('read')
      .on('Note')
      .when(is.granted('break-glass'))
      .requiring({ type: 'break-glass', notify: ['officer'], reviewWithinHours: 24 })
      .as('glass'),
    permit('billing').to('read').on('Note').for('HPAYMT').seeing('claims').as('claims'),
    permit('therapist')
      .to('export')
      .on('Note')
      .requiring({ type: 'step-up', acr_values: ['phr'], max_age: 300 })
      .as('export'),
    permit('therapist')
      .to('sign')
      .on('Note')
      .requiring({ type: 'document', record: ['witness'] })
      .as('sign'),
    permit('therapist')
      .to('disclose')
      .on('Note')
      .requiring({ type: 'refrain', code: 'NORDSCLCD', notice: '42 CFR part 2 forbids it.' })
      .as('disclose'),
    forbid().to('read').on('Note').when(is.resource('sealed')).unless('break-glass').as('sealed'),
  ],
)
export type Words = typeof policy extends Policy<infer W extends Vocabulary> ? W : never
export const rules: Rules<Words> = compile(policy)

export interface Note {
  readonly id: string
  readonly tenant: string
  readonly patient: string
  readonly careTeam: readonly string[]
  readonly code: string
  readonly body: string
  readonly sealed: boolean
}
export const note = (id: string, more: Partial<Note> = {}): Note => ({
  ...{ id, tenant: 'clinic-a', patient: `p-${id}`, careTeam: ['ann'], code: 'F41.1', body: `body of ${id}`, sealed: false },
  ...more,
})

export const testError = errorsOf({
  PHI_TEST_AWAY: { problem: 'It is away', remedy: 'Wait.', retryable: true },
  PHI_TEST_BROKEN: { problem: 'It is broken', remedy: 'Mend it.' },
})

export interface Entry {
  readonly tenant: string | undefined
  readonly event: AuditEventInput
}

/** A transaction of the test's database: what is staged in it is there after the commit, and not before. */
export interface Tx {
  readonly staged: Map<string, Note>
  readonly entries: Entry[]
}

/** A person as a provider vouches for them. Nothing is verified here: @phi/rbac tests that. */
export const identity = (subject: string, at: number, more: Partial<VerifiedIdentity> = {}): VerifiedIdentity => ({
  ...{ subject, issuer: 'https://id.example', audience: ['app'], claims: {} },
  ...{ issuedAt: at, expiresAt: at + 300_000, usableUntil: at + 360_000 },
  ...{ authTime: at, amr: ['pwd', 'otp'], acr: null },
  ...more,
})

const signing = generateSessionKey()

export interface ServiceOptions {
  readonly pipeline?: Partial<PipelineOptions<Words, Tx>>
  readonly sessions?: Partial<SessionsOptions>
  readonly notes?: readonly Note[]
}

export interface Service {
  readonly pipeline: Pipeline<Words, Tx>
  readonly clock: ReturnType<typeof fixedClock>
  readonly store: SessionStore
  readonly sessions: Awaited<ReturnType<typeof openSessions>>
  readonly notes: Map<string, Note>
  readonly entries: Entry[]
  readonly faults: Fault[]
  readonly grants: Grant[]
  /** What the log and the commit do: replaced by tests. */
  readonly does: { append: (event: AuditEventInput) => Promise<void>; commit: () => Promise<void>; begin: () => Promise<void> }
  /** A token of a new session. */
  token(
    subject?: string,
    options?: { tenant?: string; roles?: readonly string[]; more?: Partial<VerifiedIdentity> },
  ): Promise<string>
}

/** A service in memory: real sessions, a real policy, and a log and a database that fail when a test says so. */
export async function service(options: ServiceOptions = {}): Promise<Service> {
  const clock = fixedClock(START)
  const store = memorySessionStore()
  const sessions = await openSessions({
    ...{ store, clock, keys: { signing: await signing }, issuer: 'https://app.example', audience: 'app' },
    profile: sessionProfiles.standard,
    ...options.sessions,
  })
  const entries: Entry[] = []
  const faults: Fault[] = []
  const grants: Grant[] = []
  const notes = new Map((options.notes ?? [note('n-1')]).map((each) => [each.id, each]))
  const does: Service['does'] = { append: async () => {}, commit: async () => {}, begin: async () => {} }
  const pipeline = openPipeline<Words, Tx>({
    sessions,
    rules,
    clock,
    log: (tenant) => ({
      async append(event) {
        await does.append(event)
        const taken = entries.find((each) => each.event.id === event.id && each.tenant === tenant)
        if (taken !== undefined)
          throw errorsOf({ PHI_AUDIT_CONFLICT: { problem: 'Taken', remedy: 'No.' } })('PHI_AUDIT_CONFLICT')
        entries.push({ tenant, event: auditEventSchema.parse(event) })
      },
      async appendIn(tx, event) {
        await does.append(event)
        tx.entries.push({ tenant, event: auditEventSchema.parse(event) })
      },
    }),
    async transaction(_caller, run) {
      await does.begin()
      const tx: Tx = { staged: new Map(), entries: [] }
      const result = await run(tx)
      await does.commit()
      for (const [id, each] of tx.staged) notes.set(id, each)
      entries.push(...tx.entries)
      return result
    },
    grants: () => ({ grants }),
    onFault: (fault) => faults.push(fault),
    ...options.pipeline,
  })
  return {
    ...{ pipeline, clock, store, sessions, notes, entries, faults, grants, does },
    async token(subject = 'ann', { tenant = 'clinic-a', roles = ['therapist'], more = {} } = {}) {
      const begun = await sessions.begin(identity(subject, clock(), more), { tenant, roles, ip: '192.0.2.7' })
      if (begun.outcome === 'refused') throw new Error(begun.reason)
      return begun.token
    },
  }
}

export const overTls: Connection = { ip: '192.0.2.7', encrypted: true }

export interface Asked {
  readonly token?: string | undefined
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly body?: BodyInit | undefined
  readonly connection?: Connection
  readonly params?: Readonly<Record<string, string>>
  readonly path?: string
  readonly signal?: AbortSignal
}

/** Calls a handler as an adapter does. */
export function ask(handler: Handler, asked: Asked = {}): Promise<Response> {
  const headers = new Headers(asked.headers)
  if (asked.token !== undefined) headers.set('authorization', `Bearer ${asked.token}`)
  const body = asked.json === undefined ? asked.body : JSON.stringify(asked.json)
  if (asked.json !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json')
  const request = new Request(ORIGIN + (asked.path ?? '/notes/n-1'), {
    method: asked.method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    ...(body === undefined ? {} : { body, duplex: 'half' }),
    ...(asked.signal === undefined ? {} : { signal: asked.signal }),
  } as RequestInit)
  return handler(request, asked.connection ?? overTls, asked.params ?? { id: 'n-1' })
}

export interface Problem {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly instance: string
  readonly errors?: readonly { readonly path: string }[]
  readonly obligations?: readonly string[]
}
export const problemIn = async (response: Response): Promise<Problem> => {
  const text = await response.text()
  if (response.headers.get('content-type') !== 'application/problem+json')
    throw new Error(`no problem: ${response.status} ${text}`)
  return JSON.parse(text) as Problem
}
export const codeIn = async (response: Response): Promise<string> => (await problemIn(response)).code

/** The notes of the caller's tenant, by the id in the path. */
export const readRoute = (made: Service) =>
  made.pipeline.route({
    action: 'read',
    on: 'Note',
    purpose: 'TREAT',
    load: ({ params }) => made.notes.get(params.id ?? ''),
  })
