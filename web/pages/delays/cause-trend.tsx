import { Button, Switch } from '@mantine/core'
import { useSearchParams } from 'react-router'
import type { Delays } from '../../../api/contract/delays.ts'
import { onTimeLine } from '../../buckets.ts'
import { StackedBars } from '../../charts/stacked-bars.tsx'
import { csvText, download } from '../../csv.ts'
import { bucketLabel, counted } from '../../format.ts'
import { DELAY_CAUSES } from '../../parts/delay-causes.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Panel } from '../../parts/panel.tsx'
import { type Bucket, useSetParameters } from '../../scope.ts'

/** The mean time of a document by cause, bucket by bucket; without queues on demand, which may hide all else. */
export function CauseTrend({ of, bucket }: { of: Delays; bucket: Bucket }) {
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const withQueue = search.get('queue') !== 'none'
  const series = withQueue ? DELAY_CAUSES : DELAY_CAUSES.filter(({ key }) => key !== 'queue')
  const charged = new Map<string, Record<string, number>>()
  for (const { bucket: at, cause, working_s, off_s } of of.rows) {
    const values = charged.get(at) ?? {}
    values[cause] = working_s + off_s
    charged.set(at, values)
  }
  const points = onTimeLine(of.groups, { from: of.from, to: of.to, bucket }).map(({ bucket: at, row }) => {
    const sums = row === undefined ? {} : (charged.get(row.bucket) ?? {})
    const documents = row?.documents ?? 0
    return {
      label: bucketLabel(at, bucket),
      title: `${bucketLabel(at, bucket)} · ${counted(documents, 'document')}`,
      values: Object.fromEntries(DELAY_CAUSES.map(({ key }) => [key, documents === 0 ? 0 : (sums[key] ?? 0) / documents])),
    }
  })
  const exportRows = (): void =>
    download(
      `delays-${of.type}-${of.from.slice(0, 10)}.csv`,
      csvText(
        [`${bucket}_start`, 'cause', 'working_s', 'off_s', 'documents'],
        of.rows.map((row) => [row.bucket, row.cause, row.working_s, row.off_s, row.documents]),
      ),
    )
  return (
    <Panel
      title={`Time by cause, by ${bucket}`}
      note="mean elapsed time of a document, by when it finished"
      aside={
        <div className="row">
          <Switch
            size="xs"
            label="Queues"
            checked={withQueue}
            onChange={(event) => setParameters({ queue: event.currentTarget.checked ? undefined : 'none' })}
          />
          <Button size="xs" variant="default" leftSection={<Icon name="download" size={14} />} onClick={exportRows}>
            CSV
          </Button>
        </div>
      }
    >
      <StackedBars title="Time by cause" noun="mean time" unit="s" series={series} points={points} height={280} />
    </Panel>
  )
}
