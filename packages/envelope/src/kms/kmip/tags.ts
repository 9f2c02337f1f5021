// Numbers of the Key Management Interoperability Protocol, OASIS KMIP v1.4 §9.1.3: those that this client writes or reads.

export const tag = {
  Attribute: 0x420008,
  AttributeName: 0x42000a,
  AttributeValue: 0x42000b,
  BatchCount: 0x42000d,
  BatchItem: 0x42000f,
  BlockCipherMode: 0x420011,
  CryptographicAlgorithm: 0x420028,
  CryptographicParameters: 0x42002b,
  IvCounterNonce: 0x42003d,
  NameType: 0x420054,
  NameValue: 0x420055,
  ObjectType: 0x420057,
  Operation: 0x42005c,
  ProtocolVersion: 0x420069,
  ProtocolVersionMajor: 0x42006a,
  ProtocolVersionMinor: 0x42006b,
  RequestHeader: 0x420077,
  RequestMessage: 0x420078,
  RequestPayload: 0x420079,
  ResponseHeader: 0x42007a,
  ResponseMessage: 0x42007b,
  ResponsePayload: 0x42007c,
  ResultReason: 0x42007e,
  ResultStatus: 0x42007f,
  RevocationReason: 0x420081,
  RevocationReasonCode: 0x420082,
  TemplateAttribute: 0x420091,
  UniqueIdentifier: 0x420094,
  Data: 0x4200c2,
  TagLength: 0x4200ce,
  AuthenticatedEncryptionAdditionalData: 0x4200fe,
  AuthenticatedEncryptionTag: 0x4200ff,
} as const

export const operation = {
  Create: 0x01,
  Locate: 0x08,
  GetAttributes: 0x0b,
  Activate: 0x12,
  Revoke: 0x13,
  Destroy: 0x14,
  Encrypt: 0x1f,
  Decrypt: 0x20,
} as const

export const SYMMETRIC_KEY = 0x02
export const AES = 0x03
export const GCM = 0x09
/** Usage mask: Encrypt and Decrypt. */
export const ENCRYPT_AND_DECRYPT = 0x04 | 0x08
export const UNINTERPRETED_TEXT = 0x01
export const CESSATION_OF_OPERATION = 0x06

export const state = {
  PreActive: 1,
  Active: 2,
  Deactivated: 3,
  Compromised: 4,
  Destroyed: 5,
  DestroyedCompromised: 6,
} as const

/** Result reasons that this client tells apart. Those from 0x1a to 0x43 came with KMIP 2.0; servers of 1.4 do not send them. */
export const reason = {
  ItemNotFound: 0x01,
  AuthenticationNotSuccessful: 0x03,
  InvalidMessage: 0x04,
  OperationNotSupported: 0x05,
  InvalidField: 0x07,
  FeatureNotSupported: 0x08,
  CryptographicFailure: 0x0a,
  IllegalOperation: 0x0b,
  PermissionDenied: 0x0c,
  ObjectArchived: 0x0d,
  UsageLimitExceeded: 0x1a,
  BadCryptographicParameters: 0x24,
  IncompatibleUsageMask: 0x29,
  ObjectDestroyed: 0x36,
  ObjectNotFound: 0x37,
  NotAuthorised: 0x39,
  UnsupportedCryptographicParameters: 0x3e,
  UnsupportedProtocolVersion: 0x3f,
  WrongKeyLifecycleState: 0x43,
  GeneralFailure: 0x100,
} as const

export type Reason = keyof typeof reason
