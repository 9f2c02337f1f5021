import { isInstant } from '@phi/core'
import { freeze } from '../../freeze.ts'
import { telehealthError } from '../errors.ts'

/** `refuse`: the link is not sent anywhere. `warn`: a person should look. */
export type LinkSeverity = 'refuse' | 'warn'

/** What can be wrong with a link to a session. None of these hold any of the link. */
export const linkFindings = freeze({
  'not-an-address': { severity: 'refuse', remedy: 'Give the whole address, beginning with https.' },
  'not-https': { severity: 'refuse', remedy: 'Use the address that begins with https.' },
  credentials: { severity: 'refuse', remedy: 'Take the user name and the password out of the address.' },
  'host-secret': { severity: 'refuse', remedy: 'Use the link for guests: this one lets whoever has it act as the host.' },
  'client-name': { severity: 'refuse', remedy: 'Make a link that does not hold the name of the client.' },
  'identifier-like': {
    severity: 'warn',
    remedy:
      'Something in the address looks like an e-mail address, a telephone number, a date or a number of a person: make a link without it.',
  },
  'names-a-person': {
    severity: 'warn',
    remedy:
      'A part of the address is called by what it says of a person, such as a name or a date of birth: make a link without it.',
  },
  passcode: {
    severity: 'warn',
    remedy: 'The passcode stands in the address: whoever receives it can knock. Leave the waiting room on.',
  },
  'personal-room': {
    severity: 'warn',
    remedy: 'One room for all sessions lets clients overlap: make a link for each session, or leave the waiting room on.',
  },
} as const) satisfies { readonly [code: string]: { readonly severity: LinkSeverity; readonly remedy: string } }
export type LinkFindingCode = keyof typeof linkFindings

export interface LinkFinding {
  readonly code: LinkFindingCode
  readonly severity: LinkSeverity
  readonly remedy: string
}

export interface LinkReport {
  /** Whether nothing refuses it. A report with warnings is not for a program to read as "no PHI". */
  readonly usable: boolean
  readonly https: boolean
  /** Whether the same address serves many sessions. `unknown`: the form of the address does not say. */
  readonly room: 'personal' | 'per-session' | 'unknown'
  readonly findings: readonly LinkFinding[]
}

export interface LinkHints {
  /** Names of the client, in full: a link that holds one of them is refused. One of less than three letters is not looked for. */
  readonly names?: readonly string[] | undefined
  /** What is known of the link: made for one session, or for all. */
  readonly room?: 'personal' | 'per-session' | undefined
}

const LONGEST = 2048
// Parts that are called by what they say of a person.
const PERSONAL =
  /^(?:first|last|given|family|full|client|patient|member|user|display)?_?-?name$|^(?:uname|patient|client|member)(?:_?-?id)?$|^(?:dob|birth_?-?date|date_?-?of_?-?birth|ssn|mrn|e?-?mail|phone|mobile|tel|address|zip|insurance|diagnosis|dx|icd(?:10)?|cpt|condition|reason)$/i
// Parts that let whoever has them act as the host, or as a signed-in user.
const HOST_SECRETS =
  /^(?:zak|host_?-?key|start_?-?token|access_?-?token|id_?-?token|refresh_?-?token|api_?-?key|secret|client_?-?secret|session_?-?id|jsessionid|phpsessid|sid|authorization|password|passwd)$/i
const PASSCODES = /^(?:pwd|passcode|pass|pin|code|tk|token|jwt)$/i
const EMAIL = /[^\s@/?#&=;]+@[^\s@/?#&=;]+\.[a-z]{2,}/i
const SSN = /(?:^|\D)\d{3}-\d{2}-\d{4}(?:\D|$)/
const PHONE = /(?:^|\D)(?:\+?1[-. ]?)?\(?[2-9]\d{2}\)?[-. ][2-9]\d{2}[-. ]\d{4}(?:\D|$)/
const DATE =
  /(?:^|\D)(?:19|20)\d{2}[-_/.](?:0[1-9]|1[0-2])[-_/.](?:0[1-9]|[12]\d|3[01])(?:\D|$)|(?:^|\D)(?:0?[1-9]|1[0-2])[-_/.](?:0?[1-9]|[12]\d|3[01])[-_/.](?:19|20)\d{2}(?:\D|$)/

/** Of known vendors, the addresses that are one room for all sessions. Of others the form says nothing. */
const personalRooms: readonly { readonly host: RegExp; readonly path: RegExp }[] = [
  { host: /(?:^|\.)zoom\.us$/, path: /^\/my\// },
  // A personal meeting ID has ten digits, that of a scheduled meeting eleven, or nine in older accounts.
  { host: /(?:^|\.)zoom\.us$/, path: /^\/j\/\d{10}$/ },
  { host: /(?:^|\.)doxy\.me$/, path: /^\/[^/]+\/?$/ },
  { host: /^meet\.google\.com$/, path: /^\/lookup\// },
]

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** Letters and digits alone, without accents: `José-María` and `josemaria` are one. */
const letters = (text: string) =>
  text
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase()

/**
 * Looks at a link to a session: https (S68), no credentials, nothing of the client in it, and not one room for all if that can be told
 * (S69). What looks like an identifier is a warning, for a heuristic finds neither everything nor only what is there.
 */
export function inspectLink(link: string, hints: LinkHints = {}): LinkReport {
  const found = new Set<LinkFindingCode>()
  const url = addressOf(link)
  if (url === undefined) return report(found.add('not-an-address'), false, 'unknown')
  const https = url.protocol === 'https:'
  if (!https) found.add('not-https')
  if (url.username !== '' || url.password !== '') found.add('credentials')
  const parts = partsOf(url)
  const text = decoded(decoded(`${url.hostname}${url.pathname}${url.search}${url.hash}`))
  for (const [key] of parts) {
    if (HOST_SECRETS.test(key)) found.add('host-secret')
    else if (PASSCODES.test(key)) found.add('passcode')
    else if (PERSONAL.test(key)) found.add('names-a-person')
  }
  // Zoom's address for the host, which starts the meeting.
  if (/(?:^|\.)zoom\.us$/.test(url.hostname) && /^\/s\//.test(url.pathname)) found.add('host-secret')
  if ([EMAIL, SSN, PHONE, DATE].some((each) => each.test(text))) found.add('identifier-like')
  if (holdsName(text, hints.names ?? [])) found.add('client-name')
  const known = personalRooms.some(({ host, path }) => host.test(url.hostname) && path.test(url.pathname))
  const room = known ? 'personal' : (hints.room ?? 'unknown')
  if (room === 'personal') found.add('personal-room')
  return report(found, https, room)
}

function addressOf(link: unknown): URL | undefined {
  if (typeof link !== 'string' || link.length > LONGEST || /[\s\p{Cc}\p{Cf}\\]/u.test(link)) return undefined
  // Both slashes are written: `https:host` is not what anybody means to send.
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(link) || !URL.canParse(link)) return undefined
  const url = new URL(link)
  return url.hostname === '' ? undefined : url
}

/** The members of the query and of the fragment. */
function partsOf(url: URL): readonly (readonly [string, string])[] {
  const fragment = url.hash.slice(1).replace(/^[^?&=]*\?/, '')
  return [...url.searchParams, ...new URLSearchParams(fragment)]
}

/** Whole names of three letters and more, for a shorter one is in every address. */
function holdsName(text: string, names: readonly string[]): boolean {
  const plain = letters(text)
  return names.some((name) => {
    const wanted = letters(name)
    return wanted.length >= 3 && plain.includes(wanted)
  })
}

function report(found: ReadonlySet<LinkFindingCode>, https: boolean, room: LinkReport['room']): LinkReport {
  const findings = [...found].map((code) => Object.freeze({ code, ...linkFindings[code] }))
  const usable = findings.every(({ severity }) => severity !== 'refuse')
  return Object.freeze({ usable, https, room, findings: Object.freeze(findings) })
}

/** A session as far as its link matters. */
export interface LinkedSession {
  readonly id: string
  readonly link: string
  /** Instants. */
  readonly starts: string
  readonly ends: string
}

/**
 * Pairs of sessions that share a link and meet in time, by their ids: there a client can walk in on another (S69). `margin`: minutes that
 * clients come early and sessions run late; two sessions back to back meet when it is 1.
 * @throws PhiError PHI_BAA_LINK for a session whose beginning or end is no instant: it would hide others
 */
export function overlappingLinks(sessions: readonly LinkedSession[], margin = 0): readonly (readonly [string, string])[] {
  if (!sessions.every(({ starts, ends }) => isInstant(starts) && isInstant(ends))) {
    throw telehealthError('PHI_BAA_LINK', { path: 'sessions.*', detail: 'must begin and end at instants' })
  }
  const pairs: (readonly [string, string])[] = []
  const spans = sessions
    .map(({ id, link, starts, ends }) => ({ id, link, from: Date.parse(starts), to: Date.parse(ends) }))
    .sort((a, b) => a.from - b.from)
  spans.forEach((each, index) => {
    for (const next of spans.slice(index + 1)) {
      if (next.from >= each.to + margin * 60_000) break
      if (next.link === each.link) pairs.push(Object.freeze([each.id, next.id] as const))
    }
  })
  return Object.freeze(pairs)
}
