import { canonicalJson, isPhiError, sha256, toHex, utf8 } from '@phi/core'
import { envelopeError } from './errors.ts'
import { inspectSealed } from './field/format.ts'
import type { DataKeyRecord } from './keys/key-record.ts'
import type { KeyStore } from './keys/key-store.ts'
import type { Keyring } from './keys/keyring.ts'

/** Where a sealed text belongs: an entry of an audit log, and one of its groups. */
export interface AuditPlace {
  readonly tenant: string
  readonly origin: string
  readonly eventId: string
  readonly group: string
}

/** What seals groups of audit entries. It is the `Sealer` that `openAuditLog` of `@phi/audit` takes. */
export interface AuditSealer {
  seal(place: AuditPlace, patient: string | null, text: string): Promise<string>
  open(place: AuditPlace, sealed: string): Promise<string | undefined>
  blind(tenant: string, term: string): Promise<readonly [string, ...string[]]>
}

const TABLE = 'phi.audit'
/** Terms are made by the log in one spelling. */
const asWritten = { name: 'audit-term/1', normalize: (term: string) => term }
/** Long enough that no two terms of a log meet by accident. */
const TERM_BITS = 128

/** Values are bound to their entry: a row id, which may not be as long as an origin and an event id together. */
const rowOf = ({ origin, eventId }: AuditPlace): string => toHex(sha256(utf8(canonicalJson([origin, eventId]))))

const isGone = (record: DataKeyRecord): boolean => record.state !== 'active' && record.state !== 'retiring'

/**
 * Seals groups of audit entries under a patient's keys, or under the tenant's own, so that destroying the patient's keys takes from the
 * log what it says about that patient while the log goes on verifying (45 CFR 164.310(d)(2)(i), 164.504(e)(2)(ii)(J)).
 *
 * Once a patient's keys are destroyed, later events about that patient are sealed under the tenant's keys: an access that could not be
 * recorded would be worse. Text is bound to tenant, log, event and group.
 * `store` is the key store of the keyring: it tells whose key sealed a text.
 */
export function auditSealer({ keyring, store }: { readonly keyring: Keyring; readonly store: KeyStore }): AuditSealer {
  const fieldOf = async ({ tenant, group }: AuditPlace, patient: string | null, create: boolean) => {
    const purposes = ['field'] as const
    const own = await keyring.tenant(tenant, { purposes, create: create && patient === null })
    const keys = patient === null ? own : await own.subject(patient, { purposes, create })
    return keys.field({ table: TABLE, column: group })
  }

  return {
    async seal(place, patient, text) {
      const where = { row: rowOf(place) }
      try {
        return (await fieldOf(place, patient, true)).seal(text, where)
      } catch (error) {
        if (patient === null || !isPhiError(error, 'PHI_ENVELOPE_NO_KEY')) throw error
        return (await fieldOf(place, null, true)).seal(text, where)
      }
    },

    async open(place, sealed) {
      const header = inspectSealed(sealed)
      const record = header === undefined ? undefined : await store.find(header.keyId)
      // A key of another tenant, or none at all: nobody sealed this here.
      if (record === undefined || record.tenant !== place.tenant) throw envelopeError('PHI_ENVELOPE_OPEN')
      if (isGone(record)) return undefined
      return (await fieldOf(place, record.subject, false)).open(sealed, { row: rowOf(place) })
    },

    async blind(tenant, term) {
      const keys = await keyring.tenant(tenant, { purposes: ['index'] })
      const index = keys.index({ table: TABLE, column: 'subject', index: 'terms', normalizer: asWritten, bits: TERM_BITS })
      return index.terms(term)
    },
  }
}
