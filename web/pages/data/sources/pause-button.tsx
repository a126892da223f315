import { Button } from '@mantine/core'
import type { RegisteredSource } from '../../../../api/contract/feeds.ts'
import { useAct } from '../../../answers.ts'
import { Icon } from '../../../parts/icons.tsx'

/** Stops taking from a source, or goes on. */
export function PauseButton({ of }: { of: RegisteredSource }) {
  const paused = of.state === 'paused'
  const change = useAct('RegisteredSource', () => ({
    method: 'PATCH',
    path: `/v1/sources/${encodeURIComponent(of.id)}`,
    body: { state: paused ? 'active' : 'paused' },
  }))
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={change.isPending}
      leftSection={<Icon name={paused ? 'play' : 'pause'} size={12} />}
      onClick={() => change.mutate()}
      aria-label={`${paused ? 'Resume' : 'Pause'} ${of.name}`}
      title={change.isError ? change.error.message : undefined}
    >
      {paused ? 'Resume' : 'Pause'}
    </Button>
  )
}
