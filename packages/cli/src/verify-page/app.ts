/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { AuditRecord } from '@phi/audit'
import { plain } from '../view/html.ts'
import { check, keysOfText } from './check.ts'
import { recordHtml, refusedHtml, resultHtml, SHOWN } from './content.ts'

/** Characters that a bundle can have at most, in bytes of UTF-8: larger files are refused before they are read. */
const MAX_BYTES = 256 * 1024 * 1024
const MAX_KEY_BYTES = 65_536

const byId = <Kind extends HTMLElement>(id: string): Kind => document.getElementById(id) as Kind

/** What was given. A file stays a file until it is checked: it may be large. */
let evidence: { readonly name: string; readonly file?: File } | undefined

function say(words: string): void {
  byId('status').textContent = words
}

function take(file: File): void {
  evidence = { name: file.name, file }
  byId<HTMLTextAreaElement>('text').value = ''
  byId('file-name').textContent = `Evidence: ${plain(file.name)}`
  forget('The evidence is taken. Nothing is checked yet.')
}

/** An answer belongs to what was checked: with other evidence or another key it must not stay. */
function forget(words: string): void {
  byId('result').replaceChildren()
  say(words)
}

async function takeKey(file: File): Promise<void> {
  if (file.size > MAX_KEY_BYTES) return forget('This file is too long for a public key.')
  byId<HTMLTextAreaElement>('key').value = await file.text()
  forget('The public key is taken. Nothing is checked yet.')
}

/** Of files that are dropped together, the one that is a key goes into its field. */
async function dropped(files: readonly File[]): Promise<void> {
  for (const file of files) {
    const head = await file.slice(0, 4096).text()
    const isKey = file.size <= MAX_KEY_BYTES && /^(?:#[^\n]*\n|\s)*[^\s{+]+\+[0-9a-f]{8}\+/.test(head)
    if (isKey) await takeKey(file)
    else take(file)
  }
}

/** Lets the page draw what was said before work that holds it up. */
const drawn = (): Promise<void> => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)))

async function textOf(): Promise<{ readonly name: string; readonly text: string } | string> {
  const pasted = byId<HTMLTextAreaElement>('text').value
  if (pasted.trim() !== '') return { name: 'pasted text', text: pasted }
  const file = evidence?.file
  if (file === undefined) return 'There is no evidence. Choose a file, drop one, or paste its text.'
  if (file.size > MAX_BYTES) return 'The file is larger than evidence may be.'
  try {
    return { name: file.name, text: new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()) }
  } catch (error) {
    return error instanceof TypeError
      ? 'The file is not text in UTF-8.'
      : 'The file cannot be read: it was moved or changed meanwhile.'
  }
}

function showRecords(records: readonly AuditRecord[]): void {
  const more = byId('more')
  let shown = 0
  const next = () => {
    const from = shown
    shown = Math.min(records.length, shown + SHOWN)
    const part = document.createElement('div')
    part.innerHTML = records
      .slice(from, shown)
      .map((record) => recordHtml(record).text)
      .join('')
    byId('records').append(part)
    more.hidden = shown === records.length
    byId('count').textContent =
      `${records.length === 1 ? '1 entry' : `${records.length} entries`}${more.hidden ? '' : `, of which ${shown} are shown`}.`
    if (from > 0) {
      const heading = part.querySelector('h3')
      heading?.setAttribute('tabindex', '-1')
      heading?.focus()
    }
  }
  more.querySelector('button')?.addEventListener('click', next)
  next()
}

function refuse(words: string, field: 'text' | 'key'): void {
  const result = byId('result')
  result.innerHTML = refusedHtml(words).text
  if (field === 'key') byId('key').setAttribute('aria-invalid', 'true')
  say('Nothing was checked.')
  byId('verdict').focus()
}

async function verify(): Promise<void> {
  const button = byId<HTMLButtonElement>('verify')
  if (button.disabled) return
  byId('key').removeAttribute('aria-invalid')
  byId('result').replaceChildren()
  say('Being checked …')
  button.disabled = true
  try {
    await drawn()
    const given = await textOf()
    if (typeof given === 'string') return refuse(given, 'text')
    const keyText = byId<HTMLTextAreaElement>('key').value
    const at = Date.now()
    const outcome = check(given.text, keyText, at)
    if (outcome.is === 'refused') return refuse(outcome.words, outcome.what === 'key' ? 'key' : 'text')
    byId('result').innerHTML = resultHtml(outcome, { name: given.name, keys: keysOfText(keyText), at }).text
    showRecords(outcome.records)
    say('Checked.')
    byId('verdict').focus()
  } catch {
    // Memory that ran out, above all: no half of an answer may stay.
    refuse('It could not be checked, for a reason that this page does not know.', 'text')
  } finally {
    button.disabled = false
  }
}

function start(): void {
  byId('form').addEventListener('submit', (event) => {
    event.preventDefault()
    void verify()
  })
  byId<HTMLInputElement>('file').addEventListener('change', ({ target }) => {
    const file = (target as HTMLInputElement).files?.[0]
    if (file !== undefined) take(file)
  })
  byId<HTMLInputElement>('key-file').addEventListener('change', ({ target }) => {
    const file = (target as HTMLInputElement).files?.[0]
    if (file !== undefined) void takeKey(file)
  })
  for (const id of ['text', 'key']) byId(id).addEventListener('input', () => forget(''))
  byId('clear').addEventListener('click', () => {
    evidence = undefined
    byId<HTMLFormElement>('form').reset()
    byId('file-name').textContent = 'No evidence yet.'
    forget('Cleared.')
    byId('file').focus()
  })
  const drop = byId('drop')
  let depth = 0
  document.addEventListener('dragenter', (event) => {
    event.preventDefault()
    depth++
    drop.classList.add('over')
  })
  document.addEventListener('dragleave', () => {
    depth = Math.max(0, depth - 1)
    if (depth === 0) drop.classList.remove('over')
  })
  // Without this, a browser leaves the page for what is dropped beside the field.
  document.addEventListener('dragover', (event) => event.preventDefault())
  document.addEventListener('drop', (event) => {
    event.preventDefault()
    depth = 0
    drop.classList.remove('over')
    void dropped([...(event.dataTransfer?.files ?? [])])
  })
}

start()
