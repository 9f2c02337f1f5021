import type { FhirCoding } from './systems.ts'

/**
 * A part of a resource under reading. What is used for the event is marked; what is left is what was not carried, so nothing can be
 * lost without being listed. Paths hold names of elements and indices only.
 */
export class Element {
  readonly value: unknown
  readonly path: string
  readonly #used: Set<string>

  constructor(value: unknown, path: string, used: Set<string>) {
    this.value = value
    this.path = path
    this.#used = used
  }

  get(key: string): Element | undefined {
    const value = (this.value as Record<string, unknown>)[key]
    return value === undefined ? undefined : new Element(value, this.path === '' ? key : `${this.path}.${key}`, this.#used)
  }

  items(key: string): Element[] {
    const list = this.get(key)
    if (list === undefined) return []
    return (list.value as unknown[]).map((value, i) => new Element(value, `${list.path}[${i}]`, this.#used))
  }

  /** A text, without marking it. */
  text(key: string): string | undefined {
    return (this.value as Record<string, string | undefined>)[key]
  }

  /** Marks this part, with all that is in it. */
  use(): this {
    this.#used.add(this.path)
    return this
  }

  useKey(key: string): void {
    this.get(key)?.use()
  }

  get isUsed(): boolean {
    return this.#used.has(this.path)
  }
}

/** The codings in an element: of a Coding, of a list of them, of a concept or of a list of concepts. */
export function codingsOf(parent: Element, key: string): Element[] {
  const element = parent.get(key)
  if (element === undefined) return []
  const each = Array.isArray(element.value) ? parent.items(key) : [element]
  return each.flatMap((item) => (item.get('coding') === undefined ? [item] : item.items('coding')))
}

export const codeOf = (element: Element): FhirCoding => element.value as FhirCoding

/** The paths that lead to something used. */
function leadingTo(used: ReadonlySet<string>): ReadonlySet<string> {
  const leading = new Set<string>([''])
  for (const path of used) {
    for (let i = 0; i < path.length; i++) if (path[i] === '.' || path[i] === '[') leading.add(path.slice(0, i))
  }
  return leading
}

/** The paths of what was not used: a part of which nothing was used is one path. */
export function unusedOf(resource: unknown, used: ReadonlySet<string>): string[] {
  const leading = leadingTo(used)
  const below = (value: unknown, path: string): string[] => {
    if (used.has(path)) return []
    if (!leading.has(path)) return [path]
    if (Array.isArray(value)) return value.flatMap((item, i) => below(item, `${path}[${i}]`))
    return Object.entries(value as object).flatMap(([key, item]) => below(item, path === '' ? key : `${path}.${key}`))
  }
  return below(resource, '')
}
