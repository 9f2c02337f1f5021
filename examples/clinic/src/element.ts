/** Reads a FHIR resource by element, and remembers which values were taken: what is left over was not carried. */
export class Element {
  readonly #value: unknown
  readonly #path: string
  readonly #taken: Set<string>

  constructor(value: unknown, path = '', taken: Set<string> = new Set()) {
    this.#value = value
    this.#path = path
    this.#taken = taken
  }

  /** The element at a path of names. */
  at(...names: readonly string[]): Element {
    let value: unknown = this.#value
    for (const name of names) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
    return new Element(value, [this.#path, ...names].filter((step) => step !== '').join('.'), this.#taken)
  }

  /** The items of a repeating element; none when it is absent. */
  list(...names: readonly string[]): readonly Element[] {
    const found = this.at(...names)
    const items: readonly unknown[] = Array.isArray(found.#value) ? found.#value : []
    return items.map((item, i) => new Element(item, `${found.#path}[${i}]`, this.#taken))
  }

  /** The text at a path, to look at. */
  peek(...names: readonly string[]): string | undefined {
    const { value } = this.#text(...names)
    return value
  }

  /** The text at a path, to carry over. */
  take(...names: readonly string[]): string | undefined {
    const { value, path } = this.#text(...names)
    if (value !== undefined) this.#taken.add(path)
    return value
  }

  #text(...names: readonly string[]): { value: string | undefined; path: string } {
    const found = this.at(...names)
    const value = typeof found.#value === 'string' && found.#value.trim() !== '' ? found.#value : undefined
    return { value, path: found.#path }
  }

  /** Whether the element is the boolean true. */
  takeTrue(name: string): boolean {
    const found = this.at(name)
    if (found.#value === true) this.#taken.add(found.#path)
    return found.#value === true
  }

  /** The paths of all values that were not taken, and how many there are in all. */
  leftOver(): { readonly values: number; readonly paths: readonly string[] } {
    const all = valuePaths(this.#value, this.#path)
    return { values: all.length, paths: all.filter((path) => !this.#taken.has(path)) }
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The system and the display of a code belong to the code; the narrative repeats what the elements say. */
function valuePaths(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => valuePaths(item, `${path}[${i}]`))
  if (!isObject(value)) return [path]
  return Object.entries(value)
    .filter(([name]) => !('code' in value && (name === 'system' || name === 'display')))
    .filter(([name]) => !(path === '' && (name === 'resourceType' || name === 'text')))
    .flatMap(([name, item]) => valuePaths(item, path === '' ? name : `${path}.${name}`))
}
