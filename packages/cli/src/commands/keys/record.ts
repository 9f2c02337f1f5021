import type { AuditAction, AuditEventInput, auditEventSchema } from '@phi/audit'
import { actorTypes, isPhiError, parseActor } from '@phi/core'
import type { Db, Queryable } from '@phi/postgres'
import { type Configured, secretOf } from '../../config.ts'
import { cliError } from '../../errors.ts'
import type { ExitName } from '../../exit-codes.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { wrapped } from '../../layout.ts'

/** The options of commands that change something and record it. */
export const recordOptions = [
  { flags: '--actor <id>', about: 'Who does this, for the audit log. Default: the name of the login, USER.' },
  { flags: '--actor-type <type>', about: 'What kind of party that is.', choices: actorTypes, default: 'workforce' },
  { flags: '--reason <text>', about: 'Why, for the audit log.' },
] as const

type Details = NonNullable<NonNullable<AuditEventInput['context']>['details']>

interface Entry {
  readonly action: AuditAction
  readonly outcome: 'success' | 'failure'
  readonly resource: { readonly type: string; readonly id: string }
  readonly details: Details
}

/** Writes to the audit log what a command does. */
export interface Recorder {
  /** Whether anything is recorded: there is an audit log in the configuration. */
  readonly isOn: boolean
  /** Before something is done that must not be done unseen. Returns when the entry is in the log. @throws PhiError PHI_AUDIT_*, PHI_PG_* */
  before(entry: Entry): Promise<void>
  /** After something was done. It is done in any case, so that a log which fails here is no error, but a part of the answer: `failure`. */
  after(entry: Entry): Promise<void>
  /** The code of the error for which the log has not taken an entry. */
  readonly failure: string | undefined
}

const off: Recorder = { isOn: false, before: async () => {}, after: async () => {}, failure: undefined }

/** Reads who acts and why, before anything is done: the log would refuse it when it is too late. */
function readActing(io: Io, input: Input, schema: typeof auditEventSchema) {
  const id = [input.text('actor'), io.env.USER, io.env.LOGNAME].find((each) => each !== undefined && each !== '')
  if (id === undefined)
    throw cliError('PHI_CLI_USAGE', { detail: 'the option --actor is missing, and the environment names no user' })
  const { type } = parseActor({ id, type: input.text('actorType') ?? 'workforce' })
  const acting = { actor: { id, type }, reason: input.text('reason') }
  const sample = { action: 'key-rotate', outcome: 'success', actor: acting.actor, context: { reason: acting.reason } }
  if (!schema.safeParse(sample).success)
    throw cliError('PHI_CLI_USAGE', { detail: 'the option --reason takes 1 to 2048 characters' })
  return acting
}

/**
 * Opens the audit log of the configuration, and reads its head: a log that cannot be reached stops a command before anything is changed.
 * @throws PhiError PHI_CLI_NOT_CONFIGURED, PHI_CORE_ACTOR, PHI_AUDIT_*, PHI_PG_*
 */
export async function withRecorder<Result>(
  io: Io,
  input: Input,
  { config }: Configured,
  db: Db,
  work: (recorder: Recorder) => Promise<Result>,
): Promise<Result> {
  const { audit } = config
  if (audit === undefined) return work(off)
  const { auditEventSchema, ed25519Signer, openAuditLog } = await import('@phi/audit')
  const { auditStore } = await import('@phi/postgres')
  const { actor, reason } = readActing(io, input, auditEventSchema)
  const signer =
    audit.signerFrom === undefined
      ? undefined
      : ed25519Signer.fromSkey(secretOf(io, audit.signerFrom, 'audit.signerFrom').trim())
  const log = await openAuditLog<Queryable>({
    origin: audit.origin,
    store: auditStore(db),
    clock: io.clock,
    ...(config.tenant === undefined ? {} : { tenant: config.tenant }),
    ...(signer === undefined ? {} : { signer }),
  })
  let failure: string | undefined
  const before = async ({ action, outcome, resource, details }: Entry) => {
    const context = { details, ...(reason === undefined ? {} : { reason }) }
    await log.append({ action, outcome, actor, subject: { resource }, context })
  }
  try {
    await log.head()
    return await work({
      isOn: true,
      before,
      async after(entry) {
        try {
          await before(entry)
        } catch (error) {
          if (!isPhiError(error)) throw error
          failure = error.code
        }
      },
      get failure() {
        return failure
      },
    })
  } finally {
    // What was appended is durable; a checkpoint that could not be signed now is signed by who writes next.
    await log.close().catch(() => {})
  }
}

/** What the report says of the record. */
export function recordedLine({ isOn, failure }: Recorder, columns: number): string {
  if (!isOn) return wrapped('Not recorded: the configuration names no audit log.', columns)
  if (failure === undefined) return 'Recorded in the audit log.'
  return wrapped(`It was done, and the audit log did not take all of it (${failure}). Record it by hand.`, columns)
}

/** Done but not recorded is not done well, whatever else the answer is. */
export const exitWith = ({ failure }: Recorder, exit: ExitName): ExitName => (failure === undefined ? exit : 'failed')

/** For the answer as data. */
export const recordedOf = ({ isOn, failure }: Recorder): RecordedAnswer => ({
  recorded: isOn && failure === undefined,
  ...(failure === undefined ? {} : { recordFailure: failure }),
})

export interface RecordedAnswer {
  /** Whether the audit log has all of it. */
  readonly recorded: boolean
  /** Why the log has not taken an entry, as the code of an error. */
  readonly recordFailure?: string
}
