/** Digits after the point of currencies whose minor unit is not a hundredth (ISO 4217). */
const DIGITS: Readonly<Record<string, number>> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  CLF: 4,
  UYW: 4,
}

const DECIMAL = /^([+-]?)(\d{1,30})(?:\.(\d{1,30}))?$/u

/** Digits after the point of a currency, by ISO 4217. */
export function minorDigits(currency: string): number {
  return DIGITS[currency] ?? 2
}

/** Puts the point into a whole number of minor units; `null` where it is none. Exact: no arithmetic on floating point. */
export function fromMinor(text: string, digits: number): string | null {
  const match = /^(-?)(\d{1,30})$/u.exec(text)
  if (match === null) return null
  const [, sign = '', whole = ''] = match
  if (digits === 0) return `${sign}${whole}`
  const padded = whole.padStart(digits + 1, '0')
  return `${sign}${padded.slice(0, -digits)}.${padded.slice(-digits)}`
}

/** Reads an amount as written, with its own point and grouped digits, as decimal text; `null` where it is none. */
export function decimalText(text: string, point: '.' | ',' = '.', group: string | null = null): string | null {
  let plain = text.trim()
  if (group !== null) plain = plain.replaceAll(group, '')
  if (point === ',') {
    if (plain.includes('.')) return null
    plain = plain.replace(',', '.')
  }
  const match = DECIMAL.exec(plain)
  return match === null ? null : `${match[1] === '-' ? '-' : ''}${match[2] ?? ''}${match[3] === undefined ? '' : `.${match[3]}`}`
}

/** The amount with the other sign. */
export function negated(decimal: string): string {
  if (/^-?[0.]+$/u.test(decimal)) return decimal.replace('-', '')
  return decimal.startsWith('-') ? decimal.slice(1) : `-${decimal}`
}

/** The exact sum of decimal texts, with as many digits as the longest has; `null` where one is none. */
export function sumOf(decimals: readonly string[]): string | null {
  let scale = 0
  const parts: [units: string, scale: number][] = []
  for (const text of decimals) {
    const match = DECIMAL.exec(text)
    if (match === null) return null
    const fraction = match[3] ?? ''
    parts.push([`${match[1] === '-' ? '-' : ''}${match[2] ?? ''}${fraction}`, fraction.length])
    scale = Math.max(scale, fraction.length)
  }
  let total = 0n
  for (const [units, digits] of parts) total += BigInt(units) * 10n ** BigInt(scale - digits)
  return fromMinor(total.toString(), scale)
}
