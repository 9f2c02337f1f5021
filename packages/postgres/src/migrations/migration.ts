/** A numbered step of the schema. Published steps are never edited: databases remember their checksums. */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
}
