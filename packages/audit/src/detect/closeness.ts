import * as z from 'zod'
import type { Access } from './access.ts'
import type { Alert } from './alert.ts'
import { type Detector, parseOptions } from './detector.ts'
import type { Facts, Known, RelationKind } from './facts.ts'
import { nameKey } from './facts-index.ts'
import type { Seen } from './seen.ts'
import { type Judgement, recordsOf, relationAt, touchDetector, touchOptions } from './touch.ts'

/** Curiosity about people one knows: oneself, family and household, namesakes, colleagues. */

const optionsSchema = z.strictObject(touchOptions)
export type TouchOptions = z.input<typeof optionsSchema>

/** Whether the patients of two name lists share a family name. */
const sharesName = (a: readonly string[] = [], b: readonly string[] = []): boolean => {
  const keys = new Set(a.map(nameKey))
  return b.some((name) => keys.has(nameKey(name)))
}

const unknownRelation = (relation: Known<RelationKind>): Alert['unknown'] =>
  relation.is === 'unknown' ? ['relations at the time'] : []

const staffOf = (access: Access, facts: Facts) => facts.staff(access.actor.id)

/**
 * Somebody opens their own record as a member of the workforce, instead of asking for access like any patient (45 CFR 164.524).
 *
 * Misses: people whose own patient id is not in the directory.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function selfAccess(options: TouchOptions = {}): Detector {
  return touchDetector({
    name: 'self-access',
    version: 1,
    options: parseOptions(optionsSchema, options, 'selfAccess'),
    per: 'patient',
    judge(access, patient, _seen, facts): Judgement {
      const staff = staffOf(access, facts)
      if (staff.is !== 'known' || staff.value.patient === undefined) return { is: 'unknown', reason: 'own patient id' }
      if (staff.value.patient !== patient) return { is: 'fine' }
      const changed = ['update', 'amend', 'delete'].includes(access.action)
      return { is: 'suspect', severity: changed ? 'high' : 'medium' }
    },
    explain: ({ actor, patients, touches }) => ({
      explanation: `${actor} opened their own record (${patients[0]}) in ${touches} entries.`,
      suggestion: 'Compare with the practice’s rule on own records; look for changes to the record first.',
    }),
  })
}

/**
 * Somebody opens the record of a person of their household or of their known kin. A relation makes it milder and does not make it fine:
 * few practices let people treat their own family.
 *
 * Misses: whoever is close and neither in a household nor in the list, such as a former partner.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function sameHousehold(options: TouchOptions = {}): Detector {
  return touchDetector({
    name: 'same-household',
    version: 1,
    options: parseOptions(optionsSchema, options, 'sameHousehold'),
    per: 'patient',
    judge(access, patient, seen, facts): Judgement {
      const staff = staffOf(access, facts)
      const other = facts.patient(patient)
      const isKin = staff.is === 'known' && staff.value.kin?.includes(patient) === true
      if (!isKin) {
        if (staff.is !== 'known' || other.is !== 'known') return { is: 'unknown', reason: 'household' }
        if (staff.value.patient === patient) return { is: 'not-applicable' }
        if (staff.value.household === undefined || other.value.household === undefined) {
          return { is: 'unknown', reason: 'household' }
        }
        if (staff.value.household !== other.value.household) return { is: 'fine' }
      }
      const relation = relationAt(access, patient, seen, facts)
      return { is: 'suspect', severity: relation.is === 'known' ? 'low' : 'medium', unknown: unknownRelation(relation) }
    },
    explain: ({ actor, patients, touches }) => ({
      explanation: `${actor} opened the record of ${patients[0]}, of the same household or family, in ${touches} entries.`,
      suggestion: 'Ask whether the patient knows of it, and whether somebody else could have done the work.',
    }),
  })
}

const surnameSchema = z.strictObject({
  ...touchOptions,
  /** A name borne by more than this share of the patients says nothing. Default 0.001; at most three bearers are uncommon anyway. */
  common: z.number().min(0).max(1).default(0.001),
})
export type SameSurnameOptions = z.input<typeof surnameSchema>

/**
 * Somebody opens the record of a patient with their own, uncommon family name, and no relation is known. Common names are left out, as
 * are patients to whom there is a relation: this is the rule that finds the least for the work it makes.
 *
 * Misses: relatives of other names.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function sameSurname(options: SameSurnameOptions = {}): Detector {
  const parsed = parseOptions(surnameSchema, options, 'sameSurname')
  return touchDetector({
    name: 'same-surname',
    version: 1,
    options: parsed,
    per: 'actor',
    judge(access, patient, seen, facts): Judgement {
      const staff = staffOf(access, facts)
      const other = facts.patient(patient)
      if (
        staff.is !== 'known' ||
        staff.value.surnames === undefined ||
        other.is !== 'known' ||
        other.value.surnames === undefined
      ) {
        return { is: 'unknown', reason: 'family names' }
      }
      // One's own record, and those of the household, have detectors of their own.
      const isHousehold = staff.value.household !== undefined && staff.value.household === other.value.household
      if (staff.value.patient === patient || isHousehold) return { is: 'not-applicable' }
      if (!sharesName(staff.value.surnames, other.value.surnames)) return { is: 'fine' }
      const share = facts.surnameShare(access.actor.id)
      if (share.is !== 'known') return { is: 'unknown', reason: 'how common the name is' }
      const { same, of } = share.value
      // A name that only a handful bear is uncommon in a small directory too.
      if (same > 3 && same > parsed.common * of) return { is: 'not-applicable' }
      const relation = relationAt(access, patient, seen, facts)
      if (relation.is === 'known') return { is: 'fine' }
      return {
        is: 'suspect',
        severity: 'low',
        baseline: { patientsWithTheName: same, patientsWithAName: of },
        unknown: unknownRelation(relation),
      }
    },
    explain: ({ actor, patients, touches }) => ({
      explanation: `${actor} opened ${recordsOf(patients)} with their own, uncommon family name in ${touches} entries, without a known relation.`,
      suggestion: 'Ask whether they are related; a name alone proves nothing.',
    }),
  })
}

/**
 * Somebody opens the record of a colleague without a relation to them.
 *
 * Misses: colleagues whose patient ids are not in the directory.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function coworker(options: TouchOptions = {}): Detector {
  return touchDetector({
    name: 'coworker',
    version: 1,
    options: parseOptions(optionsSchema, options, 'coworker'),
    per: 'patient',
    judge(access, patient, seen, facts): Judgement {
      const owner = facts.staffOfPatient(patient)
      if (owner.is === 'unknown') return { is: 'unknown', reason: 'patient ids of the staff' }
      if (owner.is === 'none' || owner.value === access.actor.id) return { is: 'fine' }
      const relation = relationAt(access, patient, seen, facts)
      if (relation.is === 'known') return { is: 'fine' }
      const reach = facts.reach(access.actor.roles)
      const wide = reach.is === 'known' && reach.value === 'all'
      return { is: 'suspect', severity: wide ? 'low' : 'medium', unknown: unknownRelation(relation) }
    },
    explain: ({ actor, patients, touches }) => ({
      explanation: `${actor} opened the record of a colleague (${patients[0]}) in ${touches} entries without a known relation.`,
      suggestion: 'Ask for the reason, and tell nobody else whose record it was.',
    }),
  })
}

/**
 * Somebody opens the record of a patient who is marked for watching without a relation to them. Public persons draw the curious; several
 * people at one such record within days are the usual picture.
 *
 * Misses: patients whom nobody marked.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function vipAccess(options: TouchOptions = {}): Detector {
  return touchDetector({
    name: 'vip',
    version: 1,
    options: parseOptions(optionsSchema, options, 'vipAccess'),
    per: 'patient',
    judge(access: Access, patient: string, seen: Seen, facts: Facts): Judgement {
      const fact = facts.patient(patient)
      if (fact.is !== 'known' || fact.value.vip === undefined) return { is: 'unknown', reason: 'whether the patient is marked' }
      if (!fact.value.vip) return { is: 'fine' }
      const relation = relationAt(access, patient, seen, facts)
      if (relation.is === 'known') return { is: 'fine' }
      const reach = facts.reach(access.actor.roles)
      const wide = reach.is === 'known' && reach.value === 'all'
      return {
        is: 'suspect',
        // Where the work reaches every record, it reaches this one now and then: a list to read, no alarm.
        severity: wide ? 'low' : relation.is === 'unknown' ? 'medium' : 'high',
        unknown: unknownRelation(relation),
      }
    },
    explain: ({ actor, patients, touches }) => ({
      explanation: `${actor} opened the watched record of ${patients[0]} in ${touches} entries without a known relation.`,
      suggestion: 'Ask for the reason at once, and see who else opened this record.',
    }),
    containment: (actor, patients) => [
      { step: 'revoke-sessions', actor },
      { step: 'restrict-to-incident-team', patients: [...patients] },
    ],
  })
}
