import type { AlertQuality } from '../../../../api/contract/alerts.ts'
import { count, duration, percent } from '../../../format.ts'
import { Figures, Panel } from '../../../parts/panel.tsx'
import { Empty } from '../../../parts/states.tsx'
import { Button } from '@mantine/core'

type Quality = AlertQuality['rules'][number]
type Advice = Quality['advice'][number]

/** Pages of a rule in a week. */
export function PagesAWeek({ of }: { of: Quality | undefined }) {
  if (of === undefined || of.pages === 0) return <span className="dim">0</span>
  return <span title={`${count(of.pages)} in 90 days`}>{perWeek(of.pages_a_week)}</span>
}

/** Pages a week with as many digits as they have meaning. */
export function perWeek(value: number): string {
  return value < 10 ? value.toFixed(1) : count(value)
}

/** The share of judged alerts that people called useful, with the interval in which it can lie. */
export function Precision({ of }: { of: Quality | undefined }) {
  if (of?.precision == null) return <span className="dim">not judged</span>
  const { value, low, high } = of.precision
  return (
    <span title={`${count(of.useful)} useful, ${count(of.noise)} noise; 95 % interval ${percent(low)} to ${percent(high)}`}>
      {percent(value)} <span className="dim">of {count(of.useful + of.noise)}</span>
    </span>
  )
}

type Props = { of: Quality | undefined; onTake: ((advice: Advice) => void) | undefined }

/** How well a rule served, and what to change about it; an advice is taken into the form and saved from there. */
export function RuleQuality({ of, onTake }: Props) {
  return (
    <Panel title="How well it serves" note="its alerts of the last 90 days">
      {of === undefined ? (
        <Empty certain title="It has opened no alert" />
      ) : (
        <>
          <Figures
            items={[
              {
                name: 'Pages a week',
                value: perWeek(of.pages_a_week),
                note: `${count(of.pages)} pages, ${count(of.messages)} messages`,
              },
              { name: 'Acknowledged', value: percent(of.acknowledged_share), note: `median ${duration(of.acknowledge_s)}` },
              {
                name: 'Over by themselves',
                value: count(of.self_healed),
                note: 'within 5 min, nobody acted',
              },
              { name: 'Came back within an hour', value: count(of.flaps) },
              { name: 'Useful', value: <Precision of={of} /> },
            ]}
          />
          {of.advice.length > 0 && (
            <ul className="advice">
              {of.advice.map((one) => (
                <li key={one.kind}>
                  <span>
                    <strong>{ADVICE[one.kind]}</strong> {one.why}
                  </span>
                  {onTake !== undefined && (
                    <Button size="compact-xs" variant="default" onClick={() => onTake(one)}>
                      Take it into the form
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </Panel>
  )
}

const ADVICE: Readonly<Record<Advice['kind'], string>> = {
  retire: 'Retire this rule.',
  raise_for: 'Let it hold for longer before it fires.',
  raise_keep_firing: 'Let it be over for longer before it resolves.',
}
