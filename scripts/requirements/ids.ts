/** S1 to S161 and C1 to C10, in their order. */
export const allIds: readonly string[] = [
  ...Array.from({ length: 161 }, (_, at) => `S${at + 1}`),
  ...Array.from({ length: 10 }, (_, at) => `C${at + 1}`),
]

const known = new Set(allIds)
/** One id, or a span of them, with what may stand behind it in a list. */
const HEAD =
  /^(?:([SC])(\d{1,3})(?:(?:[–-]| to )(?:[SC])?(\d{1,3}))?)(?=[\s,:;/&]|$)(?:(?:,? and |, |\/| & |[:;,]? )(?=[SC]\d))?/

/**
 * The requirements that a title of a test names at its head: `S99, S134 and C1 …`, `S36 to S39: …`. What stands further on is prose.
 * Ids that no requirement has are left out.
 */
export function idsAtHead(title: string): string[] {
  const found: string[] = []
  let rest = title.trimStart()
  for (let match = HEAD.exec(rest); match !== null; match = HEAD.exec(rest)) {
    const [whole, letter, first, last = first] = match as unknown as [string, string, string, string?]
    for (let number = Number(first); number <= Number(last); number++) {
      const id = `${letter}${number}`
      if (known.has(id) && !found.includes(id)) found.push(id)
    }
    rest = rest.slice(whole.length)
    if (!/^[SC]\d/.test(rest)) break
  }
  return found
}
