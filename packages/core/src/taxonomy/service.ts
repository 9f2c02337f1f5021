import { isKeyOf, type TreeFacts, treeOf } from './tree.ts'

const serviceTree = <Key extends string>(rows: Record<Key, TreeFacts>) => treeOf<unknown, Key>(rows)

/** What a platform or a vendor does with data: the words in which the scope of an agreement is written. */
export const services = /* @__PURE__ */ serviceTree({
  scheduling: { label: 'scheduling' },
  'scheduling.booking': { label: 'booking of appointments' },
  'scheduling.reminders': { label: 'reminders' },
  'scheduling.calendar-export': { label: 'export to an external calendar' },
  intake: { label: 'intake' },
  'intake.forms': { label: 'intake forms' },
  'intake.npp': { label: 'delivery of the notice of privacy practices', citation: '45 CFR 164.520' },
  records: { label: 'records' },
  'records.notes': { label: 'notes' },
  'records.plans': { label: 'treatment plans' },
  'records.export': { label: 'export of records' },
  billing: { label: 'billing' },
  'billing.claims': { label: 'claims' },
  'billing.eligibility': { label: 'eligibility checks' },
  'billing.payments': { label: 'payments' },
  messaging: { label: 'messaging' },
  'messaging.portal': { label: 'messages in the portal' },
  'messaging.email': { label: 'e-mail' },
  'messaging.sms': { label: 'text messages' },
  telehealth: { label: 'telehealth' },
  'telehealth.video': { label: 'video sessions' },
  'telehealth.audio': { label: 'audio sessions' },
  'telehealth.recording': { label: 'recording of sessions' },
  'telehealth.chat': { label: 'chat in a session' },
  'telehealth.waiting-room': { label: 'waiting room' },
  ai: { label: 'AI features' },
  'ai.transcription': { label: 'transcription' },
  'ai.summary': { label: 'summaries' },
  'ai.note-draft': { label: 'drafts of notes' },
  'ai.claims-narrative': { label: 'narratives for claims' },
  'ai.chat': { label: 'chat with a model' },
  storage: { label: 'storage' },
  'storage.database': { label: 'databases' },
  'storage.object': { label: 'object storage' },
  'storage.cache': { label: 'caches' },
  'storage.backup': { label: 'backups' },
  'storage.logs': { label: 'logs' },
  identity: { label: 'sign-in and accounts' },
  analytics: { label: 'analytics' },
  monitoring: { label: 'monitoring and error reports' },
  support: { label: 'customer support' },
  hosting: { label: 'hosting' },
})

export type Service = keyof typeof services

/** Whether a value is a service or a branch of services. */
export const isService = (value: unknown): value is Service => isKeyOf(services, value)
