/**
 * What a profession says of health care. `yes`: its work is health care. `if-licensed`: so it is where the person is licensed, and else
 * the person is asked. `mental-health-treatment`, `physical-therapy`: it is where the person provides that.
 *
 * A licence is no part of the federal test: 45 CFR 160.103 speaks of anybody "who furnishes, bills, or is paid for health care". It is
 * evidence of what the person does. The list is that of the public documents that the requirements were read from, and no law.
 */
export type CareOf = 'yes' | 'if-licensed' | 'mental-health-treatment' | 'physical-therapy'

/** Professions of small practices. */
export const professions = {
  psychologist: 'yes',
  psychiatrist: 'yes',
  'clinical-social-worker': 'yes',
  'marriage-family-therapist': 'yes',
  physician: 'yes',
  'nurse-practitioner': 'yes',
  'physical-therapist': 'yes',
  'occupational-therapist': 'yes',
  therapist: 'if-licensed',
  counselor: 'if-licensed',
  'life-coach': 'mental-health-treatment',
  'peer-counselor': 'mental-health-treatment',
  'religious-counselor': 'mental-health-treatment',
  'personal-trainer': 'physical-therapy',
} as const satisfies Readonly<Record<string, CareOf>>
export type Profession = keyof typeof professions

export const professionKeys = Object.keys(professions) as Profession[]

/** How boards and people write some of them. What is not here is asked. */
const written: Readonly<Record<string, Profession>> = {
  lcsw: 'clinical-social-worker',
  mft: 'marriage-family-therapist',
  lmft: 'marriage-family-therapist',
  np: 'nurse-practitioner',
  pt: 'physical-therapist',
  ot: 'occupational-therapist',
  md: 'physician',
  do: 'physician',
}

/** Reads a profession as a party has it written: `LCSW`, `Physical therapist`. */
export function professionOf(text: string): Profession | undefined {
  const key = text.trim().toLowerCase().replace(/\s+/g, '-')
  if (Object.hasOwn(professions, key)) return key as Profession
  return Object.hasOwn(written, key) ? written[key] : undefined
}
