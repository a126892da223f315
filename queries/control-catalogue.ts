import { readdirSync } from 'node:fs'
import { z } from 'zod'
import { CONTROL_CATEGORIES, SEVERITIES } from '../model/controls.ts'
import { sqlText } from './run.ts'
import { sqlHeader } from './sql-header.ts'

const FOLDER = new URL('./controls/', import.meta.url)

/** What documents that are compared with each other share. */
const KEY_KINDS = ['invoice', 'need', 'supplier', 'contract', 'budget'] as const

const list = z.string().transform((text) => (text === 'none' ? [] : text.split(', ')))

const Header = z.strictObject({
  title: z.string().min(1),
  version: z.string().regex(/^\d+$/u),
  category: z.enum(CONTROL_CATEGORIES),
  severity: z.enum(SEVERITIES),
  /** Types of the documents that can violate it. */
  grain: list,
  /** Types of the documents whose timelines it reads, separated by commas: a change of others leaves its findings alone. */
  documents: list,
  /** Keys by which documents are compared with others; a change then concerns all that share one. */
  keys: list.pipe(z.array(z.enum(KEY_KINDS))).default([]),
  /** Activities of the workflow that it guards. */
  guards: list,
  /** Kinds of reference data without which it is not evaluable, or `none`. */
  needs: list,
  /** Tolerances of policies that it reads: what a replay may change. */
  tolerances: list.default([]),
  definition: z.string().min(1),
})

/** One control: the header of its SQL file under its public id, the file's name. */
export type ControlDefinition = { control: string } & z.output<typeof Header>

let catalogue: readonly ControlDefinition[] | undefined

/** The controls, by public id: one for each file of `queries/controls/`, read once. */
export function controlCatalogue(): readonly ControlDefinition[] {
  catalogue ??= readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .toSorted()
    .map((control) => ({ control, ...sqlHeader(`controls/${control}`, sqlText(`controls/${control}`), Header) }))
  return catalogue
}
