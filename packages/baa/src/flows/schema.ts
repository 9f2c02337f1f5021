import {
  type ClassSelector,
  type DataClass,
  type DataItem,
  type Identifiability,
  isClassSelector,
  isDataClass,
  isIdentifiability,
  isLabel,
  isService,
  isUse,
  type Label,
  plainText,
  type Service,
  type Use,
} from '@phi/core'
import * as z from 'zod'
import { instant } from '../agreement/date.ts'
import { partyId } from '../agreement/party.ts'
import { word } from '../agreement/schema.ts'
import { claimSchema } from '../exemption/schema.ts'
import { own } from '../own.ts'
import { whereSchema } from '../registry/subprocessor.ts'
import { nodeKinds } from './map.ts'

/** The most that a map may hold: what is analysed in seconds. */
const MAX_NODES = 10_000
const MAX_EDGES = 50_000

const nodeId = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._/-]{0,127}$/)
const edgeId = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._/>:-]{0,399}$/)
const dataClass = z.custom<DataClass>(isDataClass, 'must be a data class of the taxonomy')
const label = z.custom<Label>(isLabel, 'must be a label of the taxonomy')
const labels = z.array(label).max(100).readonly()
const service = z.custom<Service>(isService, 'must be a service of the taxonomy')
const use = z.custom<Use>(isUse, 'must be a use of the taxonomy')

// What zod hands out has a prototype, on which anything can be planted: an item is copied, so that `madeOf` is its own or is not there.
const item: z.ZodType<DataItem> = z.lazy(() =>
  z.union([
    dataClass.transform((each): DataItem => ({ class: each })),
    z
      .strictObject({ class: dataClass, labels: labels.optional(), madeOf: z.array(item).max(200).readonly().optional() })
      .transform((each) => own(each) as DataItem),
  ]),
)
const items = z.array(item).max(500).readonly()

const source = z
  .strictObject({ file: plainText(500), line: z.int().min(1).max(10_000_000).optional() })
  .readonly()
  .optional()

const node = z
  .strictObject({
    id: nodeId,
    kind: z.enum(nodeKinds),
    party: partyId,
    holds: items.optional(),
    requires: z.array(dataClass).max(500).readonly().optional(),
    service: service.optional(),
    where: whereSchema.optional(),
    label: plainText(200).optional(),
    source,
  })
  .readonly()

const edge = z
  .strictObject({
    id: edgeId.optional(),
    from: nodeId,
    to: nodeId,
    data: z.array(item).min(1).max(500).readonly().optional(),
    passes: z.union([z.literal('all'), z.array(dataClass).min(1).max(500).readonly()]).optional(),
    labels: labels.optional(),
    use: use.optional(),
    service: service.optional(),
    where: whereSchema.optional(),
    exemption: claimSchema.optional(),
    heldFor: partyId.optional(),
    plan: word.optional(),
    conditions: z.record(word, z.boolean()).optional(),
    identifiability: z
      .strictObject({
        level: z.custom<Identifiability>(isIdentifiability, 'must be a level of the taxonomy'),
        evidence: plainText(500).optional(),
      })
      .readonly()
      .optional(),
    authorization: z
      .strictObject({
        reference: plainText(500),
        uses: z.array(use).max(100).readonly(),
        data: z
          .array(z.custom<ClassSelector>(isClassSelector, 'must be a data class, or label: and a label'))
          .max(200)
          .readonly(),
        until: instant.optional(),
      })
      .readonly()
      .optional(),
    note: plainText(1000).optional(),
    source,
  })
  .readonly()

export const flowsSchema = z.strictObject({
  format: z.literal('phi.flows/v1').default('phi.flows/v1'),
  nodes: z.array(node).min(1).max(MAX_NODES).readonly(),
  edges: z.array(edge).max(MAX_EDGES).readonly(),
})
