import { isInstant } from '@phi/core'
import { envelopeError } from '../errors.ts'
import { type Normalizer, notIndexable, textOf } from './normalizer.ts'
import { foldCase, LETTERS_WITHOUT_DECOMPOSITION, MARKS_OF_ALPHABETS, requireAssigned } from './unicode.ts'

const encoder = new TextEncoder()
const utf8Length = (text: string): number => encoder.encode(text).length

export interface EmailOptions {
  /** 'strip' takes away what follows the first `+` of the local part, under the name `email-untagged/1`. Default 'keep'. */
  readonly tags?: 'keep' | 'strip'
}

/**
 * An address `local@domain`, as `email/1`: NFC, without white space around it, in small letters on both sides of the `@`. RFC 5321
 * §2.4 lets a host tell `Ann@` from `ann@`; none does in practice, and people do not write it the same way twice. Dots stay.
 *
 * Refused: anything without exactly one `@` (hence quoted local parts with one inside), white space or invisible characters
 * inside, empty labels of the domain, and lengths over those of RFC 5321 §4.5.3.1 (64 and 255 octets).
 */
function email({ tags = 'keep' }: EmailOptions = {}): Normalizer {
  if (tags !== 'keep' && tags !== 'strip') throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'email.tags' })
  return Object.freeze({
    name: tags === 'keep' ? 'email/1' : 'email-untagged/1',
    normalize(value: string) {
      const text = foldSigma(textOf(value).normalize('NFC').trim().toLowerCase()).normalize('NFC')
      const [local = '', domain = '', more] = text.split('@')
      const kept = tags === 'keep' ? local : (local.split('+')[0] as string)
      const wrong =
        more !== undefined || kept === '' || domain === '' || domain.split('.').includes('') || /[\p{Z}\p{C}]/u.test(text)
      if (wrong || utf8Length(local) > 64 || utf8Length(domain) > 255) throw notIndexable('not an e-mail address')
      return `${kept}@${domain}`
    },
  })
}

/** Small sigma has a form for the end of words; which one a text holds must not decide whether it is found. */
const foldSigma = (text: string): string => text.replaceAll('ς', 'σ')

export interface PhoneOptions {
  /** Of numbers written without `+`. ITU-T E.164 country code, 1 to 3 digits. Default '1': the United States and Canada. */
  readonly countryCode?: string
  /** What stands before a national number at home, and not abroad: '0' in most of Europe, '' where nothing does. Default '1' for '1'. */
  readonly trunkPrefix?: string
  /** What is dialled to leave the country. Default '011' for '1', else '00'. */
  readonly internationalPrefix?: string
}

/**
 * A telephone number in its international form of ITU-T E.164 (`+12025550123`), as `phone/1`. The name is the same for every
 * country, since the result is: two clinics of different countries may share a column.
 *
 * Spaces, hyphens, dots, slashes and parentheses go, and so does the `(0)` of `+44 (0)20 …`. A number without `+` or the
 * international prefix is read as a national one. In country 1 it has ten digits, with or without a leading 1, in the ranges of the
 * North American plan (area code and exchange begin with 2 to 9, and no area code ends in 11); elsewhere it must begin with the
 * trunk prefix. Refused: letters, extensions, and lengths outside 7 to 15 digits (E.164 §6).
 */
function phone(options: PhoneOptions = {}): Normalizer {
  const { countryCode = '1' } = options
  const { trunkPrefix = countryCode === '1' ? '1' : undefined } = options
  const { internationalPrefix = countryCode === '1' ? '011' : '00' } = options
  if (!/^[1-9]\d{0,2}$/.test(countryCode)) throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'phone.countryCode' })
  if (trunkPrefix === undefined || !/^\d{0,3}$/.test(trunkPrefix)) {
    throw envelopeError('PHI_ENVELOPE_OPTIONS', {
      path: 'phone.trunkPrefix',
      detail: "say what stands before a national number, for example '0', or '' for nothing",
    })
  }
  if (!/^\d{2,5}$/.test(internationalPrefix)) throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'phone.internationalPrefix' })

  const national = (digits: string): string => {
    if (countryCode === '1') return `1${digits.length === 11 && digits.startsWith('1') ? digits.slice(1) : digits}`
    if (!digits.startsWith(trunkPrefix)) throw notIndexable('a national number without its trunk prefix')
    return countryCode + digits.slice(trunkPrefix.length)
  }
  return Object.freeze({
    name: 'phone/1',
    normalize(value: string) {
      const text = textOf(value).normalize('NFKC').trim()
      const bare = text.replace(/[\s()./\p{Pd}\u2212]/gu, '')
      if (!/^\+?\d{4,25}$/.test(bare)) throw notIndexable('not a telephone number')
      const plus = bare.startsWith('+')
      const international = plus || bare.startsWith(internationalPrefix)
      const abroad = international ? text.replace(/\(\s*0\s*\)/, '').replace(/\D/g, '') : ''
      const digits = international ? abroad.slice(plus ? 0 : internationalPrefix.length) : national(bare)
      const possible = digits.startsWith('1') ? /^1[2-9](?!11)\d\d[2-9]\d{6}$/ : /^[2-9]\d{6,14}$/
      if (!possible.test(digits)) throw notIndexable('not a telephone number')
      return `+${digits}`
    },
  })
}

/**
 * A person's or place's name, as `name/1`: a key to search by, not an identity. Compatibility decomposition (NFKD); accents and
 * points of the Latin, Greek, Cyrillic, Hebrew and Arabic alphabets taken away; case folded; apostrophes and invisible characters
 * dropped; every other run of characters that are no letters, digits or marks becomes one space; composed again (NFC).
 *
 * So `O’Brien`, `OBRIEN` and `obrien` are one, as are `Müller` and `muller`, and `Smith-Jones` and `smith jones`; `Mueller` is
 * another, and so is `Jones Smith`. Letters that look alike in two alphabets stay two: a Cyrillic `а` does not find a Latin `a`.
 */
const name = (): Normalizer =>
  Object.freeze({
    name: 'name/1',
    normalize: (value: string) =>
      [...foldCase(stripped(requireAssigned(textOf(value)).normalize('NFKD')))]
        .map((letter) => LETTERS_WITHOUT_DECOMPOSITION[letter] ?? letter)
        .join('')
        .normalize('NFKD')
        .replace(MARKS_OF_ALPHABETS, '')
        .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
        .trim()
        .normalize('NFC'),
  })

/** Without accents, apostrophes, the Arabic tatweel, and format characters such as zero-width spaces. */
const stripped = (text: string): string => text.replace(MARKS_OF_ALPHABETS, '').replace(/['`´‘’‛ʹʻʼʽˈ′＇\u0640]|\p{Cf}/gu, '')

export interface DateOptions {
  /**
   * Which day a `Date` is: 'utc' where the driver makes midnight UTC of a calendar day, 'local' where it makes local midnight (as
   * node-postgres does for `date`). Default 'utc'.
   */
  readonly dates?: 'utc' | 'local'
}

/**
 * A calendar day as `YYYY-MM-DD` (ISO 8601), as `date/1`: for birth dates and dates of service. Takes that text, or a `Date` which
 * is exactly midnight of a day: a moment within a day is refused, because the day would depend on a time zone. Other spellings are
 * refused too, since nobody can tell `03/04/1980` from `04/03/1980`. So are days that do not exist, and the year 0.
 */
function date({ dates = 'utc' }: DateOptions = {}): Normalizer<string | Date> {
  if (dates !== 'utc' && dates !== 'local') throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'date.dates' })
  return Object.freeze({
    name: 'date/1',
    normalize(value: string | Date) {
      const day = value instanceof Date ? dayOf(value, dates) : textOf(value).trim()
      if (!isInstant(`${day}T00:00:00.000Z`) || day.startsWith('0000'))
        throw notIndexable('not a day that exists, as YYYY-MM-DD')
      return day
    },
  })
}

function dayOf(value: Date, dates: 'utc' | 'local'): string {
  const local = dates === 'local'
  const year = local ? value.getFullYear() : value.getUTCFullYear()
  const month = local ? value.getMonth() : value.getUTCMonth()
  const day = local ? value.getDate() : value.getUTCDate()
  // By setting the fields, since the constructors read years below 100 as 1900 and more. Where a zone skips midnight, the day starts later.
  const midnight = new Date(0)
  if (local) {
    midnight.setFullYear(year, month, day)
    midnight.setHours(0, 0, 0, 0)
  } else midnight.setUTCFullYear(year, month, day)
  if (midnight.getTime() !== value.getTime()) throw notIndexable('a moment, not a day')
  const digits = (number: number, width: number) => String(number).padStart(width, '0')
  return `${digits(year, 4)}-${digits(month + 1, 2)}-${digits(day, 2)}`
}

export interface MrnOptions {
  /** 'strip' makes `0042` and `42` one number, under the name `mrn-unpadded/1`. Default 'keep'. */
  readonly leadingZeros?: 'keep' | 'strip'
}

/**
 * A medical record number or another identifier of an institution, as `mrn/1`: in capitals, without white space and hyphens. Leading
 * zeros count. Refused: more than 64 characters, and any outside printable ASCII, where a look-alike letter would be a typing error.
 */
function mrn({ leadingZeros = 'keep' }: MrnOptions = {}): Normalizer {
  if (leadingZeros !== 'keep' && leadingZeros !== 'strip') {
    throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'mrn.leadingZeros' })
  }
  return Object.freeze({
    name: leadingZeros === 'keep' ? 'mrn/1' : 'mrn-unpadded/1',
    normalize(value: string) {
      const text = textOf(value).replace(/[\s\p{Pd}]/gu, '')
      if (!/^[\x21-\x7e]{1,64}$/.test(text)) throw notIndexable('not a record number')
      const capitals = text.toUpperCase()
      return leadingZeros === 'keep' ? capitals : capitals.replace(/^0+(?=.)/, '')
    },
  })
}

/**
 * Text whose case, width and white space do not count, as `text/1`: NFKC, case folded, runs of white space as one space, none
 * around. Accents and punctuation count.
 */
const text = (): Normalizer =>
  Object.freeze({
    name: 'text/1',
    normalize: (value: string) =>
      foldCase(foldCase(requireAssigned(textOf(value)).normalize('NFKC')).normalize('NFKC'))
        .normalize('NFKC')
        .replace(/\p{White_Space}+/gu, ' ')
        .trim(),
  })

/** The text as it is, every code point of it, as `exact/1`: for codes and identifiers that machines write. */
const exact = (): Normalizer => Object.freeze({ name: 'exact/1', normalize: textOf })

/**
 * The normalisers that come with the package. Each refuses, with PHI_ENVELOPE_INDEX, what it cannot read: a value that is stored
 * under a wrong spelling is never found again. Those that fold letters refuse code points that Unicode has not assigned, so that a
 * newer runtime never makes another term of an old value.
 */
export const normalizers = Object.freeze({ email, phone, name, date, mrn, text, exact })
