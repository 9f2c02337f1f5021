import { type DataClass, type DataClassRow, dataClasses, overlaps } from '@phi/core'

const identifierRows = () => Object.values<DataClassRow>(dataClasses).filter((row) => row.safeHarbor !== undefined)
const rows = /* @__PURE__ */ identifierRows()

/** Whether a class is, or may hold, one of the eighteen identifiers of 45 CFR 164.514(b)(2)(i): `phi.identity` may hold any. */
export const mayIdentify = (each: DataClass): boolean => rows.some((row) => overlaps(row.key, each))
