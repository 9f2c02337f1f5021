import type {
  Agreement,
  Attestation,
  ExemptionClaim,
  Party,
  ReasonCode,
  ScopeLimits,
  StandingExemption,
  Subprocessor,
} from '../../src/index.ts'
import {
  atOrUnder,
  clashes,
  isDerived,
  isKnownClass,
  isKnownLabel,
  isKnownService,
  isKnownUse,
  mayIdentify,
  mayIdentifyDirectly,
  meets,
  naturalLabels,
  possibleLabels,
  useRow,
} from './words.ts'

// What `decide` has to answer, written down once more from its description: plain, slow, and with no line in common. Every list is gone
// through from the beginning for every question.

export interface TwinRegistry {
  readonly agreements: readonly Agreement[]
  readonly parties: readonly Party[]
  readonly subprocessors: readonly Subprocessor[]
  readonly complete: readonly string[]
  readonly attestations: readonly Attestation[]
  readonly exemptions: readonly StandingExemption[]
}

export type Outcome = 'allow' | 'deny' | 'needs'
type Codes = ReadonlySet<ReasonCode>

/** Each way that the data could go, with its codes; `others`: what the prohibitions of the other agreements add to it. */
export interface TwinWay {
  readonly agreement?: string
  readonly exemption?: string
  readonly outcome: Outcome
  readonly codes: Codes
  readonly others: Codes
}

export interface TwinAnswer {
  readonly outcome: Outcome
  /** The codes that the decision may have: more than one set where several ways are open. */
  readonly codes: readonly Codes[]
  readonly ways: readonly TwinWay[]
}

type Loose = Readonly<Record<string, unknown>>
interface Asked {
  readonly from: unknown
  readonly to: unknown
  readonly service: unknown
  readonly use: unknown
  readonly at: number
  readonly classes: readonly string[]
  readonly labels: readonly string[]
  readonly problems: readonly ReasonCode[]
  readonly extra: Loose
}

const denying: readonly ReasonCode[] = [
  'no-agreement',
  'qsoa-alone',
  'not-signed',
  'not-yet-effective',
  'expired',
  'terminated',
  'winding-down',
  'closed',
  'service-not-covered',
  'service-excluded',
  'scope-elsewhere',
  'class-not-permitted',
  'class-prohibited',
  'label-prohibited',
  'use-not-permitted',
  'use-prohibited',
  'training-prohibited',
  'condition-not-met',
  'plan-not-eligible',
  'too-identifying',
  'onward-not-covered',
  'exemption-not-met',
  'restricted-from-plan',
]
const asking: readonly ReasonCode[] = [
  'unknown-party',
  'same-party',
  'unknown-service',
  'unknown-class',
  'unknown-label',
  'unknown-use',
  'unknown-origin',
  'scope-unknown',
  'plan-unknown',
  'condition-unknown',
  'condition-stale',
  'authorization-needed',
  'part2-without-terms',
  'identifiability-unknown',
  'onward-unknown',
  'chain-cycle',
  'exemption-unproved',
  'returning-unsure',
]
const sum = (codes: Iterable<ReasonCode>): Outcome => {
  const all = [...codes]
  if (all.some((code) => denying.includes(code))) return 'deny'
  return all.some((code) => asking.includes(code)) ? 'needs' : 'allow'
}

// Days: a start counts when the day has begun at -12:00, an end when it first ends at +14:00, an event from when it could first be.
const HOUR = 3_600_000
const isDay = (text: string) => text.length === 10
const begins = (text: string) => (isDay(text) ? Date.parse(`${text}T00:00:00-12:00`) : Date.parse(text))
const ends = (text: string) => (isDay(text) ? Date.parse(`${text}T00:00:00+14:00`) + 24 * HOUR : Date.parse(text))
const couldBe = (text: string) => (isDay(text) ? Date.parse(`${text}T00:00:00+14:00`) : Date.parse(text))

const hasSigned = (agreement: Agreement, party: string, at: number) =>
  agreement.signatures.some((each) => each.party === party && Date.parse(each.at) <= at)
const signedByBoth = (agreement: Agreement, at: number) =>
  hasSigned(agreement, agreement.from.id, at) && hasSigned(agreement, agreement.to.id, at)

function standing(agreement: Agreement, at: number): ReasonCode {
  const { expires, terminated, windingDown, closed, effective } = agreement
  if (closed && begins(closed.at) <= at) return 'closed'
  const over = expires !== undefined && ends(expires) <= at
  const cut = terminated !== undefined && couldBe(terminated.at) <= at
  if (over || cut) {
    if (windingDown && begins(windingDown.from) <= at) return 'winding-down'
    if (!cut) return 'expired'
    return over && ends(expires) <= couldBe(terminated.at) ? 'expired' : 'terminated'
  }
  if (!signedByBoth(agreement, at)) return 'not-signed'
  return begins(effective) <= at ? 'in-force' : 'not-yet-effective'
}

function fit(limits: ScopeLimits, where: unknown): 'fits' | 'elsewhere' | 'unknown' {
  const given = (where ?? {}) as Loose
  const setting = (given.configuration ?? {}) as Loose
  const pairs: [readonly string[], unknown][] = []
  for (const [key, wanted] of Object.entries(limits)) {
    if (key === 'configuration') {
      for (const [name, values] of Object.entries(wanted as Record<string, readonly string[]>))
        pairs.push([values, setting[name]])
    } else pairs.push([wanted as readonly string[], given[key]])
  }
  if (pairs.some(([wanted, value]) => value !== undefined && !wanted.includes(value as string))) return 'elsewhere'
  return pairs.some(([, value]) => value === undefined) ? 'unknown' : 'fits'
}

function scope(agreement: Agreement, service: string, where: unknown): ReasonCode[] {
  const codes: ReasonCode[] = []
  for (const each of agreement.excludes) {
    if (!meets(each.service, service)) continue
    const found = fit(each.limits, where)
    if (found === 'fits') codes.push('service-excluded')
    if (found === 'unknown') codes.push('scope-unknown')
  }
  const found = agreement.services.filter((each) => atOrUnder(each.service, service)).map((each) => fit(each.limits, where))
  if (found.includes('fits')) codes.push('service-covered')
  else if (found.includes('unknown')) codes.push('scope-unknown')
  else if (found.includes('elsewhere')) codes.push('scope-elsewhere')
  else codes.push('service-not-covered')
  return codes
}

function plan(agreement: Agreement, asked: unknown): ReasonCode[] {
  const { eligibility } = agreement
  if (eligibility === undefined) return []
  const named = [agreement.plan, asked].filter((each) => typeof each === 'string') as string[]
  if (named.length === 0) return ['plan-unknown']
  return named.map((name) => {
    const answer = Object.entries(eligibility).find(([key]) => key === name)?.[1]
    return answer === undefined ? 'plan-unknown' : answer === 'never' ? 'plan-not-eligible' : 'plan-eligible'
  })
}

function condition(registry: TwinRegistry, agreement: Agreement, name: string, asked: Asked): ReasonCode {
  const stated = (asked.extra.conditions as Loose | undefined)?.[name]
  if (stated === false) return 'condition-not-met'
  const about = registry.attestations.filter(
    (each) =>
      each.party === agreement.from.id && each.condition === name && (each.with === undefined || each.with === agreement.to.id),
  )
  if (about.length === 0) return stated === true ? 'condition-met' : 'condition-unknown'
  const made = about.filter((each) => (each.met ? begins(each.asOf) : couldBe(each.asOf)) <= asked.at)
  const day = made
    .map((each) => each.asOf)
    .sort()
    .at(-1)
  const last = made.filter((each) => each.asOf === day)
  if (last.some((each) => !each.met)) return 'condition-not-met'
  if (stated === true) return 'condition-met'
  return last.length > 0 && last.every((each) => asked.at < ends(each.reviewBy)) ? 'condition-met' : 'condition-stale'
}

/** What the clauses of one agreement say against the classes, the labels and the use. */
function prohibited(agreement: Agreement, asked: Asked, use: string): ReasonCode[] {
  const codes: ReasonCode[] = []
  for (const { selector } of agreement.prohibits) {
    if (selector.startsWith('label:')) {
      const label = selector.slice('label:'.length)
      if (asked.labels.includes(label) || asked.classes.some((each) => possibleLabels(each).includes(label))) {
        codes.push('label-prohibited')
      }
    } else if (asked.classes.some((each) => clashes(selector, each))) codes.push('class-prohibited')
  }
  if (agreement.prohibitsUses.some((each) => meets(each.use, use))) codes.push('use-prohibited')
  if (agreement.ai?.training === 'prohibited' && meets('ai.training', use)) codes.push('training-prohibited')
  return codes
}

interface Given {
  readonly use: (use: string) => boolean
  readonly classes: (classes: readonly string[]) => boolean
  readonly label: (label: string) => boolean
}
function given(extra: Loose, at: number): Given {
  const paper = extra.authorization as
    | { reference?: string; uses?: readonly string[]; data?: readonly string[]; until?: string }
    | undefined
  const holds =
    paper?.reference !== undefined && paper.reference !== '' && (paper.until === undefined || at < Date.parse(paper.until))
  const [permitted, data] = holds ? [paper.uses ?? [], paper.data ?? []] : [[], []]
  return {
    use: (use) => permitted.some((each) => atOrUnder(each, use)),
    classes: (classes) => holds && classes.every((each) => data.some((above) => atOrUnder(above, each))),
    label: (label) => data.includes(`label:${label}`),
  }
}

const between = (registry: TwinRegistry, from: unknown, to: unknown) =>
  registry.agreements.filter((each) => each.from.id === from && each.to.id === to)

const levelOf = (extra: Loose): string | undefined => {
  const { level, evidence } = (extra.identifiability ?? {}) as { level?: string; evidence?: string }
  if (level === 'identified' || level === 'coded') return level
  const known = ['limited-data-set', 'de-identified', 'de-identified.safe-harbor', 'de-identified.expert']
  return level !== undefined && known.includes(level) && evidence !== undefined && evidence.trim() !== '' ? level : undefined
}

const ownUseOfNotes = (use: string) =>
  ['treatment', 'operations.training', 'required-by-law'].some((each) => atOrUnder(each, use))
const limitedUse = (use: string) => ['research', 'public-health', 'operations'].some((each) => atOrUnder(each, use))

function permissions(
  registry: TwinRegistry,
  agreement: Agreement | undefined,
  asked: Asked,
  service: string,
  use: string,
  originates: boolean,
): ReasonCode[] {
  const codes: ReasonCode[] = []
  const paper = given(asked.extra, asked.at)
  const limited = agreement?.tier === 'data-use' && levelOf(asked.extra) === 'limited-data-set' && limitedUse(use)
  if (useRow(use).needsAuthorization !== false && !limited) {
    codes.push(paper.use(use) && paper.classes(asked.classes) ? 'authorized' : 'authorization-needed')
  }
  if (asked.labels.includes('psychotherapy') && !(originates && ownUseOfNotes(use))) {
    codes.push(paper.use(use) && paper.label('psychotherapy') ? 'authorized' : 'authorization-needed')
  }
  if (asked.labels.includes('part2') && agreement?.terms.part2 === undefined) {
    const organization = between(registry, asked.from, asked.to).some(
      (each) =>
        each.tier === 'qsoa' &&
        each.terms.part2 !== undefined &&
        standing(each, asked.at) === 'in-force' &&
        sum(scope(each, service, asked.extra.where)) === 'allow' &&
        prohibited(each, asked, use).every((code) => code === 'training-prohibited'),
    )
    if (paper.use(use) && paper.label('part2')) codes.push('authorized')
    else if (!organization) codes.push('part2-without-terms')
  }
  const recipient = registry.parties.find((each) => each.id === asked.to)
  const billing = atOrUnder('payment', use) || atOrUnder('operations', use)
  if (asked.labels.includes('self-pay-restricted') && recipient?.type === 'health-plan' && billing) {
    codes.push('restricted-from-plan')
  }
  return codes
}

function under(registry: TwinRegistry, agreement: Agreement, asked: Asked, path: readonly unknown[]): ReasonCode[] {
  const service = asked.service as string
  const use = asked.use as string
  const codes: ReasonCode[] = [standing(agreement, asked.at), ...plan(agreement, asked.extra.plan)]
  codes.push(...scope(agreement, service, asked.extra.where), ...prohibited(agreement, asked, use))
  for (const each of agreement.conditions) {
    if (each.services === undefined || each.services.some((one) => meets(one, service))) {
      codes.push(condition(registry, agreement, each.condition, asked))
    }
  }
  for (const each of asked.classes) {
    codes.push(agreement.permits.some((permit) => atOrUnder(permit.class, each)) ? 'class-permitted' : 'class-not-permitted')
    if (agreement.tier === 'data-use' && mayIdentifyDirectly(each)) codes.push('too-identifying')
  }
  if (agreement.uses.some((each) => atOrUnder(each.use, use))) codes.push('use-permitted')
  else codes.push(useRow(use).baMay === 'as-law-requires' ? 'use-required-by-law' : 'use-not-permitted')
  codes.push(...permissions(registry, agreement, asked, service, use, true))
  if (agreement.tier === 'data-use') {
    const level = levelOf(asked.extra)
    if (level === undefined) codes.push('identifiability-unknown')
    if (level === 'identified' || level === 'coded') codes.push('too-identifying')
    if (!limitedUse(use)) codes.push('use-not-permitted')
  }
  const sender = registry.parties.find((each) => each.id === asked.from)
  if (agreement.tier === 'qsoa' && sender?.kind === 'covered-entity') codes.push('qsoa-alone')
  codes.push(...further(registry, agreement, asked, service, use, path))
  return codes
}

/** What of the classes goes over an edge that names some. Whoever gets what was made of others gets those as well. */
function over(edge: Subprocessor, sent: readonly string[]): readonly string[] {
  if (edge.data === undefined) return sent
  const goes = new Set<string>()
  for (const each of sent) {
    for (const named of edge.data) {
      if (atOrUnder(named, each)) goes.add(each)
      else if (atOrUnder(each, named)) goes.add(named)
    }
  }
  return [...goes].some(isDerived) ? sent : [...goes]
}

function further(
  registry: TwinRegistry,
  agreement: Agreement,
  asked: Asked,
  service: string,
  use: string,
  path: readonly unknown[],
): ReasonCode[] {
  const codes: ReasonCode[] = []
  const { to } = asked
  const isComplete = registry.complete.some((each) => each === to)
  const edges = registry.subprocessors.filter((each) => each.of === to && each.for.some((one) => meets(one, service)))
  if (agreement.terms.subcontractors === undefined && !isComplete) codes.push('onward-unknown')
  if (meets('ai', service)) {
    const hosts = agreement.ai?.subprocessors
    if (hosts === undefined && !isComplete && edges.length === 0) codes.push('onward-unknown')
    if (hosts?.some((one) => one !== to && !edges.some((edge) => edge.to === one))) codes.push('onward-unknown')
  }
  for (const edge of edges) {
    if (edge.to === asked.from || path.includes(edge.to)) {
      codes.push('chain-cycle')
      continue
    }
    const classes = over(edge, asked.classes)
    if (classes.length === 0) continue
    const { outcome } = judge(
      registry,
      {
        ...asked,
        from: to,
        to: edge.to,
        service: edge.does,
        use: edge.use ?? use,
        classes,
        extra: {
          where: edge.where,
          identifiability: asked.extra.identifiability,
          authorization: asked.extra.authorization,
        },
      },
      [...path, asked.from],
    )
    codes.push(outcome === 'allow' ? 'onward-covered' : outcome === 'deny' ? 'onward-not-covered' : 'onward-unknown')
  }
  return codes
}

type Fact = boolean | undefined
const letters = 'ABCDEFGHIJKLMNOPQR'

function facts(registry: TwinRegistry, claim: ExemptionClaim, asked: Asked): readonly Fact[] {
  const to = registry.parties.find((each) => each.id === asked.to) as Party
  const [service, use] = [asked.service as string, asked.use as string]
  const isTrue = (value: boolean | undefined): Fact => value
  switch (claim.kind) {
    case 'treatment': {
      const covered: Fact = to.type === undefined ? undefined : to.type === 'health-care-provider'
      const provider: Fact = to.kind === 'provider' ? true : to.kind === 'covered-entity' ? covered : false
      return [use === 'treatment', provider, isTrue(claim.treatsTheIndividual)]
    }
    case 'workforce':
      return [to.kind === 'workforce', isTrue(claim.underDirectControl)]
    case 'conduit':
      return [
        service === 'telehealth.audio',
        claim.transmits && claim.transmits === 'only',
        claim.storage && claim.storage !== 'persistent',
        claim.access && claim.access !== 'routine',
      ]
    case 'payment-processing': {
      const fine = [
        'phi.financial.payment',
        'phi.identity.name',
        'phi.identity.account',
        'phi.identity.email',
        'phi.identity.phone',
        'phi.identity.geo.zip5',
      ]
      return [
        use === 'payment',
        asked.classes.every((each) => fine.includes(each)),
        isTrue(claim.financialInstitution),
        claim.activities && claim.activities.length > 0 ? true : undefined,
        claim.otherServices === undefined ? undefined : !claim.otherServices,
      ]
    }
    case 'de-identified': {
      const level = levelOf(asked.extra)
      const common: readonly Fact[] = [
        level === undefined || level.startsWith('de-identified'),
        claim.evidence === undefined ? undefined : true,
      ]
      if (claim.method === undefined) return [...common, undefined]
      if (claim.method === 'expert') {
        const { validUntil } = claim
        return [
          ...common,
          !asked.classes.some(mayIdentifyDirectly),
          validUntil === undefined ? undefined : asked.at < ends(validUntil),
        ]
      }
      const { removed, actualKnowledge } = claim
      return [
        ...common,
        removed === undefined ? undefined : [...letters].every((letter) => removed.includes(letter)),
        !asked.classes.some(mayIdentify),
        actualKnowledge === undefined ? undefined : !actualKnowledge,
      ]
    }
    case 'payment-of-recipient':
      return [use === 'payment', to.kind === 'covered-entity' || to.kind === 'provider', isTrue(claim.forItsOwnPayment)]
    case 'individual':
      return [atOrUnder('individual', use), to.kind === 'individual', isTrue(claim.identityVerified), isTrue(claim.isSubject)]
  }
}

const exempt = {
  treatment: 'exempt-treatment',
  workforce: 'exempt-workforce',
  conduit: 'exempt-conduit',
  'payment-processing': 'exempt-payment',
  'de-identified': 'exempt-de-identified',
  individual: 'exempt-individual',
  'payment-of-recipient': 'exempt-payment-of-recipient',
} as const

/** Who holds data for others discloses what those agreed to, whatever the recipient is. */
function mayDisclose(registry: TwinRegistry, kind: string, asked: Asked): Fact {
  const sender = registry.parties.find((each) => each.id === asked.from)
  if (sender?.kind !== 'business-associate' && sender?.kind !== 'subcontractor') return true
  if (kind === 'workforce' || kind === 'conduit' || kind === 'de-identified') return true
  const { heldFor } = asked.extra
  const above = registry.agreements.filter(
    (each) =>
      each.to.id === asked.from &&
      standing(each, asked.at) === 'in-force' &&
      (heldFor === undefined || each.from.id === heldFor),
  )
  if (above.length === 0) return undefined
  const use = asked.use as string
  return above.every((each) => {
    const access = kind === 'individual' && each.terms.access !== undefined
    const useAllowed = each.uses.some((clause) => atOrUnder(clause.use, use)) || useRow(use).baMay === 'as-law-requires'
    const against = prohibited(each, asked, use).filter(
      (code) => !access || code.startsWith('class') || code.startsWith('label'),
    )
    const classes = asked.classes.every((name) => each.permits.some((permit) => atOrUnder(permit.class, name)))
    const direct = each.tier === 'data-use' && asked.classes.some(mayIdentifyDirectly)
    return (access || useAllowed) && against.length === 0 && classes && !direct
  })
}

function claimed(registry: TwinRegistry, claim: ExemptionClaim, asked: Asked): ReasonCode[] {
  const found = [...facts(registry, claim, asked), mayDisclose(registry, claim.kind, asked)]
  const codes: ReasonCode[] = []
  if (found.includes(false)) codes.push('exemption-not-met')
  if (found.includes(undefined)) codes.push('exemption-unproved')
  if (codes.length === 0) codes.push(exempt[claim.kind])
  if (claim.kind !== 'individual' && claim.kind !== 'de-identified') {
    const own = claim.kind === 'workforce'
    codes.push(...permissions(registry, undefined, asked, asked.service as string, asked.use as string, own))
  }
  return codes
}

function judge(registry: TwinRegistry, asked: Asked, path: readonly unknown[]): TwinAnswer {
  const { from, to, service, use } = asked
  const open: ReasonCode[] = [...asked.problems]
  const isParty = (id: unknown) => registry.parties.some((each) => each.id === id)
  if (!isParty(from) || !isParty(to)) open.push('unknown-party')
  if (!isKnownService(service)) open.push('unknown-service')
  if (!isKnownUse(use)) open.push('unknown-use')
  if (from === to) open.push('same-party')
  const waits = open.some((code) => ['unknown-party', 'unknown-service', 'unknown-use', 'same-party'].includes(code))
  if (waits || asked.classes.length === 0) return { outcome: 'needs', codes: [new Set(open)], ways: [] }

  const forward = between(registry, from, to)
  const againstBy = (except: string | undefined): ReasonCode[] =>
    forward.flatMap((each) => {
      if (each.id === except || standing(each, asked.at) !== 'in-force') return []
      const reach = scope(each, service as string, asked.extra.where)
      if (reach.includes('service-not-covered') || reach.includes('scope-elsewhere')) return []
      return prohibited(each, asked, use as string)
    })
  const ways: TwinWay[] = []
  const add = (codes: readonly ReasonCode[], others: readonly ReasonCode[], name: Partial<TwinWay>) =>
    ways.push({ ...name, outcome: sum(codes), codes: new Set(codes), others: new Set(others) })
  for (const each of forward) add(under(registry, each, asked, path), againstBy(each.id), { agreement: each.id })

  const claim = asked.extra.exemption as ExemptionClaim | undefined
  const standingClaims = registry.exemptions.filter((each) => each.from === from && each.to === to).map((each) => each.claim)
  for (const each of claim === undefined ? standingClaims : [claim]) {
    const above = each.kind === 'individual' || each.kind === 'de-identified'
    add(claimed(registry, each, asked), above ? [] : againstBy(undefined), { exemption: each.kind })
  }

  const upstream = between(registry, to, from)
  if (path.length === 0 && upstream.length > 0) {
    const { heldFor } = asked.extra
    const signed = upstream.find((each) => signedByBoth(each, asked.at))
    if (heldFor === to && signed) {
      const unlabelled = { ...asked, labels: [] }
      const more = permissions(registry, undefined, unlabelled, service as string, use as string, true)
      add(['returned-to-source', ...more], [], { agreement: signed.id })
    } else if (ways.length === 0 && (heldFor === undefined || heldFor === to)) add(['returning-unsure'], [], {})
  }
  if (registry.parties.some((each) => each.id === from && each.kind === 'individual')) add(['from-individual'], [], {})
  if (ways.length === 0) add(['no-agreement'], [], {})

  const result = (way: TwinWay): Outcome => {
    if (way.outcome === 'deny' || way.others.size > 0) return 'deny'
    return way.outcome === 'needs' || open.length > 0 ? 'needs' : 'allow'
  }
  const rank = { deny: 0, needs: 1, allow: 2 } as const
  const outcome = ways.map(result).reduce((best, each) => (rank[each] > rank[best] ? each : best), 'deny')
  const every = ways.flatMap((way) => [...way.codes])
  const best = ways.filter((way) => result(way) === outcome)
  const others = ways.flatMap((way) => [...way.others])
  // Where nothing is allowed, every way is told, but for those that failed beside one that only the data keeps open.
  const all = outcome === 'deny' ? [new Set([...open, ...others, ...every])] : []
  const each = best.map((way) => new Set([...open, ...way.others, ...(way.outcome === 'allow' ? way.codes : every)]))
  return { outcome, codes: outcome === 'deny' && others.length > 0 ? all : each, ways: best }
}

interface Read {
  readonly classes: Set<string>
  readonly labels: Set<string>
  readonly problems: Set<ReasonCode>
}

function readItem(item: unknown, into: Read): void {
  const { class: name, labels, madeOf } = (typeof item === 'string' ? { class: item } : item) as Loose
  if (!isKnownClass(name)) {
    into.problems.add('unknown-class')
    return
  }
  into.classes.add(name)
  for (const label of [...naturalLabels(name), ...((labels ?? []) as readonly unknown[])]) {
    if (isKnownLabel(label)) into.labels.add(label)
    else into.problems.add('unknown-label')
  }
  if (madeOf === undefined && isDerived(name)) into.problems.add('unknown-origin')
  for (const each of (madeOf ?? []) as readonly unknown[]) readItem(each, into)
}

/** The outcome of a question, and the codes of the reasons that may be given for it. */
export function twin(registry: TwinRegistry, request: Loose): TwinAnswer {
  const read: Read = { classes: new Set(), labels: new Set(), problems: new Set() }
  const data = request.data as readonly unknown[]
  if (data.length === 0) read.problems.add('unknown-class')
  for (const each of data) readItem(each, read)
  const asked: Asked = {
    from: request.from,
    to: request.to,
    service: request.service,
    use: request.use,
    at: Date.parse(request.at as string),
    classes: [...read.classes],
    labels: [...read.labels],
    problems: [...read.problems],
    extra: request,
  }
  return judge(registry, asked, [])
}
