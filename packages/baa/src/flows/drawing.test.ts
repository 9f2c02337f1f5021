import { instance } from '@viz-js/viz'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clinics, clinicsAt } from '../../test/clinics.ts'
import { type Party, registry } from '../index.ts'
import { parseFlows } from './define.ts'
import { toDot } from './dot.ts'
import { flows } from './flows.ts'
import { flowsInMarkdown } from './markdown.ts'
import { toMermaid } from './mermaid.ts'

const built = clinics(18)
const result = flows(built.map, built.model, { at: clinicsAt })
const model = built.model
const viz = await instance()

interface Drawn {
  readonly objects?: readonly { readonly name: string; readonly label?: string; readonly nodes?: readonly number[] }[]
  readonly edges?: readonly {
    readonly label?: string
    readonly style?: string
    readonly penwidth?: string
    readonly tooltip?: string
  }[]
}
/** As Graphviz reads it, without laying it out. */
const read = (dot: string) => viz.renderJSON(dot, { engine: 'nop2' }) as Drawn
const nodesOf = ({ objects = [] }: Drawn) => objects.filter((each) => /^n\d+$/.test(each.name))
const edgesOf = ({ edges = [] }: Drawn) => edges.filter((each) => each.tooltip !== undefined)

/** A map with one label, party name and note that are not our own. */
const labelled = (text: string) => {
  const parties: readonly Party[] = [
    { id: 'p', kind: 'business-associate', name: text },
    { id: 'q', kind: 'other', name: 'q' },
  ]
  const hostile = registry([], { parties })
  const map = parseFlows({
    nodes: [
      { id: 'a', kind: 'store', party: 'p', label: text, holds: ['phi.schedule'] },
      { id: 'b', kind: 'vendor', party: 'q' },
    ],
    edges: [{ from: 'a', to: 'b', passes: 'all', use: 'treatment', service: 'scheduling' }],
  })
  return { found: flows(map, hostile, { at: clinicsAt }), hostile }
}
const hostileTexts = [
  '"]; evil [label="',
  'a\\',
  '\\N \\G \\"',
  '<b>bold</b>',
  '&lt;script&gt;',
  '--> x',
  'end',
  'subgraph x',
  '%% comment',
  '#quot;',
  '`code` **b** | x |',
  '[x](javascript:alert(1))',
  '"}} click n0 call alert()',
]

describe('DOT', () => {
  it('S54 is read by Graphviz as the nodes and edges of the map', () => {
    const drawn = read(toDot(result, { model }))
    expect(nodesOf(drawn)).toHaveLength(built.map.nodes.length)
    expect(edgesOf(drawn)).toHaveLength(built.map.edges.length)
    const boxes = (drawn.objects ?? []).filter((each) => each.name.startsWith('cluster_'))
    expect(boxes.map((each) => each.label)).toContain('Therapy platform')
    expect(boxes.map((each) => each.label)).toContain('What the lines say')
  })

  it('S9 tells covered, uncovered and open flows apart without colour', () => {
    const drawn = read(toDot(result, { model }))
    const line = (id: string) => edgesOf(drawn).find((each) => each.tooltip === id)
    expect(line('platform.web->analytics.collect')).toMatchObject({
      penwidth: '3.5',
      label: 'NOT COVERED: identity.ip, ops.analytics',
    })
    expect(line('platform.reminders->sms.relay')).toMatchObject({
      style: 'dashed',
      label: 'NOT KNOWN: identity.phone, schedule.appointment',
    })
    expect(line('platform.reminders->mail.relay')).toMatchObject({ penwidth: '1.4' })
    expect(line('platform.reminders->mail.relay')).not.toHaveProperty('style')
  })

  it('S9 shows exposures alone: every edge on a path, and no other node', () => {
    const drawn = read(toDot(result, { model, only: 'exposures' }))
    const onPaths = new Set(result.exposures.flatMap((each) => each.path.map((step) => step.edge)))
    expect(
      edgesOf(drawn)
        .map((each) => each.tooltip)
        .sort(),
    ).toEqual([...onPaths].sort())
    expect(nodesOf(drawn).length).toBeLessThan(35)
  })

  it('S9 shows parties alone, each line as bad as the worst of it', () => {
    const drawn = read(toDot(result, { model, only: 'parties' }))
    expect(nodesOf(drawn)).toHaveLength(new Set(built.map.nodes.map((each) => each.party)).size)
    expect(
      edgesOf(drawn)
        .filter((each) => each.label?.startsWith('NOT COVERED'))
        .map((each) => each.label)
        .sort(),
    ).toEqual([
      'NOT COVERED: 1 of 1',
      'NOT COVERED: 1 of 1',
      'NOT COVERED: 1 of 1',
      'NOT COVERED: 1 of 19',
      'NOT COVERED: 3 of 3',
    ])
  })

  it('S54 lays out as a picture', () => {
    const svg = viz.renderString(toDot(result, { model, only: 'exposures' }), { format: 'svg' })
    expect(svg).toContain('</svg>')
    expect(svg).toContain('NOT COVERED: comm.transcript')
  })

  it.each(hostileTexts)('S54 shows a hostile label as text: %j', (text) => {
    const { found, hostile } = labelled(text)
    const drawn = read(toDot(found, { model: hostile }))
    expect(nodesOf(drawn)).toHaveLength(2)
    expect(edgesOf(drawn)).toHaveLength(1)
    const svg = viz.renderString(toDot(found, { model: hostile }), { format: 'svg' })
    const shown = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, each]) => decoded(each as string))
    expect(shown.filter((each) => each === text)).toHaveLength(2)
  })

  it('S54 is read as one graph whatever a label says', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'"\\[]{}<>&;#|-\n a%\u00a0é'), minLength: 1, maxLength: 12 }),
        (text) => {
          fc.pre(text.trim() === text && !text.includes('\n') && text !== '')
          const { found, hostile } = labelled(text)
          const drawn = read(toDot(found, { model: hostile }))
          expect([nodesOf(drawn).length, edgesOf(drawn).length]).toEqual([2, 1])
        },
      ),
      { numRuns: 40 },
    )
  })
})

const decoded = (text: string) =>
  text
    .replaceAll('&#45;', '-')
    .replaceAll('&#160;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

describe('Mermaid', () => {
  it('S54 has a line for every node and edge, in boxes by party', () => {
    const lines = toMermaid(result, { model }).trim().split('\n')
    expect(lines[0]).toBe('flowchart LR')
    expect(lines.filter((each) => /^ {4}n\d+[[(]/.test(each))).toHaveLength(built.map.nodes.length)
    expect(lines.filter((each) => /^ {2}n\d+ (==x|-\.->|-->|--o|-\.-)/.test(each))).toHaveLength(built.map.edges.length)
    expect(lines.filter((each) => each.startsWith('  subgraph ')).length).toBe(lines.filter((each) => each === '  end').length)
    expect(lines).toContain('  subgraph p20["Clearinghouse"]')
  })

  it('S9 tells covered, uncovered and open flows apart without colour', () => {
    const text = toMermaid(result, { model, only: 'exposures' })
    expect(text).toMatch(/ ==x\|"NOT COVERED: comm\.transcript"\| /)
    expect(text).toMatch(/ -\.->\|"NOT KNOWN: identity\.phone, schedule\.appointment"\| /)
  })

  it.each(hostileTexts)('S54 shows a hostile label as text: %j', (text) => {
    const { found, hostile } = labelled(text)
    const lines = toMermaid(found, { model: hostile }).trim().split('\n')
    const quoted = lines.filter((each) => each.includes('"')).map((each) => /"([^"]*)"/.exec(each)?.[1] ?? '')
    // Of what Mermaid reads, quotes, brackets and the like are gone: only letters, a few marks and entities are left.
    for (const each of quoted) expect(each).toMatch(/^(?:[\p{L}\p{N} .,:/_-]|#\d+;)*$/u)
    expect(quoted.map((each) => each.replace(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))))).toContain(
      text,
    )
    expect(lines.every((each) => (each.match(/"/g) ?? []).length % 2 === 0)).toBe(true)
  })
})

describe('Markdown', () => {
  it('S9 S54 says what to cut, every exposure with its way, and what else there is', () => {
    const text = flowsInMarkdown(result)
    for (const each of built.planted) expect(text).toContain(each.class)
    expect(text).toContain('platform.ai-gateway → scribe.transcribe ✗→ labelling.queue')
    expect(text).toContain('## A node receives more than it says it requires')
    expect(text).toContain('- clearinghouse.intake-&gt;payer-b.claims: phi.financial.insurance')
    expect(text).toMatch(/^- part2: platform\.reminders-&gt;mail\.relay/m)
  })

  it('S54 says so when there is nothing', () => {
    const sound = clinics(2, { leaky: false })
    const text = flowsInMarkdown(flows(sound.map, sound.model, { at: clinicsAt }))
    expect(text).toContain('0 exposures')
    expect(text).not.toContain('## What to cut')
    expect(text).not.toContain('## Exposures')
  })
})
