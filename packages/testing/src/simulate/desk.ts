import type { AuditEventInput } from '@phi/audit'
import { formatInstant } from '@phi/core'
import { MINUTE } from './calendar.ts'
import type { Random } from './random.ts'
import { rates } from './table.ts'

export type Action = AuditEventInput['action']
export type Subject = NonNullable<AuditEventInput['subject']>
export type Context = NonNullable<AuditEventInput['context']>

/** An event as it is appended, with its id and time. */
export type SimulatedEvent = AuditEventInput & { readonly id: string; readonly occurredAt: string }

/** An event at its time, milliseconds since 1970. */
export interface Happening {
  readonly at: number
  readonly event: SimulatedEvent
}

export interface Where {
  readonly ip: string
  readonly userAgent: string
  readonly site?: string
  readonly device?: string
}

/** Kinds of records: what they are called and which classes of data they hold. */
export const recordKinds = {
  Chart: ['phi.clinical.diagnosis', 'phi.clinical.note.summary', 'phi.clinical.plan'],
  ProgressNote: ['phi.clinical.note.session'],
  NoteDraft: ['phi.ai.output'],
  MedicationList: ['phi.clinical.medication'],
  Vitals: ['phi.clinical.assessment'],
  Registration: ['phi.identity.name', 'phi.identity.phone', 'phi.financial.insurance'],
  Appointment: ['phi.schedule.appointment'],
  TelehealthSession: ['phi.schedule.session-link'],
  Message: ['phi.comm.message'],
  Claim: ['phi.financial.claim', 'phi.code.cpt'],
  Payment: ['phi.financial.payment'],
  Statement: ['phi.financial.payment', 'phi.identity.name'],
  RecordSet: ['phi.clinical.note.summary', 'phi.clinical.diagnosis', 'phi.clinical.medication'],
  Referral: ['phi.clinical.diagnosis', 'phi.clinical.plan'],
} as const satisfies Readonly<Record<string, readonly NonNullable<Subject['dataClasses']>[number][]>>
export type RecordKind = keyof typeof recordKinds

export const recordOf = (kind: RecordKind, patients: readonly string[], id = patients[0] ?? 'all'): Subject => ({
  resource: { type: kind, id: `${kind}-${id}` },
  patients: [...patients],
  dataClasses: [...recordKinds[kind]],
})

/** Somebody at a screen: what they do gets their name, address, session and device. */
export class Desk {
  readonly out: Happening[]
  readonly random: Random
  readonly actor: AuditEventInput['actor']
  readonly where: Where
  #session: string | undefined

  constructor(out: Happening[], random: Random, actor: AuditEventInput['actor'], where: Where) {
    this.out = out
    this.random = random
    this.actor = actor
    this.where = where
  }

  get session(): string | undefined {
    return this.#session
  }

  do(
    at: number,
    action: Action,
    subject?: Subject,
    context: Context = {},
    outcome: AuditEventInput['outcome'] = 'success',
    id = this.random.id(),
  ): Happening {
    const { device, ip, site, userAgent } = this.where
    const details = device === undefined ? context.details : { device, ...context.details }
    const happening: Happening = {
      at: Math.round(at),
      event: {
        id,
        occurredAt: formatInstant(Math.round(at)),
        action,
        outcome,
        actor: this.actor,
        source: {
          ip,
          userAgent,
          ...(this.#session === undefined ? {} : { session: this.#session }),
          ...(site === undefined ? {} : { site }),
        },
        ...(subject === undefined ? {} : { subject }),
        ...(details === undefined && Object.keys(context).length === 0
          ? {}
          : { context: { ...context, ...(details === undefined ? {} : { details }) } }),
      },
    }
    this.out.push(happening)
    return happening
  }

  /** A sign-in with its second factor, typing errors before it. @returns when it is done */
  signIn(at: number, typos: number, attempts?: number): number {
    const { random } = this
    this.#session = undefined
    let now = at
    let wrong = attempts ?? 0
    if (attempts === undefined) while (wrong < 4 && random.chance(typos)) wrong++
    for (let i = 0; i < wrong; i++) {
      this.do(now, 'login-failed', undefined, {}, 'failure')
      now += random.int(4000, 25_000)
    }
    this.#session = `s-${random.id().slice(0, 13)}`
    this.do(now, 'login')
    now += random.int(3000, 20_000)
    if (random.chance(rates.mfaFailure)) {
      this.do(now, 'mfa', undefined, {}, 'failure')
      now += random.int(5000, 30_000)
    }
    this.do(now, 'mfa')
    return now + 2000
  }

  signOut(at: number): void {
    if (this.random.chance(0.8)) this.do(at, 'logout')
    else this.do(at + 15 * MINUTE, 'session-expired')
    this.#session = undefined
  }
}
