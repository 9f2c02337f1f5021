import { formatInstant } from '@phi/core'

/** FHIR R4 §2.24.0.1, instant, and a dateTime that is as exact. The leap second is no instant here. */
const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/

interface ReadTime {
  /** `YYYY-MM-DDTHH:mm:ss.sssZ`. */
  readonly at: string
  /** It was said to more than a millisecond, and what is beyond is cut. */
  readonly isCut: boolean
}

/** A time to the second or finer, in UTC. Undefined for a day without a time, and for one that does not exist. */
export function readTime(text: string): ReadTime | undefined {
  const match = INSTANT.exec(text)
  if (match === null) return undefined
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '', zone = ''] = match
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`
  const asUtc = Date.parse(local)
  // A day that does not exist is moved to one that does by Date, and so reads otherwise.
  if (year === '0000' || Number.isNaN(asUtc) || new Date(asUtc).toISOString() !== local) return undefined
  const [zoneHours = 0, zoneMinutes = 0] = zone === 'Z' ? [] : zone.slice(1).split(':').map(Number)
  const offset = (zone.startsWith('-') ? -1 : 1) * (zoneHours * 60 + zoneMinutes) * 60_000
  const milliseconds = asUtc - offset
  const isInRange =
    milliseconds >= Date.parse('0001-01-01T00:00:00.000Z') && milliseconds <= Date.parse('9999-12-31T23:59:59.999Z')
  return isInRange ? { at: formatInstant(milliseconds), isCut: /[1-9]/.test(fraction.slice(3)) } : undefined
}
