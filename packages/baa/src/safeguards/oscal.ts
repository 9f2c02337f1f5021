import { type Citation, formatCitation, parseAs, plainText } from '@phi/core'
import * as z from 'zod'
import { civilDate, instant } from '../agreement/date.ts'
import { freeze } from '../freeze.ts'
import { grouped } from '../order.ts'
import type { Day } from './day.ts'
import type { RegisterEntry, Responsible } from './entry.ts'
import { safeguardError } from './errors.ts'
import type { Evidence } from './evidence.ts'
import { cell } from './markdown.ts'
import { parameterInWords } from './parameter.ts'
import { citationOfEntry, entryTitle, type Register, readRegister, standingInLaw, standingOn } from './register.ts'
import { uuid5 } from './uuid5.ts'

/** The version of OSCAL that is written. */
export const oscalVersion = '1.1.3'

export interface OscalOptions {
  /** The document's own UUID, of version 4 or 5: a new one whenever the content changes. */
  readonly uuid: string
  /** The namespace of the UUIDs in the document, which stay when the document is written again: the house's own. */
  readonly namespace: string
  /** An instant, `YYYY-MM-DDTHH:mm:ss.sssZ`. */
  readonly lastModified: string
  /** The day of which the states are. */
  readonly at: Day
  readonly title: string
  /** The house's version of the document. */
  readonly version: string
  readonly provider: string
  readonly customer: string
  /**
   * The catalog that the control ids belong to. Default the text of the rule itself: no OSCAL catalog of it is known to be published by
   * NIST or HHS, so a tool that resolves the catalog needs one of the house's making, with these ids.
   */
  readonly source?: string | undefined
}

export interface OscalProperty {
  readonly name: string
  readonly ns: string
  readonly value: string
  /** The entry that it is about, where several serve one control. */
  readonly group?: string
}
export interface OscalLink {
  readonly href: string
  readonly rel: 'reference'
}
export interface OscalImplementedRequirement {
  readonly uuid: string
  readonly 'control-id': string
  readonly description: string
  readonly props: readonly OscalProperty[]
  readonly links?: readonly OscalLink[]
}
export interface OscalComponent {
  readonly uuid: string
  readonly type: 'service' | 'process-procedure'
  readonly title: string
  readonly description: string
  readonly 'responsible-roles': readonly { readonly 'role-id': string; readonly 'party-uuids': readonly string[] }[]
  readonly 'control-implementations': readonly {
    readonly uuid: string
    readonly source: string
    readonly description: string
    readonly 'implemented-requirements': readonly OscalImplementedRequirement[]
  }[]
}
export interface OscalComponentDefinition {
  readonly 'component-definition': {
    readonly uuid: string
    readonly metadata: {
      readonly title: string
      readonly 'last-modified': string
      readonly version: string
      readonly 'oscal-version': typeof oscalVersion
      readonly roles: readonly { readonly id: string; readonly title: string }[]
      readonly parties: readonly { readonly uuid: string; readonly type: 'organization'; readonly name: string }[]
    }
    readonly components?: readonly OscalComponent[]
    readonly 'back-matter'?: {
      readonly resources: readonly { readonly uuid: string; readonly title: string; readonly props: readonly OscalProperty[] }[]
    }
  }
}

/** A property of ours, and none of OSCAL's own. */
const NS = 'urn:phi:baa:safeguards'
const RULE = 'https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164/subpart-C'

// OSCAL's UUIDDatatype, of the JSON schema of a component definition.
const oscalUuid = z.string().regex(/^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[45][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$/)

const optionsSchema = z.strictObject({
  uuid: oscalUuid,
  namespace: oscalUuid,
  lastModified: instant,
  at: civilDate,
  title: plainText(300),
  version: plainText(80),
  provider: plainText(200),
  customer: plainText(200),
  source: z.union([z.url({ protocol: /^https?$/ }), z.string().regex(/^#[0-9A-Fa-f-]{36}$/)]).default(RULE),
})

/** The id of a control for a citation: `45 CFR 164.308(a)(1)(ii)(A)` is `hipaa-164.308.a.1.ii.A`, a token of OSCAL. */
export function oscalControlId(citation: Pick<Citation, 'section'>): string {
  return `hipaa-${citation.section.replace(/\(/g, '.').replace(/\)/g, '').replace(/-\./g, '-').replace(/ /g, '-')}`
}

const sides = ['provider', 'customer'] as const
type Side = (typeof sides)[number]
const sidesOf = (responsible: Responsible): readonly Side[] => (responsible === 'shared' ? sides : [responsible])

const citationFor = (entry: RegisterEntry): Citation => {
  const citation = citationOfEntry(entry)
  // Every safeguard of @phi/core has one; a tree that has lost it is not written down under a wrong id.
  if (citation === undefined) throw safeguardError('PHI_BAA_OSCAL', { path: 'register.entries.*', detail: 'has no citation' })
  return citation
}

const evidenceKey = ({ id, sha256, asOf }: Evidence) => JSON.stringify([id, sha256 ?? null, asOf])

function propsOf(entry: RegisterEntry, at: Day): readonly OscalProperty[] {
  const group = `entry-${entry.id}`
  const { state, doubts } = standingOn(entry, at)
  const said: readonly (readonly [string, string | undefined])[] = [
    ['entry', entry.id],
    ['control', entry.control],
    ['safeguard', entry.safeguard],
    ['standing', standingInLaw(entry)],
    ['responsible', entry.responsible],
    ['state', state],
    ['doubts', doubts.length === 0 ? undefined : doubts.join(' ')],
    ['parameter', entry.parameter === undefined ? undefined : parameterInWords(entry.parameter)],
    ['system', entry.system],
    ['owner', entry.owner],
    ['due', entry.due],
    ['as-of', entry.asOf],
    ['review-by', entry.reviewBy],
    ['last-done', entry.lastDone],
    ['reason', entry.reason],
    ['alternative', entry.alternative],
  ]
  return said.flatMap(([name, value]) => (value === undefined ? [] : [{ name, ns: NS, value, group }]))
}

const describe = (entry: RegisterEntry, side: Side): string => {
  const part = entry.parts?.[side]
  const system = entry.system === undefined ? '' : ` (${cell(entry.system)})`
  return `${cell(entryTitle(entry))}${system}${part === undefined ? '.' : `: ${cell(part)}`}`
}

/**
 * Writes a register as an OSCAL 1.1 component definition: a component for each side, and in each an implemented requirement for each
 * citation, with the entries that serve it as groups of properties in the namespace `urn:phi:baa:safeguards`. Evidence is in the back
 * matter, with its hash. A shared safeguard is in both components, each with its part.
 *
 * Control ids are made of the citations (`oscalControlId`). Pure: the same register and options give the same document.
 * @throws PhiError PHI_BAA_OSCAL, PHI_BAA_SAFEGUARDS
 */
export function toOscal(value: Register, options: OscalOptions): OscalComponentDefinition {
  const { entries } = readRegister(value)
  const read = parseAs(optionsSchema, options, 'options', (context) => safeguardError('PHI_BAA_OSCAL', context))
  const { namespace, at } = read
  const uuidOf = (...name: readonly string[]) => uuid5(namespace, JSON.stringify(name))
  const names = { provider: read.provider, customer: read.customer }

  const requirementOf = (side: Side, controlId: string, about: readonly RegisterEntry[]): OscalImplementedRequirement => {
    const links = new Set(about.flatMap(({ evidence }) => evidence.map((each) => `#${uuidOf('evidence', evidenceKey(each))}`)))
    return {
      uuid: uuidOf('requirement', side, controlId),
      'control-id': controlId,
      description: about.map((each) => describe(each, side)).join('\n\n'),
      props: about.flatMap((each) => propsOf(each, at)),
      ...(links.size === 0 ? {} : { links: [...links].map((href) => ({ href, rel: 'reference' as const })) }),
    }
  }
  const componentOf = (side: Side): readonly OscalComponent[] => {
    const own = entries.filter(({ responsible }) => sidesOf(responsible).includes(side))
    if (own.length === 0) return []
    return [
      {
        uuid: uuidOf('component', side),
        type: side === 'provider' ? 'service' : 'process-procedure',
        title: cell(names[side]),
        description: `Safeguards that ${cell(names[side])} ${side === 'provider' ? 'provides' : 'implements'}.`,
        'responsible-roles': [{ 'role-id': side, 'party-uuids': [uuidOf('party', side)] }],
        'control-implementations': [
          {
            uuid: uuidOf('implementation', side),
            source: read.source,
            description: `Control ids are citations of 45 CFR Part 164, such as ${formatCitation({ source: '45 CFR', section: '164.308(a)(2)' })}.`,
            'implemented-requirements': [...grouped(own, (each) => oscalControlId(citationFor(each)))].map(([id, about]) =>
              requirementOf(side, id, about),
            ),
          },
        ],
      },
    ]
  }
  const shown = grouped(
    entries.flatMap((each) => each.evidence),
    evidenceKey,
  )
  const evidence = [...shown].map(([key, [each]]) => {
    const { id, sha256, asOf, validUntil } = each as Evidence
    const props = [
      ['evidence-id', id],
      ['as-of', asOf],
      ['sha256', sha256],
      ['valid-until', validUntil],
    ] as const
    return {
      uuid: uuidOf('evidence', key),
      title: cell(id),
      props: props.flatMap(([name, text]) => (text === undefined ? [] : [{ name, ns: NS, value: text }])),
    }
  })
  const components = sides.flatMap(componentOf)
  return freeze({
    'component-definition': {
      uuid: read.uuid,
      metadata: {
        title: cell(read.title),
        'last-modified': read.lastModified,
        version: read.version,
        'oscal-version': oscalVersion,
        roles: sides.map((id) => ({ id, title: id === 'provider' ? 'Provider' : 'Customer' })),
        parties: sides.map((side) => ({ uuid: uuidOf('party', side), type: 'organization' as const, name: names[side] })),
      },
      ...(components.length === 0 ? {} : { components }),
      ...(evidence.length === 0 ? {} : { 'back-matter': { resources: evidence } }),
    },
  })
}
