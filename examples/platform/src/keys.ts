import type { Keyring } from '@phi/envelope'

/** The job that a scheduler runs each night: every key whose period has passed is followed by a new one (S90). @returns how many */
export async function rotateDue(keyring: Keyring): Promise<number> {
  const due: { readonly tenant: string; readonly purpose: Parameters<Keyring['rotate']>[0]['purpose'] }[] = []
  // Collected first: the walk reads the keys that rotation changes.
  for await (const { action, tenant, purpose, subject } of keyring.due()) {
    if (subject === null && (action === 'rotate' || action === 'finish-rotation')) due.push({ tenant, purpose })
  }
  for (const each of due) await keyring.rotate(each)
  return due.length
}
