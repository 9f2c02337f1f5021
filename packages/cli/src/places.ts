import { rm, stat } from 'node:fs/promises'
import { cliError } from './errors.ts'
import { fileError, pathOf, writeWhole } from './files.ts'
import type { Io } from './io.ts'

/** A file that a command will write after something that cannot be undone. */
export interface FilePlace {
  readonly file: string
  /** What the command line calls it. */
  readonly option: string
  /** Only its owner may read it. */
  readonly secret?: boolean
}

/**
 * A file that is ours to write before anything is done that cannot be undone: a certificate that finds no room would be lost. An empty
 * one is what a run that was cut off has left.
 */
async function reserve(io: Io, { file, option, secret = false }: FilePlace): Promise<void> {
  if (file === '-') throw cliError('PHI_CLI_USAGE', { detail: `the option ${option} takes a file` })
  const size = await stat(pathOf(io, file)).then(
    (found) => (found.isFile() ? found.size : 1),
    (error: unknown) => {
      if ((error as { code?: unknown }).code === 'ENOENT') return undefined
      throw fileError(error, option)
    },
  )
  if (size !== undefined && size > 0) throw cliError('PHI_CLI_EXISTS', { path: option })
  if (size === undefined) await writeWhole(io, file, option, '', { secret })
}

/** Takes a reserved file away again, as long as nothing stands in it. */
async function release(io: Io, { file }: FilePlace): Promise<void> {
  const path = pathOf(io, file)
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() === true && found.size === 0) await rm(path, { force: true })
}

/**
 * Holds places for files while work is done. What is still empty after it is taken away.
 * @throws PhiError PHI_CLI_FILE, PHI_CLI_EXISTS, PHI_CLI_USAGE before the work; what the work throws
 */
export async function withPlaces<Result>(io: Io, places: readonly FilePlace[], work: () => Promise<Result>): Promise<Result> {
  const paths = new Set(places.map(({ file }) => pathOf(io, file)))
  if (paths.size < places.length) throw cliError('PHI_CLI_USAGE', { detail: 'two options name the same file' })
  const held: FilePlace[] = []
  try {
    for (const place of places) {
      await reserve(io, place)
      held.push(place)
    }
    return await work()
  } finally {
    for (const place of held) await release(io, place)
  }
}
