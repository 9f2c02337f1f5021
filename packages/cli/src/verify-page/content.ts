import type { AuditRecord } from '@phi/audit'
import { formatInstant } from '@phi/core'
import { amount } from '../layout.ts'
import { foreign, type Html, html } from '../view/html.ts'
import { hiddenWords, recordDetails, timeOf } from '../view/record-html.ts'
import { verdictHtml } from '../view/verdict-html.ts'
import type { Outcome } from './check.ts'

/** So many entries are shown at a time: a page of thousands does not scroll any more. */
export const SHOWN = 200

/** What is on the page before anything is given to it. */
export const form = (): Html => html`<a class="skip" href="#main">Skip to the content</a>
<main id="main" tabindex="-1">
<h1>Verify evidence of an audit log</h1>
<div class="no-print">
<p>This page says whether entries of an audit log are, word for word, the ones that were signed. It works without a network: what you give it stays on this device, and nothing is sent.</p>
<noscript><div class="notice bad"><p><strong>Scripts are turned off in this browser.</strong> The check needs them; they stand in this file and load nothing.</p></div></noscript>
<form id="form" novalidate>
<div class="drop" id="drop">
<h2>Evidence</h2>
<label for="file">File with the evidence <span class="hint" id="file-hint">*.phi-audit.json; you can also drop it, and the key, anywhere on this page</span></label>
<input type="file" id="file" aria-describedby="file-hint file-name">
<p id="file-name" class="second-line">No evidence yet.</p>
<details><summary>Paste it instead</summary>
<label for="text">Text of the evidence</label>
<textarea id="text" rows="5" spellcheck="false" autocomplete="off"></textarea></details>
</div>
<h2>Public key of the log</h2>
<p>Take the key from whoever runs the log, on another way than the evidence: its web site, a letter, an earlier visit. A key that came together with the evidence confirms nothing.</p>
<label for="key">Public key <span class="hint" id="key-hint">one line, such as clinic.example/audit+1a2b3c4d+AQ…</span></label>
<textarea id="key" rows="2" spellcheck="false" autocomplete="off" aria-describedby="key-hint"></textarea>
<label for="key-file">or a file with it</label>
<input type="file" id="key-file">
<div class="row"><button id="verify">Verify</button><button type="button" class="second" id="clear">Clear</button></div>
</form>
</div>
<p id="status" role="status"></p>
<section id="result" aria-label="Result" tabindex="-1"></section>
</main>`

const warnings = {
  intact: undefined,
  broken: 'The entries below stand in the evidence. At least one of them is not what was signed: see the findings.',
  unverifiable: 'The entries below stand in the evidence. That they are what was recorded is not confirmed.',
} as const

/** What was found, and what the evidence discloses. */
export function resultHtml(
  outcome: Extract<Outcome, { is: 'checked' }>,
  about: { readonly name: string; readonly keys: readonly string[]; readonly at: number },
): Html {
  const { checked, records } = outcome
  const warning = warnings[checked.verdict]
  return html`${verdictHtml(checked)}
<h2>Checked with</h2>
<dl><dt>evidence</dt><dd>${foreign(about.name)}</dd><dt>public key</dt><dd>${about.keys.map((key) => html`<p><code>${foreign(key)}</code></p>`)}</dd><dt>checked at</dt><dd>${timeOf(formatInstant(about.at))} UTC, by the clock of this device</dd></dl>
<p>Intact says that these entries, exactly so, are in the log that the holder of that key signed. It does not say that what they tell is true, or that the log has no other entries.</p>
<h2>Disclosed entries</h2>
${warning === undefined ? undefined : html`<p><strong>${warning}</strong></p>`}
<p id="count">${amount(records.length, 'entry', 'entries')}.</p>
<div id="records"></div>
<p id="more" hidden><button type="button" class="second">Show more entries</button></p>`
}

/** One disclosed entry, with what it withholds. */
export function recordHtml(record: AuditRecord): Html {
  const hidden = hiddenWords(record)
  return html`<article aria-label="Entry ${record.index}"><h3>Entry ${record.index}</h3>${
    hidden.length === 0 ? undefined : html`<p><span class="tag open">${hidden.join('; ')}</span></p>`
  }${recordDetails(record, 4)}</article>`
}

export const refusedHtml = (words: string): Html =>
  html`<div class="notice bad"><p><strong id="verdict" tabindex="-1" data-verdict="refused">Nothing was checked.</strong></p><p>${words}</p></div>`
