import { BarList } from '../../../charts/bar-list.tsx'
import { HatchPattern } from '../../../charts/legend.tsx'
import { StackedBars } from '../../../charts/stacked-bars.tsx'
import { useAnswer } from '../../../answers.ts'
import { count, counted, timeOfDay } from '../../../format.ts'
import { useNow } from '../../../now.ts'
import { Panel } from '../../../parts/panel.tsx'
import { ScopedLink } from '../../../parts/scoped-link.tsx'
import { Empty, Shown } from '../../../parts/states.tsx'
import { SPANS, useSpanAnswer } from '../../../span.ts'
import { Equation } from '../ledger/equation.tsx'
import { ledgerPoints, MISSING, PARTS } from '../ledger/ledger-parts.ts'
import { codeWords } from '../letters/letter-filter.ts'

const [HOUR] = SPANS

/** The last hour of the ledger beside the letters that wait. */
export function IntakeNow() {
  const now = useNow()
  const ledger = useSpanAnswer('Ledger', '/v1/ledger', { bucket: HOUR.bucket }, { span: HOUR, refreshMs: 10_000 })
  const letters = useAnswer('Letters', '/v1/dead-letters', { limit: 1 }, { refreshMs: 30_000 })
  return (
    <div className="intake-now">
      <HatchPattern />
      <Panel title="Ledger, last hour" aside={<ScopedLink to="/data/ledger">Open the ledger</ScopedLink>}>
        <Shown of={ledger} height={260}>
          {(answer) => (
            <>
              <Equation of={answer.totals} balanced={answer.balanced} />
              {answer.totals.received === 0 ? (
                <Empty title="Nothing came in the last hour" />
              ) : (
                <StackedBars
                  title="Ledger by minute"
                  noun="records"
                  series={[...PARTS, MISSING]}
                  points={ledgerPoints(answer.rows, HOUR, now)}
                  height={150}
                  legend={answer.totals.missing > 0}
                />
              )}
              <p className="dim num chart-note">Records by minute, UTC · counted at {timeOfDay(answer.as_of)}</p>
            </>
          )}
        </Shown>
      </Panel>
      <Panel
        title="Dead letters"
        note={letters.data === undefined ? undefined : `${counted(letters.data.total, 'letter')} open`}
        aside={<ScopedLink to="/data/dead-letters">Open them</ScopedLink>}
      >
        <Shown of={letters} height={260}>
          {({ codes, total }) =>
            total === 0 ? (
              <Empty title="None are waiting">
                <p>Every record that came could be read, or was replayed or purged since.</p>
              </Empty>
            ) : (
              <>
                <BarList
                  label="Open dead letters by reason"
                  rows={codes
                    .toSorted((a, b) => b.letters - a.letters)
                    .slice(0, 6)
                    .map(({ code, letters: size }) => ({ key: code, name: codeWords(code), title: code, value: size }))}
                />
                {codes.length > 6 && <p className="dim chart-note">and {count(codes.length - 6)} more reasons</p>}
              </>
            )
          }
        </Shown>
      </Panel>
    </div>
  )
}
