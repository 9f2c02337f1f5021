import { type DataClass, type DataItem, isInstant, type Label, parseAs, type Service } from '@phi/core'
import { certainEnd } from '../../agreement/date.ts'
import { type Decision, decideAny } from '../../decide/decide.ts'
import { type Effect, reason } from '../../decide/reason.ts'
import { freeze } from '../../freeze.ts'
import type { Registry } from '../../registry/registry.ts'
import { telehealthError } from '../errors.ts'
import { inspectLink } from '../link/link.ts'
import { answerOf, type Observed } from '../observation.ts'
import { type CheckRow, checkRow, type Holds } from '../row.ts'
import { judgeTransport, type TransportCode } from '../transport/judge.ts'
import { readProfile, type TransportProfile, type TransportProfileName } from '../transport/profile.ts'
import { judgeAudioOnly } from './audio-only.ts'
import { consumerAppOf } from './consumer-app.ts'
import { factsSchema, type PlatformFacts, telehealthData } from './facts.ts'
import { type PlatformCode, platformRules } from './rules.ts'

export interface PlatformOptions {
  /** The registry with the agreement of the platform. Without it nobody knows whether there is one. */
  readonly model?: Registry | undefined
  /** An instant. No clock is read. */
  readonly at: string
  /** What is asked of the transport. With a profile, a report of `probe` is needed; a report without one is judged under `tls12`. */
  readonly profile?: TransportProfileName | TransportProfile | undefined
}

/** Another platform of the registry, with an agreement of its own (S64). */
export interface Alternative {
  /** The party. */
  readonly platform: string
  /** `allow`: its agreement covers what is asked. `needs`: it does when what `decide` names is known or done. */
  readonly outcome: 'allow' | 'needs'
}

export interface PlatformReport {
  readonly format: 'phi.platform/v1'
  readonly platform: string
  readonly at: string
  /** `needs`: not to be used until what the rows name is known. */
  readonly verdict: 'usable' | 'not-usable' | 'needs'
  readonly rows: readonly CheckRow<PlatformCode | TransportCode>[]
  /** It holds for sessions that are under none of these labels: nobody has said whether they are. */
  readonly provided: readonly Label[]
  /** Where the agreement does not cover a service: platforms of the registry whose agreement does, the surest first. */
  readonly alternatives: readonly Alternative[]
}

type Row = CheckRow<PlatformCode | TransportCode>
type Read = PlatformFacts

/**
 * Whether a platform may be used for sessions: every row is true, false or not known, with its evidence, its day and what to do. Evidence
 * that is past its review is not known. Whatever platform meets the rows can be used (S76): none is known by its name, save those that
 * are never accepted.
 * @throws PhiError PHI_BAA_PLATFORM for facts of another form, PHI_BAA_REGISTRY for a model that `registry` did not make,
 *   PHI_BAA_TRANSPORT for a profile that does not exist
 */
export function checkPlatform(facts: PlatformFacts, options: PlatformOptions): PlatformReport {
  const refusal = (context: object) => telehealthError('PHI_BAA_PLATFORM', context)
  const read: Read = parseAs(factsSchema, facts, 'facts', refusal)
  if (typeof options !== 'object' || options === null) throw refusal({ path: 'options', detail: 'must be an object' })
  const { model, at, profile } = options
  if (!isInstant(at)) throw refusal({ path: 'options.at', detail: 'must be an instant' })
  const now = Date.parse(at)
  const asked = servicesOf(read, now)
  const decisions = asked.map((service) => ({ service, decision: model && ask(model, read, service, read.platform, at) }))
  const agreement = decisions.map(({ service, decision }) => agreementRow(read, model, service, decision, at))
  const rows: Row[] = [
    ...agreement,
    linkRow(read, at),
    flagRow('waiting-room', read.waitingRoomByDefault, now),
    audioVideoRow(read, now),
    consumerRow(read, now),
    mediaRow(read, now),
    flagRow('meeting-lock', read.meetingLock, now),
    recordingRow(read, now),
    flagRow('escalation-path', read.escalationPath, now),
    ...transportRows(read, now, profile),
  ]
  const uncovered = agreement.some(({ holds }) => holds !== true)
  return freeze({
    format: 'phi.platform/v1',
    platform: read.platform,
    at,
    verdict: rows.some(({ holds }) => holds === false)
      ? 'not-usable'
      : rows.every(({ holds }) => holds === true)
        ? 'usable'
        : 'needs',
    rows,
    provided: [...new Set(decisions.flatMap(({ decision }) => decision?.provided ?? []))],
    alternatives: model && uncovered ? alternativesTo(model, read, asked, at) : [],
  })
}

/** Video and the waiting room are always asked for; recording is a service of its own where it may happen. */
function servicesOf(facts: Read, now: number): readonly Service[] {
  const recording = answerOf(facts.automaticRecording, now)
  const records = 'is' in recording && recording.is
  const asked = new Set<Service>(['telehealth.video', 'telehealth.waiting-room', ...(facts.services ?? [])])
  if (facts.audioOnly !== undefined) asked.add('telehealth.audio')
  if (records) asked.add('telehealth.recording')
  return [...asked]
}

const dataOf = (facts: Read, service: Service): readonly (DataClass | DataItem)[] =>
  facts.data ?? telehealthData[service] ?? ['phi.comm']

function ask(model: Registry, facts: Read, service: Service, to: string, at: string): Decision {
  const own = to === facts.platform ? { where: facts.where, plan: facts.plan, conditions: facts.conditions } : {}
  return decideAny(model, { from: facts.customer, to, service, data: dataOf(facts, service), use: 'treatment', at, ...own })
}

const effects: { readonly [Each in Effect]: Holds } = { allow: true, deny: false, needs: 'unknown' }

function agreementRow(
  facts: Read,
  model: Registry | undefined,
  service: Service,
  decision: Decision | undefined,
  at: string,
): Row {
  const rule = platformRules.agreement
  if (decision === undefined) return checkRow('agreement', rule, 'unknown', { about: service, why: 'not-said' })
  const agreement = model?.agreements.find(({ id }) => id === decision.agreement)
  const { asOf, reviewBy } = agreement ?? {}
  const dated = { ...(asOf === undefined ? {} : { asOf }), ...(reviewBy === undefined ? {} : { reviewBy }) }
  const more = { about: service, reasons: decision.reasons, ...(agreement ? { evidence: agreement.id } : {}), ...dated }
  if (decision.outcome !== 'allow')
    return checkRow('agreement', rule, effects[decision.outcome], { ...more, why: decision.reasons[0]?.code ?? 'no-agreement' })
  // A platform is a business associate: what goes to it under an exemption is not the agreement that is asked for.
  if (agreement === undefined || agreement.from.id !== facts.customer) {
    return checkRow('agreement', rule, false, { ...more, reasons: [reason('no-agreement')], why: 'no-agreement' })
  }
  // Somebody has to have read the contract lately, as with any other evidence.
  if (reviewBy !== undefined && Date.parse(at) >= certainEnd(reviewBy)) {
    return checkRow('agreement', rule, 'unknown', { ...more, why: 'stale' })
  }
  return checkRow('agreement', rule, true, more)
}

/** Parties that the customer has an agreement with which covers all that is asked. */
function alternativesTo(model: Registry, facts: Read, asked: readonly Service[], at: string): readonly Alternative[] {
  const others = new Set(model.agreements.filter(({ from }) => from.id === facts.customer).map(({ to }) => to.id))
  others.delete(facts.platform)
  const found: Alternative[] = []
  for (const platform of others) {
    const decisions = asked.map((service) => ask(model, facts, service, platform, at))
    // An exemption is no agreement of its own.
    if (decisions.some(({ outcome, exemption }) => outcome === 'deny' || exemption !== undefined)) continue
    const allowed = decisions.every(({ outcome }) => outcome === 'allow')
    found.push({ platform, outcome: allowed ? 'allow' : 'needs' })
  }
  return found.sort((a, b) => (a.outcome === b.outcome ? 0 : a.outcome === 'allow' ? -1 : 1))
}

const proofOf = ({ evidence, asOf, reviewBy }: Observed<unknown>) => ({ evidence, asOf, reviewBy })

function observedRow<Value>(
  code: PlatformCode,
  observed: Observed<Value> | undefined,
  now: number,
  judge: (value: Value) => readonly [holds: Holds, why?: string | undefined],
): Row {
  const answer = answerOf(observed, now)
  const proof = observed === undefined ? {} : proofOf(observed)
  if ('why' in answer) return checkRow(code, platformRules[code], 'unknown', { ...proof, why: answer.why })
  const [holds, why] = judge(answer.is)
  return checkRow(code, platformRules[code], holds, { ...proof, ...(why === undefined ? {} : { why }) })
}

const flagRow = (code: PlatformCode, observed: Observed | undefined, now: number): Row =>
  observedRow(code, observed, now, (is) => [is])

function linkRow({ link }: Read, at: string): Row {
  const rule = platformRules['https-link']
  if (link === undefined) return checkRow('https-link', rule, 'unknown', { why: 'not-said' })
  const { usable, findings } = inspectLink(link)
  const worst = findings.find(({ severity }) => severity === 'refuse')
  // The link itself is the evidence, looked at now.
  return checkRow('https-link', rule, usable, { asOf: at, ...(worst ? { why: worst.code } : {}) })
}

function audioVideoRow({ audio, video, audioOnly }: Read, now: number): Row {
  const sound = observedRow('audio-and-video', audio, now, (is) => [is, is ? undefined : 'without audio'])
  if (sound.holds !== true) return sound
  const picture = observedRow('audio-and-video', video, now, (is) => [is, is ? undefined : 'without video'])
  if (picture.holds !== false || audioOnly === undefined) return picture
  return observedRow('audio-and-video', audioOnly, now, (basis) => {
    const { holds, why } = judgeAudioOnly(basis)
    return [holds, why && `audio only: ${why}`]
  })
}

function consumerRow({ product, consumerApp }: Read, now: number): Row {
  const known = product === undefined ? undefined : consumerAppOf(product)
  if (known) return checkRow('not-a-consumer-app', platformRules['not-a-consumer-app'], false, { why: known.name })
  return observedRow('not-a-consumer-app', consumerApp, now, (is) => [!is])
}

const mediaRow = ({ media }: Read, now: number): Row =>
  observedRow('media-encryption', media, now, (is) => (is === 'srtp-over-dtls' || is === 'equivalent' ? [true] : [false, is]))

function recordingRow({ automaticRecording, recording }: Read, now: number): Row {
  const automatic = observedRow('no-automatic-recording', automaticRecording, now, (is) => [
    !is,
    is ? 'recorded without a reason' : undefined,
  ])
  if (automatic.holds !== false || recording === undefined) return automatic
  return observedRow('no-automatic-recording', recording, now, ({ clinicallyRequired, disclosed }) => {
    if (!clinicallyRequired) return [false, 'not clinically required']
    return disclosed ? [true] : [false, 'not disclosed']
  })
}

function transportRows({ transport }: Read, now: number, profile: PlatformOptions['profile']): readonly Row[] {
  if (profile !== undefined) readProfile(profile)
  if (transport === undefined) {
    return profile === undefined ? [] : [checkRow('transport', platformRules.transport, 'unknown', { why: 'not-said' })]
  }
  const { report, reviewBy, evidence } = transport
  const proof = { asOf: report.asOf, reviewBy, ...(evidence === undefined ? {} : { evidence }) }
  const why = Date.parse(report.asOf) > now ? 'not-yet-made' : now >= certainEnd(reviewBy) ? 'stale' : undefined
  if (why !== undefined) return [checkRow('transport', platformRules.transport, 'unknown', { ...proof, why })]
  return judgeTransport(report, profile ?? 'tls12').map((row) => ({ ...row, ...proof }))
}
