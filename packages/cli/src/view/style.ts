/**
 * The style of the pages of `phi audit view` and of the page that verifies evidence: one column on a phone, tables on a desk, light or dark
 * as the reader's system has it. Text has a contrast of 7:1 or more; nothing is told by colour alone; sizes are relative.
 */
export const style = `
:root { color-scheme: light dark;
  --paper: #ffffff; --ink: #1a1a1a; --soft: #4a4a4a; --line: #767676; --band: #eef1f4; --link: #003d80; --focus: #003d80;
  --good: #00471b; --good-paper: #e8f5ec; --bad: #7a0010; --bad-paper: #fdecee; --open: #5a3a00; --open-paper: #fff5de; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14171a; --ink: #f0f0f0; --soft: #c4c8cc; --line: #80868c; --band: #22272c; --link: #a8d0ff; --focus: #ffd75e;
  --good: #a6e8bb; --good-paper: #10291a; --bad: #ffb8c0; --bad-paper: #381218; --open: #ffdf9c; --open-paper: #322608; } }
* { box-sizing: border-box; }
html { font-size: 100%; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 80rem; padding: 0 1rem 3rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", "Noto Sans", "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1.25rem 0 0.5rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 1.75rem 0 0.5rem; }
h3 { font-size: 1.05rem; margin: 1.25rem 0 0.25rem; }
h4 { font-size: 1rem; margin: 0.75rem 0 0.1rem; }
p { margin: 0 0 0.75rem; max-width: 48rem; }
a { color: var(--link); text-underline-offset: 0.15em; }
bdi { overflow-wrap: anywhere; white-space: pre-line; }
:focus-visible { outline: 0.2rem solid var(--focus); outline-offset: 0.15rem; }
.skip { position: absolute; inset-inline-start: -100rem; }
.skip:focus { position: static; display: inline-block; padding: 0.5rem; }
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.unseen-mark { border: 1px dashed var(--line); border-radius: 0.2rem; padding: 0 0.15rem; font-size: 0.85em; }
header { border-block-end: 2px solid var(--line); padding: 0.75rem 0; }
header p { margin: 0; max-width: none; }
header .log { font-size: 1.05rem; font-weight: 700; }
header .who { color: var(--soft); }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0.5rem 0 0; padding: 0; align-items: center; }
nav a { display: inline-block; padding: 0.3rem 0; }
nav a[aria-current] { font-weight: 700; color: var(--ink); }
form.search { background: var(--band); padding: 0.75rem 1rem 1rem; margin: 0.75rem 0; }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(13rem, 100%), 1fr)); gap: 0.75rem 1rem; margin-block-end: 0.75rem; align-items: start; }
label { display: block; font-weight: 600; }
.hint { color: var(--soft); font-size: 0.9rem; font-weight: 400; }
.fields .hint { display: block; }
input, select, textarea { inline-size: 100%; font: inherit; padding: 0.4rem 0.5rem; color: var(--ink); background: var(--paper);
  border: 1px solid var(--line); border-radius: 0.25rem; min-block-size: 2.5rem; }
input[aria-invalid="true"], textarea[aria-invalid="true"] { border: 2px solid var(--bad); }
input[type="file"] { border: 0; padding-inline: 0; background: transparent; }
button { font: inherit; font-weight: 600; padding: 0.45rem 1rem; min-block-size: 2.5rem; border: 1px solid var(--link); border-radius: 0.25rem;
  color: var(--paper); background: var(--link); cursor: pointer; }
button.second { color: var(--link); background: var(--paper); }
button:disabled { color: var(--soft); background: var(--band); border-color: var(--line); cursor: not-allowed; }
.row { display: flex; flex-wrap: wrap; gap: 0.5rem 0.75rem; align-items: center; margin: 0.75rem 0; }
.row form { margin: 0; }
table { border-collapse: collapse; inline-size: 100%; margin: 0.75rem 0; }
caption { text-align: start; font-weight: 600; padding-block-end: 0.4rem; }
th, td { border-block-end: 1px solid var(--line); padding: 0.4rem 0.6rem 0.4rem 0; text-align: start; vertical-align: top; }
thead th { border-block-end-width: 2px; }
tbody th { font-weight: 400; }
td p, th p, dd p { margin: 0; }
.second-line { color: var(--soft); font-size: 0.9rem; }
time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.label { display: none; }
.gap td { background: var(--band); color: var(--soft); font-style: italic; padding-inline-start: 0.6rem; }
.tag { display: inline-block; border: 1px solid currentcolor; border-radius: 0.25rem; padding: 0 0.35rem; font-size: 0.9rem; font-weight: 600; }
.tag.plain { border-color: transparent; padding-inline: 0; font-weight: 400; }
.tag.bad { color: var(--bad); } .tag.open { color: var(--open); } .tag.good { color: var(--good); }
dl { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: 0.25rem 1rem; margin: 0 0 1rem; }
dt { font-weight: 600; }
dd { grid-column: 2; margin: 0; min-inline-size: 0; overflow-wrap: anywhere; }
code { font-family: ui-monospace, "Liberation Mono", Menlo, Consolas, monospace; font-size: 0.9em; overflow-wrap: anywhere; }
.notice { border: 1px solid var(--line); border-inline-start-width: 0.5rem; padding: 0.6rem 1rem; margin: 1rem 0; max-width: 60rem; }
.notice h2, .notice p:last-child { margin-block: 0; }
.notice.good { border-color: var(--good); background: var(--good-paper); color: var(--good); }
.notice.bad { border-color: var(--bad); background: var(--bad-paper); color: var(--bad); }
.notice.open { border-color: var(--open); background: var(--open-paper); color: var(--open); }
.findings { padding-inline-start: 1.25rem; } .findings li { margin-block-end: 0.6rem; }
progress { inline-size: min(30rem, 100%); block-size: 1.25rem; display: block; margin: 0.25rem 0 0.5rem; }
.drop { border: 2px dashed var(--line); border-radius: 0.4rem; padding: 1rem; margin: 0.75rem 0; }
.drop h2 { margin-block-start: 0; }
.drop.over { border-color: var(--focus); background: var(--band); }
article { border-block-start: 1px solid var(--line); padding-block: 0.25rem; }
summary { cursor: pointer; padding: 0.4rem 0; font-weight: 600; }
@media screen and (max-width: 48rem) {
  dl { display: block; } dd { margin-block-end: 0.5rem; }
  thead { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  table, tbody, tr, th, td, caption { display: block; }
  tbody tr { border: 1px solid var(--line); margin-block-end: 0.75rem; padding: 0.25rem 0.6rem; }
  tbody tr.gap { border: 0; padding: 0; }
  th, td { border: 0; padding: 0.15rem 0; }
  td.none { display: none; }
  .label { display: inline; color: var(--soft); font-weight: 600; margin-inline-end: 0.35rem; }
}
@media (prefers-reduced-motion: no-preference) { .drop { transition: background-color 0.15s; } }
@media print {
  :root { --paper: #ffffff; --ink: #000000; --soft: #333333; --band: #ffffff; --link: #000000; --good: #000000; --bad: #000000; --open: #000000;
    --good-paper: #ffffff; --bad-paper: #ffffff; --open-paper: #ffffff; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav, .skip, form, button, .drop, .no-print { display: none !important; }
  thead { display: table-header-group; } tr, article, .findings li, .notice { break-inside: avoid; } h1, h2, h3 { break-after: avoid; }
}
@page { margin: 18mm 15mm; }
`
