import { covers, type DataClass, isDataClass, isUse, parseAs, type Service, type Use } from '@phi/core'
import { freeze } from '../freeze.ts'
import { byText, grouped } from '../order.ts'
import { ownOf } from '../own.ts'
import { defineFlows } from './define.ts'
import { flowError } from './errors.ts'
import { type Dataset, type Declaration, type Field, type Manifest, manifestSchema, type System } from './fides-manifest.ts'
import { fidesCategories, fidesUses } from './fides-table.ts'
import type { FlowEdgeInput, FlowMap, FlowNodeInput } from './map.ts'

/** How a Fides manifest is read. */
export interface FidesOptions {
  /** The id of the party that runs systems and keeps datasets of which `parties` does not speak. */
  readonly owner: string
  /** The parties that run systems, by `fides_key`: vendors above all. `user` is the party of the people the data is about. */
  readonly parties?: Readonly<Record<string, string>> | undefined
  /** What systems do, in the words of agreements, by `fides_key`. Left out: not known, and then nothing may be disclosed to them. */
  readonly services?: Readonly<Record<string, Service>> | undefined
  /** Categories of your own, or read otherwise than the table does. */
  readonly categories?: Readonly<Record<string, readonly DataClass[]>> | undefined
  readonly uses?: Readonly<Record<string, Use>> | undefined
}

/** A key of the manifest that has no counterpart. */
export interface Unmapped {
  readonly kind: 'data_category' | 'data_use' | 'resource' | 'party'
  readonly key: string
  /** The `fides_key` of the system or dataset that has it. */
  readonly at: string
}

export interface FidesImport {
  readonly map: FlowMap
  /**
   * What has no counterpart, and what stands for it: a category is taken for `phi`, which may be anything; a use is left open, so that its
   * edges are not allowed; a resource that is not in the manifests becomes a node that holds nothing; a third party without a party in
   * `parties` becomes a party by its own key.
   */
  readonly unmapped: readonly Unmapped[]
  /** Third parties that are declared to have data which no flow is said to bring: it is taken to come from the owner. By `fides_key`. */
  readonly assumed: readonly string[]
  /** Flows of categories that are not about people (`system.*`), which the map leaves out. */
  readonly impersonal: readonly { readonly from: string; readonly to: string }[]
  /** Categories that were read as the nearest one above that the table has, and so perhaps as more than they are. */
  readonly widened: readonly { readonly key: string; readonly as: string; readonly at: string }[]
}

/** Where data comes from that a third party has and no flow brings. */
const UNSTATED = '_not-stated'

/**
 * Reads manifests of Fides (github.com/ethyca/fides, the language `fideslang`): systems and users become nodes, datasets stores, and
 * `ingress`, `egress` and references to datasets edges, one for each use that is declared for them. Nothing is dropped in silence.
 *
 * Fides does not say with whom agreements are made, nor what a system does in their words: `options.parties` and `options.services` do. The
 * use on an edge is that of the system that declares it, whichever end it is.
 * @param objects parsed YAML: one manifest, or several that belong together
 * @throws PhiError PHI_BAA_FIDES; PHI_BAA_FLOWS when a party of the options is no id, or a service no service
 */
export function fromFides(objects: unknown, options: FidesOptions): FidesImport {
  const manifests = (Array.isArray(objects) ? objects : [objects]).map((each: unknown) =>
    parseAs(manifestSchema, ownOf(each, unread), 'manifest', (context) => flowError('PHI_BAA_FIDES', context)),
  )
  return new Reader(manifests, options).read()
}

const unread = () => flowError('PHI_BAA_FIDES', { path: 'manifest', detail: 'the value could not be read' })

interface Drawn {
  readonly from: string
  readonly to: string
  readonly use: Use | undefined
  readonly data: Set<DataClass>
  /** Some mention names categories, and none of them is about a person. */
  impersonal: boolean
  /** Some mention names no categories. */
  vague: boolean
}

class Reader {
  readonly #systems: readonly System[]
  readonly #datasets: readonly Dataset[]
  readonly #options: FidesOptions
  readonly #nodes = new Map<string, FlowNodeInput>()
  readonly #edges = new Map<string, Drawn>()
  readonly #unmapped = new Map<string, Unmapped>()
  readonly #widened = new Map<string, FidesImport['widened'][number]>()

  constructor(manifests: readonly Manifest[], options: FidesOptions) {
    this.#systems = manifests.flatMap((each) => each.system ?? [])
    this.#datasets = manifests.flatMap((each) => each.dataset ?? [])
    this.#options = options
  }

  read(): FidesImport {
    const all = [...this.#systems, ...this.#datasets].map((each) => each.fides_key)
    if (new Set(all).size < all.length) {
      throw flowError('PHI_BAA_FIDES', { path: 'manifest', detail: 'two systems or datasets share a `fides_key`' })
    }
    for (const each of this.#datasets) this.#dataset(each)
    for (const each of this.#systems) this.#node(each)
    for (const each of this.#systems) this.#flows(each)
    const assumed = this.#assume()
    const edges: FlowEdgeInput[] = []
    const impersonal: { from: string; to: string }[] = []
    for (const [id, { from, to, use, data, ...mentions }] of [...this.#edges].sort(([a], [b]) => byText(a, b))) {
      const ends = { id, from, to, ...(use === undefined ? {} : { use }) }
      if (data.size > 0) edges.push({ ...ends, data: [...data].sort() })
      // The manifest says that data goes and not which: whatever is there.
      else if (mentions.vague || !mentions.impersonal) edges.push({ ...ends, passes: 'all' })
      else impersonal.push({ from, to })
    }
    const map = defineFlows({ nodes: [...this.#nodes.values()], edges })
    return freeze({ map, unmapped: [...this.#unmapped.values()], widened: [...this.#widened.values()], assumed, impersonal })
  }

  /** A third party has data, and no flow says how it came there: it came from whoever wrote the manifest. */
  #assume(): readonly string[] {
    const brought = grouped(this.#edges.values(), (each) => each.to)
    const assumed = new Set<string>()
    for (const { fides_key, privacy_declarations } of this.#systems) {
      const node = this.#nodes.get(fides_key)
      if (node?.kind !== 'vendor') continue
      const arrives = (brought.get(node.id) ?? []).flatMap((each) => [...each.data])
      for (const declaration of privacy_declarations ?? []) {
        const named = declaration.data_categories ?? []
        const classes = this.#classes(named, fides_key).filter((each) => !arrives.some((other) => covers(other, each)))
        if (classes.length === 0) continue
        assumed.add(fides_key)
        const holds = [...new Set([...(this.#nodes.get(UNSTATED)?.holds ?? []), ...classes])]
        this.#nodes.set(UNSTATED, {
          id: UNSTATED,
          kind: 'service',
          party: this.#options.owner,
          label: 'not stated in the manifest',
          holds,
        })
        const use = declaration.data_use ?? undefined
        this.#edge([UNSTATED, fides_key], use, use === undefined ? undefined : this.#use(use, fides_key), classes, named)
      }
    }
    return [...assumed]
  }

  #dataset({ fides_key, name, data_categories, collections }: Dataset): void {
    const fields = (collections ?? []).flatMap((each) => [
      ...(each.data_categories ?? []),
      ...(each.fields ?? []).flatMap(categoriesOf),
    ])
    const holds = this.#classes([...(data_categories ?? []), ...fields], fides_key)
    this.#nodes.set(fides_key, {
      id: idOf(fides_key),
      kind: 'store',
      service: this.#service(fides_key) ?? 'storage',
      party: this.#party(fides_key) ?? this.#options.owner,
      ...labelled(name),
      ...(holds.length === 0 ? {} : { holds }),
    })
  }

  #node({ fides_key, name, system_type, vendor_id, privacy_declarations, dataset_references }: System): void {
    const party = this.#party(fides_key)
    const isVendor = /third.?party|vendor|processor/i.test(system_type ?? '') || (vendor_id ?? '') !== ''
    if (isVendor && party === undefined) this.#missing('party', fides_key, fides_key)
    const references = [dataset_references, ...(privacy_declarations ?? []).map((each) => each.dataset_references)]
    const receives = references.some((each) => (each ?? []).length > 0)
    const declared = this.#classes(
      (privacy_declarations ?? []).flatMap((each) => each.data_categories ?? []),
      fides_key,
    )
    this.#nodes.set(fides_key, {
      id: idOf(fides_key),
      kind: isVendor || (party !== undefined && party !== this.#options.owner) ? 'vendor' : 'service',
      party: party ?? (isVendor ? fides_key : this.#options.owner),
      service: this.#service(fides_key),
      ...labelled(name),
      // What a vendor is declared to have came to it over an edge; our own systems collect what they declare.
      ...(declared.length === 0 || receives || isVendor ? {} : { holds: declared }),
    })
  }

  #flows(system: System): void {
    const declarations = system.privacy_declarations ?? []
    for (const way of ['egress', 'ingress'] as const) {
      const stated = new Map((system[way] ?? []).map((each) => [each.fides_key, each.data_categories]))
      const named = new Set([...stated.keys(), ...declarations.flatMap((each) => each[way] ?? [])])
      for (const other of named) {
        const about = declarations.filter((each) => each[way]?.includes(other))
        const categories = stated.get(other)
        this.#between(system, other, way, about.length > 0 ? about : declarations, categories ?? undefined)
      }
    }
    for (const each of system.dataset_references ?? []) this.#between(system, each, 'ingress', declarations, undefined)
    for (const declaration of declarations) {
      for (const each of declaration.dataset_references ?? []) this.#between(system, each, 'ingress', [declaration], undefined)
    }
  }

  /** One edge for each use: of what the flow states, or of what is declared for the use. */
  #between(
    system: System,
    other: string,
    way: 'egress' | 'ingress',
    declarations: readonly Declaration[],
    categories: readonly string[] | undefined,
  ): void {
    if (other === system.fides_key) return
    if (!this.#nodes.has(other)) this.#stranger(other, system.fides_key)
    const ends = way === 'egress' ? ([system.fides_key, other] as const) : ([other, system.fides_key] as const)
    const uses = declarations.length === 0 ? [undefined] : declarations
    for (const each of uses) {
      const use = each?.data_use ?? undefined
      const named = categories ?? each?.data_categories ?? []
      const data = this.#classes(named, system.fides_key)
      this.#edge(ends, use, use === undefined ? undefined : this.#use(use, system.fides_key), data, named)
    }
  }

  #edge(
    [from, to]: readonly [string, string],
    fidesUse: string | undefined,
    use: Use | undefined,
    data: readonly DataClass[],
    named: readonly string[],
  ): void {
    const id = `${idOf(from)}->${idOf(to)}${fidesUse === undefined ? '' : `:${idOf(fidesUse)}`}`
    const before = this.#edges.get(id)
    const edge: Drawn = before ?? { from: idOf(from), to: idOf(to), use, data: new Set(), impersonal: false, vague: false }
    for (const each of data) edge.data.add(each)
    if (named.length === 0) edge.vague = true
    else if (data.length === 0) edge.impersonal = true
    this.#edges.set(id, edge)
  }

  /** A node that the manifests only name: the user, or something that is described elsewhere. */
  #stranger(name: string, at: string): void {
    const isUser = name === 'user'
    const party = this.#party(name)
    if (!isUser) this.#missing('resource', name, at)
    if (party === undefined) this.#missing('party', name, at)
    this.#nodes.set(name, {
      id: idOf(name),
      kind: isUser ? 'person' : 'vendor',
      party: party ?? name,
      service: this.#service(name),
    })
  }

  #service(name: string): Service | undefined {
    const { services } = this.#options
    return services !== undefined && Object.hasOwn(services, name) ? services[name] : undefined
  }

  #party(name: string): string | undefined {
    const { parties } = this.#options
    return parties !== undefined && Object.hasOwn(parties, name) ? parties[name] : undefined
  }

  #classes(categories: readonly string[], at: string): readonly DataClass[] {
    return [...new Set(categories.flatMap((each) => this.#category(each, at)))].sort()
  }

  #category(category: string, at: string): readonly DataClass[] {
    const { categories } = this.#options
    const own = categories !== undefined && Object.hasOwn(categories, category) ? categories[category] : undefined
    if (own !== undefined) {
      if (own.every(isDataClass)) return own
      throw flowError('PHI_BAA_FIDES', { path: 'options.categories.*', detail: 'must be data classes of the taxonomy' })
    }
    const found = nearest(fidesCategories, category)
    // `user` itself says no more than "something about a person": what lies below it and is not in the table is not known.
    if (found === undefined || (found === 'user' && category !== 'user')) {
      this.#missing('data_category', category, at)
      return ['phi']
    }
    if (found !== category) this.#widened.set(`${category} ${at}`, { key: category, as: found, at })
    return fidesCategories[found] ?? ['phi']
  }

  #use(use: string, at: string): Use | undefined {
    const { uses } = this.#options
    const own = uses !== undefined && Object.hasOwn(uses, use) ? uses[use] : undefined
    if (own !== undefined) {
      if (isUse(own)) return own
      throw flowError('PHI_BAA_FIDES', { path: 'options.uses.*', detail: 'must be uses of the taxonomy' })
    }
    const found = nearest(fidesUses, use)
    if (found === undefined) this.#missing('data_use', use, at)
    return found === undefined ? undefined : fidesUses[found]
  }

  #missing(kind: Unmapped['kind'], name: string, at: string): void {
    this.#unmapped.set(`${kind} ${name} ${at}`, { kind, key: name, at })
  }
}

/** The key itself, or the nearest one above it that the table has. */
function nearest(table: Readonly<Record<string, unknown>>, name: string): string | undefined {
  for (let each = name; ; each = each.slice(0, each.lastIndexOf('.'))) {
    if (Object.hasOwn(table, each)) return each
    if (!each.includes('.')) return undefined
  }
}

const categoriesOf = (each: Field): readonly string[] => [
  ...(each.data_categories ?? []),
  ...(each.fields ?? []).flatMap(categoriesOf),
]
const labelled = (name: string | null | undefined) => {
  const label = name
    ?.replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
    .trim()
    .slice(0, 200)
    .trim()
  return label === undefined || label === '' || !label.isWellFormed() ? {} : { label }
}
/** Keys of Fides may hold `<` and `>` (templates), and begin with a mark. */
const idOf = (name: string) => name.replace(/[<>]/g, '_').replace(/^[.-]/, '_')
