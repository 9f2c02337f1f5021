import { type Citation, cite } from '@phi/core'

const recalled = (section: string, title: string): Citation => cite(`45 CFR ${section}`, { confirmation: 'memory', title })

/** What role assignments help you meet, each text once. */
export const assignmentLaw = /* @__PURE__ */ Object.freeze({
  authorization: recalled('164.308(a)(3)(ii)(A)', 'authorization and supervision of the workforce'),
  clearance: recalled('164.308(a)(3)(ii)(B)', 'workforce clearance procedure'),
  termination: recalled('164.308(a)(3)(ii)(C)', 'ending access when somebody leaves or no longer needs it'),
  accessAuthorization: recalled('164.308(a)(4)(ii)(B)', 'granting access'),
  accessModification: recalled('164.308(a)(4)(ii)(C)', 'establishing, reviewing and modifying access'),
})
