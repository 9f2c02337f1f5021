import { filesOf, type Json, load } from './vectors.ts'

/**
 * A small checker of resources against StructureDefinitions: cardinalities, fixed values and patterns, slices by a coded
 * discriminator, required bindings to the value sets at hand, target types of references, and the one rule of BALP that is written
 * as FHIRPath. It does not check the insides of data types (a Period, a Meta), slices of extensions, or preferred and extensible
 * bindings.
 */
interface Definition {
  readonly id: string
  readonly path: string
  readonly min?: number
  readonly max?: string
  readonly slicing?: { readonly discriminator: readonly { readonly path: string }[]; readonly rules: string }
  readonly binding?: { readonly strength: string; readonly valueSet: string }
  readonly type?: readonly { readonly code: string; readonly targetProfile?: readonly string[] }[]
  readonly constraint?: readonly { readonly key: string }[]
  readonly [pattern: `pattern${string}` | `fixed${string}`]: unknown
}

type Mutable = { -readonly [K in keyof Definition]: Definition[K] }

interface Concepts {
  readonly system: string
  readonly codes: readonly string[] | undefined
}

/** Where a required thing was found: which definition asked for it, and the way to it in the resource. */
export interface Hit {
  readonly id: string
  readonly way: readonly (string | number)[]
}

export interface Verdict {
  readonly issues: readonly string[]
  readonly hits: readonly Hit[]
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const codesOf = (concepts: readonly Json[] = []): string[] =>
  concepts.flatMap((concept) => [concept.code as string, ...codesOf(concept.concept as readonly Json[] | undefined)])

function valueSets(version: 'r4' | 'r5'): ReadonlyMap<string, readonly Concepts[]> {
  const systems = new Map<string, readonly string[]>()
  const sets = new Map<string, readonly Concepts[]>()
  // R4 and R5 have value sets of the same name.
  const resources = [version, 'balp-profiles'].flatMap((folder) =>
    filesOf(folder)
      .filter((file) => /^(CodeSystem|ValueSet)-/.test(file))
      .map((file) => load(`${folder}/${file}`)),
  )
  for (const { resourceType, url, concept } of resources) {
    if (resourceType === 'CodeSystem') systems.set(url as string, codesOf(concept as readonly Json[]))
  }
  for (const { resourceType, url, compose } of resources) {
    if (resourceType !== 'ValueSet') continue
    const include = (compose as { include: readonly { system: string; concept?: readonly Json[] }[] }).include
    sets.set(
      url as string,
      include.map(({ system, concept }) => ({ system, codes: concept === undefined ? systems.get(system) : codesOf(concept) })),
    )
  }
  return sets
}

const setsOf = new Map<string, ReadonlyMap<string, readonly Concepts[]>>()

/** Whether a code, a coding or a concept is of a value set. Undefined where the set is not at hand. */
function isIn(value: unknown, url: string, version: 'r4' | 'r5'): boolean | undefined {
  const sets = setsOf.get(version) ?? valueSets(version)
  setsOf.set(version, sets)
  const includes = sets.get(url.replace(/\|.*$/, ''))
  if (includes === undefined || includes.some(({ codes }) => codes === undefined)) return undefined
  const holds = (system: unknown, code: unknown) =>
    includes.some((each) => (system === undefined || each.system === system) && each.codes?.includes(code as string))
  if (typeof value === 'string') return holds(undefined, value)
  const codings = isObject(value) && Array.isArray(value.coding) ? (value.coding as Json[]) : [value as Json]
  return codings.some(({ system, code }) => system !== undefined && holds(system, code))
}

/** FHIR's pattern: all that the pattern has is there; of its list, each member is met by one. */
function matches(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern)) return Array.isArray(value) && pattern.every((part) => value.some((each) => matches(each, part)))
  if (!isObject(pattern)) return value === pattern
  return isObject(value) && Object.entries(pattern).every(([key, part]) => matches(value[key], part))
}

const patternOf = (definition: Definition): unknown => {
  const key = Object.keys(definition).find((each) => /^(pattern|fixed)[A-Z]/.test(each))
  return key === undefined ? undefined : definition[key as `pattern${string}`]
}

/** The definitions of a profile by id, those of its bases first. */
function definitionsOf(profile: Json | undefined, base: Json): ReadonlyMap<string, Definition> {
  const chain: Json[] = []
  for (let at = profile; at !== undefined; ) {
    chain.unshift(at)
    const parent = at.baseDefinition as string
    at = parent.startsWith('https://profiles.ihe.net/')
      ? load(`balp-profiles/StructureDefinition-${parent.split('/').at(-1)}.json`)
      : undefined
  }
  const all = new Map<string, Definition>()
  const add = (definitions: readonly Definition[]) => {
    for (const { id, ...definition } of definitions) all.set(id, { ...all.get(id), ...definition, id } as Definition)
  }
  add((base.snapshot as { element: readonly Definition[] }).element)
  for (const each of chain) add((each.differential as { element: readonly Definition[] }).element)
  return all
}

class Check {
  readonly issues: string[] = []
  readonly hits: Hit[] = []
  readonly #all: ReadonlyMap<string, Definition>
  readonly #resource: Json
  readonly #version: 'r4' | 'r5'

  constructor(resource: Json, definitions: ReadonlyMap<string, Definition>, version: 'r4' | 'r5') {
    this.#version = version
    this.#resource = resource
    this.#all = definitions
  }

  #merged(ids: readonly string[]): Mutable {
    return Object.assign({}, ...ids.map((id) => this.#all.get(id) ?? {})) as Mutable
  }

  #children(ids: readonly string[]): Set<string> {
    const names = new Set<string>()
    for (const id of this.#all.keys()) {
      for (const parent of ids) {
        const rest = id.startsWith(`${parent}.`) ? id.slice(parent.length + 1) : undefined
        if (rest !== undefined) names.add((rest.split('.')[0] as string).split(':')[0] as string)
      }
    }
    return names
  }

  /** The value of an element of an object, with its name: `value[x]` has several names. */
  #read(value: Json, name: string): [key: string, value: unknown] | undefined {
    if (!name.endsWith('[x]')) {
      if (value[name] !== undefined) return [name, value[name]]
      return value[`_${name}`] === undefined ? undefined : [`_${name}`, value[`_${name}`]]
    }
    const stem = name.slice(0, -3)
    return Object.entries(value).find(([key]) => key.startsWith(stem) && /[A-Z]/.test(key[stem.length] ?? ''))
  }

  #count(id: string, count: number, { min = 0, max = '*' }: Mutable): void {
    if (count < min) this.issues.push(`${id}: at least ${min}`)
    if (max !== '*' && count > Number(max)) this.issues.push(`${id}: at most ${max}`)
  }

  /** Marks what is there because a definition asks for it, so that a test can take it away. */
  #hit(id: string, way: readonly (string | number)[], isAsked: boolean): void {
    if (isAsked) this.hits.push({ id, way })
  }

  #value(id: string, value: unknown, definition: Mutable): void {
    const pattern = patternOf(definition as Definition)
    if (pattern !== undefined && !matches(value, pattern)) this.issues.push(`${id}: not the value that is fixed`)
    const { binding, type } = definition
    if (binding?.strength === 'required' && isIn(value, binding.valueSet, this.#version) === false)
      this.issues.push(`${id}: not of the value set`)
    const targets = type?.flatMap(({ targetProfile = [] }) => targetProfile.map((url) => url.split('/').at(-1))) ?? []
    if (targets.length === 1 && targets[0] !== 'Resource' && isObject(value)) {
      const named =
        (value.reference as string | undefined)?.match(/([A-Za-z]+)\/[^/]+(?:\/_history\/[^/]+)?$/)?.[1] ?? value.type
      if (named !== undefined && named !== targets[0]) this.issues.push(`${id}: a reference to another type`)
    }
  }

  /** Whether a value is of a slice, by its discriminators. */
  #isOf(value: unknown, slice: string, discriminators: readonly { readonly path: string }[]): boolean {
    return discriminators.every(({ path }) => {
      const at = path === '$this' ? value : (value as Json)[path]
      const definition = this.#all.get(path === '$this' ? slice : `${slice}.${path}`)
      if (definition === undefined || at === undefined) return false
      const pattern = patternOf(definition)
      if (pattern !== undefined) return matches(at, pattern)
      return definition.binding !== undefined && isIn(at, definition.binding.valueSet, this.#version) === true
    })
  }

  #slices(ids: readonly string[]): string[] {
    return [...this.#all.keys()].filter((id) =>
      ids.some((parent) => id.startsWith(`${parent}:`) && !id.slice(parent.length + 1).includes('.')),
    )
  }

  #element(parent: Json, name: string, ids: readonly string[], way: readonly (string | number)[]): void {
    const definition = this.#merged(ids)
    const id = ids.at(-1) as string
    const found = this.#read(parent, name)
    const isList = Array.isArray(found?.[1])
    const values = found === undefined ? [] : isList ? (found[1] as unknown[]) : [found[1]]
    const key = found?.[0] ?? name
    this.#count(id, values.length, definition)
    const isBound = patternOf(definition as Definition) !== undefined || definition.binding?.strength === 'required'
    if (found !== undefined) this.#hit(id, [...way, key], (definition.min ?? 0) > 0 || isBound)
    const { slicing } = definition
    const slices = slicing === undefined || name === 'extension' ? [] : this.#slices(ids)
    const counts = new Map(slices.map((slice) => [slice, 0]))
    for (const [i, value] of values.entries()) {
      const to = isList ? [...way, key, i] : [...way, key]
      this.#value(id, value, definition)
      const own = slices.filter((slice) => this.#isOf(value, slice, slicing?.discriminator ?? []))
      if (own.length === 0 && slicing?.rules === 'closed') this.issues.push(`${id}: of no slice`)
      for (const slice of own) {
        counts.set(slice, (counts.get(slice) ?? 0) + 1)
        const sliced = this.#merged([slice])
        this.#value(slice, value, sliced)
        this.#hit(slice, to, (sliced.min ?? 0) > 0)
        const rules = sliced.constraint?.some(({ key: rule }) => rule === 'val-audit-source')
        const observer = (this.#resource.source as Json | undefined)?.observer
        if (rules && JSON.stringify((value as Json).who) !== JSON.stringify(observer))
          this.issues.push(`${slice}: not the audit source`)
      }
      if (isObject(value)) this.object(value, [...ids, ...own], to)
    }
    for (const [slice, count] of counts) this.#count(slice, count, this.#merged([slice]))
  }

  object(value: Json, ids: readonly string[], way: readonly (string | number)[]): void {
    const names = this.#children(ids)
    for (const name of names) {
      this.#element(
        value,
        name,
        ids.map((id) => `${id}.${name}`),
        way,
      )
    }
    // Of a data type the definitions at hand do not list the elements.
    const isListed = this.#all.has(`${ids[0]}.extension`)
    if (!isListed) return
    for (const key of Object.keys(value)) {
      const name = key.replace(/^_/, '')
      const isKnown = names.has(name) || [...names].some((each) => each.endsWith('[x]') && name.startsWith(each.slice(0, -3)))
      if (!isKnown && key !== 'resourceType') this.issues.push(`${ids[0]}: an element that is not known`)
    }
  }
}

const definitions = new Map<string, ReadonlyMap<string, Definition>>()

function loadDefinitions(version: 'r4' | 'r5', profile: string | undefined): ReadonlyMap<string, Definition> {
  const key = `${version} ${profile}`
  const known = definitions.get(key)
  if (known !== undefined) return known
  const own = profile === undefined ? undefined : load(`balp-profiles/StructureDefinition-IHE.BasicAudit.${profile}.json`)
  const made = definitionsOf(own, load(`${version}/StructureDefinition-AuditEvent.json`))
  definitions.set(key, made)
  return made
}

/** Checks a resource against a profile of BALP, or against the base alone. */
export function check(resource: unknown, version: 'r4' | 'r5', profile?: string): Verdict {
  const checking = new Check(resource as Json, loadDefinitions(version, profile), version)
  checking.object(resource as Json, ['AuditEvent'], [])
  return { issues: checking.issues, hits: checking.hits }
}

/** The ids of a profile's own elements that ask for something: at least one, a value, or a required binding. */
export function asks(profile: string): readonly string[] {
  const chain: Json[] = []
  for (let name: string | undefined = profile; name !== undefined; ) {
    const definition = load(`balp-profiles/StructureDefinition-IHE.BasicAudit.${name}.json`)
    chain.push(definition)
    const parent = (definition.baseDefinition as string).split('IHE.BasicAudit.')[1]
    name = parent
  }
  return chain
    .flatMap((each) => (each.differential as { element: readonly Definition[] }).element)
    .filter((each) => (each.min ?? 0) > 0 || patternOf(each) !== undefined || each.binding?.strength === 'required')
    .map(({ id }) => id)
}
