import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Agreement, type AgreementInput, signAgreement } from '@phi/baa'
import {
  type AgreementDesk,
  type AiVendor,
  type Answer,
  agreementDesk,
  aiRoutes,
  auditRoutes,
  Browser,
  communicationRoutes,
  incidentRoutes,
  type Platform,
  putPatientFacts,
  readProfile,
  recordRoutes,
  safeguardDesk,
  startPlatform,
  telehealthRoutes,
  vendorRoutes,
} from '@phi/example-platform'
import { marketplaceRoutes } from './routes.ts'
import { setting } from './vendors.ts'

/** The day's people and places. */
export interface World {
  readonly platform: Platform
  readonly desk: AgreementDesk
  /** What the vendor of the model was sent. */
  readonly prompts: string[]
  /** What happens at the vendor before it answers. */
  readonly vendor: { before?: (() => Promise<void>) | undefined }
  /** A therapist with a practice of her own. */
  readonly ann: Browser
  /** A therapist of the same practice, who does not treat Ann's client. */
  readonly rex: Browser
  /** The owner of the practice, who does not treat. */
  readonly olga: Browser
  readonly bill: Browser
  readonly fay: Browser
  /** The client. */
  readonly pat: Browser
}

export const PRACTICE = 'maple'
export const CLIENT = 'p-1'

export const code = ({ json }: Answer): unknown => (json as { readonly code?: string } | undefined)?.code
/** What came back with the status that was expected. */
export function expected<Value>(answer: Answer, status = 200): Value {
  assert.equal(answer.status, status, `${answer.status} ${String(code(answer) ?? '')}`)
  return answer.json as Value
}
export const send = (who: Browser, path: string, json: unknown, purpose = 'TREAT', method: 'POST' | 'PUT' = 'POST') =>
  who.ask(path, { method, json, headers: { 'purpose-of-use': purpose } })
export const read = (who: Browser, path: string, purpose = 'TREAT') => who.ask(path, { headers: { 'purpose-of-use': purpose } })
export async function refused(answer: Answer, status: number, why: string): Promise<string> {
  assert.deepEqual([answer.status, code(answer)], [status, why])
  return why
}

export async function begin(): Promise<World> {
  const profile = readProfile(JSON.parse(await readFile(new URL('../platform.json', import.meta.url), 'utf8')))
  const desk = agreementDesk(profile)
  const prompts: string[] = []
  const vendor: World['vendor'] = {}
  const scribe: AiVendor = {
    ...{ party: 'scribe', model: 'scribe-1' },
    async generate(prompt) {
      prompts.push(prompt)
      await vendor.before?.()
      return 'Client reports sleeping better. Plan: continue weekly sessions.'
    },
  }
  const platform = await startPlatform({
    profile,
    routes: [
      ...[desk.routes, recordRoutes, auditRoutes, vendorRoutes, telehealthRoutes, aiRoutes(scribe), communicationRoutes],
      ...[safeguardDesk().routes, incidentRoutes, marketplaceRoutes(desk)],
    ],
    start: '2026-11-23T14:00:00.000Z',
  })
  const people: readonly (readonly [string, readonly string[], string?])[] = [
    ['ann', ['therapist']],
    ['rex', ['therapist']],
    ['olga', ['administrator']],
    ['bill', ['billing']],
    ['fay', ['frontDesk']],
    ['pat', ['patient'], CLIENT],
  ]
  for (const [subject, roles, patient] of people)
    await platform.enrol({ subject, tenant: PRACTICE, roles, ...(patient === undefined ? {} : { patient }) }, 'olga')
  await putPatientFacts(platform, PRACTICE, CLIENT, { careTeam: ['ann'] })
  const [ann, rex, olga, bill, fay, pat] = people.map(([subject]) => new Browser(platform, subject)) as [
    Browser,
    Browser,
    Browser,
    Browser,
    Browser,
    Browser,
  ]
  return { platform, desk, prompts, vendor, ann, rex, olga, bill, fay, pat }
}

/** Signs the agreement of the practice with a key of its own. */
export async function signFor({ platform, olga }: World): Promise<Answer> {
  const { terms } = expected<{ readonly terms: Agreement }>(await olga.ask('/agreement'))
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const signature = await signAgreement(terms, {
    ...{ party: PRACTICE, at: new Date(platform.clock()).toISOString() },
    signer: { alg: 'EdDSA', kid: 'olga-1', key: privateKey },
  })
  return send(olga, '/agreement/signature', { signature, key: { kid: 'olga-1', ...publicKey.export({ format: 'jwk' }) } })
}

/** An agreement that both have signed, as the practice writes it down. */
export const contract = (to: string, more: Partial<AgreementInput>): AgreementInput => ({
  ...{ id: `${PRACTICE}-${to}`, tier: 'ce-ba', version: '1', uses: ['treatment'], effective: '2026-01-05' },
  from: { id: PRACTICE, kind: 'covered-entity' },
  to: { id: to, kind: 'business-associate' },
  terms: setting,
  signatures: [
    { party: PRACTICE, at: '2026-01-02T15:00:00.000Z' },
    { party: to, at: '2026-01-03T09:30:00.000Z' },
  ],
  ...more,
})

/** Fails unless something is so. `assert.ok` without a message reads the source to make one, which loaders of TypeScript mislead. */
export function holds(value: boolean, why = 'it does not hold'): void {
  assert.equal(value, true, why)
}
