import { isIP } from 'node:net'
import tls, { type ConnectionOptions, type PeerCertificate, type TLSSocket } from 'node:tls'
import { type Clock, formatInstant } from '@phi/core'
import { freeze } from '../../freeze.ts'
import { type TlsVersion, type TransportReport, tlsVersions } from '../transport/report.ts'
import { probeError } from './errors.ts'
import { type Offered, offer, type Target } from './offer.ts'
import { askHsts, askHttp } from './response.ts'

export interface ProbeOptions {
  /** Dates the report and judges the dates of the certificate. */
  readonly clock: Clock
  /** Milliseconds for one connection, 1 to 120,000. All go out at once, and one is followed by a request: a server that hangs takes two of them. */
  readonly timeout?: number | undefined
  /** Roots beside those of Node: for a server with a certificate of one's own authority. PEM. */
  readonly ca?: string | readonly string[] | undefined
  /** An IP address to connect to instead of resolving the name. */
  readonly address?: string | undefined
  /** The port on which plain http is tried: 80. `false`: it is not tried. */
  readonly httpPort?: number | false | undefined
  readonly signal?: AbortSignal | undefined
}

const DAY = 86_400_000
const TIMEOUT = 10_000

/**
 * Measures how a server secures its transport: which versions of TLS it accepts, each offered alone; what it agrees on with a client
 * that can do everything; whether it takes weak suites; its certificate; Strict Transport Security; and what plain http does. Seven
 * connections and two requests for `/`, for the path of the address may lead into a session; no cookies, no redirects, no bodies.
 *
 * The result says what was measured and judges nothing: `judgeTransport` does, under a profile. Whatever the server does is a result.
 * Whoever lets others choose the address lets them reach into the own network: choose it yourself.
 * @throws PhiError PHI_BAA_PROBE for an address that is not https, and for options out of range
 */
export async function probe(url: string | URL, options: ProbeOptions): Promise<TransportReport> {
  const { target, httpPort, asOf, ca } = read(url, options)
  const everyVersion = Promise.all(tlsVersions.map((version) => offerVersion(target, version)))
  const [versions, weakOffer, full, http] = await Promise.all([
    everyVersion,
    offerWeak(target),
    askFully(target, asOf, ca),
    httpPort === false ? ('not-asked' as const) : askHttp({ ...target, port: httpPort }),
  ])
  return freeze({
    format: 'phi.transport/v1',
    host: target.host,
    port: target.port,
    asOf: formatInstant(asOf),
    versions: Object.fromEntries(
      tlsVersions.map((version, index) => [version, versions[index]]),
    ) as TransportReport['versions'],
    weakOffer,
    ...full,
    http,
  })
}

const inRange = (value: unknown, low: number, high: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high

function read(url: string | URL, options: ProbeOptions) {
  const refuse = (path: string, detail: string) => probeError('PHI_BAA_PROBE', { path, detail })
  if (!URL.canParse(`${url}`)) throw refuse('url', 'must be an address')
  const parsed = new URL(`${url}`)
  if (parsed.protocol !== 'https:' || parsed.hostname === '') throw refuse('url', 'must begin with https')
  if (parsed.username !== '' || parsed.password !== '') throw refuse('url', 'must hold no credentials')
  if (typeof options !== 'object' || options === null) throw refuse('options', 'must be an object')
  const { clock, timeout = TIMEOUT, ca, address, httpPort = 80, signal } = options
  if (typeof clock !== 'function') throw refuse('options.clock', 'must be a clock')
  if (!inRange(timeout, 1, 120_000)) throw refuse('options.timeout', 'must be 1 to 120000 milliseconds')
  if (httpPort !== false && !inRange(httpPort, 1, 65_535)) throw refuse('options.httpPort', 'must be a port, or false')
  if (address !== undefined && isIP(address) === 0) throw refuse('options.address', 'must be an IP address')
  const now = clock()
  if (!inRange(now, -62_167_219_200_000, 253_402_300_799_999))
    throw refuse('options.clock', 'must give milliseconds since 1970')
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  const port = parsed.port === '' ? 443 : Number(parsed.port)
  if (port === 0) throw refuse('url', 'must name a port that exists')
  const target: Target = { host, address: address ?? host, port, timeout, signal }
  return { target, httpPort, asOf: now, ca }
}

// Level 0 lets the library offer what it would not use itself: that is what is asked.
const EVERYTHING = 'ALL:@SECLEVEL=0'

const settle = ({ answer, socket }: Offered) => {
  socket?.destroy()
  return answer
}

const offerVersion = async (target: Target, version: TlsVersion) =>
  settle(await offer(target, { minVersion: version, maxVersion: version, ...suites(version) }))

/** The suites of TLS 1.3 are not part of the list, and a list without any of 1.3 means all of them. */
const suites = (version: TlsVersion): ConnectionOptions => (version === 'TLSv1.3' ? {} : { ciphers: EVERYTHING })

/** OpenSSL's names of strong suites are those of IANA without words: ECDHE-RSA-AES128-GCM-SHA256. CCM with 8 bytes of tag is not among them. */
const isStrong = (name: string) =>
  /^ecdhe-(?:ecdsa|rsa)-(?:aes(?:128|256)-gcm-|chacha20-)|^ecdhe-ecdsa-aes(?:128|256)-ccm$/.test(name)

/** The suites before TLS 1.3 that this library can offer, without those of a key that was shared beforehand. */
const weakSuites = (): string =>
  tls
    .getCiphers()
    .filter((name) => !name.startsWith('tls_') && !isStrong(name) && !/psk|srp/.test(name))
    .map((name) => name.toUpperCase())
    .join(':')

async function offerWeak(target: Target): Promise<TransportReport['weakOffer']> {
  const ciphers = weakSuites()
  if (ciphers === '') return { answer: 'untestable' }
  const only = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
  const { answer, socket } = await offer(target, { ...only, ciphers: `${ciphers}:aNULL:eNULL:@SECLEVEL=0` })
  const cipher = socket?.getCipher()?.standardName
  socket?.destroy()
  return { answer, ...(cipher === undefined ? {} : { cipher }) }
}

type Full = Pick<TransportReport, 'negotiated' | 'certificate' | 'hsts'>

/** One connection as a client makes it that can do everything, and a request over it. */
async function askFully(target: Target, asOf: number, ca: ProbeOptions['ca']): Promise<Full> {
  const { socket } = await offer(target, {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.3',
    ciphers: `${tls.DEFAULT_CIPHERS}:@SECLEVEL=0`,
    ALPNProtocols: ['http/1.1'],
    ...roots(ca),
  })
  if (socket === undefined) return { hsts: { is: 'unknown' } }
  const version = tlsVersions.find((each) => each === socket.getProtocol())
  const cipher = socket.getCipher().standardName
  const certificate = certificateOf(socket, target.host, asOf)
  const hsts = await askHsts(socket, target)
  socket.destroy()
  return {
    ...(version === undefined ? {} : { negotiated: { version, cipher } }),
    ...(certificate === undefined ? {} : { certificate }),
    hsts,
  }
}

function roots(ca: ProbeOptions['ca']): ConnectionOptions {
  if (ca === undefined) return {}
  return { ca: [...tls.rootCertificates, ...(typeof ca === 'string' ? [ca] : ca)] }
}

/** Objections to the dates alone: they were made by the machine's clock, and `inTime` has the one that was passed in. */
const datesOnly: readonly unknown[] = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']
const nameOnly = 'ERR_TLS_CERT_ALTNAME_INVALID'

function certificateOf(socket: TLSSocket, host: string, asOf: number): TransportReport['certificate'] {
  const peer: Partial<PeerCertificate> = socket.getPeerCertificate()
  const [notBefore, notAfter] = [Date.parse(peer.valid_from ?? ''), Date.parse(peer.valid_to ?? '')]
  if (Number.isNaN(notBefore) || Number.isNaN(notAfter)) return undefined
  const error: unknown = socket.authorizationError
  const problem = typeof error === 'string' ? error : ((error as { code?: string } | null | undefined)?.code ?? undefined)
  // OpenSSL ends at its first objection: behind one to the dates nobody has looked at the rest of the chain.
  const trusted = socket.authorized || problem === nameOnly ? true : datesOnly.includes(problem) ? ('unknown' as const) : false
  return {
    notBefore: formatInstant(notBefore),
    notAfter: formatInstant(notAfter),
    daysLeft: Math.floor((notAfter - asOf) / DAY),
    inTime: asOf >= notBefore && asOf <= notAfter,
    nameMatches: tls.checkServerIdentity(host, peer as PeerCertificate) === undefined,
    selfSigned: problem === 'DEPTH_ZERO_SELF_SIGNED_CERT',
    trusted,
    ...(problem === undefined || !/^[A-Z0-9_]{1,80}$/.test(problem) ? {} : { problem }),
  }
}
