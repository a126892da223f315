import type { Delays } from '../../../api/contract/delays.ts'
import { Bridge } from '../../charts/bridge.tsx'
import { count, duration, words } from '../../format.ts'
import { CauseMark, causeName, DELAY_CAUSES } from '../../parts/delay-causes.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty } from '../../parts/states.tsx'

/** Changes of stages that are told. */
const SHOWN = 6

/** How a document's mean time became what it is since the period before, by cause, and in which stages. */
export function PeriodChange({ of }: { of: Delays }) {
  const before = of.previous
  return (
    <Panel
      title="Against the period before"
      note={before === null ? undefined : `mean of ${count(of.documents)} documents, before ${count(before.documents)}`}
    >
      {before === null || before.documents === 0 ? (
        <Empty title="Nothing finished in the period before">
          <p>There is no comparison.</p>
        </Empty>
      ) : (
        <>
          <Bridge
            label="Change of the mean elapsed time by cause"
            before={{ name: 'Before', value: before.elapsed_s / before.documents }}
            now={{ name: 'Now', value: of.elapsed_s / of.documents }}
            steps={DELAY_CAUSES.map(({ key }) => {
              const cause = of.causes.find((one) => one.cause === key)
              return {
                key,
                cause: key,
                name: (
                  <>
                    <CauseMark of={key} />
                    {causeName(key)}
                  </>
                ),
                change: (cause?.mean_s ?? 0) - (cause?.previous_mean_s ?? 0),
              }
            })}
            format={duration}
          />
          <h3 className="section-title">What changed most</h3>
          <ul style={{ margin: 0, paddingLeft: '1.1rem' }}>
            {sentences(of).map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  )
}

/** `Approval got 9 h slower: 7 h technical failure, 2 h person`, the largest changes first. */
function sentences(of: Delays): string[] {
  const stages = new Map<string, { cause: string; change: number }[]>()
  for (const { stage, cause, change_s } of of.stages) {
    const known = stages.get(stage) ?? []
    known.push({ cause, change: change_s ?? 0 })
    stages.set(stage, known)
  }
  return [...stages]
    .map(([stage, changes]) => ({ stage, changes, total: changes.reduce((sum, { change }) => sum + change, 0) }))
    .filter(({ total }) => Math.abs(total) >= 60)
    .toSorted((a, b) => Math.abs(b.total) - Math.abs(a.total))
    .slice(0, SHOWN)
    .map(({ stage, changes, total }) => {
      const parts = changes
        .filter(({ change }) => Math.abs(change) >= Math.abs(total) / 20)
        .toSorted((a, b) => Math.abs(b.change) - Math.abs(a.change))
        .map(({ cause, change }) => `${change < 0 ? '' : '+'}${duration(change)} ${causeName(cause).toLowerCase()}`)
      return `${words(stage)} got ${duration(Math.abs(total))} ${total > 0 ? 'slower' : 'faster'}: ${parts.join(', ')}`
    })
}
