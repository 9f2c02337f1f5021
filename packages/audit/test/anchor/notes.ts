import { formatCheckpoint, type Signer, signNote } from '../../src/note/index.ts'
import { testLog, testSigner } from '../make-log.ts'

/** A checkpoint of the test log at a size, with a root that follows from it. */
export const noteAt = (size: number, options: { signer?: Signer; origin?: string; root?: number } = {}): Promise<string> => {
  const { origin = testLog.origin, root = size, signer = testSigner } = options
  return signNote(formatCheckpoint({ origin, size, root: new Uint8Array(32).fill(root) }), [signer])
}
