import type { Service, Use } from '@phi/core'
import type { CompiledAgreement, Standing } from './compile.ts'
import type { ReadData } from './data.ts'
import type { Decision } from './decision.ts'

// A service asks the same few questions all day, and the answers are frozen: one that depends on nothing but the agreement, its standing
// and the words of the question is given again.

interface Remembered {
  readonly standing: Standing
  readonly service: Service
  readonly use: Use
  readonly decision: Decision
}

/** Of one agreement: lists of data, and questions about each. Who asks about ever new ones must not fill the memory. */
const MOST_LISTS = 64
const MOST_QUESTIONS = 32

const memories = new WeakMap<CompiledAgreement, Map<ReadData, Remembered[]>>()

/** The answer that was given before, if the question is the same. */
export function recall(
  compiled: CompiledAgreement,
  standing: Standing,
  data: ReadData,
  service: unknown,
  use: unknown,
): Decision | undefined {
  const about = memories.get(compiled)?.get(data)
  if (about === undefined) return undefined
  for (const each of about) {
    if (each.service === service && each.use === use && each.standing === standing) return each.decision
  }
  return undefined
}

export function remember(
  compiled: CompiledAgreement,
  standing: Standing,
  data: ReadData,
  service: Service,
  use: Use,
  decision: Decision,
): void {
  let memory = memories.get(compiled)
  if (memory === undefined || memory.size >= MOST_LISTS) {
    memory = new Map()
    memories.set(compiled, memory)
  }
  const about = memory.get(data)
  if (about === undefined) memory.set(data, [{ standing, service, use, decision }])
  else if (about.length < MOST_QUESTIONS) about.push({ standing, service, use, decision })
}
