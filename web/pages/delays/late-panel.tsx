import type { Delays } from '../../../api/contract/delays.ts'
import { BarList } from '../../charts/bar-list.tsx'
import { count, counted, percent } from '../../format.ts'
import { causeName } from '../../parts/delay-causes.tsx'
import { Figures, Panel } from '../../parts/panel.tsx'
import { Empty } from '../../parts/states.tsx'
import { useSetParameters } from '../../scope.ts'
import { usePicks } from './picks.ts'

/** What late documents would have been in time without. */
export function LatePanel({ of }: { of: Delays }) {
  const { late } = of
  const { picked } = usePicks()
  const setParameters = useSetParameters()
  const choose = (name: 'late_because' | 'late_system', key: string): void =>
    setParameters({ late_because: undefined, late_system: undefined, [name]: picked[name] === key ? undefined : key })
  const shareOf = (documents: number): string => `${percent(documents / late.late)} of late`
  return (
    <Panel title="Late because of" note="without this time they would have met their deadline; one document may stand in several">
      {late.late === 0 ? (
        <Empty title={late.with_deadline === 0 ? 'No document of this window had a deadline' : 'Nothing was late'}>
          <p>{counted(late.with_deadline, 'document')} with a deadline that was settled.</p>
        </Empty>
      ) : (
        <>
          <Figures
            items={[
              { name: 'Late', value: count(late.late), note: `of ${count(late.with_deadline)} with a deadline` },
              ...(late.unexplained === 0 ? [] : [{ name: 'Came after their deadline', value: count(late.unexplained) }]),
            ]}
          />
          <h3 className="section-title">Causes</h3>
          <BarList
            label="Late because of causes"
            rows={late.because.map(({ causes, documents }) => ({
              key: causes.join('+'),
              name: causes.map(causeName).join(' and '),
              title: causes.length > 1 ? 'only both together' : '',
              value: documents,
              note: shareOf(documents),
            }))}
            chosen={picked['late_because']}
            onChoose={(key) => choose('late_because', key)}
          />
          {late.systems.length > 0 && (
            <>
              <h3 className="section-title">Systems that failed</h3>
              <BarList
                label="Late because of systems"
                of="technical"
                rows={late.systems.map(({ systems, documents }) => ({
                  key: systems.join('+'),
                  name: systems.join(' and '),
                  value: documents,
                  note: shareOf(documents),
                }))}
                chosen={picked['late_system']}
                onChoose={(key) => choose('late_system', key)}
              />
            </>
          )}
        </>
      )}
    </Panel>
  )
}
