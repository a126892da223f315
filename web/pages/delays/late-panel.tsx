import type { Delays } from '../../../api/contract/delays.ts'
import { count, counted } from '../../format.ts'
import { BecauseBars } from '../../parts/because-bars.tsx'
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
          <BecauseBars
            of="Late"
            total={late.late}
            shareOf="late"
            causes={{
              rows: late.because.map(({ causes, documents }) => ({ because: causes, n: documents })),
              chosen: picked['late_because'],
              onChoose: (key) => choose('late_because', key),
            }}
            systems={{
              rows: late.systems.map(({ systems, documents }) => ({ because: systems, n: documents })),
              chosen: picked['late_system'],
              onChoose: (key) => choose('late_system', key),
            }}
          />
        </>
      )}
    </Panel>
  )
}
