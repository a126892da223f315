/** A value of an attribute as the file holds it. */
export type Scalar = string | number | boolean | null

/** One object that an event touches. */
export type FileObject = { type: string; id: string; qualifier?: string }

/** One event of a file. `ordinal` is its position among the file's events, from 0; times are text as written. */
export type FileEvent = {
  kind: 'event'
  ordinal: number
  case?: string
  objects?: FileObject[]
  activity: string
  time: string
  /** End as written, where one row holds start and end. */
  end?: string
  id?: string
  lifecycle?: string
  attributes: Record<string, Scalar>
  /** Attributes of the case that no earlier event of it has brought: all of them on its first event. */
  caseAttributes?: Record<string, Scalar>
  /** All attributes of the case that are known here. */
  context?: Readonly<Record<string, Scalar>>
  /** The event itself, where the file holds CloudEvents. */
  cloudEvent?: Record<string, unknown>
}

/** One object of an object-centric file. Readers yield all objects before the first event. */
export type FileObjectRecord = {
  kind: 'object'
  type: string
  id: string
  attributes: Record<string, Scalar>
  changes?: { name: string; time: string; value: Scalar }[]
}

/** How many relations between objects a file holds; the store does not keep them. */
export type FileRelations = { kind: 'relations'; count: number }

/** A type that an object-centric file declares, whether or not anything has it. */
export type FileDeclaration = { kind: 'declared'; of: 'event' | 'object'; type: string }

/** A record that cannot be read as an event; the rest of the file can. */
export type FileProblem = { kind: 'problem'; ordinal: number; code: string; message: string }

/** What readers yield. */
export type FileRecord = FileEvent | FileObjectRecord | FileRelations | FileDeclaration | FileProblem

const NUMBER = /^(?:0|-?(?:[1-9]\d*|0\.\d*[1-9]|[1-9]\d*\.\d*[1-9]))$/u

/** Numbers as numbers where the text comes back from them (so `00010` and `1.10` stay text), other text as it is. */
export function scalarFromText(text: string): Scalar {
  if (text.length <= 15 && NUMBER.test(text)) return Number(text)
  if (text === 'true' || text === 'True') return true
  if (text === 'false' || text === 'False') return false
  return text
}
