import type { ReferenceRow } from '../../../api/contract/reference.ts'
import { boundText } from './fields.ts'

/** The period in which a row holds. */
export function Period({ of: { valid_from, valid_to } }: { of: Pick<ReferenceRow, 'valid_from' | 'valid_to'> }) {
  const [from, to] = [short(valid_from), short(valid_to)]
  const title = `${boundText(valid_from) || 'always'} to ${boundText(valid_to) || 'further notice'}`
  return (
    <span className="num nowrap" title={title}>
      {from === '' ? 'always' : from} {to === '' ? (from === '' ? '' : 'on') : `to ${to}`}
    </span>
  )
}

/** A bound to the minute. */
function short(iso: string | null): string {
  return boundText(iso).slice(0, 16).replace('T', ' ')
}
