import { errorsOf } from '@phi/core'

/** The errors of signed notes, their keys and checkpoints. */
export const noteErrors = {
  PHI_AUDIT_NOTE_MALFORMED: {
    problem: 'The text is not a signed note',
    remedy:
      'Ask the sender for the note again and keep its bytes as they are: every space and line end counts (C2SP signed-note).',
  },
  PHI_AUDIT_NOTE_SIGNATURE: {
    problem: 'A signature on the note names a known key and does not verify, so nothing in the note can be trusted',
    remedy: 'Treat the note as altered, and compare it with a copy held elsewhere.',
  },
  PHI_AUDIT_NOTE_UNVERIFIED: {
    problem: 'The note carries no signature by a known key, so nothing in it can be trusted',
    remedy: 'Pass the verifier key of the log that signed it; a key counts as known when its name and its key id both match.',
  },
  PHI_AUDIT_NOTE_SIGNER: {
    problem: 'The note could not be signed',
    remedy: 'See `cause`; where the key lives in a key service, check that it can be reached, and retry.',
    retryable: true,
  },
  PHI_AUDIT_VKEY: {
    problem: 'The verifier key is not valid',
    remedy: 'Copy the whole key from its publisher: name+8 hex digits+base64. A key id that does not fit means it was altered.',
  },
  PHI_AUDIT_VKEY_TYPE: {
    problem: 'The verifier key is of a signature type that is not known here',
    remedy: 'Pass the type in `algorithms`, or use an Ed25519 key (type 0x01).',
  },
  PHI_AUDIT_SKEY: {
    problem: 'The signer key is not valid',
    remedy: 'Pass a 32-byte Ed25519 secret key with a name, or the whole text PRIVATE+KEY+name+8 hex digits+base64.',
  },
  PHI_AUDIT_CHECKPOINT: {
    problem: 'The text is not a checkpoint',
    remedy: 'A checkpoint has an origin, a size and a base64 root hash, each on a line of its own (C2SP tlog-checkpoint).',
  },
  PHI_AUDIT_COSIGNATURE: {
    problem: 'This cannot be cosigned',
    remedy: 'Cosign checkpoints without extension lines, under names of at most 255 bytes, at a time after 1970.',
  },
} as const

export const noteError = errorsOf(noteErrors)
