import type { Destruction, DestructionCertificate, DestructionRule } from '@phi/envelope'
import type { CommandSpec, Report } from '../../command.ts'
import { type Configured, readConfig } from '../../config.ts'
import { databaseOptions, withDatabase } from '../../database.ts'
import { cliError } from '../../errors.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { type OpenKeyring, withKeyring } from '../../keyring.ts'
import { aligned, amount, wrapped } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { withPlaces } from '../../places.ts'
import { readInstant } from '../../when.ts'
import { certificateSigner } from './certificate-signer.ts'
import { type EvidenceFiles, placesOf, writeEvidence } from './evidence.ts'
import {
  exitWith,
  type RecordedAnswer,
  type Recorder,
  recordedLine,
  recordedOf,
  recordOptions,
  withRecorder,
} from './record.ts'
import { oneTenant, SUBJECT_OPTION, subjectOf } from './scope.ts'

const rules = ['baa-termination', 'disposal'] as const

/** What `phi keys destroy --json` prints. */
export type KeysDestroyAnswer = RecordedAnswer &
  (
    | {
        readonly status: 'destroyed'
        /** What the certificate says. The certificate itself is in the file. */
        readonly document: DestructionCertificate
        readonly stays: readonly string[]
        /** Why the certificate is not in its file, as the code of an error. The same command again makes another. */
        readonly fileFailure?: string
      }
    | {
        readonly status: 'destruction-scheduled'
        readonly destroyAt: string | null
        readonly keks: readonly {
          readonly kms: string
          readonly kek: string
          readonly state: string
          readonly destroyAt: string | null
        }[]
        readonly keys: number
      }
  )

async function ruleOf(input: Input): Promise<DestructionRule> {
  const { destructionRules } = await import('@phi/envelope')
  return input.text('rule') === 'disposal' ? destructionRules.disposal : destructionRules.baaTermination
}

interface Asked extends EvidenceFiles {
  readonly tenant: string
  readonly subject: string | undefined
  readonly approver: string
  readonly backupHorizon: string
  readonly kek: 'keep' | 'destroy'
  readonly alsoKeks: readonly string[]
  readonly reference: string | undefined
}

async function readAsked(io: Io, input: Input, { config }: Configured): Promise<Asked> {
  const tenant = oneTenant(input, config)
  // Before a file is read or a database opened: somebody who is not sure has touched nothing.
  // Who forgets to name the patient must not destroy the whole tenant by the same words.
  const isWhole = !input.has('subjectFile')
  if (input.text('confirm') !== (isWhole ? `all-of:${tenant}` : tenant)) {
    const detail = isWhole
      ? 'for all keys of a tenant it has to be all-of: and the id of the tenant'
      : 'for the keys of one patient it has to be the id of the tenant, typed again'
    throw cliError('PHI_CLI_CONFIRM', { path: '--confirm', detail })
  }
  const backupHorizon = readInstant(input.needed('backupsUntil'))
  if (backupHorizon === undefined)
    throw cliError('PHI_CLI_USAGE', { detail: 'the option --backups-until takes an instant, 2027-03-01T00:00:00Z' })
  const subject = await subjectOf(io, input)
  const salt = input.text('saltOut')
  if ((subject === undefined) !== (salt === undefined))
    throw cliError('PHI_CLI_USAGE', { detail: 'the options --subject-file and --salt-out go together' })
  return {
    tenant,
    subject,
    salt,
    backupHorizon,
    certificate: input.needed('certificate'),
    approver: input.needed('approver'),
    kek: input.text('kek') === 'destroy' ? 'destroy' : 'keep',
    alsoKeks: input.all('alsoKek'),
    reference: input.text('reference'),
  }
}

async function destroyWith(
  io: Io,
  input: Input,
  configured: Configured,
  asked: Asked,
  { keyring }: OpenKeyring,
  recorder: Recorder,
): Promise<{ readonly destruction: Destruction; readonly fileFailure: string | undefined }> {
  const resource = { type: 'DataKeys', id: asked.tenant }
  const details = { of: asked.subject === undefined ? 'tenant' : 'subject', kek: asked.kek, approver: asked.approver }
  const signer = certificateSigner(io, input, configured)
  const rule = await ruleOf(input)
  io.signal.throwIfAborted()
  // First the record that it begins: what cannot be undone is not done unseen.
  await recorder.before({ action: 'key-destroy', outcome: 'success', resource, details: { ...details, step: 'begun' } })
  let destruction: Destruction
  try {
    destruction = await keyring.destroy({
      tenant: asked.tenant,
      approver: asked.approver,
      rule,
      backupHorizon: asked.backupHorizon,
      kek: asked.kek,
      signer,
      ...(asked.subject === undefined ? {} : { subject: asked.subject }),
      ...(asked.alsoKeks.length === 0 ? {} : { alsoKeks: asked.alsoKeks }),
      ...(asked.reference === undefined ? {} : { reference: asked.reference }),
    })
  } catch (error) {
    const code = String((error as { code?: unknown }).code ?? 'unknown').slice(0, 64)
    await recorder.after({ action: 'key-destroy', outcome: 'failure', resource, details: { ...details, step: 'failed', code } })
    throw error
  }
  const fileFailure = await writeEvidence(io, asked, destruction)
  await recorder.after({
    action: 'key-destroy',
    outcome: 'success',
    resource,
    details: { ...details, step: destruction.status },
  })
  return { destruction, fileFailure }
}

async function run(input: Input, io: Io): Promise<Report> {
  const configured = await readConfig(io, input.text('config'))
  const asked = await readAsked(io, input, configured)
  return withDatabase(io, input, configured, (db) =>
    withRecorder(io, input, configured, db, (recorder) =>
      // Not only this tenant's keys: that a KEK is nobody else's is seen by a walk over all of them.
      withKeyring(io, configured, db, { allowInsecure: input.flag('allowInsecure') }, (keys) =>
        withPlaces(io, placesOf(asked), async () => {
          const { destruction, fileFailure } = await destroyWith(io, input, configured, asked, keys, recorder)
          return report(destruction, fileFailure, asked, keys.tombstonesApart, recorder)
        }),
      ),
    ),
  )
}

/** What a destruction does not reach, in sentences: an operator has to see to the rest. */
function whatStays(document: DestructionCertificate, tombstonesApart: boolean): readonly string[] {
  const { method, backupHorizon, cachesEmptyBy, scope } = document
  return [
    ...(method === 'wrapped-key-erased'
      ? [`Backups of the key store hold the wrapped keys, and the KEK opens them: until ${backupHorizon}, as you declared.`]
      : []),
    `Running services can hold unwrapped keys in memory until ${cachesEmptyBy}.`,
    'The database keeps old versions of the rows until it is vacuumed: run vacuum phi.data_key. Its write-ahead log keeps them longer.',
    ...(scope === 'subject'
      ? ['Index terms and deterministic values of this patient are under the keys of the tenant: null them.']
      : []),
    ...(tombstonesApart
      ? []
      : [
          'The tombstones lie in the same database as the keys, and a restore takes them away. Keep the certificate: restoreGuard of @phi/envelope reads it.',
        ]),
    'What was never sealed, or was copied out of the system, is not reached by keys.',
  ]
}

function report(
  destruction: Destruction,
  fileFailure: string | undefined,
  asked: Asked,
  tombstonesApart: boolean,
  recorder: Recorder,
): Report {
  if (destruction.status === 'destroyed') {
    const stays = whatStays(destruction.document, tombstonesApart)
    const answer: KeysDestroyAnswer = {
      status: 'destroyed',
      document: destruction.document,
      stays,
      ...(fileFailure === undefined ? {} : { fileFailure }),
      ...recordedOf(recorder),
    }
    return {
      exit: fileFailure === undefined ? exitWith(recorder, 'ok') : 'failed',
      json: answer,
      text: (paint, columns) => destroyedText(answer, asked, recorder, paint, columns),
    }
  }
  const { destroyAt, keks, keys } = destruction
  const answer: KeysDestroyAnswer = {
    status: 'destruction-scheduled',
    destroyAt,
    keks: keks.map(({ kms, kek, state, destroyAt: at }) => ({ kms, kek, state, destroyAt: at })),
    keys: keys.length,
    ...recordedOf(recorder),
  }
  return {
    exit: exitWith(recorder, 'finding'),
    json: answer,
    text: (paint, columns) =>
      [
        paint.bad(
          wrapped(
            `Not destroyed yet: the KMS holds the KEK back ${destroyAt === null ? 'and does not say until when' : `until ${destroyAt}`}.`,
            columns,
          ),
        ),
        wrapped(
          `${amount(keys.length, 'key')} of ${asked.tenant} ${keys.length === 1 ? 'does' : 'do'} nothing any more. No certificate was written. Run the same command again when the time is over; until then the KMS can still call it off.`,
          columns,
        ),
        recordedLine(recorder, columns),
      ].join('\n\n'),
  }
}

function destroyedText(
  { document, stays, fileFailure }: KeysDestroyAnswer & { readonly status: 'destroyed' },
  asked: Asked,
  recorder: Recorder,
  paint: Paint,
  columns: number,
): string {
  const { keys, scope, method, destroyedAt, effectiveAt, approver } = document
  const whose = scope === 'subject' ? `one patient of ${asked.tenant}` : asked.tenant
  return [
    paint.good(wrapped(`The keys of ${whose} are destroyed: ${amount(keys.length, 'key')}.`, columns)),
    aligned([
      ['method', method === 'kek-destroyed' ? 'the KMS destroyed the KEK' : 'the wrapped keys were erased, the KEK is kept'],
      ['destroyed at', destroyedAt],
      ['nothing opens from', effectiveAt],
      ['approved by', approver],
      ['certificate', fileFailure === undefined ? asked.certificate : 'not written'],
      ...(asked.salt === undefined || fileFailure !== undefined
        ? []
        : [['salt', `${asked.salt} (keep it apart from the certificate)`]]),
    ]),
    ...(fileFailure === undefined
      ? []
      : [
          paint.bad(
            wrapped(
              `The certificate could not be written (${fileFailure}). Run the same command again: it certifies anew.`,
              columns,
            ),
          ),
        ]),
    ['What this does not reach:', ...stays.map((line) => wrapped(line, columns, 2).replace(/^ {2}/, '- '))].join('\n'),
    recordedLine(recorder, columns),
  ].join('\n\n')
}

export const keysDestroy: CommandSpec = {
  path: ['keys', 'destroy'],
  summary: 'Destroy the keys of a tenant or a patient, for good, and certify it',
  about: [
    'Crypto-shredding: what the keys sealed stays where it is, and nobody can open it any more. The keys are stopped, the KEK is destroyed in the KMS where --kek destroy asks for it, tombstones are laid, the wrapped keys are erased, the store is read again, and only then a certificate is signed. There is no way back. Cut off anywhere, run the same command again.',
    'With one KEK for all tenants, copies of the wrapped keys in backups open until those expire: --backups-until says when, and the certificate names it. A tenant with a KEK of its own (envelope.keks in the configuration) can be destroyed in its backups as well, with --kek destroy. Name the KEKs that wrapped these keys before a rewrap with --also-kek.',
    'It says what it does not reach. It helps you meet 45 CFR 164.504(e)(2)(ii)(J) and 164.310(d)(2)(i), and does not decide which of them applies. The login needs phi_custodian.',
  ].join('\n\n'),
  options: [
    { flags: '--tenant <id>', about: 'Whose keys. Default: the tenant of the configuration.' },
    SUBJECT_OPTION,
    { flags: '--confirm <id>', about: 'The id of the tenant, typed again. For all of its keys: all-of:<id>.' },
    { flags: '--approver <name>', about: 'Who approved it. Stands in the certificate.', required: true },
    {
      flags: '--backups-until <instant>',
      about: 'When the last backup of the key store expires: 2027-03-01T00:00:00Z.',
      required: true,
    },
    {
      flags: '--certificate <file>',
      about: 'Where the signed certificate is written. It must not exist.',
      kind: 'file',
      required: true,
    },
    {
      flags: '--salt-out <file>',
      about: 'With --subject-file: where the salt is written that tells whose keys the certificate is about. Keep it apart.',
      kind: 'file',
    },
    {
      flags: '--certificate-signer-from <variable>',
      about: 'Environment variable with the private JWK that signs. Default: that of the configuration.',
    },
    { flags: '--rule <rule>', about: 'Why.', choices: rules, default: 'baa-termination' },
    { flags: '--kek <what>', about: 'What becomes of the KEK.', choices: ['keep', 'destroy'], default: 'keep' },
    { flags: '--also-kek <name...>', about: 'A further KEK to destroy.' },
    {
      flags: '--reference <text>',
      about: 'The number of the agreement or the request. Stands in the certificate; no patient’s id.',
    },
    ...recordOptions,
    ...databaseOptions,
  ],
  examples: [
    {
      run: 'phi keys destroy --tenant clinic-a --confirm all-of:clinic-a --approver "Privacy officer" --backups-until 2027-03-01T00:00:00Z --certificate clinic-a.jws',
      about: 'At the end of an agreement.',
    },
    {
      run: 'phi keys destroy --tenant clinic-a --confirm clinic-a --subject-file - --salt-out p.salt --approver "Privacy officer" --backups-until 2027-03-01T00:00:00Z --certificate p.jws',
      about: 'One patient, whose id comes over standard input.',
    },
  ],
  exits: ['ok', 'finding'],
  run,
}
