/** One concept. It may have several parents. */
export interface PurposeConcept<Code extends string = PurposeOfUse, Any extends string = PurposeOfUse> {
  readonly code: Code
  readonly display: string
  readonly parents: readonly Any[]
}

function conceptsOf<Code extends string>(
  rows: Readonly<Record<Code, readonly [display: string, ...parents: NoInfer<Code>[]]>>,
): { readonly [C in Code]: PurposeConcept<C, Code> } {
  const table = Object.create(null) as Record<string, PurposeConcept<string, string>>
  for (const [code, [display, ...parents]] of Object.entries<readonly [string, ...string[]]>(rows)) {
    table[code] = Object.freeze({ code, display, parents: Object.freeze(parents) })
  }
  return Object.freeze(table) as { readonly [C in Code]: PurposeConcept<C, Code> }
}

/** The code system of the codes. */
export const PURPOSE_OF_USE_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'

/**
 * HL7 v3 PurposeOfUse, by code: the active, selectable concepts of the value set, from the code system v3-ActReason version
 * 4.0.0 (HL7 Terminology, CC0). Each row: the display, then the parents; a concept without parents stands at the top.
 */
// biome-ignore format: a table
export const purposesOfUse = /* @__PURE__ */ conceptsOf({
  HMARKT: ['healthcare marketing'],
  HOPERAT: ['healthcare operations'],
  CAREMGT: ['care management', 'HOPERAT'],
  DONAT: ['donation', 'HOPERAT'],
  FRAUD: ['fraud', 'HOPERAT'],
  GOV: ['government', 'HOPERAT'],
  HACCRED: ['health accreditation', 'HOPERAT'],
  HCOMPL: ['health compliance', 'HOPERAT'],
  HDECD: ['decedent', 'HOPERAT'],
  HDIRECT: ['directory', 'HOPERAT'],
  HDM: ['healthcare delivery management', 'HOPERAT'],
  HLEGAL: ['legal', 'HOPERAT'],
  HOUTCOMS: ['health outcome measure', 'HOPERAT'],
  HPRGRP: ['health program reporting', 'HOPERAT'],
  HQUALIMP: ['health quality improvement', 'HOPERAT'],
  HSYSADMIN: ['health system administration', 'HOPERAT'],
  LABELING: ['labeling', 'HSYSADMIN'],
  METAMGT: ['metadata management', 'HSYSADMIN'],
  MEMADMIN: ['member administration', 'HOPERAT'],
  MILCDM: ['military command', 'HOPERAT'],
  PATADMIN: ['patient administration', 'HOPERAT'],
  PATSFTY: ['patient safety', 'HOPERAT'],
  PERFMSR: ['performance measure', 'HOPERAT'],
  RECORDMGT: ['records management', 'HOPERAT'],
  SYSDEV: ['system development', 'HOPERAT'],
  HTEST: ['test health data', 'SYSDEV'],
  TRAIN: ['training', 'HOPERAT'],
  MLTRAINING: ['machine learning training', 'HOPERAT'],
  HPAYMT: ['healthcare payment'],
  CLMATTCH: ['claim attachment', 'HPAYMT'],
  COVAUTH: ['coverage authorization', 'HPAYMT'],
  COVERAGE: ['coverage under policy or program', 'HPAYMT'],
  ELIGDTRM: ['eligibility determination', 'COVERAGE'],
  ELIGVER: ['eligibility verification', 'COVERAGE'],
  ENROLLM: ['enrollment', 'COVERAGE'],
  MILDCRG: ['military discharge', 'COVERAGE'],
  REMITADV: ['remittance advice', 'HPAYMT'],
  PMTDS: ['decision support assisted payment decision', 'HPAYMT'],
  HRESCH: ['healthcare research'],
  BIORCH: ['biomedical research', 'HRESCH'],
  CLINTRCH: ['clinical trial research', 'HRESCH'],
  CLINTRCHNPC: ['clinical trial research without patient care', 'CLINTRCH'],
  CLINTRCHPC: ['clinical trial research with patient care', 'CLINTRCH'],
  PRECLINTRCH: ['preclinical trial research', 'CLINTRCH'],
  DSRCH: ['disease specific healthcare research', 'HRESCH'],
  POARCH: ['population origins or ancestry healthcare research', 'HRESCH'],
  TRANSRCH: ['translational healthcare research', 'HRESCH'],
  PATRQT: ['patient requested'],
  FAMRQT: ['family requested', 'PATRQT'],
  PWATRNY: ['power of attorney', 'PATRQT'],
  SUPNWK: ['support network', 'PATRQT'],
  PUBHLTH: ['public health'],
  DISASTER: ['disaster', 'PUBHLTH'],
  THREAT: ['threat', 'PUBHLTH'],
  TREAT: ['treatment'],
  CLINTRL: ['clinical trial', 'TREAT'],
  COC: ['coordination of care', 'TREAT'],
  ETREAT: ['Emergency Treatment', 'TREAT'],
  BTG: ['break the glass', 'ETREAT'],
  ERTREAT: ['emergency room treatment', 'ETREAT'],
  POPHLTH: ['population health', 'TREAT'],
  TREATDS: ['decision support assisted treatment decision', 'TREAT'],
})

/** A purpose for which data is used or asked for: a code of HL7 v3 PurposeOfUse. */
export type PurposeOfUse = keyof typeof purposesOfUse

/**
 * Everything at and above each key, along every path: `parents` may join paths again, and a key is visited once.
 * @param parents what stands directly above a key
 */
export function closures<Key>(keys: Iterable<Key>, parents: (key: Key) => readonly Key[]): ReadonlyMap<Key, ReadonlySet<Key>> {
  const out = new Map<Key, ReadonlySet<Key>>()
  for (const key of keys) {
    // A set hands out members that were added while it is being walked.
    const above = new Set([key])
    for (const each of above) for (const parent of parents(each)) above.add(parent)
    out.set(key, above)
  }
  return out
}

const purposeClosures = () => closures(Object.keys(purposesOfUse) as PurposeOfUse[], (code) => purposesOfUse[code].parents)
const above = /* @__PURE__ */ purposeClosures()

/** Whether a value is a code of HL7 v3 PurposeOfUse. */
export function isPurposeOfUse(value: unknown): value is PurposeOfUse {
  return typeof value === 'string' && Object.hasOwn(purposesOfUse, value)
}

/** What stands directly above a purpose; nothing for those at the top (`TREAT`, `HPAYMT`, `HOPERAT` …). */
export function purposeParents(code: PurposeOfUse): readonly PurposeOfUse[] {
  return purposesOfUse[code].parents
}

/** Whether a purpose is the other one or a kind of it: `BTG` is an `ETREAT` is a `TREAT`. */
export function purposeIsA(code: PurposeOfUse, ancestor: PurposeOfUse): boolean {
  return above.get(code)?.has(ancestor) ?? false
}
