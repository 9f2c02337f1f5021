import { type DataClass, isDataClass, isService, isUse, plainText, type Service, type Use } from '@phi/core'
import * as z from 'zod'
import { scopeKeys, type Where } from '../agreement/agreement.ts'
import { partyId } from '../agreement/party.ts'
import { word } from '../agreement/schema.ts'

/** That one party gives data on to another to do its work: an edge of the chain. */
export interface Subprocessor {
  /** Who gives it on. */
  readonly of: string
  readonly to: string
  /** The services of `of` that reach it. A service above or below one of them reaches it too. */
  readonly for: readonly Service[]
  /** What `to` does: the service that its own agreement has to cover. */
  readonly does: Service
  /** What it receives. Left out: everything that the service was given. */
  readonly data?: readonly DataClass[] | undefined
  /** What it uses the data for, where that is not the use for which the data was given. */
  readonly use?: Use | undefined
  readonly where?: Where | undefined
}

const service = z.custom<Service>(isService, 'must be a service of the taxonomy')

export const whereSchema = z
  .strictObject({
    ...(Object.fromEntries(scopeKeys.map((key) => [key, plainText(200).optional()])) as Record<
      (typeof scopeKeys)[number],
      z.ZodOptional<z.ZodString>
    >),
    configuration: z.record(word, plainText(200)).optional(),
  })
  .readonly()

export const subprocessorSchema = z
  .strictObject({
    of: partyId,
    to: partyId,
    for: z.array(service).min(1).max(100).readonly(),
    does: service,
    data: z
      .array(z.custom<DataClass>(isDataClass, 'must be a data class of the taxonomy'))
      .min(1)
      .max(200)
      .readonly()
      .optional(),
    use: z.custom<Use>(isUse, 'must be a use of the taxonomy').optional(),
    where: whereSchema.optional(),
  })
  .refine(({ of, to }) => of !== to, { path: ['to'], message: 'must be another party' })
  .readonly()
