import { PhiError } from '@phi/core'
import { envelopeError, type Kms, type WrapContext } from '@phi/envelope/kms'
import type { KmsSupports, KmsUnderTest } from '../../src/index.ts'
import { type Destroys, type MemoryService, underTest } from '../memory-kms.ts'

/** A wrong adapter, and a case that must find it. */
export interface KmsMutant {
  readonly wrong: string
  /** How the title of a case begins that fails. */
  readonly caughtBy: string
  readonly supports?: Partial<KmsSupports>
  readonly open: () => KmsUnderTest
}

export type Change = (good: Kms, service: MemoryService) => Partial<Kms>

export const mutant = (wrong: string, caughtBy: string, change: Change, destroys: Destroys = 'immediate'): KmsMutant => ({
  wrong,
  caughtBy,
  supports: { destroy: destroys },
  open: () => underTest(destroys, change),
})

/** A mutant of the service or of the hooks, or of what is declared. */
export const declared = (
  wrong: string,
  caughtBy: string,
  supports: Partial<KmsSupports>,
  open: () => KmsUnderTest = underTest,
): KmsMutant => ({ wrong, caughtBy, supports, open })

/** Binds only a part of the context, or a spelling of it. */
export const bindsOnly =
  (of: (context: WrapContext) => WrapContext): Change =>
  (good) => ({
    wrap: (request) => good.wrap({ ...request, context: of(request.context) }),
    unwrap: (request) => good.unwrap({ ...request, context: of(request.context) }),
  })

/** Turns the errors of every verb into other ones. */
export const translates =
  (translate: (error: unknown, request: object) => unknown): Change =>
  (good) => {
    const guarded =
      <Args extends unknown[], T>(verb: (...args: Args) => Promise<T>) =>
      async (...args: Args): Promise<T> => {
        try {
          return await verb(...args)
        } catch (error) {
          throw translate(error, (args[0] ?? {}) as object)
        }
      }
    return {
      wrap: guarded(good.wrap),
      unwrap: guarded(good.unwrap),
      describe: guarded(good.describe),
      destroy: guarded(good.destroy),
    }
  }

export const codeOf = (error: unknown) => (error instanceof PhiError ? error.code : '')
export const mapsCode = (from: string, to: Parameters<typeof envelopeError>[0]): Change =>
  translates((error) => (codeOf(error) === from ? envelopeError(to) : error))

export const fixedKey = new Uint8Array(32).fill(9)
