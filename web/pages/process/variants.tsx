import type { ProcessVariants } from '../../../api/contract/process.ts'
import { count, duration, percent, words } from '../../format.ts'
import { Panel } from '../../parts/panel.tsx'
import { DocumentLink } from '../../parts/scoped-link.tsx'
import { Shown } from '../../parts/states.tsx'
import { activityWithin, type Steps, useVariants } from './process-answer.ts'

type Variant = ProcessVariants['variants'][number]
type Props = {
  type: string
  steps: Steps
  chosen: readonly string[] | null
  onChoose: (activities: readonly string[] | null) => void
}

const STEPS_SHOWN = 9

/** The ways that documents took, most frequent first; one can be shown in the map. */
export function Variants({ type, steps, chosen, onChoose }: Props) {
  const variants = useVariants({ type, steps })
  const key = chosen?.join('\n')
  return (
    <Panel
      title="Variants"
      className="variants"
      note={
        variants.data === undefined
          ? undefined
          : `${count(variants.data.variants.length)} of ${count(variants.data.total)}, most frequent first`
      }
    >
      <Shown of={variants} height={480}>
        {({ variants: rows }) => (
          <ol className="variant-list" aria-label="Variants">
            {rows.map((variant, index) => {
              const id = variant.activities.join('\n')
              const active = id === key
              return (
                <li key={id} data-active={active}>
                  <button type="button" aria-pressed={active} onClick={() => onChoose(active ? null : variant.activities)}>
                    <span className="variant-rank num">{index + 1}</span>
                    <span className="variant-share num">{percent(variant.share)}</span>
                    <span className="dim num">{count(variant.count)}</span>
                    <span className="variant-time num">{duration(variant.median_duration_s)}</span>
                    <span
                      className="variant-bar"
                      style={{ width: `${Math.max(0.5, (variant.share / (rows[0]?.share ?? 1)) * 100)}%` }}
                    />
                  </button>
                  <Steps variant={variant} type={type} all={active} />
                  {active && (
                    <p className="variant-example">
                      Example: <DocumentLink type={type} id={variant.example} />
                    </p>
                  )}
                </li>
              )
            })}
          </ol>
        )}
      </Shown>
    </Panel>
  )
}

/** Activities in a row as chips; repetitions at once are one chip with a number. */
function Steps({ variant, type, all }: { variant: Variant; type: string; all: boolean }) {
  const steps: { activity: string; times: number; place: number }[] = []
  for (const activity of variant.activities) {
    const last = steps.at(-1)
    if (last?.activity === activity) last.times += 1
    else steps.push({ activity, times: 1, place: steps.length })
  }
  const shown = all ? steps : steps.slice(0, STEPS_SHOWN)
  return (
    <p className="variant-steps">
      {shown.map(({ activity, times, place }) => (
        <span key={place} className="chip">
          {words(activityWithin(activity, type))}
          {times > 1 && <b className="num">×{times}</b>}
        </span>
      ))}
      {steps.length > shown.length && <span className="dim">and {steps.length - shown.length} more</span>}
    </p>
  )
}
