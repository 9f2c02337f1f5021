import type { Citation } from '@phi/core'
import { cited } from '../../citation.ts'

/** An app for everybody, whose vendor signs no agreement for it. */
export interface ConsumerApp {
  /** As it is called, in lower case. */
  readonly name: string
  readonly aliases: readonly string[]
  /**
   * `private`: only those who are invited see it; while the enforcement discretion for telehealth lasted, good-faith use was not
   * penalized. `public`: open to others by its nature, and never allowed. `phone`: the video call of the telephone itself.
   */
  readonly kind: 'private' | 'public' | 'phone'
  /** The requirement that names it; absent where only the notice of the discretion does. */
  readonly requirement?: string
}

/** What a document in the Federal Register set an end to: there is no exception for these apps today. */
export interface EndedDiscretion {
  /** The last day of the discretion, and of the transition after it. */
  readonly ended: string
  readonly transitionEnded: string
  readonly citation: Citation
}

/** Enforcement discretion for telehealth ended with 2023-05-11, and the 90 days of transition with 2023-08-09. */
export const endedDiscretion: EndedDiscretion = Object.freeze({
  ended: '2023-05-11',
  transitionEnded: '2023-08-09',
  citation: /* @__PURE__ */ cited('88 FR 22380', 'secondary'),
})

const app = (name: string, kind: ConsumerApp['kind'], aliases: readonly string[] = [], requirement?: string): ConsumerApp =>
  Object.freeze({ name, aliases: Object.freeze(aliases), kind, ...(requirement === undefined ? {} : { requirement }) })

/**
 * Not accepted for telehealth. The list is not complete, so that an app that is missing is not thereby accepted. A vendor with an edition
 * of its own for health care, such as Zoom, is not on it: its agreement and the edition decide.
 */
// biome-ignore format: a table
export const consumerApps: readonly ConsumerApp[] = Object.freeze([
  app('facetime', 'private', ['apple facetime', 'face time'], 'S71'),
  app('phone video call', 'phone', ['phone video', 'video call by phone', 'native video call', 'carrier video call'], 'S71'),
  app('facebook messenger', 'private', ['messenger', 'facebook messenger video chat', 'messenger video']),
  app('google hangouts', 'private', ['hangouts', 'google hangouts video']),
  app('whatsapp', 'private', ['whatsapp video', 'whatsapp video chat']),
  app('skype', 'private', ['skype video']),
  app('facebook live', 'public'),
  app('twitch', 'public'),
  app('tiktok', 'public', ['tiktok live', 'tik tok']),
])

const plain = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_.-]+/g, ' ')
    .trim()

/** The app of a name, however it is spelled; undefined for a name that is not on the list, which says nothing for it. */
export function consumerAppOf(name: string): ConsumerApp | undefined {
  const asked = plain(name)
  return consumerApps.find((each) => plain(each.name) === asked || each.aliases.some((alias) => plain(alias) === asked))
}
