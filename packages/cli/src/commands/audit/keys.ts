import { resolve } from 'node:path'
import type { Verifier } from '@phi/audit'
import type { WitnessPolicy } from '@phi/audit/witness'
import type { OptionSpec } from '../../command.ts'
import { CONFIG_FILE, type Configured } from '../../config.ts'
import { cliError } from '../../errors.ts'
import { readText } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'

/** What a verification is held against. */
export const keyOptions: readonly OptionSpec[] = [
  {
    flags: '--key <vkey...>',
    about: 'Public key of the log: a C2SP verifier key, or a file with one on each line. Default: those of the configuration.',
    kind: 'file',
  },
  {
    flags: '--witnesses <file>',
    about: 'C2SP tlog-policy: who must have cosigned. Default: that of the configuration.',
    kind: 'file',
  },
]

/** `name+key id+base64`. A path can hold a plus; that it has this form as well is not to be expected. */
const VKEY = /^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/

/**
 * Keys from the command line, else from the configuration. ML-DSA-44 keys become verifiers.
 * @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT, PHI_AUDIT_VKEY
 */
export async function keysOf(io: Io, input: Input, { config }: Configured): Promise<readonly (string | Verifier)[]> {
  const given = await vkeysOf(io, input.all('key'), '--key')
  return Promise.all((input.has('key') ? given : (config.audit?.keys ?? [])).map(verifierOf))
}

/** What an answer says of the keys: their names and ids, and whether the command line or which configuration gave them. */
export function keysShown(
  keys: readonly (string | Verifier)[],
  input: Input,
  { file = CONFIG_FILE }: Configured,
): { readonly from: string; readonly ids: readonly string[] } | null {
  if (keys.length === 0) return null
  const ids = keys.map((each) =>
    typeof each === 'string' ? each.split('+', 2).join('+') : `${each.name}+${each.keyId.toString(16).padStart(8, '0')}`,
  )
  return { from: input.has('key') ? '--key' : file, ids }
}

/** Verifier keys as texts, of a command line on which each stands itself or as a file. @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT */
export async function vkeysOf(io: Io, given: readonly string[], option: string): Promise<readonly string[]> {
  const texts: string[] = []
  for (const each of given) {
    if (VKEY.test(each)) texts.push(each)
    else texts.push(...(await keysOfFile(io, each, option)))
  }
  return texts
}

async function keysOfFile(io: Io, path: string, option: string): Promise<readonly string[]> {
  const lines = (await readText(io, path, option)).split('\n').map((line) => line.trim())
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'))
  if (keys.length === 0 || !keys.every((key) => VKEY.test(key)))
    throw cliError('PHI_CLI_FILE_CONTENT', { path: option, detail: 'it holds no verifier key, or something beside them' })
  return keys
}

/** A key as what verifies with it. @throws PhiError PHI_AUDIT_VKEY */
export async function verifierOf(vkey: string): Promise<string | Verifier> {
  const { COSIGNATURE_ML_DSA_44_TYPE, parseVkey } = await import('@phi/audit/note')
  if (parseVkey(vkey).type !== COSIGNATURE_ML_DSA_44_TYPE) return vkey
  const { mlDsa44Verifier } = await import('@phi/audit/ml-dsa')
  return mlDsa44Verifier(vkey)
}

/** The witness policy, where one is named. @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT, PHI_AUDIT_WITNESS_POLICY */
export async function policyOf(io: Io, input: Input, { config, home }: Configured): Promise<WitnessPolicy | undefined> {
  const given = input.text('witnesses')
  const configured = config.audit?.witnesses
  if (given === undefined && configured === undefined) return undefined
  const text = await readText(io, given ?? resolve(home, configured as string), '--witnesses')
  return parsedPolicy(text)
}

/** @throws PhiError PHI_AUDIT_WITNESS_POLICY */
export async function parsedPolicy(text: string): Promise<WitnessPolicy> {
  const { parseWitnessPolicy } = await import('@phi/audit/witness')
  const { mlDsa44Algorithms } = await import('@phi/audit/ml-dsa')
  return parseWitnessPolicy(text, { algorithms: mlDsa44Algorithms })
}
