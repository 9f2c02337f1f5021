import type { Measured } from '../measure.ts'

/** How many rounds the rows had. */
export function fewestRounds(rows: readonly Measured[]): string {
  const counts = rows.map(({ rounds }) => rounds.length)
  return `${Math.min(...counts)} to ${Math.max(...counts)} a row`
}

export const howTo = `Every row has two sides: ours, and a named baseline or another library from npm. Both run in turn in one process, in rounds; which goes
first alternates. The **ratio** of a round is our operations a second over theirs, and the ratio of the row is the median over its rounds:
what slows the machine down for a while slows both sides of a round. Above 1 ours is faster. The **middle half** is where half of the
rounds lay. Where it is wide, the machine was busy or the row is noisy.

The **floor** is the least ratio that counts as reached. Floors were written down before or with the row and are not lowered to fit a
run; \`–\` means that no claim is made. "By hand" and "bare" baselines do less than ours on purpose: they show what the rest costs, and their
floors lie below 1. "Ours here" is the rate in this run, for scale only.

Peers are used as their documentation says, with what they can cache made before the clock starts; where a peer's own caching is left
off, the row says so or has a second row with it. Before the clock starts, access rows hold both sides to the same answers, and field
rows to the same plaintext. What is measured of ours is the bundled source, without the instrumentation of a TypeScript runner.`

export const notes = `## What to keep in mind

- **Durable rows** run on a PostgreSQL server started for the run, with \`fsync\` on. They depend most on the disk: where a flush costs
  nothing, sharing commits is worth little. Both sides use the same server and the same settings.
- **The row-lock baseline** (\`audit.append.postgres.locking\`) writes the same entries into tables with the same columns and indexes; a lock and
  a commit for each event is all that differs. The light chain does less than ours and is shown beside it without a claim.
- **hypercore verifies while it replicates**, and has no other way to verify a whole log. Its side of \`audit.verify.hypercore\` therefore has
  the transport between two copies in memory in it, encryption included. Ours has none.
- **Its proofs and ours** both go from one entry to the root; its proof also names the other roots that the signature covers.
- **The AWS Encryption SDK** makes and wraps a data key for each message unless its caching materials manager is used. Ours keeps a tenant's
  key and derives one for each message. The row with the cache is the closer comparison, and has no floor.
- **Web Crypto and noble** are measured unbound and in bytes, with a fixed key: they are building blocks, and do less than ours.
- **age** seals to a public key with ChaCha20-Poly1305 in JavaScript; ours uses AES-256-GCM of node:crypto. The file is the same, the cipher
  is not: an age file can be opened by any age, ours by ours.
- **CASL** has the ability of each actor cached; **Cedar** gets policies parsed once and entities made beforehand, and still reads entities as
  JSON in every call, as its interface asks; **casbin** decides without a cache of decisions; **accesscontrol** has no conditions in this row.
  Peers are asked fewer questions a round than ours, from the same list, as they would take minutes otherwise.
- **Purpose of use is left out of the access rows**: emergencies come out as neither yes nor no here, and peers have no such answer.
- **\`baa.diff.one-by-one\`** does not do the same work faster: it covers the space of requests by classes instead of asking one by one. The operations are
  requests in that space, so the ratio says how much asking one by one would have cost, and grows with the agreement.
- **The HTTP row** has the client in the same process on both sides, which brings the ratio closer to 1 than the servers alone would be.`

export const notCompared = `## What is not compared, and why

| what | why |
|---|---|
| OPA, policies compiled to WebAssembly (a floor of 300× was set beforehand) | Compiling a policy needs the \`opa\` program, which is not on npm; a compiled policy from elsewhere could not be checked against ours. The floor is open. |
| Cerbos, OpenFGA, SpiceDB | Servers: a request over a socket, which is another thing than a function call. What Cerbos decides where an attribute is missing is not run here either. |
| immudb, Trillian, Tessera | Servers in Go, not to be had from npm, so not in the same run. |
| KMS services of clouds | Their latency is the network's. Keys are unwrapped once and cached here, so no row has a KMS in it. |
| Reading 4 KiB of a sealed 1 GiB file in constant memory | No ratio. A test counts the bytes that are read: [reader.test.ts](../packages/envelope/src/file/reader.test.ts). |
| Other Node versions, ARM, Windows, other disks | Run it there. |`
