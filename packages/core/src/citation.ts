import * as z from 'zod'
import { parseAs } from './boundary.ts'
import { isInstant } from './clock.ts'
import { coreError } from './core-errors.ts'
import { plainText } from './plain-text.ts'

/**
 * How a citation is confirmed: the text itself was read; a secondary source was read; only a weak source was found; it is
 * from memory; or it is our reading where the text is silent.
 */
export const confirmations = ['text-seen', 'secondary', 'weak', 'memory', 'interpretation'] as const
export type Confirmation = (typeof confirmations)[number]

/** The one-letter marks that tables of facts use for the same thing. */
export const confirmationMarks: Readonly<Record<'T' | 'S' | 'W' | 'M' | 'I', Confirmation>> = Object.freeze({
  T: 'text-seen',
  S: 'secondary',
  W: 'weak',
  M: 'memory',
  I: 'interpretation',
})

const CODE = /(?:CFR|C\.F\.R\.|USC|U\.S\.C\.)$/
// A part, or a section with its paragraphs, or a run of sibling paragraphs: 164.312(b), Part 2, 164.314(a)(2)(ii)-(iii).
const CODE_SECTION = /^(?:Part )?\d+[a-z]*(?:\.\d+[a-z]*)?(?:-\d+)?(?:\([A-Za-z0-9]{1,5}\))*(?:-\([A-Za-z0-9]{1,5}\))?$/
const OTHER_SECTION = /^\S*\d\S*$/

const isSection = (source: string, section: string): boolean =>
  CODE.test(source) ? CODE_SECTION.test(section) : OTHER_SECTION.test(section)

const day = z.string().refine((text) => isInstant(`${text}T00:00:00.000Z`), 'must be a day that exists, as YYYY-MM-DD')

/** A citation as data. Unknown keys are an error. */
export const citationSchema = z
  .strictObject({
    /** The collection: `45 CFR`, `89 FR`, `RFC`. */
    source: plainText(80),
    /** The place in it: `164.312(b)`, `12472`, `8785`. */
    section: plainText(80),
    title: plainText(300).optional(),
    url: z
      .url({ protocol: /^https$/ })
      .max(2000)
      .optional(),
    /** The day of the text that was read, YYYY-MM-DD. */
    asOf: day.optional(),
    confirmation: z.enum(confirmations),
  })
  .refine((citation) => isSection(citation.source, citation.section), {
    path: ['section'],
    message: 'must name a section of its source',
  })
  .readonly()

export type Citation = z.output<typeof citationSchema>

/** Reads a citation from unknown data. @throws PhiError PHI_CORE_CITATION */
export function parseCitation(value: unknown): Citation {
  return parseAs(citationSchema, value, 'citation', (context) => coreError('PHI_CORE_CITATION', context))
}

/**
 * Reads the written form: `cite('45 CFR 164.312(b)')`, `cite('89 FR 12472')`, `cite('42 CFR Part 2')`. The section is the last
 * word (or `Part` and a number); a section sign before the section of a code is dropped.
 *
 * Without `about`, the citation counts as given from memory: nobody has said that they read the text.
 * @throws PhiError PHI_CORE_CITATION
 */
export function cite(text: string, about: Partial<Omit<Citation, 'source' | 'section'>> = {}): Citation {
  const words = text.length <= 200 ? text.split(' ').filter((word) => word !== '§') : []
  const taken = words.at(-2) === 'Part' ? 2 : 1
  const source = words.slice(0, -taken).join(' ')
  const last = words.slice(-taken).join(' ')
  const section = CODE.test(source) ? last.replace(/^§/, '') : last
  return parseCitation({ confirmation: 'memory', ...about, source, section })
}

/** The written form: `45 CFR 164.312(b)`. `cite` reads it back. */
export function formatCitation(citation: Pick<Citation, 'source' | 'section'>): string {
  return `${citation.source} ${citation.section}`
}
