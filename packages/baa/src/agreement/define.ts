import { covers, type ErrorContext } from '@phi/core'
import { baaError } from '../errors.ts'
import { freeze } from '../freeze.ts'
import { readOwn } from '../own.ts'
import type { Agreement } from './agreement.ts'
import type { CheckedAgreement, WordsOf } from './checked.ts'
import { certainEnd, certainStart, earliest } from './date.ts'
import type { AgreementInput } from './input.ts'
import { agreementSchema } from './schema.ts'

/**
 * Writes an agreement down. What comes out is plain, frozen JSON, checked as `parseAgreement` checks it; a word that is not in the
 * taxonomy, a class that is both permitted and prohibited, or a signature of somebody else does not compile, and the compiler says so
 * in a sentence. `decide` knows the services that were named.
 * @throws PhiError PHI_BAA_AGREEMENT, PHI_BAA_CONTRADICTION for what the compiler cannot see
 */
export function defineAgreement<const Input extends AgreementInput>(
  input: Input & CheckedAgreement<Input>,
): Agreement<WordsOf<Input>> {
  return parseAgreement(input) as Agreement<WordsOf<Input>>
}

/**
 * Reads an agreement from unknown data: what a person wrote, or what was parsed before. Unknown keys are an error.
 * @throws PhiError PHI_BAA_AGREEMENT; PHI_BAA_CONTRADICTION where two clauses cannot both hold
 */
export function parseAgreement(value: unknown): Agreement {
  const refusal = (context: ErrorContext) => baaError('PHI_BAA_AGREEMENT', context)
  const agreement = readOwn(agreementSchema, value, 'agreement', refusal) as Agreement
  refuseContradictions(agreement)
  parsed.add(freeze(agreement))
  return agreement
}

/** Agreements that were read here: frozen, so that they need no second reading. */
const parsed = new WeakSet<Agreement>()

/** The agreement as it is when it was read here, and read when it was not. @throws as `parseAgreement` */
export const readAgreement = (agreement: Agreement): Agreement =>
  parsed.has(agreement) ? agreement : parseAgreement(agreement)

const contradiction = (path: string, detail: string) => baaError('PHI_BAA_CONTRADICTION', { path: `agreement.${path}`, detail })

/** Which kinds of parties make an agreement of each tier. */
const kindsOf: { readonly [Tier in Agreement['tier']]: { readonly from: readonly string[]; readonly to: readonly string[] } } =
  {
    'ce-ba': { from: ['covered-entity'], to: ['business-associate'] },
    // The same company is a business associate to its customers, and may be a subcontractor further down.
    'ba-sub': { from: ['business-associate', 'subcontractor'], to: ['subcontractor', 'business-associate'] },
    'data-use': {
      from: ['covered-entity', 'business-associate'],
      to: ['covered-entity', 'business-associate', 'subcontractor', 'provider', 'other'],
    },
    qsoa: { from: ['covered-entity', 'provider'], to: ['business-associate', 'subcontractor', 'provider', 'other'] },
    mou: { from: ['covered-entity'], to: ['business-associate'] },
  }

/** @throws PhiError PHI_BAA_CONTRADICTION */
function refuseContradictions(agreement: Agreement): void {
  const { from, to, tier } = agreement
  if (from.id === to.id) throw contradiction('to', 'nobody makes an agreement with themselves')
  if (!kindsOf[tier].from.includes(from.kind))
    throw contradiction('from.kind', 'is not who discloses in an agreement of this tier')
  if (!kindsOf[tier].to.includes(to.kind)) throw contradiction('to.kind', 'is not who receives in an agreement of this tier')

  const outright = agreement.excludes.filter((each) => Object.keys(each.limits).length === 0)
  for (const { service } of agreement.services) {
    if (outright.some((each) => covers(each.service, service))) {
      throw contradiction('services.*', 'is both in the scope and excluded')
    }
  }
  for (const permit of agreement.permits) {
    const never = agreement.prohibits.some(({ selector }) => !selector.startsWith('label:') && covers(selector, permit.class))
    if (never) throw contradiction('permits.*', 'is both permitted and prohibited')
  }
  for (const { use } of agreement.uses) {
    if (agreement.prohibitsUses.some((each) => covers(each.use, use))) {
      throw contradiction('uses.*', 'is both permitted and prohibited')
    }
    if (agreement.ai?.training === 'prohibited' && covers('ai.training', use)) {
      throw contradiction('ai.training', 'is prohibited, and a permitted use')
    }
  }
  if (agreement.ai?.training === 'permitted' && agreement.prohibitsUses.some((each) => covers(each.use, 'ai.training'))) {
    throw contradiction('ai.training', 'is permitted, and a prohibited use')
  }
  if (agreement.eligibility && agreement.plan !== undefined && !Object.hasOwn(agreement.eligibility, agreement.plan)) {
    throw contradiction('plan', 'is not one of the plans of `eligibility`')
  }
  refuseSignatures(agreement)
  refuseTimes(agreement)
}

function refuseSignatures({ signatures, from, to }: Agreement): void {
  const parties = signatures.map((each) => each.party)
  if (parties.some((party) => party !== from.id && party !== to.id)) {
    throw contradiction('signatures.*.party', 'is not a party of this agreement')
  }
  if (new Set(parties).size < parties.length) throw contradiction('signatures', 'hold two of one party')
}

function refuseTimes(agreement: Agreement): void {
  const { effective, expires, terminated, windingDown, closed } = agreement
  if (expires !== undefined && certainEnd(expires) <= certainStart(effective)) {
    throw contradiction('expires', 'must lie after `effective`')
  }
  const ends = [expires === undefined ? [] : [certainEnd(expires)], terminated ? [earliest(terminated.at)] : []].flat()
  if (windingDown && (ends.length === 0 || certainStart(windingDown.from) < Math.min(...ends))) {
    throw contradiction('windingDown', 'must not begin before the agreement has ended')
  }
  if (closed && (ends.length === 0 || certainStart(closed.at) < Math.min(...ends))) {
    throw contradiction('closed', 'must not lie before the end of the agreement')
  }
  if (closed && windingDown && certainStart(closed.at) < certainStart(windingDown.from)) {
    throw contradiction('closed', 'must not lie before `windingDown`')
  }
}
