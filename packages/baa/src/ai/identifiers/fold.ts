/** A text made plain for searching, and the place in the original of each of its code units. */
export interface Folded {
  readonly text: string
  /** One entry more than the text is long: the last is the length of the original. */
  readonly places: Uint32Array
}

/** Characters that are not seen, and split a number for a pattern only: soft hyphen, zero-width ones, direction marks. */
const isInvisible = (code: number) =>
  code === 0xad ||
  (code >= 0x200b && code <= 0x200f) ||
  (code >= 0x202a && code <= 0x202e) ||
  code === 0x2060 ||
  code === 0xfeff

/** First digits of the decimal digits that people type beside those of ASCII: full-width, Arabic-Indic, extended, Devanagari. */
const zeros = [0xff10, 0x660, 0x6f0, 0x966]

function foldOne(code: number): string {
  for (const zero of zeros) if (code >= zero && code <= zero + 9) return String.fromCharCode(code - zero + 48)
  // Full-width forms of ASCII.
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0)
  // Hyphens, dashes and the minus sign.
  if ((code >= 0x2010 && code <= 0x2015) || code === 0x2212 || code === 0xfe63) return '-'
  // Spaces that do not break, and those of typesetters.
  if (code === 0xa0 || (code >= 0x2000 && code <= 0x200a) || code === 0x202f || code === 0x3000) return ' '
  if (code === 0x2018 || code === 0x2019) return "'"
  return String.fromCharCode(code)
}

/** Folds digits, dashes and spaces of many scripts to those of ASCII, and leaves out what is not seen. */
export function fold(original: string): Folded {
  const units: string[] = []
  const places = new Uint32Array(original.length + 1)
  let length = 0
  for (let at = 0; at < original.length; at++) {
    const code = original.charCodeAt(at)
    if (isInvisible(code)) continue
    units.push(code < 0x80 ? (original[at] as string) : foldOne(code))
    places[length++] = at
  }
  places[length] = original.length
  return { text: units.join(''), places: places.subarray(0, length + 1) }
}

/** Lower case, unit by unit, so that places stay: a letter whose lower case is longer stays as it is. */
export function lower(text: string): string {
  const whole = text.toLowerCase()
  if (whole.length === text.length) return whole
  return [...text].map((each) => (each.toLowerCase().length === each.length ? each.toLowerCase() : each)).join('')
}
