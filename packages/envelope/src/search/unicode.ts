import { notIndexable } from './normalizer.ts'

/**
 * Text in which case does not count. JavaScript has no case folding; through small letters, capitals and small letters again, all
 * members of a case family end as one: `ẞ`, `ß` and `SS` as `ss`, and both small sigmas as `σ`.
 */
export const foldCase = (text: string): string => text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ')

/**
 * Combining marks that are accents or points over letters: those of the combining blocks, of Hebrew and of Arabic. The signs of other
 * scripts are letters of their own in all but name (the vowels of Devanagari, the voicing marks of kana), and stay.
 */
const marks: readonly (readonly [first: number, last: number])[] = [
  [0x0300, 0x036f],
  [0x0483, 0x0487],
  [0x0591, 0x05bd],
  [0x05bf, 0x05bf],
  [0x05c1, 0x05c2],
  [0x05c4, 0x05c5],
  [0x05c7, 0x05c7],
  [0x0610, 0x061a],
  [0x064b, 0x065f],
  [0x0670, 0x0670],
  [0x06d6, 0x06dc],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x20d0, 0x20ff],
  [0xfe20, 0xfe2f],
]
const escaped = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`
export const MARKS_OF_ALPHABETS = new RegExp(`[${marks.map((range) => range.map(escaped).join('-')).join('')}]`, 'g')

/** Letters of European names that Unicode does not decompose, as people without them on the keyboard type them. */
export const LETTERS_WITHOUT_DECOMPOSITION: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  æ: 'ae',
  ð: 'd',
  đ: 'd',
  ħ: 'h',
  ı: 'i',
  ł: 'l',
  ø: 'o',
  œ: 'oe',
  ŧ: 't',
  þ: 'th',
})

/**
 * Lets text pass in which Unicode, as this runtime knows it, has assigned every code point. What it does with those never changes
 * (Unicode's stability policies for normalisation and case); what a later version does with the others nobody knows.
 * @throws PhiError PHI_ENVELOPE_INDEX
 */
export function requireAssigned(text: string): string {
  if (/\p{Cn}/u.test(text)) throw notIndexable('the text holds a code point that this runtime does not know')
  return text
}
