import type { CommandSpec, Report } from '../../command.ts'
import { writeWhole } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { wrapped } from '../../layout.ts'

async function run(input: Input, io: Io): Promise<Report> {
  const { ed25519Cosigner } = await import('@phi/audit/witness')
  const cosigner = await ed25519Cosigner.generate(input.needed('name'), { clock: io.clock })
  const { name, vkey } = cosigner
  const secret = cosigner.exportSkey()
  const out = input.text('keyOut')
  if (out !== undefined) await writeWhole(io, out, '--key-out', `${secret}\n`, { secret: true })
  return {
    exit: 'ok',
    json: { name, vkey, ...(out === undefined ? { skey: secret } : {}) },
    text: (paint, columns) =>
      [
        `${paint.good('Made:')} the key of the witness ${name}.`,
        '',
        wrapped('Public, for those whose logs it witnesses and for all who verify them:', columns),
        `  ${vkey}`,
        '',
        out === undefined
          ? wrapped(
              'Secret, shown this once. Put it where secrets are kept, as the variable that phi witness serve reads:',
              columns,
            )
          : wrapped(
              'The secret key is in the file, which only you can read. Put it where secrets are kept, and remove the file.',
              columns,
            ),
        ...(out === undefined ? [`  PHI_WITNESS_KEY=${secret}`] : []),
      ].join('\n'),
  }
}

export const witnessInitCommand: CommandSpec = {
  path: ['witness', 'init'],
  summary: 'Make the key of a new witness',
  about: `Makes a key with which a witness cosigns checkpoints (C2SP tlog-cosignature, Ed25519), and shows it once. Nothing keeps it for you.

Give each witness a key of its own, and a new one where its folder was lost: what the old one cosigned cannot be known again. A witness is worth
something where those who run the log cannot get at its key and its folder.`,
  options: [
    {
      flags: '--name <name>',
      about: 'The name of the witness: a schema-less URL, such as witness.example/w1.',
      required: true,
    },
    {
      flags: '--key-out <file>',
      about: 'Write the secret key to a new file that only you can read, in place of showing it.',
      kind: 'file',
    },
  ],
  examples: [{ run: 'phi witness init --name witness.example/w1 --key-out w1.skey', about: 'A key in a file' }],
  exits: ['ok'],
  run,
}
