import { disclosureBases } from '../../packages/audit/src/disclosures/index.ts'
import { formatCitation } from '../../packages/core/src/index.ts'
import { agreementRows } from './agreements.ts'
import { type ControlRow, feature, part, test, yours } from './row.ts'

const rbac = 'packages/rbac/src'
const baa = 'packages/baa/src'
const pack = 'docs/hipaa-policy-pack.md'
const counsel = 'management and counsel'
const privacyOfficial = 'privacy official'
const witnessed = [
  test(`${rbac}/hipaa/rules.test.ts`, 'has a witness, and each witness a permit'),
  test(`${rbac}/hipaa/rules.test.ts`, 'has a witness, and each witness a forbid'),
]
const authorization = test(`${rbac}/directives/grants.test.ts`, 'has six core elements and three statements')
const byBasis = test('packages/audit/src/disclosures/account.test.ts', 'S128 by the basis that an event names')
const accounting = 'docs/account-for-disclosures.md'
const agreements = 'docs/agreements-as-data.md'

/** Disclosures under 164.512: citation and words are those of the accounting of @phi/audit. */
const publicInterestRows: readonly ControlRow[] = Object.values(disclosureBases)
  .filter(({ citation }) => citation.section.startsWith('164.512'))
  .toSorted((a, b) => (a.citation.section < b.citation.section ? -1 : 1))
  .map(({ citation, words, exclusion }) =>
    yours(formatCitation(citation), `Disclose only on its conditions: ${words}`, {
      gives:
        exclusion === null
          ? 'Records the provision that somebody names, and lists the disclosure in an accounting'
          : 'Records the provision that somebody names; an accounting leaves it out, with the paragraph',
      yours: 'Deciding whether the conditions are met',
      who: privacyOfficial,
      packages: 'audit',
      guides: accounting,
      requirements: 'S128',
      tests: [byBasis],
    }),
  )

/** Uses and disclosures, 45 CFR 164.502 to 164.514. */
// biome-ignore format: a table
export const privacyRows: readonly ControlRow[] = [
  part('45 CFR 164.502(b)(1)', 'Keep uses, disclosures and requests to the minimum necessary', {
    gives: 'Shows each role the fields of its view for its purpose and no other; names flows that carry more than was agreed',
    yours: 'Which fields a purpose needs', who: privacyOfficial, packages: 'rbac baa', guides: `${pack} docs/data-flows-in-ci.md`, requirements: 'S7 S21 S42 S54',
    tests: [test(`${rbac}/hipaa/matrix.test.ts`, 'S7 no role gets a narrative or an attachment past the list'), test(`${rbac}/hipaa/matrix.test.ts`, 'S42 a prompt holds what was said and no identifier field')],
  }),
  feature('45 CFR 164.502(b)(2)(i)', 'The minimum does not apply to disclosures to a provider for treatment', {
    gives: 'Lets the whole note go to a treating provider, where the policy pack is used', packages: 'rbac', guides: pack,
    tests: [test(`${rbac}/hipaa/matrix.test.ts`, 'treatment by another provider is exempt from the minimum')],
  }),
  part('45 CFR 164.502(e)(1)', 'Give data to a business associate only with satisfactory assurances', {
    gives: 'Decides per service, data, use and day from what was signed; fails a build whose flows reach a vendor nobody signed with; stops the request',
    yours: 'The assurances, and whether an exemption is claimed rightly', who: counsel, packages: 'baa cli', guides: `${agreements} docs/guarded-requests-and-signatures.md`, requirements: 'S1 S9 S64 S67',
    tests: [test(`${baa}/decide/decide.test.ts`, 'S28 denies by default'), test(`${baa}/exemption/exemption.test.ts`, 'S1 S64 only a line that carries signals')],
  }),
  feature('45 CFR 164.502(f)', 'Protect information of the deceased for fifty years', {
    gives: 'Counts the years from the day of death, and keeps the rules in force until then', packages: 'deadlines rbac', guides: `packages/deadlines/README.md ${pack}`,
    tests: [test('packages/deadlines/src/federal/enforcement.test.ts', 'DEC-01 a decedent is protected for 50 years')],
  }),
  part('45 CFR 164.502(g)(2)', 'Treat a personal representative of an adult as the individual', {
    gives: 'Permits what the individual may, once somebody is recorded as representative, and nothing where that was refused',
    yours: 'Finding out who represents whom', who: privacyOfficial, packages: 'rbac', guides: pack, tests: witnessed,
  }),
  part('45 CFR 164.502(g)(3)(i)', 'Know when a parent represents a minor, and when not', {
    gives: 'Denies a parent where an exception is recorded, and where nobody recorded that there is none',
    yours: 'The law of your State on minors, and the facts', who: 'counsel', packages: 'rbac', guides: pack, tests: witnessed,
  }),
  part('45 CFR 164.502(g)(5)', 'A representative may be refused for abuse, neglect or endangerment', {
    gives: 'Denies where a refusal is recorded', yours: 'The professional judgement', who: 'clinicians', packages: 'rbac', guides: pack, tests: witnessed,
  }),

  ...agreementRows('164.504'),

  part('45 CFR 164.506(c)', 'Use and disclose for treatment, payment and health care operations', {
    gives: 'Asks for a purpose of use with every request, and permits by purpose and relation to the patient', yours: 'Saying the purpose truly', who: 'workforce',
    packages: 'rbac core', guides: pack, requirements: 'S66', tests: [test(`${rbac}/decision/rules.test.ts`, 'S7 a permit for a purpose needs one, and kinds of it count')],
  }),
  part('45 CFR 164.508(a)(1)', 'Ask for an authorization where nothing else permits', {
    gives: 'Denies until an authorization for that recipient is recorded, and again once it has ended or was revoked',
    yours: 'Asking for it', who: 'workforce', packages: 'rbac baa', guides: 'docs/patient-directives.md', requirements: 'S28',
    tests: [test(`${rbac}/directives/grants.test.ts`, 'open what a policy leaves to an authorization, for the recipient it names'), test(`${baa}/decide/decide.test.ts`, 'S28 a use that needs it waits for the authorization')],
  }),
  part('45 CFR 164.508(a)(2)', 'Psychotherapy notes need an authorization of their own', {
    gives: 'Keeps them apart under a label that only such an authorization, and the exceptions of the text, open',
    yours: 'Which notes are psychotherapy notes, and keeping them separate', who: 'clinicians', packages: 'rbac baa', guides: `${pack} ${agreements}`, requirements: 'S28',
    tests: [test(`${rbac}/directives/grants.test.ts`, 'for psychotherapy notes reaches only those'), test(`${baa}/decide/decide.test.ts`, 'S28 psychotherapy notes need an authorization of their own'), test(`${rbac}/hipaa/policy.test.ts`, 'S109 a broken glass never opens notes kept apart')],
  }),
  part('45 CFR 164.508(a)(3)', 'Marketing needs an authorization', {
    gives: 'Denies the purpose without one', yours: 'Telling what is marketing', who: privacyOfficial, packages: 'rbac baa', guides: pack, tests: [...witnessed, test(`${baa}/decide/decide.test.ts`, 'S28 a use that needs it waits for the authorization')],
  }),
  part('45 CFR 164.508(c)', 'An authorization holds its elements and statements', {
    gives: 'Names each element that a recorded authorization lacks, and takes it for none', yours: 'The form, and its signature', who: privacyOfficial,
    packages: 'rbac', guides: 'docs/patient-directives.md', tests: [authorization],
  }),
  yours('45 CFR 164.510(a)', 'Ask before somebody is listed in a facility directory', {
    gives: 'Has no directory; an accounting leaves such disclosures out, with the paragraph', yours: 'The directory, and the asking', who: 'front desk', packages: 'audit', guides: accounting, tests: [byBasis],
  }),
  part('45 CFR 164.510(b)(1)(i)', 'Tell those involved in care only what concerns that', {
    gives: 'Permits what the individual agreed to, and nothing where they objected or nobody knows', yours: 'Asking, or judging where somebody cannot be asked', who: 'clinicians',
    packages: 'rbac', guides: pack, tests: witnessed,
  }),

  ...publicInterestRows,

  part('45 CFR 164.514(b)(1)', 'De-identification by an expert', {
    gives: 'Takes data for de-identified only with a documented determination that is in time, and with no direct identifier among its classes',
    yours: 'The determination', who: 'an expert', packages: 'baa core', guides: 'packages/baa/README.md docs/ai-features.md', requirements: 'S36',
    tests: [test(`${baa}/exemption/exemption.test.ts`, 'S138 an expert: documented, in time'), test(`${baa}/ai/gate/gate.test.ts`, 'S36 data that is demonstrably de-identified')],
  }),
  part('45 CFR 164.514(b)(2)', 'De-identification by removing eighteen identifiers', {
    gives: 'Holds the eighteen as data, and takes data for de-identified only where all are attested removed and none is among its classes; removes nothing from text',
    yours: 'Removing them, and not knowing better', who: 'developers', packages: 'core baa', guides: 'packages/core/README.md packages/baa/README.md', requirements: 'S138',
    tests: [test(`${baa}/exemption/exemption.test.ts`, 'S138 safe harbor: all eighteen are removed')],
  }),
  part('45 CFR 164.514(d)(2)', 'Say who needs access to what, and limit it to that', {
    gives: 'Holds roles, views and purposes as a policy that is tested cell by cell', yours: 'The decisions in it', who: privacyOfficial, packages: 'rbac testing', guides: `docs/test-a-policy.md ${pack}`,
    requirements: 'S7 S21 S92', tests: [test(`${rbac}/hipaa/matrix.test.ts`, 'S21 billing sees codes and nothing that was said'), test(`${rbac}/analysis/table.test.ts`, 'S21 S92 gives each role what its permits give')],
  }),
  part('45 CFR 164.514(d)(3)', 'Have protocols for routine disclosures, and judge the others one by one', {
    gives: 'Holds the view of each routine recipient; everything else is denied', yours: 'The protocols, and judging what is not routine', who: privacyOfficial, packages: 'rbac', guides: pack,
    requirements: 'S7 S62', tests: [test(`${rbac}/hipaa/matrix.test.ts`, 'S7 S62 a health plan gets the fields that the list names')],
  }),
  part('45 CFR 164.514(e)(2)', 'A limited data set holds none of sixteen identifiers', {
    gives: 'Denies a limited data set that names one, and any purpose but research, public health and operations', yours: 'Removing them, and the data use agreement', who: counsel,
    packages: 'baa core', guides: agreements, requirements: 'S28', tests: [test(`${baa}/decide/decide.test.ts`, 'S28 hold none of the sixteen identifiers'), test(`${baa}/lint/warning.test.ts`, 'S28 a limited data set is for three purposes')],
  }),
  yours('45 CFR 164.514(f)', 'Keep to what fundraising may use, and let people opt out', {
    gives: 'Has a use of that name, which an agreement or a policy can prohibit', yours: 'The campaign, and the opt-outs', who: privacyOfficial, packages: 'core', guides: 'packages/core/README.md', tests: [],
  }),
  part('45 CFR 164.514(h)(1)(i)', 'Verify the identity and authority of whoever asks', {
    gives: 'Denies outward disclosures where nobody recorded that identity was verified; opens messages only to a verified reader',
    yours: 'Verifying', who: 'workforce', packages: 'rbac deadlines', guides: `${pack} docs/requests-and-incidents.md`, requirements: 'S44',
    tests: [test('packages/deadlines/src/request/request.test.ts', 'S126 access and accountings are provided only to a person whose identity is verified'), test(`${rbac}/directives/store.test.ts`, 'S44: who may open a message')],
  }),
]
