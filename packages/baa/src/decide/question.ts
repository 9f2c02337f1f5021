import { type Identifiability, isIdentifiability, isInstant, isPhiError } from '@phi/core'
import type { Where } from '../agreement/agreement.ts'
import { baaError } from '../errors.ts'
import type { ExemptionClaim } from '../exemption/exemption.ts'
import { own as ownCopy } from '../own.ts'
import { type ReadData, readData } from './data.ts'
import type { Authorization, DecisionRequest } from './request.ts'

/** A request that was read: own members only, so that nothing planted on a prototype allows anything. */
export interface Question {
  readonly from: string
  readonly to: string
  /** As it was given: the words are looked up when they are judged. */
  readonly service: unknown
  readonly use: unknown
  readonly data: ReadData
  /** Milliseconds since 1970. */
  readonly at: number
  readonly where: Where | undefined
  readonly plan: string | undefined
  readonly conditions: { readonly [condition: string]: boolean } | undefined
  /** Attested, with evidence. */
  readonly identifiability: Identifiability | undefined
  readonly heldFor: string | undefined
  readonly authorization: Authorization | undefined
  readonly exemption: ExemptionClaim | undefined
  /** Nothing was said beside the parties, the service, the data, the use and the time. */
  readonly isPlain: boolean
}

function own<Key extends keyof DecisionRequest>(request: DecisionRequest, key: Key): DecisionRequest[Key] | undefined {
  return Object.hasOwn(request, key) ? request[key] : undefined
}

/** An optional object, copied; anything else is taken for nothing said. */
function object<Value extends object>(value: Value | undefined): Value | undefined {
  return typeof value === 'object' && value !== null ? ownCopy(value) : undefined
}

// Requests that come together are often of one instant.
let lastText: unknown
let lastTime = Number.NaN

function timeOf(text: unknown): number {
  if (text === lastText && text !== undefined) return lastTime
  if (typeof text !== 'string' || !isInstant(text)) {
    throw baaError('PHI_BAA_REQUEST', { path: 'request.at', detail: 'must be an instant' })
  }
  lastTime = Date.parse(text)
  lastText = text
  return lastTime
}

const optional: readonly (keyof DecisionRequest)[] = [
  'where',
  'plan',
  'conditions',
  'identifiability',
  'heldFor',
  'authorization',
  'exemption',
]

const unreadable = (detail: string, path = 'request') => baaError('PHI_BAA_REQUEST', { path, detail })

/** @throws PhiError PHI_BAA_REQUEST when it is no object or cannot be read, or `at` no instant */
export function readQuestion(request: DecisionRequest): Question {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) throw unreadable('must be an object')
  let at: unknown
  let question: Omit<Question, 'at'>
  try {
    const plan = own(request, 'plan')
    const heldFor = own(request, 'heldFor')
    at = own(request, 'at')
    if (!optional.some((key) => Object.hasOwn(request, key))) return plainQuestion(request)
    question = {
      isPlain: false,
      from: own(request, 'from') as string,
      to: own(request, 'to') as string,
      service: own(request, 'service'),
      use: own(request, 'use'),
      data: readData(own(request, 'data')),
      where: object(own(request, 'where')),
      plan: typeof plan === 'string' ? plan : undefined,
      conditions: object(own(request, 'conditions')),
      identifiability: attested(own(request, 'identifiability')),
      heldFor: typeof heldFor === 'string' ? heldFor : undefined,
      authorization: object(own(request, 'authorization')),
      exemption: ownCopy(own(request, 'exemption')),
    }
  } catch (cause) {
    // Ours say what is wrong; anything else comes from a getter or a proxy of the caller, and may hold anything.
    throw isPhiError(cause, 'PHI_BAA_REQUEST') ? cause : unreadable('the value could not be read')
  }
  return { ...question, at: timeOf(at) }
}

function plainQuestion(request: DecisionRequest): Question {
  return {
    isPlain: true,
    from: own(request, 'from') as string,
    to: own(request, 'to') as string,
    service: own(request, 'service'),
    use: own(request, 'use'),
    data: readData(own(request, 'data')),
    at: timeOf(own(request, 'at')),
    where: undefined,
    plan: undefined,
    conditions: undefined,
    identifiability: undefined,
    heldFor: undefined,
    authorization: undefined,
    exemption: undefined,
  }
}

/** The level, where it is one and there is evidence. */
function attested(value: unknown): Identifiability | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const member = (key: string): unknown => (Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined)
  const [level, evidence] = [member('level'), member('evidence')]
  // What is said to identify counts without proof, for it only asks for more.
  if (level === 'identified' || level === 'coded') return level
  return isIdentifiability(level) && typeof evidence === 'string' && evidence.trim() !== '' ? level : undefined
}
