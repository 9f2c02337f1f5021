import { rm, stat } from 'node:fs/promises'
import * as z from 'zod'
import { cliError } from '../../errors.ts'
import { fileError, pathOf, readShape, writeWhole } from '../../files.ts'
import type { Io } from '../../io.ts'

const schema = z.strictObject({
  format: z.literal('phi.cli/reencrypt/v1'),
  /** What the run was asked for: another one may not go on from here. */
  of: z.string(),
  after: z
    .array(z.union([z.string(), z.number()]))
    .min(1)
    .readonly(),
})

/** Where a stopped run goes on. It holds a row's key, so only its owner may read it. */
export interface ResumeFile {
  readonly after: readonly (string | number)[] | undefined
  write(after: readonly (string | number)[]): Promise<void>
  remove(): Promise<void>
}

/**
 * @param of says what is being done, so that a file of another run is refused
 * @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT
 */
export async function openResumeFile(io: Io, file: string | undefined, of: string): Promise<ResumeFile> {
  if (file === undefined) return { after: undefined, write: async () => {}, remove: async () => {} }
  if (file === '-') throw cliError('PHI_CLI_USAGE', { detail: 'the option --resume takes a file' })
  const path = pathOf(io, file)
  const isThere = await stat(path).then(
    () => true,
    (error: unknown) => {
      if ((error as { code?: unknown }).code === 'ENOENT') return false
      throw fileError(error, '--resume')
    },
  )
  const found = isThere ? await readShape(io, file, '--resume', schema) : undefined
  if (found !== undefined && found.of !== of)
    throw cliError('PHI_CLI_FILE_CONTENT', {
      path: '--resume',
      detail: 'it is of a run over another table, or with other options',
    })
  return {
    after: found?.after,
    write: (after) =>
      writeWhole(io, file, '--resume', `${JSON.stringify({ format: 'phi.cli/reencrypt/v1', of, after })}\n`, {
        replace: true,
        secret: true,
      }),
    remove: () => rm(path, { force: true }),
  }
}
