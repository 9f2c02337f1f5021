import type { Registry } from '@phi/baa'
import * as z from 'zod'
import type { OptionSpec } from '../../command.ts'
import type { Configured } from '../../config.ts'
import { databaseOptions, withDatabase } from '../../database.ts'
import { cliError } from '../../errors.ts'
import { readText } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'

/** Where an agreement is written down. */
export interface Place {
  readonly file: string
  readonly line?: number
}

export interface Agreements {
  readonly registry: Registry
  /** By the id of the agreement; of those of the database there is none. */
  readonly places: ReadonlyMap<string, Place>
  /** Of the store, where they came from the database: note it with what was decided. */
  readonly revision: number | null
  /** The single agreement that the files hold and nothing beside it, for comparisons of two versions. */
  readonly only: Registry['agreements'][number] | undefined
}

const list = z.array(z.unknown()).max(100_000).default([])

const registrySchema = z.strictObject({
  agreements: list,
  parties: list,
  subprocessors: list,
  complete: list,
  attestations: list,
  exemptions: list,
})

const wrong = (path: string, detail: string) => cliError('PHI_CLI_FILE_CONTENT', { path, detail })

/** One agreement, a list of them, or a registry with what is known beside them. */
function parsed(text: string, option: string): z.output<typeof registrySchema> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw wrong(option, 'it is not JSON')
  }
  if (typeof value !== 'object' || value === null) throw wrong(option, 'it is no agreement, list or registry')
  // What is no registry is read as an agreement, whose reader says what is wrong with it.
  const whole = Array.isArray(value) ? { agreements: value } : 'tier' in value ? { agreements: [value] } : value
  const read = registrySchema.safeParse(whole)
  if (!read.success)
    throw wrong(
      option,
      'it is no agreement, and no registry: agreements, parties, subprocessors, complete, attestations, exemptions',
    )
  return read.data
}

const ID = /"id"\s*:\s*("(?:[^"\\]|\\.)*")/g

/** The first line on which each id is said, in one pass over the text: agreements say theirs before their parties do, as a rule. */
function linesOfIds(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  let line = 1
  let from = 0
  for (const match of text.matchAll(ID)) {
    for (let at = text.indexOf('\n', from); at !== -1 && at < match.index; at = text.indexOf('\n', from)) {
      line += 1
      from = at + 1
    }
    const id = JSON.parse(match[1] as string) as string
    if (!found.has(id)) found.set(id, line)
  }
  return found
}

/**
 * Reads the agreements of files, and what is known beside them, into one registry.
 * @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT; PHI_BAA_AGREEMENT, PHI_BAA_CONTRADICTION, PHI_BAA_REGISTRY
 */
export async function readAgreements(io: Io, files: readonly string[], option: string): Promise<Agreements> {
  const { parseAgreement, registry } = await import('@phi/baa')
  const places = new Map<string, Place>()
  const agreements: Registry['agreements'][number][] = []
  const all: z.output<typeof registrySchema>[] = []
  for (const file of files) {
    const text = await readText(io, file, option)
    const read = parsed(text, option)
    all.push(read)
    const lines = linesOfIds(text)
    for (const value of read.agreements) {
      const agreement = parseAgreement(value)
      agreements.push(agreement)
      const line = lines.get(agreement.id)
      if (file !== '-') places.set(agreement.id, { file, ...(line !== undefined && { line }) })
    }
  }
  const beside = (key: Exclude<keyof (typeof all)[number], 'agreements'>) => all.flatMap((each) => each[key])
  // Each list is read by `registry`, strictly.
  const options = {
    parties: beside('parties'),
    subprocessors: beside('subprocessors'),
    complete: beside('complete'),
    attestations: beside('attestations'),
    exemptions: beside('exemptions'),
  }
  const isAlone = agreements.length === 1 && Object.values(options).every((each) => each.length === 0)
  return {
    registry: registry(agreements, options as never),
    places,
    revision: null,
    only: isAlone ? agreements[0] : undefined,
  }
}

export const agreementOptions: readonly OptionSpec[] = [
  {
    flags: '--agreements <file...>',
    about: 'JSON with an agreement, a list, or a registry. Default: those of the configuration.',
    kind: 'file',
    many: true,
  },
  { flags: '--tenant <tenant>', about: 'Read the agreements of this tenant from the database, in place of files.' },
  { flags: '--revision <number>', about: 'With --tenant: what was known at this revision. Default: now.' },
  ...databaseOptions,
]

/**
 * The agreements that are asked about: of `--agreements`, of the database with `--tenant`, else those that the configuration names.
 * @throws PhiError PHI_CLI_USAGE, PHI_CLI_NOT_CONFIGURED; as `readAgreements`; what @phi/postgres says
 */
export async function agreementsOf(io: Io, input: Input, configured: Configured): Promise<Agreements> {
  const files = input.all('agreements')
  const tenant = input.text('tenant')
  const revision = input.whole('revision')
  if (files.length > 0 && tenant !== undefined) {
    throw cliError('PHI_CLI_USAGE', { detail: 'give --agreements or --tenant, not both: one source says what was agreed' })
  }
  if (revision !== undefined && tenant === undefined) throw cliError('PHI_CLI_USAGE', { detail: '--revision needs --tenant' })
  if (tenant !== undefined) {
    return withDatabase(io, input, configured, async (db) => {
      const [{ agreementStore }, { loadRegistry }] = await Promise.all([import('@phi/postgres'), import('@phi/baa')])
      const loaded = await loadRegistry(agreementStore(db, { role: 'phi_auditor' }), tenant, revision)
      return { ...loaded, places: new Map(), only: undefined }
    })
  }
  if (files.length > 0) return readAgreements(io, files, '--agreements')
  const { config, home } = configured
  if (config.agreements === undefined || config.agreements.length === 0) {
    throw cliError('PHI_CLI_NOT_CONFIGURED', { path: '--agreements', detail: 'no agreements are named' })
  }
  return readAgreements({ ...io, cwd: home }, config.agreements, 'agreements')
}
