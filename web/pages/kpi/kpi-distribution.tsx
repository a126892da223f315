import type { KpiDefinition } from '../../../api/contract/kpi.ts'
import type { Dimension } from '../../../model/vocabulary.ts'
import { useWindowAnswer } from '../../answers.ts'
import { Histogram } from '../../charts/histogram.tsx'
import { count, measure } from '../../format.ts'
import { Figures, Panel } from '../../parts/panel.tsx'
import { Empty, Shown } from '../../parts/states.tsx'

const NAMES: Readonly<Record<string, string>> = {
  0.25: 'Quarter below',
  0.5: 'Median',
  0.75: 'Three quarters',
  0.9: 'p90',
  0.99: 'p99',
}

type Props = { kpi: KpiDefinition; filters: Partial<Record<Dimension, string>>; asOf: string | undefined }

/** How the values of the objects behind a KPI are spread. */
export function Distribution({ kpi, filters, asOf }: Props) {
  const spread = useWindowAnswer('KpiDistribution', `/v1/kpis/${kpi.kpi}/distribution`, { ...filters, as_of: asOf })
  return (
    <Panel title="Distribution" note={`value of each, n = ${count(spread.data?.n ?? 0)}`}>
      <Shown of={spread} height={280}>
        {({ n, mean, quantiles, bins }) =>
          n === 0 ? (
            <Empty title="Nothing was counted in this window">
              <p>Choose a longer time range, or remove a filter.</p>
            </Empty>
          ) : (
            <>
              <Figures
                items={[
                  { name: 'Mean', value: measure(mean, kpi.unit) },
                  ...quantiles.flatMap(({ q, value }) => {
                    const name = NAMES[q]
                    return name === undefined ? [] : [{ name, value: measure(value, kpi.unit) }]
                  }),
                ]}
              />
              <div style={{ height: '0.75rem' }} />
              <Histogram bins={bins} noun="objects" unit={kpi.unit} />
            </>
          )
        }
      </Shown>
    </Panel>
  )
}
