import { errorsOf } from './errors.ts'

/** The errors of this package. */
export const coreErrors = {
  PHI_CORE_CANONICAL: {
    problem: 'The value has no canonical JSON form',
    remedy: 'Pass plain objects, arrays, well-formed strings, finite numbers, booleans and null only (RFC 8785, RFC 7493).',
  },
  PHI_CORE_TIME: {
    problem: 'The text is not a time in the form YYYY-MM-DDTHH:mm:ss.sssZ',
    remedy: 'Pass a UTC time with milliseconds, as Date.prototype.toISOString() writes it.',
  },
  PHI_CORE_ENCODING: {
    problem: 'The text is not in the stated encoding',
    remedy: 'Pass the one canonical spelling: padded standard base64, or lower-case hexadecimal.',
  },
  PHI_CORE_ACTOR: {
    problem: 'The actor is not valid',
    remedy: 'Give a non-empty id and one of the known types, and only the documented keys.',
  },
  PHI_CORE_TENANT: {
    problem: 'The tenant identifier is not valid',
    remedy: 'Use 1 to 64 of the characters a-z, 0-9, "-", "_" and ".", starting with a letter or a digit.',
  },
  PHI_CORE_CITATION: {
    problem: 'The citation is not valid',
    remedy: 'Name a source and a section, as in "45 CFR 164.312(b)", and how well it is confirmed.',
  },
  PHI_CORE_UNKNOWN_KEY: {
    problem: 'The key is not in the taxonomy',
    remedy: 'Use a key of the tree, or one of its branches; the trees are exported by @phi/core.',
  },
} as const

export const coreError = errorsOf(coreErrors)
