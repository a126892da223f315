/** Whether a broker refused records for their size together, which sending them again as they are does not change. */
export function isTooLarge(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const type = 'type' in error ? error.type : undefined
  return type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE' || isTooLarge(error.cause)
}
