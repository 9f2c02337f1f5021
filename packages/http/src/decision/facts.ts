import type { AuditEventInput } from '@phi/audit'
import type { RecordFacts } from '../route.ts'
import type { Settings } from '../settings.ts'

type Subject = NonNullable<AuditEventInput['subject']>

/** An entry holds at most so many patients, and so many names of fields. */
const MAX_PATIENTS = 1_000
const MAX_FIELDS = 256

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** What an entry says about a record. Undefined id: the record has none that the default can see. */
export type Facts = Omit<RecordFacts, 'id'> & { readonly id: string | undefined }

/** @throws what the `facts` option throws */
export function factsOf(settings: Settings, type: string, record: object): Facts {
  const own = Object.hasOwn(settings.facts, type) ? settings.facts[type] : undefined
  if (own !== undefined) return own(record)
  const { id, patient } = record as { readonly id?: unknown; readonly patient?: unknown }
  const whose = text(patient)
  return { id: text(id), ...(whose === undefined ? {} : { patients: [whose] }) }
}

const distinct = <Value>(values: readonly Value[]): Value[] => [...new Set(values)]

/** The subject of an entry about these records: about one, its type and id; about several, how many. */
export function subjectOf(type: string, facts: readonly Facts[], fields: readonly string[] = []): Subject {
  const [only] = facts
  const one =
    facts.length === 1 && only?.id !== undefined
      ? { type, id: only.id, ...(only.version && { version: only.version }) }
      : undefined
  const patients = distinct(facts.flatMap(({ patients = [] }) => patients))
  const dataClasses = distinct(facts.flatMap(({ dataClasses = [] }) => dataClasses))
  // A client may name a field twice.
  const named = distinct(fields)
  return {
    ...(one === undefined ? { count: facts.length } : { resource: one }),
    ...(patients.length === 0 ? {} : { patients }),
    ...(dataClasses.length === 0 ? {} : { dataClasses }),
    ...(named.length === 0 || named.length > MAX_FIELDS ? {} : { fields: named }),
  }
}

/** The records in parts of which each has room in one entry, in their order. At least one part, if only an empty one. */
export function partsOf(facts: readonly Facts[]): readonly (readonly Facts[])[] {
  const parts: Facts[][] = [[]]
  let patients = new Set<string>()
  for (const each of facts) {
    const added = (each.patients ?? []).filter((patient) => !patients.has(patient))
    if (patients.size + added.length > MAX_PATIENTS && patients.size > 0) {
      parts.push([])
      patients = new Set(each.patients)
    } else for (const patient of added) patients.add(patient)
    parts.at(-1)?.push(each)
  }
  return parts
}
