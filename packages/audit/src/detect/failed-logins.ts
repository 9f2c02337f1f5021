import * as z from 'zod'
import { actOf } from './access.ts'
import { type AlertSeverity, counted } from './alert.ts'
import { type Detector, makeDetector, type Out, parseOptions } from './detector.ts'
import { endOf, episodeSchema } from './episode.ts'
import type { Facts } from './facts.ts'
import { LATENESS_MS, type Seen } from './seen.ts'
import { type Table, tableOf } from './table.ts'
import { densest, type Entry, entriesSchema, insert } from './window.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const optionsSchema = z
  .strictObject({
    /** Failures of one account in `accountMinutes` that are a burst. Default 10 in 15 minutes: people give up or reset before. */
    account: z.int().min(2).max(400).default(10),
    accountMinutes: z.int().min(1).max(1440).default(15),
    /** Failures of one account within a day, for guessing that keeps below a burst. Default 40; NIST SP 800-63B allows at most 100 in a row. */
    accountDay: z.int().min(2).max(400).default(40),
    /** Different accounts that fail from one address within an hour. Default 8. */
    source: z.int().min(2).max(400).default(8),
    /** The same for the practice's own offices and VPN, behind whose addresses many people mistype. Default 30. */
    sharedSource: z.int().min(2).max(400).default(30),
    /** Different accounts that fail anywhere within an hour: spraying from many addresses. Default 60. */
    everywhere: z.int().min(2).max(400).default(60),
  })
  .refine((options) => options.sharedSource >= options.source, 'sharedSource must not be below source')
export type FailedLoginsOptions = z.input<typeof optionsSchema>
type Options = z.output<typeof optionsSchema>

const LIMIT = 500
const slotSchema = z.strictObject({
  failures: entriesSchema(LIMIT),
  episode: episodeSchema.optional(),
  /** The sentence of a sign-in that worked: it is not to be lost when more failures follow. */
  worked: z.string().optional(),
})
type Slot = z.output<typeof slotSchema>

const tables = {
  accounts: tableOf(slotSchema, 3 * LATENESS_MS, 20_000),
  sources: tableOf(slotSchema, 3 * LATENESS_MS, 20_000),
  all: tableOf(slotSchema, 3 * LATENESS_MS, 1),
}

const indicesOf = (entries: readonly Entry[]): number[] => entries.map(([, index]) => index)
const manyAccounts = (ratio: number): AlertSeverity => (ratio >= 5 ? 'high' : 'medium')
/** Of one account. A little above the limit is mostly somebody who has forgotten a password. */
const oneAccount = (ratio: number): AlertSeverity => (ratio >= 5 ? 'high' : ratio >= 2 ? 'medium' : 'low')

/** The slot of a key with a failure put in. An episode ends when nothing failed for an hour. */
function failed(table: Table<Slot>, key: string, tag: string, seen: Seen, out: Out): Slot {
  const slot = table.get(key, seen.now) ?? { failures: [] }
  if (slot.episode !== undefined && seen.at > endOf(slot.episode) + HOUR) {
    out.close(slot.episode, seen.now)
    // What has been told is not counted again: a slip of the keys three hours later is not the burst once more.
    const told = endOf(slot.episode)
    slot.failures = slot.failures.filter(([at]) => at > told)
    delete slot.episode
    delete slot.worked
  }
  const keep = { from: seen.now - 2 * LATENESS_MS, until: seen.now, limit: LIMIT }
  insert(slot.failures, [seen.at, seen.index, tag], keep)
  table.set(key, slot, seen.now)
  return slot
}

const isShared = (facts: Facts, ip: string): boolean => {
  const place = facts.placeOf(ip)
  return place.is === 'known' && (place.value.kind === 'office' || place.value.kind === 'vpn')
}

interface Judged {
  readonly slot: Slot
  readonly window: ReturnType<typeof densest>
  readonly threshold: number
}

function raise(
  { slot, window, threshold }: Judged,
  seen: Seen,
  out: Out,
  growth: Omit<Parameters<Out['raise']>[1], 'severity' | 'score' | 'threshold' | 'evidence' | 'since'>,
  severityOf = manyAccounts,
): void {
  if (window.count < threshold && slot.episode === undefined) return
  // While an episode lasts, every further failure belongs to it.
  const score = Math.max(
    window.count,
    slot.episode === undefined ? 0 : slot.episode.alert.indices.length + slot.episode.alert.omitted + 1,
  )
  const explanation = growth.explanation + (slot.worked ?? '')
  slot.episode = out.raise(
    slot.episode,
    {
      ...growth,
      explanation,
      severity: severityOf(score / threshold),
      score,
      threshold,
      evidence: slot.episode === undefined ? indicesOf(window.entries) : [],
      since: window.entries[0]?.[0] ?? seen.at,
    },
    seen,
  )
}

function judgeAccount(options: Options, table: Table<Slot>, account: string, ip: string, seen: Seen, out: Out): void {
  const slot = failed(table, account, ip, seen, out)
  const burst = densest(slot.failures, seen.at, options.accountMinutes * MINUTE, 'entries')
  const day = densest(slot.failures, seen.at, 24 * HOUR, 'entries')
  const isBurst = burst.count / options.account >= day.count / options.accountDay
  const [window, threshold, span] = isBurst
    ? ([burst, options.account, counted(options.accountMinutes, 'minute')] as const)
    : ([day, options.accountDay, '24 hours'] as const)
  const growth = {
    key: `account\n${account}`,
    actor: account,
    baseline: { failures15: burst.count, failuresDay: day.count },
    explanation: `Signing in as ${account} failed ${counted(window.count, 'time')} within ${span}; ${threshold} is the limit.`,
    suggestion: 'Ask the person whether it was them. If not, keep the account locked and reset its password.',
    containment: [{ step: 'revoke-sessions', actor: account }],
  } as const
  raise({ slot, window, threshold }, seen, out, growth, oneAccount)
}

function judgeSource(
  options: Options,
  table: Table<Slot>,
  account: string,
  ip: string,
  seen: Seen,
  facts: Facts,
  out: Out,
): void {
  const slot = failed(table, ip, account, seen, out)
  const threshold = isShared(facts, ip) ? options.sharedSource : options.source
  const window = densest(slot.failures, seen.at, HOUR, 'tags')
  raise({ slot, window, threshold }, seen, out, {
    key: `source\n${ip}`,
    ip,
    baseline: { accounts: window.count },
    explanation: `From ${ip}, signing in failed for ${counted(window.count, 'account')} within an hour; ${threshold} is the limit.`,
    suggestion: 'Block the address, and look for accounts that it did get into.',
    containment: [{ step: 'block-source', ip }],
    unknown: facts.placeOf(ip).is === 'unknown' ? ['whether the address is an office or VPN of the practice'] : [],
  })
}

/** A sign-in that works after a burst, from an address that took part in it. */
function judgeSuccess(
  accounts: Table<Slot>,
  sources: Table<Slot>,
  account: string,
  isPatient: boolean,
  ip: string,
  seen: Seen,
  facts: Facts,
  out: Out,
): void {
  const worked = (slot: Slot | undefined, isSuspect: boolean, severity: AlertSeverity): void => {
    const episode = slot?.episode
    if (episode === undefined || !isSuspect || seen.at > endOf(episode) + HOUR || seen.at < Date.parse(episode.alert.from))
      return
    const { alert } = episode
    const before = alert.explanation.slice(0, alert.explanation.length - (slot?.worked?.length ?? 0))
    const sentence = ` Then ${account} signed in from ${ip}.`
    if (slot !== undefined) slot.worked = sentence
    out.raise(
      episode,
      {
        key: '',
        severity,
        patients: [],
        score: alert.score,
        threshold: alert.threshold,
        baseline: alert.baseline,
        explanation: before + sentence,
        suggestion:
          'Take the sign-in for the attacker’s until the person has confirmed it: end the sessions and see what was opened.',
        containment: [
          { step: 'revoke-sessions', actor: account },
          { step: 'suspend-account', actor: account },
        ],
      },
      seen,
    )
  }
  const own = accounts.get(account, seen.now)
  const from = new Set(own?.failures.map(([, , each]) => each))
  const isMany = from.size > 1 || (own?.episode !== undefined && own.episode.alert.score >= 2 * own.episode.alert.threshold)
  // A dozen attempts from one address and then the right one: that is how forgetting looks, mostly with patients.
  worked(own, from.has(ip), isMany ? 'high' : isPatient ? 'low' : 'medium')
  worked(sources.get(ip, seen.now), true, isShared(facts, ip) ? 'high' : 'critical')
}

/**
 * Sign-ins that fail too often (45 CFR 164.308(a)(5)(ii)(C), log-in monitoring): of one account in minutes or over a day; of many accounts
 * from one address; of many accounts from anywhere. A sign-in that works within an hour, from an address that took part, makes it worse.
 * A failed second factor (`mfa`) counts as a failed sign-in.
 *
 * Misses: a password that was stolen and works at once; guessing slower than the limits; accounts beyond the 20,000 that it remembers.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function failedLogins(options: FailedLoginsOptions = {}): Detector {
  const parsed = parseOptions(optionsSchema, options, 'failedLogins')
  return makeDetector({
    name: 'failed-logins',
    version: 1,
    options: parsed,
    tables,
    *episodes({ accounts, sources, all }, now) {
      for (const table of [accounts, sources, all]) for (const [, { episode }] of table.entries(now)) yield episode
    },
    observe({ accounts, sources, all }, seen, facts, out) {
      const act = actOf(seen, out)
      if (act === undefined) return
      const isLogin = act.action === 'login' || act.action === 'mfa'
      if (!isLogin && act.action !== 'login-failed') {
        out.notApplicable()
        return
      }
      const account = act.actor.id
      const ip = seen.event.source?.ip
      if (ip === undefined) out.unknown('address of a sign-in')
      out.judged()
      if (isLogin && act.succeeded) {
        if (ip !== undefined) judgeSuccess(accounts, sources, account, act.actor.type === 'patient', ip, seen, facts, out)
        return
      }
      judgeAccount(parsed, accounts, account, ip ?? '', seen, out)
      if (ip !== undefined) judgeSource(parsed, sources, account, ip, seen, facts, out)
      const slot = failed(all, 'all', account, seen, out)
      const window = densest(slot.failures, seen.at, HOUR, 'tags')
      raise({ slot, window, threshold: parsed.everywhere }, seen, out, {
        key: 'everywhere',
        baseline: { accounts: window.count },
        explanation: `Signing in failed for ${counted(window.count, 'account')} within an hour, from any address; ${parsed.everywhere} is the limit.`,
        suggestion:
          'Ask for a second factor everywhere and slow sign-ins down until it is over; look for accounts that were opened.',
      })
    },
  })
}
