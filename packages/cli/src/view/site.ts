import { auditActions, auditOutcomes } from '@phi/audit'
import { writeCsv, writeJson } from '@phi/audit/export'
import { type Clock, formatInstant, isInstant, isPhiError } from '@phi/core'
import { cliError } from '../errors.ts'
import type { Frame } from './frame.ts'
import type { Asked, Reply } from './http.ts'
import { closedPage, enterPage, entryPage, followPage, problemPage, searchPage, verifyPage } from './pages.ts'
import { script } from './script.ts'
import { cursorOf, readSearch } from './search.ts'
import type { ViewSession } from './session.ts'
import { style } from './style.ts'
import { verifying } from './verification.ts'
import type { Viewed } from './viewed.ts'

const COOKIE = 'phi-view'
const PAGE = 50
const FOLLOW_PAGE = 100

const page = (body: string, status = 200): Reply => ({ status, type: 'text/html', body })
/** Holds nothing of a log, and is kept by the browser: the last page is shown when this server is gone already. */
const asset = (type: string, body: string): Reply => ({
  status: 200,
  type,
  headers: { 'cache-control': 'private, max-age=3600' },
  body,
})
const to = (path: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status: 303,
  headers: { location: path, ...headers },
})

/** What went wrong, in the words of the catalogue. What is no error of ours is a defect, whose text could hold anything. */
const wordsOf = (error: unknown): string => (isPhiError(error) ? error : cliError('PHI_CLI_DEFECT')).message

/** What failed outside of any page of a session. */
export const failedReply = (error: unknown): Reply => page(closedPage(`This could not be answered. ${wordsOf(error)}`), 500)

export interface Site {
  answer(asked: Asked): Promise<Reply>
  close(): Promise<void>
}

/**
 * The pages over one source, for one session.
 * @param ended is called when the person ends the session
 */
export function viewSite(options: {
  readonly viewed: Viewed
  readonly session: ViewSession
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly ended: () => void
}): Site {
  const { viewed, session, clock, signal, ended } = options
  const { path } = session
  const job = verifying(viewed.verify, clock, signal)
  const known = { actions: auditActions, outcomes: auditOutcomes }
  const frame = (): Frame => ({ viewed, path, verification: job.state() })

  async function enter({ method, url }: Asked): Promise<Reply> {
    const given = url.pathname.slice('/enter/'.length)
    if (!session.isTicket(given)) return page(closedPage('This address opens nothing.'), 404)
    if (method === 'GET') return page(enterPage(viewed, url.pathname))
    let cookie: string | undefined
    try {
      cookie = await session.enter(async () => viewed.begin?.())
    } catch (error) {
      // What cannot be recorded is not shown.
      return page(
        enterPage(viewed, url.pathname, `That you read the log could not be recorded, so it was not opened. ${wordsOf(error)}`),
        503,
      )
    }
    if (cookie === undefined) return page(closedPage('This address was used before.'), 410)
    return to(path, { 'set-cookie': `${COOKIE}=${cookie}; Path=${path}; HttpOnly; SameSite=Strict` })
  }

  const getters: Readonly<Record<string, (asked: Asked) => Promise<Reply>>> = {
    '': async ({ url }) => {
      const search = readSearch(url.searchParams, known)
      if (search.query === undefined) return page(searchPage(frame(), search, undefined, known), 400)
      const given = url.searchParams.get('cursor')
      const cursor = cursorOf(given, 'newest')
      if (given !== null && cursor === undefined) return wrong()
      const found = await viewed.query({ ...search.query, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
      return page(searchPage(frame(), search, found, known))
    },
    follow: async ({ url }) => {
      const [actor, patient, given, since] = ['actor', 'patient', 'cursor', 'since'].map((name) => url.searchParams.get(name))
      const cursor = cursorOf(given ?? null, 'oldest')
      const isOne = (id: string | null | undefined): id is string => typeof id === 'string' && id.length > 0 && id.length <= 256
      const who = isOne(actor) && patient === null ? { actor } : isOne(patient) && actor === null ? { patient } : undefined
      if (who === undefined || (given !== null && cursor === undefined) || (since != null && !isInstant(since))) return wrong()
      const found = await viewed.query({
        ...who,
        order: 'oldest',
        limit: FOLLOW_PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      })
      return page(followPage(frame(), who, found, since ?? undefined))
    },
    entry: async ({ url }) => {
      const text = url.searchParams.get('index') ?? ''
      if (!/^(0|[1-9]\d{0,14})$/.test(text)) return wrong()
      const record = await viewed.entry(Number(text))
      if (record === undefined) return page(problemPage(frame(), 'No such entry', 'No entry of this number is here.'), 404)
      return page(entryPage(frame(), record))
    },
    verify: async () => {
      const state = job.state()
      return page(verifyPage(frame(), state.is === 'failed' ? wordsOf(state.error) : undefined))
    },
    'verify.json': async () => {
      const state = job.state()
      const body = JSON.stringify(state.is === 'running' ? state : { is: state.is })
      return { status: 200, type: 'application/json', body }
    },
  }

  const posters: Readonly<Record<string, (asked: Asked) => Promise<Reply>>> = {
    verify: async () => {
      job.start()
      return to(`${path}verify`)
    },
    'verify/stop': async () => {
      await job.stop()
      return to(`${path}verify`)
    },
    export: exported,
    end: async () => {
      session.end()
      // After the answer: it would be cut off with the server.
      return { ...page(closedPage('The session has ended.')), headers: { connection: 'close' }, after: ended }
    },
  }

  const wrong = (): Reply => page(problemPage(frame(), 'This cannot be read', 'The address is not one of these pages.'), 400)

  async function exported({ form }: Asked): Promise<Reply> {
    const as = form.get('as')
    const search = readSearch(form, known)
    if ((as !== 'csv' && as !== 'json') || search.query === undefined) return wrong()
    const query = Object.keys(search.query).length === 0 ? undefined : search.query
    // The first record is taken before the answer begins: what cannot be recorded or read is an error page, and not an empty file.
    const records = viewed.export(query)[Symbol.asyncIterator]()
    const first = await records.next()
    async function* all() {
      try {
        for (let each = first; each.done !== true; each = await records.next()) {
          signal.throwIfAborted()
          yield each.value
        }
      } finally {
        await records.return?.()
      }
    }
    const day = formatInstant(clock()).slice(0, 10)
    return {
      status: 200,
      type: as === 'csv' ? 'text/csv' : 'application/json',
      headers: { 'content-disposition': `attachment; filename="audit-${day}.${as}"` },
      body: as === 'csv' ? writeCsv(all(), { end: true }) : writeJson(all()),
    }
  }

  return {
    async answer(asked) {
      const { method, url, cookies } = asked
      const { pathname } = url
      if (method === 'GET' && pathname === '/style.css') return asset('text/css', style)
      if (method === 'GET' && pathname === '/view.js') return asset('text/javascript', script)
      if (pathname.startsWith('/enter/')) return enter(asked)
      if (!pathname.startsWith(path)) return page(closedPage('There is nothing here.'), 404)
      const name = pathname.slice(path.length)
      const state = session.state(cookies.get(COOKIE), name !== 'verify.json')
      if (state !== 'open')
        return page(
          closedPage(
            state === 'over'
              ? 'The session is over: it was ended, or nobody used it for 15 minutes.'
              : 'This page asks for a session.',
          ),
          401,
        )
      const answers = method === 'GET' ? getters : posters
      const handler = Object.hasOwn(answers, name) ? answers[name] : undefined
      if (handler === undefined) return page(problemPage(frame(), 'No such page', 'There is no page here.'), 404)
      try {
        return await handler(asked)
      } catch (error) {
        return page(problemPage(frame(), 'This could not be answered', wordsOf(error)), 500)
      }
    },
    close: () => job.stop(),
  }
}
