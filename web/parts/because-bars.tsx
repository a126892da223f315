import { BarList } from '../charts/bar-list.tsx'
import { percent } from '../format.ts'
import { causeName } from './delay-causes.tsx'

/** A set of causes or systems, without all of which together so many would have been in time. */
export type BecauseRow = { because: readonly string[]; n: number }

type Side = { rows: readonly BecauseRow[]; chosen: string | undefined; onChoose: (key: string) => void }
type Props = { of: string; total: number; shareOf: string; causes: Side; systems: Side }

/** What was late, by causes and by systems that failed: toggles, each named by its set joined with `+`. */
export function BecauseBars({ of, total, shareOf, causes, systems }: Props) {
  const note = (n: number): string => `${percent(n / total)} of ${shareOf}`
  return (
    <>
      <h3 className="section-title">Causes</h3>
      <BarList
        label={`${of} because of causes`}
        rows={causes.rows.map(({ because, n }) => ({
          key: because.join('+'),
          name: because.map(causeName).join(' and '),
          title: because.length > 1 ? 'only both together' : '',
          value: n,
          note: note(n),
        }))}
        chosen={causes.chosen}
        onChoose={causes.onChoose}
      />
      {systems.rows.length > 0 && (
        <>
          <h3 className="section-title">Systems that failed</h3>
          <BarList
            label={`${of} because of systems`}
            of="technical"
            rows={systems.rows.map(({ because, n }) => ({
              key: because.join('+'),
              name: because.join(' and '),
              value: n,
              note: note(n),
            }))}
            chosen={systems.chosen}
            onChoose={systems.onChoose}
          />
        </>
      )}
    </>
  )
}
