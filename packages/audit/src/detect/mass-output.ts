import * as z from 'zod'
import { accessOf, outputActions } from './access.ts'
import { baselineText, dailyDetector, dailyOptions } from './daily-amount.ts'
import { type Detector, makeDetector, parseOptions } from './detector.ts'
import type { Seen } from './seen.ts'

const optionsSchema = z.strictObject({
  ...dailyOptions,
  /** Records a day that are never too many, of one kind of action. Default 30. */
  floor: z.int().min(1).max(1_000_000).default(30),
  /** What is too many while there is no baseline. Default 100. */
  coldStart: z.int().min(1).max(10_000_000).default(100),
})
export type MassOutputOptions = z.input<typeof optionsSchema>

const verbs: Readonly<Record<string, string>> = {
  delete: 'deleted',
  export: 'exported',
  print: 'printed',
  download: 'downloaded',
  send: 'sent',
  disclose: 'disclosed',
}

/**
 * The entry of a download's end, as @phi/http writes it. The records left with the one of its beginning, which is durable before the first byte
 * and says the same of them. Where the context is hidden from the reader, it counts: too much is better than too little.
 */
function isEnd({ event }: Seen): boolean {
  const { phase, bytesSent, complete } = event.context?.details ?? {}
  return phase === 'end' && typeof bytesSent === 'number' && typeof complete === 'boolean'
}

/**
 * Somebody deletes, exports, prints, downloads or sends more records in a day than they or people of their roles do. Each action has a
 * baseline of its own. An event counts as `subject.count`, as the patients it lists, or as one, whichever is most; unlike in
 * `bulkAccess` the same patient counts again each time. A download that is recorded at its beginning and at its end counts once.
 *
 * Misses: photographs of a screen, and output that the application does not record.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function massOutput(options: MassOutputOptions = {}): Detector {
  return makeDetector(
    dailyDetector({
      name: 'mass-output',
      version: 1,
      options: parseOptions(optionsSchema, options, 'massOutput'),
      distinct: false,
      measure(seen, out) {
        const { action } = seen.event
        if ((action !== undefined && action !== 'delete' && !outputActions.has(action)) || isEnd(seen)) {
          out.notApplicable()
          return undefined
        }
        const access = accessOf(seen, out)
        if (access === undefined) return undefined
        // An export of the log itself counts entries, not records of patients.
        const amount = access.ofLog ? 1 : Math.max(1, access.patients.length, seen.event.subject?.count ?? 0)
        return { access, series: access.action, patients: access.patients, amount }
      },
      explain: ({ actor, series, amount, day, baseline }) => ({
        explanation: `${actor} ${verbs[series] ?? series} ${amount} records on ${day}; ${baselineText(baseline)}.`,
        suggestion:
          'Find out where the records went and who asked for them; keep what was deleted recoverable until that is known.',
      }),
    }),
  )
}
