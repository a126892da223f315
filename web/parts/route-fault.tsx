import { Button } from '@mantine/core'
import { useRouteError } from 'react-router'
import { Fault } from './states.tsx'

/** What stands in place of a page that threw. A chunk of a former build that is gone is mended by loading anew. */
export function RouteFault() {
  const error = useRouteError()
  return (
    <div style={{ maxWidth: '46rem', margin: '2rem auto', padding: '0 1rem' }}>
      <Fault error={error} />
      <Button mt="md" variant="default" onClick={() => location.reload()}>
        Load the page anew
      </Button>
    </div>
  )
}
