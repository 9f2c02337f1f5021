/** What a command found, for the code scanning of a CI service. */
export interface SarifRun {
  readonly rules: readonly SarifRule[]
  readonly results: readonly SarifResult[]
}

export interface SarifRule {
  /** A stable code of the package that found it. */
  readonly id: string
  readonly meaning: string
}

export interface SarifResult {
  readonly rule: string
  readonly level: 'error' | 'warning' | 'note'
  readonly message: string
  /** Path as it was given on the command line, and a line in it where one is known. */
  readonly file?: string
  readonly line?: number
}

/** A path as a URI reference (RFC 3986, SARIF 3.4.3): an absolute one with its scheme, a colon or a space in a name as an escape. */
function uriOf(file: string): string {
  const path = file
    .split('\\')
    .join('/')
    .split('/')
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join('/')
  const drive = /^[A-Za-z]%3A\//.test(path)
  return drive ? `file:///${path.replace('%3A', ':')}` : path.startsWith('/') ? `file://${path}` : path
}

/** Code scanning of GitHub refuses a whole file where one result has no place. What is found in a database is placed here. */
const ELSEWHERE = 'phi.config.json'

/** SARIF 2.1.0 (OASIS), as much of it as GitHub and GitLab read. */
export function sarifLog(version: string, run: SarifRun): unknown {
  const index = new Map(run.rules.map(({ id }, at) => [id, at]))
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'phi',
            semanticVersion: version,
            rules: run.rules.map(({ id, meaning }) => ({ id, shortDescription: { text: meaning } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: run.results.map(({ rule, level, message, file, line }) => ({
          ruleId: rule,
          ...(index.has(rule) ? { ruleIndex: index.get(rule) } : {}),
          level,
          message: { text: message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(file ?? ELSEWHERE) },
                region: { startLine: line ?? 1 },
              },
            },
          ],
        })),
      },
    ],
  }
}
