import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Io } from '../io.ts'
import { html } from './html.ts'

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/**
 * Opens an address in the person's browser. Not as a word of a command line, which other people of this machine can read: by a page that
 * only its owner can read, and that leads on. Where no browser starts, the printed address is still there.
 * @returns takes that page away
 */
export async function openBrowser(io: Io, url: string): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'phi-view-'))
  const file = join(folder, 'open.html')
  const page = html`<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${url}"><title>Audit log</title><p><a href="${url}">Open the audit log</a></p></html>`
  await writeFile(file, page.text, { mode: 0o600, flag: 'wx' })
  const [command, ...first] = openers[platform()] ?? ['xdg-open']
  const env = Object.fromEntries(Object.entries(io.env).filter((each): each is [string, string] => each[1] !== undefined))
  await new Promise<void>((resolve) => {
    const child = spawn(command, [...first, pathToFileURL(file).href], { detached: true, stdio: 'ignore', env })
    child.once('error', () => resolve())
    child.once('spawn', () => {
      child.unref()
      resolve()
    })
  })
  return () => rm(folder, { recursive: true, force: true })
}
