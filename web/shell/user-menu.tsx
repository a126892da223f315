import { ActionIcon, Menu } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { tell } from '../api.ts'
import { Icon } from '../parts/icons.tsx'
import { useSession } from '../session.ts'

/** Who is signed in, and the way out. */
export function UserMenu() {
  const { name, scopes } = useSession()
  const queries = useQueryClient()
  const signOut = useMutation({
    mutationFn: () => tell('/v1/session', { method: 'DELETE' }),
    onSettled: () => {
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' })
      return queries.resetQueries({ queryKey: ['session'] })
    },
  })
  return (
    <Menu position="bottom-end" shadow="md" width={240} withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon variant="default" size={34} radius={7} aria-label={`Signed in as ${name}`}>
          <Icon name="person" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          Signed in as {name}
          <br />
          may {scopes.join(', ')}
        </Menu.Label>
        <Menu.Item component="a" href="/docs" leftSection={<Icon name="book" />}>
          API reference
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="out" />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
