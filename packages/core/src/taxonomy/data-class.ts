import type { Label } from './label.ts'
import type { SafeHarborLetter } from './safe-harbor.ts'
import { isAtOrAbove, isKeyOf, type TreeFacts, type TreeRow, treeOf } from './tree.ts'

/** A row of the data classes. */
export interface DataClassRow<Key extends string = DataClass, Any extends string = DataClass> extends TreeRow<Key> {
  /** The identifier of 45 CFR 164.514(b)(2)(i) that this is. */
  readonly safeHarbor?: SafeHarborLetter
  /** Of an identifier: whether a limited data set may keep it, 45 CFR 164.514(e)(2). */
  readonly limitedDataSet?: 'keep' | 'drop'
  /** Made of other data: an item carries the classes and labels of what it was made of (see `carriedBy`). */
  readonly derived: boolean
  /** Of a code: the classes that it tells. A prohibition of either side reaches the other (see `scopeVerdict`). */
  readonly implies: readonly Any[]
  /** Labels that every item of this class carries. */
  readonly labels: readonly Label[]
}

interface DataFacts<Any extends string = never> extends TreeFacts {
  readonly safeHarbor?: SafeHarborLetter
  readonly limitedDataSet?: 'keep' | 'drop'
  readonly implies?: readonly Any[]
  readonly labels?: readonly Label[]
}

const DERIVED = ['phi.ai', 'phi.ops']

function dataTree<Key extends string>(
  rows: Readonly<Record<Key, DataFacts<NoInfer<Key>>>>,
): { readonly [K in Key]: DataClassRow<K, Key> } {
  const complete = Object.entries<DataFacts<Key>>(rows).map(([key, facts]) => [
    key,
    { implies: [], labels: [], derived: DERIVED.some((branch) => isAtOrAbove(branch, key)), ...facts },
  ])
  return treeOf(Object.fromEntries(complete)) as { readonly [K in Key]: DataClassRow<K, Key> }
}

/** An identifier that a limited data set leaves out, or keeps, as 164.514(e)(2) says of its letter. */
const identifier = (safeHarbor: SafeHarborLetter, label: string, limitedDataSet: 'keep' | 'drop' = 'drop'): DataFacts => ({
  label,
  safeHarbor,
  limitedDataSet,
  citation: `45 CFR 164.514(b)(2)(i)(${safeHarbor})`,
})

/** The data classes, by key. */
export const dataClasses = /* @__PURE__ */ dataTree({
  phi: { label: 'protected health information', citation: '45 CFR 160.103' },

  'phi.identity': { label: 'identifiers', citation: '45 CFR 164.514(b)(2)(i)' },
  'phi.identity.name': /* @__PURE__ */ identifier('A', 'name'),
  'phi.identity.geo': { label: 'place', citation: '45 CFR 164.514(b)(2)(i)(B)' },
  'phi.identity.geo.street': /* @__PURE__ */ identifier('B', 'street address'),
  'phi.identity.geo.city': /* @__PURE__ */ identifier('B', 'town or city', 'keep'),
  'phi.identity.geo.county': /* @__PURE__ */ identifier('B', 'county'),
  'phi.identity.geo.zip5': /* @__PURE__ */ identifier('B', 'five-digit ZIP code', 'keep'),
  'phi.identity.geo.state': { label: 'State', limitedDataSet: 'keep', citation: '45 CFR 164.514(b)(2)(i)(B)' },
  'phi.identity.date': { label: 'dates', citation: '45 CFR 164.514(b)(2)(i)(C)' },
  'phi.identity.date.birth': /* @__PURE__ */ identifier('C', 'date of birth', 'keep'),
  'phi.identity.date.admission': /* @__PURE__ */ identifier('C', 'date of admission', 'keep'),
  'phi.identity.date.discharge': /* @__PURE__ */ identifier('C', 'date of discharge', 'keep'),
  'phi.identity.date.death': /* @__PURE__ */ identifier('C', 'date of death', 'keep'),
  'phi.identity.date.service': /* @__PURE__ */ identifier('C', 'date of service', 'keep'),
  'phi.identity.age-over-89': /* @__PURE__ */ identifier('C', 'age over 89', 'keep'),
  'phi.identity.phone': /* @__PURE__ */ identifier('D', 'telephone number'),
  'phi.identity.fax': /* @__PURE__ */ identifier('E', 'fax number'),
  'phi.identity.email': /* @__PURE__ */ identifier('F', 'e-mail address'),
  'phi.identity.ssn': /* @__PURE__ */ identifier('G', 'social security number'),
  'phi.identity.mrn': /* @__PURE__ */ identifier('H', 'medical record number'),
  'phi.identity.plan-id': /* @__PURE__ */ identifier('I', 'health plan beneficiary number'),
  'phi.identity.account': /* @__PURE__ */ identifier('J', 'account number'),
  'phi.identity.license': /* @__PURE__ */ identifier('K', 'certificate or license number'),
  'phi.identity.vehicle': /* @__PURE__ */ identifier('L', 'vehicle identifier'),
  'phi.identity.device': /* @__PURE__ */ identifier('M', 'device identifier'),
  'phi.identity.url': /* @__PURE__ */ identifier('N', 'web address'),
  'phi.identity.ip': /* @__PURE__ */ identifier('O', 'IP address'),
  'phi.identity.biometric': { label: 'biometric identifiers', citation: '45 CFR 164.514(b)(2)(i)(P)' },
  'phi.identity.biometric.finger': /* @__PURE__ */ identifier('P', 'fingerprint'),
  'phi.identity.biometric.voice': /* @__PURE__ */ identifier('P', 'voice print'),
  'phi.identity.photo': /* @__PURE__ */ identifier('Q', 'full-face photograph'),
  'phi.identity.other-unique': /* @__PURE__ */ identifier('R', 'other unique number, characteristic or code', 'keep'),

  'phi.demographic': { label: 'demographics' },
  'phi.demographic.gender': { label: 'gender' },
  'phi.demographic.race': { label: 'race or ethnicity' },
  'phi.demographic.language': { label: 'language' },
  'phi.demographic.marital': { label: 'marital status' },
  'phi.demographic.occupation': { label: 'occupation' },

  'phi.clinical': { label: 'clinical record' },
  'phi.clinical.note': { label: 'notes' },
  'phi.clinical.note.session': { label: 'session note' },
  'phi.clinical.note.summary': { label: 'session summary' },
  'phi.clinical.note.observation': { label: 'clinical observation' },
  'phi.clinical.note.psychotherapy': { label: 'psychotherapy note', labels: ['psychotherapy'], citation: '45 CFR 164.501' },
  'phi.clinical.note.sud-counseling': {
    label: 'counseling note of a substance use disorder program',
    labels: ['part2'],
    citation: '42 CFR 2.11',
    confirmation: 'memory',
  },
  'phi.clinical.plan': { label: 'treatment plan' },
  'phi.clinical.assessment': { label: 'assessment' },
  'phi.clinical.diagnosis': { label: 'diagnosis' },
  'phi.clinical.medication': { label: 'medication' },
  'phi.clinical.lab': { label: 'laboratory result' },
  'phi.clinical.imaging': { label: 'imaging' },
  'phi.clinical.history': { label: 'history' },

  'phi.code': { label: 'codes', citation: '45 CFR 162.1002', confirmation: 'memory' },
  'phi.code.icd10': { label: 'ICD-10 diagnosis code', implies: ['phi.clinical.diagnosis', 'phi.financial.claim'] },
  'phi.code.cpt': { label: 'CPT procedure code', implies: ['phi.financial.claim'] },
  'phi.code.hcpcs': { label: 'HCPCS code', implies: ['phi.financial.claim'] },

  'phi.schedule': { label: 'schedule' },
  'phi.schedule.appointment': { label: 'appointment' },
  'phi.schedule.history': { label: 'appointment history' },
  'phi.schedule.client-location': { label: 'where the client is during a session' },
  'phi.schedule.session-link': { label: 'link to a session' },

  'phi.financial': { label: 'financial record' },
  'phi.financial.payment': { label: 'payment' },
  'phi.financial.claim': { label: 'claim' },
  'phi.financial.eligibility': { label: 'eligibility' },
  'phi.financial.remittance': { label: 'remittance' },
  'phi.financial.insurance': { label: 'insurance' },

  'phi.comm': { label: 'communications' },
  'phi.comm.message': { label: 'message in the portal' },
  'phi.comm.email': { label: 'e-mail' },
  'phi.comm.sms': { label: 'text message' },
  'phi.comm.call': { label: 'call' },
  'phi.comm.attachment': { label: 'attachment' },
  'phi.comm.recording': { label: 'recording' },
  'phi.comm.recording.audio': { label: 'audio recording' },
  'phi.comm.recording.video': { label: 'video recording' },
  'phi.comm.transcript': { label: 'transcript' },

  'phi.ai': { label: 'what a model was given or made' },
  'phi.ai.prompt': { label: 'prompt' },
  'phi.ai.output': { label: 'output' },
  'phi.ai.edit': { label: 'edit of an output' },
  'phi.ai.embedding': { label: 'embedding' },

  'phi.ops': { label: 'by-products of operation' },
  'phi.ops.auditlog': { label: 'audit log' },
  'phi.ops.export': { label: 'export' },
  'phi.ops.backup': { label: 'backup' },
  'phi.ops.analytics': { label: 'analytics' },
  'phi.ops.error-report': { label: 'error report' },
})

/** A class of data, or a branch that stands for all classes below it. */
export type DataClass = keyof typeof dataClasses

const labelled = () => Object.values<DataClassRow>(dataClasses).filter((row) => row.labels.length > 0)

/** The classes whose items carry a label by nature. */
export const labelledClasses: readonly DataClassRow[] = /* @__PURE__ */ labelled()

/** Everyday words that stand for several classes. */
export const dataClassBundles = {
  /** "Demographics (name, email, phone)", as agreements for small practices use the word. Not `phi.demographic`. */
  demographics: ['phi.identity.name', 'phi.identity.email', 'phi.identity.phone'],
} as const satisfies Readonly<Record<string, readonly DataClass[]>>

/** Whether a value is a data class or a branch of data classes. */
export const isDataClass = (value: unknown): value is DataClass => isKeyOf(dataClasses, value)
