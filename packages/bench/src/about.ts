import type { Row } from './measure.ts'

/** What a reader is told about a row beside its numbers. */
export interface About {
  /** What our side does in one operation. */
  readonly does: string
  /** The package for which this floor was set before it was written; 'row' for a floor that was set with the row; 'none' where no claim is made. */
  readonly floor: 'audit' | 'envelope' | 'rbac' | 'baa' | 'row' | 'none'
  /** What the page aims at beyond the floor. */
  readonly aim?: string
  /** Why ours is the slower side, or short, and what that means to a user. For every row that may come out below 1 or below its floor. */
  readonly loses?: { readonly why: string; readonly means: string }
}

const gcm = 'Both sides seal and open, and both check the tag.'
const byHand =
  'The hand-written side returns a boolean, trusts that each attribute is loaded and of the right type, and cannot say why. Ours tells apart "no" and "not known".'

export const about: Readonly<Record<string, About>> = {
  'audit.append.memory': {
    does: 'validate an event, salt and commit five groups, chain, extend the Merkle tree, keep it in memory',
    floor: 'audit',
    aim: '0.30',
    loses: {
      why: 'Ours computes seven hashes, five salts and a schema check where the baseline serialises once and hashes once.',
      means: 'What an entry costs in processor time, before any disk. In a service the durable rows below are what is felt.',
    },
  },
  'audit.append.postgres.256-callers': {
    does: 'append durably to one log on PostgreSQL, 256 callers at once',
    floor: 'audit',
    aim: 'past 0.8',
    loses: {
      why: 'Beside the same bytes ours writes search terms, tree hashes and the head of the log, and computes all hashes in the same thread. The raw table is emptied after every round; the log grows.',
      means: 'A log under load takes this part of what plain rows in batches of 100 would take.',
    },
  },
  'audit.append.postgres.1-caller': {
    does: 'append durably to one log on PostgreSQL, one caller that waits',
    floor: 'audit',
    aim: '0.8',
    loses: {
      why: 'One append takes about half a millisecond of processor time more than a bare row, in the process and in the server together. The faster the disk flushes, the more of that is seen: the floor is reached where a flush takes 0.4 ms or longer, and the row below is the same with a flush of one. Where it takes 0.2 ms or less, this row stays short.',
      means:
        'A lone caller waits longer for an entry than for a bare row. Callers that come together share a commit and do not.',
    },
  },
  'audit.append.postgres.1-caller.flush-1ms': {
    does: 'append durably to one log on PostgreSQL, one caller that waits, on a disk that takes its time',
    floor: 'row',
    loses: {
      why: 'The same work as in the row above. Storage on the other end of a network takes about a millisecond for a flush, and most of the time of either side is that. The files lie in memory here, so that the row says the same on every disk.',
      means: 'On such storage a lone caller notices less of what an entry is more than a bare row.',
    },
  },
  'audit.append.postgres.locking': {
    does: 'append durably to one log on PostgreSQL, 256 callers at once',
    floor: 'audit',
    aim: '25',
  },
  'audit.append.postgres.light-chain': {
    does: 'append durably to one log on PostgreSQL, 256 callers at once',
    floor: 'none',
  },
  'audit.append.many-tenants': {
    does: 'append durably to 64 logs of 64 tenants, 256 callers, commits shared between logs',
    floor: 'row',
    loses: {
      why: 'Sharing commits pays by the flushes that it saves: on a disk that flushes at once there is little to save.',
      means: '`groupCommit` is an option: on such a disk leave it off.',
    },
  },
  'audit.verify.postgres': {
    does: 'read a log from PostgreSQL and check every value, link, tree hash, search term and signature',
    floor: 'audit',
    aim: '0.6',
    loses: {
      why: 'Ours hashes every entry seven times in the thread that also reads; the baseline only reads.',
      means: 'A nightly check of a whole log takes longer than a read of it by this ratio.',
    },
  },
  'audit.verify.hypercore': {
    does: 'verify every value, link, tree hash and signature of a log in memory',
    floor: 'audit',
  },
  'audit.prove.hypercore': {
    does: 'make an inclusion proof up to the root',
    floor: 'audit',
  },
  'audit.verify.evidence': {
    does: 'read an evidence file and verify 200 disclosed entries offline',
    floor: 'none',
    loses: {
      why: 'The baseline believes what it reads. Ours checks the schema, opens every commitment and follows every proof to the signed root.',
      means: 'An auditor waits a moment for a file of some hundred entries.',
    },
  },
  'audit.witness.cosign': {
    does: 'cosign a checkpoint as a witness: parse, verify the signature of the log and the consistency proof, sign, verify what was signed, keep the state',
    floor: 'none',
    loses: {
      why: 'Ours verifies twice, applies strict rules to keys and signatures before each, and imports the keys anew each time; the baseline has both keys ready.',
      means: 'A log asks for a cosignature once a checkpoint, not once an entry.',
    },
  },
  'audit.detect.standard': {
    does: 'put all standard detectors over the records of a log',
    floor: 'none',
    loses: {
      why: 'The baseline counts one thing. The detectors keep windows, baselines and coverage for seventeen questions.',
      means: 'Detection is work for a job beside the service, not for a request.',
    },
  },
  'envelope.field.32B': {
    does: 'seal and open a 32-byte field, bound to tenant, table, column and row, as text',
    floor: 'envelope',
    aim: '0.5',
    loses: {
      why: `Ours derives a key for every message, commits to it, binds the place and writes base64url; the baseline does none of that. ${gcm}`,
      means: 'What binding, commitment and text form cost for short fields. The rate in the table is for one core.',
    },
  },
  'envelope.field.1KiB': {
    does: 'seal and open a field of 1 KiB, bound to its place, as bytes',
    floor: 'envelope',
    loses: {
      why: `The derivation and the commitment are paid once a message, so less of it is seen at 1 KiB. ${gcm}`,
      means: 'Longer fields come closer to bare AES-GCM.',
    },
  },
  'envelope.field.32B.aws-encryption-sdk': {
    does: 'seal and open a 32-byte field, bound to its row, as text',
    floor: 'envelope',
  },
  'envelope.field.32B.aws-encryption-sdk.cached': {
    does: 'seal and open a 32-byte field, bound to its row, as text',
    floor: 'none',
  },
  'envelope.field.32B.cloak': {
    does: 'seal and open a 32-byte field, bound to its row, as text',
    floor: 'row',
    loses: {
      why: 'The peer neither binds a value to its place nor commits to its key. Both write text.',
      means: 'What binding and commitment cost beside a library that only encrypts strings.',
    },
  },
  'envelope.field.32B.webcrypto': {
    does: 'seal and open a 32-byte field, bound to its row, as text, synchronously',
    floor: 'row',
  },
  'envelope.field.32B.noble': {
    does: 'seal and open a 32-byte field, bound to its row, as text, on node:crypto',
    floor: 'row',
  },
  'envelope.file.16MiB': {
    does: 'seal and open 16 MiB in chunks that each verify by themselves',
    floor: 'envelope',
    aim: '0.8',
    loses: {
      why: 'Every chunk of 16 KiB is a message with a nonce and a tag of its own. One-shot GCM is one message, of which no byte may be used before the last is there.',
      means: 'The price of reading parts of a file that are verified, and of constant memory.',
    },
  },
  'envelope.file.16MiB.typage': {
    does: 'seal and open 16 MiB in chunks that each verify by themselves',
    floor: 'envelope',
  },
  'envelope.file.range': {
    does: 'read 4 KiB from anywhere in a sealed file on disk, verified',
    floor: 'row',
    loses: {
      why: 'Ours computes the place of the chunk, its nonce and whether it is the last; the baseline knows all of it beforehand.',
      means: 'A read of a part costs about the one chunk in which it lies, whatever the size of the file.',
    },
  },
  'rbac.can.by-hand': {
    does: 'decide by `can()`',
    floor: 'rbac',
    loses: {
      why: byHand,
      means:
        'What three-valued conditions and untrusted records cost. The rate in the table says how little that is for a request.',
    },
  },
  'rbac.decide.by-hand': {
    does: 'decide by `decide()`, with trace and citations',
    floor: 'rbac',
    loses: {
      why: `${byHand} \`decide()\` also writes the trace.`,
      means: 'Use `can()` for lists and `decide()` where somebody may ask why.',
    },
  },
  'rbac.can.casl': { does: 'decide by `can()`', floor: 'rbac' },
  'rbac.can.cedar-wasm': { does: 'decide by `can()`', floor: 'rbac' },
  'rbac.can.casbin': { does: 'decide by `can()`', floor: 'rbac' },
  'rbac.can.accesscontrol': { does: 'decide by `can()`, without conditions', floor: 'row' },
  'rbac.compile.1000-rules': {
    does: 'compile a parsed policy of 1,000 rules; tables are built when first asked for',
    floor: 'row',
    aim: 'under 5 ms ([a time](#times-and-rates-that-were-aimed-at))',
  },
  'rbac.compile.1000-rules.all-tables': {
    does: 'compile 1,000 rules and build the tables of every type and action',
    floor: 'row',
    aim: 'under 5 ms ([a time](#times-and-rates-that-were-aimed-at))',
    loses: {
      why: 'JSON.parse is native and makes objects; ours makes closures for every rule, type, action and role.',
      means: 'Paid once when a process starts, or spread over first uses.',
    },
  },
  'deadlines.breach.bare-dates': {
    does: 'evaluate the federal breach rules: who is owed what, by when, and why',
    floor: 'row',
    loses: {
      why: 'The loop adds days. Ours decides which duties there are, counts residents, applies delays, and writes a trace.',
      means: 'There are not many breaches at once; the rate in the table is for one core.',
    },
  },
  'deadlines.breach.bare-temporal': {
    does: 'evaluate the federal breach rules: who is owed what, by when, and why',
    floor: 'row',
    loses: { why: 'As above, against a civil-date type.', means: 'As above.' },
  },
  'retention.plan.bare-dates': {
    does: 'plan disposal of a record: every rule, minors, holds, sign-offs',
    floor: 'row',
    loses: {
      why: 'The loop makes one addition and one comparison. Ours asks every rule that could keep the record, and keeps the decisive one.',
      means: 'Planning is a job beside the service; the rate in the table says how long yours will take.',
    },
  },
  'retention.plan.sql': {
    does: 'plan disposal of a row inside PostgreSQL, with a hundred holds',
    floor: 'row',
    loses: {
      why: 'A count touches one column. Grouping by every deciding column first would win this row, whose dates repeat, and slow real data, whose dates do not.',
      means: 'An overview over a table takes some times as long as a count of it, once a day or a quarter.',
    },
  },
  'baa.decide.by-hand': {
    does: 'decide about a request under a registry of 1,000 agreements, with clauses, citations and remedies',
    floor: 'row',
    aim: '300,000 a second ([a rate](#times-and-rates-that-were-aimed-at))',
    loses: {
      why: 'The hand-written side walks the same lists with codes only.',
      means: 'The rate in the table is for one core.',
    },
  },
  'baa.diff.one-by-one': {
    does: 'say for the whole space of requests what a new version changes; the operations are the requests in that space',
    floor: 'row',
    aim: 'under a second ([a time](#times-and-rates-that-were-aimed-at))',
  },
  'http.read.fastify': {
    does: 'answer GET /notes/:id over a socket: session, decision, entry in a log in memory, security headers',
    floor: 'none',
    loses: {
      why: 'Ours checks a signed session, decides, and writes the entry before the first byte leaves. The bare route does none of it; the client, the same on both sides, is in both.',
      means: 'What the pipeline adds to a request that does nothing else. A handler that asks a database hides most of it.',
    },
  },
}

export const aboutOf = ({ id }: Pick<Row, 'id'>): About => {
  const found = about[id]
  if (found === undefined) throw new Error(`nothing is said about ${id} in about.ts`)
  return found
}
