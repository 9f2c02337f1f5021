/**
 * A plain reader of OTLP/JSON logs, written from the messages of opentelemetry-proto (collector/logs/v1, logs/v1, common/v1,
 * resource/v1) and the JSON Protobuf Encoding of the OTLP specification. It takes what those name and nothing else.
 */
type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
type Kind = (value: Json, path: string) => void

const fail = (path: string, what: string): never => {
  throw new Error(`${path}: ${what}`)
}

const text: Kind = (value, path) => {
  if (typeof value !== 'string') fail(path, 'must be a string')
}
const bool: Kind = (value, path) => {
  if (typeof value !== 'boolean') fail(path, 'must be a boolean')
}
const double: Kind = (value, path) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) fail(path, 'must be a number')
}
const fixed64: Kind = (value, path) => {
  if (typeof value !== 'string' || !/^\d+$/.test(value) || BigInt(value) >= 2n ** 64n)
    fail(path, 'must be a decimal string of 64 bits')
}
const int64: Kind = (value, path) => {
  if (typeof value !== 'string' || !/^-?\d+$/.test(value) || BigInt.asIntN(64, BigInt(value)) !== BigInt(value))
    fail(path, 'must be a decimal string of a signed 64-bit integer')
}
const uint32: Kind = (value, path) => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= 2 ** 32) fail(path, 'must be a uint32')
}
const severity: Kind = (value, path) => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 24) fail(path, 'must be 1 to 24')
}
/** Ids are hexadecimal in OTLP's JSON, unlike other bytes. */
const id =
  (bytes: number): Kind =>
  (value, path) => {
    if (typeof value !== 'string' || value.length !== bytes * 2 || !/^[0-9a-fA-F]*$/.test(value))
      fail(path, `must be ${bytes} bytes in hexadecimal`)
    if (/^0*$/.test(String(value))) fail(path, 'must not be all zeros')
  }
const many =
  (kind: Kind): Kind =>
  (value, path) => {
    if (!Array.isArray(value)) fail(path, 'must be an array')
    for (const [i, one] of (value as readonly Json[]).entries()) kind(one, `${path}[${i}]`)
  }
const message =
  (fields: () => Readonly<Record<string, Kind>>, isOneOf = false): Kind =>
  (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(path, 'must be an object')
    const entries = Object.entries(value as { [key: string]: Json })
    if (isOneOf && entries.length > 1) fail(path, 'must hold one of its fields')
    for (const [name, one] of entries) {
      const kind = fields()[name]
      if (kind === undefined) return fail(`${path}.${name}`, 'is no field of the message')
      kind(one, `${path}.${name}`)
    }
  }

const anyValue: Kind = message(
  () => ({
    stringValue: text,
    boolValue: bool,
    intValue: int64,
    doubleValue: double,
    arrayValue: message(() => ({ values: many(anyValue) })),
    kvlistValue: message(() => ({ values: attributes })),
    bytesValue: text,
  }),
  true,
)
const attributes: Kind = (value, path) => {
  many(message(() => ({ key: text, value: anyValue })))(value, path)
  const keys = (value as unknown as { key: string }[]).map(({ key }) => key)
  if (new Set(keys).size !== keys.length || keys.includes('')) fail(path, 'keys must be unique and not empty')
}
const logRecord = message(() => ({
  timeUnixNano: fixed64,
  observedTimeUnixNano: fixed64,
  severityNumber: severity,
  severityText: text,
  body: anyValue,
  attributes,
  droppedAttributesCount: uint32,
  flags: uint32,
  traceId: id(16),
  spanId: id(8),
  eventName: text,
}))
const scope = message(() => ({ name: text, version: text, attributes, droppedAttributesCount: uint32 }))
const scopeLogs = message(() => ({ scope, logRecords: many(logRecord), schemaUrl: text }))
const resource = message(() => ({ attributes, droppedAttributesCount: uint32 }))
const resourceLogs = message(() => ({ resource, scopeLogs: many(scopeLogs), schemaUrl: text }))
const request = message(() => ({ resourceLogs: many(resourceLogs) }))

/** An AnyValue as a plain value. */
function plain(value: { [key: string]: unknown }): unknown {
  if ('arrayValue' in value) return (value.arrayValue as { values: { [key: string]: unknown }[] }).values.map(plain)
  if ('kvlistValue' in value) return record((value.kvlistValue as { values: Attribute[] }).values)
  if ('intValue' in value) return Number(value.intValue)
  return Object.values(value)[0] ?? null
}

interface Attribute {
  readonly key: string
  readonly value: { [key: string]: unknown }
}
const record = (list: readonly Attribute[]) => Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]))

/** @throws Error with the path of the first thing that is not OTLP */
export function readOtlp(body: string) {
  const value = JSON.parse(body)
  request(value, 'request')
  return value.resourceLogs.flatMap((one: { resource: { attributes: Attribute[] }; scopeLogs: { logRecords: never[] }[] }) =>
    one.scopeLogs.flatMap(({ logRecords }) =>
      logRecords.map((log: { attributes: Attribute[] }) => ({
        ...log,
        attributes: record(log.attributes),
        resource: record(one.resource.attributes),
      })),
    ),
  )
}
