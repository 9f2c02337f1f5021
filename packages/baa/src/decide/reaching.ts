import { covers, type DataClass, dataClasses } from '@phi/core'

/** What of the data that was sent is among the data that goes on. What is made of other data goes on with all of it. */
export function reaching(goesOn: readonly DataClass[], sent: readonly DataClass[]): readonly DataClass[] {
  const out = new Set<DataClass>()
  for (const each of sent) {
    for (const next of goesOn) {
      const met = covers(next, each) ? each : covers(each, next) ? next : undefined
      if (met === undefined) continue
      if (dataClasses[met].derived) return sent
      out.add(met)
    }
  }
  return [...out]
}
