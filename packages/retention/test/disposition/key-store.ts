import { errorsOf } from '@phi/core'
import type { KeyDestroyer, KeyDestroyRequest, KeyDestruction } from '../../src/disposition/execute/key-destroyer.ts'

const envelopeError = errorsOf({ PHI_ENVELOPE_NO_KEY: { problem: 'There is no key', remedy: 'None' } })

/** A key store of the tests: remembers what it was asked, does nothing twice, and can be made to wait or to have no keys. */
export function testKeys(): KeyDestroyer & {
  readonly requests: KeyDestroyRequest[]
  readonly destroyed: Set<string>
  waits: string | null | undefined
  without: (request: KeyDestroyRequest) => boolean
} {
  const requests: KeyDestroyRequest[] = []
  const destroyed = new Set<string>()
  return {
    requests,
    destroyed,
    waits: undefined,
    without: () => false,
    async destroy(request): Promise<KeyDestruction> {
      requests.push(request)
      if (this.without(request)) throw envelopeError('PHI_ENVELOPE_NO_KEY')
      if (this.waits !== undefined) return { status: 'destruction-scheduled', destroyAt: this.waits }
      const name = `${request.tenant}/${request.subject ?? '*'}`
      destroyed.add(name)
      return { status: 'destroyed', certificate: `certificate of ${name}`, document: { keys: [{ id: `key-of-${name}` }] } }
    },
  }
}
