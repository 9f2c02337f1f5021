import type { DoctorFinding, DoctorFindingCode, DoctorOptions, DoctorReport } from '@phi/postgres'
import type { CommandSpec, Report } from '../../command.ts'
import { type Config, readConfig } from '../../config.ts'
import { databaseOptions, withDatabase } from '../../database.ts'
import { cliError } from '../../errors.ts'
import type { ExitName } from '../../exit-codes.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { wrapped } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import type { SarifRun } from '../../sarif.ts'

const lists = ['admins', 'app', 'auditor', 'retention', 'custodian', 'forwarder', 'replication'] as const

/** `durability-off:fsync` @throws PhiError PHI_CLI_USAGE */
function accepted(
  given: readonly { readonly code: string; readonly object: string }[],
  kinds: object,
): { readonly code: DoctorFindingCode; readonly object: string }[] {
  return given.map(({ code, object }) => {
    if (!Object.hasOwn(kinds, code) || object === '')
      throw cliError('PHI_CLI_USAGE', {
        detail: 'what is accepted is the code of a finding and an object: durability-off:fsync',
      })
    return { code: code as DoctorFindingCode, object }
  })
}

function optionsOf(input: Input, { doctor = {} }: Config, kinds: object): DoctorOptions {
  const options: { [Name in (typeof lists)[number]]?: readonly string[] } = {}
  for (const name of lists) {
    const named = [...(doctor[name] ?? []), ...input.all(name)]
    // Named by nobody is another thing than an empty list: then members of the role are not judged by name.
    if (named.length > 0 || doctor[name] !== undefined) options[name] = named
  }
  const given = input.all('accept').map((each) => {
    const at = each.indexOf(':')
    return { code: each.slice(0, Math.max(0, at)), object: each.slice(at + 1) }
  })
  return { ...options, accept: accepted([...(doctor.accept ?? []), ...given], kinds) }
}

const levels = { break: 'error', unknown: 'warning', warn: 'note' } as const

function sarif(report: DoctorReport, kinds: Readonly<Record<string, { readonly meaning: string }>>): SarifRun {
  return {
    rules: Object.entries(kinds).map(([id, { meaning }]) => ({ id, meaning })),
    results: report.findings.map(({ code, severity, object, found, expected, meaning, remedy }: DoctorFinding) => ({
      rule: code,
      level: levels[severity],
      message: `${object}: ${meaning} Found: ${found}. Expected: ${expected}. ${remedy}`,
    })),
  }
}

/** Something wrong comes before something unseen; notes alone leave it well. */
function exitOf({ ok, findings }: DoctorReport): ExitName {
  if (ok) return 'ok'
  return findings.some(({ severity }) => severity === 'break') ? 'finding' : 'unknown'
}

function text(report: DoctorReport, rendered: string, paint: Paint, columns: number): string {
  const [head = '', ...rest] = rendered.trimEnd().split('\n')
  const exit = exitOf(report)
  const mark = exit === 'ok' ? paint.good : exit === 'finding' ? paint.bad : paint.warn
  const whole = rest.at(-1) === 'Whoever holds a role:' ? rest.slice(0, -2) : rest
  const lines = whole.map((line) =>
    line.startsWith('WRONG  ') ? paint.bad(line) : line.startsWith('UNSEEN ') ? paint.warn(line) : line,
  )
  return [mark(wrapped(head, columns)), ...lines].join('\n')
}

async function run(input: Input, io: Io): Promise<Report> {
  const configured = await readConfig(io, input.text('config'))
  const { doctor, doctorFindingKinds, renderDoctor } = await import('@phi/postgres')
  const options = optionsOf(input, configured.config, doctorFindingKinds)
  return withDatabase(io, input, configured, async (db) => {
    const report = await doctor(db, options)
    return {
      exit: exitOf(report),
      json: report,
      text: (paint, columns) =>
        text(report, renderDoctor(input.flag('brief') ? { ...report, roles: [] } : report, { width: columns }), paint, columns),
      sarif: sarif(report, doctorFindingKinds),
    }
  })
}

export const doctorCommand: CommandSpec = {
  path: ['doctor'],
  summary: 'Look at a live database, and say what is not as the migrations make it',
  about: [
    'Compares the schema phi of a database with what the migrations make: owners, grants, triggers and functions, row security, roles and logins, settings of durability, TLS, ways in without a password. And says for every role what somebody could do who holds it.',
    'Name the logins that are meant to be: who is not named, and can do more than nothing, is a finding. What was looked at and is to be so is accepted by name, here or under doctor in the configuration.',
    'It reads the catalog in a transaction that cannot write, and believes the server. What this login may not see is "not known", and never well. That an audit log says what was recorded is for phi audit verify.',
  ].join('\n\n'),
  options: [
    {
      flags: '--admins <login...>',
      about: 'A login that may own, migrate and repair. Every superuser that is meant to be there, too.',
    },
    { flags: '--app <login...>', about: 'A login of a service.' },
    { flags: '--auditor <login...>', about: 'A login that may read.' },
    { flags: '--retention <login...>', about: 'A login that prunes and disposes.' },
    { flags: '--custodian <login...>', about: 'A login that rotates keys of all tenants.' },
    { flags: '--forwarder <login...>', about: 'A login that forwards to a SIEM: it may read as well.' },
    { flags: '--replication <login...>', about: 'A login of standbys and backups.' },
    { flags: '--accept <finding...>', about: 'A finding that is to be so, by code and object: durability-off:fsync.' },
    { flags: '--brief', about: 'Leave out what each role could do.' },
    ...databaseOptions,
  ],
  examples: [
    { run: 'phi doctor --admins postgres --app clinic_app', about: 'With the logins that there should be.' },
    { run: 'phi doctor --admins postgres --format sarif', about: 'For the code scanning of a CI service.' },
  ],
  exits: ['ok', 'finding', 'unknown'],
  sarif: true,
  run,
}
