import { isPhiError, toHex } from '@phi/core'
import type { Destruction } from '@phi/envelope'
import { writeWhole } from '../../files.ts'
import type { Io } from '../../io.ts'
import type { FilePlace } from '../../places.ts'

/** The files in which a destruction is shown: its certificate, and for a patient the salt that tells whose keys it is about. */
export interface EvidenceFiles {
  readonly certificate: string
  readonly salt: string | undefined
}

/** Where they will stand: held before anything is destroyed. */
export const placesOf = ({ certificate, salt }: EvidenceFiles): readonly FilePlace[] => [
  { file: certificate, option: '--certificate' },
  ...(salt === undefined ? [] : [{ file: salt, option: '--salt-out', secret: true }]),
]

/**
 * Writes the files of a destruction that is done. The keys are gone by then, so that a disk which fails is no error that hides that.
 * @returns the code of the error for which they could not be written
 */
export async function writeEvidence(
  io: Io,
  { certificate, salt }: EvidenceFiles,
  destruction: Destruction,
): Promise<string | undefined> {
  if (destruction.status !== 'destroyed') return undefined
  try {
    // The salt first: a certificate without it would look finished.
    if (salt !== undefined && destruction.subjectSalt !== undefined)
      await writeWhole(io, salt, '--salt-out', `${toHex(destruction.subjectSalt)}\n`, { replace: true, secret: true })
    await writeWhole(io, certificate, '--certificate', `${destruction.certificate}\n`, { replace: true })
    return undefined
  } catch (error) {
    if (!isPhiError(error)) throw error
    return error.code
  }
}
