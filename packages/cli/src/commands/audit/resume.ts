import type { ResumePoint } from '@phi/audit'
import * as z from 'zod'
import { cliError } from '../../errors.ts'
import { readShape, writeWhole } from '../../files.ts'
import type { Io } from '../../io.ts'

const FORMAT = 'phi.cli/resume@v1'

const resumeSchema = z.strictObject({
  format: z.literal(FORMAT),
  /** Which log it is of: another one would look rewritten. */
  origin: z.string().min(1).max(200),
  verified: z.strictObject({
    size: z.int().min(0),
    lastHash: z.string().max(64),
    recordedAt: z.string().max(64),
    frontier: z.array(z.string().max(64)).max(53),
    anchoredTo: z.int().min(0),
  }),
})

/** How far an earlier verification was, and of which log. */
export interface Resume {
  readonly origin: string
  readonly verified: ResumePoint
}

/** @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT */
export async function readResume(io: Io, path: string | undefined): Promise<Resume | undefined> {
  if (path === undefined) return undefined
  const { origin, verified } = await readShape(io, path, '--resume', resumeSchema)
  return { origin, verified }
}

/** Where to go on in a log. @throws PhiError PHI_CLI_FILE_CONTENT where the point is of another one */
export function resumeFor(resume: Resume | undefined, origin: string): { readonly from?: { readonly verified: ResumePoint } } {
  if (resume === undefined) return {}
  if (resume.origin !== origin) throw cliError('PHI_CLI_FILE_CONTENT', { path: '--resume', detail: 'it is of another log' })
  return { from: { verified: resume.verified } }
}

/**
 * Keeps how far a verification was.
 * @returns undefined where it was not asked for; false where there is nothing to go on from
 */
export async function writeResume(
  io: Io,
  path: string | undefined,
  { origin, resume }: { readonly origin?: string; readonly resume?: ResumePoint },
): Promise<boolean | undefined> {
  if (path === undefined) return undefined
  if (resume === undefined || origin === undefined) return false
  const content = `${JSON.stringify({ format: FORMAT, origin, verified: resume }, null, 2)}\n`
  await writeWhole(io, path, '--save-resume', content, { replace: true, secret: true })
  return true
}
