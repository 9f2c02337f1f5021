import { fromUtf8, toHex } from '@phi/core'
import { type CosignatureVerifier, cosignatureVerifier } from '../note/cosignature.ts'
import { type NoteAlgorithms, parseVkey, type Verifier, verifierFromVkey } from '../note/keys.ts'
import { witnessError } from './errors.ts'

/** A log that a policy names. */
export interface PolicyLog {
  /** The log's verifier key. Its name is the log's origin. */
  readonly vkey: string
  readonly url?: string
}

/** A witness that a policy names. */
export interface PolicyWitness {
  /** What groups and the quorum call it. No white space, and not `none`. */
  readonly name: string
  /** Its cosigner key: type 0x04 (Ed25519) or 0x06 (ML-DSA-44). */
  readonly vkey: string
  /** Its submission prefix, `add-checkpoint` left off. Needed by who asks it, and not by who verifies. */
  readonly url?: string
}

/** A group has witnessed a checkpoint when at least `threshold` of its members have. */
export interface PolicyGroup {
  readonly name: string
  readonly threshold: number
  /** Witnesses and groups that are defined before. Each name is a member once, in all groups together. */
  readonly members: readonly string[]
}

/** What a policy says, to be checked by {@link witnessPolicy}. */
export interface WitnessPolicyInput {
  /** The logs that the policy is for. Without any, those that the caller has keys of. */
  readonly logs?: readonly PolicyLog[]
  readonly witnesses: readonly PolicyWitness[]
  readonly groups?: readonly PolicyGroup[]
  /** The name of a witness or group that must have witnessed a checkpoint; a number: so many of all witnesses; or `none`. */
  readonly quorum: string | number
}

/**
 * Which witnesses must have cosigned a checkpoint before it counts (C2SP tlog-policy). Made by {@link witnessPolicy} and
 * {@link parseWitnessPolicy}, and by nothing else.
 */
export interface WitnessPolicy {
  readonly logs: readonly (PolicyLog & { readonly verifier: Verifier })[]
  readonly witnesses: readonly (PolicyWitness & { readonly verifier: CosignatureVerifier })[]
  readonly groups: readonly PolicyGroup[]
  readonly quorum: string
}

/** What a policy may hold of each kind. C2SP tlog-policy asks for 32 at least. */
export const MAX_POLICY_ITEMS = 256
/** The longest policy that is read, in characters: ML-DSA-44 keys take 1.8 kB each. */
export const MAX_POLICY_LENGTH = 1_500_000

const NONE = 'none'

const invalid = (path: string, detail: string, cause?: unknown) =>
  witnessError('PHI_AUDIT_WITNESS_POLICY', cause === undefined ? { path, detail } : { path, detail, cause })

const made = new WeakSet<object>()

/** Policies are checked when they are made: what only looks like one may ask for nothing. @throws PhiError PHI_AUDIT_WITNESS_POLICY */
export function assertPolicy(policy: WitnessPolicy): WitnessPolicy {
  if (!made.has(policy)) {
    throw invalid('witnesses', 'is not what witnessPolicy() or parseWitnessPolicy() returned')
  }
  return policy
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that the format excludes
const NOT_ITEM = /[\u0000-\u0020\u007f]/
const isItem = (text: unknown): text is string =>
  typeof text === 'string' && text !== '' && text.length <= 16_384 && text.isWellFormed() && !NOT_ITEM.test(text)

function urlOf(url: unknown, path: string): { url?: string } {
  if (url === undefined) return {}
  if (!isItem(url)) throw invalid(`${path}.url`, 'must be a URL without white space')
  return { url }
}

function listOf<Item>(list: unknown, path: string): readonly Item[] {
  if (!Array.isArray(list) || list.length > MAX_POLICY_ITEMS) throw invalid(path, 'must be a list of at most 256')
  return list as Item[]
}

/** A key, its public part, and that nobody else has it: one key under two names would count twice. */
function claimKey(keys: Set<string>, vkey: unknown, path: string): void {
  let key: string
  try {
    key = toHex(parseVkey(vkey as string).publicKey)
  } catch (cause) {
    throw invalid(`${path}.vkey`, 'is not a verifier key', cause)
  }
  if (keys.has(key)) throw invalid(`${path}.vkey`, 'the same key stands in the policy already')
  keys.add(key)
}

/**
 * Checks a policy. Refused are: unknown and doubled names, names that are used before they are defined (so there are no
 * cycles), the same key twice (also as log and as witness), thresholds that nobody can meet, and more than 256 of a kind.
 * @param options.algorithms for keys that are not Ed25519: `mlDsa44Algorithms` of `@phi/audit/ml-dsa`
 * @throws PhiError PHI_AUDIT_WITNESS_POLICY
 */
export function witnessPolicy(
  input: WitnessPolicyInput,
  options: { readonly algorithms?: NoteAlgorithms } = {},
): WitnessPolicy {
  if (typeof input !== 'object' || input === null) throw invalid('policy', 'must be an object')
  for (const key of Object.keys(input)) {
    if (!['logs', 'witnesses', 'groups', 'quorum'].includes(key)) throw invalid('policy', 'holds an unknown member')
  }
  const { algorithms } = options
  const keys = new Set<string>()
  const logs = listOf<PolicyLog>(input.logs ?? [], 'logs').map(({ vkey, url }) => {
    claimKey(keys, vkey, 'logs')
    try {
      const verifier = verifierFromVkey(vkey, algorithms === undefined ? {} : { algorithms })
      return Object.freeze({ vkey, ...urlOf(url, 'logs'), verifier })
    } catch (cause) {
      throw invalid('logs.vkey', 'is not a key that logs sign with', cause)
    }
  })
  const defined = new Set<string>()
  const define = (name: unknown, path: string) => {
    if (!isItem(name)) throw invalid(`${path}.name`, 'must be a text without white space')
    if (name === NONE) throw invalid(`${path}.name`, 'the name none is taken')
    if (defined.has(name)) throw invalid(`${path}.name`, 'the name is defined already')
    defined.add(name)
  }
  const witnesses = listOf<PolicyWitness>(input.witnesses, 'witnesses').map(({ name, vkey, url }) => {
    define(name, 'witnesses')
    claimKey(keys, vkey, 'witnesses')
    try {
      return Object.freeze({ name, vkey, ...urlOf(url, 'witnesses'), verifier: cosignatureVerifier(vkey, { algorithms }) })
    } catch (cause) {
      throw invalid('witnesses.vkey', 'is not a cosigner key of a known type', cause)
    }
  })
  const taken = new Set<string>()
  const groups = listOf<PolicyGroup>(input.groups ?? [], 'groups').map(({ name, threshold, members }) => {
    for (const member of listOf<string>(members, 'groups.members')) {
      if (!defined.has(member)) throw invalid('groups.members', 'a member is not defined above')
      // Each counts in one way only (C2SP tlog-policy, "Defining a witness group").
      if (taken.has(member)) throw invalid('groups.members', 'a name is a member already')
      taken.add(member)
    }
    if (!Number.isSafeInteger(threshold) || threshold < 1 || threshold > members.length) {
      throw invalid('groups.threshold', 'must lie between 1 and the number of members')
    }
    define(name, 'groups')
    return Object.freeze({ name, threshold, members: Object.freeze([...members]) })
  })
  const quorum = quorumOf(input.quorum, witnesses, groups, defined)
  const policy = Object.freeze({
    logs: Object.freeze(logs),
    witnesses: Object.freeze(witnesses),
    groups: Object.freeze(groups),
    quorum,
  })
  made.add(policy)
  return policy
}

/** The quorum's name. A number becomes a group of all witnesses. */
function quorumOf(
  quorum: string | number,
  witnesses: readonly PolicyWitness[],
  groups: PolicyGroup[],
  defined: ReadonlySet<string>,
): string {
  if (typeof quorum === 'string') {
    if (quorum !== NONE && !defined.has(quorum)) throw invalid('quorum', 'is not defined above')
    return quorum
  }
  if (groups.length > 0) throw invalid('quorum', 'must be a name where there are groups')
  if (!Number.isSafeInteger(quorum) || quorum < 1 || quorum > witnesses.length) {
    throw invalid('quorum', 'must lie between 1 and the number of witnesses')
  }
  let name = 'quorum'
  while (defined.has(name)) name += '-'
  groups.push(Object.freeze({ name, threshold: quorum, members: Object.freeze(witnesses.map((witness) => witness.name)) }))
  return name
}

/** Whether the quorum has witnessed, when the witnesses with these names have. */
export function meetsQuorum(policy: WitnessPolicy, witnessed: ReadonlySet<string>): boolean {
  if (policy.quorum === NONE) return true
  const reached = new Set(witnessed)
  // Groups name only what stands before them, so one pass settles all of them, however deep they are nested.
  for (const { name, threshold, members } of policy.groups) {
    if (members.filter((member) => reached.has(member)).length >= threshold) reached.add(name)
  }
  return reached.has(policy.quorum)
}

const line = (...items: readonly (string | undefined)[]) => `${items.filter((item) => item !== undefined).join(' ')}\n`

/** Writes a policy as text (C2SP tlog-policy). Comments are not kept. */
export function formatWitnessPolicy(policy: WitnessPolicy): string {
  const { logs, witnesses, groups, quorum } = assertPolicy(policy)
  return [
    ...logs.map(({ vkey, url }) => line('log', vkey, url)),
    ...witnesses.map(({ name, vkey, url }) => line('witness', name, vkey, url)),
    ...groups.map(({ name, threshold, members }) => line('group', name, String(threshold), ...members)),
    line('quorum', quorum),
  ].join('')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that the format excludes
const NOT_TEXT = /[\u0000-\u0008\u000b-\u001f\u007f]/

/**
 * Reads a policy (C2SP tlog-policy): `log`, `witness`, `group` and `quorum` lines, comments and empty lines. UTF-8 only; names are
 * compared as they stand, without normalisation.
 * @param options.algorithms for keys that are not Ed25519: `mlDsa44Algorithms` of `@phi/audit/ml-dsa`
 * @throws PhiError PHI_AUDIT_WITNESS_POLICY, with the line's number in `info.line` where one line is at fault
 */
export function parseWitnessPolicy(
  policy: string | Uint8Array,
  options: { readonly algorithms?: NoteAlgorithms } = {},
): WitnessPolicy {
  const text = textOf(policy)
  const logs: PolicyLog[] = []
  const witnesses: PolicyWitness[] = []
  const groups: PolicyGroup[] = []
  const quorums: string[] = []
  const defined = new Set<string>()
  for (const [i, row] of text.split('\n').entries()) {
    const items = row.split(/[ \t]+/).filter((item) => item !== '')
    const wrong = (detail: string) => witnessError('PHI_AUDIT_WITNESS_POLICY', { path: 'line', detail, info: { line: i + 1 } })
    const [keyword, ...rest] = items
    if (keyword === undefined || keyword.startsWith('#')) continue
    if (keyword === 'log') {
      const [vkey, url] = rest
      if (vkey === undefined || rest.length > 2) throw wrong('a log line has a key and at most a URL')
      logs.push({ vkey, ...(url === undefined ? {} : { url }) })
    } else if (keyword === 'witness') {
      const [name, vkey, url] = rest
      if (name === undefined || vkey === undefined || rest.length > 3)
        throw wrong('a witness line has a name, a key and at most a URL')
      witnesses.push({ name, vkey, ...(url === undefined ? {} : { url }) })
      defined.add(name)
    } else if (keyword === 'group') {
      const [name, k, ...members] = rest
      if (name === undefined || k === undefined || members.length === 0)
        throw wrong('a group line has a name, a threshold and members')
      // Here the order of all lines counts; witnessPolicy only sees that of the groups.
      if (!members.every((member) => defined.has(member))) throw wrong('a member is not defined above')
      if (!/^(?:all|any|[1-9][0-9]{0,5})$/.test(k)) throw wrong('a threshold is all, any, or a number without leading zeros')
      groups.push({ name, threshold: k === 'all' ? members.length : k === 'any' ? 1 : Number(k), members })
      defined.add(name)
    } else if (keyword === 'quorum') {
      const [name] = rest
      if (name === undefined || rest.length > 1) throw wrong('a quorum line has one name')
      if (name !== NONE && !defined.has(name)) throw wrong('the quorum is not defined above')
      if (quorums.push(name) > 1) throw wrong('there is more than one quorum line')
    } else throw wrong('the keyword is none of log, witness, group and quorum')
  }
  const [quorum] = quorums
  if (quorum === undefined) throw invalid('quorum', 'there is no quorum line')
  return witnessPolicy({ logs, witnesses, groups, quorum }, options)
}

function textOf(policy: string | Uint8Array): string {
  if (policy.length > MAX_POLICY_LENGTH) throw invalid('policy', 'is longer than 1,500,000 characters')
  let text: string
  try {
    text = typeof policy === 'string' ? policy : fromUtf8(policy)
  } catch (cause) {
    throw invalid('policy', 'is not UTF-8', cause)
  }
  if (typeof text !== 'string' || !text.isWellFormed()) throw invalid('policy', 'is not well-formed text')
  if (NOT_TEXT.test(text)) throw invalid('policy', 'holds a control character other than newline and tab')
  return text
}
