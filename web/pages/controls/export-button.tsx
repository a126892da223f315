import { Button, Menu } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { download } from '../../csv.ts'
import { Icon } from '../../parts/icons.tsx'
import { useScope } from '../../scope.ts'

/** Hands the evidence pack – violations with the events that show them – to the browser as a file. */
export function ExportButton({ filter }: { filter: Readonly<Record<string, string | undefined>> }) {
  const { tenant, window } = useScope()
  const pack = useMutation({
    mutationFn: async (format: 'csv' | 'ndjson') => {
      const search = new URLSearchParams({ format, from: window.from })
      if (window.to !== undefined) search.set('to', window.to)
      for (const [name, value] of Object.entries(filter)) if (value !== undefined) search.set(name, value)
      const response = await fetch(`/v1/violations/export?${search}`, {
        headers: { 'x-tenant-id': tenant },
        credentials: 'same-origin',
      })
      if (!response.ok) throw new Error(`The server answered ${response.status}.`)
      download(`evidence.${format}`, await response.text())
    },
  })
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button size="xs" variant="default" leftSection={<Icon name="download" size={14} />} loading={pack.isPending}>
            Evidence pack
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => pack.mutate('csv')}>CSV, a row an event</Menu.Item>
          <Menu.Item onClick={() => pack.mutate('ndjson')}>NDJSON, a line a violation</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {pack.isError && (
        <span role="alert" className="text-bad">
          {pack.error.message}
        </span>
      )}
    </>
  )
}
