import type { AuditAction } from '../actions.ts'
import { coding, type FhirCoding, systems } from './systems.ts'

/** FHIR's action codes: create, read, update, delete, execute. */
export type FhirAction = 'C' | 'R' | 'U' | 'D' | 'E'

/** How an action of an event is said in FHIR. R5 has `category` for `type` and `code` for `subtype`. */
export interface Kind {
  readonly type: FhirCoding
  /** Beside it always stands our own code of the action. */
  readonly subtype?: FhirCoding
  readonly action: FhirAction
  /** The codes of the machine that asked and of the one that answered, as BALP has them. */
  readonly client: FhirCoding
  readonly server: FhirCoding
}

const dcm = (code: string, display: string) => coding(systems.dicom, code, display)
const iso = (code: string, display: string) => coding(systems.lifecycle, code, `${display} Record Lifecycle Event`)
const rest = (code: string) => coding(systems.rest, code, code)

/** DICOM PS3.16 annex D, CID 400 to 403. */
const REST = coding(systems.eventType, 'rest', 'RESTful Operation')
const APPLICATION = dcm('110150', 'Application')
const DESTINATION = dcm('110152', 'Destination Role ID')
const SOURCE = dcm('110153', 'Source Role ID')
const CUSTODIAN = coding(systems.provenance, 'custodian', 'Custodian')
const EXPORT = dcm('110106', 'Export')
const IMPORT = dcm('110107', 'Import')
const ALERT = dcm('110113', 'Security Alert')
const AUTHENTICATION = dcm('110114', 'User Authentication')
const ACTIVITY = dcm('110100', 'Application Activity')

/** Who sends the data and who takes them: BALP's client writes to the server and reads from it. */
const writes = { client: SOURCE, server: DESTINATION }
const reads = { client: DESTINATION, server: SOURCE }
const removes = { client: APPLICATION, server: CUSTODIAN }
/** Data leave: we are the source, and the destination is the recipient. */
const leaves = { client: APPLICATION, server: SOURCE }
const other = { client: APPLICATION, server: DESTINATION }

/** Every action, once. */
export const kinds: Readonly<Record<AuditAction, Kind>> = {
  create: { type: REST, subtype: rest('create'), action: 'C', ...writes },
  read: { type: REST, subtype: rest('read'), action: 'R', ...reads },
  update: { type: REST, subtype: rest('update'), action: 'U', ...writes },
  delete: { type: REST, subtype: rest('delete'), action: 'D', ...removes },
  search: { type: REST, subtype: rest('search'), action: 'E', ...writes },
  export: { type: EXPORT, subtype: iso('extract', 'Extract'), action: 'R', ...leaves },
  print: { type: EXPORT, subtype: iso('report', 'Report (Output)'), action: 'R', ...leaves },
  download: { type: EXPORT, subtype: iso('extract', 'Extract'), action: 'R', ...leaves },
  upload: { type: IMPORT, subtype: iso('receive', 'Receive/Retain'), action: 'C', ...writes },
  send: { type: EXPORT, subtype: iso('transmit', 'Transmit'), action: 'R', ...leaves },
  disclose: { type: EXPORT, subtype: iso('disclose', 'Disclose'), action: 'R', ...leaves },
  login: { type: AUTHENTICATION, subtype: dcm('110122', 'Login'), action: 'E', ...other },
  logout: { type: AUTHENTICATION, subtype: dcm('110123', 'Logout'), action: 'E', ...other },
  'login-failed': { type: AUTHENTICATION, subtype: dcm('110122', 'Login'), action: 'E', ...other },
  mfa: { type: AUTHENTICATION, action: 'E', ...other },
  'session-expired': { type: AUTHENTICATION, subtype: dcm('110123', 'Logout'), action: 'E', ...other },
  'break-glass': { type: ALERT, subtype: dcm('110127', 'Emergency Override Started'), action: 'E', ...other },
  grant: { type: ALERT, subtype: dcm('110136', 'Security Roles Changed'), action: 'E', ...other },
  revoke: { type: ALERT, subtype: dcm('110136', 'Security Roles Changed'), action: 'E', ...other },
  configure: { type: ALERT, subtype: dcm('110129', 'Security Configuration'), action: 'E', ...other },
  'key-rotate': { type: ALERT, subtype: dcm('110135', 'Object Security Attributes Changed'), action: 'E', ...other },
  'key-destroy': { type: ALERT, subtype: dcm('110135', 'Object Security Attributes Changed'), action: 'E', ...other },
  prune: { type: iso('destroy', 'Destroy/Delete'), action: 'D', ...other },
  sign: { type: iso('attest', 'Attest'), action: 'U', ...other },
  review: { type: iso('verify', 'Verify'), action: 'R', ...other },
  amend: { type: iso('amend', 'Amend (Update)'), action: 'U', ...writes },
  restore: { type: iso('restore', 'Restore'), action: 'U', ...writes },
  execute: { type: ACTIVITY, action: 'E', ...other },
}

/** A read of one version. */
export const VREAD = rest('vread')

/** What another party disclosed to us: an upload that BALP's PrivacyDisclosure.Recipient describes. */
export const RECEIVED_DISCLOSURE: Kind = {
  type: IMPORT,
  subtype: iso('disclose', 'Disclose'),
  action: 'C',
  ...writes,
}

/** The decision behind an access, as an event of its own: BALP's AuthZconsent. */
export const DECISION: Kind = {
  type: ALERT,
  subtype: coding(systems.balpDecision, 'AuthZ-Consent', 'Authorization Decision using Roles and Consent'),
  action: 'E',
  client: APPLICATION,
  server: coding(systems.securityRole, 'authserver', 'authorization server'),
}

/** Machines, by code: an agent of another type that asked is a person. */
export const machineCodes: readonly FhirCoding[] = [APPLICATION, DESTINATION, SOURCE, CUSTODIAN, DECISION.server]
export { APPLICATION, DESTINATION, EXPORT, IMPORT, SOURCE }

const restActions: Readonly<Record<string, AuditAction>> = {
  create: 'create',
  read: 'read',
  vread: 'read',
  history: 'read',
  'history-instance': 'read',
  'history-type': 'read',
  'history-system': 'read',
  update: 'update',
  patch: 'update',
  delete: 'delete',
  search: 'search',
  'search-type': 'search',
  'search-system': 'search',
}

const lifecycleActions: Readonly<Record<string, AuditAction>> = {
  access: 'read',
  amend: 'amend',
  attest: 'sign',
  destroy: 'delete',
  disclose: 'disclose',
  extract: 'export',
  originate: 'create',
  receive: 'upload',
  report: 'print',
  restore: 'restore',
  transmit: 'send',
  verify: 'review',
}

const dicomActions: Readonly<Record<string, AuditAction>> = {
  110106: 'export',
  110107: 'upload',
  110112: 'search',
  110122: 'login',
  110123: 'logout',
  110127: 'break-glass',
  110128: 'configure',
  110129: 'configure',
  110130: 'configure',
  110131: 'configure',
  110135: 'configure',
  110136: 'configure',
  110137: 'configure',
}

/** Codes that are written again from the action alone; from all others the action is an approximation. */
const exact = new Set(['create', 'read', 'vread', 'update', 'delete', 'search'])
const exactLifecycle = new Set(['amend', 'disclose', 'extract', 'receive', 'restore', 'transmit'])
const exactDicom = new Set(['110122', '110123', '110127', '110129'])

const own = (table: Readonly<Record<string, AuditAction>>, code: string): AuditAction | undefined =>
  Object.hasOwn(table, code) ? table[code] : undefined

/** The action that a code of another party's resource names, with its rank: a smaller one is nearer to what happened. */
export function actionOfCode({
  system,
  code = '',
}: FhirCoding): { action: AuditAction; rank: number; exact: boolean } | undefined {
  if (system === systems.lifecycle) {
    const action = own(lifecycleActions, code)
    return action && { action, rank: code === 'disclose' ? 0 : 2, exact: exactLifecycle.has(code) }
  }
  if (system === systems.rest) {
    const action = own(restActions, code)
    return action && { action, rank: 1, exact: exact.has(code) }
  }
  if (system !== systems.dicom) return undefined
  const action = own(dicomActions, code)
  return action && { action, rank: code < '110115' ? 4 : 3, exact: exactDicom.has(code) }
}

/** What is left of a resource whose codes are not known here: its action code. */
export const actionOfLetter: Readonly<Record<FhirAction, AuditAction>> = {
  C: 'create',
  R: 'read',
  U: 'update',
  D: 'delete',
  E: 'execute',
}
