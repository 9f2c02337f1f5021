import { isInstant, purposesOfUse } from '@phi/core'
import { rbacError } from '../errors.ts'
import type { Attribute } from '../policy/attribute.ts'
import { instantOf } from '../policy/grant.ts'
import { instantsAround, numbersAround } from './numbers.ts'
import { AN_OBJECT, type GrantChoice } from './scene.ts'
import type { Variable } from './variables.ts'

/** What is known when a variable gets its values. */
export interface Situation {
  /** Constants that it is held against: its own, and where variables that are compared with it come later, theirs too. */
  readonly constants: readonly unknown[]
  /** Values of variables that it is compared with; where some come later, of all that they may be compared with. */
  readonly others: readonly unknown[]
  /** Addresses that stand for all, see `addressesFor`. */
  readonly addresses: readonly string[]
  /** Texts that a new text must not be. */
  readonly taken: ReadonlySet<unknown>
  /** Kinds of grants that conditions ask for. */
  readonly kinds: readonly string[]
}

/** How many members of a set conditions may ask for: each doubles the ways. */
const MAX_MEMBERS = 16

const tooMany = (detail: string): never => {
  throw rbacError('PHI_RBAC_TOO_LARGE', { detail })
}

function subsets<Member>(members: readonly Member[]): readonly (readonly Member[])[] {
  if (members.length > MAX_MEMBERS) tooMany(`conditions ask for more than ${MAX_MEMBERS} members of one set`)
  let out: readonly (readonly Member[])[] = [[]]
  for (const each of members) out = out.flatMap((list) => [list, [...list, each]])
  return out
}

/** A text that is none of those that matter; one that the attribute declares where there is such a one. */
function anotherText(id: string, attribute: Attribute & { type: 'string' }, taken: ReadonlySet<unknown>): string {
  const declared = attribute.values?.find((each) => !taken.has(each))
  if (declared !== undefined) return declared
  const name = id.slice(id.lastIndexOf('.') + 1)
  let count = 1
  while (taken.has(`${name}-${count}`)) count++
  return `${name}-${count}`
}

const isText = (each: unknown): each is string => typeof each === 'string'
const isNumber = (each: unknown): each is number => typeof each === 'number'

const timesOf = (known: readonly unknown[]): readonly number[] =>
  known
    .filter((each) => isText(each) || isNumber(each))
    .map(instantOf)
    .filter(Number.isFinite)
const textOf = (at: number): string => new Date(at).toISOString()
/** Whether an instant can be written as text: whole milliseconds of the years 0 to 9999. */
const hasText = (at: number): boolean => Number.isInteger(at) && Math.abs(at) <= 8.64e15 && isInstant(textOf(at))

/** Values of the declared type that stand for all of them. */
function sound(variable: Variable, attribute: Attribute, now: Situation): readonly unknown[] {
  const known = [...now.constants, ...now.others]
  switch (attribute.type) {
    case 'string':
      return [...known.filter(isText), anotherText(variable.id, attribute, now.taken), ...(variable.isPatient ? [''] : [])]
    case 'boolean':
      return [true, false]
    case 'number':
      return numbersAround(known.filter(isNumber))
    case 'instant':
      return instantsAround(timesOf(known)).filter(hasText).map(textOf)
    case 'ip':
      return [...now.addresses, ...now.others.filter(isText)]
    case 'set': {
      const ofSame: (each: unknown) => boolean = attribute.of === 'string' ? isText : isNumber
      return subsets([...new Set(known.filter(ofSame))])
    }
    case 'object':
      return [AN_OBJECT, []]
    case 'opaque':
      return [true]
  }
}

const wrongType = (attribute: Attribute): unknown => (attribute.type === 'string' ? 0 : 'not of the type')

/**
 * Values of a variable that stand for all it can have: two values that no condition tells apart need only one. Unreadable ones are
 * among them: not loaded, null, of a wrong type.
 */
export function candidatesOf(variable: Variable, now: Situation): readonly unknown[] {
  switch (variable.kind) {
    case 'purpose':
      return [...Object.keys(purposesOfUse), undefined]
    case 'now': {
      // The time of a request may be a number as well, and then need not be whole.
      const times = instantsAround(timesOf([...now.constants, ...now.others]))
      return [...times.map((at) => (hasText(at) ? textOf(at) : at)), 'not a time']
    }
    case 'grants': {
      const choices = subsets(now.kinds).flatMap((kinds): GrantChoice[] => [
        { kinds, unsound: false },
        { kinds, unsound: true },
      ])
      return [undefined, ...choices]
    }
    case 'path': {
      const values = variable.attributes.flatMap((attribute) => sound(variable, attribute, now))
      // A request without these is denied before any rule is asked.
      if (variable.id === 'actor.id' || variable.id === 'actor.tenant') return values.filter((each) => each !== '')
      const wrong = variable.attributes.flatMap((each) => (each.type === 'opaque' ? [] : [wrongType(each)]))
      return [...values, undefined, null, ...wrong]
    }
  }
}
