import { cited } from '../../citation.ts'
import { freeze } from '../../freeze.ts'
import { allHold, type CheckRow, type CheckRule, checkRow, type Holds } from '../row.ts'
import { strongCiphers } from './cipher.ts'
import { readProfile, type TransportProfile, type TransportProfileName } from './profile.ts'
import { parseTransportReport, type TlsVersion, type TransportReport, tlsVersions } from './report.ts'

export type TransportCode =
  | 'transport.versions'
  | 'transport.cipher'
  | 'transport.weak-ciphers'
  | 'transport.certificate'
  | 'transport.hsts'
  | 'transport.http'

const rule = (says: string, citation: string, remedy: string): Omit<CheckRule, 'requirements'> => ({
  says,
  // The rule asks for transmission security and names no protocol: each of these is our reading of what serves it.
  citation: cited(citation, 'interpretation'),
  remedy,
})

// biome-ignore format: a table
const rules = {
  'transport.versions': rule('The server speaks the versions of TLS that the profile asks for, and none below.', '45 CFR 164.312(e)(1)', 'Switch the older versions off, and the newer one on.'),
  'transport.cipher': rule('The suite that is agreed on has an ephemeral key exchange and authenticated encryption.', '45 CFR 164.312(e)(2)(ii)', 'Put suites of `strongCiphers` first in the configuration of the server.'),
  'transport.weak-ciphers': rule('The server refuses every other suite of TLS 1.2.', '45 CFR 164.312(e)(2)(ii)', 'Take suites without an ephemeral key exchange or without authenticated encryption out of the configuration.'),
  'transport.certificate': rule('The certificate is in time, for this host, and from a trusted issuer.', '45 CFR 164.312(e)(1)', 'Renew the certificate for this name, from an issuer that clients trust, and serve its chain.'),
  'transport.hsts': rule('The server says that it is only to be reached by https, for as long as the profile asks.', '45 CFR 164.312(e)(1)', 'Send one Strict-Transport-Security field with a `max-age` of at least the length that the profile asks for.'),
  'transport.http': rule('Plain http leads to https and serves nothing itself.', '45 CFR 164.312(e)(1)', 'Answer plain http with a redirect to https on the same host, or with nothing at all.'),
} as const satisfies { readonly [Code in TransportCode]: Omit<CheckRule, 'requirements'> }

/**
 * What a measurement means under a profile. What was not measured is `unknown`: a version that the prober cannot offer may still be
 * spoken by the server.
 * @throws PhiError PHI_BAA_TRANSPORT for a report or a profile of another form
 */
export function judgeTransport(
  report: TransportReport,
  profile: TransportProfileName | TransportProfile,
): readonly CheckRow<TransportCode>[] {
  const read = parseTransportReport(report)
  const asked = readProfile(profile)
  const row = (code: TransportCode, requirements: readonly string[], [holds, why]: Finding) =>
    checkRow(code, { ...rules[code], requirements }, holds, { asOf: read.asOf, ...(why === undefined ? {} : { why }) })
  const { versions, cipher, hsts } = asked.requirements
  return freeze([
    row('transport.versions', versions, versionsHold(read, asked.minimum)),
    row('transport.cipher', cipher, cipherHolds(read)),
    row('transport.weak-ciphers', cipher, weakRefused(read, asked.minimum)),
    row('transport.certificate', versions, certificateHolds(read)),
    row('transport.hsts', hsts, hstsHolds(read, asked)),
    row('transport.http', ['S68'], httpHolds(read)),
  ])
}

type Finding = readonly [holds: Holds, why?: string]

const rank = (version: TlsVersion) => tlsVersions.indexOf(version)

/** A dropped connection is a refusal only by a server that answers others. */
function refused(report: TransportReport, version: TlsVersion): Holds {
  const answer = report.versions[version]
  if (answer === 'accepted') return false
  if (answer === 'refused') return true
  const answers = tlsVersions.some((each) => report.versions[each] === 'accepted')
  return answer === 'dropped' && answers ? true : 'unknown'
}

function versionsHold(report: TransportReport, minimum: TlsVersion): Finding {
  const below = tlsVersions.filter((each) => rank(each) < rank(minimum))
  const above = tlsVersions.filter((each) => rank(each) >= rank(minimum))
  const old = below.find((each) => report.versions[each] === 'accepted')
  if (old !== undefined) return [false, `accepts ${old}`]
  const offered: Holds = above.some((each) => report.versions[each] === 'accepted')
    ? true
    : allHold(above.map((each) => refused(report, each))) === true
      ? false
      : 'unknown'
  if (offered === false) return [false, `refuses ${minimum} and later`]
  const open = below.find((each) => refused(report, each) === 'unknown')
  if (offered === 'unknown') return ['unknown', `${minimum}: ${report.versions[minimum]}`]
  return open === undefined ? [true] : ['unknown', `${open}: ${report.versions[open]}`]
}

function cipherHolds({ negotiated }: TransportReport): Finding {
  if (negotiated === undefined) return ['unknown', 'no handshake']
  return strongCiphers.includes(negotiated.cipher) ? [true] : [false, negotiated.cipher]
}

function weakRefused(report: TransportReport, minimum: TlsVersion): Finding {
  const { answer, cipher } = report.weakOffer
  if (answer === 'accepted') return [false, cipher ?? 'accepts a weak suite']
  // Without TLS 1.2 there is nothing to agree on a suite of TLS 1.2 for.
  if (answer === 'refused' || (rank(minimum) > rank('TLSv1.2') && refused(report, 'TLSv1.2') === true)) return [true]
  return answer === 'dropped' && report.versions['TLSv1.2'] === 'accepted' ? [true] : ['unknown', answer]
}

function certificateHolds({ certificate }: TransportReport): Finding {
  if (certificate === undefined) return ['unknown', 'no handshake']
  if (!certificate.inTime) return [false, certificate.daysLeft < 0 ? 'expired' : 'not yet valid']
  if (!certificate.nameMatches) return [false, 'for another host']
  if (certificate.trusted === 'unknown') return ['unknown', certificate.problem ?? 'trust not checked']
  return certificate.trusted ? [true] : [false, certificate.problem ?? 'not trusted']
}

function hstsHolds(report: TransportReport, asked: TransportProfile): Finding {
  const { hsts } = report
  if (hsts.is === 'unknown') return ['unknown', 'no response']
  if (hsts.is !== 'present') return [false, hsts.is]
  if (hsts.maxAge < asked.hstsMaxAge) return [false, `max-age ${hsts.maxAge}`]
  if (asked.hstsIncludeSubDomains && !hsts.includeSubDomains) return [false, 'without includeSubDomains']
  if (asked.hstsPreload && !hsts.preload) return [false, 'without preload']
  // RFC 6797 section 8.1: a browser notes the policy only of a connection without certificate errors.
  const [certificate] = certificateHolds(report)
  return certificate === true ? [true] : [certificate, 'not heeded without a good certificate']
}

function httpHolds({ http }: TransportReport): Finding {
  if (http === 'redirects-to-https' || http === 'no-service') return [true]
  return http === 'serves' || http === 'redirects-elsewhere' ? [false, http] : ['unknown', http]
}
