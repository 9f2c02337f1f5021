import { type ControlRow, feature, part, test, yours } from './row.ts'

const federal = 'packages/deadlines/src/federal'
const incident = 'packages/deadlines/src/incident/incident.test.ts'
const notice = 'packages/deadlines/src/incident/notice.test.ts'
const grants = 'packages/rbac/src/directives/grants.test.ts'
const guide = 'docs/requests-and-incidents.md'
const readme = 'packages/deadlines/README.md'
const privacyOfficial = 'privacy official'

/** Breach notification, 45 CFR 164.402 to 164.414. */
// biome-ignore format: a table
export const breachRows: readonly ControlRow[] = [
  part('45 CFR 164.402', 'Presume a breach, unless four factors show a low probability or an exclusion applies', {
    gives: 'Runs the clocks until a finding is documented with all four factors, or with each condition of an exclusion', yours: 'The assessment', who: privacyOfficial, packages: 'deadlines', guides: guide,
    requirements: 'S8 S133', tests: [test(incident, 'EXC-01 a low probability needs all four factors'), test(incident, 'an exclusion needs each of its conditions'), test(`${federal}/breach.test.ts`, 'EXC-01 without a finding the clocks run')],
  }),
  feature('45 CFR 164.404(a)(2)', 'A breach is discovered when anybody of the workforce, or an agent, knew or should have known', {
    gives: 'Takes the earliest of those days, never that of the perpetrator, and no day of confirmation', packages: 'deadlines', guides: readme, requirements: 'C1 S63', tests: [test(`${federal}/breach.test.ts`, 'BRE-03 begins with the first workforce member'), test(`${federal}/breach.test.ts`, 'takes no other date for discovery')],
  }),
  part('45 CFR 164.404(b)', 'Notify individuals without unreasonable delay, within 60 calendar days', {
    gives: 'Says the outer day, and whether a recorded notice was in time', yours: 'Sending it, sooner', who: 'covered entity', packages: 'deadlines', guides: readme, requirements: 'S63 S158',
    tests: [test(`${federal}/breach.test.ts`, 'counts 60 calendar days after any day of discovery'), test(`${federal}/breach.test.ts`, 'OCR-02 counts as the Office for Civil Rights did')],
  }),
  part('45 CFR 164.404(c)', 'Say in the notice what happened, what data, what to do, what is done, and whom to ask', {
    gives: 'Takes a notice that lacks an item for none, and drafts from what is recorded', yours: 'The words', who: privacyOfficial, packages: 'deadlines', guides: guide, requirements: 'S63 S100', tests: [test(notice, 'S63 has the items of 164.404(c)'), test(incident, 'S63 a notice to individuals without an item')],
  }),
  part('45 CFR 164.404(d)(2)(ii)(A)', 'Give substitute notice where ten or more cannot be reached', {
    gives: 'Says which ways there are and how long each lasts', yours: 'Posting it, and answering the telephone', who: 'covered entity', packages: 'deadlines', guides: readme, tests: [test(`${federal}/substitute-notice.test.ts`, 'SUB-01 ten or more'), test(`${federal}/substitute-notice.test.ts`, 'the line is at ten')],
  }),
  part('45 CFR 164.404(d)(3)', 'Telephone as well where it is urgent', {
    gives: 'Names it in addition, never instead', yours: 'Judging the urgency, and calling', who: 'covered entity', packages: 'deadlines', guides: readme, tests: [test(`${federal}/substitute-notice.test.ts`, 'urgent: by telephone in addition')],
  }),
  part('45 CFR 164.406', 'Notify the media for more than 500 residents of one State', {
    gives: 'Counts State by State; an unknown number plans for the strict branch', yours: 'The numbers, and telling the media', who: 'covered entity', packages: 'deadlines', guides: readme, requirements: 'S160 C4', tests: [test(`${federal}/breach.test.ts`, 'S160 C4 media: 500 residents')],
  }),
  part('45 CFR 164.408(b)', 'Notify the Secretary at once for 500 or more', {
    gives: 'Says the day, and moves it from the same discovery when the number is revised', yours: 'Submitting it', who: 'covered entity', packages: 'deadlines', guides: readme, requirements: 'S159 C3', tests: [test(`${federal}/breach.test.ts`, 'CNT-08 a count that is revised upwards')],
  }),
  part('45 CFR 164.408(c)', 'Log smaller breaches, and submit them within 60 days after the year', {
    gives: 'Says the day, by the year of discovery', yours: 'Submitting them', who: 'covered entity', packages: 'deadlines', guides: readme, requirements: 'S159 C3', tests: [test(`${federal}/breach.test.ts`, 'HHS-OCC the year of discovery counts'), test(`${federal}/breach.test.ts`, 'is 60 days after 31 December of every year')],
  }),
  feature('45 CFR 164.410(a)(2)', 'What an agent of a business associate knew counts as known', {
    gives: 'Follows the chain; where agency is unknown it shows both readings and plans for the stricter', packages: 'deadlines baa', guides: `${readme} docs/contract-clocks.md`, tests: [test(`${federal}/chain.test.ts`, 'BRE-08 an agent: its knowledge is imputed'), test(`${federal}/chain.test.ts`, 'agency not known: both readings')],
  }),
  part('45 CFR 164.410(b)', 'A business associate notifies the covered entity within 60 days', {
    gives: 'Says the day by law and by contract, and finds a contract clock that the law overtakes', yours: 'Notifying', who: 'business associate', packages: 'deadlines baa', guides: 'docs/contract-clocks.md', requirements: 'S31 S99 S134 S157 C1', tests: [test(`${federal}/breach.test.ts`, 'C1 owes notice from discovery: BRE-07')],
  }),
  part('45 CFR 164.410(c)', 'Name each individual, and send the rest as it becomes known', {
    gives: 'Keeps the duty open until everything was sent', yours: 'Finding out whom', who: 'business associate', packages: 'deadlines', guides: guide, requirements: 'S31 S134', tests: [test(incident, 'S31 S134 a business associate names the individuals at once')],
  }),
  feature('45 CFR 164.412', 'Delay notice where law enforcement asks for it', {
    gives: 'For the time of a written statement, 30 days from an oral one; a second call gains nothing', packages: 'deadlines', guides: readme, tests: [test(`${federal}/breach.test.ts`, 'LEH-01 oral: 30 days from the statement'), test(`${federal}/breach.test.ts`, 'LEH-03 written: for the time that it specifies')],
  }),
  part('45 CFR 164.414(b)', 'Be able to show that notices were made, or that there was no breach', {
    gives: 'Keeps each step with its time and evidence; no finding counts until it is documented', yours: 'The documents', who: privacyOfficial, packages: 'deadlines audit', guides: guide, requirements: 'S135', tests: [test(`${federal}/breach.test.ts`, 'EXC-01 no finding silences anything until it is documented'), test(incident, 'S135 names everything that is still open')],
  }),
]

/** Records of substance use disorder programs, 42 CFR Part 2, as far as it is used, and the law of the States. */
// biome-ignore format: a table
export const otherRows: readonly ControlRow[] = [
  part('42 CFR 2.16(b)', 'Notify of breaches of Part 2 records as HIPAA asks', {
    gives: 'Says each duty of a program, with the dates of the breach rule', yours: 'Notifying', who: 'program', packages: 'deadlines', guides: readme, tests: [test(`${federal}/part2.test.ts`, 'P2-01 follow the breach rule since 16 February 2026')],
  }),
  part('42 CFR 2.25(a)', 'Account for disclosures with consent, three years back', {
    gives: 'Knows the three years, and that compliance is tolled', yours: 'The accounting, once the rule is in force', who: 'program', packages: 'deadlines', guides: readme, tests: [test(`${federal}/accounting.test.ts`, 'AOD-10 Part 2 has three years')],
  }),
  part('42 CFR 2.31', 'Have a written consent with its elements', {
    gives: 'Names each element that a recorded consent lacks, and takes it for none', yours: 'Getting it', who: 'program', packages: 'rbac', guides: 'docs/patient-directives.md', tests: [test(grants, 'for all future TPO gives a grant for TPO and nothing else')],
  }),
  part('42 CFR 2.31(b)', 'Counseling notes need a consent of their own', {
    gives: 'Opens them to such a consent only', yours: 'Which notes they are', who: 'clinicians', packages: 'rbac', guides: 'docs/patient-directives.md', tests: [test(grants, 'for counseling notes reaches only those')],
  }),
  part('42 CFR 2.32', 'A disclosure carries the notice that prohibits passing it on', {
    gives: 'Cites the notice where a consent opens a record; adds no notice to what leaves', yours: 'Putting it with what leaves', who: 'developers', packages: 'rbac', guides: 'docs/hipaa-policy-pack.md', tests: [test('packages/rbac/src/policy/parse.test.ts', 'S21 has overrides built in that each name their text')],
  }),
  part('42 CFR 2.51', 'Open Part 2 records in a medical emergency, and document it', {
    gives: 'A broken glass alone does not open them: it owes the note of the emergency as well', yours: 'Judging the emergency', who: 'clinicians', packages: 'rbac', guides: 'docs/hipaa-policy-pack.md', requirements: 'S109', tests: [test('packages/rbac/src/hipaa/matrix.test.ts', 'S109 a Part 2 record owes the note of the emergency as well')],
  }),
  yours('45 CFR 160.203(b)', 'More stringent law of a State stands', {
    gives: 'Holds rows of State breach and retention law, each with how it is confirmed; what shortens or silences a duty waits for a sign-off', yours: 'Reading the law of your States, and signing for each row', who: 'counsel', packages: 'deadlines retention', guides: 'docs/state-breach-law.md docs/test-due-dates.md',
    tests: [test('packages/deadlines/src/state/sign-off.test.ts', 'silences nothing while nobody has signed it off')],
  }),
]
