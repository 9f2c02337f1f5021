import { type AccountingLine, type DisclosureAccounting, readAccounting } from './accounting.ts'
import { headRows, incompleteSentences, isIncomplete, lineCells, researchRows, type Wording } from './content.ts'
import { styleOf } from './style.ts'
import { type AccountingTexts, checkTexts, dateText, englishTexts, fill } from './texts.ts'

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Controls that HTML does not allow, not even as references (HTML §13.2.3.5), and lone surrogates, which no file can hold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be replaced
const NOT_HTML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\p{Surrogate}\p{Noncharacter_Code_Point}]/gu

const escaped = (text: string): string =>
  text.replace(NOT_HTML, '\ufffd').replace(/[&<>"']/g, (character) => entities[character] as string)

/** The controls of bidirectional text, which could turn what they stand in, or end the isolation by the element (HTML §3.2.6.2). */
const BIDI_CONTROL = /[\u202a-\u202e\u2066-\u2069]/g
const shown = (control: string) => `[U+${control.charCodeAt(0).toString(16).toUpperCase()}]`

/** Foreign text: escaped, its direction kept from its neighbours, and its controls of direction shown as what they are. */
const isolated = (value: string): string => `<bdi>${escaped(value.replace(BIDI_CONTROL, shown))}</bdi>`

const paragraphs = (texts: readonly string[], className = ''): string =>
  texts.map((text, i) => `<p${className !== '' && i > 0 ? ` class="${className}"` : ''}>${text}</p>`).join('')

function tableOf(lines: readonly AccountingLine[], wording: Wording): string {
  const { texts, say } = wording
  const heads = [
    ['date', texts.columnDate],
    ['who', texts.columnRecipient],
    ['what', texts.columnDescription],
    ['why', texts.columnPurpose],
    ['proof', texts.columnProof],
  ] as const
  // On a phone the table is shown as blocks, and a browser then forgets that it is one: the roles say so again.
  const head = heads.map(([key, label]) => `<th scope="col" role="columnheader" class="${key}">${say(label)}</th>`).join('')
  const cell = (label: string, content: readonly string[]) =>
    `<td role="cell"><span class="label" aria-hidden="true">${say(label)}</span>${paragraphs(content, 'second')}</td>`
  const rows = lines.map((line) => {
    const { date, when, recipient, what, why, proof } = lineCells(line, wording)
    const first = `<th scope="row" role="rowheader"><time datetime="${line.date}">${date}</time>${paragraphs(when)}</th>`
    const rest = [
      cell(texts.columnRecipient, recipient),
      cell(texts.columnDescription, what),
      cell(texts.columnPurpose, why),
      cell(texts.columnProof, proof),
    ]
    return `<tr role="row">${first}${rest.join('')}</tr>`
  })
  return `<table role="table"><caption>${say(texts.linesCaption, { count: String(lines.length) })}</caption>
<thead role="rowgroup"><tr role="row">${head}</tr></thead>
<tbody role="rowgroup">
${rows.join('\n')}
</tbody></table>`
}

function researchOf(accounting: DisclosureAccounting, wording: Wording): string {
  const { texts, say } = wording
  if (accounting.research.length === 0) return ''
  const each = accounting.research.map((research) => {
    const rows = researchRows(research, wording).map(([label, content]) => `<dt>${label}</dt><dd>${paragraphs(content)}</dd>`)
    const assist = research.likely ? `<p>${say(texts.researchAssist)}</p>` : ''
    return `<div class="research"><h3>${isolated(research.name)}</h3><dl>${rows.join('')}</dl>${assist}</div>`
  })
  return `<section aria-labelledby="research"><h2 id="research">${say(texts.researchTitle)}</h2>
<p>${say(texts.researchIntroduction)}</p>
${each.join('\n')}</section>`
}

function noticeOf(accounting: DisclosureAccounting, wording: Wording): string {
  if (!isIncomplete(accounting)) return ''
  const { texts, say } = wording
  const items = incompleteSentences(accounting, wording).map((sentence) => `<li>${sentence}</li>`)
  return `<section class="notice" aria-labelledby="incomplete"><h2 id="incomplete">${say(texts.incompleteTitle)}</h2>
<ul>${items.join('')}</ul></section>`
}

/**
 * An accounting as a page of HTML that stands alone: no script, nothing loaded, readable on a phone and by a screen reader, and ready to
 * print on Letter or A4 with repeated table heads and page numbers. All foreign text is escaped and isolated. The same accounting and the
 * same texts make the same bytes: `verifyAccounting` compares them.
 * @throws PhiError PHI_AUDIT_DISCLOSURES_TEXTS; PHI_AUDIT_DISCLOSURES_FORMAT where it is no accounting
 */
export function renderAccountingHtml(given: DisclosureAccounting, texts: AccountingTexts = englishTexts): string {
  const accounting = readAccounting(given)
  const wording: Wording = {
    texts: checkTexts(texts),
    mark: isolated,
    // The template is escaped, its places are not: braces are no markup.
    say: (template, values = {}) => fill(escaped(template), values),
  }
  const { say } = wording
  const { lines, period, entity, requestedOn } = accounting
  const head = headRows(accounting, wording).map(([label, value]) => `<dt>${label}</dt><dd>${value}</dd>`)
  const isShorter = period.from !== period.outerFrom || period.to !== requestedOn
  const shorter = isShorter ? `<p>${say(texts.periodShorter, { outerFrom: say(dateText(period.outerFrom, texts)) })}</p>` : ''
  const none = `<p><strong>${say(isIncomplete(accounting) ? texts.noLinesIncomplete : texts.noLines)}</strong></p>`
  return `<!doctype html>
<html lang="${escaped(texts.language)}" dir="${texts.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${say(texts.title)}</title>
<style>${styleOf(texts)}</style>
</head>
<body>
<a class="skip" href="#list">${say(texts.skip)}</a>
<main>
<h1>${say(texts.title)}</h1>
<dl>${head.join('')}</dl>
<p>${say(texts.introduction)}</p>
<p>${say(texts.notListed)}</p>
<p>${say(texts.timeZone, { timeZone: isolated(accounting.timeZone) })}</p>
${shorter}
${noticeOf(accounting, wording)}
<section aria-labelledby="list"><h2 id="list" tabindex="-1">${say(texts.linesTitle)}</h2>
${lines.length === 0 ? none : tableOf(lines, wording)}</section>
${researchOf(accounting, wording)}
<section aria-labelledby="check"><h2 id="check">${say(texts.checkTitle)}</h2>
<p>${say(texts.check)}</p>
<p>${say(texts.questions, { responsible: isolated(entity.responsible) })}</p></section>
</main>
</body>
</html>
`
}
