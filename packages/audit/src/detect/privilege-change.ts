import * as z from 'zod'
import { accessActions, actOf, hidesSubject, outputActions, patientsOf } from './access.ts'
import { addSorted, counted } from './alert.ts'
import { type Detector, makeDetector, type Out, parseOptions } from './detector.ts'
import { episodeSchema } from './episode.ts'
import type { Seen } from './seen.ts'
import { tableOf } from './table.ts'

const HOUR = 3_600_000

const optionsSchema = z.strictObject({
  /** Hours after a grant in which accesses are held against it. Default 24. */
  hours: z.int().min(1).max(168).default(24),
  /** Different patients in that time that make an alert after an ordinary grant. Default 25. */
  patients: z.int().min(1).max(1000).default(25),
})
export type PrivilegeChangeOptions = z.input<typeof optionsSchema>

const slotSchema = z.strictObject({
  at: z.number(),
  index: z.int(),
  by: z.string(),
  self: z.boolean(),
  revoked: z.boolean(),
  patients: z.array(z.string()).max(1000),
  output: z.boolean(),
  indices: z.array(z.int()).max(1000),
  episode: episodeSchema.optional(),
})

/** `Account` names who gets the permission. Others, as a role or a policy that changes, are nobody's own. */
const grantee = (seen: Seen): string | undefined => {
  const resource = seen.event.subject?.resource
  return resource?.type === 'Account' ? resource.id : undefined
}

/**
 * A permission is granted, and soon after much is opened with it, or information leaves; or somebody grants a permission to themselves;
 * or the permission is taken away again within the time, after use. Grants are `grant` and `revoke` events of the resource
 * `{ type: 'Account', id: <who gets it> }`.
 *
 * Misses: permissions that change outside of the log, as in a directory service; roles that are widened for everybody.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function privilegeChange(options: PrivilegeChangeOptions = {}): Detector {
  const parsed = parseOptions(optionsSchema, options, 'privilegeChange')
  type Slot = z.output<typeof slotSchema>
  const report = (id: string, slot: Slot, seen: Seen, out: Out): void => {
    const many = slot.patients.length >= parsed.patients
    const used = slot.indices.length > 1
    if (!(slot.self || many || slot.output || (slot.revoked && used))) return
    const severity = slot.self ? (used ? 'critical' : 'high') : slot.revoked && used ? 'high' : 'medium'
    const whose = slot.self ? 'to themselves' : `by ${slot.by}`
    slot.episode = out.raise(
      slot.episode,
      {
        key: `${id}\n${slot.index}`,
        severity,
        actor: id,
        patients: slot.patients,
        evidence: slot.episode === undefined ? slot.indices : [],
        since: slot.at,
        score: Math.max(1, slot.patients.length),
        threshold: slot.self ? 0 : parsed.patients,
        baseline: {
          grantedBy: slot.by,
          hours: parsed.hours,
          informationLeft: slot.output ? 'yes' : 'no',
          takenBack: slot.revoked ? 'yes' : 'no',
        },
        explanation: `A permission was granted to ${id} ${whose}; since then they opened records of ${counted(slot.patients.length, 'patient')}${slot.output ? ', some of which left the system' : ''}${slot.revoked ? ', and the permission was taken back' : ''}.`,
        suggestion: 'Ask who asked for the permission and what it was for; compare with the ticket.',
        containment: [{ step: 'revoke-sessions', actor: id }],
      },
      seen,
    )
  }
  return makeDetector({
    name: 'privilege-change',
    version: 1,
    options: parsed,
    tables: { grants: tableOf(slotSchema, (parsed.hours + 48) * HOUR, 20_000) },
    *episodes({ grants }, now) {
      for (const [, { episode }] of grants.entries(now)) yield episode
    },
    observe({ grants }, seen, _facts, out) {
      const act = actOf(seen, out)
      if (act === undefined) return
      const isGrant = act.action === 'grant'
      if (!act.succeeded || !(isGrant || act.action === 'revoke' || accessActions.has(act.action))) {
        out.notApplicable()
        return
      }
      if (hidesSubject(seen)) {
        out.unknown('subject withheld')
        return
      }
      out.judged()
      const until = (slot: Slot) => slot.at + parsed.hours * HOUR
      if (isGrant || act.action === 'revoke') {
        const id = grantee(seen)
        if (id === undefined) {
          out.unknown('who got the permission')
          return
        }
        let slot = grants.get(id, seen.now)
        if (isGrant) {
          const self = id === act.actor.id
          if (slot !== undefined && seen.at <= until(slot)) {
            // A further grant goes on with the earlier one; a self-grant is not hidden behind it.
            slot.self ||= self
            if (slot.indices.length < 1000) slot.indices.push(seen.index)
          } else {
            out.close(slot?.episode, seen.now)
            slot = {
              at: seen.at,
              index: seen.index,
              by: act.actor.id,
              self,
              revoked: false,
              patients: [],
              output: false,
              indices: [seen.index],
            }
          }
        } else if (slot === undefined || seen.at > until(slot) || seen.at < slot.at) return
        else {
          slot.revoked = true
          if (slot.patients.length === 0 && !slot.output) {
            // Given and taken back unused: a mistake that was put right.
            if (!slot.self) grants.delete(id)
            return
          }
          if (slot.indices.length < 1000) slot.indices.push(seen.index)
        }
        grants.set(id, slot, seen.now)
        report(id, slot, seen, out)
        return
      }
      const { id } = act.actor
      const slot = grants.get(id, seen.now)
      const patients = patientsOf(seen.event.subject)
      if (slot === undefined || seen.at < slot.at || seen.at > until(slot)) return
      const leaves = outputActions.has(act.action) && act.action !== 'send'
      if (patients.length === 0 && !leaves) return
      for (const patient of patients) addSorted(slot.patients, patient, 1000)
      slot.output ||= leaves
      if (slot.indices.length < 1000) slot.indices.push(seen.index)
      grants.set(id, slot, seen.now)
      report(id, slot, seen, out)
    },
  })
}
