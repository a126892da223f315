import { z } from 'zod'

/**
 * Reads the header of a file of SQL: lines `-- key: value`, where `--   more` continues a value, up to the first other line.
 *
 * @throws Error when the header does not have the shape: a defect of the file
 */
export function sqlHeader<T extends z.ZodType>(name: string, sql: string, shape: T): z.output<T> {
  const header: Record<string, string> = {}
  let key = ''
  for (const line of sql.split('\n')) {
    const match = /^-- (?:([a-z_0-9]+): |  )(.+)$/u.exec(line)
    if (match === null) break
    const [, field, text = ''] = match
    if (field === undefined) header[key] = `${header[key] ?? ''} ${text.trim()}`
    else header[(key = field)] = text.trim()
  }
  const parsed = shape.safeParse(header)
  if (!parsed.success) throw new Error(`queries/${name}.sql has no valid header: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}
