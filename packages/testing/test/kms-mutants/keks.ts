import { formatInstant, toHex } from '@phi/core'
import { envelopeError } from '@phi/envelope/kms'
import { open, seal, underTest } from '../memory-kms.ts'
import { codeOf, declared, type KmsMutant, mapsCode, mutant } from './mutant.ts'

const GONE = 'says of a KEK that never was'
const ROTATED = 'after a rotation'
const DESTROYED = 'destroys a KEK at once'
const SCHEDULED = 'schedules the destruction'
const ELAPSED = 'says that a KEK is destroyed once its waiting time has passed'

/** Wrong about key-encryption keys: which, since when, and whether they are gone. */
export const kekMutants: readonly KmsMutant[] = [
  mutant('describes its KEK without the version', 'describes, without a name, the KEK of the next wrap', (good) => ({
    describe: async (kek, options) => {
      const told = await good.describe(kek, options)
      return kek === undefined ? { ...told, kek: 'memory/own' } : told
    },
  })),
  mutant('answers every question about a KEK alike', GONE, (good) => ({
    describe: (_, options) => good.describe(undefined, options),
  })),
  mutant('says that an absent KEK is not reached', GONE, mapsCode('PHI_ENVELOPE_KMS_KEY_GONE', 'PHI_ENVELOPE_KMS_UNAVAILABLE')),
  mutant('falls back to its own KEK', GONE, (good) => ({
    wrap: async (request) => {
      const { kek: _, ...rest } = request
      return good.wrap(request).catch(() => good.wrap(rest))
    },
  })),
  mutant('opens nothing from before a rotation', ROTATED, (good, service) => ({
    unwrap: async (request) => {
      const newest = service.keks.get('memory/own')?.versions.length ?? 0
      const version = /^memory\/own\/v(\d+)$/.exec(request.kek)?.[1]
      if (version !== undefined && Number(version) < newest) throw envelopeError('PHI_ENVELOPE_KMS_REFUSED')
      return good.unwrap(request)
    },
  })),
  mutant('goes on wrapping under the old version', ROTATED, (good) => ({
    wrap: (request) => good.wrap({ ...request, kek: request.kek ?? 'memory/own/v1' }),
  })),
  mutant('does not tell versions apart', ROTATED, (_, service) => {
    const key = service.keks.get('memory/own')?.versions[0] as Uint8Array
    return {
      wrap: async ({ dataKey, context }) => ({ kek: 'memory/own', mechanism: 'M', wrapped: seal(key, dataKey, context) }),
      unwrap: async ({ wrapped, context }) => open(key, wrapped, context),
      describe: async () => ({ kek: 'memory/own', state: 'enabled', protection: 'software' }),
    }
  }),
  mutant(
    'calls a disabled KEK gone',
    'says of a disabled KEK',
    mapsCode('PHI_ENVELOPE_KMS_KEY_UNUSABLE', 'PHI_ENVELOPE_KMS_KEY_GONE'),
  ),
  mutant('does not tell that a KEK is disabled', 'says of a disabled KEK', (good) => ({
    describe: async (kek, options) => ({ ...(await good.describe(kek, options)), state: 'enabled' }),
  })),

  // Destruction.
  mutant('only says that it destroyed', DESTROYED, () => ({
    destroy: async (kek) => ({ kek, state: 'destroyed', receipt: {} }),
  })),
  mutant('destroys every KEK', DESTROYED, (good, service) => ({
    destroy: async (kek, options) => {
      for (const name of service.keks.keys()) await good.destroy(name)
      return good.destroy(kek, options)
    },
  })),
  mutant('opens a destroyed KEK’s keys from a cache', DESTROYED, (good) => {
    const cache = new Map<string, Uint8Array>()
    return {
      wrap: async (request) => {
        const made = await good.wrap(request)
        cache.set(`${toHex(made.wrapped)} ${JSON.stringify(request.context)}`, Uint8Array.from(request.dataKey))
        return made
      },
      unwrap: async (request) => {
        const cached = cache.get(`${toHex(request.wrapped)} ${JSON.stringify(request.context)}`)
        return cached ? cached.slice() : good.unwrap(request)
      },
    }
  }),
  mutant('gives numbers in its receipt', DESTROYED, (good) => ({
    destroy: async (kek, options) => {
      const told = await good.destroy(kek, options)
      return { ...told, receipt: { status: 200 } as unknown as Record<string, string> }
    },
  })),
  declared('is declared to destroy at once and schedules', DESTROYED, { destroy: 'immediate' }, () => underTest('scheduled')),
  declared('is declared to schedule and destroys at once', SCHEDULED, { destroy: 'scheduled' }, () => underTest('immediate')),
  mutant(
    'calls a scheduled destruction destroyed',
    SCHEDULED,
    (good) => ({
      destroy: async (kek, options) => {
        const { receipt } = await good.destroy(kek, options)
        return { kek, state: 'destroyed', receipt }
      },
    }),
    'scheduled',
  ),
  mutant(
    'says that a KEK which can be brought back is gone',
    SCHEDULED,
    mapsCode('PHI_ENVELOPE_KMS_KEY_UNUSABLE', 'PHI_ENVELOPE_KMS_KEY_GONE'),
    'scheduled',
  ),
  mutant(
    'puts the destruction off each time it is asked',
    SCHEDULED,
    (good) => {
      let asked = 0
      return {
        destroy: async (kek, options) => {
          const told = await good.destroy(kek, options)
          if (told.destroyAt === undefined) return told
          return { ...told, destroyAt: formatInstant(Date.parse(told.destroyAt) + 1000 * asked++) }
        },
        describe: async (kek, options) => good.describe(kek, options),
      }
    },
    'scheduled',
  ),
  mutant(
    'writes the date of destruction in its own way',
    SCHEDULED,
    (good) => ({
      destroy: async (kek, options) => {
        const told = await good.destroy(kek, options)
        return told.destroyAt === undefined ? told : { ...told, destroyAt: told.destroyAt.replace('Z', '+00:00') }
      },
    }),
    'scheduled',
  ),
  mutant(
    'never says destroyed',
    ELAPSED,
    (good) => ({
      describe: async (kek, options) => {
        const told = await good.describe(kek, options)
        return told.state === 'destroyed' ? { ...told, state: 'unknown' } : told
      },
      unwrap: (request) =>
        good.unwrap(request).catch((error) => {
          throw codeOf(error) === 'PHI_ENVELOPE_KMS_KEY_GONE' ? envelopeError('PHI_ENVELOPE_KMS_KEY_UNUSABLE') : error
        }),
    }),
    'scheduled',
  ),
  declared('is declared unable to destroy and does', 'refuses to destroy', { destroy: 'unsupported' }, () =>
    underTest('immediate'),
  ),
]
