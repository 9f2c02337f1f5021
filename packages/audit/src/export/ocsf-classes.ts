import type { AuditAction, AuditSeverity } from '../actions.ts'

/** The schema version that the events follow. The attributes that are used stand in earlier 1.x versions too, under the same ids. */
export const OCSF_VERSION = '1.9.0-dev'

interface OcsfClass {
  readonly uid: number
  readonly name: string
  readonly category: { readonly uid: number; readonly name: string }
  /** Captions of the activities that are used, by their ids. */
  readonly activities: Readonly<Record<number, string>>
}

const iam = { uid: 3, name: 'Identity & Access Management' }
const application = { uid: 6, name: 'Application Activity' }

export const ocsfClasses = {
  authentication: { uid: 3002, name: 'Authentication', category: iam, activities: { 1: 'Logon', 2: 'Logoff' } },
  authorizeSession: { uid: 3003, name: 'Authorize Session', category: iam, activities: { 1: 'Assign Privileges' } },
  entityManagement: { uid: 3004, name: 'Entity Management', category: iam, activities: { 3: 'Update', 4: 'Delete' } },
  userAccess: {
    uid: 3005,
    name: 'User Access Management',
    category: iam,
    activities: { 1: 'Assign Privileges', 2: 'Revoke Privileges' },
  },
  apiActivity: {
    uid: 6003,
    name: 'API Activity',
    category: application,
    activities: { 0: 'Unknown', 1: 'Create', 2: 'Read', 3: 'Update', 4: 'Delete' },
  },
  datastoreActivity: {
    uid: 6005,
    name: 'Datastore Activity',
    category: application,
    activities: { 4: 'Query', 5: 'Write', 7: 'Delete' },
  },
} as const satisfies Readonly<Record<string, OcsfClass>>

export type OcsfClassName = keyof typeof ocsfClasses

/** Of another kind than the class has an id for: `activity_name` is then ours. */
const OTHER = 99

/**
 * Class and activity by action. What is done to one record, and what takes data out, is API activity, the class that names the resources;
 * what is done to the store as a whole is datastore activity. Breaking the glass gives a session rights that it did not have.
 */
const ocsfActivities: Readonly<Record<AuditAction, readonly [OcsfClassName, number, string?]>> = {
  create: ['apiActivity', 1],
  read: ['apiActivity', 2],
  update: ['apiActivity', 3],
  delete: ['apiActivity', 4],
  search: ['datastoreActivity', 4],
  export: ['apiActivity', 2],
  print: ['apiActivity', 2],
  download: ['apiActivity', 2],
  upload: ['apiActivity', 1],
  send: ['apiActivity', OTHER, 'Send'],
  disclose: ['apiActivity', OTHER, 'Disclose'],
  login: ['authentication', 1],
  logout: ['authentication', 2],
  'login-failed': ['authentication', 1],
  mfa: ['authentication', OTHER, 'Multi-Factor Authentication'],
  'session-expired': ['authentication', 2],
  'break-glass': ['authorizeSession', 1],
  grant: ['userAccess', 1],
  revoke: ['userAccess', 2],
  configure: ['entityManagement', 3],
  'key-rotate': ['entityManagement', 3],
  'key-destroy': ['entityManagement', 4],
  prune: ['datastoreActivity', 7],
  sign: ['apiActivity', OTHER, 'Sign'],
  review: ['apiActivity', OTHER, 'Review'],
  amend: ['apiActivity', 3],
  restore: ['datastoreActivity', 5],
  execute: ['apiActivity', OTHER, 'Execute'],
}

/** The class of a record, the id of its activity, and that id's caption. Without an action it is API activity of an unknown kind. */
export function activityOf(action: AuditAction | undefined): {
  readonly name: OcsfClassName
  readonly class: OcsfClass
  readonly id: number
  readonly caption: string
} {
  const [name, id, own] = action === undefined ? (['apiActivity', 0] as const) : ocsfActivities[action]
  const known: OcsfClass = ocsfClasses[name]
  return { name, class: known, id, caption: own ?? (known.activities[id] as string) }
}

/** severity_id and its caption, by our severities (those of syslog). */
export const ocsfSeverities: Readonly<Record<AuditSeverity, readonly [number, string]>> = {
  debug: [1, 'Informational'],
  info: [1, 'Informational'],
  notice: [2, 'Low'],
  warning: [3, 'Medium'],
  error: [4, 'High'],
  critical: [5, 'Critical'],
  alert: [5, 'Critical'],
  emergency: [6, 'Fatal'],
}

/** `type_id` of a user and its caption, by our types of actors. */
export const ocsfUserTypes = {
  workforce: [1, 'User'],
  patient: [OTHER, 'patient'],
  service: [4, 'Service'],
  system: [3, 'System'],
  vendor: [OTHER, 'vendor'],
} as const
