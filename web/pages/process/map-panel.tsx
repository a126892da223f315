import { SegmentedControl, Slider } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { ProcessMap } from '../../../api/contract/process.ts'
import { ProcessGraph } from '../../charts/process-graph.tsx'
import { count, duration, percent, words } from '../../format.ts'
import { Panel } from '../../parts/panel.tsx'
import { Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { positionsOf } from './positions.ts'
import { activityWithin, type Steps, useProcessAnswer, useVariants } from './process-answer.ts'

type Edge = ProcessMap['edges'][number]
type Props = { type: string; steps: Steps; variant: readonly string[] | null }

const FIRST_SHOWN = 16
const MOST_SHOWN = 80

/** Which activity follows which: as a map with as many paths as wanted, or as a table. */
export function MapPanel({ type, steps, variant }: Props) {
  const map = useProcessAnswer('ProcessMap', { type, steps }, 'map')
  const variants = useVariants({ type, steps })
  const [as, setAs] = useState('map')
  const [label, setLabel] = useState<'count' | 'wait'>('count')
  const [shown, setShown] = useState(FIRST_SHOWN)
  const [picked, setPicked] = useState<Edge | null>(null)
  const edges = useMemo(() => (map.data?.edges ?? []).toSorted((a, b) => b.count - a.count), [map.data])
  const positions = useMemo(() => positionsOf(variants.data?.variants ?? [], edges), [variants.data, edges])
  const name = (activity: string): string => words(activityWithin(activity, type))
  const most = Math.min(edges.length, MOST_SHOWN)
  const kept = edges.slice(0, Math.min(shown, most))
  const total = edges.reduce((sum, edge) => sum + edge.count, 0)
  const covered = kept.reduce((sum, edge) => sum + edge.count, 0)
  return (
    <Panel
      title="What follows what"
      className="map-panel"
      note={
        edges.length === 0
          ? undefined
          : `${count(kept.length)} of ${count(edges.length)} paths: ${percent(covered / total)} of all transitions`
      }
      aside={
        <div className="row">
          <SegmentedControl
            size="xs"
            aria-label="Shown on the paths"
            value={label}
            onChange={(value) => setLabel(value === 'wait' ? 'wait' : 'count')}
            data={[
              { value: 'count', label: 'Count' },
              { value: 'wait', label: 'Median wait' },
            ]}
          />
          <SegmentedControl
            size="xs"
            aria-label="Shown as"
            value={as}
            onChange={setAs}
            data={[
              { value: 'map', label: 'Map' },
              { value: 'table', label: 'Table' },
            ]}
          />
        </div>
      }
    >
      <Shown of={map} height={560}>
        {({ nodes }) =>
          as === 'table' ? (
            <div className="map-table">
              <Table<Edge>
                label="Paths between activities"
                rows={edges}
                rowKey={(edge) => `${edge.from}\n${edge.to}`}
                columns={[
                  { head: 'From', render: (edge) => name(edge.from) },
                  { head: 'To', render: (edge) => name(edge.to) },
                  { head: 'Count', render: (edge) => count(edge.count), right: true },
                  { head: 'Share', render: (edge) => percent(edge.count / total), right: true },
                  { head: 'Median wait', render: (edge) => duration(edge.median_wait_s), right: true },
                  { head: 'p90 wait', render: (edge) => duration(edge.p90_wait_s), right: true },
                ]}
              />
            </div>
          ) : (
            <>
              <div className="map-slider">
                <span id="paths-shown">Paths shown</span>
                <Slider
                  min={Math.min(3, most)}
                  max={Math.max(4, most)}
                  value={Math.min(shown, most)}
                  onChange={setShown}
                  thumbProps={{ 'aria-labelledby': 'paths-shown' }}
                  label={(value) => `${value} paths`}
                  size="sm"
                />
              </div>
              <ProcessGraph
                nodes={nodes}
                positions={positions}
                edges={kept}
                allEdges={edges}
                highlight={variant}
                label={label}
                name={name}
                picked={picked}
                onPick={setPicked}
              />
              <p className="map-picked num" role="status">
                {picked === null ? (
                  'Choose a path for its figures. Drag to move, the buttons zoom.'
                ) : (
                  <>
                    <strong>
                      {name(picked.from)} → {name(picked.to)}
                    </strong>
                    : {count(picked.count)} times ({percent(picked.count / total)}), wait {duration(picked.median_wait_s)} median,{' '}
                    {duration(picked.p90_wait_s)} at the 90th percentile
                  </>
                )}
              </p>
            </>
          )
        }
      </Shown>
    </Panel>
  )
}
