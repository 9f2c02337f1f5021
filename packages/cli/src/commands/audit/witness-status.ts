import { fromUtf8, isPhiError, sha256, toBase64, toHex, utf8 } from '@phi/core'
import type { CommandSpec, Report } from '../../command.ts'
import { cliError } from '../../errors.ts'
import { writeWhole } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { aligned, amount, counted, span } from '../../layout.ts'
import { verifierOf, vkeysOf } from './keys.ts'

const TIMEOUT_MS = 10_000
const HOUR_MS = 3_600_000
/** By so much clocks may differ. A cosignature of next year would otherwise be fresh for a year. */
const MAX_SKEW_MS = 300_000

/** The longest note that is read. */
const MAX_BYTES = 1_000_000

const unreachable = (detail: string, cause?: unknown) =>
  cliError('PHI_CLI_CONNECT', { path: '<url>', detail, ...(cause === undefined ? {} : { cause }) })

/** What a witness publishes of a log. @returns undefined where it has cosigned nothing of it */
async function checkpointAt(io: Io, base: string, origin: string): Promise<string | undefined> {
  let url: URL
  try {
    url = new URL(`${base.replace(/\/$/, '')}/${toHex(sha256(utf8(origin)))}/checkpoint`)
  } catch {
    throw cliError('PHI_CLI_USAGE', { detail: 'the operand <url> takes an address such as https://witness.example' })
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw cliError('PHI_CLI_USAGE', { detail: 'the operand <url> takes an address such as https://witness.example' })
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    const response = await fetch(url, { redirect: 'error', signal })
    if (response.status === 404) {
      await response.body?.cancel()
      return undefined
    }
    if (response.status !== 200) {
      await response.body?.cancel()
      throw unreachable('the witness did not answer with a checkpoint')
    }
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      size += part.length
      if (size > MAX_BYTES) throw unreachable('its answer is too long')
      parts.push(part)
    }
    return fromUtf8(Buffer.concat(parts))
  } catch (error) {
    io.signal.throwIfAborted()
    throw isPhiError(error) && error.code.startsWith('PHI_CLI_') ? error : unreachable('the witness did not answer', error)
  }
}

async function run(input: Input, io: Io): Promise<Report> {
  const [base = ''] = input.operands
  const logKeys = await vkeysOf(io, [input.needed('log')], '--log')
  const [witnessKey = '', ...others] = await vkeysOf(io, [input.needed('witness')], '--witness')
  if (others.length > 0) throw cliError('PHI_CLI_USAGE', { detail: 'the option --witness takes one key' })
  const maxAge = input.whole('maxAge', { least: 1, most: 1_000_000 })
  const { cosignaturesOf, cosignatureVerifier, openNote, parseCheckpoint, parseNote, parseVkey } = await import(
    '@phi/audit/note'
  )
  const { mlDsa44Algorithms } = await import('@phi/audit/ml-dsa')
  const origins = new Set(logKeys.map((vkey) => parseVkey(vkey).name))
  const [origin = ''] = origins
  if (origins.size !== 1) throw cliError('PHI_CLI_USAGE', { detail: 'the option --log takes the keys of one log' })
  const verifiers = await Promise.all(logKeys.map(verifierOf))
  const { verifierFromVkey } = await import('@phi/audit/note')
  const cosigner = cosignatureVerifier(witnessKey, { algorithms: mlDsa44Algorithms })
  const note = await checkpointAt(io, base, origin)
  if (note === undefined)
    return {
      exit: 'unknown',
      json: { origin, witness: cosigner.name, status: 'nothing' },
      text: (paint) => paint.warn(`${cosigner.name} has cosigned nothing of this log, or does not know it.`),
    }
  const wrong = (why: string): Report => ({
    exit: 'finding',
    json: { origin, witness: cosigner.name, status: 'wrong', why },
    text: (paint) => `${paint.bad('Wrong:')} ${why}`,
  })
  let size: number
  let root: string
  let time: number | undefined
  try {
    const parsed = parseNote(note)
    const checkpoint = parseCheckpoint(parsed.text)
    if (checkpoint.origin !== origin) return wrong('what the witness publishes is of another log.')
    openNote(
      note,
      verifiers.map((each) => (typeof each === 'string' ? verifierFromVkey(each) : each)),
    )
    size = checkpoint.size
    root = toBase64(checkpoint.root)
    time = cosignaturesOf(parsed, [cosigner]).find(({ valid }) => valid)?.time
  } catch (error) {
    if (!isPhiError(error)) throw error
    return wrong('what the witness publishes is no checkpoint that the log has signed.')
  }
  if (time !== undefined && time > io.clock() + MAX_SKEW_MS)
    return wrong('its cosignature is from a time that has not come: one of the clocks is wrong.')
  if (time === undefined) return wrong('the checkpoint that the witness publishes does not bear its own cosignature.')
  const out = input.text('out')
  if (out !== undefined) await writeWhole(io, out, '--out', note, { replace: input.flag('replace') })
  const age = io.clock() - time
  const isOld = maxAge !== undefined && age > maxAge * HOUR_MS
  const at = new Date(time).toISOString()
  return {
    exit: isOld ? 'finding' : 'ok',
    json: { origin, witness: cosigner.name, status: isOld ? 'old' : 'cosigned', size, root, at, ageMs: age },
    text: (paint) =>
      [
        isOld
          ? paint.bad(`Old: ${cosigner.name} last cosigned ${span(Math.max(0, age))} ago.`)
          : paint.good(`${cosigner.name} has cosigned ${amount(size, 'entry', 'entries')}.`),
        '',
        aligned([
          [paint.dim('log'), origin],
          [paint.dim('size'), counted(size)],
          [paint.dim('root'), root],
          [paint.dim('cosigned'), `${at}, ${span(Math.max(0, age))} ago`],
        ]),
      ].join('\n'),
  }
}

export const witnessStatusCommand: CommandSpec = {
  path: ['witness', 'status'],
  summary: 'Ask a witness what it has cosigned of a log',
  about: `Fetches the latest checkpoint that a witness publishes of a log, and checks the log's signature and the witness's cosignature. --out keeps it:
give it to phi audit verify --trusted, which holds the log against it.

A witness that was never asked has nothing; the answer is then unknown. That it answers says nothing about the log.`,
  operands: [{ name: 'url', about: 'The address of the witness, add-checkpoint left off.' }],
  options: [
    { flags: '--log <vkey>', about: 'Public key of the log, or a file with its keys.', required: true, kind: 'file' },
    { flags: '--witness <vkey>', about: 'Public key of the witness, or a file with it.', required: true, kind: 'file' },
    { flags: '--max-age <hours>', about: 'How old its cosignature may be.' },
    { flags: '--out <file>', about: 'Where to keep the checkpoint.', kind: 'file' },
    { flags: '--replace', about: 'Write over a file that is there.' },
  ],
  examples: [
    {
      run: 'phi witness status https://witness.example --log log.vkey --witness w1.vkey --max-age 24 --out checkpoint.txt',
      about: 'For monitoring, and to keep the checkpoint',
    },
  ],
  exits: ['ok', 'finding', 'unknown'],
  run,
}
