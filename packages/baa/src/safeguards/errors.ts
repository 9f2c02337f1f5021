import { errorsOf } from '@phi/core'

/** The errors of the register and of what is made from it. That a safeguard is missing is a finding and never an error. */
export const safeguardErrors = {
  PHI_BAA_SAFEGUARDS: {
    problem: 'The register of safeguards is not valid',
    remedy: 'Correct the place that is named; the form is described by `RegisterEntryInput`.',
  },
  PHI_BAA_WORKFORCE: {
    problem: 'The record of the workforce or its devices is not valid',
    remedy: 'Correct the place that is named; the forms are described by `WorkforceMember` and `Device`.',
  },
  PHI_BAA_RISKS: {
    problem: 'The risk analysis is not valid',
    remedy: 'Correct the place that is named; the form is described by `RiskAnalysisInput`.',
  },
  PHI_BAA_DOCUMENTS: {
    problem: 'The list of documents is not valid',
    remedy: 'Correct the place that is named; the form is described by `PackageDocument`.',
  },
  PHI_BAA_OSCAL: {
    problem: 'The register cannot be written as OSCAL',
    remedy: 'Correct the option that is named; the form is described by `OscalOptions`.',
  },
  PHI_BAA_NOTICE: {
    problem: 'The notice of privacy practices, or a record of its delivery, is not valid',
    remedy: 'Correct the place that is named; the forms are described by `NoticeVersionInput` and `NoticeRecordInput`.',
  },
  PHI_BAA_QUESTION: {
    problem: 'The question to the register or the notice cannot be read',
    remedy: 'Correct the place that is named; days are civil dates such as 2026-11-21.',
  },
} as const

export const safeguardError = errorsOf(safeguardErrors)
