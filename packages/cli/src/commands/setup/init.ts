import { rm } from 'node:fs/promises'
import { parseTenant } from '@phi/core'
import type { CommandSpec, Report } from '../../command.ts'
import { CONFIG_FILE, type Config, configSchema } from '../../config.ts'
import { withDatabase } from '../../database.ts'
import { cliError } from '../../errors.ts'
import { pathOf, writeWhole } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { wrapped } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { ask, linesOf } from './ask.ts'
import { type NewKeys, newKeys, variables } from './secrets.ts'

/** What `phi init --json` prints. The secrets stand here and nowhere else. */
export interface InitAnswer {
  readonly file: string
  readonly config: Config
  /** Version of the schema, where an embedded database was made. */
  readonly migratedTo?: number
  readonly secrets: Readonly<Record<string, string>>
  readonly certificateKey?: Readonly<Record<string, string>>
  readonly next: readonly string[]
}

interface Wanted {
  readonly origin: string
  readonly tenant: string | undefined
  readonly embedded: string | undefined
  readonly urlFrom: string
}

/** From the options; where a person sits at a terminal, what is missing is asked. */
async function wantedOf(io: Io, input: Input): Promise<Wanted> {
  const given = {
    origin: input.text('origin'),
    tenant: input.text('tenant'),
    embedded: input.text('embedded'),
    urlFrom: input.text('databaseFrom'),
  }
  if (given.embedded !== undefined && given.urlFrom !== undefined)
    throw cliError('PHI_CLI_USAGE', { detail: 'the options --embedded and --database-from exclude each other' })
  if (!io.stdinIsTerminal || given.origin !== undefined)
    return { ...given, origin: input.needed('origin'), urlFrom: given.urlFrom ?? 'DATABASE_URL' }
  const lines = linesOf(io)
  const origin = await ask(io, lines, 'Public name of the audit log, such as clinic.example/audit')
  if (origin === undefined) throw cliError('PHI_CLI_USAGE', { detail: 'the option --origin is missing' })
  const tenant = given.tenant ?? (await ask(io, lines, 'Tenant, where there is only one (empty for several)'))
  const asksDatabase = given.embedded === undefined && given.urlFrom === undefined
  const urlFrom = asksDatabase
    ? await ask(io, lines, 'Environment variable with the database URL', 'DATABASE_URL')
    : given.urlFrom
  return { origin, tenant, embedded: given.embedded, urlFrom: urlFrom ?? 'DATABASE_URL' }
}

function configOf({ origin, tenant, embedded, urlFrom }: Wanted, keys: NewKeys | undefined): Config {
  const config = {
    database: embedded === undefined ? { urlFrom } : { embedded },
    ...(tenant === undefined ? {} : { tenant: parseTenant(tenant) }),
    audit: { origin, keys: keys === undefined ? [] : [keys.vkey], signerFrom: variables.signer },
    envelope: { kekFrom: variables.kek, certificateSignerFrom: variables.certificate },
  }
  const parsed = configSchema.safeParse(config)
  if (parsed.success) return parsed.data
  throw cliError('PHI_CLI_USAGE', { detail: 'an option has not the form that the configuration asks for' })
}

/** A new log is opened for a moment: an origin that is none is refused before anything is written. */
async function assertOrigin(origin: string): Promise<void> {
  const { memoryStore, openAuditLog } = await import('@phi/audit')
  await (await openAuditLog({ origin, store: memoryStore() })).close()
}

/** Makes the embedded database; where that fails, the configuration goes as well, since its secrets were not shown yet. */
async function migrateEmbedded(io: Io, input: Input, file: string): Promise<number> {
  const { migrate } = await import('@phi/postgres')
  try {
    return await withDatabase(
      io,
      input,
      { config: {}, home: io.cwd },
      async (db) => (await migrate(db, { now: io.clock() })).to,
      {
        mayCreate: true,
      },
    )
  } catch (error) {
    await rm(pathOf(io, file), { force: true })
    throw error
  }
}

function nextOf(wanted: Wanted, keys: NewKeys | undefined): readonly string[] {
  return [
    keys === undefined
      ? `Put ${variables.signer}, ${variables.kek} and ${variables.certificate} into the environment; phi init --keys makes them.`
      : 'Put the lines below into your secret store now: they are shown once, and kept nowhere. Whoever has PHI_KEK opens everything.',
    ...(wanted.embedded === undefined
      ? [`Put the URL of the database into ${wanted.urlFrom}, with a login that may migrate, and run phi migrate.`]
      : []),
    'Run phi doctor, and phi audit verify once the service has written something.',
  ]
}

async function run(input: Input, io: Io): Promise<Report> {
  const file = input.text('config') ?? CONFIG_FILE
  const wanted = await wantedOf(io, input)
  await assertOrigin(wanted.origin)
  const keys = input.flag('keys') ? await newKeys(wanted.origin) : undefined
  const config = configOf(wanted, keys)
  // The file first: where it exists, no secret is shown and no database made.
  await writeWhole(io, file, '--config', `${JSON.stringify(config, null, 2)}\n`)
  const migratedTo = wanted.embedded === undefined ? undefined : await migrateEmbedded(io, input, file)
  const answer: InitAnswer = {
    file,
    config,
    ...(migratedTo === undefined ? {} : { migratedTo }),
    secrets: Object.fromEntries((keys?.secrets ?? []).map(({ variable, value }) => [variable, value])),
    ...(keys === undefined ? {} : { certificateKey: keys.certificateKey }),
    next: nextOf(wanted, keys),
  }
  return { exit: 'ok', json: answer, text: (paint, columns) => text(answer, keys, paint, columns) }
}

function text(
  { file, migratedTo, next, certificateKey }: InitAnswer,
  keys: NewKeys | undefined,
  paint: Paint,
  columns: number,
): string {
  const made = migratedTo === undefined ? '' : ` The embedded database is at version ${migratedTo}.`
  const parts = [
    paint.good(wrapped(`Wrote ${file}.${made}`, columns)),
    ['Next:', ...next.map((line, at) => wrapped(line, columns, 3).replace(/^ {3}/, `${at + 1}. `))].join('\n'),
  ]
  if (keys !== undefined) {
    parts.push(keys.secrets.map(({ variable, value, about }) => `${paint.dim(`# ${about}`)}\n${variable}=${value}`).join('\n'))
    parts.push(
      `${paint.dim('# public: checks certificates of destruction; give it to who receives them')}\n${JSON.stringify(certificateKey)}`,
    )
  }
  return parts.join('\n\n')
}

export const initCommand: CommandSpec = {
  path: ['init'],
  summary: 'Write a configuration file, and make the keys that a service begins with',
  about: [
    'Writes phi.config.json: where the database is, what the audit log is called, and in which environment variables the secrets are. It overwrites nothing. What is not given is asked where somebody sits at a terminal, and only there.',
    'With --keys it makes a signing key for the audit log, a key-encryption key and a signing key for certificates of destruction, and prints them once, as lines for a secret store. None of them is written to a file. The public key of the log goes into the configuration.',
    'A key-encryption key in an environment variable is for development and small self-hosting; envelope.kms in the configuration names a KMS or HSM instead.',
  ].join('\n\n'),
  options: [
    {
      flags: '--origin <name>',
      about: 'The public name of the audit log, without a customer’s name in it: clinic.example/audit.',
    },
    { flags: '--tenant <id>', about: 'The tenant, for services that have one.' },
    {
      flags: '--database-from <variable>',
      about: 'Environment variable that will hold the connection string. Default: DATABASE_URL.',
    },
    { flags: '--embedded <folder>', about: 'Use an embedded PGlite database in this folder, and make it.', kind: 'directory' },
    { flags: '--keys', about: 'Make keys, and print them once.' },
  ],
  examples: [
    { run: 'phi init --origin clinic.example/audit --embedded ./data --keys', about: 'Everything for a first look.' },
    { run: 'phi init --origin clinic.example/audit --database-from CLINIC_DATABASE', about: 'With a server.' },
  ],
  exits: ['ok'],
  run,
}
