import { formatInstant, isPhiError, parseInstant } from '@phi/core'
import type { DueKey, Keyring, KeyState, KeyStatus, KeyStore } from '@phi/envelope'
import type { Db } from '@phi/postgres'
import type { CommandSpec, Report } from '../../command.ts'
import { type Configured, readConfig } from '../../config.ts'
import { databaseOptions, withDatabase } from '../../database.ts'
import type { ExitName } from '../../exit-codes.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { openConfiguredKeyring, openKeyStores, rotationDays } from '../../keyring.ts'
import { aligned, amount, wrapped } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { progress } from '../../progress.ts'
import { eachKey, scopeOf, scopeOptions } from './scope.ts'
import { byPlace, countStates, reasonText, type TenantKeyCount } from './words.ts'

const DAY_MS = 86_400_000

/** What `phi keys status --json` prints. */
export interface KeysStatusAnswer {
  /** The instant that is judged, RFC 3339 UTC: `--within` days from now. */
  readonly at: string
  /** After how many days a data key is due for rotation. */
  readonly everyDays: number
  /** Whether the KMS told which key-encryption key is current. Where it did not, nobody knows what has to be wrapped anew. */
  readonly kek: 'known' | 'unknown'
  /** Why it is unknown: the code of an error, or PHI_CLI_NOT_CONFIGURED. */
  readonly kekCode?: string
  readonly tenants: readonly TenantKeyCount[]
  /** Every key of the tenant; not with `--all`. Subjects' keys are told from the tenant's by `isSubjects`, and their ids are left out. */
  readonly keys?: readonly ShownKey[]
  /** What is due at that instant. `overdue` is what is so already now. */
  readonly due: readonly ShownDue[]
}

type ShownKey = Omit<KeyStatus, 'subject'> & { readonly isSubjects: boolean }
type ShownDue = Omit<DueKey, 'subject'> & { readonly isSubjects: boolean }

/** Ids of patients do not belong on a screen or into the log of a job. */
function withoutSubject<Item extends { readonly subject: string | null }>(item: Item) {
  const { subject, ...rest } = item
  return { ...rest, isSubjects: subject !== null }
}

/** Overdue is what is so now, also where a later instant is asked about. */
const overdueAt = (due: DueKey, now: number): DueKey => ({
  ...due,
  overdue: due.dueAt !== null && parseInstant(due.dueAt) < now,
})

/** A keyring to look with, and whether its KMS is the one that wraps. */
interface Looking {
  readonly keyring: Keyring
  readonly store: KeyStore
  readonly kekCode: string | undefined
  close(): Promise<void>
}

/** Errors of a KMS, and of settings that lead to one. Ages and states can be told without it. */
const isOfTheKms = (error: unknown): error is { readonly code: string } =>
  isPhiError(error) &&
  (error.code.startsWith('PHI_ENVELOPE_KMS_') ||
    ['PHI_ENVELOPE_KEY_FILE', 'PHI_ENVELOPE_KEY_SIZE', 'PHI_CLI_NOT_CONFIGURED'].includes(error.code))

async function look(io: Io, input: Input, configured: Configured, db: Db, only: string | undefined): Promise<Looking> {
  const use = { ...(only === undefined ? {} : { only }), allowInsecure: input.flag('allowInsecure') }
  let kekCode = 'PHI_CLI_NOT_CONFIGURED'
  try {
    const open = await openConfiguredKeyring(io, configured, db, use)
    if (open !== undefined) return { ...open, kekCode: undefined }
  } catch (error) {
    if (!isOfTheKms(error)) throw error
    kekCode = error.code
  }
  // A KMS that wraps nothing, only to read the store with. What it says of KEKs is left out of the answer.
  const { localKms, openKeyring } = await import('@phi/envelope')
  const { store } = await openKeyStores(io, { config: {}, home: configured.home }, db, use)
  const rotation = { everyDays: await rotationDays(configured.config) }
  const keyring = await openKeyring({ kms: localKms.generate(), store, clock: io.clock, rotation })
  return { keyring, store, kekCode, close: () => keyring.close() }
}

const isOfTheKek = ({ action }: DueKey): boolean =>
  action === 'rewrap' || action === 'check-kek' || action === 'describe-failed'

async function run(input: Input, io: Io): Promise<Report> {
  const configured = await readConfig(io, input.text('config'))
  const only = scopeOf(input, configured.config)
  const within = input.whole('within', { most: 36_500 }) ?? 0
  const at = formatInstant(io.clock() + within * DAY_MS)
  return withDatabase(io, input, configured, async (db) => {
    const looking = await look(io, input, configured, db, only)
    const { keyring, store, kekCode } = looking
    const bar = progress(io, 'keys looked at')
    try {
      const counts = new Map<string, TenantKeyCount>()
      let seen = 0
      for await (const key of eachKey(store, io.signal)) {
        countStates(counts, key, io.clock())
        bar.at(++seen)
      }
      const due: DueKey[] = []
      for await (const each of keyring.due({ at })) {
        io.signal.throwIfAborted()
        if (kekCode === undefined || !isOfTheKek(each)) due.push(each)
      }
      const keys = only === undefined ? undefined : await keyring.status(only)
      await bar.end()
      const answer: KeysStatusAnswer = {
        at,
        everyDays: await rotationDays(configured.config),
        kek: kekCode === undefined && !due.some(({ action }) => action === 'describe-failed') ? 'known' : 'unknown',
        ...(kekCode === undefined ? {} : { kekCode }),
        tenants: [...counts.values()].sort((a, b) => Number(a.tenant > b.tenant) - Number(a.tenant < b.tenant)),
        ...(keys === undefined ? {} : { keys: keys.map(withoutSubject) }),
        due: due.sort(byPlace).map((each) => withoutSubject(overdueAt(each, io.clock()))),
      }
      return { exit: exitOf(answer), json: answer, text: (paint, columns) => text(answer, only, within, paint, columns) }
    } finally {
      await bar.end()
      await looking.close()
    }
  })
}

/** What is certain and bad comes before what is not known. */
function exitOf({ due, kek, tenants, keys }: KeysStatusAnswer): ExitName {
  if (due.some(({ action }) => action !== 'describe-failed')) return 'finding'
  // A tenant that was mistyped looks like this.
  if (keys !== undefined && keys.length === 0) return 'unknown'
  return kek === 'unknown' && tenants.some(({ opens }) => opens > 0) ? 'unknown' : 'ok'
}

function headline({ tenants, due, kek, everyDays }: KeysStatusAnswer, only: string | undefined, within: number): string {
  const real = due.filter(({ action }) => action !== 'describe-failed')
  const whose = only ?? amount(tenants.length, 'tenant')
  if (tenants.length === 0)
    return only === undefined ? 'There are no keys in this store.' : `${whose} has no keys in this store.`
  if (tenants.every(({ opens }) => opens === 0)) return `No key of ${whose} seals or opens any more.`
  const when = within === 0 ? '' : ` within ${amount(within, 'day')}`
  if (real.length > 0)
    return `${amount(real.length, 'key')} of ${whose} ${real.length === 1 ? 'needs' : 'need'} something${when}.`
  const rest = `No data key of ${whose} is due${when}: none is older than ${amount(everyDays, 'day')}.`
  return kek === 'known' ? rest : `${rest} Whether they are wrapped under the current KEK is not known.`
}

function text(answer: KeysStatusAnswer, only: string | undefined, within: number, paint: Paint, columns: number): string {
  const exit = exitOf(answer)
  const mark = exit === 'ok' ? paint.good : exit === 'finding' ? paint.bad : paint.warn
  const parts = [mark(wrapped(headline(answer, only, within), columns))]
  if (answer.keys !== undefined && answer.keys.length > 0) parts.push(keysTable(answer.keys, paint))
  else if (answer.tenants.length > 0) parts.push(tenantsTable(answer.tenants, paint))
  if (answer.due.length > 0) parts.push(dueTable(answer.due, only, paint))
  if (answer.kekCode !== undefined) {
    const why = answer.kekCode === 'PHI_CLI_NOT_CONFIGURED' ? 'no KMS is configured' : 'the KMS did not answer as it should'
    parts.push(wrapped(`The current KEK is unknown: ${why} (${answer.kekCode}).`, columns))
  }
  return parts.join('\n\n')
}

const keysTable = (keys: readonly ShownKey[], paint: Paint): string =>
  aligned(
    [
      ['KEY', 'PURPOSE', 'OF', 'VERSION', 'STATE', 'AGE', 'SEALED'].map(paint.dim),
      ...keys.map(({ id, purpose, isSubjects, version, state, ageDays, usage }) => [
        id,
        purpose,
        isSubjects ? 'patient' : 'tenant',
        String(version),
        state,
        amount(ageDays, 'day'),
        usage.seals.toLocaleString('en-US'),
      ]),
    ],
    { right: [3, 5, 6] },
  )

const shownStates: readonly KeyState[] = ['active', 'retiring', 'revoked', 'destruction-scheduled']

const tenantsTable = (tenants: readonly TenantKeyCount[], paint: Paint): string =>
  aligned(
    [
      ['TENANT', 'KEYS', 'ACTIVE', 'RETIRING', 'REVOKED', 'ENDING', 'OLDEST'].map(paint.dim),
      ...tenants.map(({ tenant, keys, states, oldestActiveDays }) => [
        tenant,
        String(keys),
        ...shownStates.map((state) => String(states[state] ?? 0)),
        oldestActiveDays === null ? '-' : amount(oldestActiveDays, 'day'),
      ]),
    ],
    { right: [1, 2, 3, 4, 5, 6] },
  )

const dueTable = (due: readonly ShownDue[], only: string | undefined, paint: Paint): string =>
  aligned([
    [...(only === undefined ? ['TENANT'] : []), 'KEY', 'PURPOSE', 'WHAT TO DO', 'WHY'].map(paint.dim),
    ...due.map((each) => [
      ...(only === undefined ? [each.tenant] : []),
      each.keyId,
      each.purpose,
      each.overdue ? paint.bad(each.action) : each.action,
      reasonText(each),
    ]),
  ])

export const keysStatus: CommandSpec = {
  path: ['keys', 'status'],
  summary: 'Say which data keys there are, how old they are, and which are due',
  about: [
    'Shows the data keys of a tenant, or how many each tenant has: purposes, versions, states and ages. A key is due when it has sealed for 90 days, or for as long as envelope.rotation says; when it has sealed more than the policy allows; or when it is wrapped under another key-encryption key than the current one.',
    'It reads the key store, and asks the KMS which key-encryption key is current. Where no KMS is configured or it does not answer, ages are shown all the same, and the answer is "not known". No key is unwrapped for it but one that the KMS is tried with, and no id of a patient is shown.',
    'It does not say what is sealed under a key: phi keys reencrypt counts that.',
  ].join('\n\n'),
  options: [
    ...scopeOptions,
    { flags: '--within <days>', about: 'Count as due what will be so many days from now.' },
    ...databaseOptions,
  ],
  examples: [
    { run: 'phi keys status --tenant clinic-a', about: 'The keys of one tenant.' },
    { run: 'phi keys status --all --within 14 --json', about: 'What comes due in the next two weeks, for a monitor.' },
  ],
  exits: ['ok', 'finding', 'unknown'],
  run,
}
