import type { GroupName } from '@phi/audit'
import type { CommandSpec, Report } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { cliError } from '../../errors.ts'
import { writeWhole } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { amount, wrapped } from '../../layout.ts'
import { visibleJson } from '../../visible.ts'
import { assertFree } from '../../write-out.ts'
import { byOptions, exporterOf } from './by.ts'
import { logOptions, type OpenLog, signerOptions, withLog } from './log.ts'

/** At most so many entries in one bundle: its whole text is held in memory, by who writes and who reads it. */
const MOST_INDICES = 10_000

/** `17`, `20-29`: entries by their numbers. @throws PhiError PHI_CLI_USAGE */
function indicesOf(operands: readonly string[]): readonly number[] {
  const indices = new Set<number>()
  for (const operand of operands) {
    const [, first = '', last = first] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(operand) ?? []
    const [from, to] = [Number(first), Number(last)]
    if (first === '' || to < from)
      throw cliError('PHI_CLI_USAGE', { detail: 'entries are named by number (17), or as a range (20-29)' })
    if (indices.size + to - from >= MOST_INDICES)
      throw cliError('PHI_CLI_USAGE', { detail: `at most ${MOST_INDICES} entries go into one bundle` })
    for (let index = from; index <= to; index++) indices.add(index)
  }
  return [...indices]
}

/** @throws PhiError PHI_CLI_USAGE */
async function groupsOf(input: Input): Promise<readonly GroupName[] | undefined> {
  const { groupNames } = await import('@phi/audit')
  const given = input.text('disclose')
  if (given === undefined) return undefined
  if (given === 'none') return []
  const names = given.split(',').map((name) => groupNames.find((each) => each === name))
  if (names.some((name) => name === undefined))
    throw cliError('PHI_CLI_USAGE', {
      detail: `the option --disclose takes none, or some of ${groupNames.join(', ')} with commas between`,
    })
  return names as GroupName[]
}

async function prove(input: Input, io: Io): Promise<Report> {
  const indices = indicesOf(input.operands)
  const isProof = input.text('as') === 'tlog-proof'
  const out = input.text('out')
  await assertFree(io, out, '--out', input.flag('replace'))
  await assertFree(io, input.text('leafOut'), '--leaf-out', input.flag('replace'))
  const configured = await readConfig(io, input.text('config'))
  if (isProof) {
    if (input.has('disclose'))
      throw cliError('PHI_CLI_USAGE', { detail: 'a tlog-proof discloses nothing of an entry; leave --disclose out' })
    const [index] = indices
    if (indices.length !== 1 || index === undefined)
      throw cliError('PHI_CLI_USAGE', { detail: 'a tlog-proof is about one entry' })
    return withLog(io, input, configured, { needsSigner: true }, (open) => proofOf(io, input, open, index, out))
  }
  if (input.has('leafOut')) throw cliError('PHI_CLI_USAGE', { detail: 'a bundle holds the entries; leave --leaf-out out' })
  const by = exporterOf(input)
  const disclose = await groupsOf(input)
  return withLog(io, input, configured, { needsSigner: true }, async ({ log }) => {
    const bundle = await log.evidence({ indices, ...(disclose === undefined ? {} : { disclose }), by })
    const text = `${JSON.stringify(bundle, null, 2)}\n`
    if (out === undefined) {
      await io.stdout.write(visibleJson(text))
      return { exit: 'ok', json: bundle, text: () => '', isWritten: true }
    }
    // Only for its owner: what is disclosed of an entry can say whom it is about.
    await writeWhole(io, out, '--out', text, { replace: input.flag('replace'), secret: true })
    const entries = bundle.entries.length
    return {
      exit: 'ok',
      json: { written: 'bundle', entries, disclosed: disclose ?? 'all', vkey: log.vkey },
      text: (paint, columns) =>
        [
          `${paint.good('Written:')} evidence of ${amount(entries, 'entry', 'entries')}, and the log records who asked for it.`,
          '',
          wrapped(
            'Whoever has the public key below, from you and not from the file, can check it with: phi audit verify <file> --key <vkey>',
            columns,
          ),
          `  ${log.vkey}`,
        ].join('\n'),
    }
  })
}

/** The path of one entry to a signed checkpoint, and the leaf it is about. Neither holds a text of the entry. */
async function proofOf(
  io: Io,
  input: Input,
  { log, store, key }: OpenLog,
  index: number,
  out: string | undefined,
): Promise<Report> {
  const text = await log.tlogProof(index)
  const leafOut = input.text('leafOut')
  if (leafOut !== undefined) {
    let leaf: string | undefined
    for await (const [entry] of store.read(key, { from: index, to: index + 1 })) leaf = entry?.leaf
    if (leaf === undefined)
      throw cliError('PHI_CLI_FILE_CONTENT', { path: '--leaf-out', detail: 'the log does not have the entry' })
    await writeWhole(io, leafOut, '--leaf-out', leaf, { replace: input.flag('replace') })
  }
  if (out === undefined) {
    await io.stdout.write(text)
    return { exit: 'ok', json: { proof: text }, text: () => '', isWritten: true }
  }
  await writeWhole(io, out, '--out', text, { replace: input.flag('replace') })
  return {
    exit: 'ok',
    json: { written: 'tlog-proof', index, vkey: log.vkey },
    text: (paint) =>
      `${paint.good('Written:')} a proof that the log holds entry ${index}. It says nothing of what the entry is.\n\n  ${log.vkey}`,
  }
}

export const proveCommand: CommandSpec = {
  path: ['audit', 'prove'],
  summary: 'Make evidence of some entries, for somebody who trusts nobody',
  about: `Writes a bundle of evidence: the entries, a signed checkpoint, and a proof for each that the signed log holds it. Whoever has the log's
public key checks it offline, with phi audit verify or any other tool for the format.

Groups that are not named by --disclose are withheld; the proofs hold without them. Of an entry that is about several patients, withhold the
subject, or say that it may be shown. Handing evidence over is an event of its own: it is recorded first, under --by.

With --as tlog-proof it writes the proof of one entry in the C2SP format, in which nothing of the entry is. --leaf-out writes the leaf beside
it, which is a line of hashes: a verifier needs both.

It needs the signing key of the log, since a fresh checkpoint is signed. It says nothing about entries that are left out.`,
  operands: [{ name: 'entry', about: 'Numbers of entries, or ranges of them: 17 20-29', many: true }],
  options: [
    { flags: '--as <format>', about: 'What to write.', choices: ['bundle', 'tlog-proof'], default: 'bundle' },
    {
      flags: '--disclose <groups>',
      about: 'Groups to show, with commas between: event,actor,source,subject,context; or none. Default: all.',
    },
    { flags: '--out <file>', about: 'Where to. Default: standard output.', kind: 'file' },
    { flags: '--leaf-out <file>', about: 'With tlog-proof: where to write the leaf.', kind: 'file' },
    { flags: '--replace', about: 'Write over a file that is there.' },
    ...byOptions,
    ...signerOptions,
    ...logOptions,
  ],
  examples: [
    {
      run: 'phi audit prove 17 20-29 --by u-2 --purpose HLEGAL --out evidence.phi-audit.json',
      about: 'Eleven entries for a court',
    },
    {
      run: 'phi audit prove 17 --disclose event,actor --by u-2 --out evidence.phi-audit.json',
      about: 'Who did what, without whom it was about',
    },
    {
      run: 'phi audit prove 17 --as tlog-proof --leaf-out 17.leaf --out 17.tlog-proof',
      about: 'That the log holds an entry, and nothing of what it says',
    },
  ],
  exits: ['ok'],
  run: prove,
}
