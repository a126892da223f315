import { Button } from '@mantine/core'
import { useAnswer } from '../answers.ts'
import { day } from '../format.ts'
import { useScope, useSetParameters } from '../scope.ts'

/** Says so where all events of the tenant are older than the window, as those of an imported log often are. */
export function StaleHint() {
  const { window } = useScope()
  const setParameters = useSetParameters()
  const { data } = useAnswer('Sources', '/v1/sources')
  const latest = data?.sources
    .map(({ last_at }) => last_at)
    .toSorted()
    .at(-1)
  if (latest === undefined || latest >= window.from) return null
  return (
    <div className="stale-hint" role="status">
      <span>The latest event here is of {day(latest)}, before this window begins.</span>
      <Button size="compact-sm" variant="default" onClick={() => setParameters({ range: 'all', from: undefined, to: undefined })}>
        Show all history
      </Button>
    </div>
  )
}
