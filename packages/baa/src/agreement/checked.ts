import type { ClassSelector, DataClass, Service, Use } from '@phi/core'
import type { AgreementWords } from './agreement.ts'
import type { AgreementInput } from './input.ts'

// What a compiler can see of an agreement, as sentences: the type that a wrong word is compared with is the sentence.

type Item = string | object
/** The word of an item of a list, bare or under its key. */
type WordOf<Each, Key extends string> = Each extends string
  ? Each
  : Each extends { readonly [K in Key]: infer Word }
    ? Word
    : never
type Words<List, Key extends string> = List extends readonly (infer Each)[] ? WordOf<Each, Key> : never

/** The key, or one below it. */
type AtOrBelow<Above extends string> = Above | `${Above}.${string}`

type Said<Each extends Item, Key extends string, Sentence> = Each extends string
  ? Sentence
  : Omit<Each, Key> & { [K in Key]: Sentence }

/** `string` and other wide types say nothing that could be compared: what they hold is checked when the program runs. */
type IsWide<Word> = string extends Word ? true : false

type CheckService<Each extends Item, Excluded extends string> =
  WordOf<Each, 'service'> extends infer Word extends string
    ? IsWide<Word> extends true
      ? Each
      : Word extends Service
        ? Word extends AtOrBelow<Excluded>
          ? Said<Each, 'service', `service '${Word}' is both in the scope and excluded`>
          : Each
        : Said<Each, 'service', `'${Word}' is not a service of the taxonomy`>
    : Each

type CheckPermit<Each extends Item, Prohibited extends string> =
  WordOf<Each, 'class'> extends infer Word extends string
    ? IsWide<Word> extends true
      ? Each
      : Word extends DataClass
        ? Word extends AtOrBelow<Prohibited>
          ? Said<Each, 'class', `'${Word}' is both permitted and prohibited`>
          : Each
        : Said<Each, 'class', `'${Word}' is not a data class of the taxonomy`>
    : Each

type CheckUse<Each extends Item, Prohibited extends string> =
  WordOf<Each, 'use'> extends infer Word extends string
    ? IsWide<Word> extends true
      ? Each
      : Word extends Use
        ? Word extends AtOrBelow<Prohibited>
          ? Said<Each, 'use', `use '${Word}' is both permitted and prohibited`>
          : Each
        : Said<Each, 'use', `'${Word}' is not a use of the taxonomy`>
    : Each

type CheckWord<Each extends Item, Key extends string, Known extends string, What extends string> =
  WordOf<Each, Key> extends infer Word extends string
    ? IsWide<Word> extends true
      ? Each
      : Word extends Known
        ? Each
        : Said<Each, Key, `'${Word}' is not a ${What} of the taxonomy`>
    : Each

type PartiesOf<Input> = Input extends { readonly from: { readonly id: infer From }; readonly to: { readonly id: infer To } }
  ? Extract<From | To, string>
  : string

type CheckSignature<Each, Parties extends string> = Each extends { readonly party: infer Who extends string }
  ? IsWide<Who> extends true
    ? Each
    : IsWide<Parties> extends true
      ? Each
      : Who extends Parties
        ? Each
        : Omit<Each, 'party'> & { party: `'${Who}' is not a party of this agreement` }
  : Each

type ListOf<Input, Key extends string> = Input extends { readonly [K in Key]: infer List } ? List : readonly []

/** What of an agreement does not compile, in place of the member that is wrong. */
export type CheckedAgreement<Input> = {
  readonly [Key in keyof Input]: Input[Key] extends readonly unknown[]
    ? {
        readonly [Index in keyof Input[Key]]: Input[Key][Index] extends infer Each extends Item
          ? Key extends 'services'
            ? CheckService<Each, UnlimitedWords<ListOf<Input, 'excludes'>>>
            : Key extends 'excludes'
              ? CheckWord<Each, 'service', Service, 'service'>
              : Key extends 'permits'
                ? CheckPermit<Each, Extract<Words<ListOf<Input, 'prohibits'>, 'selector'>, string>>
                : Key extends 'prohibits'
                  ? CheckWord<Each, 'selector', ClassSelector, 'data class or label'>
                  : Key extends 'uses'
                    ? CheckUse<Each, Extract<Words<ListOf<Input, 'prohibitsUses'>, 'use'>, string>>
                    : Key extends 'prohibitsUses'
                      ? CheckWord<Each, 'use', Use, 'use'>
                      : Key extends 'signatures'
                        ? CheckSignature<Each, PartiesOf<Input>>
                        : Each
          : Input[Key][Index]
      }
    : Input[Key]
}

/** Services that are excluded whatever the product, region or edition: bare words. */
type UnlimitedWords<List> = List extends readonly (infer Each)[] ? Extract<Each, string> : never

/** The services that an agreement names, for `decide`. Written as data of wide types, it may name any. */
export type ServicesOf<Input extends AgreementInput> = Input extends { readonly services: infer List }
  ? Words<List, 'service'> extends infer Word
    ? IsWide<Word> extends true
      ? Service
      : Extract<Word, Service>
    : Service
  : Service

export interface WordsOf<Input extends AgreementInput> extends AgreementWords {
  readonly service: ServicesOf<Input>
}
