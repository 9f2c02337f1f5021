import { differenceOf, factsOf, headlineOf, placeOf } from '../commands/audit/verification-report.ts'
import type { AnyFinding, Checked } from '../commands/audit/verify-source.ts'
import { amount } from '../layout.ts'
import { foreign, type Html, html } from './html.ts'

const tones = { intact: 'good', broken: 'bad', unverifiable: 'open' } as const
const tagTones = { break: 'bad', unknown: 'open', warn: 'plain' } as const

const findingItem = (finding: AnyFinding): Html => {
  const [place, difference] = [placeOf(finding), differenceOf(finding)]
  return html`<li><span class="tag ${tagTones[finding.severity]}">${finding.severity}</span> <strong>${finding.code}</strong>${
    place === '' ? undefined : [', ', place]
  }<p>${finding.meaning}</p>${difference === '' ? undefined : html`<p class="second-line">${difference}</p>`}</li>`
}

/** A verdict as the words of `phi audit verify`: the answer, what was checked, and every finding with its meaning. */
export function verdictHtml(checked: Checked): Html {
  const { verdict, findings, findingsDropped } = checked
  // Out of date is a finding that asks for somebody's eye, although nothing is broken.
  const tone = verdict === 'intact' && findings.some(({ code }) => code === 'stale') ? 'open' : tones[verdict]
  const facts = factsOf(checked).map(([name = '', value = '']) =>
    name === '' ? html`<dd>${foreign(value)}</dd>` : html`<dt>${name}</dt><dd>${foreign(value)}</dd>`,
  )
  return html`<div class="notice ${tone}"><p><strong id="verdict" tabindex="-1" data-verdict="${verdict}">${headlineOf(checked)}</strong></p></div>
<h2>What was checked</h2>
<dl class="facts">${facts}</dl>
<h2>Findings</h2>
${
  findings.length === 0 ? html`<p>None.</p>` : html`<ul class="findings">${findings.map(findingItem)}</ul>`
}${findingsDropped === 0 ? undefined : html`<p>And ${amount(findingsDropped, 'finding')} more, which are not listed.</p>`}`
}
