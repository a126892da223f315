/** A noun of our vocabulary (`purchase_order`) in words, for so many. */
export function plural(noun: string, n: number): string {
  const words = noun.replaceAll('_', ' ')
  if (n === 1 || words === '' || words.endsWith('s')) return words
  return words.endsWith('y') ? `${words.slice(0, -1)}ies` : `${words}s`
}
