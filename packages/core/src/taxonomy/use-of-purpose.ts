import { type PurposeOfUse, purposeParents } from '../purpose-of-use.ts'
import type { Use } from './use.ts'

/**
 * The use under the HIPAA rules that a purpose of HL7 amounts to, where there is one: our reading. HL7 files under "operations"
 * and "payment" what HIPAA permits by other paragraphs and with other duties; those say `undefined` here, so that nothing is
 * taken for operations because it hangs below them.
 */
const read: { readonly [Code in PurposeOfUse]?: Use | undefined } = {
  TREAT: 'treatment',
  // 164.501: population-based activities are operations, which is the stricter reading of the two.
  POPHLTH: 'operations.quality',

  HPAYMT: 'payment',
  ENROLLM: 'operations', // 164.501, operations (3)
  MILDCRG: undefined, // 164.512(k)(1)

  HOPERAT: 'operations',
  CAREMGT: 'operations.quality',
  HOUTCOMS: 'operations.quality',
  HQUALIMP: 'operations.quality',
  PATSFTY: 'operations.quality',
  PERFMSR: 'operations.quality',
  TRAIN: 'operations.training',
  FRAUD: 'operations.audit',
  HCOMPL: 'operations.audit',
  HDM: 'operations.business-management',
  HSYSADMIN: 'operations.business-management',
  PATADMIN: 'operations.business-management',
  RECORDMGT: 'operations.business-management',
  SYSDEV: 'operations.business-management',
  MLTRAINING: 'ai.training',
  DONAT: undefined, // 164.512(h)
  GOV: undefined, // 164.512(k)
  HDECD: undefined, // 164.512(g)
  HDIRECT: undefined, // 164.510(a)
  HLEGAL: undefined, // legal services, 164.501, or a proceeding, 164.512(e)
  MILCDM: undefined, // 164.512(k)(1)

  PATRQT: 'individual.access',
  FAMRQT: undefined, // 164.510(b) or 164.508
  SUPNWK: undefined, // 164.510(b) or 164.508

  PUBHLTH: 'public-health',
  DISASTER: undefined, // 164.510(b)(4) or treatment
  THREAT: undefined, // 164.512(j)

  HRESCH: 'research',
  HMARKT: 'marketing',
}

/**
 * The use that a purpose amounts to, through its parents where it is not read on its own: `BTG` is treatment.
 * @returns undefined where no single use of the tree answers to it, and the caller has to say which paragraph applies
 */
export function useOfPurpose(code: PurposeOfUse): Use | undefined {
  if (Object.hasOwn(read, code)) return read[code]
  const [first, ...rest] = new Set(purposeParents(code).map(useOfPurpose))
  return rest.length === 0 ? first : undefined
}
