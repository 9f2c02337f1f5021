import { canonicalJson, type ErrorContext } from '@phi/core'
import * as z from 'zod'
import type { Agreement, AgreementWords } from '../agreement/agreement.ts'
import { readAgreement } from '../agreement/define.ts'
import { type Party, type PartyKind, partySchema } from '../agreement/party.ts'
import { baaError } from '../errors.ts'
import type { StandingExemption } from '../exemption/exemption.ts'
import { standingExemptionSchema } from '../exemption/schema.ts'
import { freeze } from '../freeze.ts'
import { own, readOwn } from '../own.ts'
import { type Attestation, attestationSchema } from './attestation.ts'
import { type Subprocessor, subprocessorSchema } from './subprocessor.ts'

/** What a registry knows beside the agreements. */
export interface RegistryOptions {
  /** Parties that have no agreement: people, and vendors that nobody signed with yet. Those of agreements are known. */
  readonly parties?: readonly Party[] | undefined
  /** Who gives data on to whom. A party that is not named here as `of` has not said. */
  readonly subprocessors?: readonly Subprocessor[] | undefined
  /** Parties that have said that they give data on to nobody but the subprocessors above. */
  readonly complete?: readonly string[] | undefined
  readonly attestations?: readonly Attestation[] | undefined
  readonly exemptions?: readonly StandingExemption[] | undefined
}

declare const covered: unique symbol

/** Agreements and what is known beside them: the model that every question is asked of. Frozen. */
export interface Registry<Words extends AgreementWords = AgreementWords> {
  /** Only for the compiler; never there. */
  readonly [covered]?: Words
  readonly agreements: readonly Agreement[]
  /** All parties by id, those of agreements included. */
  readonly parties: ReadonlyMap<string, Party>
  readonly subprocessors: readonly Subprocessor[]
  readonly complete: readonly string[]
  readonly attestations: readonly Attestation[]
  readonly exemptions: readonly StandingExemption[]
}

const optionsSchema = z.strictObject({
  parties: z.array(partySchema).max(100_000).readonly().default([]),
  subprocessors: z.array(subprocessorSchema).max(100_000).readonly().default([]),
  complete: z.array(z.string().max(64)).max(100_000).readonly().default([]),
  attestations: z.array(attestationSchema).max(100_000).readonly().default([]),
  exemptions: z.array(standingExemptionSchema).max(100_000).readonly().default([]),
})

type WordsIn<List extends readonly Agreement[]> = List[number] extends Agreement<infer Words> ? Words : never

const problem = (path: string, detail: string) =>
  baaError('PHI_BAA_REGISTRY', { path: path === '' ? 'registry' : `registry.${path}`, detail })

/**
 * Puts agreements together. Each id stands for one agreement, and each party is described alike wherever it is named: a vendor that is a
 * business associate in one list and a subcontractor in another is one party with two roles, and anything else is a contradiction.
 * @throws PhiError PHI_BAA_REGISTRY; PHI_BAA_AGREEMENT, PHI_BAA_CONTRADICTION for agreements that did not come from `parseAgreement`
 */
export function registry<const List extends readonly Agreement[]>(
  agreements: List,
  options: RegistryOptions = {},
): Registry<WordsIn<List>> {
  if (!Array.isArray(agreements)) throw problem('agreements', 'must be a list')
  const refusal = (context: ErrorContext) => baaError('PHI_BAA_REGISTRY', context)
  const read = readOwn(optionsSchema, options, 'registry', refusal)
  const parsed = listOf(agreements).map(readAgreement)
  if (new Set(parsed.map((each) => each.id)).size < parsed.length) {
    throw problem('agreements', 'hold two with one id: give a new version an id of its own')
  }
  const parties = partiesOf(parsed, read.parties)
  const known = (id: string, path: string) => {
    if (!parties.has(id)) throw problem(path, 'names a party that is not in the registry')
  }
  for (const { of, to } of read.subprocessors) {
    known(of, 'subprocessors.*.of')
    known(to, 'subprocessors.*.to')
  }
  for (const id of read.complete) known(id, 'complete.*')
  for (const { party, with: other } of read.attestations) {
    known(party, 'attestations.*.party')
    if (other !== undefined) known(other, 'attestations.*.with')
  }
  for (const { from, to } of read.exemptions) {
    known(from, 'exemptions.*.from')
    known(to, 'exemptions.*.to')
  }
  const made = Object.freeze({
    agreements: Object.freeze(parsed),
    parties,
    subprocessors: freeze(read.subprocessors),
    complete: freeze(read.complete),
    attestations: freeze(read.attestations),
    exemptions: freeze(read.exemptions),
  }) as Registry<WordsIn<List>>
  checked.add(made)
  return made
}

/** @throws PhiError PHI_BAA_REGISTRY when the list itself cannot be read */
function listOf(agreements: readonly Agreement[]): readonly Agreement[] {
  try {
    return Array.from(agreements)
  } catch {
    throw problem('agreements', 'could not be read')
  }
}

const checked = new WeakSet<Registry>()

/** @throws PhiError PHI_BAA_REGISTRY for anything that `registry` did not make: nobody has checked it */
export function refuseUnread(value: Registry): void {
  if (typeof value !== 'object' || value === null || !checked.has(value)) {
    throw problem('', 'must come from `registry` or `mergeRegistries`')
  }
}

/** Roles that one party can have at once: a hospital can be the business associate of another. */
const roles: readonly PartyKind[] = ['covered-entity', 'business-associate', 'subcontractor']

/** @throws PhiError PHI_BAA_REGISTRY when one id is described in two ways */
function partiesOf(agreements: readonly Agreement[], others: readonly Party[]): ReadonlyMap<string, Party> {
  const parties = new Map<string, Party>()
  for (const party of [...agreements.flatMap(({ from, to }) => [from, to]), ...others]) {
    const before = parties.get(party.id)
    parties.set(party.id, before === undefined ? party : together(before, party))
  }
  for (const party of parties.values()) freeze(party)
  return new Parties(parties)
}

/** A map that nobody can add to: who is a member of the workforce decides whether data may go. */
class Parties extends Map<string, Party> {
  constructor(entries: ReadonlyMap<string, Party>) {
    super()
    for (const [id, party] of entries) super.set(id, party)
  }
  override set(): never {
    throw problem('parties', 'cannot be changed: make a new registry')
  }
  override delete(): never {
    return this.set()
  }
  override clear(): never {
    return this.set()
  }
}

/** Two descriptions of a party, which may each leave out what the other says. */
function together(a: Party, b: Party): Party {
  const sameRole = a.kind === b.kind || (roles.includes(a.kind) && roles.includes(b.kind))
  const agree = Object.entries(b).every(([key, value]) => {
    const before = a[key as keyof Party]
    return key === 'kind' || before === undefined || sameData(before, value)
  })
  if (!sameRole || !agree) throw problem('parties', 'describe one party in two ways: use one description, or two ids')
  const kind = roles.indexOf(a.kind) <= roles.indexOf(b.kind) ? a.kind : b.kind
  return own({ ...a, ...b, kind })
}

/**
 * Puts registries of several teams together. The same agreement in two of them is one agreement; two that share an id and differ are refused.
 * @throws PhiError PHI_BAA_REGISTRY
 */
export function mergeRegistries(...registries: readonly Registry[]): Registry {
  for (const each of registries) refuseUnread(each)
  const agreements = new Map<string, Agreement>()
  for (const agreement of registries.flatMap((each) => each.agreements)) {
    const before = agreements.get(agreement.id)
    if (before !== undefined && !sameData(before, agreement)) {
      throw problem('agreements', 'hold two that share an id and differ')
    }
    agreements.set(agreement.id, agreement)
  }
  const complete = new Set(registries.flatMap((each) => each.complete))
  return registry([...agreements.values()], {
    parties: registries.flatMap((each) => [...each.parties.values()]),
    subprocessors: unique(registries.flatMap((each) => each.subprocessors)),
    // Who said in one registry that there are no others may have said so before another was signed.
    complete: [...complete].filter((id) =>
      registries.every((each) => each.complete.includes(id) || !each.subprocessors.some(({ of }) => of === id)),
    ),
    attestations: unique(registries.flatMap((each) => each.attestations)),
    exemptions: unique(registries.flatMap((each) => each.exemptions)),
  })
}

const sameData = (a: unknown, b: unknown) => canonicalJson(a) === canonicalJson(b)

const unique = <Value>(values: readonly Value[]): readonly Value[] => [
  ...new Map(values.map((each) => [canonicalJson(each), each])).values(),
]
