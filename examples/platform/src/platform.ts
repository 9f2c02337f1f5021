import type { AddressInfo } from 'node:net'
import { type AuditLog, ed25519Signer, openAuditLog } from '@phi/audit'
import { fixedClock, formatInstant } from '@phi/core'
import { localKms, openKeyring } from '@phi/envelope'
import { openPipeline } from '@phi/http'
import { fastifyHandler, fastifyServer, phiFastify } from '@phi/http/fastify'
import { tlsServerOptions } from '@phi/http/tls'
import { auditStore, keyStore, roleStore, sessionStore, type Transaction } from '@phi/postgres'
import { compile, type Evidence, type Grant, roleNames } from '@phi/rbac'
import {
  generateSessionKey,
  ipPolicy,
  openSessions,
  type SessionProfile,
  sessionProfiles,
  verifyIdentity,
} from '@phi/rbac/session'
import Fastify from 'fastify'
import { authority, type Identity } from './certificates.ts'
import { openDatabase, within } from './database.ts'
import type { Member, Parts, PlatformRules, PlatformWords, RouteModule } from './parts.ts'
import { type IdentityProvider, identityProvider } from './people.ts'
import { platformPolicy } from './policy.ts'
import type { PlatformProfile } from './profile.ts'
import { sealedRecords } from './records.ts'
import { recordFacts } from './routes/records.ts'

export interface PlatformOptions {
  readonly profile: PlatformProfile
  readonly routes: readonly RouteModule[]
  /** When the day begins, UTC. */
  readonly start: string
}

export interface Platform extends Parts {
  /** `https://127.0.0.1:…` */
  readonly url: string
  /** What clients trust, in PEM. */
  readonly ca: string
  readonly identity: IdentityProvider
  /** A certificate of the day's authority: for services that speak mutual TLS. */
  certificate(name: string, names: readonly string[]): Promise<Identity>
  /** Gives somebody an account: roles as assignments in the database, with who gave them and why. */
  enrol(member: Member, by: string): Promise<void>
  close(): Promise<void>
}

/** Within so long somebody else looks at a broken glass. */
const REVIEW_MS = 72 * 3_600_000

function sessionProfileOf({ id, session, roles }: PlatformProfile): SessionProfile {
  return {
    ...sessionProfiles.standard,
    id,
    idleMs: session.idleMinutes * 60_000,
    absoluteMs: session.absoluteHours * 3_600_000,
    rotateMs: session.rotateHours * 3_600_000,
    mfaRoles: roles.filter(({ mfa }) => mfa).map(({ role }) => role),
    seeds: session.answers,
  }
}

/** Starts the service of a platform from its configuration: a real server on loopback, with TLS as the profile says. */
export async function startPlatform({ profile, routes, start }: PlatformOptions): Promise<Platform> {
  const clock = fixedClock(start)
  const [db, identity, trusted] = await Promise.all([openDatabase(), identityProvider(clock), authority(`${profile.id} day`)])
  const keyring = await openKeyring({
    kms: localKms.generate(),
    store: keyStore(db),
    clock,
    rotation: { everyDays: profile.encryption.rotateDays },
  })
  const records = sealedRecords(keyring)
  const roles = roleStore(db)
  const members = new Map<string, Member>()
  const logs = new Map<string, Promise<AuditLog<Transaction>>>()
  const rulesOf = new Map<string, PlatformRules>()
  const rules = compile(platformPolicy, { clock })
  const teams = new Map<string, readonly string[]>()
  const accounts = new Map<string, Readonly<Record<string, string>>>()
  const grants: Grant[] = []
  /** The entry of whoever broke a glass last, who was told, and by when it is reviewed: what the policy asks for before it opens. */
  const glasses = new Map<string, NonNullable<Evidence['breakGlass']>>()

  const log = (tenant: string): Promise<AuditLog<Transaction>> => {
    // One log for each tenant. An origin leaves the building with every checkpoint, so it names nobody.
    const origin = `${profile.id}.example/audit/${logs.size + 1}`
    const open = async () =>
      openAuditLog<Transaction>({ origin, tenant, store: auditStore(db), signer: await ed25519Signer.generate(origin), clock })
    const found = logs.get(tenant) ?? open()
    logs.set(tenant, found)
    return found
  }

  // An embedded database has one connection: what a transaction will need is fetched before it begins.
  const inTenant = async <Result>(tenant: string, work: (tx: Transaction) => Promise<Result>): Promise<Result> => {
    await Promise.all([keyring.tenant(tenant), log(tenant)])
    return within(db, tenant, work)
  }

  const sessions = await openSessions({
    store: sessionStore(db),
    keys: { signing: await generateSessionKey() },
    issuer: 'https://platform.example.org',
    audience: 'platform',
    profile: sessionProfileOf(profile),
    roles: profile.roles.map(({ role }) => role),
    clock,
    ...(profile.session.addresses === undefined ? {} : { ip: ipPolicy(profile.session.addresses) }),
  })
  const pipeline = openPipeline<PlatformWords, Transaction>({
    sessions,
    rules: (caller) => rulesOf.get(caller.tenant) ?? rules,
    log: (tenant) => log(tenant ?? 'unattributed'),
    transaction: (caller, run) => inTenant(caller.tenant, run),
    grants: (caller) => ({
      grants: grants.filter(({ tenant, actor }) => tenant === caller.tenant && actor === caller.subject),
      evidence: { documented: accounts.get(caller.subject), breakGlass: glasses.get(caller.subject) },
    }),
    actor: ({ subject, tenant, roles: held }) => ({
      ...{ id: subject, tenant, roles: held, incidents: teams.get(subject) ?? [] },
      ...patientOf(members.get(subject)),
    }),
    facts: recordFacts as never,
    clock,
  })

  const cert = await trusted.issue('platform', ['localhost', '127.0.0.1'])
  const tls = tlsServerOptions({ profile: profile.transport.tls, ...cert })
  const app = Fastify(fastifyServer({ tls }))
  const parts: Parts = {
    ...{ profile, clock, db, keyring, records, pipeline, rulesOf, rules, teams, accounts, log, guards: [] },
    within: inTenant,
    member: (subject) => members.get(subject),
  }
  await app.register(phiFastify, { notFound: pipeline.notFound() })
  const verify = (idToken: string) =>
    verifyIdentity(idToken, { issuer: identity.issuer, audience: identity.audience, keys: identity.keys, clock })
  const membership = async ({ subject }: { readonly subject: string }) => {
    const member = members.get(subject)
    if (member === undefined) return undefined
    return { tenant: member.tenant, roles: roleNames(await roles.of(member.tenant, subject, formatInstant(clock()))) }
  }
  app.post('/sign-in', fastifyHandler(pipeline.signIn({ verify, membership })))
  app.post('/sign-out', fastifyHandler(pipeline.signOut()))
  app.post('/step-up', fastifyHandler(pipeline.stepUp({ verify })))
  app.get('/session', fastifyHandler(pipeline.session()))
  app.post(
    '/break-glass',
    fastifyHandler(
      pipeline.breakGlass({
        keep: async (grant, auditEntry, { subject }) => {
          grants.push(grant)
          const { reason = '' } = grant
          glasses.set(subject, { reason, auditEntry, notified: ['privacy-officer'], reviewBy: clock() + REVIEW_MS })
        },
        notify: async () => ['privacy-officer'],
      }),
    ),
  )
  for (const add of routes) add(app, parts)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo

  return {
    ...parts,
    ...{ url: `https://127.0.0.1:${port}`, ca: trusted.ca, identity },
    certificate: (name, names) => trusted.issue(name, names),
    async enrol(member, by) {
      // An id is one person's, in all tenants: sessions and entries are told apart by it (S108).
      if (members.has(member.subject)) throw new Error('Somebody has this id already.')
      members.set(member.subject, member)
      const now = formatInstant(clock())
      for (const role of member.roles) {
        await roles.assign({
          ...{ id: `${member.subject}-${role}`, tenant: member.tenant, subject: member.subject, role },
          ...{ assignedBy: by, reason: 'account opened', assignedAt: now, from: now, until: null },
        })
      }
    },
    async close() {
      await app.close()
      for (const each of logs.values()) await (await each).close()
      await db.close()
    },
  }
}

const patientOf = (member: Member | undefined) => (member?.patient === undefined ? {} : { patient: member.patient })
