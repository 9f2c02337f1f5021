import type { AuditLog } from '@phi/audit'
import type { fixedClock } from '@phi/core'
import type { Keyring } from '@phi/envelope'
import type { Pipeline } from '@phi/http'
import type { Db, Transaction } from '@phi/postgres'
import type { Policy, Rules } from '@phi/rbac'
import type { FastifyInstance } from 'fastify'
import type { platformPolicy } from './policy.ts'
import type { PlatformProfile } from './profile.ts'
import type { Records } from './records.ts'

export type PlatformWords = typeof platformPolicy extends Policy<infer Words> ? Words : never
export type PlatformRules = Rules<PlatformWords>

/** Somebody who may sign in. */
export interface Member {
  readonly subject: string
  readonly tenant: string
  readonly roles: readonly string[]
  /** The patient whose account it is. */
  readonly patient?: string
}

/** What routes are made of. */
export interface Parts {
  readonly profile: PlatformProfile
  readonly clock: ReturnType<typeof fixedClock>
  readonly db: Db
  readonly keyring: Keyring
  readonly records: Records
  readonly pipeline: Pipeline<PlatformWords, Transaction>
  /** Runs in a transaction of one tenant, under row security. */
  within<Result>(tenant: string, work: (tx: Transaction) => Promise<Result>): Promise<Result>
  log(tenant: string): Promise<AuditLog<Transaction>>
  member(subject: string): Member | undefined
  /** More forbids for one tenant, from now on: an incident, the directives of its patients. */
  readonly rulesOf: Map<string, PlatformRules>
  /** The policy without anything of one tenant. */
  readonly rules: PlatformRules
  /** Who is on the team of which incidents, by subject. */
  readonly teams: Map<string, readonly string[]>
  /** What somebody wrote down where the policy asks for it, by subject: under the names that the obligation gives. */
  readonly accounts: Map<string, Readonly<Record<string, string>>>
  /** Whether something may be stored: routes ask before they write. Undefined: it may. A text: the code of the refusal. */
  readonly guards: ((asked: {
    readonly tenant: string
    readonly type: string
    readonly record: Readonly<Record<string, unknown>>
    readonly at: number
  }) => string | undefined)[]
}

/** Adds routes to the service. */
export type RouteModule = (app: FastifyInstance, parts: Parts) => void
