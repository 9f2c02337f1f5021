import { expectedText } from './expected-text.ts'
import type { Aspects, Catalog } from './facts.ts'

/** What the migrations make, as `doctor` compares it. Read from text that a test writes and holds equal to a fresh database. */
export const expectedCatalog: Catalog = parseCatalog(expectedText)

/** One object a line: its name, then its aspects as JSON. */
export function formatCatalog(catalog: Catalog): string {
  return Object.entries(catalog)
    .map(([id, aspects]) => `${id} ${JSON.stringify(aspects)}`)
    .join('\n')
}

export function parseCatalog(text: string): Catalog {
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const at = line.indexOf(' {')
        return [line.slice(0, at), JSON.parse(line.slice(at + 1)) as Aspects]
      }),
  )
}
