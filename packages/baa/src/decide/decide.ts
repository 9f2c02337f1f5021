import type { Service } from '@phi/core'
import type { AgreementWords } from '../agreement/agreement.ts'
import type { Problem } from '../agreement/checked.ts'
import type { ExemptionClaim } from '../exemption/exemption.ts'
import type { Registry } from '../registry/registry.ts'
import type { Decision } from './decision.ts'
import { judgeQuestion } from './judge.ts'
import { modelOf } from './model.ts'
import { readQuestion } from './question.ts'
import type { DecisionRequest } from './request.ts'

/** Nothing, when an agreement of the registry has the service in its scope; else a sentence that says so. */
export type CoveredService<Words extends AgreementWords, Asked extends Service> = Service extends Asked
  ? unknown
  : [Asked] extends [Words['service'] | `${Words['service']}.${string}`]
    ? unknown
    : Problem<`service '${Asked}' is not in the agreement's scope`>

/**
 * May this data go there, for this, now? Default deny; a prohibition goes before every permit; what is not known is `needs`, and never
 * `allow`. Every reason is given, with the clause and the text of the law.
 *
 * A service that no agreement of the registry names does not compile, unless an exemption is claimed. Where the registry came from data,
 * the program finds out when it runs. Of two agreements between the same parties one must allow, and no prohibition of either may fire.
 * @throws PhiError PHI_BAA_REQUEST when the question is no object, or `at` no instant. Unknown words are reasons, not errors
 */
export function decide<
  Words extends AgreementWords,
  const Asked extends Service,
  Claim extends ExemptionClaim | undefined = undefined,
>(
  model: Registry<Words>,
  request: Omit<DecisionRequest, 'service' | 'exemption'> & {
    readonly service: Asked & ([Claim] extends [ExemptionClaim] ? unknown : CoveredService<Words, Asked>)
    readonly exemption?: Claim
  },
): Decision {
  return decideAny(model, request as DecisionRequest)
}

/** As `decide`, for questions whose words are only known when the program runs. @throws PhiError PHI_BAA_REQUEST */
export function decideAny(model: Registry, request: DecisionRequest): Decision {
  return judgeQuestion(modelOf(model), readQuestion(request))
}

export type { Decision } from './decision.ts'
