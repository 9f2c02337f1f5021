import { covers, type DataClass, type DataItem, isDataClass, isLabel, type Label, plainText } from '@phi/core'
import * as z from 'zod'
import { mayIdentify } from '../identifiers/classes.ts'
import { type Found, type KnownIdentifier, scanText } from '../identifiers/scan.ts'

/** Data that goes into a prompt. */
export interface DataPart {
  /** What the text is: a session note, a name, a date of birth. */
  readonly class: DataClass
  readonly text: string
  /** The labels its record is under. `[]` says: none. Left out: nobody has said. */
  readonly labels?: readonly Label[] | undefined
  /** Of an output or a transcript that goes in again: the classes of what it was made of, under the labels above. `[]`: no data. */
  readonly madeOf?: readonly DataClass[] | undefined
  /** Identifiers that the text holds and that have to stay in it: the name in a letter. */
  readonly holds?: readonly DataClass[] | undefined
  /** Why the identifiers are needed. Without a reason none is: they are removed, or the prompt is refused. */
  readonly needed?: string | undefined
}

/** Words of the program itself, with no data in them. They are scanned all the same. */
export interface InstructionPart {
  readonly instruction: string
}

export type PromptPart = DataPart | InstructionPart

const MAX_PART = 1_000_000
const MAX_PROMPT = 5_000_000

const text = z
  .string()
  .min(1)
  .max(MAX_PART)
  .refine((each) => each.isWellFormed(), 'must not hold a lone surrogate')
const dataClass = z.custom<DataClass>(isDataClass, 'must be a data class of the taxonomy')

const partSchema: z.ZodType<PromptPart> = z.union([
  z.strictObject({ instruction: text }),
  z.strictObject({
    class: dataClass,
    text,
    labels: z.array(z.custom<Label>(isLabel, 'must be a label')).max(20).readonly().optional(),
    madeOf: z.array(dataClass).max(50).readonly().optional(),
    holds: z.array(dataClass).max(30).readonly().optional(),
    needed: plainText(500).optional(),
  }),
])

const lengthOf = (part: PromptPart): number => ('instruction' in part ? part.instruction : part.text).length

export const partsSchema = z
  .array(partSchema)
  .min(1)
  .max(1000)
  .refine(
    (parts) => parts.reduce((total, each) => total + lengthOf(each), 0) <= MAX_PROMPT,
    'must hold at most 5000000 characters together',
  )

export const knownSchema: z.ZodType<KnownIdentifier> = z.strictObject({
  class: dataClass.refine((each) => mayIdentify(each), 'must be a class of identifiers'),
  text: text.refine((each) => each.trim().length >= 2, 'must be at least two characters'),
})

/** A finding in a part of the prompt, and what was done with it. */
export interface PromptFinding extends Found {
  /** The part, counted from 0. */
  readonly part: number
  /** `kept`: the part says that it holds this, and why. `unwanted`: it was removed, or the prompt is refused for it. */
  readonly handled: 'kept' | 'unwanted'
}

/** A prompt without what is not needed. */
export interface CleanPrompt {
  readonly text: string
  /** What it is made of: the data of the question. */
  readonly data: readonly DataItem[]
  readonly findings: readonly PromptFinding[]
  /** Parts left out, and places blanked, by class. */
  readonly removed: { readonly [Each in DataClass]?: number }
  /** Classes of parts that are identifiers and are not needed. */
  readonly needless: readonly DataClass[]
  /** How many parts are left. */
  readonly parts: number
}

const isInstruction = (part: PromptPart): part is InstructionPart => 'instruction' in part

/** What a part says that it holds, when it says why. */
const declared = (part: PromptPart): readonly DataClass[] =>
  isInstruction(part) || part.needed === undefined ? [] : [part.class, ...(part.holds ?? [])]

/** Puts the parts together, an empty line between two, and takes out what nobody needs. */
export function cleanPrompt(parts: readonly PromptPart[], known: readonly KnownIdentifier[]): CleanPrompt {
  const findings: PromptFinding[] = []
  const removed = new Map<DataClass, number>()
  const needless = new Set<DataClass>()
  const texts: string[] = []
  const items: DataItem[] = []
  const count = (each: DataClass) => removed.set(each, (removed.get(each) ?? 0) + 1)

  for (const [index, part] of parts.entries()) {
    const original = isInstruction(part) ? part.instruction : part.text
    if (!isInstruction(part) && part.needed === undefined && mayIdentify(part.class)) {
      needless.add(part.class)
      count(part.class)
      continue
    }
    const wanted = declared(part)
    const here = findingsIn(original, wanted, known).map((each): PromptFinding => ({ ...each, part: index }))
    const unwanted = here.filter((each) => each.handled === 'unwanted')
    for (const each of unwanted) count(each.class)
    findings.push(...here)
    texts.push(blanked(original, unwanted))
    if (!isInstruction(part)) items.push(...itemsOf(part))
  }
  return {
    text: texts.join('\n\n'),
    // INVARIANT: the question is about what is sent. What was taken out needs no permit, and nothing that stays goes unasked.
    data: [{ class: 'phi.ai.prompt', madeOf: items, ...(items.length === 0 ? { labels: [] } : {}) }],
    findings,
    removed: Object.fromEntries([...removed].sort(([a], [b]) => (a < b ? -1 : 1))),
    needless: [...needless].sort(),
    parts: texts.length,
  }
}

function itemsOf({ class: own, labels, madeOf, holds, needed }: DataPart): readonly DataItem[] {
  const said = labels === undefined ? {} : { labels }
  // An output that does not say what it was made of may hold anything: the question stays open, as it should.
  const origin = madeOf === undefined ? {} : { madeOf: madeOf.map((each) => ({ class: each, ...said })) }
  const held = needed === undefined ? [] : (holds ?? [])
  return [{ class: own, ...said, ...origin }, ...held.map((each) => ({ class: each, ...said }))]
}

type HandledFinding = Omit<PromptFinding, 'part'>

/** More rounds than any text needs: each covers places that the one before left open. */
const MAX_ROUNDS = 50

/**
 * Scans until nothing is found that is not known yet: what is taken out can uncover what stood against it, as digits against digits.
 * Places that are taken out are covered with a sign that no pattern knows, so that offsets stay those of the original.
 */
function findingsIn(
  original: string,
  wanted: readonly DataClass[],
  known: readonly KnownIdentifier[],
): readonly HandledFinding[] {
  const found = new Map<string, HandledFinding>()
  let text = original
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const fresh = scanText(text, known)
      .map((each): HandledFinding => {
        const kept = wanted.some((held) => covers(held, each.class))
        return { ...each, handled: kept ? 'kept' : 'unwanted' }
      })
      .filter((each) => !found.has(placeOf(each)))
    for (const each of fresh) found.set(placeOf(each), each)
    if (!fresh.some((each) => each.handled === 'unwanted')) break
    const gone = [...found.values()].filter((each) => each.handled === 'unwanted')
    text = replaced(original, gone, ({ length }) => COVER.repeat(length))
  }
  return [...found.values()].sort((a, b) => a.start - b.start || b.end - a.end)
}

const COVER = '\u00a6'
const placeOf = ({ kind, class: group, start, end }: HandledFinding) => `${kind} ${group} ${start} ${end}`

/** The text with every finding replaced by a word for its class. */
const blanked = (original: string, unwanted: readonly HandledFinding[]): string =>
  replaced(original, unwanted, (each) => `[${each.class} removed]`)

/** The text with places replaced, in one pass. Places that overlap are one, named by the first. */
function replaced(
  original: string,
  places: readonly HandledFinding[],
  by: (place: { readonly class: DataClass; readonly length: number }) => string,
): string {
  const out: string[] = []
  let at = 0
  const sorted = [...places].sort((a, b) => a.start - b.start)
  for (let i = 0; i < sorted.length; ) {
    const { start, class: group } = sorted[i] as HandledFinding
    let { end } = sorted[i] as HandledFinding
    for (i++; i < sorted.length && (sorted[i] as HandledFinding).start < end; i++) {
      end = Math.max(end, (sorted[i] as HandledFinding).end)
    }
    out.push(original.slice(at, start), by({ class: group, length: end - start }))
    at = end
  }
  out.push(original.slice(at))
  return out.join('')
}
