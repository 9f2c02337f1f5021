import { type DataClass, type Label, overlaps, type Service, type Use } from '@phi/core'
import type { Subprocessor } from '../registry/subprocessor.ts'
import type { CompiledAgreement } from './compile.ts'
import type { Decision } from './decision.ts'
import type { Question } from './question.ts'
import { reaching } from './reaching.ts'
import { type Reason, reason } from './reason.ts'
import type { Inquiry } from './way.ts'

/** No chain of vendors is longer; one that is has to be looked at by a person. */
const LONGEST = 30

const none: readonly never[] = Object.freeze([])

/**
 * The vendors further down that the service reaches, each judged under its own agreement. Reasons are added to `reasons`.
 *
 * A covered entity need not see its business associate's agreements, 164.502(e)(1)(i): the promise to have them is enough, where nothing
 * more is known. What is known is judged.
 * @returns the labels that no record may be under for the chain to hold
 */
export function onward(
  inquiry: Inquiry,
  { agreement, promisesSubcontractors }: CompiledAgreement,
  question: Question,
  service: Service,
  use: Use,
  reasons: Reason[],
): readonly Label[] {
  const { model } = inquiry
  const { to } = question
  const downstream = model.subprocessors(to)
  if (downstream.length === 0 && promisesSubcontractors && !overlaps('ai', service)) return none

  const more = { agreement: agreement.id, about: service }
  const complete = model.isComplete(to)
  if (!promisesSubcontractors && !complete) reasons.push(reason('onward-unknown', { ...more, name: to }))
  const serving = downstream.filter((each) => each.for.some((served) => overlaps(served, service)))
  if (overlaps('ai', service)) {
    // Who hosts a model is never taken for granted: somebody else usually does.
    const hosts = agreement.ai?.subprocessors
    if (hosts === undefined && !complete && serving.length === 0) reasons.push(reason('onward-unknown', { ...more, name: to }))
    for (const host of hosts ?? none) {
      if (host !== to && !serving.some((each) => each.to === host))
        reasons.push(reason('onward-unknown', { ...more, name: host }))
    }
  }
  const provided = new Set<Label>()
  for (const next of serving) {
    if (next.to === question.from || inquiry.path.includes(next.to)) {
      reasons.push(reason('chain-cycle', { ...more, name: next.to }))
      continue
    }
    const classes = next.data ? reaching(next.data, question.data.classes) : question.data.classes
    if (classes.length === 0) continue
    const decision = answerFor(inquiry, next, question, classes, use)
    for (const each of decision?.provided ?? none) provided.add(each)
    const code =
      decision?.outcome === 'allow' ? 'onward-covered' : decision?.outcome === 'deny' ? 'onward-not-covered' : 'onward-unknown'
    reasons.push(reason(code, { ...more, name: next.to, ...(decision ? { because: decision.reasons } : {}) }))
  }
  return [...provided]
}

/** The decision about an edge; undefined where the chain is too long. The same edge is judged once for the same data. */
function answerFor(
  inquiry: Inquiry,
  next: Subprocessor,
  question: Question,
  classes: readonly DataClass[],
  use: Use,
): Decision | undefined {
  if (inquiry.path.length >= LONGEST) return undefined
  const answers = inquiry.answers.get(next) ?? new Map<string, Decision>()
  inquiry.answers.set(next, answers)
  const asked = next.use ?? use
  const key = `${asked} ${classes.join(' ')}`
  let decision = answers.get(key)
  if (decision === undefined) {
    decision = inquiry.judge(
      {
        isPlain: false,
        from: question.to,
        to: next.to,
        service: next.does,
        use: asked,
        data: { ...question.data, classes },
        at: question.at,
        where: next.where,
        plan: undefined,
        conditions: undefined,
        identifiability: question.identifiability,
        heldFor: undefined,
        authorization: question.authorization,
        exemption: undefined,
      },
      { ...inquiry, path: [...inquiry.path, question.from] },
    )
    answers.set(key, decision)
  }
  return decision
}
