import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRequest, readResponse } from './message.ts'
import { KmipRefusal, toPhiError, toTransportError } from './result.ts'
import { operation, reason, tag } from './tags.ts'
import { bytes, decodeTtlv, encodeTtlv, enumeration, type Item, integer, structure, text } from './ttlv.ts'

interface Parts {
  readonly major?: number
  readonly batch?: number
  readonly items?: readonly Item[]
}

const item = (...parts: readonly Item[]): Item => structure(tag.BatchItem, ...parts)
const success = [
  enumeration(tag.Operation, operation.Encrypt),
  enumeration(tag.ResultStatus, 0),
  structure(tag.ResponsePayload, text(tag.UniqueIdentifier, '7')),
]

const response = ({ major = 1, batch = 1, items = [item(...success)] }: Parts = {}): Uint8Array =>
  encodeTtlv(
    structure(
      tag.ResponseMessage,
      structure(
        tag.ResponseHeader,
        structure(tag.ProtocolVersion, integer(tag.ProtocolVersionMajor, major), integer(tag.ProtocolVersionMinor, 4)),
        integer(tag.BatchCount, batch),
      ),
      ...items,
    ),
  )

const outcome = (read: () => unknown): string => {
  try {
    read()
    return 'read'
  } catch (error) {
    return isPhiError(error) ? error.code : error instanceof KmipRefusal ? error.reason : 'foreign'
  }
}

describe('messages', () => {
  it('asks one operation of KMIP 1.4', () => {
    const request = decodeTtlv(encodeRequest(operation.Destroy, [text(tag.UniqueIdentifier, '7')]))
    expect(request).toEqual(
      structure(
        tag.RequestMessage,
        structure(
          tag.RequestHeader,
          structure(tag.ProtocolVersion, integer(tag.ProtocolVersionMajor, 1), integer(tag.ProtocolVersionMinor, 4)),
          integer(tag.BatchCount, 1),
        ),
        structure(
          tag.BatchItem,
          enumeration(tag.Operation, operation.Destroy),
          structure(tag.RequestPayload, text(tag.UniqueIdentifier, '7')),
        ),
      ),
    )
  })

  it('takes the payload out of a success, and the reason out of a failure', () => {
    expect(readResponse(response(), operation.Encrypt)).toEqual(success[2])
    const failure = (value: number) =>
      response({
        items: [item(enumeration(tag.ResultStatus, 1), enumeration(tag.ResultReason, value), text(0x42007d, 'Jane Roe'))],
      })
    expect(outcome(() => readResponse(failure(reason.ItemNotFound), operation.Encrypt))).toBe('ItemNotFound')
    expect(outcome(() => readResponse(failure(0x7fff), operation.Encrypt))).toBe('Other')
  })

  it.each([
    ['an answer to another operation', response(), operation.Decrypt],
    ['another protocol', response({ major: 2 }), operation.Encrypt],
    ['two answers', response({ batch: 2, items: [item(...success), item(...success)] }), operation.Encrypt],
    ['no answer', response({ items: [] }), operation.Encrypt],
    ['a pending answer', response({ items: [item(enumeration(tag.ResultStatus, 2))] }), operation.Encrypt],
    ['a failure without a reason', response({ items: [item(enumeration(tag.ResultStatus, 1))] }), operation.Encrypt],
    ['a success without a payload', response({ items: [item(enumeration(tag.ResultStatus, 0))] }), operation.Encrypt],
    ['a request', encodeRequest(operation.Encrypt, [bytes(tag.Data, Uint8Array.of(1))]), operation.Encrypt],
  ])('takes nothing from %s', (_title, message, asked) => {
    expect(outcome(() => readResponse(message, asked))).toBe('PHI_ENVELOPE_KMS_ANSWER')
  })

  it('takes nothing from bytes of any other form', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.uint8Array({ maxLength: 64 }), (at, mask, noise) => {
        expect(outcome(() => readResponse(noise, operation.Encrypt))).toBe('PHI_ENVELOPE_KMS_ANSWER')
        const altered = response()
        altered[at % altered.length] = (altered[at % altered.length] as number) ^ mask
        expect(outcome(() => readResponse(altered, operation.Encrypt))).not.toBe('foreign')
      }),
    )
  })
})

describe('refusals of a server as errors', () => {
  it.each([
    ['ItemNotFound', 'PHI_ENVELOPE_KMS_KEY_GONE'],
    ['ObjectDestroyed', 'PHI_ENVELOPE_KMS_KEY_GONE'],
    ['AuthenticationNotSuccessful', 'PHI_ENVELOPE_KMS_DENIED'],
    ['PermissionDenied', 'PHI_ENVELOPE_KMS_DENIED'],
    ['WrongKeyLifecycleState', 'PHI_ENVELOPE_KMS_KEY_UNUSABLE'],
    ['OperationNotSupported', 'PHI_ENVELOPE_KMS_UNSUPPORTED'],
    ['CryptographicFailure', 'PHI_ENVELOPE_KMS_UNAVAILABLE'],
    ['GeneralFailure', 'PHI_ENVELOPE_KMS_UNAVAILABLE'],
  ] as const)('%s is %s', (name, code) => {
    const error = toPhiError(new KmipRefusal(reason[name]))
    expect(error).toMatchObject({ code, info: { reason: name, value: reason[name] } })
    expect('cause' in error).toBe(false)
  })

  it('calls nothing refused that may be a fault of the server', () => {
    for (let value = 0; value <= 0x101; value++) {
      expect(toPhiError(new KmipRefusal(value)).code).not.toBe('PHI_ENVELOPE_KMS_REFUSED')
    }
    expect(toPhiError(new TypeError('Jane Roe'))).toMatchObject({ code: 'PHI_ENVELOPE_KMS_UNAVAILABLE' })
    expect(toPhiError(new TypeError('Jane Roe')).message).not.toContain('Jane')
  })

  it.each([
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'PHI_ENVELOPE_KMS_DENIED'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'PHI_ENVELOPE_KMS_DENIED'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'PHI_ENVELOPE_KMS_DENIED'],
    ['ECONNREFUSED', 'PHI_ENVELOPE_KMS_UNAVAILABLE'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'PHI_ENVELOPE_KMS_UNAVAILABLE'],
    ['CERT_HAS_EXPIRED', 'PHI_ENVELOPE_KMS_UNAVAILABLE'],
  ])('%s on the connection is %s', (code, expected) => {
    expect(toTransportError(Object.assign(new Error('10.0.0.7'), { code }))).toMatchObject({ code: expected })
  })
})
