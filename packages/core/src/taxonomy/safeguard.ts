import { isKeyOf, type TreeFacts, treeOf } from './tree.ts'

/** How the rule speaks of a safeguard. */
export interface SafeguardStanding {
  /**
   * How the Security Rule puts it: a standard; a required or an addressable implementation specification, 164.306(d); or
   * `not-named`, a means that the rule does not name, cited to the standard it serves.
   */
  readonly standing: 'standard' | 'required' | 'addressable' | 'not-named'
}

const safeguardTree = <Key extends string>(rows: Record<Key, TreeFacts & SafeguardStanding>) =>
  treeOf<SafeguardStanding, Key>(rows)

/** Administrative, physical and technical safeguards, 45 CFR 164.308, 164.310 and 164.312. */
export const safeguards = /* @__PURE__ */ safeguardTree({
  admin: { label: 'administrative safeguards', standing: 'standard', citation: '45 CFR 164.308' },
  'admin.officer': { label: 'a security official is named', standing: 'standard', citation: '45 CFR 164.308(a)(2)' },
  'admin.training': { label: 'security awareness and training', standing: 'standard', citation: '45 CFR 164.308(a)(5)(i)' },
  'admin.sanction': { label: 'sanction policy', standing: 'required', citation: '45 CFR 164.308(a)(1)(ii)(C)' },
  'admin.risk-analysis': { label: 'risk analysis', standing: 'required', citation: '45 CFR 164.308(a)(1)(ii)(A)' },
  'admin.contingency': { label: 'contingency plan', standing: 'standard', citation: '45 CFR 164.308(a)(7)(i)' },
  'admin.incident': { label: 'security incident procedures', standing: 'standard', citation: '45 CFR 164.308(a)(6)(i)' },
  'admin.evaluation': { label: 'periodic evaluation', standing: 'standard', citation: '45 CFR 164.308(a)(8)' },
  'admin.baa': { label: 'business associate contracts', standing: 'required', citation: '45 CFR 164.308(b)(3)' },

  physical: { label: 'physical safeguards', standing: 'standard', citation: '45 CFR 164.310' },
  'physical.facility': { label: 'facility access controls', standing: 'standard', citation: '45 CFR 164.310(a)(1)' },
  'physical.workstation': { label: 'workstation use and security', standing: 'standard', citation: '45 CFR 164.310(b)-(c)' },
  'physical.device': { label: 'device and media controls', standing: 'standard', citation: '45 CFR 164.310(d)(1)' },
  'physical.media': { label: 'disposal and re-use of media', standing: 'required', citation: '45 CFR 164.310(d)(2)(i)-(ii)' },

  technical: { label: 'technical safeguards', standing: 'standard', citation: '45 CFR 164.312' },
  'technical.unique-id': { label: 'unique user identification', standing: 'required', citation: '45 CFR 164.312(a)(2)(i)' },
  'technical.emergency-access': {
    label: 'emergency access procedure',
    standing: 'required',
    citation: '45 CFR 164.312(a)(2)(ii)',
  },
  'technical.logoff': { label: 'automatic logoff', standing: 'addressable', citation: '45 CFR 164.312(a)(2)(iii)' },
  'technical.encryption-rest': { label: 'encryption at rest', standing: 'addressable', citation: '45 CFR 164.312(a)(2)(iv)' },
  'technical.audit': { label: 'audit controls', standing: 'standard', citation: '45 CFR 164.312(b)' },
  'technical.integrity': { label: 'integrity', standing: 'standard', citation: '45 CFR 164.312(c)(1)' },
  'technical.authentication': { label: 'person or entity authentication', standing: 'standard', citation: '45 CFR 164.312(d)' },
  'technical.mfa': { label: 'multi-factor authentication', standing: 'not-named', citation: '45 CFR 164.312(d)' },
  'technical.transmission': { label: 'transmission security', standing: 'standard', citation: '45 CFR 164.312(e)(1)' },
  'technical.mtls': { label: 'mutual TLS between services', standing: 'not-named', citation: '45 CFR 164.312(e)(1)' },
  'technical.rls': { label: 'row-level security', standing: 'not-named', citation: '45 CFR 164.312(a)(1)' },
})

export type Safeguard = keyof typeof safeguards

/** Whether a value is a safeguard or a branch of safeguards. */
export const isSafeguard = (value: unknown): value is Safeguard => isKeyOf(safeguards, value)
