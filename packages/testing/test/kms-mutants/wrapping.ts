import { toHex } from '@phi/core'
import { envelopeError, type Kms } from '@phi/envelope/kms'
import { open } from '../memory-kms.ts'
import { fixedKey, type KmsMutant, mutant } from './mutant.ts'

const ROUND = 'wraps a data key and unwraps it'
const FLIPPED = 'refuses a wrapped key with any bit turned over'
const SHAPES = 'refuses a wrapped key that was cut'
const OWN_BYTES = 'neither changes nor keeps the bytes'

const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Wrong about what is wrapped, and about wraps that were altered. */
export const wrappingMutants: readonly KmsMutant[] = [
  mutant('hands the key out as it came', 'wraps the same key twice', (good) => ({
    wrap: async (request) => ({ ...(await good.wrap(request)), wrapped: Uint8Array.from([...request.dataKey, 1]) }),
    unwrap: async ({ wrapped }) => wrapped.slice(0, 32),
  })),
  mutant('spells the key out in its mechanism', 'wraps the same key twice', (good) => ({
    wrap: async (request) => ({ ...(await good.wrap(request)), mechanism: `AES ${toHex(request.dataKey)}` }),
    unwrap: (request) => good.unwrap({ ...request, mechanism: 'AES-256-GCM' }),
  })),
  mutant('wraps the same key into the same bytes', 'wraps the same key twice', (good) => {
    const made = new Map<string, Awaited<ReturnType<Kms['wrap']>>>()
    return {
      wrap: async (request) => {
        const name = toHex(request.dataKey)
        const wrapped = made.get(name) ?? (await good.wrap(request))
        made.set(name, wrapped)
        return wrapped
      },
    }
  }),
  mutant('unwraps to the last key it saw', 'keeps 64 calls at once apart', (good) => {
    let last: Uint8Array = fixedKey
    return {
      wrap: async (request) => {
        last = Uint8Array.from(request.dataKey)
        return good.wrap(request)
      },
      unwrap: async (request) => {
        await good.unwrap(request)
        return Uint8Array.from(last)
      },
    }
  }),
  mutant('answers wrap with half of what it made', ROUND, (good) => ({
    wrap: async (request) => {
      const made = await good.wrap(request)
      return { ...made, wrapped: made.wrapped.slice(0, 30) }
    },
  })),
  mutant('has no name', ROUND, () => ({ name: '' })),
  mutant('unwraps to 33 bytes', ROUND, (good) => ({
    unwrap: async (request) => Uint8Array.from([...(await good.unwrap(request)), 0]),
  })),
  mutant('wraps keys of any length', 'wraps keys of 32 bytes and of no other length', (good) => ({
    wrap: (request) => good.wrap({ ...request, dataKey: request.dataKey.length === 32 ? request.dataKey : fixedKey }),
  })),
  mutant('throws before it returns a promise', 'wraps keys of 32 bytes and of no other length', (good) => ({
    wrap: (request) => {
      if (request.dataKey.length !== 32) throw envelopeError('PHI_ENVELOPE_KMS_REFUSED')
      return good.wrap(request)
    },
  })),
  mutant('keeps the arrays of its callers', OWN_BYTES, (good) => {
    const kept: { wrapped: string; key: Uint8Array }[] = []
    return {
      wrap: async (request) => {
        const made = await good.wrap(request)
        kept.push({ wrapped: toHex(made.wrapped), key: request.dataKey })
        return made
      },
      unwrap: async (request) => {
        const opened = await good.unwrap(request)
        return kept.find(({ wrapped }) => wrapped === toHex(request.wrapped))?.key ?? opened
      },
    }
  }),
  mutant('copies by slice, which for a Buffer is no copy', OWN_BYTES, (good) => {
    const kept = new Map<string, Uint8Array>()
    return {
      wrap: async (request) => {
        const key = request.dataKey.slice()
        const made = await good.wrap(request)
        kept.set(toHex(made.wrapped), key)
        return made
      },
      unwrap: async (request) => {
        const opened = await good.unwrap(request)
        return Uint8Array.from(kept.get(toHex(request.wrapped)) ?? opened)
      },
    }
  }),
  mutant('zeroes the key of its caller', OWN_BYTES, (good) => ({
    wrap: async (request) => {
      const made = await good.wrap(request)
      request.dataKey.fill(0)
      return made
    },
  })),
  mutant('reads the whole buffer under a view', 'reads bytes where they lie', (good) => ({
    wrap: (request) => good.wrap({ ...request, dataKey: new Uint8Array(request.dataKey.buffer).slice(0, 32) }),
  })),
  mutant('keeps one call at a time in mind', 'keeps 64 calls at once apart', (good) => {
    let current: Parameters<Kms['wrap']>[0] | undefined
    return {
      wrap: async (request) => {
        current = request
        await later(1)
        return good.wrap(current)
      },
    }
  }),

  // What is altered.
  mutant('encrypts without authentication', FLIPPED, (_, service) => {
    const mask = service.keks.get('memory/own')?.versions[0] as Uint8Array
    const xor = (bytes: Uint8Array) => bytes.map((byte, i) => byte ^ (mask[i] as number))
    return {
      wrap: async ({ dataKey }) => ({ kek: 'memory/own/v1', mechanism: 'XOR', wrapped: Uint8Array.from([...xor(dataKey), 1]) }),
      unwrap: async ({ wrapped }) => xor(wrapped.subarray(0, 32)),
    }
  }),
  mutant('reads hexadecimal of either case', FLIPPED, (good) => ({
    wrap: async (request) => {
      const made = await good.wrap(request)
      return { ...made, wrapped: Uint8Array.from(Buffer.from(toHex(made.wrapped))) }
    },
    unwrap: (request) =>
      good.unwrap({ ...request, wrapped: Uint8Array.from(Buffer.from(Buffer.from(request.wrapped).toString(), 'hex')) }),
  })),
  mutant('passes over what follows the wrapped key', SHAPES, (good) => ({
    unwrap: (request) => good.unwrap({ ...request, wrapped: request.wrapped.slice(0, 60) }),
  })),
  mutant('lets an error of its library through', SHAPES, (good) => ({
    unwrap: async (request) => {
      if (request.wrapped.length < 60) throw new RangeError('out of range')
      return good.unwrap(request)
    },
  })),
  mutant('passes over the mechanism', 'refuses a wrapped key under a mechanism', (good) => ({
    unwrap: (request) => good.unwrap({ ...request, mechanism: 'AES-256-GCM' }),
  })),
  mutant('unwraps with whichever KEK fits', 'wraps under the KEK that is named', (good, service) => ({
    unwrap: async (request) => {
      try {
        return await good.unwrap(request)
      } catch (error) {
        if (request.wrapped.length !== 60 || request.mechanism !== 'AES-256-GCM') throw error
        for (const kek of service.keks.values()) {
          for (const key of kek.versions) {
            try {
              return open(key, request.wrapped, request.context)
            } catch {
              // The next one, then.
            }
          }
        }
        throw error
      }
    },
  })),
  mutant('always wraps under its own KEK', 'wraps under the KEK that is named', (good) => ({
    wrap: async (request) => {
      if (request.kek !== undefined) await good.describe(request.kek)
      const { kek: _, ...rest } = request
      return good.wrap(rest)
    },
  })),
]
