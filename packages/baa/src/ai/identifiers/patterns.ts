import type { DataClass } from '@phi/core'

/** What a scan looks for, and the class of data that it is taken for. */
export const identifierKinds = {
  ssn: 'phi.identity.ssn',
  phone: 'phi.identity.phone',
  email: 'phi.identity.email',
  mrn: 'phi.identity.mrn',
  'plan-id': 'phi.identity.plan-id',
  date: 'phi.identity.date',
  'age-over-89': 'phi.identity.age-over-89',
  url: 'phi.identity.url',
  ip: 'phi.identity.ip',
  device: 'phi.identity.device',
  card: 'phi.identity.account',
  street: 'phi.identity.geo.street',
  zip: 'phi.identity.geo.zip5',
} as const satisfies Readonly<Record<string, DataClass>>
export type IdentifierKind = keyof typeof identifierKinds

interface Pattern {
  readonly kind: IdentifierKind
  readonly matches: RegExp
  readonly accepts?: (text: string) => boolean
}

const digitsOf = (text: string): readonly number[] => [...text.replace(/\D/g, '')].map(Number)

/** The check digit of card numbers, ISO/IEC 7812-1. */
export function passesLuhn(text: string): boolean {
  const digits = digitsOf(text)
  const sum = digits.reduceRight((total, digit, index) => {
    const value = (digits.length - index) % 2 === 0 ? digit * 2 : digit
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return digits.length >= 13 && digits.length <= 19 && sum % 10 === 0
}

/** Whether numbers of a date can be a month and a day, in either order. */
function isDate(text: string): boolean {
  const parts = text.split(/\D+/).map(Number)
  const [year] = parts
  const [a = 0, b = 0] = year !== undefined && year > 31 ? parts.slice(1) : parts
  const pairs = (month: number, day: number) => month >= 1 && month <= 12 && day >= 1 && day <= 31
  return pairs(a, b) || pairs(b, a)
}

const isIpv4 = (text: string) => text.split('.').every((each) => Number(each) <= 255)

/** Eight groups, or a run of zeros left out once. A time of day such as 10:30:45 is neither. */
function isIpv6(text: string): boolean {
  const gaps = text.split('::').length - 1
  const groups = text.split(':').filter((each) => each !== '').length
  return gaps === 1 ? groups >= 1 && groups <= 7 : gaps === 0 && groups === 8
}

const hasDigit = (text: string) => /\d/.test(text)

const MONTH =
  '(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)'
const STREET =
  '(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Terrace|Circle|Highway|Hwy|Parkway|Pkwy)'
const NUMBER = '\\W{0,5}(?:(?:no|num|number|id)\\b\\W{0,5})?'

/**
 * Each pattern has a bounded length, and nothing in it can be matched in two ways, so that the time grows with the length of the text.
 * They find forms, not meanings: names, occupations and rare diagnoses have no form, and a month and day without a year looks like a
 * fraction. What is not found may still be there.
 */
export const patterns: readonly Pattern[] = [
  { kind: 'ssn', matches: /(?<![\w-])\d{3}[- ]\d{2}[- ]\d{4}(?![\w-])/g },
  { kind: 'ssn', matches: /\b(?:ssn|social security)\b\W{0,3}(?:no|num|number)?\W{0,5}\d{9}(?!\d)/gi },
  { kind: 'card', matches: /(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d-])/g, accepts: passesLuhn },
  { kind: 'phone', matches: /(?<![\d+])(?:\+?1[ .-]?)?(?:\(\d{3}\)[ .-]?|\d{3}[ .-]?)\d{3}[ .-]?\d{4}(?!\d)/g },
  { kind: 'phone', matches: /\+[2-9]\d?(?:[ .()-]{0,2}\d){6,13}(?!\d)/g },
  {
    kind: 'email',
    matches: /(?<![\p{L}\p{N}._%+'-])[\p{L}\p{N}._%+'-]{1,256}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}/gu,
  },
  {
    kind: 'mrn',
    matches: new RegExp(`\\b(?:mrn|medical record|chart|patient (?:id|no|number))\\b${NUMBER}[A-Z0-9-]{4,20}\\b`, 'gi'),
    accepts: hasDigit,
  },
  {
    kind: 'plan-id',
    matches: new RegExp(`\\b(?:member|policy|subscriber|beneficiary|medicare|medicaid)\\b${NUMBER}[A-Z0-9-]{5,20}\\b`, 'gi'),
    accepts: hasDigit,
  },
  { kind: 'date', matches: /(?<![\d-])\d{4}([-/.])\d{1,2}\1\d{1,2}(?!\d)/g, accepts: isDate },
  { kind: 'date', matches: /(?<![\d./-])\d{1,2}([-/.])\d{1,2}\1(?:\d{4}|\d{2})(?![\d./-]*\d)/g, accepts: isDate },
  { kind: 'date', matches: /(?<!\d)(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)/g },
  { kind: 'date', matches: new RegExp(`\\b${MONTH}\\.? \\d{1,2}(?:st|nd|rd|th)?(?:,? \\d{4})?(?!\\d)`, 'gi') },
  { kind: 'date', matches: new RegExp(`(?<!\\d)\\d{1,2}(?:st|nd|rd|th)?[ -](?:of )?${MONTH}\\b(?:[ ,-]{1,2}\\d{4})?`, 'gi') },
  { kind: 'date', matches: new RegExp(`\\b${MONTH}\\.?,? (?:19|20)\\d{2}(?!\\d)`, 'gi') },
  { kind: 'age-over-89', matches: /(?<![\d.])(?:9\d|1[0-4]\d)[ -]?(?:years?[ -]old|years? of age|y\/?o|yrs?\b)/gi },
  { kind: 'age-over-89', matches: /\bage[d:]? {0,2}(?:9\d|1[0-4]\d)(?![\d.])/gi },
  { kind: 'url', matches: /\b(?:https?:\/\/|www\.)[^\s<>"]{1,2000}/gi },
  { kind: 'ip', matches: /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)/g, accepts: isIpv4 },
  { kind: 'ip', matches: /(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])/gi, accepts: isIpv6 },
  { kind: 'device', matches: /(?<![\w:-])[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}(?![\w:-])/gi },
  { kind: 'street', matches: new RegExp(`(?<![\\d.])\\d{1,6} (?:[A-Z0-9][\\w'-]{0,30}\\.? ){1,4}${STREET}\\b`, 'g') },
  { kind: 'zip', matches: /\b[A-Z]{2},? {1,2}\d{5}(?:-\d{4})?(?!\d)/g },
]
