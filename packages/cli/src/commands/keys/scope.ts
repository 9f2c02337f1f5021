import { parseTenant } from '@phi/core'
import type { KeyPurpose, KeyStore } from '@phi/envelope'
import type { Config } from '../../config.ts'
import { cliError } from '../../errors.ts'
import { readText } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'

/** The options of commands that work on one tenant's keys or on those of all. */
export const scopeOptions = [
  { flags: '--tenant <id>', about: 'The tenant. Default: that of the configuration.' },
  { flags: '--all', about: 'All tenants. The login needs phi_custodian for it.' },
] as const

/** @returns the tenant; undefined for all @throws PhiError PHI_CLI_USAGE, PHI_CORE_TENANT */
export function scopeOf(input: Input, config: Config): string | undefined {
  if (input.flag('all') && input.has('tenant'))
    throw cliError('PHI_CLI_USAGE', { detail: 'the options --tenant and --all exclude each other' })
  return input.flag('all') ? undefined : oneTenant(input, config)
}

/** @throws PhiError PHI_CLI_USAGE, PHI_CORE_TENANT */
export function oneTenant(input: Input, config: Config): string {
  const tenant = input.text('tenant') ?? config.tenant
  if (tenant === undefined)
    throw cliError('PHI_CLI_USAGE', { detail: 'the option --tenant is missing, and the configuration names no tenant' })
  return parseTenant(tenant)
}

/** A place in which keys follow each other: at any time one of them seals. */
export interface Slot {
  readonly tenant: string
  readonly purpose: KeyPurpose
  /** A patient with keys of their own; null for the tenant's. */
  readonly subject: string | null
}

const PAGE = 500

/** All keys of a store, page by page, without what is wrapped. */
export async function* eachKey(store: KeyStore, signal: AbortSignal) {
  for (let after: string | undefined; ; ) {
    signal.throwIfAborted()
    const page = await store.scan({ limit: PAGE, ...(after === undefined ? {} : { after }) })
    yield* page
    if (page.length < PAGE) return
    after = page.at(-1)?.id
  }
}

export const SUBJECT_OPTION = {
  flags: '--subject-file <file>',
  about:
    'Only the keys of one patient: a file that holds nothing but the id under which they were made; - for standard input. An id on the command line would stay in the history of the shell.',
  kind: 'file',
} as const

/** The id of a patient out of a file, without the line break at its end. @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT */
export async function subjectOf(io: Io, input: Input): Promise<string | undefined> {
  const file = input.text('subjectFile')
  if (file === undefined) return undefined
  const subject = (await readText(io, file, '--subject-file')).replace(/\r?\n$/, '')
  if (subject === '' || subject.length > 256 || /[\r\n]/.test(subject))
    throw cliError('PHI_CLI_FILE_CONTENT', { path: '--subject-file', detail: 'it must hold one line, the id' })
  return subject
}
