import { type Citation, formatCitation, parseAs } from '@phi/core'
import * as z from 'zod'
import { type ControlId, controlOf, isControl } from './controls.ts'
import { type Day, readDay } from './day.ts'
import { type RegisterEntry, readParameter } from './entry.ts'
import { safeguardError } from './errors.ts'
import { meetsParameter, type Parameter, type ParameterKind, type ParameterKinds } from './parameter.ts'
import { citationOfEntry, type Register, readRegister, standingInLaw, standingOn } from './register.ts'

/** What can be open in a register: what is so, and what to do. */
export const registerFindingCodes = Object.freeze({
  'no-entry': {
    says: 'Nobody has said anything of the control.',
    remedy: 'Enter who sees to it, or why it is not applicable.',
  },
  'not-in-place': { says: 'The safeguard is not in place.', remedy: 'Put it in place by its due day, and enter the evidence.' },
  overdue: {
    says: 'The safeguard was to be in place by a day that has passed.',
    remedy: 'Put it in place, or have its owner answer for a new day.',
  },
  'no-evidence': {
    says: 'The safeguard is said to be in place, and nothing shows it.',
    remedy: 'Enter the evidence, with its day and hash.',
  },
  'evidence-stale': { says: 'The evidence does not hold on this day.', remedy: 'Obtain newer evidence.' },
  'review-past': { says: 'The entry is past its review.', remedy: 'Look again, and enter what was seen.' },
  'stated-later': {
    says: 'The entry was made after this day.',
    remedy: 'Ask of a later day, or look up the entry that stood then.',
  },
  'never-done': {
    says: 'It comes round, and nobody has entered a day on which it was done.',
    remedy: 'Do it, and enter `lastDone`.',
  },
  'not-repeated': { says: 'It comes round, and its period has passed.', remedy: 'Do it again, and enter `lastDone`.' },
  'part-missing': {
    says: 'The safeguard is shared, and the part of one side is not written down.',
    remedy: 'Write down what each side does.',
  },
  'required-set-aside': {
    says: 'A standard or required specification is set aside as not applicable.',
    remedy: 'Implement it: only addressable specifications can be replaced, 45 CFR 164.306(d).',
  },
  'no-alternative': {
    says: 'An addressable specification is set aside, and nothing says what is done in its place.',
    remedy: 'Enter `alternative`: the measure, or `none-reasonable`, 45 CFR 164.306(d)(3)(ii)(B).',
  },
  'parameter-missing': {
    says: 'The control is measured by a parameter that is not entered, or in part only.',
    remedy: 'Enter `parameter`.',
  },
  'parameter-weaker': {
    says: 'The parameter is weaker than what is wanted.',
    remedy: 'Set it as it is wanted, or agree on what is enough.',
  },
})
export type RegisterFindingCode = keyof typeof registerFindingCodes

export interface RegisterFinding {
  readonly code: RegisterFindingCode
  readonly says: string
  readonly remedy: string
  /** The text that the safeguard rests on, as written. */
  readonly citation: string
  readonly control?: ControlId
  readonly entry?: string
  readonly owner?: string
  readonly due?: Day
}

/** What a document asks for: its controls, with the parameters that it states. */
export type Wanted = { readonly [Id in ControlId]?: WantedControl | undefined }
export interface WantedControl {
  readonly parameter?: Parameter | undefined
}

const wantedSchema = z.record(z.string().max(100), z.strictObject({ parameter: z.unknown().optional() }).optional())

/** @throws PhiError PHI_BAA_QUESTION for a control or a parameter that is not of the catalogue */
export function readWanted(wanted: Wanted | undefined): ReadonlyMap<ControlId, Parameter | undefined> | undefined {
  if (wanted === undefined) return undefined
  const refuse = (context: object) => safeguardError('PHI_BAA_QUESTION', context)
  const read = new Map<ControlId, Parameter | undefined>()
  for (const [id, each] of Object.entries(parseAs(wantedSchema, wanted, 'wanted', refuse))) {
    if (!isControl(id)) throw refuse({ path: 'wanted.*', detail: 'must be a control of the catalogue' })
    if (each?.parameter === undefined) {
      read.set(id, undefined)
      continue
    }
    const parameter = readParameter(id, each.parameter)
    if (parameter === undefined) throw refuse({ path: 'wanted.*.parameter', detail: 'is not what the control is measured by' })
    read.set(id, parameter)
  }
  return read
}

const finding = (code: RegisterFindingCode, citation: Citation | undefined, more: Partial<RegisterFinding>): RegisterFinding =>
  Object.freeze({ code, ...registerFindingCodes[code], citation: citation ? formatCitation(citation) : '', ...more })

/** What is amiss with a parameter, against what is wanted. One that is left out, or that cannot be compared, shows nothing. */
export function parameterDoubt(
  id: ControlId,
  has: Parameter | undefined,
  wanted: Parameter | undefined,
): 'parameter-missing' | 'parameter-weaker' | undefined {
  const kind = controlOf(id).parameter
  if (kind === undefined || wanted === undefined) return undefined
  if (has === undefined) return 'parameter-missing'
  const meets = meetsParameter(kind, has as ParameterKinds[ParameterKind] as never, wanted as never)
  return meets === true ? undefined : meets === false ? 'parameter-weaker' : 'parameter-missing'
}

function ofEntry(entry: RegisterEntry, at: Day, wanted: Parameter | undefined): readonly RegisterFinding[] {
  const { status, due, control } = entry
  const codes: RegisterFindingCode[] = [...standingOn(entry, at).doubts]
  if (status === 'planned' || status === 'not-in-place') {
    codes.push(due !== undefined && at > due ? 'overdue' : 'not-in-place')
  }
  if (status === 'not-applicable') {
    const law = standingInLaw(entry)
    const feature = control !== undefined && controlOf(control).ofFeature === true
    if (law === 'required' || law === 'standard') codes.push('required-set-aside')
    else if (law === 'addressable' && !feature && entry.alternative === undefined) codes.push('no-alternative')
  }
  if (
    status !== 'not-applicable' &&
    entry.responsible === 'shared' &&
    (entry.parts?.provider === undefined || entry.parts.customer === undefined)
  ) {
    codes.push('part-missing')
  }
  if (control !== undefined && status !== 'not-applicable') {
    const doubt = parameterDoubt(control, entry.parameter as Parameter | undefined, wanted)
    if (doubt) codes.push(doubt)
  }
  return codes.map((code) =>
    finding(code, citationOfEntry(entry), {
      ...(control === undefined ? {} : { control }),
      entry: entry.id,
      owner: entry.owner,
      ...(due === undefined ? {} : { due }),
    }),
  )
}

/**
 * What is open in a register on a day: each finding with the entry, its owner, the law and what to do. An empty list says that nothing
 * of what was asked is open, and no more than that.
 * @param options.wanted the controls that have to be there, with parameters. Left out: only what is entered is looked at
 * @throws PhiError PHI_BAA_QUESTION, PHI_BAA_SAFEGUARDS
 */
export function registerFindings(
  value: Register,
  options: { readonly at: Day; readonly wanted?: Wanted | undefined },
): readonly RegisterFinding[] {
  const { entries } = readRegister(value)
  const at = readDay(options?.at, 'at')
  const wanted = readWanted(options.wanted)
  const missing = [...(wanted?.keys() ?? [])].filter((id) => !entries.some((each) => each.control === id))
  return Object.freeze([
    ...missing.map((control) => finding('no-entry', controlOf(control).citation, { control })),
    ...entries.flatMap((each) => ofEntry(each, at, each.control && wanted?.get(each.control))),
  ])
}
