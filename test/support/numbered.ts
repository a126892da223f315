const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/gu

/** Lines with `#1`, `#2` … for ids that chance makes, in the order in which they come up, so that it stays to be seen which are the same. */
export function numbered(lines: readonly string[]): string[] {
  const seen: string[] = []
  return lines.map((line) =>
    line.replaceAll(UUID, (id) => {
      if (!seen.includes(id)) seen.push(id)
      return `#${seen.indexOf(id) + 1}`
    }),
  )
}
