import type { NamedRule } from '../policy/define.ts'
import { hipaaCitations as law } from './citations.ts'
import { type AnyBuilder, packWords, stepUp } from './vocabulary.ts'

/** Front desk, administration, audit and security: none of them sees what was said in a session. */
export function operationsRules(builder: AnyBuilder): readonly NamedRule[] {
  const { permit, is } = packWords(builder)
  const onTheTeam = is.in(is.context('incident'), is.actor('incidents'))
  return [
    permit('frontDesk', 'administrator')
      .to('read', 'create', 'update')
      .on('Patient', 'Appointment')
      .for('PATADMIN')
      .seeing('administration')
      .cite(law.usesByRole, law.minimumNecessary)
      .as('front-desk-schedules-and-registers'),
    permit('administrator')
      .to('administer')
      .on('Patient')
      .for('PATADMIN')
      .seeing('standing')
      .requiring(stepUp)
      .cite(law.accessManagement, law.usesByRole)
      .as('administrator-assigns-care-team'),
    permit('administrator')
      .to('create', 'read')
      .on('Export')
      .for('PATRQT', 'HLEGAL', 'RECORDMGT')
      .when(is.eq(is.resource('author'), is.actor('id')))
      .requiring(stepUp)
      .cite(law.accessManagement)
      .as('administrator-makes-exports'),
    permit('administrator', 'securityOfficer')
      .to('read')
      .on('Account')
      .for('HSYSADMIN')
      .cite(law.accessManagement)
      .as('accounts-are-looked-after'),
    permit('administrator', 'securityOfficer')
      .to('create', 'update', 'administer')
      .on('Account')
      .for('HSYSADMIN')
      .requiring(stepUp)
      .cite(law.accessManagement)
      .as('accounts-are-administered'),
    permit('auditor', 'securityOfficer', 'administrator')
      .to('read')
      .on('AuditEntry')
      .for('HCOMPL', 'HSYSADMIN')
      .cite(law.activityReview, law.auditControls)
      .as('audit-log-is-reviewed'),
    permit('auditor')
      .to('export')
      .on('AuditEntry')
      .for('HCOMPL')
      .requiring(stepUp)
      .cite(law.activityReview)
      .as('auditor-exports-audit-log'),
    permit('securityOfficer')
      .to('read')
      .on('SecuritySetting')
      .for('HSYSADMIN')
      .cite(law.accessControl)
      .as('security-officer-sees-settings'),
    permit('securityOfficer')
      .to('create', 'update', 'administer')
      .on('SecuritySetting')
      .for('HSYSADMIN')
      .requiring(stepUp)
      .cite(law.accessControl, law.incidentResponse)
      .as('security-officer-isolates'),
    permit('incidentResponder')
      .to('read')
      .on('AuditEntry', 'Account', 'SecuritySetting')
      .for('HSYSADMIN')
      .when(onTheTeam)
      .cite(law.incidentResponse)
      .as('incident-team-investigates'),
    permit('incidentResponder')
      .to('update', 'administer')
      .on('Account', 'SecuritySetting')
      .for('HSYSADMIN')
      .when(onTheTeam)
      .requiring(stepUp)
      .cite(law.incidentResponse)
      .as('incident-team-locks-down'),
  ]
}
