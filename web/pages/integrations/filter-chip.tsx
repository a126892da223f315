import { Button } from '@mantine/core'
import { words } from '../../format.ts'
import { Icon } from '../../parts/icons.tsx'
import { useSetParameters } from '../../scope.ts'

/** A filter of the address, with a way to take it off. */
export function FilterChip({ name, value }: { name: string; value: string | undefined }) {
  const setParameters = useSetParameters()
  if (value === undefined || value === '') return null
  return (
    <Button
      size="compact-xs"
      variant="light"
      rightSection={<Icon name="close" size={11} />}
      onClick={() => setParameters({ [name]: undefined })}
      aria-label={`Remove the filter ${words(name)} ${value}`}
    >
      {words(name)}: {value}
    </Button>
  )
}
