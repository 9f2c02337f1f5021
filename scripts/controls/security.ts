import { agreementRows } from './agreements.ts'
import { type ControlRow, feature, part, test, yours } from './row.ts'

const baa = 'packages/baa/src/safeguards'
const rbac = 'packages/rbac/src'
const register = 'docs/safeguards-register.md'
const keepsOwner = test(`${baa}/register.test.ts`, 'C10 S137 keeps owner, day, evidence and review of each safeguard')
const comesRound = test(`${baa}/register.test.ts`, 'S103 S104 what comes round has to be done in its period')
const nineDuties = test('packages/deadlines/src/recurring/next-due.test.ts', 'S103, S104, S90: nine duties')
const analysed = test(`${baa}/risks.test.ts`, 'S13 S57 S103 a complete one leaves nothing open')
const assignments = test(`${rbac}/assignments/assignment.test.ts`, 'S2 is in force from its beginning up to its end')
const history = test(`${rbac}/assignments/assignment.test.ts`, 'S2 keeps its answer for an instant that has passed')
const afterTraining = test(`${baa}/workforce.test.ts`, 'S102 only after training and background verification')
const devices = test(
  `${baa}/workforce.test.ts`,
  'S106 S107 S148 devices of the house are encrypted, held by somebody, and wiped when they leave',
)
const inRegister = 'Keeps a row for it: owner, evidence, review, and that it is unknown once the evidence is old'
const securityOfficial = 'security official'

/** 45 CFR 164.308 to 164.316, in their order. */
// biome-ignore format: a table
export const securityRows: readonly ControlRow[] = [
  yours('45 CFR 164.308(a)(1)(ii)(A)', 'Analyse the risks to electronic health information', {
    gives: 'Keeps the analysis as data: risks with owners and levels, topics of AI features, and says what is open or a year old',
    yours: 'The analysis itself: what you hold, what threatens it, how likely and how bad', who: securityOfficial,
    packages: 'baa deadlines', guides: `${register} docs/recurring-duties.md`, requirements: 'S13 S43 S57 S103',
    tests: [analysed, test(`${baa}/risks.test.ts`, 'S43 AI features: prompt leakage')],
  }),
  yours('45 CFR 164.308(a)(1)(ii)(B)', 'Reduce the risks to a reasonable level', {
    gives: 'Tracks each finding to an owner, a day and the evidence that it was done',
    yours: 'Which risk is dealt with, how, and which is accepted', who: securityOfficial,
    packages: 'baa', guides: register, requirements: 'S24 S26 S57', tests: [test(`${baa}/risks.test.ts`, 'S24 S57 remediation has an owner and a day')],
  }),
  yours('45 CFR 164.308(a)(1)(ii)(C)', 'Apply sanctions to workforce members who do not follow the policies', {
    gives: inRegister, yours: 'The policy, and applying it', who: 'management',
    packages: 'baa', guides: register, requirements: 'S11 S147', tests: [keepsOwner],
  }),
  part('45 CFR 164.308(a)(1)(ii)(D)', 'Review audit logs, access reports and incident tracking regularly', {
    gives: 'Records what there is to review, finds known patterns of misuse, searches and exports, and says when a review is due',
    yours: 'Reading what is found, and deciding what it means', who: 'privacy and security officials',
    packages: 'audit cli deadlines', guides: 'docs/detect-misuse.md docs/look-at-a-log.md', requirements: 'S23 S97 S132',
    tests: [
      test('packages/audit/src/detect/sign-in.test.ts', 'S23 a burst of one account'),
      test('packages/audit/src/detect/touch.test.ts', 'S23 a record that nothing explains'),
      nineDuties,
    ],
  }),
  yours('45 CFR 164.308(a)(2)', 'Name a security official', {
    gives: inRegister, yours: 'Naming somebody, with the authority to act', who: 'management',
    packages: 'baa', guides: register, requirements: 'S101 S147', tests: [test(`${baa}/controls.test.ts`, 'S101 officers: privacy, security')],
  }),
  part('45 CFR 164.308(a)(3)(ii)(A)', 'Authorize and supervise workforce members who work with it', {
    gives: 'Keeps who has which role from when until when, and who gave it',
    yours: 'Whom to authorize, and supervising them', who: 'managers', packages: 'rbac postgres', guides: 'packages/rbac/README.md',
    requirements: 'S2', tests: [assignments, test('packages/postgres/test/stores/access-wall.test.ts', 'S98 no role deletes, and none updates')],
  }),
  part('45 CFR 164.308(a)(3)(ii)(B)', 'Determine that the access of a workforce member is appropriate', {
    gives: 'Answers whether a person may reach production, by the trainings and background checks that are on record',
    yours: 'The checks, and the judgement', who: 'management', packages: 'baa', guides: register, requirements: 'S102', tests: [afterTraining],
  }),
  part('45 CFR 164.308(a)(3)(ii)(C)', 'End access when somebody leaves', {
    gives: 'Ends role assignments and sessions at once, and names devices that were not wiped',
    yours: 'Saying that somebody left, keys and badges, accounts elsewhere', who: 'management', packages: 'rbac baa', guides: `docs/sessions.md ${register}`,
    requirements: 'S107', tests: [assignments, test(`${rbac}/session/sessions.test.ts`, 'S4: logging off and revoking'), devices],
  }),
  part('45 CFR 164.308(a)(4)', 'Have policies for who is given access', {
    gives: 'Holds the policy as data that is tested, compared and explained like code, with a pack that knows the HIPAA rules',
    yours: 'What the policy says', who: 'privacy and security officials', packages: 'rbac testing', guides: 'docs/hipaa-policy-pack.md docs/test-a-policy.md',
    requirements: 'S2 S21 S92', tests: [test(`${rbac}/hipaa/rules.test.ts`, 'S2 every rule and every override of the pack cites'), test(`${rbac}/analysis/diff.test.ts`, 'S21 says who may now do what, and when')],
  }),
  part('45 CFR 164.308(a)(4)(ii)(B)', 'Grant access by a procedure', {
    gives: 'Records each grant with its beginning, end and giver, and gates production on training', yours: 'The approval', who: 'managers',
    packages: 'rbac baa', guides: `packages/rbac/README.md ${register}`, requirements: 'S2 S102', tests: [assignments, afterTraining],
  }),
  part('45 CFR 164.308(a)(4)(ii)(C)', 'Review and modify access', {
    gives: 'Keeps the history of roles, so that a review sees who had what on any day; lists who can do what, and what nobody uses',
    yours: 'The review, and how often', who: 'managers', packages: 'rbac', guides: 'packages/rbac/README.md docs/test-a-policy.md',
    requirements: 'S2 S21', tests: [history, test(`${rbac}/analysis/reports.test.ts`, 'S21 S92 says always, when, or never')],
  }),
  yours('45 CFR 164.308(a)(5)(i)', 'Train the workforce in security awareness', {
    gives: 'Keeps who was trained in what and when, and says what is due for whom', yours: 'The training', who: securityOfficial,
    packages: 'baa deadlines', guides: `${register} docs/recurring-duties.md`, requirements: 'S10 S56 S102',
    tests: [test(`${baa}/workforce.test.ts`, 'S102 on hire and annually'), test('packages/deadlines/src/recurring/next-due.test.ts', 'S102, S56: a hire asks for training')],
  }),
  part('45 CFR 164.308(a)(6)(i)', 'Have procedures for security incidents', {
    gives: 'Follows an incident from its report to its end in fixed steps, refuses steps that lose a duty, and keeps every event',
    yours: 'The plan, the people, and practising it', who: securityOfficial, packages: 'deadlines', guides: 'docs/requests-and-incidents.md',
    requirements: 'S8 S135 S147', tests: [test('packages/deadlines/src/incident/transitions.test.ts', 'S8 S31 every role, state and event')],
  }),
  part('45 CFR 164.308(a)(6)(ii)', 'Respond to incidents, mitigate, and document', {
    gives: 'Says from the log what was touched, whose and by whom; shuts out everybody but the response team; keeps the record',
    yours: 'Containment outside the software, and what is done for those who were harmed', who: 'incident team',
    packages: 'audit rbac deadlines', guides: 'docs/detect-misuse.md docs/requests-and-incidents.md', requirements: 'S132 S133 S135',
    tests: [test('packages/audit/src/detect/investigate.test.ts', 'S133 an account: scope, categories, individuals'), test(`${rbac}/hipaa/policy.test.ts`, 'S132 isolation')],
  }),
  yours('45 CFR 164.308(a)(7)(i)', 'Have a contingency plan', {
    gives: inRegister, yours: 'The plan, its objectives, emergency operation on paper', who: securityOfficial,
    packages: 'baa', guides: register, requirements: 'S12 S27 S104', tests: [keepsOwner],
  }),
  part('45 CFR 164.308(a)(7)(ii)(A)', 'Keep retrievable exact copies', {
    gives: 'Destroys again what a restored backup brings back, and verifies a restored log; makes no backup',
    yours: 'Making backups, in more than one place, and trying them', who: 'operations', packages: 'envelope audit', guides: 'packages/envelope/README.md docs/verify-a-log.md',
    requirements: 'S27', tests: [test('packages/envelope/src/destruction/restore-guard.test.ts', 'S121 airo #1212: a restored backup is not served before the guard ran')],
  }),
  yours('45 CFR 164.308(a)(7)(ii)(B)', 'Be able to restore what was lost', {
    gives: 'Says when a restore was last tried and when it is due by your own calendar', yours: 'Restoring, within your objectives', who: 'operations',
    packages: 'deadlines baa', guides: 'docs/recurring-duties.md', requirements: 'S27', tests: [nineDuties],
  }),
  yours('45 CFR 164.308(a)(7)(ii)(D)', 'Test and revise the contingency plans', {
    gives: 'Says when a test is due by your own calendar, and calls a test without evidence unknown', yours: 'The test, and what is learnt from it', who: 'operations',
    packages: 'baa deadlines', guides: `docs/recurring-duties.md ${register}`, requirements: 'S12 S104', tests: [comesRound, nineDuties],
  }),
  yours('45 CFR 164.308(a)(8)', 'Evaluate from time to time how far you meet the rule', {
    gives: 'Shows what is open and what is not known, without a score; exports the register as OSCAL for whoever evaluates',
    yours: 'The evaluation', who: 'somebody who did not build it', packages: 'baa deadlines', guides: `${register} docs/recurring-duties.md`,
    requirements: 'S103', tests: [nineDuties, test(`${baa}/no-verdict.test.ts`, 'C10 an empty register is ready for nothing')],
  }),
  part('45 CFR 164.308(b)(3)', 'Document the assurances of business associates in a written contract', {
    gives: 'Decides from the agreement as signed whether data may go to a vendor today, and denies where there is none',
    yours: 'Negotiating and signing', who: 'management and counsel', packages: 'baa', guides: 'docs/agreements-as-data.md docs/data-flows-in-ci.md',
    requirements: 'S1 S9 S28 S151', tests: [test('packages/baa/src/decide/decide.test.ts', 'S28 denies by default'), test('packages/baa/src/decide/seeds.test.ts', 'S151 not before both have signed')],
  }),

  yours('45 CFR 164.310(a)(1)', 'Limit physical access to facilities', {
    gives: inRegister, yours: 'Doors, and who has keys', who: 'facilities, or the hosting provider', packages: 'baa', guides: register, requirements: 'S105', tests: [keepsOwner],
  }),
  yours('45 CFR 164.310(a)(2)(iii)', 'Control and validate who enters', {
    gives: inRegister, yours: 'Badges, visitors, watching', who: 'facilities, or the hosting provider', packages: 'baa', guides: register, requirements: 'S105', tests: [keepsOwner],
  }),
  yours('45 CFR 164.310(b)-(c)', 'Say how workstations are used, and guard them', {
    gives: 'Keeps screen lock, management and placement as rows, apart from the time-outs of the software',
    yours: 'The workstations', who: 'operations', packages: 'baa', guides: register, requirements: 'S106 S148 C8',
    tests: [test(`${baa}/controls.test.ts`, 'C8 S110 S143 S148 three time-outs are three controls')],
  }),
  yours('45 CFR 164.310(d)(1)', 'Govern devices and media that come, go and move', {
    gives: 'Says of each listed device whether it is encrypted, held by somebody, and wiped', yours: 'The devices, and the list', who: 'operations',
    packages: 'baa', guides: register, requirements: 'S5 S107', tests: [devices],
  }),
  part('45 CFR 164.310(d)(2)(i)-(ii)', 'Dispose of media, and clear them before re-use', {
    gives: 'Destroys the keys of sealed data, with a signed certificate that says what it does not reach',
    yours: 'Shredding and wiping, and whether destroyed keys are enough', who: 'operations', packages: 'envelope retention', guides: 'packages/envelope/README.md packages/retention/README.md',
    requirements: 'S121', tests: [test('packages/envelope/src/destruction/certificate.test.ts', 'S121 is verified by whoever has the public key')],
  }),
  yours('45 CFR 164.310(d)(2)(iii)', 'Record the movements of hardware and who has it', {
    gives: 'Keeps an inventory, and names devices whose holder has left', yours: 'Keeping the inventory true', who: 'operations', packages: 'baa', guides: register,
    requirements: 'S107', tests: [devices],
  }),

  feature('45 CFR 164.312(a)(1)', 'Let only those persons and programs in who were granted access', {
    gives: 'Decides every request by a policy that denies by default and fails closed; row-level security holds the same wall in PostgreSQL',
    packages: 'rbac http postgres', guides: 'packages/rbac/README.md packages/http/README.md docs/policy-in-the-database.md', requirements: 'S2 S21 S58 S98',
    tests: [
      test(`${rbac}/decision/rules.test.ts`, 'S21 nothing is allowed by default'),
      test(`${rbac}/decision/rules.test.ts`, 'S98 the tenant wall comes first, and nothing overrides it'),
      test('packages/postgres/src/audit/audit-store.test.ts', 'S98 shows a reader nothing of another tenant'),
    ],
  }),
  part('45 CFR 164.312(a)(2)(i)', 'Give each user a unique name or number', {
    gives: 'Takes one identity for each session, records it with every entry, and refuses a request without one',
    yours: 'Issuing identities, and no shared accounts', who: 'operations', packages: 'rbac http audit', guides: 'docs/sessions.md packages/http/README.md',
    requirements: 'S108 S143', tests: [test(`${rbac}/session/identity.test.ts`, 'S44 S108: an identity'), test('packages/http/test/core/session.test.ts', 'S108 is asked for, one, in one place')],
  }),
  part('45 CFR 164.312(a)(2)(ii)', 'Have a procedure for access in an emergency', {
    gives: 'Breaking the glass: opens what may be opened, for a time, is told, recorded and put up for review',
    yours: 'Who may, and how you work when the system is away', who: securityOfficial, packages: 'rbac audit http', guides: 'docs/hipaa-policy-pack.md docs/detect-misuse.md',
    requirements: 'S109', tests: [test(`${rbac}/hipaa/matrix.test.ts`, 'S109 a broken glass is told, recorded and reviewed'), test('packages/audit/src/detect/touch.test.ts', 'each is an item, overdue after 72 hours')],
  }),
  feature('45 CFR 164.312(a)(2)(iii)', 'End sessions after inactivity', {
    gives: 'Ends a session after the idle minutes of its profile and after its absolute lifetime, whatever the clock does',
    packages: 'rbac http', guides: 'docs/sessions.md', requirements: 'S4 S110 S143', tests: [test(`${rbac}/session/sessions.test.ts`, 'S4 S110 S143: logged off after inactivity')],
  }),
  feature('45 CFR 164.312(a)(2)(iv)', 'Encrypt and decrypt stored health information', {
    gives: 'Seals fields and files under keys of the tenant that your KMS guards, each bound to its place; refuses what was altered or moved',
    packages: 'envelope', guides: 'packages/envelope/README.md docs/formats/envelope-v1.md', requirements: 'S18 S20 S89 S91',
    tests: [test('packages/envelope/src/field/field.test.ts', 'S18 every bit flip, every truncation, and any byte more'), test('packages/envelope/src/field/field.test.ts', 'S91 a value moved to another row')],
  }),
  feature('45 CFR 164.312(b)', 'Record and examine activity', {
    gives: 'Records each access in a hash-chained, signed log, in the transaction of the data; what cannot be recorded is not sent',
    packages: 'audit postgres http cli', guides: 'packages/audit/README.md docs/verify-a-log.md', requirements: 'S6 S50 S94 S95 S112 S123',
    tests: [
      test('packages/audit/src/log.test.ts', 'S6 S50 S94 S112 S123 S124 records who, where, when, what'),
      test('packages/postgres/src/audit/audit-store.test.ts', 'S6 S95 SIGKILL between any two writes'),
      test('packages/http/test/core/equal-answers.test.ts', 'S50 S123 while one that may be read'),
    ],
  }),
  part('45 CFR 164.312(c)(1)', 'Protect it from improper alteration and destruction', {
    gives: 'Finds every alteration of a log and of sealed values and files; refuses deletion before its time',
    yours: 'Your other tables: nothing here notices a change of a column that is neither sealed nor logged', who: 'developers',
    packages: 'audit envelope retention', guides: 'docs/what-each-layer-stops.md packages/retention/README.md', requirements: 'S95 S113 S145',
    tests: [test('packages/postgres/src/audit/audit-store.test.ts', 'S95 finds a rewrite through ALTER COLUMN'), test('packages/envelope/src/file/reader.test.ts', 'S20 cut, extended or altered anywhere'), test('packages/retention/src/assess/properties.test.ts', 'holds always win')],
  }),
  part('45 CFR 164.312(d)', 'Verify that somebody is who they claim to be', {
    gives: 'Verifies the signed identity of your provider, asks for more than one factor and for a fresh sign-in where it matters',
    yours: 'The identity provider, and who gets an account', who: 'operations', packages: 'rbac http', guides: 'docs/sessions.md', requirements: 'S3 S44 S93',
    tests: [test(`${rbac}/session/identity.test.ts`, 'S44: refused by algorithm and key'), test(`${rbac}/session/mfa.test.ts`, 'S3 S93: more than one factor')],
  }),
  part('45 CFR 164.312(e)(1)', 'Guard it while it is transmitted', {
    gives: 'Serves TLS 1.2 or 1.3 by profile, mutual TLS between services, HSTS; probes what a server of others accepts',
    yours: 'Every path that does not go through these servers: e-mail, proxies, vendors', who: 'operations', packages: 'http baa', guides: 'packages/http/README.md docs/telehealth.md',
    requirements: 'S14 S16 S87 S114', tests: [test('packages/http/test/sockets/tls.test.ts', 'S14 S16 S87 S146 offers TLS 1.3 alone under modern'), test('packages/http/test/sockets/tls.test.ts', 'S114 ends the handshake of a client with none')],
  }),
  feature('45 CFR 164.312(e)(2)(ii)', 'Encrypt what is transmitted, where appropriate', {
    gives: 'Takes authenticated encryption with forward secrecy and nothing else; says with every answer that only TLS is to be used',
    packages: 'http', guides: 'packages/http/README.md', requirements: 'S14 S15 S16 S88 S146', tests: [test('packages/http/test/sockets/tls.test.ts', 'S16 takes authenticated encryption with forward secrecy'), test('packages/http/test/sockets/clinic.test.ts', 'S15 S88 says with every answer')],
  }),

  ...agreementRows('164.314'),
  part('45 CFR 164.314(a)(2)(iii)', 'Have subcontractors of a business associate promise the same security', {
    gives: 'Follows the chain of agreements and names each promise of security that the one below does not hold',
    yours: 'Getting the promise', who: 'management and counsel', packages: 'baa', guides: 'docs/versions-and-chains.md', requirements: 'S9 S32 S119',
    tests: [test('packages/baa/src/lint/lint.test.ts', 'S28 S30 S31 S32 S33 S116'), test('packages/baa/src/chain/chain.test.ts', 'S32 S33 S118 every promise of the agreement above')],
  }),

  yours('45 CFR 164.316(a)', 'Have policies and procedures', {
    gives: inRegister, yours: 'Writing them, and living by them', who: 'privacy and security officials', packages: 'baa', guides: register, requirements: 'S34 S55', tests: [keepsOwner],
  }),
  part('45 CFR 164.316(b)(1)', 'Document policies, and actions that the rule wants documented', {
    gives: 'Keeps logs, registers, incidents and agreements so that later changes show; asks for the checksum of a signed document',
    yours: 'Writing down what no software saw', who: 'privacy and security officials', packages: 'audit baa deadlines', guides: `packages/audit/README.md ${register}`,
    requirements: 'S113', tests: [test(`${baa}/documents.test.ts`, 'S113 hashes tie the index to the files')],
  }),
  feature('45 CFR 164.316(b)(2)(i)', 'Keep that documentation for six years from when it was made or last in effect', {
    gives: 'Says until when each record is kept, the later of both days; shorter schedules and early deletion are refused or reported',
    packages: 'retention deadlines audit', guides: 'packages/retention/README.md docs/prune-audit.md', requirements: 'S96 S144 C2',
    tests: [test('packages/deadlines/src/federal/documentation.test.ts', 'S96 is kept six years from when it last was in effect'), test('packages/retention/src/assess/assess.test.ts', 'S96, S144, C2: logs of activity')],
  }),
  yours('45 CFR 164.316(b)(2)(iii)', 'Review documentation from time to time and at changes', {
    gives: 'Says what has passed its review', yours: 'The review', who: 'privacy and security officials', packages: 'baa deadlines', guides: `${register} docs/recurring-duties.md`,
    requirements: 'S55', tests: [test(`${baa}/register.test.ts`, 'C10 in place only with evidence of that day, within its review')],
  }),
]
