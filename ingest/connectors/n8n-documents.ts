import { parsePath } from '../../model/payload-path.ts'
import { isJson, type Json, objectOf, text } from '../payload/fields.ts'

/** Where an execution names a document. */
export type DocumentPath = { type: string; path: string; qualifier?: string | undefined }

const MOST_DOCUMENTS = 100

/** Types of documents that custom data may name outright: `invoice`, `invoice_id`, `case_invoice`. */
const CUSTOM: ReadonlyMap<string, string> = new Map(
  [
    'requisition',
    'purchase_order',
    'po_line',
    'goods_receipt',
    'invoice',
    'invoice_line',
    'payment',
    'supplier',
    'contract',
    'onboarding',
    'approval',
  ].flatMap((type) => [
    [type, type],
    [`${type}_id`, type],
    [`case_${type}`, type],
    [`app_case_${type}`, type],
    [`app.case.${type}`, type],
  ]),
)

/** The documents that a run names: by the configured paths, and by the names of its custom data. */
export function documentsOf(execution: Json, paths: readonly DocumentPath[]): { type: string; id: string; qualifier?: string }[] {
  const found = new Map<string, { type: string; id: string; qualifier?: string }>()
  const put = (type: string, value: unknown, qualifier?: string) => {
    const id = clean(text(value).trim())
    if (id === '' || id.length > 512 || found.size >= MOST_DOCUMENTS || found.has(`${type}/${id}`)) return
    found.set(`${type}/${id}`, qualifier === undefined ? { type, id } : { type, id, qualifier })
  }
  for (const { type, path, qualifier } of paths) for (const value of valuesAt(execution, path)) put(type, value, qualifier)
  for (const [key, value] of Object.entries(objectOf(execution['customData']))) {
    const type = CUSTOM.get(key.toLowerCase())
    if (type !== undefined) for (const id of text(value).split(',')) put(type, id)
  }
  return [...found.values()]
}

/** The values at a path such as `$.data.resultData.runData['SAP'][0].data.main[0][0].json.invoice`. */
function valuesAt(execution: Json, path: string): unknown[] {
  const parsed = parsePath(path)
  if (typeof parsed === 'string') return []
  let values: unknown[] = [execution]
  for (const step of parsed.steps)
    values = values
      .flatMap((value): unknown[] => {
        if (step === '[*]') return Array.isArray(value) ? value : []
        if (typeof step === 'number') return Array.isArray(value) ? [value.at(step)] : []
        return isJson(value) && Object.hasOwn(value, step) ? [value[step]] : []
      })
      .slice(0, 1000)
  return values
}

/** Control characters but tab and line ends, and what is no character. */
const CONTROLS = /(?![\t\n\r])[\p{Cc}\uFFFE\uFFFF]/gu

/** Text without what no store keeps. */
export function clean(message: string): string {
  return message.replaceAll(CONTROLS, ' ').toWellFormed()
}
