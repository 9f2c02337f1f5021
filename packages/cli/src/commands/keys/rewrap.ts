import type { RewrapResult } from '@phi/envelope'
import type { CommandSpec, Report } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { databaseOptions, withDatabase } from '../../database.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { withKeyring } from '../../keyring.ts'
import { aligned, amount, wrapped } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { progress } from '../../progress.ts'
import { exitWith, type RecordedAnswer, recordedLine, recordedOf, recordOptions, withRecorder } from './record.ts'
import { scopeOf, scopeOptions } from './scope.ts'

/** What `phi keys rewrap --json` prints. */
export interface KeysRewrapAnswer extends RewrapResult, RecordedAnswer {
  readonly interrupted: boolean
}

async function run(input: Input, io: Io): Promise<Report> {
  const configured = await readConfig(io, input.text('config'))
  const only = scopeOf(input, configured.config)
  const after = input.text('after')
  return withDatabase(io, input, configured, (db) =>
    withRecorder(io, input, configured, db, (recorder) => {
      const use = { ...(only === undefined ? {} : { only }), allowInsecure: input.flag('allowInsecure') }
      return withKeyring(io, configured, db, use, async ({ keyring }) => {
        const bar = progress(io, 'keys looked at')
        let result: RewrapResult
        try {
          result = await keyring.rewrap({
            signal: io.signal,
            onProgress: ({ rewrapped, current, failed }) => bar.at(rewrapped + current + failed.length),
            ...(only === undefined ? {} : { tenant: only }),
            ...(after === undefined ? {} : { after }),
          })
        } finally {
          await bar.end()
        }
        const { rewrapped, current, failed, remaining } = result
        if (rewrapped > 0 || failed.length > 0) {
          await recorder.after({
            action: 'key-rotate',
            outcome: failed.length > 0 ? 'failure' : 'success',
            resource: { type: 'DataKeys', id: only ?? 'all' },
            details: { step: 'rewrap', rewrapped, current, failed: failed.length, remaining },
          })
        }
        const interrupted = io.signal.aborted && remaining > failed.length
        const answer: KeysRewrapAnswer = { ...result, interrupted, ...recordedOf(recorder) }
        return {
          exit: exitWith(recorder, interrupted ? 'interrupted' : remaining > 0 ? 'finding' : 'ok'),
          json: answer,
          text: (paint, columns) => text(answer, after !== undefined, recordedLine(recorder, columns), paint, columns),
        }
      })
    }),
  )
}

function text(answer: KeysRewrapAnswer, isPart: boolean, recorded: string, paint: Paint, columns: number): string {
  const { rewrapped, current, failed, remaining, interrupted, after } = answer
  const done = `${amount(rewrapped, 'key')} wrapped anew, ${current} ${current === 1 ? 'was' : 'were'} under the current KEK already.`
  const parts = [
    remaining === 0
      ? paint.good(
          wrapped(
            rewrapped + current === 0 ? 'There are no keys to wrap.' : `Every key is under the current KEK: ${done}`,
            columns,
          ),
        )
      : (interrupted ? paint.warn : paint.bad)(
          wrapped(
            `${amount(remaining, 'key')} ${remaining === 1 ? 'is' : 'are'} still under another KEK, or nobody knows: ${done}`,
            columns,
          ),
        ),
  ]
  if (failed.length > 0)
    parts.push(aligned([['KEY', 'WHY NOT'].map(paint.dim), ...failed.map(({ keyId, code }) => [keyId, code])]))
  if (interrupted)
    parts.push(
      wrapped(
        `Stopped. What was wrapped stays. Go on with --after ${after ?? '00000000'}, or from the beginning: what is done is only counted.`,
        columns,
      ),
    )
  if (rewrapped > 0 || failed.length > 0) parts.push(recorded)
  if (remaining === 0 && (rewrapped > 0 || isPart)) {
    parts.push(
      wrapped(
        isPart
          ? 'Only the keys behind --after were looked at: an old KEK may go when a whole run says 0.'
          : 'Backups of the key store still hold keys under the former KEK. Keep it until they expire, or until their loss is meant.',
        columns,
      ),
    )
  }
  return parts.join('\n\n')
}

export const keysRewrap: CommandSpec = {
  path: ['keys', 'rewrap'],
  summary: 'Wrap the data keys under the current key-encryption key',
  about: [
    'After the key-encryption key was rotated, or when keys move from one KMS to another: unwraps each data key and wraps it under the KEK that is current now. The data keys, and all that they sealed, stay as they are.',
    'It needs the KMS that wrapped before as well: as formerKeksFrom or formerKms in the configuration. It can be stopped and run again at any time. A key that cannot be done is reported, and keeps no other from going on.',
    'Keys that wait for their destruction stay under the KEK that shall end with them.',
  ].join('\n\n'),
  options: [
    ...scopeOptions,
    { flags: '--after <key>', about: 'Go on behind this key: 8 hexadecimal digits, as a stopped run says.' },
    ...recordOptions,
    ...databaseOptions,
  ],
  examples: [
    { run: 'phi keys rewrap --all', about: 'After a rotation of the KEK.' },
    { run: 'phi keys rewrap --tenant clinic-a --json', about: 'One tenant, for a program.' },
  ],
  exits: ['ok', 'finding', 'interrupted'],
  run,
}
