import { isPhiError } from '@phi/core'
import type { KeyPurpose, Rotation } from '@phi/envelope'
import type { CommandSpec, Report } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { databaseOptions, withDatabase } from '../../database.ts'
import { cliError } from '../../errors.ts'
import { flagOf, type Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { type OpenKeyring, withKeyring } from '../../keyring.ts'
import { aligned, amount, wrapped } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { progress } from '../../progress.ts'
import {
  exitWith,
  type RecordedAnswer,
  type Recorder,
  recordedLine,
  recordedOf,
  recordOptions,
  withRecorder,
} from './record.ts'
import { eachKey, type Slot, SUBJECT_OPTION, scopeOf, scopeOptions, subjectOf } from './scope.ts'
import { byPlace } from './words.ts'

const purposes = ['field', 'file', 'index', 'deterministic'] as const satisfies readonly KeyPurpose[]

/** What `phi keys rotate --json` prints. */
export interface KeysRotateAnswer extends RecordedAnswer {
  readonly rotated: readonly RotatedKey[]
  /** Places that could not be rotated, by the error's code. The others went on. */
  readonly failed: readonly {
    readonly tenant: string
    readonly purpose: KeyPurpose
    readonly isSubjects: boolean
    readonly code: string
  }[]
  /** How many places were not reached, because the command was stopped. */
  readonly left: number
}

export interface RotatedKey {
  readonly tenant: string
  readonly purpose: KeyPurpose
  readonly isSubjects: boolean
  readonly keyId: string
  readonly version: number
  readonly outcome: Rotation['outcome']
  /** Keys that only open from now on. */
  readonly retiring: readonly string[]
}

interface Asked {
  readonly only: string | undefined
  readonly purpose: KeyPurpose | undefined
  readonly subject: string | undefined
  readonly withSubjects: boolean
  readonly isDue: boolean
}

/** The places in which a key is to be made, in the order of their keys. */
async function slotsOf(io: Io, { keyring, store }: OpenKeyring, asked: Asked): Promise<readonly Slot[]> {
  const found = new Map<string, Slot>()
  const take = ({ tenant, purpose, subject }: Slot) => {
    if (asked.purpose !== undefined && purpose !== asked.purpose) return
    if (asked.subject !== undefined && subject !== asked.subject) return
    if (asked.subject === undefined && subject !== null && !asked.withSubjects) return
    found.set(JSON.stringify([tenant, purpose, subject]), { tenant, purpose, subject })
  }
  if (asked.isDue) {
    for await (const each of keyring.due()) {
      io.signal.throwIfAborted()
      if (each.action === 'rotate' || each.action === 'finish-rotation') take(each)
    }
  } else {
    // Keys that were destroyed have no successors; rotate says so, and a walk over all tenants should not end on them.
    for await (const key of eachKey(store, io.signal))
      if (key.state === 'active' || key.state === 'retiring' || key.state === 'revoked') take(key)
  }
  return [...found.values()].sort(byPlace)
}

/** A tenant that was mistyped has none, and its job would find nothing due for good. */
async function hasKeys(io: Io, { store }: OpenKeyring): Promise<boolean> {
  for await (const _ of eachKey(store, io.signal)) return true
  return false
}

/** What stops the whole run: the store, or a login without the right. Anything else is this tenant's. */
const endsTheRun = (code: string): boolean =>
  code.startsWith('PHI_PG_') || code.startsWith('PHI_ENVELOPE_STORE') || code.startsWith('PHI_AUDIT_')

async function rotateAll(io: Io, keys: OpenKeyring, slots: readonly Slot[], recorder: Recorder): Promise<KeysRotateAnswer> {
  const rotated: RotatedKey[] = []
  const failed: { tenant: string; purpose: KeyPurpose; isSubjects: boolean; code: string }[] = []
  const bar = progress(io, 'keys rotated')
  try {
    for (const { tenant, purpose, subject } of slots) {
      // A log that takes nothing more ends it: no key is made unseen.
      if (io.signal.aborted || recorder.failure !== undefined) break
      const shown = { tenant, purpose, isSubjects: subject !== null }
      let rotation: Rotation
      try {
        await assertOpens(keys, { tenant, purpose, subject })
        rotation = await keys.keyring.rotate({ tenant, purpose, ...(subject === null ? {} : { subject }) })
      } catch (error) {
        if (!isPhiError(error) || endsTheRun(error.code)) throw error
        failed.push({ ...shown, code: error.code })
        await recorder.after({
          action: 'key-rotate',
          outcome: 'failure',
          resource: { type: 'DataKeys', id: tenant },
          details: { ...details(shown), code: error.code },
        })
        continue
      }
      const { key, outcome, retiring } = rotation
      rotated.push({ ...shown, keyId: key.id, version: key.version, outcome, retiring })
      await recorder.after({
        action: 'key-rotate',
        outcome: 'success',
        resource: { type: 'DataKey', id: key.id },
        details: { ...details(shown), version: key.version, outcome, retiring: retiring.join(' ') },
      })
      bar.at(rotated.length + failed.length, slots.length)
    }
  } finally {
    await bar.end()
  }
  return { rotated, failed, left: slots.length - rotated.length - failed.length, ...recordedOf(recorder) }
}

/**
 * A KMS that does not open the keys which are there may not wrap the next: with the secret of another environment, all services would be
 * without a key from then on. @throws PhiError PHI_ENVELOPE_KMS_*
 */
async function assertOpens({ keyring }: OpenKeyring, { tenant, purpose, subject }: Slot): Promise<void> {
  const load = { purposes: [purpose], create: false }
  const own = await keyring.tenant(tenant, load)
  if (subject !== null) await own.subject(subject, load)
}

const details = ({ tenant, purpose, isSubjects }: { tenant: string; purpose: string; isSubjects: boolean }) => ({
  tenant,
  purpose,
  of: isSubjects ? 'subject' : 'tenant',
})

async function rotateKek(io: Io, keys: OpenKeyring, recorder: Recorder): Promise<Report> {
  if (keys.rotateKek === undefined) {
    throw cliError('PHI_CLI_NOT_CONFIGURED', {
      path: 'envelope.kms',
      detail:
        'this KMS rotates its keys in its own console or by its own schedule; for a secret, name the new one as kekFrom and the old one among formerKeksFrom',
    })
  }
  io.signal.throwIfAborted()
  const kek = await keys.rotateKek()
  await recorder.after({
    action: 'key-rotate',
    outcome: 'success',
    resource: { type: 'KeyEncryptionKey', id: kek.slice(0, 256).trim() },
    details: { of: 'kms' },
  })
  return {
    exit: exitWith(recorder, 'ok'),
    json: { kek, ...recordedOf(recorder) },
    text: (paint, columns) =>
      [
        paint.good(wrapped(`New keys are wrapped under ${kek} from now on.`, columns)),
        recordedLine(recorder, columns),
        'Next: phi keys rewrap --all',
      ].join('\n'),
  }
}

async function run(input: Input, io: Io): Promise<Report> {
  const configured = await readConfig(io, input.text('config'))
  const isKek = input.flag('kek')
  const ofDataKeys = ['tenant', 'all', 'due', 'purpose', 'subjects', 'subjectFile'].find((name) => input.has(name))
  if (isKek && ofDataKeys !== undefined)
    throw cliError('PHI_CLI_USAGE', {
      detail: `the option ${flagOf(ofDataKeys)} is about data keys, and does not go with --kek`,
    })
  const only = isKek ? undefined : scopeOf(input, configured.config)
  const subject = await subjectOf(io, input)
  if (subject !== undefined && only === undefined)
    throw cliError('PHI_CLI_USAGE', { detail: 'the option --subject-file goes with one tenant' })
  const asked: Asked = {
    only,
    subject,
    purpose: purposes.find((each) => each === input.text('purpose')),
    withSubjects: input.flag('subjects'),
    isDue: input.flag('due'),
  }
  return withDatabase(io, input, configured, (db) =>
    withRecorder(io, input, configured, db, (recorder) => {
      const use = { ...(only === undefined ? {} : { only }), allowInsecure: input.flag('allowInsecure') }
      return withKeyring(io, configured, db, use, async (keys) => {
        if (isKek) return rotateKek(io, keys, recorder)
        const slots = await slotsOf(io, keys, asked)
        const isEmpty = slots.length === 0 && !(asked.isDue && (only === undefined || (await hasKeys(io, keys))))
        const answer = await rotateAll(io, keys, slots, recorder)
        const isStopped = answer.left > 0
        const exit = isStopped ? 'interrupted' : answer.failed.length > 0 || isEmpty ? 'finding' : 'ok'
        return {
          exit: exitWith(recorder, exit),
          json: answer,
          text: (paint, columns) => text(answer, isEmpty, recorder, paint, columns),
        }
      })
    }),
  )
}

function text(answer: KeysRotateAnswer, isEmpty: boolean, recorder: Recorder, paint: Paint, columns: number): string {
  const { rotated, failed, left } = answer
  if (rotated.length + failed.length + left === 0)
    return isEmpty ? paint.bad('There are no keys to rotate.') : paint.good('Nothing is due: no key was made.')
  const head =
    failed.length > 0
      ? paint.bad(`${amount(rotated.length, 'new key')}; ${amount(failed.length, 'place')} could not be rotated.`)
      : paint.good(`${amount(rotated.length, 'new key')} ${rotated.length === 1 ? 'seals' : 'seal'} from now on.`)
  const parts = [head]
  if (rotated.length > 0) {
    const rows = rotated.map(({ tenant, purpose, isSubjects, keyId, version, retiring }) => [
      tenant,
      isSubjects ? `${purpose} (patient)` : purpose,
      keyId,
      String(version),
      retiring.length === 0 ? '-' : retiring.join(' '),
    ])
    parts.push(aligned([['TENANT', 'PURPOSE', 'NEW KEY', 'VERSION', 'ONLY OPENS'].map(paint.dim), ...rows], { right: [3] }))
  }
  if (failed.length > 0) {
    const rows = failed.map(({ tenant, purpose, isSubjects, code }) => [
      tenant,
      isSubjects ? `${purpose} (patient)` : purpose,
      code,
    ])
    parts.push(aligned([['TENANT', 'PURPOSE', 'WHY NOT'].map(paint.dim), ...rows]))
  }
  if (left > 0)
    parts.push(
      wrapped(
        `Stopped with ${amount(left, 'place')} left. What was made stays. Go on with --due, or run the command again for yet another key everywhere.`,
        columns,
      ),
    )
  parts.push(recordedLine(recorder, columns))
  const made = new Set(rotated.map(({ purpose }) => purpose))
  const next = [
    ...(made.has('field') ? ['Fields: seal anew with phi keys reencrypt, table by table. Old values open until then.'] : []),
    ...(made.has('file') ? ['Files: old ones open under the old key; write them anew where they are to leave it.'] : []),
    ...(made.has('index') || made.has('deterministic')
      ? ['Indexes: searches find old and new terms; reindex of @phi/envelope writes the old ones anew.']
      : []),
  ]
  if (next.length > 0) parts.push(next.map((line) => wrapped(line, columns)).join('\n'))
  return parts.join('\n\n')
}

export const keysRotate: CommandSpec = {
  path: ['keys', 'rotate'],
  summary: 'Make a new data key, which seals from now on',
  about: [
    'Makes a new version of the data keys of a tenant, for every purpose for which it has one. The new key seals from now on, the one before only opens. Data is not touched: phi keys reencrypt does that.',
    'With --due, only what phi keys status calls due is rotated, so that a job can run it daily. With --kek, the KMS makes a new version of the key-encryption key, where it is one that does this over its adapter (a key file, Vault, PKCS #11, KMIP); phi keys rewrap then wraps the data keys under it.',
    'Each new key is recorded in the audit log of the configuration. Keys whose destruction was approved get no successor. Running services hear of a new key within 30 seconds; one that does not reach the key store goes on under the old key for up to 15 minutes.',
  ].join('\n\n'),
  options: [
    ...scopeOptions,
    { flags: '--due', about: 'Only what is due by age, by use, or because a rotation was cut off.' },
    { flags: '--purpose <purpose>', about: 'Only keys of this purpose.', choices: purposes },
    { flags: '--subjects', about: 'Also the keys that patients have of their own.' },
    SUBJECT_OPTION,
    { flags: '--kek', about: 'The key-encryption key, in place of data keys.' },
    ...recordOptions,
    ...databaseOptions,
  ],
  examples: [
    { run: 'phi keys rotate --tenant clinic-a', about: 'New keys for one tenant, now.' },
    { run: 'phi keys rotate --all --subjects --due --actor rotation --actor-type service', about: 'What a daily job runs.' },
    { run: 'phi keys rotate --kek', about: 'A new key-encryption key in the KMS.' },
  ],
  exits: ['ok', 'finding', 'interrupted'],
  run,
}
