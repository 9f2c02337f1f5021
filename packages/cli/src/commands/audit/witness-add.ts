import type { CommandSpec, Report } from '../../command.ts'
import { cliError } from '../../errors.ts'
import { pathOf, readText, writeWhole } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { amount } from '../../layout.ts'
import { isThere } from '../../write-out.ts'
import { parsedPolicy, vkeysOf } from './keys.ts'

async function run(input: Input, io: Io): Promise<Report> {
  const [path = ''] = input.operands
  const [vkey, ...others] = await vkeysOf(io, [input.needed('witness')], '--witness')
  if (vkey === undefined || others.length > 0) throw cliError('PHI_CLI_USAGE', { detail: 'the option --witness takes one key' })
  const { formatWitnessPolicy, witnessPolicy } = await import('@phi/audit/witness')
  const { mlDsa44Algorithms } = await import('@phi/audit/ml-dsa')
  const before = (await isThere(pathOf(io, path))) ? await parsedPolicy(await readText(io, path, '<policy>')) : undefined
  const asked = input.text('quorum')
  const url = input.text('url')
  const witnesses = [
    ...(before?.witnesses ?? []).map(({ name, vkey: key, url: at }) => ({
      name,
      vkey: key,
      ...(at === undefined ? {} : { url: at }),
    })),
    { name: input.needed('name'), vkey, ...(url === undefined ? {} : { url }) },
  ]
  const isCount = asked !== undefined && /^\d{1,3}$/.test(asked)
  if (asked === undefined && before === undefined)
    throw cliError('PHI_CLI_USAGE', { detail: 'a new policy needs --quorum: how many of its witnesses must have cosigned' })
  // A number of witnesses is a group of all of them in the file, and that group is made anew.
  const groups = (before?.groups ?? []).filter(({ name }) => !(isCount && name === before?.quorum))
  const policy = witnessPolicy(
    {
      logs: (before?.logs ?? []).map(({ vkey: key, url: at }) => ({ vkey: key, ...(at === undefined ? {} : { url: at }) })),
      witnesses,
      groups,
      quorum: isCount ? Number(asked) : (asked ?? (before?.quorum as string)),
    },
    { algorithms: mlDsa44Algorithms },
  )
  await writeWhole(io, path, '<policy>', formatWitnessPolicy(policy), { replace: before !== undefined })
  const { quorum } = policy
  const counts = before !== undefined && asked === undefined
  return {
    exit: 'ok',
    json: {
      witnesses: policy.witnesses.map(({ name, vkey: key, url: at }) => ({ name, vkey: key, url: at ?? null })),
      groups: policy.groups,
      quorum,
    },
    text: (paint) =>
      [
        `${paint.good('Written:')} a policy of ${amount(policy.witnesses.length, 'witness', 'witnesses')}; its quorum is ${quorum}.`,
        ...(counts ? ['The quorum is as it was: give --quorum where the new one shall count.'] : []),
      ].join('\n'),
  }
}

export const witnessAddCommand: CommandSpec = {
  path: ['witness', 'add'],
  summary: 'Add a witness to a policy',
  about: `Writes a witness into a C2SP tlog-policy, which says who must have cosigned a checkpoint before it counts; makes the file where it is not there.
The configuration names that file as audit.witnesses, and everybody who verifies passes it as --witnesses.

Choose a quorum so that two histories cannot both meet it: of witnesses that are not in league with the log, more than half. Comments in the
file are not kept.`,
  operands: [{ name: 'policy', about: 'The file with the policy.', kind: 'file' }],
  options: [
    { flags: '--name <name>', about: 'What groups and the quorum call the witness.', required: true },
    { flags: '--witness <vkey>', about: 'Its public key, or a file with it.', required: true, kind: 'file' },
    {
      flags: '--url <url>',
      about: 'Where it is asked, add-checkpoint left off. Without it, it cannot be asked and only be looked for.',
    },
    { flags: '--quorum <quorum>', about: 'How many of all witnesses must have cosigned; or the name of one, or of a group.' },
  ],
  examples: [
    {
      run: 'phi witness add witnesses.policy --name w1 --witness w1.vkey --url https://witness.example --quorum 1',
      about: 'A first witness',
    },
  ],
  exits: ['ok'],
  run,
}
