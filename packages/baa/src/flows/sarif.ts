import { formatCitation } from '@phi/core'
import type { BaselineComparison } from './baseline.ts'
import { type FlowFinding, type FlowRule, flowRules } from './finding.ts'
import type { FlowsResult } from './flows.ts'
import type { FlowSource } from './map.ts'

export interface SarifOptions {
  /** Puts `baselineState` on every result, and lists what is gone as `absent`. */
  readonly comparison?: BaselineComparison | undefined
  /** The version of the program that runs the check. */
  readonly version?: string | undefined
}

interface Message {
  readonly text: string
}
interface Location {
  readonly physicalLocation?: {
    readonly artifactLocation: { readonly uri: string }
    readonly region?: { readonly startLine: number }
  }
  readonly logicalLocations?: readonly { readonly name: string; readonly kind: string }[]
  readonly message?: Message
}
interface SarifResult {
  readonly ruleId: FlowRule
  readonly ruleIndex: number
  readonly level: 'error' | 'warning'
  readonly message: Message
  readonly locations?: readonly Location[]
  readonly codeFlows?: readonly {
    readonly threadFlows: readonly { readonly locations: readonly { readonly location: Location }[] }[]
  }[]
  readonly partialFingerprints: { readonly 'phiFlow/v1': string }
  readonly baselineState?: 'new' | 'unchanged' | 'absent'
  readonly properties?: Readonly<Record<string, string | readonly string[]>>
}

/** A SARIF log, as far as `toSarif` writes it. */
export interface SarifLog {
  readonly $schema: string
  readonly version: '2.1.0'
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly name: string
        readonly version?: string
        readonly rules: readonly {
          readonly id: FlowRule
          readonly name: string
          readonly shortDescription: Message
          readonly fullDescription: Message
          readonly help: Message
          readonly defaultConfiguration: { readonly level: 'error' | 'warning' }
          readonly properties: { readonly citation: string; readonly confirmation: string }
        }[]
      }
    }
    readonly columnKind: 'utf16CodeUnits'
    readonly results: readonly SarifResult[]
  }[]
}

const ruleIds = Object.keys(flowRules) as FlowRule[]

/** The findings as a SARIF 2.1.0 log (OASIS), for code scanning. Results carry our own fingerprints, which do not depend on lines. */
export function toSarif(result: FlowsResult, options: SarifOptions = {}): SarifLog {
  const { comparison, version } = options
  const sources: Sources = new Map(result.map.edges.map((each) => [each.id, each.source]))
  const fresh = new Set(comparison?.new.map((each) => each.fingerprint))
  const states = (each: FlowFinding) =>
    comparison === undefined ? {} : { baselineState: fresh.has(each.fingerprint) ? ('new' as const) : ('unchanged' as const) }
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: '@phi/baa flows', ...(version === undefined ? {} : { version }), rules: ruleIds.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        results: [
          ...result.findings.map((each) => ({ ...resultOf(sources, each), ...states(each) })),
          ...(comparison?.fixed ?? []).map(
            ({ fingerprint, rule }): SarifResult => ({
              ruleId: rule,
              ruleIndex: ruleIds.indexOf(rule),
              level: flowRules[rule].level,
              message: { text: 'The finding of the baseline is gone.' },
              partialFingerprints: { 'phiFlow/v1': fingerprint },
              baselineState: 'absent',
            }),
          ),
        ],
      },
    ],
  }
}

const ruleOf = (id: FlowRule) => {
  const { name, says, remedy, citation, level } = flowRules[id]
  return {
    id,
    name: id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: `${name}.` },
    fullDescription: { text: says },
    help: { text: `${remedy} See ${formatCitation(citation)}.` },
    defaultConfiguration: { level },
    properties: { citation: formatCitation(citation), confirmation: citation.confirmation },
  }
}

type Sources = ReadonlyMap<string, FlowSource | undefined>

function resultOf(sources: Sources, found: FlowFinding): SarifResult {
  const { rule, level, edge, node, path, fingerprint, says, source } = found
  const about = [found.class, found.within && `in ${found.within}`].filter((each) => each !== undefined).join(' ')
  const reasons = [...new Set((found.reasons ?? []).map((each) => each.code))]
  return {
    ruleId: rule,
    ruleIndex: ruleIds.indexOf(rule),
    level,
    message: { text: escaped(`${says} (${[about, edge ?? node].filter((each) => each !== '').join('; ')})`) },
    locations: [locationOf(source, edge ?? node, edge === undefined ? 'node' : 'edge')],
    ...(path === undefined || path.length === 0
      ? {}
      : {
          codeFlows: [
            {
              threadFlows: [
                {
                  locations: path.map((step) => ({
                    location: {
                      ...locationOf(sources.get(step.edge), step.edge, 'edge'),
                      message: { text: escaped(`${step.from} to ${step.to}: ${step.class} (${step.outcome})`) },
                    },
                  })),
                },
              ],
            },
          ],
        }),
    partialFingerprints: { 'phiFlow/v1': fingerprint },
    ...(reasons.length === 0 ? {} : { properties: { reasons } }),
  }
}

/** SARIF reads `[text](link)` and `{0}` in messages: brackets and braces are made plain. */
const escaped = (text: string) =>
  text
    .replace(/[[\]\\]/g, (mark) => `\\${mark}`)
    .replaceAll('{', '{{')
    .replaceAll('}', '}}')

const locationOf = (source: FlowSource | undefined, name: string, kind: 'edge' | 'node'): Location => ({
  ...(source === undefined
    ? {}
    : {
        physicalLocation: {
          artifactLocation: { uri: uriOf(source.file) },
          ...(source.line === undefined ? {} : { region: { startLine: source.line } }),
        },
      }),
  logicalLocations: [{ name, kind }],
})

/** A path from the root of the repository as a relative URI: nothing in it reads as a scheme, a query or a fragment. */
const uriOf = (file: string) =>
  file
    .replaceAll('\\', '/')
    .replace(/^(?:\.?\/)+/, '')
    .split('/')
    .map(encodeURIComponent)
    .join('/')
