import type { Eligibility } from '../agreement/agreement.ts'
import { certainEnd, certainStart, earliest } from '../agreement/date.ts'
import type { Party } from '../agreement/party.ts'
import type { ExemptionClaim } from '../exemption/exemption.ts'
import { isProvider } from '../exemption/test.ts'
import { grouped } from '../order.ts'
import type { Attestation } from '../registry/attestation.ts'
import { type Registry, refuseUnread } from '../registry/registry.ts'
import type { Subprocessor } from '../registry/subprocessor.ts'
import { type CompiledAgreement, compileAgreement } from './compile.ts'

/** A registry, made ready for many questions. */
export interface Model {
  readonly registry: Registry
  /** From one party to another. */
  between(from: string, to: string): readonly CompiledAgreement[]
  /** The agreements under which a party holds data of others. */
  above(party: string): readonly CompiledAgreement[]
  /** By its id, as it was when the registry was made. */
  party(id: unknown): Party | undefined
  /** Known to be a health care provider. */
  isProvider(id: string): boolean
  /** Claims that stand for the pair. */
  exemptions(from: string, to: string): readonly ExemptionClaim[]
  /**
   * The one agreement between the two, where the answer to a plain question depends on it, its standing and the words alone: no attestations,
   * exemptions or subprocessors, nothing in the other direction, and no individual who sends.
   */
  alone(from: string, to: string): CompiledAgreement | undefined
  /** Whether a party has said that its subprocessors are all. */
  isComplete(id: string): boolean
  subprocessors(of: string): readonly Subprocessor[]
  /** The last word on a condition at an instant: `stale` where nobody has looked in time. */
  attested(party: string, other: string, condition: string, at: number): boolean | 'stale' | undefined
}

const models = new WeakMap<Registry, Model>()

/** The model of a registry, made once. */
export function modelOf(registry: Registry): Model {
  let model = models.get(registry)
  if (model === undefined) {
    refuseUnread(registry)
    model = compile(registry)
    models.set(registry, model)
  }
  return model
}

const none: readonly never[] = Object.freeze([])

function compile(registry: Registry): Model {
  const pairs = new Map<string, Map<string, CompiledAgreement[]>>()
  for (const agreement of registry.agreements) {
    const from = pairs.get(agreement.from.id) ?? new Map<string, CompiledAgreement[]>()
    pairs.set(agreement.from.id, from)
    from.set(agreement.to.id, [...(from.get(agreement.to.id) ?? []), compileAgreement(agreement)])
  }
  const key = (from: string, to: string) => `${from} ${to}`
  const above = grouped(
    [...pairs.values()].flatMap((tos) => [...tos.values()].flat()),
    (each) => each.agreement.to.id,
  )
  const parties = new Map(registry.parties)
  const complete = new Set(registry.complete)
  const providers = new Set([...parties.values()].filter((each) => isProvider(each) === true).map(({ id }) => id))
  const exemptions = grouped(registry.exemptions, ({ from, to }) => key(from, to))
  const downstream = grouped(registry.subprocessors, (each) => each.of)
  const alone = new Map<string, Map<string, CompiledAgreement>>()
  for (const [from, tos] of pairs) {
    for (const [to, [compiled, ...others]] of tos) {
      const free =
        others.length === 0 &&
        compiled?.agreement.conditions.length === 0 &&
        !exemptions.has(key(from, to)) &&
        !downstream.has(to) &&
        !pairs.get(to)?.has(from) &&
        parties.get(from)?.kind !== 'individual'
      if (!free || compiled === undefined) continue
      const known = alone.get(from) ?? new Map<string, CompiledAgreement>()
      alone.set(from, known)
      known.set(to, compiled)
    }
  }
  const attestations = grouped(registry.attestations, (each) => key(each.party, each.condition))
  return {
    registry,
    between: (from, to) => pairs.get(from)?.get(to) ?? none,
    above: (party) => above.get(party) ?? none,
    party: (id) => parties.get(id as string),
    isProvider: (id) => providers.has(id),
    exemptions: (from, to) =>
      exemptions.size === 0 ? none : (exemptions.get(key(from, to)) ?? none).map(({ claim }) => claim),
    isComplete: (id) => complete.has(id),
    alone: (from, to) => alone.get(from)?.get(to),
    subprocessors: (of) => downstream.get(of) ?? none,
    attested(party, other, condition, at) {
      if (attestations.size === 0) return undefined
      const about = (attestations.get(key(party, condition)) ?? []).filter((each) => (each.with ?? other) === other)
      return about.length === 0 ? undefined : lastWord(about, at)
    },
  }
}

/**
 * Of several of one day, one that says "not met" wins: nobody knows which was first. A day without a zone counts on the side that allows
 * less: "met" from when it has begun everywhere, "not met" from when it began anywhere.
 */
function lastWord(about: readonly Attestation[], at: number): boolean | 'stale' {
  const made = about.filter(({ met, asOf }) => (met ? certainStart(asOf) : earliest(asOf)) <= at)
  const latest = made.reduce((day, each) => (each.asOf > day ? each.asOf : day), '')
  const last = made.filter((each) => each.asOf === latest)
  if (last.some((each) => !each.met)) return false
  return last.length > 0 && last.every((each) => at < certainEnd(each.reviewBy)) ? true : 'stale'
}

/** What a plan says of an agreement that exists and is signed: on request is enough, for it was requested. */
export const isEligible = (eligibility: Eligibility): boolean => eligibility !== 'never'
