/**
 * Splits ClickHouse SQL at the semicolons that end statements: not those in strings, quoted names, comments or heredocs. Empty
 * statements and those of comments only are left out.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = []
  let start = 0
  let hasCode = false
  const cut = (end: number) => {
    if (hasCode) statements.push(sql.slice(start, end).trim())
    start = end + 1
    hasCode = false
  }
  for (let at = 0; at < sql.length;) {
    const char = sql[at] ?? ''
    const comment = commentEnd(sql, at)
    if (comment !== null) {
      at = comment
      continue
    }
    if (char === ';') cut(at)
    else if (char.trim() !== '') hasCode = true
    at = quotedEnd(sql, at) ?? at + 1
  }
  cut(sql.length)
  return statements
}

/** Where the comment that starts at `at` ends, or `null` where none starts. */
function commentEnd(sql: string, at: number): number | null {
  const two = sql.slice(at, at + 2)
  if (two === '/*') return endAfter(sql, '*/', at + 2)
  if (two === '--' || two === '# ' || two === '#!') return endAfter(sql, '\n', at + 2)
  return null
}

/** Where the string, quoted name or heredoc that starts at `at` ends, or `null` where none starts. */
function quotedEnd(sql: string, at: number): number | null {
  const quote = sql[at] ?? ''
  if (quote === '$') {
    const tag = /\$\w*\$/y
    tag.lastIndex = at
    const [heredoc] = tag.exec(sql) ?? []
    return heredoc === undefined ? null : endAfter(sql, heredoc, at + heredoc.length)
  }
  if (quote !== "'" && quote !== '"' && quote !== '`') return null
  // A doubled quote ends one string and starts the next, which comes to the same.
  for (let end = at + 1; end < sql.length; end += 1) {
    if (sql[end] === '\\') end += 1
    else if (sql[end] === quote) return end + 1
  }
  return sql.length
}

function endAfter(sql: string, mark: string, from: number): number {
  const found = sql.indexOf(mark, from)
  return found < 0 ? sql.length : found + mark.length
}
