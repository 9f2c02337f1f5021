import { generateKeyPairSync } from 'node:crypto'
import {
  type Agreement,
  type AgreementRequest,
  advanceAgreementRequest,
  agreementRequestStanding,
  coveredEntityTest,
  decideAny,
  openAgreementRequest,
  parseAgreement,
  type Registry,
  registry,
  signAgreement,
  verifySignatures,
  withSignatures,
} from '@phi/baa'
import { type DataClass, formatInstant, isLabel, type Label, sha256, toHex, utf8 } from '@phi/core'
import { problem } from '@phi/http'
import { z } from 'zod'
import type { Parts, RouteModule } from '../parts.ts'
import type { PlatformProfile } from '../profile.ts'
import { routesOf } from './routes-of.ts'

/** What one practice has with the platform. */
interface Standing {
  readonly request: AgreementRequest
  /** The text that both sign, as the platform sent it. */
  readonly draft?: Agreement
  readonly signatures: readonly string[]
  /** The practice's public key, as it was given with its signature. */
  readonly practiceKey?: JsonWebKey & { readonly kid: string }
  readonly model?: Registry
}

/** The platform's own desk: what its people do about agreements, inside its walls. */
export interface AgreementDesk {
  readonly routes: RouteModule
  /** Sends the agreement to a practice that asked for it. @returns the state it is in */
  send(tenant: string): string
  /** Signs for the platform, after the practice has. From then on records may be stored. */
  countersign(tenant: string): Promise<string>
  standing(tenant: string): Standing | undefined
}

const PLATFORM = 'platform'

/** What fields of a record tell: each by its own class, and only where something stands in it. */
const fieldClasses: Readonly<Record<string, DataClass>> = {
  name: 'phi.identity.name',
  email: 'phi.identity.email',
  phone: 'phi.identity.phone',
  birthDate: 'phi.identity.date.birth',
  address: 'phi.identity.geo.street',
  payer: 'phi.financial.insurance',
  memberId: 'phi.financial.insurance',
  diagnosisCodes: 'phi.code.icd10',
  procedureCodes: 'phi.code.cpt',
}
const typeClasses: Readonly<Record<string, DataClass>> = {
  ProgressNote: 'phi.clinical.note.session',
  PsychotherapyNote: 'phi.clinical.note.psychotherapy',
  TreatmentPlan: 'phi.clinical.plan',
  Appointment: 'phi.schedule.appointment',
  Message: 'phi.comm.message',
  Claim: 'phi.financial.claim',
  Payment: 'phi.financial.payment',
  AiDraft: 'phi.ai.output',
}
const services: Readonly<Record<string, string>> = {
  Appointment: 'scheduling',
  Payment: 'billing.payments',
  Claim: 'billing.claims',
  Message: 'messaging.portal',
}

const isFilled = (value: unknown): boolean =>
  value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)

/** The classes of data that a record holds, by what is filled in. */
export function classesOf(type: string, record: Readonly<Record<string, unknown>>): DataClass[] {
  const fields = Object.entries(fieldClasses)
    .filter(([name]) => isFilled(record[name]))
    .map(([, each]) => each)
  const own = typeClasses[type]
  return [...new Set([...(own === undefined ? [] : [own]), ...fields])]
}

const labelsOf = (record: Readonly<Record<string, unknown>>): Label[] =>
  Array.isArray(record.labels) ? record.labels.filter((each): each is Label => isLabel(each)) : []

const statedEligibility = { included: 'always', 'on-request': 'on-request', none: 'never' } as const

function draftOf(
  { data, plans, documents, terms = [], id }: PlatformProfile,
  tenant: string,
  plan: string,
  at: string,
): Agreement {
  const [{ version = '1', asOf } = { version: '1', asOf: at.slice(0, 10) }] = documents
  return parseAgreement({
    id: `${id}-${tenant}`,
    ...{ tier: 'ce-ba', version, dated: asOf },
    from: { id: tenant, kind: 'covered-entity' },
    to: { id: PLATFORM, kind: 'business-associate' },
    services: ['scheduling', 'records', 'billing', 'messaging.portal', 'storage'],
    permits: data.may.map((each) => each.class),
    prohibits: data.mustNot.map(({ what }) => what),
    uses: ['treatment', 'operations', 'payment'],
    eligibility: Object.fromEntries(plans.map(({ name, agreement }) => [name, statedEligibility[agreement]])),
    plan,
    effective: at.slice(0, 10),
    terms: Object.fromEntries(terms.map(({ term, stated }) => [term, stated])) as never,
  })
}

/** What names the countersigned copy: the hash of both signatures, each of which holds the hash of every clause. */
export const hashOfCopy = (signatures: readonly string[]): string => toHex(sha256(utf8(signatures.join('\n'))))

const keyPair = (kid: string) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { signer: { alg: 'EdDSA', kid, key: privateKey } as const, trusted: { kid, ...publicKey.export({ format: 'jwk' }) } }
}

/** Agreements with practices: asked for, sent, signed by both, kept; and a guard before every write until that is done. */
export function agreementDesk(profile: PlatformProfile): AgreementDesk {
  const platform = keyPair('platform-1')
  const standings = new Map<string, Standing>()
  let parts: Parts | undefined
  const now = (): string => formatInstant((parts as Parts).clock())
  const known = (tenant: string): Standing => {
    const found = standings.get(tenant)
    if (found === undefined) throw problem(409, 'agreement-not-requested')
    return found
  }
  const step = (
    tenant: string,
    name: 'sent' | 'signed' | 'countersigned' | 'copy-kept',
    more: Partial<Standing> = {},
    documentHash?: string,
  ): string => {
    const found = known(tenant)
    const answer = advanceAgreementRequest(found.request, { step: name, at: now(), ...(documentHash && { documentHash }) })
    if (answer.outcome === 'refused') throw problem(409, answer.problems[0] as string)
    standings.set(tenant, { ...found, ...more, request: answer.request })
    return agreementRequestStanding(answer.request, now()).state
  }

  const routes: RouteModule = (app, given) => {
    parts = given
    const route = routesOf(app, given)
    const agreement = ({ caller }: { readonly caller: { readonly tenant: string } }) => ({
      id: 'agreement',
      tenant: caller.tenant,
    })
    const purpose = 'HSYSADMIN'

    given.guards.push(({ tenant, type, record, at }) => {
      const { model } = standings.get(tenant) ?? {}
      if (model === undefined) return 'agreement-not-signed'
      const data = classesOf(type, record).map((each) => ({ class: each, labels: labelsOf(record) }))
      const decision = decideAny(model, {
        from: tenant,
        to: PLATFORM,
        service: services[type] ?? 'records',
        data,
        use: 'treatment',
        at: formatInstant(at),
      } as never)
      return decision.outcome === 'allow' ? undefined : `agreement-${decision.reasons[0]?.code ?? 'unknown'}`
    })

    const applicant = z.strictObject({
      name: z.string().optional(),
      practiceName: z.string().optional(),
      npi: z.string().optional(),
      licence: z
        .strictObject({ state: z.string(), profession: z.string(), number: z.string(), expires: z.string().optional() })
        .optional(),
      plan: z.string(),
    })
    type Applicant = z.output<typeof applicant>
    route.post<Applicant>('/agreement/request', {
      ...{ action: 'create', on: 'Agreement', purpose, body: applicant, writes: true, fields: () => [], load: agreement },
      handle: ({ caller, body: { plan, ...who }, at }) => {
        const eligibility = Object.fromEntries(profile.plans.map(({ name, agreement: way }) => [name, statedEligibility[way]]))
        const answer = openAgreementRequest(
          who as never,
          { eligibility, plan, respondWithin: { businessDays: 2 } },
          formatInstant(at),
        )
        if (answer.outcome === 'refused') throw problem(422, answer.problems[0] as string)
        standings.set(caller.tenant, { request: answer.request, signatures: [] })
        return { status: 201, json: agreementRequestStanding(answer.request, formatInstant(at)) }
      },
    })
    route.get('/agreement', {
      ...{ action: 'read', on: 'Agreement', purpose, load: agreement },
      handle: ({ caller, at }) => {
        const { request, draft, signatures } = known(caller.tenant)
        return { json: { standing: agreementRequestStanding(request, formatInstant(at)), terms: draft, signatures } }
      },
    })
    const signed = z.strictObject({ signature: z.string(), key: z.looseObject({ kid: z.string() }) })
    route.post<z.output<typeof signed>>('/agreement/signature', {
      ...{ action: 'sign', on: 'Agreement', purpose, body: signed, writes: true, fields: () => [], load: agreement },
      handle: async ({ caller, body }) => {
        const { draft } = known(caller.tenant)
        if (draft === undefined) throw problem(409, 'not-sent')
        const practiceKey = body.key as unknown as NonNullable<Standing['practiceKey']>
        const report = await verifySignatures(draft, [body.signature], {
          [caller.tenant]: practiceKey,
          [PLATFORM]: platform.trusted,
        } as never)
        if (report.parties.find(({ party }) => party === caller.tenant)?.verdict !== 'valid')
          throw problem(422, 'signature-not-valid')
        return { json: { state: step(caller.tenant, 'signed', { signatures: [body.signature], practiceKey }) } }
      },
    })
    const copy = z.strictObject({ documentHash: z.string() })
    route.post<z.output<typeof copy>>('/agreement/copy', {
      ...{ action: 'update', on: 'Agreement', purpose, body: copy, writes: true, fields: () => [], load: agreement },
      handle: ({ caller, body: { documentHash } }) => ({
        json: { state: step(caller.tenant, 'copy-kept', {}, documentHash) },
      }),
    })
    const facts = z.looseObject({})
    route.post<z.output<typeof facts>>('/agreement/need', {
      ...{ action: 'read', on: 'Agreement', purpose, body: facts, fields: () => [], load: agreement },
      handle: ({ body }) => ({ json: coveredEntityTest(body as never) }),
    })
  }

  return {
    routes,
    send(tenant) {
      const { request } = known(tenant)
      return step(tenant, 'sent', { draft: draftOf(profile, tenant, request.plan, now()) })
    },
    async countersign(tenant) {
      const { draft, signatures, practiceKey } = known(tenant)
      if (draft === undefined) throw problem(409, 'not-sent')
      const own = await signAgreement(draft, { party: PLATFORM, at: now(), signer: platform.signer })
      const all = [...signatures, own]
      const report = await verifySignatures(draft, all, { [tenant]: practiceKey, [PLATFORM]: platform.trusted } as never)
      if (report.outcome !== 'all-valid') throw problem(409, 'signature-not-valid')
      const model = registry([withSignatures(draft, report)], { complete: [PLATFORM] })
      return step(tenant, 'countersigned', { signatures: all, model }, hashOfCopy(all))
    },
    standing: (tenant) => standings.get(tenant),
  }
}
