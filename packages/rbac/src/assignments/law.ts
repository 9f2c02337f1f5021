import { type Citation, cite } from '@phi/core'

const seen = (section: string, title: string): Citation => cite(`45 CFR ${section}`, { confirmation: 'text-seen', title })

/** What role assignments help you meet, each text once. */
export const assignmentLaw = /* @__PURE__ */ Object.freeze({
  authorization: seen('164.308(a)(3)(ii)(A)', 'authorization and supervision of the workforce'),
  clearance: seen('164.308(a)(3)(ii)(B)', 'workforce clearance procedure'),
  termination: seen('164.308(a)(3)(ii)(C)', 'ending access when somebody leaves or no longer needs it'),
  accessAuthorization: seen('164.308(a)(4)(ii)(B)', 'granting access'),
  accessModification: seen('164.308(a)(4)(ii)(C)', 'establishing, reviewing and modifying access'),
})
