import { z } from 'zod'
import { linkTemplateProblem, webAddressProblem } from '../../model/system-link.ts'
import { SYSTEM_CLASSES } from '../../model/vocabulary.ts'
import { cleanText } from './common.ts'

const id = cleanText(200).min(1)

const address = cleanText(2000).superRefine((text, context) => {
  const problem = webAddressProblem(text)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
})

const template = cleanText(2000).superRefine((text, context) => {
  const problem = linkTemplateProblem(text)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
})

/** A system that takes part in a tenant's workflows. */
export const System = z
  .object({
    id: z.string().describe('name as events and calls say it in `system`'),
    name: z.string(),
    class: z.enum(SYSTEM_CLASSES),
    owner: z.string().nullable(),
    vendor: z.string().nullable(),
    runbook_url: z.string().nullable(),
    link_template: z.string().nullable().describe('https address of a document in the system, with {type} and {id}'),
    aliases: z.array(z.string()).describe('other names that telemetry calls it by: service names, hosts'),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'System' })
export type System = z.output<typeof System>

export const Systems = z.object({ systems: z.array(System) }).meta({ id: 'Systems' })
export type Systems = z.output<typeof Systems>

const told = {
  name: cleanText(200).min(1),
  class: z.enum(SYSTEM_CLASSES),
  owner: cleanText(200).nullish(),
  vendor: cleanText(200).nullish(),
  runbook_url: address.nullish(),
  link_template: template.nullish(),
  aliases: z.array(id).max(100).optional(),
}

export const NewSystem = z.strictObject({ id, ...told }).meta({ id: 'NewSystem' })
export type NewSystem = z.output<typeof NewSystem>

export const SystemChange = z
  .strictObject({ ...told, name: told.name.optional(), class: told.class.optional() })
  .meta({ id: 'SystemChange' })
export type SystemChange = z.output<typeof SystemChange>
