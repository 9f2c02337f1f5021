/** How many letters have to be added, left out, exchanged or swapped (optimal string alignment). */
function distance(one: string, two: string): number {
  let [before, above] = [[] as number[], Array.from({ length: two.length + 1 }, (_, at) => at)]
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= two.length; j++) {
      const isSame = one[i - 1] === two[j - 1]
      const steps = [
        (above[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (above[j - 1] as number) + (isSame ? 0 : 1),
        ...(i > 1 && j > 1 && one[i - 1] === two[j - 2] && one[i - 2] === two[j - 1] ? [(before[j - 2] as number) + 1] : []),
      ]
      row.push(Math.min(...steps))
    }
    ;[before, above] = [above, row]
  }
  return above[two.length] as number
}

/** The known word that was probably meant, if any is near. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  if (typed.length > 40) return undefined
  const [best] = known
    .map((word) => ({ word, away: distance(typed, word) }))
    .filter(({ word, away }) => away <= Math.max(1, Math.floor(Math.max(word.length, typed.length) / 3)))
    .sort((a, b) => a.away - b.away)
  return best?.word
}

/** `; perhaps --bundle was meant`, or nothing. */
export function suggestion(typed: string, known: readonly string[]): string {
  const found = nearest(typed, known)
  return found === undefined ? '' : `; perhaps ${found} was meant`
}
