import { stat } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { isPhiError } from '@phi/core'
import { cliError } from '../../errors.ts'
import { fileError, pathOf } from '../../files.ts'
import type { Io } from '../../io.ts'

/** Whether a path names a module rather than JSON. */
export const isModule = (given: string): boolean => /\.[cm]?[jt]s$/i.test(given)

const content = (option: string, detail: string, cause?: unknown) =>
  cliError('PHI_CLI_FILE_CONTENT', { path: option, detail, ...(cause === undefined ? {} : { cause }) })

/** What Node says of a module that it cannot load, in words that quote nothing of it. */
function refusal(error: unknown, option: string) {
  const { code } = (error ?? {}) as { code?: unknown }
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
    return content(
      option,
      'this version of Node reads no TypeScript: take Node 22.18 or later, start phi with NODE_OPTIONS="--import tsx", or give JSON',
      error,
    )
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND')
    return content(option, 'something that the module imports is not installed', error)
  return content(option, 'the module could not be loaded; PHI_DEBUG=1 shows why', error)
}

type Names = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Names => typeof value === 'object' && value !== null

/** Replaced in tests, as what Node can load depends on its version. */
export type Importer = (url: string) => Promise<unknown>
const importModule: Importer = (url) => import(/* @vite-ignore */ url)

const isPolicy = (value: unknown): boolean => isObject(value) && value.format === 'phi.policy/v1'

/**
 * What a module exports as its policy. The module is run: give only modules that you would run yourself.
 * @param name the export; without it `default`, `policy`, or the only export that is a policy
 * @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT; what the module itself throws as a PhiError (PHI_RBAC_POLICY of `definePolicy`)
 */
export async function policyOfModule(
  io: Io,
  given: string,
  option: string,
  name: string | undefined,
  load: Importer = importModule,
): Promise<unknown> {
  const path = pathOf(io, given)
  // Asked first: "not found" of an import can speak of anything that the module imports.
  const entry = await stat(path).catch((error: unknown) => {
    throw fileError(error, option)
  })
  if (!entry.isFile()) throw fileError(Object.assign(new Error('no file'), { code: 'EISDIR' }), option)
  let names: Names
  try {
    const loaded = (await load(pathToFileURL(path).href)) as Names
    // The exports of CommonJS are those of `default`, too, where Node could not find their names.
    names = { ...(isObject(loaded.default) && !isPolicy(loaded.default) ? loaded.default : {}), ...loaded }
  } catch (error) {
    throw isPhiError(error) ? error : refusal(error, option)
  }
  if (name !== undefined) {
    if (!Object.hasOwn(names, name)) throw content('--export', 'the module has no export of that name')
    return names[name]
  }
  const found = Object.entries(names).filter(([, value]) => isPolicy(value))
  const [only] = found.length === 1 ? found : found.filter(([each]) => each === 'default' || each === 'policy')
  if (only !== undefined) return only[1]
  throw content(
    option,
    found.length === 0 ? 'the module exports no policy' : 'the module exports several policies: name one with --export',
  )
}
