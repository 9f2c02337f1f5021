import type { z } from 'zod'
import type { Vocabulary } from './parse.ts'

/** What a program says about a type of record: its zod object, alone or with the attributes that say whose a record is. */
export type ResourceInput<Schema extends z.ZodObject = z.ZodObject, Type extends string = string> =
  | Schema
  | {
      readonly schema: Schema
      /** The attribute that names the tenant. Default `tenant`. */
      readonly tenant?: NoInfer<keyof z.output<Schema> & string>
      /** The attribute that names the patient. Default `patient`, where the schema has one. */
      readonly patient?: NoInfer<keyof z.output<Schema> & string>
      readonly relations?: { readonly [Attribute in NoInfer<keyof z.output<Schema> & string>]?: Type }
    }

/** The records of a type, as its schema reads them. */
export type RecordOf<Words extends Vocabulary, Type extends keyof Words['resources']> = Words['resources'][Type]
export type TypeOf<Words extends Vocabulary> = keyof Words['resources'] & string
export type FieldOf<Words extends Vocabulary, Type extends TypeOf<Words>> = {
  [Each in Type]: keyof Words['resources'][Each] & string
}[Type]

type Scalar = string | number | boolean | Date
/** What conditions can speak about: single values, and arrays of texts or numbers. */
type Usable<Value> = [NonNullable<Value>] extends [Scalar]
  ? true
  : NonNullable<Value> extends readonly (string | number)[]
    ? true
    : false

/** The paths of a record that conditions can name, and what they hold. Nested objects by dots, three deep. */
export type Paths<Shape, Depth extends 0[] = []> = Depth['length'] extends 3
  ? never
  : {
      [Key in keyof Shape & string]: Usable<Shape[Key]> extends true
        ? Key
        : NonNullable<Shape[Key]> extends readonly unknown[]
          ? never
          : NonNullable<Shape[Key]> extends object
            ? `${Key}.${Paths<NonNullable<Shape[Key]>, [...Depth, 0]>}`
            : never
    }[keyof Shape & string]

/** What stands at a path. */
export type ValueAt<Shape, Path extends string> = Path extends keyof Shape
  ? NonNullable<Shape[Path]>
  : Path extends `${infer Key}.${infer Rest}`
    ? Key extends keyof Shape
      ? ValueAt<NonNullable<Shape[Key]>, Rest>
      : never
    : never

/** Every attribute a type declares, for paths that only ask whether something is there. */
export type AnyPath<Shape> = (keyof Shape & string) | Paths<Shape>

/** The types that an actor has beside those of its policy. */
export type ActorWords<Extra> = { readonly id: string; readonly tenant: string } & Extra
