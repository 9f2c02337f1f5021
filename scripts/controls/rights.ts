import { type ControlRow, feature, part, test, yours } from './row.ts'

const rbac = 'packages/rbac/src'
const npp = 'packages/baa/src/safeguards/npp'
const federal = 'packages/deadlines/src/federal'
const request = 'packages/deadlines/src/request/request.test.ts'
const disclosures = 'packages/audit/src/disclosures'
const register = 'docs/safeguards-register.md'
const requestsGuide = 'docs/requests-and-incidents.md'
const directives = 'docs/patient-directives.md'
const accounting = 'docs/account-for-disclosures.md'
const privacyOfficial = 'privacy official'
const officials = 'management'
const keepsOwner = test(
  'packages/baa/src/safeguards/register.test.ts',
  'C10 S137 keeps owner, day, evidence and review of each safeguard',
)

/** Notice, rights of individuals and administration, 45 CFR 164.520 to 164.530. */
// biome-ignore format: a table
export const rightsRows: readonly ControlRow[] = [
  part('45 CFR 164.520', 'Have a notice of privacy practices with its content', {
    gives: 'Names each element that a notice lacks, and uses that agreements permit and the notice does not describe', yours: 'Writing it in plain language', who: privacyOfficial,
    packages: 'baa', guides: register, requirements: 'S34 S55 S131', tests: [test(`${npp}/notice.test.ts`, 'S131 22 elements, of which every notice needs 18'), test(`${npp}/uses.test.ts`, 'S34 S55 names what an agreement permits')],
  }),
  part('45 CFR 164.520(c)(1)(ii)', 'A health plan reminds of its notice every three years', {
    gives: 'Says by when', yours: 'Sending it', who: 'health plan', packages: 'deadlines', guides: 'docs/recurring-duties.md', tests: [test(`${federal}/npp.test.ts`, 'NPP-01 a reminder once every three years')],
  }),
  part('45 CFR 164.520(c)(2)(i)(A)', 'A provider gives the notice by the first service', {
    gives: 'Says what a patient still has to be given, from what is recorded', yours: 'Handing it out', who: 'front desk', packages: 'baa deadlines', guides: register, requirements: 'S131',
    tests: [test(`${npp}/record.test.ts`, 'S131 164.520(c)(2)(i)(A) no later than the day of the first service')],
  }),
  part('45 CFR 164.520(c)(2)(ii)', 'Try to have it acknowledged, or write down why not', {
    gives: 'Asks for the acknowledgment, or for the effort and the reason', yours: 'The effort', who: 'front desk', packages: 'baa', guides: register, requirements: 'S131',
    tests: [test(`${npp}/record.test.ts`, 'S131 164.520(c)(2)(ii) an acknowledgment, or the effort and why there is none')],
  }),
  part('45 CFR 164.520(c)(2)(iv)', 'Make a revised notice available from its effective date', {
    gives: 'Says what a revision owes and when, and keeps which version was in effect on a day', yours: 'Posting it', who: privacyOfficial, packages: 'deadlines baa', guides: register,
    requirements: 'S55', tests: [test(`${federal}/npp.test.ts`, 'available on the effective date'), test(`${npp}/notice.test.ts`, 'S131 the version in effect on a day')],
  }),
  part('45 CFR 164.520(c)(3)(iii)', 'Where the first service is electronic, give the notice at once', {
    gives: 'Counts it as owed unless it went out automatically, at the time', yours: 'Sending it', who: 'developers', packages: 'baa deadlines', guides: register, requirements: 'S131',
    tests: [test(`${npp}/record.test.ts`, 'S131 164.520(c)(3)(iii) an electronic first service brings it automatically')],
  }),

  part('45 CFR 164.522(a)(1)(iii)', 'Keep to a restriction that was agreed, but in an emergency', {
    gives: 'Turns the restriction into rules that hide the record or field from that moment, and asks an emergency recipient not to pass it on', yours: 'Whether to agree', who: privacyOfficial,
    packages: 'rbac', guides: directives, requirements: 'S129', tests: [test(`${rbac}/directives/forbids.test.ts`, 'S129: an agreed restriction'), test(`${rbac}/hipaa/matrix.test.ts`, 'S129 who gets restricted information in an emergency')],
  }),
  part('45 CFR 164.522(a)(1)(vi)', 'Agree not to tell the health plan of what was paid in full', {
    gives: 'Says when the request must be agreed to; denies the plan, also under a broken glass and under an agreement', yours: 'Recording that it was paid, and telling others who bill', who: 'billing',
    packages: 'rbac deadlines baa', guides: directives, requirements: 'S62 S129',
    tests: [test(`${rbac}/directives/forbids.test.ts`, 'S129 S62: a self-pay restriction toward the health plan'), test(request, 'must be agreed to when it is about what was paid in full'), test('packages/baa/src/decide/decide.test.ts', 'S28 what was paid out of pocket is kept from the health plan')],
  }),
  feature('45 CFR 164.522(a)(2)(iii)(A)', 'End a restriction by notice only for what comes after it', {
    gives: 'Keeps it in force for what was created until the notice; one that had to be agreed to never ends by notice', packages: 'rbac', guides: directives, requirements: 'S129',
    tests: [test(`${rbac}/directives/restriction.test.ts`, 'after a notice holds for what was created until then'), test(`${rbac}/directives/restriction.test.ts`, 'S129: whatever steps are taken in whatever order')],
  }),
  part('45 CFR 164.522(b)(1)(i)', 'Accommodate reasonable requests for confidential communications', {
    gives: 'Sends each message by the channel that the patient let it, and has no room for a reason', yours: 'Whether a request is reasonable', who: 'front desk', packages: 'rbac deadlines', guides: directives,
    requirements: 'S60 S61 S130', tests: [test(`${rbac}/directives/channel-for.test.ts`, 'S44 S45 S61 S130: no message goes further than the patient let it'), test(`${rbac}/directives/confidential-communication.test.ts`, 'has no room for a reason')],
  }),

  part('45 CFR 164.524(a)(1)', 'Let individuals see and copy their record, but for two classes', {
    gives: 'Permits the individual their own signed record, keeps psychotherapy notes apart, and knows the grounds of a denial', yours: 'What belongs to the record set, and the answer', who: privacyOfficial,
    packages: 'rbac deadlines', guides: `docs/hipaa-policy-pack.md ${requestsGuide}`, requirements: 'S126', tests: [test(`${rbac}/hipaa/matrix.test.ts`, 'S92 the patient sees the whole note'), test(request, 'counts the grounds of the text')],
  }),
  part('45 CFR 164.524(b)(2)', 'Act on a request for access within 30 days, once 30 more', {
    gives: 'Counts from receipt; nothing but a written statement with reasons and a date, in time and once, moves the date', yours: 'Answering', who: privacyOfficial, packages: 'deadlines', guides: requestsGuide,
    requirements: 'S126', tests: [test(`${federal}/requests.test.ts`, 'S126 is 30 calendar days after any day'), test(request, 'S126 takes 30 more days on one written statement')],
  }),
  part('45 CFR 164.524(c)(2)', 'Provide it in the form that was asked for, where that can be done', {
    gives: 'Permits a copy to the individual, and exports entries of the log; exports no chart', yours: 'The export of the record', who: 'developers', packages: 'rbac', guides: 'docs/hipaa-policy-pack.md', tests: [test(`${rbac}/hipaa/rules.test.ts`, 'has a witness, and each witness a permit')],
  }),
  part('45 CFR 164.524(d)(4)', 'Have a denial reviewed by a professional who took no part', {
    gives: 'Refuses a reviewer who took part, and keeps the review as a duty without a number', yours: 'The review', who: 'licensed professional', packages: 'deadlines', guides: requestsGuide,
    tests: [test(request, 'goes to a licensed professional who took no part'), test(`${federal}/requests.test.ts`, 'ACC-17 the review of a denial has words and no number')],
  }),
  part('45 CFR 164.526(b)(2)', 'Act on a request for amendment within 60 days, once 30 more', {
    gives: 'Counts as for access; an amendment is added and the original stays; denial, disagreement and rebuttal go with the record', yours: 'Deciding, and changing the chart', who: 'clinicians',
    packages: 'deadlines', guides: requestsGuide, requirements: 'S127', tests: [test(`${federal}/requests.test.ts`, 'S127 AMD-02 60 days, in a leap year'), test(request, 'S127 a denial keeps request, denial, disagreement and rebuttal'), test(request, 'S127 an amendment is added to the record')],
  }),
  part('45 CFR 164.528(a)(1)', 'Account for disclosures of six years, but for nine classes', {
    gives: 'Makes the accounting from the log, each exclusion with its paragraph; what cannot be judged is left to somebody, and until then there is no accounting', yours: 'Judging what is unclear, and disclosures outside the software', who: privacyOfficial,
    packages: 'audit', guides: accounting, requirements: 'S128', tests: [test(`${disclosures}/period.test.ts`, 'S128 reaches six years back'), test(`${disclosures}/account.test.ts`, 'S128 by the basis that an event names'), test(`${disclosures}/verify.test.ts`, 'is nothing at all while something needs review')],
  }),
  feature('45 CFR 164.528(a)(2)(i)', 'Leave out what an agency asked to suspend', {
    gives: 'Leaves out disclosures to that agency for its time, 30 days for an oral statement, and lists them the day after', packages: 'audit deadlines', guides: accounting, requirements: 'S128',
    tests: [test(`${disclosures}/suspension.test.ts`, 'an oral statement suspends for 30 days'), test(`${disclosures}/account.test.ts`, 'are not in the accounting of the day')],
  }),
  feature('45 CFR 164.528(b)(2)', 'Say of each disclosure date, recipient, what and why', {
    gives: 'Says them, proved by the log; a disclosure without one is listed with what is missing', packages: 'audit', guides: accounting, requirements: 'S128',
    tests: [test(`${disclosures}/verify.test.ts`, 'S128 proves every line with the public key alone'), test(`${disclosures}/account.test.ts`, 'a disclosure without its particulars is listed')],
  }),
  feature('45 CFR 164.528(b)(3)', 'Repeated disclosures may stand together', {
    gives: 'Puts them together with the number, the first and the last, proved', packages: 'audit', guides: accounting, tests: [test(`${disclosures}/verify.test.ts`, 'puts repeated disclosures together')],
  }),
  part('45 CFR 164.528(c)(1)', 'Provide the accounting within 60 days, once 30 more', {
    gives: 'Counts from receipt', yours: 'Providing it', who: privacyOfficial, packages: 'deadlines', guides: requestsGuide, requirements: 'S128', tests: [test(`${federal}/requests.test.ts`, 'S128 AOD-01 60 days, at most 30 more')],
  }),
  part('45 CFR 164.528(c)(2)', 'The first accounting in twelve months is free', {
    gives: 'Says whether a fee may be asked for, and on what conditions', yours: 'The fee, and saying so before', who: privacyOfficial, packages: 'deadlines', guides: 'packages/deadlines/README.md', requirements: 'S128', tests: [test(`${federal}/accounting-fee.test.ts`, 'S128 AOD-05 a second request')],
  }),
  part('45 CFR 164.528(d)', 'Keep each accounting, and who answered it', {
    gives: 'Records the hand-over in the log, with who and the hash of what was handed over', yours: 'Naming who answers', who: privacyOfficial, packages: 'audit', guides: accounting, tests: [test(`${disclosures}/verify.test.ts`, 'is recorded in the log, under who handed it over')],
  }),

  yours('45 CFR 164.530(a)(1)(i)', 'Name a privacy official', {
    gives: 'Keeps a row for it', yours: 'Naming somebody', who: officials, packages: 'baa', guides: register, requirements: 'S101', tests: [test('packages/baa/src/safeguards/controls.test.ts', 'S101 officers: privacy, security')],
  }),
  yours('45 CFR 164.530(b)', 'Train the workforce in the privacy policies', {
    gives: 'Keeps who was trained in which topic', yours: 'The training', who: privacyOfficial, packages: 'baa', guides: register, requirements: 'S10 S56', tests: [test('packages/baa/src/safeguards/workforce.test.ts', 'S56 privacy, secure messaging and incident reporting')],
  }),
  yours('45 CFR 164.530(e)(1)', 'Apply sanctions for breaking the privacy policies', {
    gives: 'Keeps a row for it', yours: 'Applying them', who: officials, packages: 'baa', guides: register, requirements: 'S11', tests: [keepsOwner],
  }),
  yours('45 CFR 164.530(i)', 'Have privacy policies, and change them when the law does', {
    gives: 'Says that a material change waits for the notice that tells of it', yours: 'The policies', who: privacyOfficial, packages: 'baa', guides: register, requirements: 'S55', tests: [test(`${npp}/notice.test.ts`, 'S55 a material change waits')],
  }),
  part('45 CFR 164.530(j)(1)(iv)', 'Keep what shows that notices were made, or that there was no breach', {
    gives: 'Keeps each event of an incident with its evidence, refused ones too', yours: 'The evidence of what was sent', who: privacyOfficial, packages: 'deadlines', guides: requestsGuide, tests: [test('packages/deadlines/src/incident/incident.test.ts', 'S96 documentation is kept six years from closing')],
  }),
  feature('45 CFR 164.530(j)(2)', 'Keep privacy documentation for six years', {
    gives: 'As 164.316(b)(2)(i), for requests, notices and directives too', packages: 'retention deadlines', guides: 'packages/retention/README.md', requirements: 'S96',
    tests: [test(request, 'S96 is kept six years from the last entry'), test(`${npp}/notice.test.ts`, 'S131 six years from when a version was written')],
  }),
]
