import * as z from 'zod'

const key = z.string().regex(/^[A-Za-z0-9_.<>-]{1,120}$/)
const keys = z.array(key).max(1000).nullish()
const flow = z.looseObject({ fides_key: key, type: z.string().max(40).nullish(), data_categories: keys })

export interface Field {
  readonly data_categories?: readonly string[] | null | undefined
  readonly fields?: readonly Field[] | null | undefined
}
const field: z.ZodType<Field> = z.lazy(() =>
  z.looseObject({ data_categories: keys, fields: z.array(field).max(5000).nullish() }),
)

// Fides adds keys with every release: those that say nothing of flows are passed over.
export const manifestSchema = z.looseObject({
  system: z
    .array(
      z.looseObject({
        fides_key: key,
        name: z.string().max(500).nullish(),
        system_type: z.string().max(100).nullish(),
        vendor_id: z.string().max(200).nullish(),
        ingress: z.array(flow).max(5000).nullish(),
        egress: z.array(flow).max(5000).nullish(),
        dataset_references: keys,
        privacy_declarations: z
          .array(
            z.looseObject({
              data_categories: keys,
              data_use: key.nullish(),
              ingress: keys,
              egress: keys,
              dataset_references: keys,
            }),
          )
          .max(5000)
          .nullish(),
      }),
    )
    .max(10_000)
    .nullish(),
  dataset: z
    .array(
      z.looseObject({
        fides_key: key,
        name: z.string().max(500).nullish(),
        data_categories: keys,
        collections: z
          .array(z.looseObject({ data_categories: keys, fields: z.array(field).max(5000).nullish() }))
          .max(5000)
          .nullish(),
      }),
    )
    .max(10_000)
    .nullish(),
})

export type Manifest = z.output<typeof manifestSchema>
export type System = NonNullable<Manifest['system']>[number]
export type Declaration = NonNullable<System['privacy_declarations']>[number]
export type Dataset = NonNullable<Manifest['dataset']>[number]
