/** Entries that need Node, and why. Every other entry of the packages below is for browsers, too. */
export const nodeOnly: Readonly<Record<string, string>> = {
  '@phi/audit/spool': 'files and locks of the machine',
  '@phi/audit/forward': 'sockets, compression and files',
  '@phi/audit/anchor': 'files; signs what it sends with a key that no page may hold',
  '@phi/audit/anchor/s3': 'credentials that no page may hold',
  '@phi/audit/tiles/node': 'a directory',
  '@phi/audit/witness/node': 'a server and files',
  '@phi/envelope/local': 'a key file',
  '@phi/envelope/node': 'streams and files of Node',
  '@phi/envelope/aws-kms': 'credentials of a key service',
  '@phi/envelope/gcp-kms': 'credentials of a key service',
  '@phi/envelope/azure-key-vault': 'credentials of a key service',
  '@phi/envelope/vault-transit': 'credentials of a key service',
  '@phi/envelope/pkcs11': 'a native library',
  '@phi/envelope/kmip': 'TLS sockets with client certificates',
  '@phi/baa/telehealth/probe': 'sockets',
}

/** The packages whose READMEs say that they run in browsers. */
export const browserPackages = [
  '@phi/core',
  '@phi/audit',
  '@phi/envelope',
  '@phi/rbac',
  '@phi/deadlines',
  '@phi/retention',
  '@phi/baa',
] as const

/** The entries, of all that are installed, that a page may import. */
export const browserEntries = (packages: readonly { readonly name: string; readonly modules: readonly string[] }[]): string[] =>
  packages
    .filter(({ name }) => (browserPackages as readonly string[]).includes(name))
    .flatMap(({ modules }) => modules.filter((module) => !(module in nodeOnly)))
