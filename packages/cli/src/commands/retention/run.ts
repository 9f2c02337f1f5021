import { isPhiError, randomBytes, toHex } from '@phi/core'
import type { Approval, ApproverKey, DispositionPlan, ExecuteOptions, Execution } from '@phi/retention'
import * as z from 'zod'
import type { CommandSpec } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { cliError } from '../../errors.ts'
import type { ExitName } from '../../exit-codes.ts'
import { readJson, readShape, writeWhole } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { amount, wrapLines } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { type FilePlace, withPlaces } from '../../places.ts'
import { progress } from '../../progress.ts'
import { dayOf, momentOptions, readInstant } from '../../when.ts'
import { type OnDatabase, onDatabase, scheduleOptions } from './schedule.ts'
import { signerFrom } from './signing-key.ts'

/** What `phi retention run --json` prints. */
export type RunAnswer = { readonly plan: string } & (
  | {
      readonly status: 'refused'
      readonly because: readonly string[]
      readonly approvals: readonly { at: number; problem: string }[]
    }
  | { readonly status: 'stopped'; readonly why: 'signal' | 'holds-changing'; readonly phase: 'records' | 'keys' }
  | { readonly status: 'waiting'; readonly destroyAt: string | null; readonly scopes: number }
  | {
      readonly status: 'finished'
      readonly disposed: number
      readonly skipped: Readonly<Record<string, number>>
      readonly left: readonly { readonly id: string; readonly why: string }[]
      /** A compact JWS; null where nothing was deleted. */
      readonly certificate: string | null
      /** Where the certificate and the salt were written, as they were named. */
      readonly certificateFile: string | null
      readonly saltFile: string | null
      /** Why a file was not written, as the code of an error. The records are gone; the same command again gives the same documents. */
      readonly fileFailure?: string
    }
)

const usage = (detail: string) => cliError('PHI_CLI_USAGE', { detail })

const keysSchema = z
  .array(z.strictObject({ by: z.string().min(1).max(256), key: z.looseObject({ kid: z.string().min(1).max(256) }) }))
  .min(1)
  .max(1000)

/** `B. Officer=privacy-officer` */
async function approvalsOf(io: Io, input: Input, plan: DispositionPlan, today: string): Promise<readonly Approval[]> {
  const { approve } = await import('@phi/retention')
  const approvals: Approval[] = []
  for (const file of input.all('approval')) approvals.push((await readJson(io, file, '--approval')) as Approval)
  for (const given of input.all('approvedBy')) {
    const at = given.lastIndexOf('=')
    if (at < 1 || at === given.length - 1)
      throw usage('the option --approved-by takes a name and a role: "B. Officer=privacy-officer"')
    approvals.push(await approve(plan, { by: given.slice(0, at), role: given.slice(at + 1), on: today }))
  }
  if (approvals.length === 0) throw usage('give --approved-by, or --approval with a file')
  return approvals
}

function horizonOf(input: Input): string | null {
  const given = input.needed('backupsUntil')
  if (given === 'none') return null
  const read = readInstant(given)
  if (read === undefined) throw usage('the option --backups-until takes an instant, 2026-11-22T12:00:00Z, or none')
  return read
}

/** Where the documents will stand: held before anything is deleted, since they could not be written into a folder that is not there. */
const placesOf = (input: Input): readonly FilePlace[] => {
  const [certificate, salt] = [input.text('certificate'), input.text('saltOut')]
  return [
    ...(certificate === undefined ? [] : [{ file: certificate, option: '--certificate' }]),
    ...(salt === undefined ? [] : [{ file: salt, option: '--salt-out', secret: true }]),
  ]
}

const becauseWords: Readonly<Record<string, string>> = {
  plan: 'the plan was changed since it was made',
  policy: 'the schedule is another than the one of the plan',
  'today-before-plan': 'the day lies before the day of the plan',
  'today-ahead-of-clock': 'the clock has not reached that day anywhere',
  approvals: 'too few approvals count',
  statement: 'method, people or backups are others than those that the run began with',
}

const problemWords: Readonly<Record<string, string>> = {
  form: 'it is no approval',
  plan: 'it is for another plan',
  planner: "it is the planner's",
  twice: 'it is of a person who is counted already',
  role: 'the plan does not name its role',
  day: 'it is dated before the plan, or after today',
  unsigned: 'it is not signed',
  signature: 'its signature is not believed',
}

const AGAIN = 'Run the same command again to go on: what was done stays done, and is not done twice.'

function runText(answer: RunAnswer, { good, bad, warn, dim, strong }: Paint, columns: number): string {
  const plan = dim(`plan ${answer.plan}`)
  switch (answer.status) {
    case 'refused':
      return [
        bad('Refused: nothing was deleted by this call.'),
        plan,
        ...answer.because.flatMap((each) => wrapLines(becauseWords[each] ?? each, columns, '  - ', '    ')),
        ...answer.approvals.flatMap(({ at, problem }) =>
          wrapLines(`approval ${at + 1} does not count: ${problemWords[problem] ?? problem}`, columns, '  - ', '    '),
        ),
      ].join('\n')
    case 'stopped':
      return [
        ...wrapLines(
          answer.why === 'signal'
            ? 'Stopped between two batches.'
            : 'Stopped: holds were recorded faster than a batch was decided.',
          columns,
        ).map(warn),
        plan,
        ...wrapLines(AGAIN, columns),
      ].join('\n')
    case 'waiting':
      return [
        ...wrapLines('The records are gone; the key service waits. Nothing is certified yet.', columns).map(warn),
        plan,
        ...wrapLines(AGAIN, columns),
      ].join('\n')
    case 'finished': {
      const { disposed, left, skipped, certificate, certificateFile, saltFile, fileFailure } = answer
      const why = Object.entries(skipped).map(([reason, count]) => `${reason} ${count}`)
      const head = `${amount(disposed, 'record was', 'records were')} deleted${left.length === 0 ? '' : `; ${amount(left.length, 'was', 'were')} left (${why.join(', ')})`}.`
      return [
        ...wrapLines(head, columns).map(left.length === 0 ? good : warn),
        plan,
        ...(fileFailure === undefined
          ? []
          : wrapLines(
              `The certificate and the salt could not be written (${fileFailure}). Run the same command again, also with other files: it deletes nothing twice, and gives the same ones.`,
              columns,
            ).map(bad)),
        ...left.slice(0, 20).flatMap(({ id, why: reason }) => wrapLines(`${id}: ${reason}`, columns, '  ', '      ')),
        ...(left.length > 20 ? [`  and ${amount(left.length - 20, 'other', 'others')}`] : []),
        ...(certificate === null
          ? wrapLines('Nothing was deleted, so there is no certificate.', columns)
          : certificateFile === null
            ? [strong('Certificate'), certificate]
            : wrapLines(`The certificate was written to ${certificateFile}.`, columns)),
        ...(saltFile === null
          ? []
          : wrapLines(`The salt was written to ${saltFile}: keep it with the ids, and never with the certificate.`, columns)),
      ].join('\n')
    }
  }
}

const exits: Readonly<Record<RunAnswer['status'], ExitName>> = {
  refused: 'finding',
  stopped: 'unknown',
  waiting: 'unknown',
  finished: 'ok',
}

function exitOf(answer: RunAnswer): ExitName {
  if (answer.status === 'stopped' && answer.why === 'signal') return 'interrupted'
  if (answer.status === 'finished' && answer.fileFailure !== undefined) return 'failed'
  return answer.status === 'finished' && answer.left.length > 0 ? 'finding' : exits[answer.status]
}

/** What came of the run, with its documents written. */
async function answered(io: Io, input: Input, plan: string, done: Execution): Promise<RunAnswer> {
  if (done.status === 'refused') return { plan, status: 'refused', because: done.because, approvals: done.approvals }
  if (done.status === 'stopped') return { plan, status: 'stopped', why: done.why, phase: done.phase }
  if (done.status === 'waiting') return { plan, status: 'waiting', destroyAt: done.destroyAt, scopes: done.scopes }
  const [certificateFile, saltFile] = [input.text('certificate'), input.text('saltOut')]
  const isCertified = done.certificate !== null
  let fileFailure: string | undefined
  try {
    // The salt first: a certificate without it would look finished.
    if (isCertified && saltFile !== undefined)
      await writeWhole(io, saltFile, '--salt-out', `${toHex(done.salt)}\n`, { replace: true, secret: true })
    if (isCertified && certificateFile !== undefined)
      await writeWhole(io, certificateFile, '--certificate', `${done.certificate}\n`, { replace: true })
  } catch (error) {
    // The records are gone by then: a disk that fails is no error that hides that, or the certificate.
    if (!isPhiError(error)) throw error
    fileFailure = error.code
  }
  const isWritten = isCertified && fileFailure === undefined
  return {
    plan,
    status: 'finished',
    disposed: done.disposed,
    skipped: done.skipped as Readonly<Record<string, number>>,
    left: done.left,
    certificate: done.certificate,
    certificateFile: isWritten ? (certificateFile ?? null) : null,
    saltFile: isWritten ? (saltFile ?? null) : null,
    ...(fileFailure === undefined ? {} : { fileFailure }),
  }
}

export const runCommand: CommandSpec = {
  path: ['retention', 'run'],
  summary: 'Carry out an approved plan, and certify it',
  about: `Deletes the rows of a plan that people approved, and signs a certificate of what was deleted. This cannot be undone: --confirm takes the hash of the plan, as "phi retention plan" printed it.

Each record is assessed again on the day, in the version in which it was planned. What is held, in conflict, changed or not known by now stays, and is listed. Holds, receipts and the progress of the run lie in the database, in the transaction that deletes: stop it anywhere and run the same command again, nothing is deleted twice, and the certificate has everything once.

Approvals given by --approved-by are what this command line says, and are worth as much as the control over who may type it; with --approver-keys only signed ones count (--approval, as approve() of @phi/retention makes them).

It deletes rows of mapped tables. It does not destroy keys, does not delete files or objects outside the database, and does not reach backups: --backups-until says when the last of them expires, and the certificate carries that day. What the certificate says of method and people is yours to state.`,
  operands: [{ name: 'plan', about: 'The plan, as phi retention plan wrote it.', kind: 'file' }],
  options: [
    ...scheduleOptions,
    ...momentOptions,
    { flags: '--confirm <hash>', about: 'The hash of the plan. Without it nothing is done.' },
    { flags: '--approved-by <name=role...>', about: 'Who approved it, in which role.', many: true },
    {
      flags: '--approval <file...>',
      about: 'JSON with an approval, signed or not.',
      kind: 'file',
      many: true,
    },
    {
      flags: '--approver-keys <file>',
      about: 'JSON with public keys of approvers: a list of { by, key }. Only signed approvals then count.',
      kind: 'file',
    },
    {
      flags: '--signer-from <variable>',
      about: 'Environment variable with the private JWK that signs the certificate.',
      required: true,
    },
    { flags: '--performed-by <name>', about: 'Who does the work, for the certificate.', required: true },
    { flags: '--validated-by <name>', about: 'Who else checked it. Default: nobody.' },
    {
      flags: '--backups-until <instant>',
      about: 'When the last backup expires that may hold the records; none where no backup does.',
      required: true,
    },
    {
      flags: '--category <category>',
      about: 'How thoroughly, in the words of NIST SP 800-88.',
      choices: ['clear', 'purge', 'destroy'],
      default: 'clear',
    },
    { flags: '--technique <words>', about: 'How.', default: 'row deletion' },
    { flags: '--certificate <file>', about: 'Write the certificate to this file.', kind: 'file' },
    {
      flags: '--salt-out <file>',
      about: 'Write the salt that opens the names of records in the certificate. A secret.',
      kind: 'file',
    },
    { flags: '--cancel', about: 'Leave what is left of a run that was begun, and certify what was done.' },
  ],
  examples: [
    {
      run: 'phi retention run plan.json --confirm 9f2c... --tenant clinic-a --zone America/New_York --approved-by "B. Officer=privacy-officer" --approved-by "C. Counsel=counsel" --signer-from RECORDS_KEY --performed-by "records job" --backups-until 2027-03-01T00:00:00Z --certificate certificate.jws',
      about: 'Delete what was approved by two people.',
    },
  ],
  exits: ['ok', 'finding', 'unknown', 'interrupted'],
  run: async (input, io) => {
    const today = await dayOf(io, input)
    const backupHorizon = horizonOf(input)
    const { execute, parsePlan } = await import('@phi/retention')
    const plan = parsePlan(await readJson(io, input.operands[0] ?? '', 'plan'))
    if (input.text('confirm') !== plan.id) {
      throw cliError('PHI_CLI_CONFIRM', { path: '--confirm', detail: 'it takes the hash of this very plan' })
    }
    const approvals = await approvalsOf(io, input, plan, today)
    const keyFile = input.text('approverKeys')
    const approverKeys = keyFile === undefined ? undefined : await readShape(io, keyFile, '--approver-keys', keysSchema)
    const signer = signerFrom(io, input.needed('signerFrom'))
    const validator = input.text('validatedBy')
    const bar = progress(io, 'records dealt with')
    const configured = await readConfig(io, input.text('config'))
    const work = async ({ db, tenant, tables, policy }: OnDatabase): Promise<RunAnswer> => {
      const { retentionStore } = await import('@phi/postgres')
      const options: ExecuteOptions = {
        policy,
        today,
        clock: io.clock,
        salt: randomBytes(32),
        signer,
        method: {
          category: (input.text('category') ?? 'clear') as 'clear',
          technique: input.text('technique') ?? 'row deletion',
        },
        performer: { name: input.needed('performedBy') },
        validator: validator === undefined ? null : { name: validator },
        backupHorizon,
        ...(approverKeys !== undefined && { approverKeys: approverKeys as readonly ApproverKey[] }),
        cancel: input.flag('cancel'),
        onProgress: ({ done, total }) => bar.at(done, total),
        signal: io.signal,
      }
      try {
        return await answered(
          io,
          input,
          plan.id,
          await execute(plan, approvals, retentionStore(db, { tenant, tables }), options),
        )
      } finally {
        await bar.end()
      }
    }
    const answer = await withPlaces(io, placesOf(input), () => onDatabase(io, input, configured, today, work))
    return { exit: exitOf(answer), json: answer, text: (paint, columns) => runText(answer, paint, columns) }
  },
}
