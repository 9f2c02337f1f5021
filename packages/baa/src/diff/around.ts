import { canonicalJson } from '@phi/core'
import type { CompiledAgreement } from '../decide/compile.ts'
import { type Model, modelOf } from '../decide/model.ts'
import type { ExemptionClaim } from '../exemption/exemption.ts'
import type { Registry } from '../registry/registry.ts'
import type { Subprocessor } from '../registry/subprocessor.ts'

/** Everything in one registry that a decision between two parties can depend on. */
export interface Around {
  readonly registry: Registry
  readonly model: Model
  readonly from: string
  readonly to: string
  /** Between the two. */
  readonly first: readonly CompiledAgreement[]
  /** Between those further down the chain, in any service; and above a sender for whom an exemption is claimed. */
  readonly deep: readonly CompiledAgreement[]
  readonly edges: readonly Subprocessor[]
  /** Claims of exemptions that stand, with the party that receives. */
  readonly claims: readonly { readonly to: string; readonly claim: ExemptionClaim; readonly isFirst: boolean }[]
  /** The same for two registries in which every such decision is the same. */
  readonly fingerprint: string
}

export function aroundOf(registry: Registry, from: string, to: string): Around {
  const model = modelOf(registry)
  const edges: Subprocessor[] = []
  const reached = new Set([to])
  for (const party of reached) {
    for (const edge of model.subprocessors(party)) {
      edges.push(edge)
      reached.add(edge.to)
    }
  }
  const pairs = [...new Map(edges.map((edge) => [`${edge.of} ${edge.to}`, edge])).values()]
  const first = model.between(from, to)
  const claims = [
    ...model.exemptions(from, to).map((claim) => ({ to, claim, isFirst: true })),
    ...pairs.flatMap((edge) => model.exemptions(edge.of, edge.to).map((claim) => ({ to: edge.to, claim, isFirst: false }))),
  ]
  // An exemption of a business associate as sender rests on the agreements above it.
  const above = claims.length === 0 ? [] : [...new Set([from, ...edges.map((edge) => edge.of)])].flatMap(model.above)
  const below = pairs.flatMap((edge) => (edge.of === from && edge.to === to ? [] : model.between(edge.of, edge.to)))
  const deep = [...new Set([...below, ...above])].filter((each) => !first.includes(each))
  const parties = [...new Set([from, ...reached])].sort()
  const fingerprint = JSON.stringify([
    [...first, ...deep].map(({ agreement }) => textOf(agreement)),
    edges.map(textOf),
    claims.map(({ to: receiver, claim, isFirst }) => [receiver, textOf(claim), isFirst]),
    parties.map((id) => [textOf(model.party(id) ?? {}), model.party(id) !== undefined, model.isComplete(id)]),
    registry.attestations.filter((each) => parties.includes(each.party)).map(textOf),
    // Whether data may be on its way back.
    model.between(to, from).length > 0,
  ])
  return { registry, model, from, to, first, deep, edges, claims, fingerprint }
}

const texts = new WeakMap<object, string>()

/** Frozen data as a text, made once. */
function textOf(value: object): string {
  let text = texts.get(value)
  if (text === undefined) {
    text = canonicalJson(JSON.parse(JSON.stringify(value)))
    texts.set(value, text)
  }
  return text
}
