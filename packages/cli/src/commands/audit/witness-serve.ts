import type { CommandSpec, Report } from '../../command.ts'
import { secretOf } from '../../config.ts'
import { cliError } from '../../errors.ts'
import { pathOf } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { amount } from '../../layout.ts'
import { verifierOf, vkeysOf } from './keys.ts'
import { aborted } from './stop.ts'

/** `127.0.0.1:8788`, `[::1]:8788`, `8788`. @throws PhiError PHI_CLI_USAGE */
export function listenOf(given: string): { readonly host: string; readonly port: number } {
  const [, ipv6, name, digits] = /^(?:(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]+)):)?(\d{1,5})$/.exec(given) ?? []
  const port = Number(digits)
  if (digits === undefined || port > 65_535)
    throw cliError('PHI_CLI_USAGE', { detail: 'the option --listen takes an address and a port, such as 127.0.0.1:8788' })
  return { host: ipv6 ?? name ?? '127.0.0.1', port }
}

async function run(input: Input, io: Io): Promise<Report> {
  const { host, port } = listenOf(input.text('listen') ?? '127.0.0.1:8788')
  const prefix = input.text('prefix') ?? ''
  if (prefix !== '' && !/^(\/[A-Za-z0-9._~-]+)+$/.test(prefix))
    throw cliError('PHI_CLI_USAGE', { detail: 'the option --prefix takes a path such as /w1, without a slash at its end' })
  const vkeys = await vkeysOf(io, input.all('log'), '--log')
  if (vkeys.length === 0) throw cliError('PHI_CLI_USAGE', { detail: 'the option --log is missing' })
  const skey = secretOf(io, input.needed('keyFrom'), '--key-from').trim()
  const { ed25519Cosigner, witness } = await import('@phi/audit/witness')
  const { fileWitnessStore, serveWitness } = await import('@phi/audit/witness/node')
  const { parseVkey } = await import('@phi/audit/note')
  const signer = ed25519Cosigner.fromSkey(skey, { clock: io.clock })
  // The name of a log's key is its origin (C2SP tlog-checkpoint); a log can have several keys.
  const byOrigin = new Map<string, Awaited<ReturnType<typeof verifierOf>>[]>()
  for (const vkey of new Set(vkeys)) {
    const { name } = parseVkey(vkey)
    byOrigin.set(name, [...(byOrigin.get(name) ?? []), await verifierOf(vkey)])
  }
  const logs = [...byOrigin].map(([origin, keys]) => ({ origin, keys }))
  const store = await fileWitnessStore(pathOf(io, input.needed('store')))
  try {
    const own = witness({ logs, signers: [signer], store, clock: io.clock })
    const server = await serveWitness({ witness: own, host, port, prefix }).catch((cause: unknown) => {
      const { code } = cause as { code?: unknown }
      throw cliError('PHI_CLI_CONNECT', {
        path: '--listen',
        detail: code === 'EADDRINUSE' ? 'the address is taken' : 'the address cannot be listened on',
        cause,
      })
    })
    const json = { url: server.url, name: signer.name, vkey: signer.vkey, logs: logs.map(({ origin }) => origin) }
    try {
      await io.stdout.write(
        input.format === 'json'
          ? `${JSON.stringify(json)}\n`
          : `${signer.name} witnesses ${amount(logs.length, 'log')} at ${server.url}\n  ${signer.vkey}\nCtrl-C ends it.\n`,
      )
      await aborted(io.signal)
    } finally {
      await server.close()
    }
    return { exit: 'ok', json, text: () => '', isWritten: true }
  } finally {
    await store.close()
  }
}

export const witnessServeCommand: CommandSpec = {
  path: ['witness', 'serve'],
  summary: 'Run a witness: cosign what continues, and nothing else',
  about: `Serves the C2SP tlog-witness protocol for the logs that are named by their keys: it cosigns a checkpoint where it continues the last one that
it has cosigned, and refuses every other. What it has cosigned it keeps in the folder of --store, synced before a cosignature leaves.

The folder is the witness. Emptied, or set back from a backup, it can be made to cosign a second history: do not back it up. One process to a
folder.

It speaks HTTP, on this machine unless --listen says otherwise: put TLS in front of it. It sees names, sizes, hashes and signatures, and nothing
of an entry. Ctrl-C ends it in order.`,
  options: [
    {
      flags: '--store <folder>',
      about: 'Where it keeps what it has cosigned. Made where it is not there.',
      required: true,
      kind: 'directory',
    },
    { flags: '--key-from <variable>', about: 'Environment variable with its secret key, of phi witness init.', required: true },
    {
      flags: '--log <vkey>',
      about: 'Public key of a log that it witnesses, or a file with one on each line.',
      many: true,
      kind: 'file',
    },
    { flags: '--listen <address>', about: 'Address and port. Default: 127.0.0.1:8788; port 0 takes any that is free.' },
    { flags: '--prefix <path>', about: 'Path in front of add-checkpoint, such as /w1. Default: none.' },
  ],
  examples: [
    {
      run: 'phi witness serve --store /var/lib/witness --key-from PHI_WITNESS_KEY --log log.vkey',
      about: 'A witness for one log, on this machine',
    },
  ],
  exits: ['ok'],
  run,
}
