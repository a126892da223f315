import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import type { AiActions, AiCalibration } from '../../../api/contract/ai.ts'
import { Reliability } from '../../charts/reliability.tsx'
import { count, counted, percent } from '../../format.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { Figures, Panel } from '../../parts/panel.tsx'
import { Empty } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'

type Bin = AiCalibration['bins'][number]

/** Whether models are accepted as often as they are sure of themselves. */
export function CalibrationPanel({ of: { all, models } }: { of: AiActions['calibration'] }) {
  const [chosen, choose] = useState('')
  const known = models.map((one) => ({ ...one, name: nameOf(one) }))
  const shown = known.find(({ name }) => name === chosen) ?? all
  return (
    <Panel
      title="Confidence against outcome"
      note="of actions with a stated confidence that a person accepted or overrode"
      aside={
        <>
          {known.length > 1 && (
            <NativeSelect
              size="xs"
              aria-label="Model"
              value={shown === all ? '' : chosen}
              onChange={(event) => choose(event.currentTarget.value)}
              data={[
                { value: '', label: `All models, n = ${count(all.n)}` },
                ...known.map(({ name, n }) => ({ value: name, label: `${name}, n = ${count(n)}` })),
              ]}
            />
          )}
          <CsvButton
            name="ai-calibration"
            head={['model', 'version', 'from', 'to', 'n', 'stated', 'accepted', 'share', 'low', 'high']}
            rows={[{ model: 'all', version: '', ...all }, ...models].flatMap(({ model, version, bins }) =>
              bins.map((bin) => ({ model, version, ...bin })),
            )}
            cells={(row) => [row.model, row.version, row.from, row.to, row.n, row.stated, row.hits, row.share, row.low, row.high]}
          />
        </>
      }
    >
      {all.n === 0 ? (
        <Empty title="None in this window">
          <p>
            It takes <span className="mono">data.ai.confidence</span>, from 0 to 1, and a person’s decision on the same action.
          </p>
        </Empty>
      ) : (
        <View of={shown} />
      )}
    </Panel>
  )
}

function nameOf({ model, version }: { model: string; version: string }): string {
  return `${model === '' ? 'no model named' : model} ${version}`.trim()
}

function View({ of: { n, ece, brier, bins } }: { of: AiCalibration }) {
  const points = bins.flatMap(({ share, low, high, ...bin }) =>
    share === null || low === null || high === null ? [] : [{ ...bin, share, low, high }],
  )
  return (
    <div className="split">
      <div className="stack">
        <Figures
          items={[
            { name: 'Decided, with a confidence', value: count(n) },
            { name: 'Calibration error (ECE)', value: percent(ece), note: '0 is perfect' },
            { name: 'Brier score', value: brier === null ? '–' : brier.toFixed(3), note: '0 is perfect' },
          ]}
        />
        <Table<Bin>
          label="Accepted share by stated confidence"
          rows={bins}
          rowKey={({ from }) => String(from)}
          columns={[
            { head: 'Stated', render: ({ from, to }) => `${from.toFixed(1)} – ${to.toFixed(1)}`, nowrap: true },
            { head: 'Mean stated', render: ({ stated }) => percent(stated), right: true },
            {
              head: 'Accepted',
              render: ({ share }) => (share === null ? <span className="dim">too few</span> : percent(share)),
              right: true,
            },
            {
              head: '95 % interval',
              render: ({ low, high }) => (low === null ? <span className="dim">–</span> : `${percent(low)} to ${percent(high)}`),
              right: true,
            },
            { head: 'n', render: (bin) => count(bin.n), right: true },
          ]}
        />
      </div>
      {points.length === 0 ? (
        <Empty title="Too few to draw">
          <p>A tenth is drawn from 10 decisions on; there are {counted(n, 'decision')} in all.</p>
        </Empty>
      ) : (
        <Reliability
          title="Accepted share by stated confidence"
          points={points}
          stated="Mean stated confidence"
          came="Accepted share"
        />
      )}
    </div>
  )
}
