import { type DataClass, type DataItem, isService, isUse, parseAs, plainText, type Service, type Use } from '@phi/core'
import * as z from 'zod'
import { type ReadData, readData } from '../decide/data.ts'
import type { DecisionRequest } from '../decide/request.ts'
import { guardError } from './errors.ts'

/** What a call can carry. A stream is sent once: a redirect that would send it again is not followed. */
export type GuardedBody =
  | string
  | ArrayBuffer
  | ArrayBufferView<ArrayBuffer>
  | Blob
  | FormData
  | URLSearchParams
  | ReadableStream<Uint8Array<ArrayBuffer>>

type Asked = Pick<DecisionRequest, 'plan' | 'conditions' | 'identifiability' | 'authorization' | 'heldFor' | 'exemption'>

/** What is in a call, in its path and query and headers as well as in its body. */
export interface TagFacts extends Asked {
  /** The data. State the labels, `{ class, labels: [] }`: a call is refused while a label that it leaves open could forbid it. */
  readonly data: readonly (DataClass | DataItem)[]
  readonly use: Use
  /** What the recipient does with it, where the host serves more than one service. At or below one of the host's. */
  readonly service?: Service | undefined
  /** For the accounting of disclosures, 45 CFR 164.528(b)(2)(iii) and (iv): what it is, and why. Needed where an accounting is owed. */
  readonly description?: string | undefined
  readonly purpose?: string | undefined
  /** The caller's own number of the request. Recorded as it is. */
  readonly reference?: string | undefined
}

declare const tag: unique symbol

/** What `tagged` and `notPhi` make. Only those: an object that looks like one is none. */
export interface Tag {
  /** Only for the compiler; never there. */
  readonly [tag]?: never
  readonly phi: boolean
}

const text = z
  .string()
  .min(1)
  .max(2048)
  .refine((each) => each.isWellFormed(), 'must not hold a lone surrogate')

const factsSchema = z.strictObject({
  data: z.array(z.unknown()).min(1).max(1000),
  use: z.custom<Use>(isUse, 'must be a use of the taxonomy'),
  service: z.custom<Service>(isService, 'must be a service of the taxonomy').optional(),
  description: text.optional(),
  purpose: text.optional(),
  reference: plainText(256).optional(),
  plan: z.unknown().optional(),
  conditions: z.unknown().optional(),
  identifiability: z.unknown().optional(),
  authorization: z.unknown().optional(),
  heldFor: z.unknown().optional(),
  exemption: z.unknown().optional(),
})

/** A tag as it was read: a copy, so that what is recorded is what was judged. */
export type TagContent =
  | { readonly phi: true; readonly body: unknown; readonly facts: TagFacts; readonly data: ReadData }
  | { readonly phi: false; readonly reason: string }

const contents = new WeakMap<object, TagContent>()

/** The content of a tag; undefined for anything that was not made here. */
export const contentOf = (value: unknown): TagContent | undefined =>
  typeof value === 'object' && value !== null ? contents.get(value) : undefined

function make(content: TagContent): Tag {
  const made: Tag = Object.freeze({ phi: content.phi })
  contents.set(made, content)
  return made
}

const refuse = (path: string, detail: string) => guardError('PHI_BAA_CALL', { path, detail })

/**
 * Says what a call holds. The facts are copied here: what is changed afterwards changes nothing.
 * @param body what is sent, or null for a call whose path, query or headers hold the data
 * @throws PhiError PHI_BAA_CALL for facts that are none
 */
export function tagged(body: GuardedBody | null, facts: TagFacts): Tag {
  let copy: unknown
  try {
    copy = structuredClone(facts)
  } catch {
    // The cause is not kept: it may show what could not be copied.
    throw refuse('tag', 'must be plain data')
  }
  const read = parseAs(factsSchema, copy, 'tag', (context) => guardError('PHI_BAA_CALL', context)) as TagFacts
  return make({ phi: true, body, facts: read, data: readData(read.data) })
}

/**
 * Says that a call holds no protected health information, and why. The host has to be known all the same, and the call is recorded.
 * @param reason a fixed phrase of the program, 1 to 200 characters: recorded as it is
 * @throws PhiError PHI_BAA_CALL
 */
export function notPhi(reason: string): Tag {
  const read = parseAs(plainText(200), reason, 'reason', (context) => guardError('PHI_BAA_CALL', context))
  return make({ phi: false, reason: read })
}
