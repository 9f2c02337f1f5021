import type { ExportQuery } from '@phi/audit'
import type { OptionSpec } from '../../command.ts'
import { cliError } from '../../errors.ts'
import { flagOf, type Input } from '../../input.ts'
import { isDay, readInstant } from '../../when.ts'

/** What to look for. */
export const queryOptions: readonly OptionSpec[] = [
  { flags: '--patient <id>', about: 'Only entries about this patient.' },
  { flags: '--actor <id>', about: 'Only what this person, service or device did.' },
  { flags: '--resource <type[/id]>', about: 'Only entries about resources of this type, or about one of them.' },
  { flags: '--action <action>', about: 'Only this kind of event: read, export, disclose …' },
  { flags: '--outcome <outcome>', about: 'Only what ended so.', choices: ['success', 'failure', 'denied'] },
  { flags: '--from <time>', about: 'Only what happened at or after: 2026-11-22 (midnight UTC), or 2026-11-22T08:00:00Z.' },
  { flags: '--until <time>', about: 'Only what happened before.' },
]

const wrong = (name: string, takes: string) =>
  cliError('PHI_CLI_USAGE', { detail: `the option ${flagOf(name)} takes ${takes}` })

/** A day, which begins at midnight UTC, or a time. @throws PhiError PHI_CLI_USAGE */
function instantOf(input: Input, name: string): string | undefined {
  const given = input.text(name)
  if (given === undefined) return undefined
  const instant = isDay(given) ? `${given}T00:00:00.000Z` : readInstant(given)
  if (instant === undefined) throw wrong(name, 'a day (2026-11-22) or an instant (2026-11-22T08:00:00Z)')
  return instant
}

/** The query of the options; undefined where nothing is asked for. @throws PhiError PHI_CLI_USAGE */
export async function queryOf(input: Input): Promise<ExportQuery | undefined> {
  const { auditActions, auditOutcomes } = await import('@phi/audit')
  const [patient, actor, resource] = [input.text('patient'), input.text('actor'), input.text('resource')]
  const action = input.text('action')
  const known = auditActions.find((each) => each === action)
  if (action !== undefined && known === undefined) throw wrong('action', `one of ${auditActions.join(', ')}`)
  const outcome = auditOutcomes.find((each) => each === input.text('outcome'))
  const [from, until] = [instantOf(input, 'from'), instantOf(input, 'until')]
  const slash = resource?.indexOf('/') ?? -1
  const query: ExportQuery = {
    ...(patient === undefined ? {} : { patient }),
    ...(actor === undefined ? {} : { actor }),
    ...(resource === undefined
      ? {}
      : { resource: slash < 0 ? { type: resource } : { type: resource.slice(0, slash), id: resource.slice(slash + 1) } }),
    ...(known === undefined ? {} : { action: known }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
  }
  return Object.keys(query).length === 0 ? undefined : query
}
