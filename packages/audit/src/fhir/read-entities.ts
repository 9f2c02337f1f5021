import { isDataClass, isPurposeOfUse } from '@phi/core'
import { eventLimits } from '../event-limits.ts'
import { setOnce } from './carried.ts'
import { fhirDetails } from './details.ts'
import { codeOf, codingsOf, type Element } from './element.ts'
import { CONSENT, DOMAIN_RESOURCE, PATIENT, PERSON, QUERY, REQUEST_ID, SYSTEM_OBJECT } from './entities.ts'
import { carryOver, fits, type Reading, referenceOf, setDetail, useReference } from './reading.ts'
import { coding, type FhirCoding, ours, sameCode, systems } from './systems.ts'
import { textOfBase64 } from './text.ts'

const OTHER = coding(systems.entityType, '4')

const isOf = (entity: Element, key: 'role' | 'type', code: FhirCoding): boolean =>
  codingsOf(entity, key).some((each) => sameCode(codeOf(each), code))

function useCodes(entity: Element, key: 'role' | 'type', codes: readonly FhirCoding[]): void {
  for (const each of codingsOf(entity, key)) if (codes.some((code) => sameCode(codeOf(each), code))) each.use()
}

function readQuery({ event, action, isOurs }: Reading, entity: Element): void {
  const query = entity.text('query')
  const text = query === undefined ? undefined : textOfBase64(query)
  // An event's detail takes 1,024 characters. A query that was cut would not be the one that was asked.
  if (text === undefined || text === '' || (!isOurs && (action !== 'search' || text.length > 1024))) return
  setDetail(event, fhirDetails.query, text)
  entity.useKey('query')
  useCodes(entity, 'role', [QUERY])
  useCodes(entity, 'type', [SYSTEM_OBJECT])
}

function readPatient(reading: Reading, what: Element | undefined, patients: string[]): boolean {
  const found = referenceOf(what, 'patient', reading)
  if (what === undefined || found === undefined) return false
  const isPatient = found.type === undefined || found.type === 'Patient'
  if (!isPatient) return false
  if (found.onlyText) reading.assumed.push('subject.patients')
  if (!patients.includes(found.id)) {
    if (!reading.isOurs && patients.length >= eventLimits.patients) return false
    patients.push(found.id)
  }
  // The version of a patient's record is no fact of the event, and stays listed.
  if (found.version === undefined) useReference(what, found)
  return true
}

function readResource(reading: Reading, entity: Element, what: Element): boolean {
  const { event, assumed, isOurs } = reading
  const found = referenceOf(what, 'resource', reading)
  if (found === undefined) return false
  const named = codingsOf(entity, 'type').find((each) => codeOf(each).system === systems.resourceTypes)
  const type = found.type ?? (named === undefined ? undefined : codeOf(named).code)
  if (isOurs && type === undefined) return false
  if (type === undefined) assumed.push('subject.resource.type')
  if (type !== undefined && !fits(type)) return false
  setOnce(event, 'subject.resource.type', type ?? 'Resource')
  setOnce(event, 'subject.resource.id', found.id)
  if (found.version !== undefined) setOnce(event, 'subject.resource.version', found.version)
  if (found.onlyText) assumed.push('subject.resource.id')
  useReference(what, found)
  if (found.type === undefined) named?.use()
  useCodes(entity, 'role', [DOMAIN_RESOURCE])
  useCodes(entity, 'type', [SYSTEM_OBJECT, OTHER])
  const description = entity.get('description')
  if (isOurs && description !== undefined) {
    setOnce(event, 'context.disclosure.description', description.value)
    description.use()
  }
  return true
}

function readLabels({ isOurs }: Reading, entity: Element, classes: string[]): void {
  for (const label of codingsOf(entity, 'securityLabel')) {
    const { system, code } = codeOf(label)
    if (system !== ours.dataClass || code === undefined) continue
    if (!isOurs && (!isDataClass(code) || classes.includes(code))) continue
    classes.push(code)
    label.use()
  }
}

/** A consent as the policy of a decision: `Consent/c-1`, or its identifier. */
function readConsent(reading: Reading, entity: Element): void {
  const what = entity.get('what')
  const { reference, identifier } = (what?.value ?? {}) as { reference?: string; identifier?: { value?: string } }
  const policy = reference ?? identifier?.value
  const isSet = (reading.event.context as { decision?: { policy?: string } } | undefined)?.decision?.policy !== undefined
  if (what === undefined || !fits(policy) || isSet) return
  setOnce(reading.event, 'context.decision.policy', policy)
  what.useKey('type')
  if (reference !== undefined) what.useKey('reference')
  else what.get('identifier')?.useKey('value')
  useCodes(entity, 'type', [CONSENT])
}

/** What the event is about. */
export function readEntities(reading: Reading): void {
  const { root, event, isDecision, isOurs } = reading
  const patients: string[] = []
  const classes: string[] = []
  readPatient(reading, root.get('patient'), patients)
  let hasResource = false
  for (const entity of root.items('entity')) {
    const what = entity.get('what')
    readLabels(reading, entity, classes)
    if (isOf(entity, 'type', REQUEST_ID)) {
      const id = what?.get('identifier')?.get('value')
      if (id !== undefined && carryOver(reading, 'source.request', id, id.value as string))
        useCodes(entity, 'type', [REQUEST_ID])
    } else if (isOf(entity, 'role', QUERY) || entity.get('query') !== undefined) readQuery(reading, entity)
    else if (isOf(entity, 'role', PATIENT)) {
      if (!readPatient(reading, what, patients)) continue
      useCodes(entity, 'role', [PATIENT])
      useCodes(entity, 'type', [PERSON])
    } else if (isDecision && isOf(entity, 'type', CONSENT)) readConsent(reading, entity)
    // The first one is what the event is about; of others the event has no list.
    else if (what !== undefined && !hasResource && !isDecision && !isOf(entity, 'type', CONSENT)) {
      hasResource = readResource(reading, entity, what)
    }
  }
  if (patients.length > 0) setOnce(event, 'subject.patients', patients)
  if (classes.length > 0) setOnce(event, 'subject.dataClasses', classes)
  if (isDecision && !isOurs) {
    const context = event.context as { decision?: { policy?: string } } | undefined
    if (context?.decision?.policy !== undefined) setOnce(event, 'context.decision.rule', 'AuthZ-Consent')
  }
}

function readPurposeIn(reading: Reading, concept: Element): boolean {
  const { event, isOurs } = reading
  const code = codingsOf(concept, 'coding').find(
    (each) => codeOf(each).system === systems.purpose && isPurposeOfUse(codeOf(each).code ?? ''),
  )
  const text = concept.get('text')
  if (code !== undefined) {
    setOnce(event, 'context.purpose', codeOf(code).code)
    code.use()
  }
  const isFree =
    (event.context as { reason?: string } | undefined)?.reason === undefined &&
    ((text?.value as string | undefined) ?? '').length <= 2048
  if (text !== undefined && (isOurs || isFree)) {
    setOnce(event, 'context.reason', text.value)
    text.use()
  }
  return code !== undefined
}

/** Why: of the event, else of the first agent that says so. Further purposes have no place. */
export function readPurpose(reading: Reading): void {
  const { root, version } = reading
  const [first] = root.items(version === 'R4' ? 'purposeOfEvent' : 'authorization')
  if (first !== undefined && readPurposeIn(reading, first)) return
  if (first !== undefined && reading.isOurs) return
  for (const agent of root.items('agent')) {
    const [own] = agent.items(version === 'R4' ? 'purposeOfUse' : 'authorization')
    if (own !== undefined && readPurposeIn(reading, own)) return
  }
}
