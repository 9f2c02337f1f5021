// Judges what `npm audit --json` reports (report version 2). A report that cannot be had or read is never a pass.

import { npm } from './npm.ts'

export const SEVERITIES = ['info', 'low', 'moderate', 'high', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface Advisory {
  /** GHSA-…, or npm's number where the address names none. */
  readonly id: string
  readonly package: string
  readonly severity: Severity
  readonly title: string
  readonly range: string
}

/** One advisory that somebody has judged: why it does no harm here, and until when that judgment holds. */
export interface Exception {
  readonly advisory: string
  readonly package: string
  readonly reason: string
  /** The last day, in UTC: YYYY-MM-DD. */
  readonly expires: string
}

/** What stops a build: in what users install, a severity of `high`; in tools of this repository, `critical`. */
export const POLICY = { production: 'high', everything: 'critical' } as const

/** A judgment that nobody looks at again is no judgment. */
export const LONGEST_EXCEPTION_DAYS = 180

const DAY = 86_400_000

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isSeverity = (value: unknown): value is Severity => SEVERITIES.some((severity) => severity === value)

const atLeast = (severity: Severity, floor: Severity): boolean => SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(floor)

const advisoryOf = (via: Readonly<Record<string, unknown>>): Advisory => {
  const { source, name, url, title, severity, range } = via
  if (typeof name !== 'string' || !isSeverity(severity)) throw new Error('npm audit: an advisory without name or severity')
  const id = /GHSA(-[0-9a-z]{4}){3}/.exec(String(url))?.[0] ?? `npm:${String(source)}`
  return { id, package: name, severity, title: String(title ?? ''), range: String(range ?? '') }
}

/**
 * The advisories of a report, each once. A package that is only touched through another (`via` names it) adds nothing.
 * Throws where the report is no report: npm writes an object with `message` when the registry refuses or is not there.
 */
export const advisoriesOf = (report: unknown): Advisory[] => {
  if (!isRecord(report) || report.auditReportVersion !== 2 || !isRecord(report.vulnerabilities)) {
    const said = isRecord(report) && typeof report.message === 'string' ? `: ${report.message}` : ''
    throw new Error(
      `npm audit gave no report${said}. Nothing is known about the dependencies, so this is no pass; try again later`,
    )
  }
  const found = new Map<string, Advisory>()
  for (const [name, vulnerability] of Object.entries(report.vulnerabilities)) {
    const { via, severity } = isRecord(vulnerability) ? vulnerability : {}
    if (!Array.isArray(via) || via.length === 0 || !isSeverity(severity)) throw new Error(`npm audit: ${name} has no cause`)
    for (const cause of via) {
      if (isRecord(cause)) {
        const advisory = advisoryOf(cause)
        found.set(`${advisory.id} ${advisory.package}`, advisory)
      } else if (typeof cause !== 'string' || !(cause in report.vulnerabilities)) {
        throw new Error(`npm audit: ${name} has a cause that the report does not explain`)
      }
    }
  }
  return [...found.values()].sort((a, b) => `${a.package} ${a.id}`.localeCompare(`${b.package} ${b.id}`, 'en'))
}

const exceptionProblems = (exceptions: readonly Exception[], today: string): string[] =>
  exceptions.flatMap(({ advisory, package: name, reason, expires }) => {
    const what = `the exception for ${advisory} in ${name}`
    const last = Date.parse(`${expires}T00:00:00Z`)
    if (!/^\d{4}-\d{2}-\d{2}$/.test(expires) || Number.isNaN(last)) return [`${what} has no date: expires must be YYYY-MM-DD`]
    const days = (last - Date.parse(`${today}T00:00:00Z`)) / DAY
    if (days < 0) return [`${what} expired on ${expires}: judge it again, or update`]
    if (days > LONGEST_EXCEPTION_DAYS) return [`${what} lasts longer than ${LONGEST_EXCEPTION_DAYS} days`]
    return reason.trim().length < 20 ? [`${what} gives no reason`] : []
  })

export interface Judgment {
  /** Empty means: pass. */
  readonly problems: readonly string[]
  /** Advisories that do not stop a build, and why not. */
  readonly notes: readonly string[]
}

export interface Reports {
  /** Of what users of published packages install. */
  readonly production: unknown
  /** Of all that is installed here. */
  readonly everything: unknown
}

/** Judges both reports on a day (YYYY-MM-DD, UTC). */
export const judge = (reports: Reports, exceptions: readonly Exception[], today: string): Judgment => {
  const problems = exceptionProblems(exceptions, today)
  const notes = new Set<string>()
  const used = new Set<Exception>()
  const stopped = new Set<string>()
  for (const kind of ['production', 'everything'] as const) {
    for (const advisory of advisoriesOf(reports[kind])) {
      const line = `${advisory.severity} ${advisory.id} in ${advisory.package} ${advisory.range}: ${advisory.title}`
      const exception = exceptions.find((each) => each.advisory === advisory.id && each.package === advisory.package)
      if (exception) used.add(exception)
      if (stopped.has(line)) continue
      if (!atLeast(advisory.severity, POLICY[kind])) notes.add(`${line} (below "${POLICY[kind]}")`)
      else if (exception) notes.add(`${line} (excepted until ${exception.expires}: ${exception.reason})`)
      else {
        stopped.add(line)
        problems.push(`${line} (${kind === 'production' ? 'users install it' : 'a tool of this repository'})`)
      }
    }
  }
  for (const exception of exceptions)
    if (!used.has(exception))
      problems.push(`the exception for ${exception.advisory} in ${exception.package} meets nothing: remove it`)
  return { problems, notes: [...notes] }
}

/** What npm prints for `npm audit` over a lockfile. It exits with 1 for a finding too, so only what it prints is judged. */
export const auditReport = (args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): unknown => {
  const { stdout, stderr } = npm(['audit', '--json', '--package-lock-only', ...args], options)
  try {
    return JSON.parse(stdout)
  } catch {
    return { message: stderr.trim() || 'npm printed nothing' }
  }
}
