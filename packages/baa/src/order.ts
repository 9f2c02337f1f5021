/** The order of texts by their code units: the same on every machine. */
export const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Values under a text that they share, in the order in which they come. */
export function grouped<Value>(values: Iterable<Value>, by: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>()
  for (const each of values) {
    const group = groups.get(by(each))
    if (group) group.push(each)
    else groups.set(by(each), [each])
  }
  return groups
}
