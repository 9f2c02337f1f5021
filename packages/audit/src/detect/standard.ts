import { auditGap } from './audit-gap.ts'
import { breakGlass } from './break-glass.ts'
import { bulkAccess } from './bulk-access.ts'
import { coworker, sameHousehold, sameSurname, selfAccess, vipAccess } from './closeness.ts'
import { denials } from './denials.ts'
import type { Detector } from './detector.ts'
import { dormantAccount } from './dormant-account.ts'
import { failedLogins } from './failed-logins.ts'
import { impossibleTravel } from './impossible-travel.ts'
import { massOutput } from './mass-output.ts'
import { newPlace } from './new-place.ts'
import { offHours } from './off-hours.ts'
import { privilegeChange } from './privilege-change.ts'
import { noRelationship } from './relationship.ts'

/** All detectors with their defaults. */
export function standardDetectors(): Detector[] {
  return [
    auditGap(),
    breakGlass(),
    bulkAccess(),
    coworker(),
    denials(),
    dormantAccount(),
    failedLogins(),
    impossibleTravel(),
    massOutput(),
    newPlace(),
    noRelationship(),
    offHours(),
    privilegeChange(),
    sameHousehold(),
    sameSurname(),
    selfAccess(),
    vipAccess(),
  ]
}
