import type { ReactNode } from 'react'
import { ScrollRegion } from './scroll-region.tsx'

/** One column: its head and how a row fills it. */
export type Column<Row> = {
  head: ReactNode
  /** Tells the column apart where its head is no text. */
  id?: string
  render: (row: Row) => ReactNode
  right?: boolean
  nowrap?: boolean
}

type Props<Row> = { label: string; columns: readonly Column<Row>[]; rows: readonly Row[]; rowKey: (row: Row) => string }

/** A plain table that scrolls sideways where it has to. */
export function Table<Row>({ label, columns, rows, rowKey }: Props<Row>) {
  return (
    <ScrollRegion className="table-wrap" label={label}>
      <table className="table">
        <caption className="visually-hidden">{label}</caption>
        <thead>
          <tr>
            {columns.map(({ id, head, right }) => (
              <th key={id ?? (typeof head === 'string' ? head : '')} scope="col" className={right === true ? 'right' : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map(({ id, head, render, right, nowrap }) => (
                <td
                  key={id ?? (typeof head === 'string' ? head : '')}
                  className={right === true ? 'right' : nowrap === true ? 'nowrap' : undefined}
                >
                  {render(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}
