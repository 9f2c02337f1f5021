import { relative, resolve } from 'node:path'
import { isPhiError } from '@phi/core'
import type { Policy } from '@phi/rbac'
import { readConfig } from '../../config.ts'
import { cliError } from '../../errors.ts'
import { readText } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { type JsonPlaces, jsonPlaces } from '../../json-places.ts'
import { isModule, policyOfModule } from './policy-module.ts'

/** What of a policy is asked for, by the commands that read one beside something else. */
export const policyOptions = [
  {
    flags: '--policy <file>',
    about: 'The policy, as JSON or as a module (.mjs, .js, .ts). Default: that of the configuration.',
    kind: 'file',
  },
  {
    flags: '--export <name>',
    about: 'Under which name a module exports the policy. Default: default, policy, or the only one.',
  },
] as const

/** A policy as it was found, not checked. */
export interface PolicySource {
  /** As it was given. */
  readonly file: string
  readonly value: unknown
  /** Where things stand in it. Absent for modules. */
  readonly places?: JsonPlaces
}

/** A policy, and where its parts stand. */
export interface ReadPolicy {
  readonly file: string
  readonly policy: Policy
  readonly lineOf: (pointer: string) => number | undefined
}

/** @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT */
export async function policySource(
  io: Io,
  given: string,
  option: string,
  exportName: string | undefined,
): Promise<PolicySource> {
  if (given !== '-' && isModule(given)) return { file: given, value: await policyOfModule(io, given, option, exportName) }
  if (exportName !== undefined) throw cliError('PHI_CLI_USAGE', { detail: 'the option --export is for modules, not for JSON' })
  const text = await readText(io, given, option)
  try {
    return { file: given, value: JSON.parse(text), places: jsonPlaces(text) }
  } catch (error) {
    throw isPhiError(error) ? error : cliError('PHI_CLI_FILE_CONTENT', { path: option, detail: 'it is not JSON' })
  }
}

/**
 * A policy that is valid.
 * @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT, PHI_RBAC_POLICY
 */
export async function readPolicy(io: Io, given: string, option: string, exportName: string | undefined): Promise<ReadPolicy> {
  const { file, value, places } = await policySource(io, given, option, exportName)
  if (places !== undefined && places.repeated.length > 0)
    throw cliError('PHI_CLI_FILE_CONTENT', {
      path: option,
      detail: 'a key stands twice in one object; phi policy check says where',
    })
  const { parsePolicy } = await import('@phi/rbac')
  return { file, policy: parsePolicy(value), lineOf: (pointer) => places?.lineOf(pointer) }
}

/** Where the policy is: the operand or option first, then the configuration. @throws PhiError PHI_CLI_NOT_CONFIGURED */
export async function policyPath(io: Io, input: Input, given: string | undefined): Promise<string> {
  if (given !== undefined) return given
  const { config, home } = await readConfig(io, input.text('config'))
  if (config.policy === undefined) throw cliError('PHI_CLI_NOT_CONFIGURED', { path: '--policy', detail: 'no policy is named' })
  // As a path from here, as reports for CI name files of the working folder.
  return relative(io.cwd, resolve(home, config.policy))
}

/** The policy of `--policy`, else of the configuration. */
export async function policyOf(io: Io, input: Input): Promise<ReadPolicy> {
  const path = await policyPath(io, input, input.text('policy'))
  return readPolicy(io, path, '--policy', input.text('export'))
}

/** The line of a rule, by its name. */
export function lineOfRule(
  { policy, lineOf }: Pick<ReadPolicy, 'policy' | 'lineOf'>,
  rule: string | null | undefined,
): number | undefined {
  const index = policy.rules.findIndex(({ id }) => id === rule)
  return index === -1 ? undefined : lineOf(`/rules/${index}`)
}
