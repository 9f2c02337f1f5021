import type { TransportReport } from '../src/telehealth/transport/report.ts'

/** A server that is in order: TLS 1.3 alone, a good certificate, and Strict Transport Security of a year. */
export const goodTransport: TransportReport = {
  format: 'phi.transport/v1',
  host: 'video.example',
  port: 443,
  asOf: '2026-11-21T10:00:00.000Z',
  versions: { TLSv1: 'refused', 'TLSv1.1': 'refused', 'TLSv1.2': 'refused', 'TLSv1.3': 'accepted' },
  negotiated: { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' },
  weakOffer: { answer: 'refused' },
  certificate: {
    notBefore: '2026-10-01T00:00:00.000Z',
    notAfter: '2026-12-30T00:00:00.000Z',
    daysLeft: 38,
    inTime: true,
    nameMatches: true,
    selfSigned: false,
    trusted: true,
  },
  hsts: { is: 'present', maxAge: 31_536_000, includeSubDomains: false, preload: false },
  http: 'redirects-to-https',
}
