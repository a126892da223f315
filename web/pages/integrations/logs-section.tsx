import { NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useSearchParams } from 'react-router'
import { Icon } from '../../parts/icons.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { counted } from '../../format.ts'
import { useSetParameters } from '../../scope.ts'
import { useSpan, useSpanAnswer } from '../../span.ts'
import { FilterChip } from './filter-chip.tsx'
import { LogLines } from './log-lines.tsx'

/** What systems wrote down, latest first. */
export function LogsSection() {
  const span = useSpan()
  const [search] = useSearchParams()
  const setParameters = useSetParameters()
  const [system, severity, q] = ['system', 'severity', 'q'].map((name) => search.get(name) ?? undefined)
  const setQ = useDebouncedCallback((text: string) => setParameters({ q: text.trim() }), 250)
  const logs = useSpanAnswer('Logs', '/v1/integrations/logs', { system, severity, q, limit: 200 }, { span })
  return (
    <Panel
      title="Logs"
      note={logs.data === undefined ? undefined : `${counted(logs.data.logs.length, 'record')} shown, latest first`}
      aside={
        <div className="row">
          <FilterChip name="system" value={system} />
          <NativeSelect
            size="xs"
            aria-label="Severity"
            value={severity ?? ''}
            onChange={(event) => setParameters({ severity: event.currentTarget.value })}
            data={[
              { value: '', label: 'Every severity' },
              { value: 'info', label: 'Info and worse' },
              { value: 'warn', label: 'Warnings and worse' },
              { value: 'error', label: 'Errors and worse' },
            ]}
          />
          <TextInput
            size="xs"
            aria-label="Text in the record"
            placeholder="Text in the record"
            leftSection={<Icon name="search" size={14} />}
            defaultValue={q ?? ''}
            onChange={(event) => setQ(event.currentTarget.value)}
          />
        </div>
      }
    >
      <Shown of={logs} height={420}>
        {({ logs: rows }) =>
          rows.length === 0 ? (
            <Empty
              title={
                q === undefined && severity === undefined && system === undefined ? 'No logs in this span' : 'No record matches'
              }
            >
              <p>
                Send them to <span className="mono">POST /v1/logs</span>, OTLP over HTTP, protobuf or JSON.
              </p>
            </Empty>
          ) : (
            <LogLines logs={rows} />
          )
        }
      </Shown>
    </Panel>
  )
}
