const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumSignificantDigits: 3 })

/** An amount with its currency: `12,480 EUR`, from a million on `1.25M EUR`; `–` for none. */
export function money(amount: number | string | null | undefined, currency: string | null): string {
  if (amount === null || amount === undefined || amount === '') return '–'
  const value = Number(amount)
  const text = (Math.abs(value) >= 1e6 ? short : whole).format(value)
  return currency === null || currency === '' ? text : `${text} ${currency}`
}
