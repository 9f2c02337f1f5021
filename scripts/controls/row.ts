import type { Confirmation } from '../../packages/core/src/index.ts'
import { confirmationOf, type Standing, standings } from './citations.ts'

/** `feature`: a package does it, where it is put in the way. `part`: it helps with a part. `yours`: no library can. */
export type Answer = 'feature' | 'part' | 'yours'

/** A test by its file and the beginning of its title, or of the title of a block around it. */
export interface CitedTest {
  readonly file: string
  readonly title: string
}

export interface ControlRow {
  readonly citation: string
  readonly confirmation: Confirmation
  /** Absent for what is no standard or specification of the Security Rule, and where no table of ours says it. */
  readonly standing?: Standing
  /** What the text asks, in our words. */
  readonly asks: string
  readonly answer: Answer
  /** What the packages do or keep. */
  readonly gives: string
  /** What stays with people. Absent for a `feature` alone. */
  readonly yours?: string
  readonly who?: string
  /** Short names of packages. */
  readonly packages: readonly string[]
  /** Where to read on, from the root of the repository. */
  readonly guides: readonly string[]
  readonly tests: readonly CitedTest[]
  /** Rows of the list of requirements that ask the same. */
  readonly requirements: readonly string[]
}

interface Details {
  readonly gives: string
  readonly packages: string
  readonly guides: string
  readonly tests: readonly CitedTest[]
  readonly requirements?: string
}

const words = (list: string): readonly string[] => (list === '' ? [] : list.split(' '))

function rowOf(
  citation: string,
  asks: string,
  answer: Answer,
  details: Details,
  yours?: { yours: string; who: string },
): ControlRow {
  const confirmation = confirmationOf(citation)
  if (confirmation === undefined) throw new Error(`no table of a package cites ${citation}`)
  const standing = standings.get(citation)
  return {
    citation,
    confirmation,
    ...(standing === undefined ? {} : { standing }),
    asks,
    answer,
    gives: details.gives,
    ...yours,
    packages: words(details.packages),
    guides: words(details.guides),
    tests: details.tests,
    requirements: words(details.requirements ?? ''),
  }
}

export const test = (file: string, title: string): CitedTest => ({ file, title })

/** What a package does, where it is put in the way. */
export const feature = (citation: string, asks: string, details: Details): ControlRow =>
  rowOf(citation, asks, 'feature', details)

/** What a package helps with; `yours` is the rest. */
export const part = (citation: string, asks: string, details: Details & { yours: string; who: string }): ControlRow =>
  rowOf(citation, asks, 'part', details, { yours: details.yours, who: details.who })

/** What no library can do. `gives` says what record of it can be kept. */
export const yours = (citation: string, asks: string, details: Details & { yours: string; who: string }): ControlRow =>
  rowOf(citation, asks, 'yours', details, { yours: details.yours, who: details.who })
