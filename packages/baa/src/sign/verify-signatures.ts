import { fromUtf8, parseAs } from '@phi/core'
import { type Disbelief, readCanonical, type SignatureAlgorithm, type SignatureJwk, type TrustedKeys } from '@phi/core/jws'
import * as z from 'zod'
import type { Agreement, AgreementWords, Signature } from '../agreement/agreement.ts'
import { instant } from '../agreement/date.ts'
import { parseAgreement, readAgreement } from '../agreement/define.ts'
import { freeze } from '../freeze.ts'
import { signError } from './errors.ts'
import { isBeforeDated } from './sign-agreement.ts'
import { commonOf, documents, SIGNATURE_TYPE, type SignatureStatement, statementSchema } from './statement.ts'

/** Why a signature does not count. Those of `Disbelief` are about the JWS, and the others about what it says. */
export const signatureProblems = {
  form: 'It is no compact JWS in its one spelling.',
  header: 'Its header has not exactly the members that it should have.',
  algorithm: 'It is neither EdDSA nor ES256.',
  type: 'It is a signed document of another kind.',
  'unknown-key': 'No key that is trusted for this party has its `kid`.',
  'unsuitable-key': 'The key that has its `kid` is for something else.',
  signature: 'It does not verify.',
  'no-keys': 'No key is trusted for this party.',
  statement: 'What was signed is no statement of this format.',
  'not-a-party': 'It speaks for somebody who is no party of this agreement.',
  'wrong-party': 'It speaks for this party, and was made with a key of the other.',
  'other-agreement': 'Another agreement was signed, or one between others.',
  'other-version': 'Another version was signed.',
  'other-document': 'Another document was signed, or none was named.',
  'other-effective': 'Another effective date was signed.',
  'other-terms': 'Other terms were signed.',
  'before-dated': 'It was given before the day that the document bears.',
  'other-time': 'The agreement names another moment for this party.',
  'other-signatory': 'The agreement names another person or office for this party.',
  'in-the-future': 'It bears a moment that has not come.',
  'signed-twice': 'The party signed twice, at different moments or by different people: which one counts is not known.',
} as const satisfies Readonly<Record<Disbelief, string>> & Readonly<Record<string, string>>
export type SignatureProblem = keyof typeof signatureProblems

/** What became of one party's signature. */
export type PartyVerdict =
  | {
      readonly party: string
      readonly verdict: 'valid'
      readonly at: string
      readonly name?: string
      readonly title?: string
      readonly kid: string
      readonly alg: SignatureAlgorithm
    }
  /** Nothing was handed in that speaks for the party. */
  | { readonly party: string; readonly verdict: 'missing' }
  /** What was handed in for the party does not count: the first problem. */
  | { readonly party: string; readonly verdict: 'invalid'; readonly problem: SignatureProblem }

export interface SignatureReport {
  /** `all-valid`: each of the two parties has signed this agreement with a key of its own. Anything less is not. */
  readonly outcome: 'all-valid' | 'not-all-valid'
  readonly agreement: string
  readonly version: string
  readonly termsHash: string
  /** Null: the agreement names no document, and the terms alone were signed. */
  readonly documentHash: string | null
  /** The two parties, `from` first. */
  readonly parties: readonly [PartyVerdict, PartyVerdict]
  /** Texts that do not count, by their place in the list: damaged, replayed, or of somebody else. */
  readonly rejected: readonly { readonly index: number; readonly problem: SignatureProblem }[]
}

/** The keys that are trusted for each party, by the party's id. How a key was shown to be a party's is for the caller to know. */
export type KeysByParty = { readonly [party: string]: TrustedKeys }

interface Good {
  readonly index: number
  readonly statement: SignatureStatement
  readonly kid: string
  readonly alg: SignatureAlgorithm
}

/** One text, read: whom it speaks for, and whether it counts. */
type Read = { readonly party?: string } & (Good | { readonly index: number; readonly problem: SignatureProblem })

const refuse = (path: string, detail: string) => signError('PHI_BAA_SIGNING', { path, detail })
const reports = new WeakSet<SignatureReport>()
const optionsSchema = z.strictObject({ now: instant.optional() })

/**
 * Verifies the signature of each party on its own, against the keys of that party and no other. That some signature of a list is good says
 * nothing: half-signed agreements, a signature by the wrong party, one of an older version and one under the other's name do not count.
 *
 * The moment of a signature is what the signer wrote. Keep the day on which you received it, for example in an audit log; with `now`, an
 * instant, signatures of the future do not count.
 * @param signatures compact JWS, as `signAgreement` makes them, in any order
 * @throws PhiError PHI_BAA_SIGNING for keys that are none, for one key that stands for both parties, and for a list that is none;
 *   PHI_BAA_AGREEMENT, PHI_BAA_CONTRADICTION
 */
export async function verifySignatures(
  agreement: Agreement,
  signatures: readonly string[],
  keysByParty: KeysByParty,
  options: { readonly now?: string | undefined } = {},
): Promise<SignatureReport> {
  const read = readAgreement(agreement)
  if (!Array.isArray(signatures) || signatures.length > MAX_SIGNATURES) {
    throw refuse('signatures', `must be a list of at most ${MAX_SIGNATURES}`)
  }
  const ids = [read.from.id, read.to.id] as const
  const keys = keysOf(keysByParty, ids)
  const given = parseAs(optionsSchema, options, 'verify', (context) => signError('PHI_BAA_SIGNING', context))
  const now = given.now === undefined ? undefined : Date.parse(given.now)
  const common = commonOf(read)
  const all: Read[] = []
  for (const [index, jws] of signatures.entries()) all.push(await readOne(index, jws, read, common, keys, now))
  const parties = [verdictOf(ids[0], all), verdictOf(ids[1], all)] as const
  const report: SignatureReport = freeze({
    outcome: parties.every(({ verdict }) => verdict === 'valid') ? 'all-valid' : 'not-all-valid',
    agreement: read.id,
    version: read.version,
    termsHash: common.termsHash,
    documentHash: common.documentHash,
    parties,
    rejected: all.flatMap((each) => ('problem' in each ? [{ index: each.index, problem: each.problem }] : [])),
  })
  reports.add(report)
  return report
}

/** A pile of renewals and attempts fits; a flood does not. */
const MAX_SIGNATURES = 200

type Keys = ReadonlyMap<string, TrustedKeys>

/** @throws PhiError PHI_BAA_SIGNING */
function keysOf(keysByParty: KeysByParty, ids: readonly [string, string]): Keys {
  if (typeof keysByParty !== 'object' || keysByParty === null) throw refuse('keys', 'must be keys by the id of a party')
  const keys = new Map<string, TrustedKeys>()
  for (const id of ids) {
    // Own members only: a party named `constructor` has no keys by that.
    const own = Object.hasOwn(keysByParty, id) ? keysByParty[id] : undefined
    if (own !== undefined) keys.set(id, own)
  }
  const [first, second] = ids.map((id) => new Set(materials(keys.get(id))))
  if ([...(first ?? [])].some((each) => second?.has(each))) {
    throw refuse('keys', 'hold one key for both parties: with it either could sign for the other')
  }
  return keys
}

/** What tells one public key from another. Keys that are none are refused where they are used. */
function materials(keys: TrustedKeys | undefined): readonly string[] {
  if (typeof keys !== 'object' || keys === null) return []
  const list: unknown = Array.isArray(keys) ? keys : 'keys' in keys ? keys.keys : [keys]
  if (!Array.isArray(list)) return []
  return list.flatMap((each: SignatureJwk | null) => (typeof each?.x === 'string' ? [`${each.crv} ${each.x}`] : []))
}

async function readOne(
  index: number,
  jws: unknown,
  agreement: Agreement,
  common: ReturnType<typeof commonOf>,
  keys: Keys,
  now: number | undefined,
): Promise<Read> {
  const claimed = claimOf(jws)
  const { from, to } = agreement
  if (claimed !== from.id && claimed !== to.id) {
    return { index, problem: claimed === undefined ? await formProblem(jws, keys) : 'not-a-party' }
  }
  const party = claimed
  const found = (problem: SignatureProblem): Read => ({ index, party, problem })
  const others = keys.get(party === from.id ? to.id : from.id)
  const own = keys.get(party)
  const opened = own === undefined ? undefined : await documents.openDocument(jws, own, SIGNATURE_TYPE)
  if (opened === undefined || 'disbelief' in opened) {
    const other = others === undefined ? undefined : await documents.openDocument(jws, others, SIGNATURE_TYPE)
    if (other !== undefined && !('disbelief' in other)) return found('wrong-party')
    return found(opened?.disbelief ?? 'no-keys')
  }
  const parsed = statementSchema.safeParse(readCanonical(opened.payload))
  if (!parsed.success) return found('statement')
  const problem = problemOf(parsed.data, agreement, common, now)
  return problem === undefined ? { index, party, statement: parsed.data, kid: opened.kid, alg: opened.alg } : found(problem)
}

function problemOf(
  said: SignatureStatement,
  agreement: Agreement,
  common: ReturnType<typeof commonOf>,
  now: number | undefined,
): SignatureProblem | undefined {
  const { parties } = common
  if (said.agreement !== common.agreement || said.parties.from !== parties.from || said.parties.to !== parties.to) {
    return 'other-agreement'
  }
  if (said.version !== common.version) return 'other-version'
  if (said.documentHash !== common.documentHash) return 'other-document'
  if (said.effective !== common.effective) return 'other-effective'
  if (said.termsHash !== common.termsHash) return 'other-terms'
  if (isBeforeDated(agreement, said.at)) return 'before-dated'
  if (now !== undefined && Date.parse(said.at) > now) return 'in-the-future'
  const named = agreement.signatures.find((each) => each.party === said.party)
  if (named === undefined) return undefined
  if (named.at !== said.at) return 'other-time'
  const differs = (a: string | undefined, b: string | undefined) => a !== undefined && b !== undefined && a !== b
  return differs(named.name, said.name) || differs(named.title, said.title) ? 'other-signatory' : undefined
}

/** Whom a text says that it speaks for. Nothing is believed of it: it picks the keys that it is tried with. */
function claimOf(jws: unknown): string | undefined {
  if (typeof jws !== 'string') return undefined
  try {
    const bytes = Uint8Array.from(atob((jws.split('.', 2)[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    )
    const payload: unknown = JSON.parse(fromUtf8(bytes))
    const party = typeof payload === 'object' && payload !== null && Object.hasOwn(payload, 'party')
    const claimed = party ? (payload as { party: unknown }).party : undefined
    return typeof claimed === 'string' ? claimed : undefined
  } catch {
    return undefined
  }
}

/** Why a text that speaks for nobody does not count. */
async function formProblem(jws: unknown, keys: Keys): Promise<SignatureProblem> {
  const [any] = keys.values()
  if (typeof jws !== 'string') return 'form'
  if (any === undefined) return 'statement'
  const opened = await documents.openDocument(jws, any, SIGNATURE_TYPE)
  return 'disbelief' in opened && opened.disbelief !== 'unknown-key' ? opened.disbelief : 'statement'
}

function verdictOf(party: string, all: readonly Read[]): PartyVerdict {
  const theirs = all.filter((each) => each.party === party)
  const good = theirs.filter((each): each is Good & { party: string } => !('problem' in each))
  const [first] = good
  if (first === undefined) {
    const [bad] = theirs
    return bad !== undefined && 'problem' in bad
      ? { party, verdict: 'invalid', problem: bad.problem }
      : { party, verdict: 'missing' }
  }
  const { at, name, title } = first.statement
  // The same statement twice is one signature: ECDSA makes another text of it every time.
  const agree = good.every(({ statement: each }) => each.at === at && each.name === name && each.title === title)
  if (!agree) return { party, verdict: 'invalid', problem: 'signed-twice' }
  const who = { ...(name === undefined ? {} : { name }), ...(title === undefined ? {} : { title }) }
  return { party, verdict: 'valid', at, ...who, kid: first.kid, alg: first.alg }
}

/**
 * The agreement with exactly the signatures that were verified: others that it named are gone, so that its status rests on these alone.
 * @param report of `verifySignatures`, for this agreement; one that was stored and read again is none: verify again
 * @throws PhiError PHI_BAA_SIGNING for a report that is none, or of another agreement
 */
export function withSignatures<Words extends AgreementWords>(
  agreement: Agreement<Words>,
  report: SignatureReport,
): Agreement<Words> {
  if (typeof report !== 'object' || report === null || !reports.has(report)) {
    throw refuse('report', 'must come from `verifySignatures`')
  }
  const read = readAgreement(agreement)
  const { agreement: id, version, termsHash, documentHash } = commonOf(read)
  const same = [report.agreement === id, report.version === version, report.termsHash === termsHash]
  if (!same.every(Boolean) || report.documentHash !== documentHash) throw refuse('report', 'is of another agreement')
  const signatures: Signature[] = report.parties.flatMap((each) => {
    if (each.verdict !== 'valid') return []
    const { party, at, name, title } = each
    return [{ party, at, ...(name === undefined ? {} : { name }), ...(title === undefined ? {} : { title }) }]
  })
  return parseAgreement({ ...read, signatures }) as Agreement<Words>
}
