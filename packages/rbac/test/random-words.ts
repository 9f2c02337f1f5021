/** What policies and requests may say. Everything is on by default but `throwing` and `fields`. */
export interface Words {
  /** Attributes of objects in the record, actor and context. */
  readonly nested?: boolean
  readonly ip?: boolean
  readonly instants?: boolean
  readonly numbers?: boolean
  /** Numbers that are not whole. */
  readonly fractions?: boolean
  readonly sets?: boolean
  readonly nullable?: boolean
  /** Attributes that conditions cannot speak about, except to ask whether they are there. */
  readonly opaque?: boolean
  readonly purposes?: boolean
  readonly grants?: boolean
  /** `unless`, of built-in overrides and of the policy's own. */
  readonly overrides?: boolean
  /** Forbids that hide fields. */
  readonly fieldForbids?: boolean
  readonly views?: boolean
  /** Obligations of permits, and overrides that leave one behind. */
  readonly obligations?: boolean
  /** How many rules at most. Default 12. */
  readonly maxRules?: number

  /** Of requests. Attributes may be absent. */
  readonly absent?: boolean
  /** Attributes, purposes, grants and times may be of a wrong type, null where null is not declared, or malformed. */
  readonly wrongTypes?: boolean
  /** Records and actors may have getters that throw. Default false. */
  readonly throwing?: boolean
  /** Instants may be Date objects. */
  readonly dates?: boolean
  /** Records may belong to another tenant, or to none. */
  readonly foreign?: boolean
  /** Purposes may be missing. */
  readonly noPurpose?: boolean
  /** Fields may be asked for by name. Default false. */
  readonly fields?: boolean
}

/** Whether a word that is on by default is on. */
export const on = (word: boolean | undefined): boolean => word !== false
