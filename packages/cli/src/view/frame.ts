import { formatInstant } from '@phi/core'
import { counted } from '../layout.ts'
import { foreign, type Html, html, type Piece } from './html.ts'
import type { Verification } from './verification.ts'
import type { Viewed } from './viewed.ts'

/** What every page of a session shows. */
export interface Frame {
  readonly viewed: Viewed
  readonly path: string
  readonly verification: Verification
}

const document = (title: string, body: Piece, head?: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="/style.css">
${head}
</head>
<body>
${body}
</body>
</html>
`.text

/** A page outside of a session: the way in, and the way out. */
export const plainPage = (title: string, body: Piece): string =>
  document(`${title} · Audit log`, html`<main><h1>${title}</h1>${body}</main>`)

const kinds = {
  database: 'log in the database',
  lines: 'copy of a log in lines',
  bundle: 'bundle of evidence',
} as const

const verdictTag = (state: Verification): Html => {
  if (state.is === 'running') return html`<span class="tag plain">being verified</span>`
  if (state.is !== 'done') return html`<span class="tag open">not verified in this session</span>`
  const { verdict, coverage } = state.checked
  const tone = verdict === 'intact' ? 'good' : verdict === 'broken' ? 'bad' : 'open'
  const time = formatInstant(state.at).slice(11, 16)
  const reach = verdict === 'intact' ? `, signed below ${counted(coverage.anchoredTo ?? 0)}` : ''
  return html`<span class="tag ${tone}">${verdict} at ${time} UTC${reach}</span>`
}

/** A page of the session, with its way around. @param current which of the ways this page is */
export function sessionPage(
  { viewed, path, verification }: Frame,
  { title, current, head }: { readonly title: string; readonly current?: 'search' | 'verify'; readonly head?: Html },
  body: Piece,
): string {
  const way = (name: 'search' | 'verify', href: string, label: string): Html =>
    name === current
      ? html`<li><a href="${href}" aria-current="page">${label}</a></li>`
      : html`<li><a href="${href}">${label}</a></li>`
  return document(
    `${title} · Audit log`,
    html`<a class="skip" href="#main">Skip to the content</a>
<header>
<p class="log">${viewed.origin === undefined ? 'A log that is not named' : foreign(viewed.origin)} <span class="second-line">(${kinds[viewed.kind]}${
      viewed.tenant === undefined ? undefined : [', tenant ', foreign(viewed.tenant)]
    })</span></p>
<p class="who">${
      viewed.by === undefined
        ? 'This is a copy: that it is read is recorded nowhere.'
        : [
            'Read by ',
            foreign(viewed.by),
            '. The log has an entry that this session began, and one of each export. Single searches are not recorded.',
          ]
    }</p>
<nav aria-label="Pages"><ul>${way('search', path, 'Search')}${way('verify', `${path}verify`, 'Verify')}<li>${verdictTag(verification)}</li><li><form method="post" action="${path}end"><button class="second">End session</button></form></li></ul></nav>
</header>
<main id="main" tabindex="-1">
<h1>${title}</h1>
${body}
</main>`,
    head,
  )
}
