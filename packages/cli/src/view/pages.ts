import type { AuditRecord } from '@phi/audit'
import { formatInstant } from '@phi/core'
import { amount, counted } from '../layout.ts'
import { type Frame, plainPage, sessionPage } from './frame.ts'
import { foreign, type Html, html, type Piece, plain } from './html.ts'
import { type Links, recordDetails, recordTable, timeOf } from './record-html.ts'
import { addressOf, type Problem, type Search, type SearchField, type Typed } from './search.ts'
import { verdictHtml } from './verdict-html.ts'
import type { Verification } from './verification.ts'
import type { Found, Viewed } from './viewed.ts'

const linksOf = (path: string): Links => ({
  entry: (index) => `${path}entry?index=${index}`,
  follow: (who) => `${path}follow${addressOf(who)}`,
})

/** The vocabulary of the search. */
export interface Known {
  readonly actions: readonly string[]
  readonly outcomes: readonly string[]
}

const labels: Readonly<Record<SearchField, string>> = {
  actor: 'Actor',
  patient: 'Patient',
  type: 'Type of resource',
  id: 'Id of resource',
  action: 'Action',
  outcome: 'Outcome',
  from: 'From (UTC)',
  until: 'Before (UTC)',
}

/** One for each field, so that the fields stand in line. */
const hints: Readonly<Record<SearchField, string>> = {
  actor: 'who did it, by id',
  patient: 'whom it is about, by id',
  type: 'such as ProgressNote',
  id: 'such as n-204, with its type',
  action: 'what was done',
  outcome: 'how it ended',
  from: 'day, or 2026-11-22T08:00',
  until: 'day, or 2026-11-22T08:00',
}

function fieldOf(name: SearchField, typed: Typed, problems: readonly Problem[], known: Known): Html {
  const problem = problems.find(({ field }) => field === name)
  const described = [`${name}-hint`, ...(problem === undefined ? [] : [`${name}-problem`])]
  const marks = html` aria-describedby="${described.join(' ')}"${
    problem === undefined ? undefined : html` aria-invalid="true"`
  }`
  const choices = name === 'action' ? known.actions : name === 'outcome' ? known.outcomes : undefined
  const value = typed[name] ?? ''
  const control =
    choices === undefined
      ? html`<input id="${name}" name="${name}" value="${value}" autocomplete="off" spellcheck="false"${marks}>`
      : html`<select id="${name}" name="${name}"${marks}><option value="">any</option>${choices.map((each) =>
          each === value ? html`<option selected>${each}</option>` : html`<option>${each}</option>`,
        )}</select>`
  return html`<div><label for="${name}">${labels[name]}</label><span class="hint" id="${name}-hint">${hints[name]}</span>${control}${
    problem === undefined
      ? undefined
      : html`<p class="second-line" id="${name}-problem"><strong>${problem.message}</strong></p>`
  }</div>`
}

const searchForm = (path: string, { typed, problems }: Search, known: Known): Html =>
  html`<form class="search" method="get" action="${path}" role="search" aria-label="Entries">
<div class="fields">${(Object.keys(labels) as SearchField[]).map((name) => fieldOf(name, typed, problems, known))}</div>
<div class="row"><button>Search</button><a href="${path}">Clear</a></div></form>`

/** What a search cannot say. */
const unknownNotice = ({ unknown }: Found): Html | undefined =>
  unknown === 0
    ? undefined
    : html`<div class="notice open"><p><strong>${amount(unknown, 'entry', 'entries')} could not be searched:</strong> a part that would tell is withheld, sealed, erased or altered. They may belong to what you look for.</p></div>`

const exportForm = ({ path, viewed }: Frame, typed: Typed): Html => {
  const fields = Object.entries(typed).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
  return html`<h2 id="export">Export</h2>
<p>All entries that answer this search, the oldest first${viewed.by === undefined ? '.' : '. The export is recorded first, as an entry of the log.'} An export proves nothing: for who must not trust you, there is <code>phi audit prove</code>.</p>
<form method="post" action="${path}export" class="row">${fields}<button name="as" value="csv">Export as CSV</button><button name="as" value="json" class="second">Export as JSON</button></form>`
}

const trustNotice = (path: string): Html =>
  html`<p class="second-line">Lists say what the entries say now. Whether that is what was recorded, <a href="${path}verify">verification</a> says.</p>`

export function searchPage(frame: Frame, search: Search, found: Found | undefined, known: Known): string {
  const { path } = frame
  if (search.query === undefined || found === undefined) {
    const items = search.problems.map(
      ({ field, message }) => html`<li><a href="#${field}">${labels[field]}</a>: ${message}</li>`,
    )
    return sessionPage(
      frame,
      { title: 'Search', current: 'search' },
      html`<div class="notice bad" role="alert"><p><strong>Nothing was searched.</strong></p><ul>${items}</ul></div>${searchForm(path, search, known)}`,
    )
  }
  const isAll = Object.keys(search.typed).length === 0
  const { records, next } = found
  return sessionPage(
    frame,
    { title: 'Search', current: 'search' },
    html`${searchForm(path, search, known)}
<h2 id="found">${isAll ? 'Newest entries' : 'Found'}</h2>
${unknownNotice(found)}
${
  records.length === 0
    ? html`<p>No entry ${isAll ? 'is there' : 'answers this search'}.</p>`
    : recordTable(
        [amount(records.length, 'entry', 'entries'), ', newest first', next === undefined ? '' : '; there are more'],
        records,
        {
          links: linksOf(path),
        },
      )
}
${next === undefined ? undefined : html`<p><a href="${path}${addressOf(search.typed, { cursor: next })}#found">Older entries</a></p>`}
${trustNotice(path)}
${exportForm(frame, search.typed)}`,
  )
}

/** Who is followed. */
export type Followed = { readonly actor: string } | { readonly patient: string }

export function followPage(frame: Frame, who: Followed, found: Found, since: string | undefined): string {
  const { path } = frame
  const { records, next } = found
  const [what, id] = 'actor' in who ? ['Everything done by', who.actor] : ['Everything about patient', who.patient]
  const last = records.at(-1)?.event.occurredAt
  return sessionPage(
    frame,
    { title: `${what} ${plain(id)}` },
    html`${unknownNotice(found)}
${
  records.length === 0
    ? html`<p>No ${since === undefined ? '' : 'further '}entry.</p>`
    : recordTable(
        [amount(records.length, 'entry', 'entries'), ', in order', next === undefined ? '' : '; there are more'],
        records,
        {
          links: linksOf(path),
          gaps: { since },
        },
      )
}
${next === undefined ? undefined : html`<p><a href="${path}follow${addressOf({}, { ...who, cursor: next, since: last })}">Later entries</a></p>`}
${trustNotice(path)}
${exportForm(frame, who)}`,
  )
}

export function entryPage(frame: Frame, record: AuditRecord): string {
  const { path } = frame
  const before = record.index === 0 ? undefined : html`<a href="${path}entry?index=${record.index - 1}">Entry before</a>`
  return sessionPage(
    frame,
    { title: `Entry ${counted(record.index)}` },
    html`${recordDetails(record, 2, linksOf(path))}
<div class="row">${before}<a href="${path}entry?index=${record.index + 1}">Entry after</a></div>${trustNotice(path)}`,
  )
}

const startForm = (path: string, label: string): Html =>
  html`<form method="post" action="${path}verify"><button>${label}</button></form>`

export function verifyPage(frame: Frame, problem: Piece): string {
  const { path, verification, viewed } = frame
  const introduction = html`<p>Verification reads every entry and says whether they are, word for word, the ones that were signed. It does not say that what was recorded is true, or that everything was recorded.</p>`
  if (verification.is === 'running') {
    const { checked, total } = verification
    return sessionPage(
      frame,
      {
        title: 'Verify',
        current: 'verify',
        head: html`<script src="/view.js" defer></script><noscript><meta http-equiv="refresh" content="2"></noscript>`,
      },
      html`${introduction}
<div id="progress"><p><strong>Being verified.</strong> <span id="progress-words">${
        total === undefined ? 'It begins.' : `${counted(checked)} of ${counted(total)} entries`
      }</span></p>
${total === undefined ? html`<progress aria-label="Entries verified"></progress>` : html`<progress aria-label="Entries verified" max="${total}" value="${checked}"></progress>`}
<p id="progress-spoken" class="unseen" role="status">Verification is under way.</p></div>
<form method="post" action="${path}verify/stop"><button class="second">Stop</button></form>`,
    )
  }
  const answer = {
    none: () => html`${introduction}${startForm(path, 'Verify now')}`,
    stopped: () =>
      html`<div class="notice open" role="status"><p><strong>Stopped.</strong> Nothing is said about the entries.</p></div>${introduction}${startForm(path, 'Verify again')}`,
    failed: () =>
      html`<div class="notice bad" role="alert"><p><strong>It could not be verified.</strong> Nothing is said about the entries.</p><p>${problem}</p></div>${introduction}${startForm(path, 'Verify again')}`,
    done: (state: Extract<Verification, { is: 'done' }>) =>
      html`<div role="status"><p class="unseen">Verification has ended.</p>${verdictHtml(state.checked)}</div>
<p class="second-line">Verified at ${timeOf(formatInstant(state.at))} UTC${viewed.kind === 'database' ? '. Entries that came later are not covered' : ''}.</p>
${startForm(path, 'Verify again')}`,
  }
  const body = verification.is === 'done' ? answer.done(verification) : answer[verification.is]()
  return sessionPage(frame, { title: 'Verify', current: 'verify' }, body)
}

export const problemPage = (frame: Frame, title: string, words: Piece): string =>
  sessionPage(
    frame,
    { title },
    html`<div class="notice bad" role="alert"><p>${words}</p></div><p><a href="${frame.path}">To the search</a></p>`,
  )

export const enterPage = (viewed: Viewed, action: string, problem?: Piece): string =>
  plainPage(
    'Open the audit log',
    html`${problem === undefined ? undefined : html`<div class="notice bad" role="alert"><p>${problem}</p></div>`}
<p>${viewed.origin === undefined ? 'A log that is not named' : foreign(viewed.origin)}</p>
<p>${
      viewed.by === undefined
        ? 'This is a copy of a log: that it is read is recorded nowhere.'
        : ['This log is opened in the name of ', foreign(viewed.by), '. An entry of the log will say so.']
    } The address of this page works once. After 15 minutes without a request the pages are closed.</p>
<form method="post" action="${action}"><button>Open the log</button></form>`,
  )

export const closedPage = (words: string): string =>
  plainPage(
    'No session',
    html`<p>${words}</p><p>Start <code>phi audit view</code> again, and open the address that it prints.</p>`,
  )
