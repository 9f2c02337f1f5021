import { randomBytes } from '@phi/core'
import { gcmOpen, gcmSeal, importKey, type SecretKey } from '#aead'
import { envelopeError } from '../../src/errors.ts'
import { contextBytes } from '../../src/kms/context.ts'
import type { KekState, Kms } from '../../src/kms/kms.ts'

interface Version {
  key: SecretKey | undefined
  state: KekState
}

/** A key service in memory with KEKs by name, each with versions spelled 'name:v1', which destroys at once or after a waiting time. */
export interface TestKms extends Kms {
  /** Makes a KEK, or a new version of it, which wraps from now on. @returns its spelling */
  rotate(name?: string): string
  setState(kek: string, state: KekState): void
  /** The waiting time is over. */
  elapse(): void
  readonly calls: { wrap: number; unwrap: number; describe: number; destroy: number }
}

export const DESTROY_AT = '2027-01-01T00:00:00.000Z'

export function testKms(options: { readonly name?: string; readonly waits?: boolean } = {}): TestKms {
  const { name: kmsName = 'test-kms', waits = false } = options
  const keks = new Map<string, Version[]>()
  const calls = { wrap: 0, unwrap: 0, describe: 0, destroy: 0 }

  const rotate = (name = 'default'): string => {
    const versions = keks.get(name) ?? []
    versions.push({ key: importKey(randomBytes(32)), state: 'enabled' })
    keks.set(name, versions)
    return `${name}:v${versions.length}`
  }
  rotate()

  const find = (spelled: string): { version: Version; kek: string } => {
    const [name = '', digits] = spelled.split(':v')
    const versions = keks.get(name) ?? []
    const number = digits === undefined ? versions.length : Number(digits)
    const version = versions[number - 1]
    if (version === undefined) throw envelopeError('PHI_ENVELOPE_KMS_KEY_GONE')
    return { version, kek: `${name}:v${number}` }
  }
  const usable = (spelled: string): { key: SecretKey; kek: string } => {
    const { version, kek } = find(spelled)
    if (version.state === 'destroyed' || version.key === undefined) throw envelopeError('PHI_ENVELOPE_KMS_KEY_GONE')
    if (version.state !== 'enabled') throw envelopeError('PHI_ENVELOPE_KMS_KEY_UNUSABLE')
    return { key: version.key, kek }
  }

  return {
    name: kmsName,
    calls,
    rotate,
    setState(kek, state) {
      const { version } = find(kek)
      version.state = state
      if (state === 'destroyed') version.key = undefined
    },
    elapse() {
      for (const version of [...keks.values()].flat()) {
        if (version.state !== 'destruction-scheduled') continue
        version.state = 'destroyed'
        version.key = undefined
      }
    },
    async wrap({ dataKey, context, kek: asked = 'default' }) {
      calls.wrap += 1
      const { key, kek } = usable(asked)
      const nonce = randomBytes(12)
      const sealed = gcmSeal(key, nonce, dataKey, contextBytes(context))
      const wrapped = new Uint8Array(12 + sealed.length)
      wrapped.set(nonce)
      wrapped.set(sealed, 12)
      return { kek, mechanism: 'AES-256-GCM', wrapped }
    },
    async unwrap({ kek, wrapped, context }) {
      calls.unwrap += 1
      const dataKey = gcmOpen(usable(kek).key, wrapped.subarray(0, 12), wrapped.subarray(12), contextBytes(context))
      if (dataKey === undefined) throw envelopeError('PHI_ENVELOPE_KMS_REFUSED')
      return Uint8Array.from(dataKey)
    },
    async describe(asked = 'default') {
      calls.describe += 1
      const { version, kek } = find(asked)
      return { kek, state: version.state, protection: 'software' }
    },
    async destroy(asked) {
      calls.destroy += 1
      const { version, kek } = find(asked)
      if (version.state === 'destroyed') return { kek, state: 'destroyed', receipt: { kek, state: 'destroyed' } }
      if (waits) {
        version.state = 'destruction-scheduled'
        return { kek, state: 'destruction-scheduled', destroyAt: DESTROY_AT, receipt: { kek, deletionDate: DESTROY_AT } }
      }
      version.state = 'destroyed'
      version.key = undefined
      return { kek, state: 'destroyed', receipt: { kek, state: 'destroyed' } }
    },
  }
}
