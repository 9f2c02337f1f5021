import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { notice, nppElements } from '@phi/baa/safeguards'
import {
  type AgreementDesk,
  type Answer,
  agreementDesk,
  auditRoutes,
  Browser,
  fetchTrusting,
  forwardingRoutes,
  HOUSE,
  type InternalService,
  incidentRoutes,
  internalService,
  type Platform,
  type PlatformProfile,
  putPatientFacts,
  readProfile,
  recordRoutes,
  rightsRoutes,
  type SafeguardDesk,
  safeguardDesk,
  startPlatform,
} from '@phi/example-platform'

/** Two practices: one on the growth plan, where most of the days happen, and its neighbour on the starter plan. */
export const NORTH = 'north'
export const LAKE = 'lake'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** Everybody with an account, and the tenant in which it is. */
const staff = {
  ann: { tenant: NORTH, roles: ['therapist'] },
  ben: { tenant: NORTH, roles: ['therapist'] },
  olga: { tenant: NORTH, roles: ['administrator'] },
  pat: { tenant: NORTH, roles: ['patient'], patient: 'p-1' },
  ray: { tenant: NORTH, roles: ['referringPhysician'] },
  sam: { tenant: NORTH, roles: ['securityOfficer'] },
  rita: { tenant: NORTH, roles: ['incidentResponder'] },
  lou: { tenant: LAKE, roles: ['administrator'] },
  tess: { tenant: LAKE, roles: ['therapist'] },
  vera: { tenant: HOUSE, roles: ['administrator'] },
} as const
export type Name = keyof typeof staff

/** The days' people and places. */
export interface World {
  readonly platform: Platform
  readonly profile: PlatformProfile
  readonly desk: AgreementDesk
  readonly safeguards: SafeguardDesk
  readonly internal: InternalService
  readonly people: Readonly<Record<Name, Browser>>
  /** What one step leaves for a later one. */
  readonly memory: Map<string, string>
}

export async function begin(): Promise<World> {
  const profile = readProfile(JSON.parse(await readFile(new URL('../platform.json', import.meta.url), 'utf8')))
  const desk = agreementDesk(profile)
  const safeguards = safeguardDesk()
  let ca = ''
  const routes = [
    ...[desk.routes, safeguards.routes, recordRoutes, auditRoutes, incidentRoutes],
    forwardingRoutes({ fetch: (url, init) => fetchTrusting(ca)(url, init) }),
    rightsRoutes({
      routing: {
        kinds: {
          reminder: { content: 'minimal', retentionClass: 'messages' },
          result: { content: 'detailed', retentionClass: 'messages' },
        },
        escalation: { parties: [{ party: 'on-call', channel: 'page', address: 'rota-1' }], withinMinutes: 15 },
      },
      notice: notice({
        versions: [
          {
            ...{ id: 'npp-1', effective: '2026-01-01', created: '2025-12-01' },
            ...{ elements: Object.keys(nppElements) as never, uses: ['treatment', 'payment', 'operations'] },
          },
        ],
      }),
      entity: { name: 'Northside Physical Therapy', telephone: '+1 217 555 0100', responsible: 'Privacy Office' },
      timeZone: 'America/New_York',
    }),
  ]
  const platform = await startPlatform({ profile, routes, start: '2026-04-06T13:00:00.000Z' })
  ca = platform.ca
  for (const [subject, account] of Object.entries(staff)) await platform.enrol({ subject, ...account }, 'sign-up')
  const people = Object.fromEntries(Object.keys(staff).map((name) => [name, new Browser(platform, name)])) as World['people']
  await putPatientFacts(platform, NORTH, 'p-1', { careTeam: ['ann'] })
  await putPatientFacts(platform, LAKE, 'p-1', { careTeam: ['tess'] })
  const internal = await internalService(platform)
  return { platform, profile, desk, safeguards, internal, people, memory: new Map() }
}

export async function end({ platform, internal }: World): Promise<void> {
  await internal.close()
  await platform.close()
}

/** The code of a refusal. */
export const code = ({ json }: Answer): unknown => (json as { readonly code?: string } | undefined)?.code

/** Signs in again, with both factors. */
export async function fresh(...browsers: readonly Browser[]): Promise<void> {
  for (const each of browsers) assert.equal((await each.signIn()).status, 201, `${each.subject} signs in`)
}

/** Asks, and expects the status. @returns the answer's JSON, as the caller knows it */
export async function got<Value>(browser: Browser, path: string, status = 200, purpose = 'TREAT'): Promise<Value> {
  const answer = await browser.ask(path, { headers: { 'purpose-of-use': purpose } })
  assert.equal(answer.status, status, `GET ${path}: ${answer.text}`)
  return answer.json as Value
}

export async function sent<Value>(
  browser: Browser,
  path: string,
  json: unknown,
  { status = 200, purpose = 'TREAT', method = 'POST' as 'POST' | 'PUT' } = {},
): Promise<Value> {
  const answer = await browser.ask(path, {
    method,
    headers: { 'purpose-of-use': purpose },
    ...(json === undefined ? {} : { json }),
  })
  assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`)
  return answer.json as Value
}

export const today = ({ platform }: World): string => new Date(platform.clock()).toISOString().slice(0, 10)
