/** One waiting changeset: which packages move how far, and what it says to their users. */
export interface Changeset {
  readonly name: string
  readonly bumps: ReadonlyMap<string, 'major' | 'minor' | 'patch'>
  readonly paragraphs: readonly string[]
}

export interface PackageHistory {
  readonly name: string
  readonly version: string
  /** The text of its CHANGELOG.md, where there is one. */
  readonly changelog?: string
}

/** @throws Error where the text is no changeset: a change that is left out would not be missed by anybody. */
export function parseChangeset(name: string, text: string): Changeset {
  const [, front, body] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text.replaceAll('\r\n', '\n')) ?? []
  if (front === undefined || body === undefined) throw new Error(`${name} does not begin with the list of its packages`)
  const bumps = front.split('\n').map((line) => {
    const [, changed, bump] = /^['"]?(@[a-z]+\/[a-z-]+)['"]?: (major|minor|patch)$/.exec(line) ?? []
    if (changed === undefined) throw new Error(`${name} has a line that names no package and bump`)
    return [changed, bump as 'major' | 'minor' | 'patch'] as const
  })
  const paragraphs = body
    .split(/\n{2,}/)
    .map((each) => each.trim())
    .filter((each) => each !== '')
  if (paragraphs.length === 0) throw new Error(`${name} says nothing`)
  return { name, bumps: new Map(bumps), paragraphs }
}

const names = (paragraph: string, changed: string): boolean => new RegExp(`${changed}(?![a-z-])`).test(paragraph)

/** What of a changeset concerns a package: the paragraphs that name it, and those that name none of the packages it moves. */
export function paragraphsFor(changed: string, { bumps, paragraphs }: Changeset): readonly string[] {
  const own = paragraphs.filter((each) => names(each, changed))
  const general = paragraphs.filter((each) => ![...bumps.keys()].some((name) => names(each, name)))
  return paragraphs.filter((each) => own.includes(each) || general.includes(each))
}

const unwrapped = (paragraph: string): string => paragraph.replaceAll('\n', ' ')

function unreleased(name: string, changesets: readonly Changeset[]): string[] {
  return changesets
    .filter(({ bumps }) => bumps.has(name))
    .map((each) => ({ ...each, about: paragraphsFor(name, each) }))
    .map(({ bumps, about, name: changeset }) => {
      const said = about.length > 0 ? about.map(unwrapped) : [`Changed together with others: \`${changeset}\`.`]
      return `- *${bumps.get(name)}*: ${said.join('\n\n  ')}`
    })
}

/** Versions of a CHANGELOG.md, the newest first as changesets writes them, with headings two levels further down. */
const released = (changelog: string): string =>
  changelog
    .replaceAll('\r\n', '\n')
    .replace(/^# .*\n+/, '')
    .replace(/^(#+) /gm, '#$1 ')
    .trim()

/** docs/changelog.md */
export function renderedChangelog(packages: readonly PackageHistory[], changesets: readonly Changeset[]): string {
  const parts = packages.map(({ name, version, changelog }) => {
    const waiting = unreleased(name, changesets)
    const next = waiting.length === 0 ? [] : [`### Unreleased, after ${version}\n\n${waiting.join('\n')}`]
    const past = changelog === undefined ? [] : [released(changelog)]
    const all = [...next, ...past]
    return `## ${name}\n\n${all.length === 0 ? 'Nothing yet.' : all.join('\n\n')}\n`
  })
  return `# Changelog

<!-- Written by scripts/changelog/main.ts from .changeset and the CHANGELOG.md of each package. Do not edit. -->

What changed for the users of each package, the newest version first. What waits for the next version stands under "Unreleased", with how
far it will move the version. Before 1.0.0 a minor version may change what programs rely on; stored formats have versions of their own,
which [The formats](formats/README.md) describe.

${parts.join('\n')}`
}
