import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Where the published test vectors lie: `PHI_VECTORS`, or `../shared/vectors` beside the repository. They are read in place. */
const vectorsDir: string = process.env.PHI_VECTORS ?? `${root}../shared/vectors`

/** The path of a vector file or folder, when it is there. */
function vectorPath(name: string): string | undefined {
  const path = `${vectorsDir}/${name}`
  return existsSync(path) ? path : undefined
}

/** The text of a vector file. */
export const readVector = (name: string): string => readFileSync(`${vectorsDir}/${name}`, 'utf8')

/** A `describe` that reads the named vectors, and is skipped under a title that says so where they are missing. */
export function describeVectors(title: string, names: string | readonly string[], body: () => void): void {
  const missing = [names].flat().some((name) => vectorPath(name) === undefined)
  if (missing) describe.skip(`${title} (published vectors not found)`, body)
  else describe(title, body)
}
