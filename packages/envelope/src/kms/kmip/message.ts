import { KmipRefusal, notAnAnswer } from './result.ts'
import { tag } from './tags.ts'
import {
  child,
  decodeTtlv,
  encodeTtlv,
  enumeration,
  enumerationOf,
  type Item,
  integer,
  integerOf,
  optional,
  structure,
  TtlvError,
} from './ttlv.ts'

/** KMIP 1.4: the first version whose Encrypt takes associated data and gives a tag. */
const MAJOR = 1
const MINOR = 4

/** A request of one operation (OASIS KMIP v1.4 §7.1). */
export const encodeRequest = (operation: number, payload: readonly (Item | undefined)[]): Uint8Array =>
  encodeTtlv(
    structure(
      tag.RequestMessage,
      structure(
        tag.RequestHeader,
        structure(tag.ProtocolVersion, integer(tag.ProtocolVersionMajor, MAJOR), integer(tag.ProtocolVersionMinor, MINOR)),
        integer(tag.BatchCount, 1),
      ),
      structure(tag.BatchItem, enumeration(tag.Operation, operation), structure(tag.RequestPayload, ...payload)),
    ),
  )

const SUCCESS = 0
const FAILED = 1

/**
 * The payload of a response to one operation.
 * @throws KmipRefusal where the server says that it failed; PhiError PHI_ENVELOPE_KMS_ANSWER for what is no response to it
 */
export function readResponse(bytes: Uint8Array, operation: number): Item {
  return answering(() => {
    const message = decodeTtlv(bytes)
    if (message.tag !== tag.ResponseMessage) throw new TtlvError('no response')
    const header = child(message, tag.ResponseHeader)
    const version = child(header, tag.ProtocolVersion)
    if (integerOf(child(version, tag.ProtocolVersionMajor)) !== MAJOR) throw new TtlvError('another protocol')
    if (integerOf(child(header, tag.BatchCount)) !== 1) throw new TtlvError('not one answer')
    const item = child(message, tag.BatchItem)
    const status = enumerationOf(child(item, tag.ResultStatus))
    if (status === FAILED) throw new KmipRefusal(enumerationOf(child(item, tag.ResultReason)))
    if (status !== SUCCESS) throw new TtlvError('neither success nor failure')
    const answered = optional(item, tag.Operation)
    if (answered !== undefined && enumerationOf(answered) !== operation) throw new TtlvError('the answer to another operation')
    return child(item, tag.ResponsePayload)
  })
}

/** Reads an answer. What is not as it should be is PHI_ENVELOPE_KMS_ANSWER. */
export function answering<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof TtlvError ? notAnAnswer('the answer does not have the form that KMIP gives it') : error
  }
}
