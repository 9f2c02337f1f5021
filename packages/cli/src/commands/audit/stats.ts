import type { AuditRecord } from '@phi/audit'
import type { AuditStore, LogKey } from '@phi/audit/store'
import type { Queryable } from '@phi/postgres'
import type { CommandSpec, Report } from '../../command.ts'
import { readConfig } from '../../config.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { aligned, amount, clipped, counted, span, wrapped } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { progress } from '../../progress.ts'
import { keyOptions, keysOf, policyOf } from './keys.ts'
import { logOptions, withStore } from './log.ts'
import { type SignedState, signedState } from './signed-state.ts'
import { stopped, until } from './stop.ts'

/** Counts of a log. Nothing in it grows with the number of entries, but with that of actors and days. */
interface Counts {
  entries: number
  first?: string
  last?: string
  altered: number
  readonly actions: Map<string, number>
  readonly outcomes: Map<string, number>
  readonly actors: Map<string, number>
  readonly days: Map<string, number>
}

const add = (map: Map<string, number>, key: string | undefined): void => {
  const name = key ?? '(not shown)'
  map.set(name, (map.get(name) ?? 0) + 1)
}

function count(counts: Counts, { recordedAt, event, genuine }: AuditRecord): void {
  counts.entries++
  counts.first ??= recordedAt
  counts.last = recordedAt
  if (!genuine) counts.altered++
  add(counts.actions, event.action)
  add(counts.outcomes, event.outcome)
  add(counts.actors, event.actor?.id)
  add(counts.days, recordedAt.slice(0, 10))
}

/** What somebody should look at. The words are fixed. */
const concerns = {
  'no-checkpoint': 'The log keeps no signed checkpoint, so nobody outside can confirm an entry.',
  'bad-checkpoint': 'The newest checkpoint is signed by none of the given keys.',
  'unsigned-tail': 'Entries are under no signature for longer than allowed: signing may have stopped.',
  'not-witnessed': 'The newest checkpoint is not cosigned by as many witnesses as the policy asks for.',
  stale: 'The newest entry is older than allowed: recording may have stopped.',
  'outbox-late': 'Events wait in the outbox for longer than allowed: they are not part of the log yet.',
  altered: 'Entries do not say what was recorded: run phi audit verify.',
} as const
type Concern = keyof typeof concerns

const OUTBOX_PAGE = 500
const MINUTE_MS = 60_000

/** What waits in the outbox: how many, and since when the oldest. */
async function outboxOf(
  store: AuditStore<Queryable>,
  key: LogKey,
  signal: AbortSignal,
): Promise<{ waiting: number; since?: string }> {
  let waiting = 0
  let since: string | undefined
  let after: { queuedAt: string; eventId: string } | undefined
  for (;;) {
    signal.throwIfAborted()
    const rows = (await store.outbox?.(key, { limit: OUTBOX_PAGE, ...(after === undefined ? {} : { after }) })) ?? []
    since ??= rows[0]?.queuedAt
    waiting += rows.length
    after = rows.at(-1)
    if (rows.length < OUTBOX_PAGE) return { waiting, ...(since === undefined ? {} : { since }) }
  }
}

const ranked = (map: ReadonlyMap<string, number>): [string, number][] =>
  [...map].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))

/** What `--json` answers. */
export interface StatsAnswer {
  readonly origin: string
  readonly tenant: string
  readonly entries: number
  /** Of recording, UTC. */
  readonly first: string | null
  readonly last: string | null
  readonly actions: Readonly<Record<string, number>>
  readonly outcomes: Readonly<Record<string, number>>
  /** How many actors there are, and those with most entries. */
  readonly actors: { readonly count: number; readonly most: readonly { readonly actor: string; readonly entries: number }[] }
  /** Days of recording, UTC, the last ones. */
  readonly days: readonly { readonly day: string; readonly entries: number }[]
  readonly checkpoint: SignedState | null
  readonly outbox: { readonly waiting: number; readonly since?: string }
  readonly concerns: readonly { readonly code: Concern; readonly meaning: string }[]
}

async function run(input: Input, io: Io): Promise<Report> {
  const top = input.whole('top', { least: 1, most: 1000 }) ?? 5
  const days = input.whole('days', { least: 1, most: 10_000 }) ?? 14
  const maxAgeHours = input.whole('maxAge', { least: 1, most: 1_000_000 })
  const maxUnsigned = (input.whole('maxUnsigned', { least: 1, most: 1_000_000 }) ?? 15) * MINUTE_MS
  const configured = await readConfig(io, input.text('config'))
  const [keys, policy] = [await keysOf(io, input, configured), await policyOf(io, input, configured)]
  const counts: Counts = { entries: 0, altered: 0, actions: new Map(), outcomes: new Map(), actors: new Map(), days: new Map() }
  const bar = progress(io, 'entries counted')
  return withStore(io, input, configured, async (store, key) => {
    const { openAuditLog } = await import('@phi/audit')
    const log = await openAuditLog<Queryable>({ ...key, store, clock: io.clock })
    try {
      const { size } = await log.head()
      for await (const record of until(io.signal, log.records({ to: size, signal: io.signal }))) {
        count(counts, record)
        bar.at(counts.entries, size)
      }
      const checkpoint = await signedState(store, key, { keys, policy, size })
      const outbox = await outboxOf(store, key, io.signal)
      await bar.end()
      const now = io.clock()
      const age = (since: string | undefined) => (since === undefined ? 0 : now - Date.parse(since))
      const found: Concern[] = []
      if (counts.altered > 0) found.push('altered')
      if (size > 0 && checkpoint === undefined) found.push('no-checkpoint')
      if (checkpoint?.signed === false) found.push('bad-checkpoint')
      if (age(checkpoint?.unsignedSince) > maxUnsigned) found.push('unsigned-tail')
      if (checkpoint?.witnessed === false) found.push('not-witnessed')
      if (maxAgeHours !== undefined && (counts.last === undefined || age(counts.last) > maxAgeHours * 60 * MINUTE_MS))
        found.push('stale')
      if (age(outbox.since) > MINUTE_MS) found.push('outbox-late')
      const json: StatsAnswer = {
        ...key,
        entries: counts.entries,
        first: counts.first ?? null,
        last: counts.last ?? null,
        actions: Object.fromEntries(ranked(counts.actions)),
        outcomes: Object.fromEntries(ranked(counts.outcomes)),
        actors: {
          count: counts.actors.size,
          most: ranked(counts.actors)
            .slice(0, top)
            .map(([actor, entries]) => ({ actor, entries })),
        },
        days: [...counts.days]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .slice(-days)
          .map(([day, entries]) => ({ day, entries })),
        checkpoint: checkpoint ?? null,
        outbox,
        concerns: found.map((code) => ({ code, meaning: concerns[code] })),
      }
      return {
        // A signature that nobody checked is not known to be one.
        exit: found.length > 0 ? 'finding' : checkpoint !== undefined && checkpoint.signed === undefined ? 'unknown' : 'ok',
        json,
        text: (paint, columns) => textOf(json, now, paint, Math.min(columns, 100)),
      }
    } catch (error) {
      await bar.end()
      return stopped(io, error, { entries: counts.entries }, `Stopped after ${counted(counts.entries)} entries.`)
    } finally {
      await log.close()
    }
  })
}

function checkpointText(checkpoint: SignedState | null, entries: number): string {
  if (checkpoint === null) return 'none'
  const { size, signed, unsigned } = checkpoint
  const word =
    signed === undefined ? 'not checked, for want of a key' : signed ? 'its signature checks' : 'its signature does not check'
  return `covers ${counted(size)} of ${counted(entries)}; ${word}${unsigned === 0 ? '' : `; ${counted(unsigned)} after it`}`
}

function textOf(answer: StatsAnswer, now: number, paint: Paint, columns: number): string {
  const { concerns: found, checkpoint, outbox } = answer
  const head =
    found.length === 0 ? paint.good('Nothing to look at.') : paint.bad(`${amount(found.length, 'thing')} to look at.`)
  const facts: string[][] = [
    ['log', answer.origin],
    ['entries', counted(answer.entries)],
  ]
  if (answer.first !== null && answer.last !== null)
    facts.push(['first', answer.first], ['newest', `${answer.last}, ${span(Math.max(0, now - Date.parse(answer.last)))} ago`])
  facts.push(['checkpoint', checkpointText(checkpoint, answer.entries)])
  if (checkpoint?.cosignatures !== undefined)
    facts.push([
      'cosigned',
      checkpoint.cosignatures.length === 0
        ? 'by nobody'
        : checkpoint.cosignatures.map(({ name, at }) => `${name} at ${at}`).join(', '),
    ])
  facts.push([
    'outbox',
    outbox.waiting === 0 ? 'empty' : `${amount(outbox.waiting, 'event')}, the oldest since ${outbox.since}`,
  ])
  const most = Math.max(1, ...answer.days.map(({ entries }) => entries))
  const section = (title: string, rows: string[][], right: readonly number[] = [1]) =>
    rows.length === 0 ? [] : ['', paint.strong(title), aligned(rows, { right: [...right] })]
  const figures = (map: Readonly<Record<string, number>>) =>
    Object.entries(map).map(([name, entries]) => [name, counted(entries)])
  const more = answer.actors.count - answer.actors.most.length
  return [
    head,
    ...found.map(({ meaning }) => wrapped(meaning, columns, 2)),
    '',
    aligned(facts.map(([name = '', value = '']) => [paint.dim(name), value])),
    ...section('Actions', figures(answer.actions)),
    ...section('Outcomes', figures(answer.outcomes)),
    ...section(
      'Actors',
      answer.actors.most.map(({ actor, entries }) => [clipped(actor, 40), counted(entries)]),
    ),
    ...(more > 0 ? [`  and ${counted(more)} more`] : []),
    ...section(
      'Days (UTC)',
      answer.days.map(({ day, entries }) => [
        day,
        counted(entries),
        '▇'.repeat(Math.max(1, Math.round((entries / most) * 30))),
      ]),
    ),
  ].join('\n')
}

export const statsCommand: CommandSpec = {
  path: ['audit', 'stats'],
  summary: 'Count entries, and say whether the log is looked after',
  about: `Reads the whole log once and counts its entries by action, outcome, actor and day of recording. It says how much the newest checkpoint
covers and whether its signature checks, who cosigned it, and what waits in the outbox.

Something to look at is a finding: no checkpoint, entries that are under no signature for too long, a quorum of witnesses that is not met, a
log or an outbox that stands still, entries that are altered. The figures are no verification: phi audit verify is.

It records nothing, and shows no patient.`,
  options: [
    { flags: '--top <count>', about: 'How many actors are named. Default: 5.' },
    { flags: '--days <count>', about: 'How many days are shown, the last ones. Default: 14.' },
    { flags: '--max-age <hours>', about: 'How old the newest entry may be.' },
    { flags: '--max-unsigned <minutes>', about: 'How long entries may be under no signature. Default: 15.' },
    ...keyOptions,
    ...logOptions,
  ],
  examples: [
    { run: 'phi audit stats', about: 'The log of the configuration' },
    { run: 'phi audit stats --max-age 24 --json', about: 'For monitoring: exit code 1 where there is something to look at' },
  ],
  exits: ['ok', 'finding', 'unknown', 'interrupted'],
  run,
}
