import { randomUUID } from 'node:crypto'
import { link, rm } from 'node:fs/promises'

/**
 * Makes a file that is kept between runs, whole or not at all, and never in the place of one that is there: another process may have
 * been first, and others may be reading what it made.
 * @param write writes the file under the name that it is given, beside its place
 */
export async function keepFile(file: string, write: (part: string) => Promise<unknown>): Promise<void> {
  const part = `${file}.${randomUUID()}`
  try {
    await write(part)
    await link(part, file)
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
  } finally {
    await rm(part, { force: true })
  }
}

/** Does something once a process, and again only where it failed: one failure is not everybody's. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= work().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}
