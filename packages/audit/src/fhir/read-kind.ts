import { type AuditAction, type AuditOutcome, auditActions } from '../actions.ts'
import { type Remainder, setOnce } from './carried.ts'
import { fhirDetails } from './details.ts'
import { codeOf, codingsOf, type Element } from './element.ts'
import { fhirError } from './errors.ts'
import {
  actionOfCode,
  actionOfLetter,
  DECISION,
  type FhirAction,
  IMPORT,
  type Kind,
  kinds,
  RECEIVED_DISCLOSURE,
  VREAD,
} from './kinds.ts'
import { setDetail } from './reading.ts'
import { type FhirCoding, ours, sameCode, systems } from './systems.ts'

interface ReadKind {
  /** `undefined` where the extension has it: a decision that was written here. */
  readonly action: AuditAction | undefined
  readonly kind: Kind
  readonly isDecision: boolean
}

const contradiction = (path: string) => fhirError('PHI_AUDIT_FHIR_CONTRADICTION', { path })

/** The codes of what happened. Senders swap category and code of R5, so they are one set. */
const codesOf = (root: Element, version: 'R4' | 'R5'): Element[] =>
  version === 'R4'
    ? [...codingsOf(root, 'type'), ...codingsOf(root, 'subtype')]
    : [...codingsOf(root, 'category'), ...codingsOf(root, 'code')]

const has = (codes: readonly Element[], code: FhirCoding) => codes.some((each) => sameCode(codeOf(each), code))

/** Our own code of the action stands beside those of others, and they have to agree. */
function ownKind(root: Element, codes: readonly Element[], own: Element, event: Remainder): ReadKind {
  const action = auditActions.find((known) => known === codeOf(own).code)
  if (action === undefined)
    throw fhirError('PHI_AUDIT_FHIR_RESOURCE', { path: own.path, detail: 'an action that is not known' })
  const isReceived = action === 'upload' && has(codes, RECEIVED_DISCLOSURE.subtype as FhirCoding)
  const kind = isReceived ? RECEIVED_DISCLOSURE : kinds[action]
  const standard = action === 'read' && has(codes, VREAD) ? VREAD : kind.subtype
  const expected = [kind.type, ...(standard === undefined ? [] : [standard])]
  const others = codes.filter((each) => each.path !== own.path)
  if (
    !expected.every((code) => has(others, code)) ||
    others.some((each) => !expected.some((code) => sameCode(code, codeOf(each))))
  ) {
    throw contradiction(own.path)
  }
  if (root.text('action') !== kind.action) throw contradiction('action')
  if (isReceived) setDetail(event, fhirDetails.disclosure, 'received')
  for (const each of codes) each.use()
  root.useKey('action')
  return { action, kind, isDecision: false }
}

function foreignKind(root: Element, codes: readonly Element[], event: Remainder): ReadKind {
  const letter = root.text('action') as FhirAction | undefined
  const found = codes
    .map((element) => ({ element, said: actionOfCode(codeOf(element)) }))
    .filter((each) => each.said !== undefined)
    .sort((a, b) => (a.said?.rank ?? 0) - (b.said?.rank ?? 0))
  const said = found[0]?.said
  if (said === undefined && letter === undefined) {
    throw fhirError('PHI_AUDIT_FHIR_INCOMPLETE', { path: 'action', detail: 'neither a known code nor an action letter' })
  }
  const action = said?.action ?? actionOfLetter[letter as FhirAction]
  const isReceived = action === 'disclose' && has(codes, IMPORT)
  const kind = isReceived ? RECEIVED_DISCLOSURE : kinds[action]
  if (isReceived) setDetail(event, fhirDetails.disclosure, 'received')
  // Only what is written back from the action alone counts as carried.
  const isVersion = root
    .items('entity')
    .some((entity) => entity.get('what')?.text('reference')?.includes('/_history/') === true)
  for (const { element, said: each } of found) {
    if (each?.exact && each.action === action && (isVersion || !sameCode(codeOf(element), VREAD))) element.use()
  }
  for (const each of codes) if (sameCode(codeOf(each), kind.type)) each.use()
  if (letter === kind.action) root.useKey('action')
  return { action: isReceived ? 'upload' : action, kind, isDecision: false }
}

/** What happened. @throws PhiError PHI_AUDIT_FHIR_INCOMPLETE, _CONTRADICTION, _RESOURCE */
export function readKind(root: Element, version: 'R4' | 'R5', isOurs: boolean, event: Remainder): ReadKind {
  const codes = codesOf(root, version)
  const decision = codes.find((each) => codeOf(each).system === systems.balpDecision)
  if (decision !== undefined) {
    if (root.text('action') === DECISION.action) root.useKey('action')
    else if (isOurs) throw contradiction('action')
    for (const each of codes) if (each === decision || sameCode(codeOf(each), DECISION.type)) each.use()
    return { action: isOurs ? undefined : 'execute', kind: DECISION, isDecision: true }
  }
  const own = codes.filter((each) => codeOf(each).system === ours.action)
  if (own.length > 1) throw contradiction((own[1] as Element).path)
  if (own[0] !== undefined) return ownKind(root, codes, own[0], event)
  if (isOurs)
    throw fhirError('PHI_AUDIT_FHIR_INCOMPLETE', { path: version === 'R4' ? 'type' : 'code', detail: 'no action is shown' })
  return foreignKind(root, codes, event)
}

const outcomesOfCode: Readonly<Record<string, AuditOutcome>> = { 0: 'success', 4: 'failure', 8: 'failure', 12: 'failure' }
const outcomesOfSeverity: Readonly<Record<string, AuditOutcome>> = {
  success: 'success',
  information: 'success',
  warning: 'success',
  error: 'failure',
  fatal: 'failure',
}

const own = (table: Readonly<Record<string, AuditOutcome>>, code: string | undefined) =>
  code !== undefined && Object.hasOwn(table, code) ? table[code] : undefined

function outcomeR4(root: Element, isOurs: boolean): AuditOutcome | undefined {
  const code = root.text('outcome')
  root.useKey('outcome')
  // Ours says 4 of what was refused; with others it is a failure, since it may be.
  return isOurs && code === '4' ? 'denied' : own(outcomesOfCode, code)
}

function outcomeR5(root: Element): AuditOutcome | undefined {
  const element = root.get('outcome')
  const code = element?.get('code')
  if (element === undefined || code === undefined) return undefined
  const { system, code: value } = codeOf(code)
  const outcome =
    system === systems.issueSeverity
      ? own(outcomesOfSeverity, value)
      : system === systems.outcome
        ? own(outcomesOfCode, value)
        : undefined
  const denied = codingsOf(element, 'detail').find((each) => sameCode(codeOf(each), { system: ours.outcome, code: 'denied' }))
  if (denied !== undefined && outcome !== 'failure') throw contradiction('outcome.detail')
  denied?.use()
  code.use()
  return denied === undefined ? outcome : 'denied'
}

/** How it ended. @throws PhiError PHI_AUDIT_FHIR_INCOMPLETE when the resource does not say */
export function readOutcome(root: Element, version: 'R4' | 'R5', isOurs: boolean, event: Remainder): AuditOutcome {
  const outcome = version === 'R4' ? outcomeR4(root, isOurs) : outcomeR5(root)
  if (outcome === undefined) throw fhirError('PHI_AUDIT_FHIR_INCOMPLETE', { path: 'outcome' })
  setOnce(event, 'outcome', outcome)
  return outcome
}
