import { definePolicy } from '@phi/rbac'
import { hipaaRules, hipaaVocabulary } from '@phi/rbac/hipaa'
import { z } from 'zod'

const owned = { id: z.string(), tenant: z.string() }

/** What a platform keeps beside records of care. Everything about a patient is in the pack's own types. */
const platformResources = {
  /** The business associate agreement with this practice. */
  Agreement: z.object(owned),
  /** Entries of the register of safeguards, and what is made of it. */
  Safeguard: z.object(owned),
  Incident: z.object(owned),
  /** A patient's request for access, amendment or an accounting. */
  PatientRequest: z.object({ ...owned, patient: z.string() }),
  /** Restrictions, channels and consents of a patient. */
  Preference: z.object({ ...owned, patient: z.string() }),
  /** A session by video: its link, its place, the client's location. */
  VideoSession: z.object({ ...owned, therapist: z.string() }),
} as const

/** The HIPAA policy pack, and rules for what else a platform keeps. */
export const platformPolicy = definePolicy(
  { id: 'platform', version: '1', ...hipaaVocabulary, resources: { ...hipaaVocabulary.resources, ...platformResources } },
  (builder) => {
    const { permit, is } = builder
    return [
      // The pack's own builder speaks the pack's words, which these are a part of.
      ...hipaaRules(builder as unknown as Parameters<typeof hipaaRules>[0]),
      permit('administrator').to('read', 'create', 'update', 'sign').on('Agreement').for('HSYSADMIN').as('administrators-sign'),
      permit('therapist', 'auditor', 'securityOfficer')
        .to('read')
        .on('Agreement')
        .for('HCOMPL', 'TREAT')
        .as('staff-read-the-agreement'),
      permit('administrator', 'securityOfficer')
        .to('read', 'create', 'update', 'export')
        .on('Safeguard')
        .for('HSYSADMIN', 'HCOMPL')
        .as('officers-keep-the-register'),
      permit('auditor').to('read').on('Safeguard').for('HCOMPL').as('auditors-read-the-register'),
      permit('administrator', 'securityOfficer', 'incidentResponder')
        .to('read', 'create', 'update')
        .on('Incident')
        .for('HSYSADMIN')
        .as('officers-run-incidents'),
      permit('administrator').to('read', 'create', 'update').on('PatientRequest').for('PATRQT').as('practice-answers-requests'),
      permit('patient')
        .to('read', 'create')
        .on('PatientRequest')
        .for('PATRQT')
        .when(is.eq(is.actor('patient'), is.resource('patient')))
        .as('patient-asks'),
      permit('patient')
        .to('read', 'create', 'update')
        .on('Preference')
        .for('PATRQT')
        .when(is.eq(is.actor('patient'), is.resource('patient')))
        .as('patient-prefers'),
      permit('administrator', 'frontDesk')
        .to('read', 'create', 'update')
        .on('Preference')
        .for('PATADMIN')
        .as('practice-notes-preferences'),
      permit('therapist')
        .to('read', 'create', 'update', 'sign')
        .on('VideoSession')
        .for('TREAT')
        .when(is.eq(is.actor('id'), is.resource('therapist')))
        .as('own-video-sessions'),
    ]
  },
)
