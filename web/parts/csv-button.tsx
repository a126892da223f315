import { Button } from '@mantine/core'
import { type Cell, csvText, download } from '../csv.ts'
import { Icon } from './icons.tsx'

type Props<Row> = {
  name: string
  head: readonly string[]
  rows: readonly Row[] | undefined
  cells: (row: Row) => readonly Cell[]
}

/** Hands the rows that are shown to the browser as a CSV file. */
export function CsvButton<Row>({ name, head, rows, cells }: Props<Row>) {
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<Icon name="download" size={14} />}
      disabled={rows === undefined || rows.length === 0}
      onClick={() => rows !== undefined && download(`${name}.csv`, csvText(head, rows.map(cells)))}
    >
      CSV
    </Button>
  )
}
