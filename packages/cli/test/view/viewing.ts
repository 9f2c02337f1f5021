import { phi, type Ran, type RunOptions } from '../io.ts'

/** `phi audit view`, running in this process. */
export interface Viewing {
  /** The address that was printed. */
  readonly url: string
  readonly origin: string
  /** What was printed when it began. */
  readonly said: string
  /** Ctrl-C. */
  stop(): Promise<Ran>
  /** Resolves when the command ends by itself. */
  readonly ran: Promise<Ran>
}

export async function viewing(words: readonly string[], options: RunOptions = {}): Promise<Viewing> {
  const stop = new AbortController()
  let said = ''
  let heard: (() => void) | undefined
  const speaks = new Promise<void>((resolve) => {
    heard = resolve
  })
  const ran = phi(['audit', 'view', ...words], {
    signal: stop.signal,
    ...options,
    onOutput: (text) => {
      said += text
      heard?.()
    },
  })
  await Promise.race([speaks, ran])
  const url = /http:\/\/127\.0\.0\.1:\d+\/enter\/[\w-]+/.exec(said)?.[0]
  if (url === undefined) {
    const { code, stderr } = await ran
    throw new Error(`phi audit view did not begin: ${code} ${stderr}`)
  }
  return {
    url,
    origin: new URL(url).origin,
    said,
    ran,
    stop: () => {
      stop.abort()
      return ran
    },
  }
}

/** What a browser does on the first page. */
export async function enter({
  url,
  origin,
}: Viewing): Promise<{ readonly home: string; readonly cookie: string; readonly header: string }> {
  const response = await fetch(url, { method: 'POST', redirect: 'manual', headers: { origin }, body: new URLSearchParams() })
  const header = response.headers.get('set-cookie') ?? ''
  const [cookie = ''] = header.split(';')
  await response.arrayBuffer()
  return { home: `${origin}${response.headers.get('location')}`, cookie, header }
}
