import { type PurposeOfUse, purposeParents, purposesOfUse } from '@phi/core'
import type { NamedRule } from '../policy/define.ts'
import { hipaaCitations as law } from './citations.ts'
import { patientTypes, rulesOnly } from './records.ts'
import { type AnyBuilder, hipaaRecipients, packWords } from './vocabulary.ts'

const everyPurpose = (Object.keys(purposesOfUse) as PurposeOfUse[]).filter((code) => purposeParents(code).length === 0) as [
  PurposeOfUse,
  ...PurposeOfUse[],
]
/** What copies may be taken for: the individual's request, compliance and legal work, and the movement of records. */
const exportPurposes = ['PATRQT', 'HCOMPL', 'HLEGAL', 'RECORDMGT'] as const

/** What holds before every role: say what for and to whom, know who asks, let people answer for what models write. */
export function groundRules(builder: AnyBuilder): readonly NamedRule[] {
  const { forbid, is } = packWords(builder)
  const recipient = is.context('recipient')
  const unreviewed = is.or(is.null(is.resource('reviewedBy')), is.eq(is.resource('reviewedBy'), ''))
  const unsigned = is.not(is.eq(is.resource('status'), 'signed'))
  return [
    forbid()
      .toAnyAction()
      .onAnyResource()
      .when(is.not(is.purpose(...everyPurpose)))
      .cite(law.minimumNecessary)
      .as('every-request-states-its-purpose'),
    forbid()
      .to('disclose', 'export')
      .on(...patientTypes)
      .when(is.not(is.in(recipient, hipaaRecipients)))
      .cite(law.routineDisclosures, law.accounting)
      .as('every-disclosure-names-its-recipient'),
    forbid()
      .to('disclose', 'export')
      .on(...patientTypes)
      .when(
        is.and(is.in(recipient, ['individual', 'personal-representative', 'parent']), is.not(is.context('identityVerified'))),
      )
      .cite(law.verification)
      .as('who-asks-in-person-is-identified'),
    forbid()
      .to('disclose', 'export')
      .on(...patientTypes)
      .when(is.and(is.eq(recipient, 'business-associate'), is.not(is.context('agreementInForce'))))
      .cite(law.businessAssociate)
      .as('business-associate-has-agreement'),
    forbid()
      .to('read', 'create', 'update')
      .on('Message')
      .when(is.not(is.context('identityVerified')))
      .cite(law.authentication)
      .as('messages-open-to-verified-identities'),
    forbid()
      .to('read', 'disclose', 'export')
      .on(...patientTypes)
      .for('HMARKT')
      .unless('authorization')
      .cite(law.marketing)
      .as('marketing-needs-authorization'),
    forbid()
      .to('read', 'disclose', 'export')
      .on(...patientTypes)
      .for('HRESCH')
      .unless('authorization')
      .cite(law.authorizationNeeded, law.research)
      .as('research-needs-authorization'),
    forbid()
      .to('read', 'disclose', 'export')
      .on(...patientTypes)
      .for('MLTRAINING')
      .unless('authorization')
      .cite(law.modelTraining)
      .as('model-training-needs-authorization'),
    forbid()
      .to('export')
      .onAnyResource()
      .when(is.not(is.purpose(...exportPurposes)))
      .cite(law.accessManagement)
      .as('exports-are-for-few-purposes'),
    forbid()
      .to('sign', 'disclose', 'export')
      .on('ProgressNote', 'Claim')
      .when(is.and(is.eq(is.resource('origin'), 'ai'), unreviewed))
      .cite(law.integrity)
      .as('ai-text-is-reviewed-by-a-person'),
    forbid().to('disclose', 'export').on('AiDraft').cite(law.recordSet).as('ai-drafts-stay-inside'),
    forbid()
      .to('read', 'disclose')
      .on('ProgressNote', 'TreatmentPlan', 'Recording')
      .for('TREATDS')
      .hiding('id', 'tenant', 'patient', 'author', 'careTeam')
      .cite(law.promptMinimum)
      .as('prompts-carry-no-identifiers'),
    forbid()
      .to('update')
      .on('ProgressNote')
      .when(is.eq(is.resource('status'), 'signed'))
      .cite(law.integrity)
      .as('signed-notes-are-not-changed'),
    forbid()
      .to('read')
      .on('ProgressNote')
      .for('PATRQT')
      .when(unsigned)
      .cite(law.recordSet)
      .as('unsigned-notes-are-not-shown-to-patients'),
    forbid()
      .to('disclose', 'export')
      .on('ProgressNote')
      .when(is.and(unsigned, is.not(is.purpose('TREAT'))))
      .cite(law.recordSet)
      .as('unsigned-notes-leave-for-treatment-only'),
    forbid()
      .to('update')
      .on(...patientTypes)
      .hiding('tenant', 'patient', 'careTeam', ...rulesOnly)
      .cite(law.accessManagement)
      .as('what-rules-read-is-not-edited-with-the-record'),
    forbid().to('update', 'sign', 'administer').on('AuditEntry').cite(law.auditControls).as('audit-entries-are-not-changed'),
    forbid()
      .to('create', 'update', 'administer')
      .on('Account')
      .when(is.eq(is.resource('user'), is.actor('id')))
      .cite(law.accessManagement)
      .as('nobody-administers-their-own-account'),
    forbid()
      .to('read', 'update', 'sign', 'disclose', 'export')
      .on(...patientTypes)
      .when(is.in(is.actor('id'), is.resource('restrictedFrom')))
      .unless('emergency')
      .cite(law.agreedRestriction)
      .as('restricted-from-this-person'),
    forbid()
      .to('disclose', 'export')
      .on(...patientTypes)
      .when(is.and(is.contains(is.resource('labels'), 'patient-restricted'), is.eq(recipient, 'treating-provider')))
      .unless('emergency', 'authorization')
      .cite(law.agreedRestriction)
      .as('agreed-restriction-binds-towards-providers'),
    forbid()
      .to('disclose', 'export')
      .on(...patientTypes)
      .when(
        is.and(
          is.contains(is.resource('labels'), 'patient-restricted'),
          is.not(is.in(recipient, ['treating-provider', 'individual', 'personal-representative', 'parent'])),
        ),
      )
      .unless('authorization')
      .cite(law.agreedRestriction)
      .as('agreed-restriction-binds-towards-others'),
  ]
}
