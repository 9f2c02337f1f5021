import type { AuditRecord } from '@phi/audit'
import { gapRow, gapWords } from './gap.ts'
import { foreign, type Html, html, type Piece } from './html.ts'

/** Where the parts of a record lead to. Left out on pages that stand alone. */
export interface Links {
  readonly entry: (index: number) => string
  readonly follow: (who: { readonly actor: string } | { readonly patient: string }) => string
}

const outcomes = { success: 'success', failure: 'failed', denied: 'denied' } as const
/** So much of a text is shown in a list; the entry's own page has all of it. */
const SHORT = 120
const FEW_PATIENTS = 5

/** `2026-11-22 08:00:00.000`: as recorded, in UTC, without the letters that only machines need. */
export const timeOf = (instant: string): Html =>
  html`<time datetime="${instant}">${instant.replace('T', ' ').replace('Z', '')}</time>`

const link = (href: string, before: string, value: string): Html =>
  html`<a href="${href}"><span class="unseen">${before} </span>${foreign(value, SHORT)}</a>`

const outcomeOf = (outcome: keyof typeof outcomes | undefined): Html | undefined =>
  outcome === undefined
    ? undefined
    : html`<span class="tag ${outcome === 'success' ? 'plain' : 'bad'}">${outcomes[outcome]}</span>`

/** What of a record cannot be read, in words. Empty for one that shows everything. */
export function hiddenWords({ withheld, sealed, altered }: AuditRecord): readonly string[] {
  const list = (names: readonly string[]) => names.join(', ')
  return [
    ...(altered.length > 0 ? [`altered: ${list(altered)}`] : []),
    ...(sealed.length > 0 ? [`sealed: ${list(sealed)}`] : []),
    ...(withheld.length > 0 ? [`withheld: ${list(withheld)}`] : []),
  ]
}

const second = (...pieces: readonly Piece[]): Html => html`<p class="second-line">${pieces}</p>`

function whomOf({ event: { subject } }: AuditRecord, links: Links | undefined): Piece {
  if (subject === undefined) return undefined
  const { resource, patients = [], count } = subject
  const shown = patients
    .slice(0, FEW_PATIENTS)
    .map((patient) =>
      links === undefined
        ? html`<p>patient ${foreign(patient, SHORT)}</p>`
        : html`<p>${link(links.follow({ patient }), 'Follow patient', patient)}</p>`,
    )
  const rest = patients.length - FEW_PATIENTS
  return [
    shown,
    rest > 0 ? second(`and ${rest} more patients`) : undefined,
    resource === undefined ? undefined : second(foreign(`${resource.type}/${resource.id}`, SHORT)),
    count === undefined ? undefined : second(`${count} records`),
  ]
}

function rowOf(record: AuditRecord, links: Links | undefined): Html {
  const { index, event, recordedAt } = record
  const { actor, source, context } = event
  const cell = (label: string, content: Piece): Html =>
    content === undefined
      ? html`<td role="cell" class="none"></td>`
      : html`<td role="cell"><span class="label" aria-hidden="true">${label}</span>${content}</td>`
  const hidden = hiddenWords(record)
  return html`<tr role="row"><th scope="row" role="rowheader"><span class="label" aria-hidden="true">Entry</span>${
    links === undefined ? index : html`<a href="${links.entry(index)}"><span class="unseen">Entry </span>${index}</a>`
  }</th>${cell('When', timeOf(event.occurredAt ?? recordedAt))}${cell(
    'Who',
    actor === undefined
      ? undefined
      : [
          links === undefined ? foreign(actor.id, SHORT) : link(links.follow({ actor: actor.id }), 'Follow', actor.id),
          second(actor.type, actor.roles.length === 0 ? '' : [', ', foreign(actor.roles.join(', '), SHORT)]),
        ],
  )}${cell('What', [
    event.action,
    ' ',
    outcomeOf(event.outcome),
    context?.breakGlass === true ? [' ', html`<span class="tag open">break-glass</span>`] : undefined,
    hidden.length === 0 ? undefined : second(hidden.join('; ')),
  ])}${cell('About', whomOf(record, links))}${cell(
    'From',
    source === undefined
      ? undefined
      : [
          source.ip === undefined ? undefined : foreign(source.ip),
          source.userAgent === undefined ? undefined : second(foreign(source.userAgent, SHORT)),
        ],
  )}</tr>`
}

const HEADS = ['Entry', 'When (UTC)', 'Who', 'What', 'About', 'From'] as const

/**
 * Records as a table. On a phone it is shown as blocks, and a browser then forgets that it is a table: the roles say so again.
 * @param gaps says between entries how much time passed; `since` is when the entry before the first one happened
 */
export function recordTable(
  caption: Piece,
  records: readonly AuditRecord[],
  { links, gaps }: { readonly links?: Links; readonly gaps?: { readonly since: string | undefined } } = {},
): Html {
  let before = gaps?.since
  const rows = records.map((record) => {
    const now = record.event.occurredAt
    const words = gaps === undefined ? undefined : gapWords(before, now)
    before = now ?? before
    return [words === undefined ? undefined : gapRow(words, HEADS.length), rowOf(record, links), '\n']
  })
  return html`<table role="table"><caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${HEADS.map((head) => html`<th scope="col" role="columnheader">${head}</th>`)}</tr></thead>
<tbody role="rowgroup">
${rows}</tbody></table>`
}

/** `ai.promptHash` → `ai prompt hash` */
const words = (key: string): string => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

/** The leaves of a group: a name, and what it says. */
function* leaves(value: unknown, name: string): Generator<readonly [string, Piece]> {
  if (Array.isArray(value)) {
    if (value.length > 0) yield [name, value.map((each) => html`<p>${foreign(String(each))}</p>`)]
  } else if (typeof value === 'object' && value !== null) {
    // Keys of `details` are the log's own words, and foreign as well.
    for (const [key, inner] of Object.entries(value)) yield* leaves(inner, name === '' ? key : `${name} ${key}`)
  } else yield [name, foreign(String(value))]
}

const groupTitles = { actor: 'Who', source: 'From where', subject: 'About whom and what', context: 'Why' } as const

/** Everything that a record shows, group by group. @param heading its level: 2 on its own page, 4 in a list of entries */
export function recordDetails(record: AuditRecord, heading: 2 | 4, links?: Links): Html {
  const { index, recordedAt, hash, origin, event } = record
  const title = (text: string): Html => (heading === 2 ? html`<h2>${text}</h2>` : html`<h4>${text}</h4>`)
  const row = (name: string, value: Piece) => html`<dt>${foreign(words(name))}</dt><dd>${value}</dd>`
  const groups = (Object.keys(groupTitles) as (keyof typeof groupTitles)[]).flatMap((group) => {
    const value = event[group]
    if (value === undefined) {
      const state = (['altered', 'sealed', 'withheld'] as const).find((each) => record[each].includes(group))
      return state === undefined ? [] : [title(groupTitles[group]), html`<p><strong>${stateWords[state]}</strong></p>`]
    }
    const rows = [...leaves(value, '')].map(([name, content]) => row(name, content))
    return rows.length === 0 ? [] : [title(groupTitles[group]), html`<dl>${rows}</dl>`]
  })
  const state = (['altered', 'sealed', 'withheld'] as const).find((each) => record[each].includes('event'))
  const follow =
    links === undefined
      ? undefined
      : [
          ...(event.actor === undefined
            ? []
            : [html`<a href="${links.follow({ actor: event.actor.id })}">Everything done by ${foreign(event.actor.id)}</a>`]),
          ...(event.subject?.patients ?? []).map(
            (patient) => html`<a href="${links.follow({ patient })}">Everything about patient ${foreign(patient)}</a>`,
          ),
        ]
  return html`${title('What happened')}<dl>${row('entry', index)}${
    event.occurredAt === undefined ? undefined : row('happened', [timeOf(event.occurredAt), ' UTC'])
  }${row('recorded', [timeOf(recordedAt), ' UTC'])}${event.action === undefined ? undefined : row('action', event.action)}${
    event.outcome === undefined ? undefined : row('outcome', outcomeOf(event.outcome))
  }${event.severity === undefined ? undefined : row('severity', event.severity)}${
    event.id === undefined ? undefined : row('event id', foreign(event.id))
  }${row('log', foreign(origin))}${row('entry hash', html`<code>${hash}</code>`)}</dl>${
    state === undefined ? undefined : html`<p><strong>${stateWords[state]}</strong></p>`
  }${groups}${
    follow === undefined || follow.length === 0
      ? undefined
      : html`${title('Follow')}<ul>${follow.map((each) => html`<li>${each}</li>`)}</ul>`
  }`
}

const stateWords = {
  altered: 'Altered: the text that is there is not the one that was recorded, so it is not shown.',
  sealed: 'Sealed: its key is destroyed, or not at hand.',
  withheld: 'Withheld or erased: there is no text here.',
} as const
