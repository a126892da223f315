import type { ReactNode } from 'react'

/** One column: its head and how a row fills it. */
export type Column<Row> = { head: ReactNode; cell: (row: Row) => ReactNode; right?: boolean; nowrap?: boolean }

type Props<Row> = { label: string; columns: readonly Column<Row>[]; rows: readonly Row[]; rowKey: (row: Row) => string }

/** A plain table that scrolls sideways where it has to. */
export function Table<Row>({ label, columns, rows, rowKey }: Props<Row>) {
  return (
    <div className="table-wrap" role="region" aria-label={label} tabIndex={0}>
      <table className="table">
        <caption className="visually-hidden">{label}</caption>
        <thead>
          <tr>
            {columns.map(({ head, right }, index) => (
              <th key={index} scope="col" className={right === true ? 'right' : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map(({ cell, right, nowrap }, index) => (
                <td key={index} className={right === true ? 'right' : nowrap === true ? 'nowrap' : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
