import { type Citation, type Confirmation, cite } from '@phi/core'

/** The day of the public copy of 45 CFR 160 to 164 in which citations marked `text-seen` were read. */
const TEXT_READ = '2019-05-10'

/** A citation: of a text that was read, with its day, or with how else it is confirmed. */
export const cited = (text: string, confirmation: Confirmation = 'text-seen'): Citation =>
  cite(text, confirmation === 'text-seen' ? { confirmation, asOf: TEXT_READ } : { confirmation })
