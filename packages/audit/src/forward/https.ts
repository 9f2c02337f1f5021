import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { systemClock, utf8 } from '@phi/core'
import * as z from 'zod'
import { allOf, type Destination, delivered, type ForwardItem, type ItemOutcome, type SendResult } from './destination.ts'
import { forwardError } from './errors.ts'
import { type Answer, asJson, checkHttp, type HttpOptions, meaningOf, post } from './http.ts'
import { type BatchKey, batchHeaders, batchIdOf, checkKey } from './signature.ts'

export interface HttpsOptions extends HttpOptions {
  /** For diagnostics. Default `https`. */
  readonly name?: string
  /** `json`: one array (default); `ndjson`: one object a line, each line ending in 0x0A. */
  readonly format?: 'json' | 'ndjson'
  /** The JSON of a record, on one line. Default `item.json`; `ocsfJson()` makes OCSF of it. */
  readonly content?: (item: ForwardItem) => string
  /** Signs each batch: see `verifyForwardedBatch`. */
  readonly key?: BatchKey
  readonly gzip?: boolean
  /**
   * What counts as acknowledgement: `status` (default): an answer 2xx takes the whole batch, unless it has results by record;
   * `results`: only records that the answer names do.
   */
  readonly acknowledgement?: 'status' | 'results'
}

const compress = promisify(gzip)

const resultsSchema = z.strictObject({
  results: z.array(z.strictObject({ index: z.int().min(0), status: z.int().min(200).max(599) })),
})

const answerIsNone: SendResult = { is: 'blocked', code: 'PHI_AUDIT_FORWARD_ANSWER' }

function outcomeOf(status: number): ItemOutcome | undefined {
  const meaning = meaningOf(status)
  if (meaning === undefined) return delivered
  if (meaning.code === 'PHI_AUDIT_FORWARD_REDIRECT') return undefined
  // Of a record, any other client error is about that record.
  if (meaning.is === 'blocked') return { is: 'refused', code: 'PHI_AUDIT_FORWARD_REFUSED' }
  return meaning.is === 'retry' ? { is: 'retry', code: meaning.code } : { is: 'refused', code: meaning.code }
}

/** The results of an answer, one for every record that was sent and none for any other. */
function readResults(batch: readonly ForwardItem[], value: unknown): SendResult {
  const parsed = resultsSchema.safeParse(value)
  if (!parsed.success || parsed.data.results.length !== batch.length) return answerIsNone
  const byIndex = new Map(parsed.data.results.map(({ index, status }) => [index, outcomeOf(status)]))
  const items = batch.map(({ index }) => byIndex.get(index))
  return byIndex.size === batch.length && items.every((item) => item !== undefined) ? { is: 'items', items } : answerIsNone
}

function read(batch: readonly ForwardItem[], { status, text }: Answer, acknowledgement: 'status' | 'results'): SendResult {
  // A page, of a sign-in or of a proxy. Whatever its status, no receiver of batches wrote it.
  if (text.trimStart().startsWith('<')) return answerIsNone
  const value = asJson(text)
  const hasResults = typeof value === 'object' && value !== null && 'results' in value
  // 207 says that there are several statuses (RFC 4918 §13): without them nothing is known.
  if (hasResults || status === 207 || acknowledgement === 'results') return readResults(batch, value)
  return allOf(batch, delivered)
}

/**
 * Batches over HTTPS. An answer 2xx takes a batch over, or, with the body `{"results":[{"index":7,"status":200}, …]}`, the records
 * whose status is 2xx. 413 halves the batch; 408, 425, 429 and 5xx are tried again, as late as Retry-After says; 400 and 422 are
 * about a record, which is searched for; every other status is about the sender, and nothing is set aside for it. Redirects are
 * not followed. An answer that is a page of HTML or XML takes nothing over.
 * @throws PhiError PHI_AUDIT_FORWARD_OPTIONS
 */
export function httpsDestination(options: HttpsOptions): Destination {
  checkHttp(options)
  const { name = 'https', format = 'json', content = ({ json }: ForwardItem) => json, acknowledgement = 'status' } = options
  const { clock = systemClock } = options
  if (format !== 'json' && format !== 'ndjson')
    throw forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path: 'format', detail: "must be 'json' or 'ndjson'" })
  if (acknowledgement !== 'status' && acknowledgement !== 'results')
    throw forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path: 'acknowledgement', detail: "must be 'status' or 'results'" })
  const key = options.key === undefined ? undefined : checkKey(options.key)
  const type = format === 'json' ? 'application/json' : 'application/x-ndjson'
  return {
    name,
    async send(batch, signal) {
      const texts = batch.map(content)
      const plain = utf8(format === 'json' ? `[${texts.join(',')}]` : texts.map((text) => `${text}\n`).join(''))
      const body = options.gzip === true ? await compress(plain) : plain
      const encoding = options.gzip === true ? 'gzip' : 'identity'
      const headers = batchHeaders(body, { batchId: batchIdOf(batch), type, encoding }, key, clock)
      const sent = await post({ ...options, clock }, headers, body, signal)
      return 'result' in sent ? sent.result : read(batch, sent.answer, acknowledgement)
    },
  }
}
