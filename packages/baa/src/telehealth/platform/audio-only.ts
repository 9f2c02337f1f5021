import type { Citation } from '@phi/core'
import * as z from 'zod'
import { cited } from '../../citation.ts'
import type { Holds } from '../row.ts'

/** Why a session is held without video. What is left out is not known. */
export interface AudioOnlyBasis {
  readonly payer: 'medicare' | 'other'
  /** The patient is at home. */
  readonly patientAtHome?: boolean | undefined
  /** The practitioner could do video. */
  readonly practitionerCanUseVideo?: boolean | undefined
  readonly reason?: 'patient-cannot-use-video' | 'patient-does-not-consent-to-video' | undefined
}

export const audioOnlySchema: z.ZodType<AudioOnlyBasis> = z
  .strictObject({
    payer: z.enum(['medicare', 'other']),
    patientAtHome: z.boolean().optional(),
    practitionerCanUseVideo: z.boolean().optional(),
    reason: z.enum(['patient-cannot-use-video', 'patient-does-not-consent-to-video']).optional(),
  })
  .readonly()

/**
 * S70 lets Medicare sessions be audio-only "if needed". The definition of an interactive telecommunications system says when: the
 * practitioner could use video, and the patient, at home, cannot or does not consent. Given from memory: read it before you rely on it.
 */
export const audioOnlyCitation: Citation = /* @__PURE__ */ cited('42 CFR 410.78(a)(3)', 'memory')

export interface AudioOnlyAnswer {
  readonly holds: Holds
  /** The first thing that fails, or is not known. */
  readonly why?: 'payer' | 'patient-at-home' | 'practitioner-can-use-video' | 'reason'
}

/** Whether a session may be held without video. Other payers have rules of their own, which are not here: they are not served by this one. */
export function judgeAudioOnly({ payer, patientAtHome, practitionerCanUseVideo, reason }: AudioOnlyBasis): AudioOnlyAnswer {
  if (payer !== 'medicare') return { holds: false, why: 'payer' }
  if (patientAtHome === false) return { holds: false, why: 'patient-at-home' }
  if (practitionerCanUseVideo === false) return { holds: false, why: 'practitioner-can-use-video' }
  if (patientAtHome === undefined) return { holds: 'unknown', why: 'patient-at-home' }
  if (practitionerCanUseVideo === undefined) return { holds: 'unknown', why: 'practitioner-can-use-video' }
  return reason === undefined ? { holds: 'unknown', why: 'reason' } : { holds: true }
}
