import { type Clock, randomBytes, toBase64 } from '@phi/core'
import { Candidate, identified } from '../candidate.ts'
import { auditError } from '../errors.ts'
import type { AuditEventInput } from '../event.ts'
import { commitment, prepareEntry, SALT_BYTES } from '../group.ts'
import { groupTexts } from '../group-text.ts'
import type { LogKey } from '../store/store.ts'
import { searchTerms } from '../terms.ts'
import { sealedText } from './sealed-group.ts'
import type { SealableGroup, Sealer } from './sealer.ts'

/** What a log seals, and by what. */
export interface Sealing {
  readonly sealer: Sealer
  readonly groups: readonly SealableGroup[]
}

/** The one patient an event is about, whose key can then be destroyed without anybody else's entries. */
function soleKeeper(patients: readonly string[] | undefined): string | null {
  const [patient, ...others] = new Set(patients ?? [])
  return patient !== undefined && others.length === 0 ? patient : null
}

/** What `sealedGroupSchema` takes, and stores that separate terms by control characters. */
const isTerm = (term: unknown): boolean => typeof term === 'string' && TERM.test(term) && term.isWellFormed()
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that a term must not hold
const TERM = /^[^\u0000-\u001f\u007f]{1,512}$/

/** Blinds the terms that the subject's text would be found by. */
const blinded = async ({ sealer }: Sealing, tenant: string, subject: string): Promise<string[]> =>
  sealer.blind === undefined
    ? []
    : Promise.all(
        searchTerms({ subject }).map(async (term) => (await (sealer.blind as NonNullable<Sealer['blind']>)(tenant, term))[0]),
      )

/**
 * As `candidateOf`, with groups sealed. A group without content is left as it is: there is nothing in it.
 * @throws PhiError PHI_AUDIT_EVENT, PHI_AUDIT_EVENT_TOO_LARGE, PHI_AUDIT_SEALER, and what the sealer throws; nothing was written
 */
export async function sealedCandidateOf(
  input: AuditEventInput,
  newId: () => string,
  clock: Clock,
  log: LogKey,
  sealing: Sealing,
): Promise<Candidate> {
  const { event, id, occurredAt, generatedId } = identified(input, newId, clock)
  const texts = groupTexts(event, id, occurredAt)
  const plain: Partial<Record<SealableGroup, string>> = {}
  const patient = soleKeeper(event.subject?.patients)
  for (const group of sealing.groups) {
    const json = texts[group]
    if (json === '{}') continue
    const bytes = randomBytes(SALT_BYTES)
    const salt = toBase64(bytes)
    const of = commitment(group, bytes, json)
    const place = { ...log, eventId: id, group }
    const sealed = await sealing.sealer.seal(place, patient, JSON.stringify({ salt, json }))
    if (typeof sealed !== 'string' || sealed === '' || !sealed.isWellFormed())
      throw auditError('PHI_AUDIT_SEALER', { detail: 'what it returned is no text' })
    const terms = group === 'subject' ? await blinded(sealing, log.tenant, json) : []
    if (!terms.every(isTerm)) throw auditError('PHI_AUDIT_SEALER', { detail: 'a blinded term is no text that can be kept' })
    plain[group] = json
    texts[group] = sealedText({ of, sealed, terms })
  }
  const prepared = prepareEntry(id, texts, searchTerms(texts))
  return new Candidate(prepared, event.outcome, generatedId, event.occurredAt !== undefined, plain)
}
