import type { Exporter } from '@phi/audit'
import { actorTypes, isPurposeOfUse } from '@phi/core'
import type { OptionSpec } from '../../command.ts'
import { cliError } from '../../errors.ts'
import type { Input } from '../../input.ts'
import { version } from '../../version.ts'

/** On whose behalf data is handed over: the options of every command that does so. The log records it. */
export const byOptions: readonly OptionSpec[] = [
  { flags: '--by <actor>', about: 'On whose behalf: the id under which this person acts in the log. Needed, and recorded.' },
  { flags: '--by-type <type>', about: 'What kind of actor that is.', choices: actorTypes, default: 'workforce' },
  { flags: '--by-role <role...>', about: 'A role in which they act.' },
  { flags: '--purpose <code>', about: 'What for: a code of HL7 v3 PurposeOfUse, such as HOPERAT, PATRQT or HLEGAL.' },
  { flags: '--reason <text>', about: 'Why, in words. It is recorded in the log, and read by whoever may read that.' },
]

/** @throws PhiError PHI_CLI_USAGE */
export function exporterOf(input: Input): Exporter {
  const id = input.needed('by')
  const type = actorTypes.find((each) => each === input.text('byType')) ?? 'workforce'
  const roles = input.all('byRole')
  const purpose = input.text('purpose')
  const reason = input.text('reason')
  if (purpose !== undefined && !isPurposeOfUse(purpose))
    throw cliError('PHI_CLI_USAGE', { detail: 'the option --purpose takes a code of HL7 v3 PurposeOfUse' })
  return {
    actor: { id, type, ...(roles.length === 0 ? {} : { roles: [...roles] }) },
    source: { userAgent: `phi/${version}` },
    ...(purpose === undefined && reason === undefined
      ? {}
      : { context: { ...(purpose === undefined ? {} : { purpose }), ...(reason === undefined ? {} : { reason }) } }),
  }
}
