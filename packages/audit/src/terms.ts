import type { ParsedAuditEvent } from './event.ts'
import type { GroupName } from './group.ts'
import { looksSealed, readSealed } from './sealed/sealed-group.ts'

/**
 * What can be searched, as short texts made from the hashed groups: `id:order-1`, `at:2026-11-21T10:00:00.000Z`,
 * `action:read`, `outcome:denied`, `actor:u-17`, `type:ProgressNote`, `resource:ProgressNote/n-204`, `patient:p-88`. A store
 * may keep them in columns and index them; the verifier makes them again from the hashed text and compares. Of a sealed subject there
 * are only the blinded terms that stand beside it: `blind:…`.
 */
export function searchTerms(texts: Readonly<Partial<Record<GroupName, string>>>): string[] {
  const terms: string[] = []
  if (texts.event !== undefined) {
    const event = JSON.parse(texts.event) as { action: string; id: string; occurredAt: string; outcome: string }
    terms.push(`id:${event.id}`, `at:${event.occurredAt}`, `action:${event.action}`, `outcome:${event.outcome}`)
  }
  if (texts.actor !== undefined) terms.push(`actor:${(JSON.parse(texts.actor) as { id: string }).id}`)
  // Most subjects without content are the empty object; parsing it is not worth the time.
  if (texts.subject !== undefined && texts.subject !== '{}') {
    if (looksSealed(texts.subject)) {
      for (const term of readSealed(texts.subject)?.terms ?? []) terms.push(`blind:${term}`)
      return terms
    }
    const subject = JSON.parse(texts.subject) as { resource?: { type: string; id: string }; patients?: string[] }
    if (subject.resource !== undefined) {
      terms.push(`type:${subject.resource.type}`, `resource:${subject.resource.type}/${subject.resource.id}`)
    }
    for (const patient of subject.patients ?? []) terms.push(`patient:${patient}`)
  }
  return terms
}

/** {@link searchTerms} of an event that is about to be written, without reading its texts again. */
export function eventTerms(event: ParsedAuditEvent, id: string, occurredAt: string): string[] {
  const terms = [
    `id:${id}`,
    `at:${occurredAt}`,
    `action:${event.action}`,
    `outcome:${event.outcome}`,
    `actor:${event.actor.id}`,
  ]
  const { subject } = event
  if (subject === undefined) return terms
  const { resource, patients } = subject
  if (resource !== undefined) terms.push(`type:${resource.type}`, `resource:${resource.type}/${resource.id}`)
  if (patients !== undefined) for (const patient of patients) terms.push(`patient:${patient}`)
  return terms
}
