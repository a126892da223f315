import { Button, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { RegisteredSource, SourceTested } from '../../../../api/contract/feeds.ts'
import { ask } from '../../../api.ts'
import { counted, instant, words } from '../../../format.ts'
import { CodeBlock } from '../../../parts/code-block.tsx'
import { StateChip } from '../../../parts/state-chip.tsx'
import { Fault } from '../../../parts/states.tsx'
import { useScope } from '../../../scope.ts'

const TONES = { events: 'good', ignored: 'none', rejected: 'bad' } as const

/** What a source would make of a payload, and the request that sends it signed. Nothing is stored. */
export function TryPayload({ of }: { of: RegisteredSource }) {
  const { tenant } = useScope()
  const [payload, setPayload] = useState(SAMPLE)
  const test = useMutation({
    mutationFn: () =>
      ask('SourceTested', `/v1/sources/${encodeURIComponent(of.id)}/test`, {
        method: 'POST',
        tenant,
        body: { payload, headers: { 'content-type': 'application/json' } },
      }),
  })
  return (
    <div className="stack">
      <Textarea
        label="Payload"
        description="As the sender would send it; nothing is stored"
        className="mono-input"
        value={payload}
        onChange={(event) => setPayload(event.currentTarget.value)}
        autosize
        minRows={6}
        maxRows={16}
        spellCheck={false}
      />
      <div className="row">
        <Button size="xs" variant="default" loading={test.isPending} onClick={() => test.mutate()}>
          Try it
        </Button>
      </div>
      {test.isError && <Fault error={test.error} />}
      {test.data !== undefined && <Tested of={test.data} source={of} payload={payload} />}
    </div>
  )
}

const SAMPLE = JSON.stringify(
  {
    specversion: '1.0',
    id: 'test-1',
    source: '/erp/example',
    type: 'invoice.received',
    time: '2026-11-20T09:30:00Z',
    data: { object: 'invoice/INV-TEST-1' },
  },
  null,
  2,
)

function Tested({ of, source, payload }: { of: SourceTested; source: RegisteredSource; payload: string }) {
  return (
    <>
      <ul className="outcomes" aria-label="What would become of it">
        {of.records.map((record) => (
          <li key={record.index}>
            <StateChip tone={TONES[record.outcome]}>
              {record.outcome === 'events' ? counted(record.events.length, 'event') : record.outcome}
            </StateChip>
            <span>
              {record.outcome === 'events'
                ? record.events
                    .map(
                      (event) =>
                        `${words(event.activity)} of ${event.objects.map(({ type, id }) => `${words(type).toLowerCase()} ${id}`).join(', ')}, ${instant(event.occurred_at)}`,
                    )
                    .join('; ')
                : (record.message ?? record.code)}
            </span>
          </li>
        ))}
      </ul>
      {of.signed_headers !== null && source.path !== null && (
        <>
          <p className="dim" style={{ margin: 0 }}>
            The same as a request, signed with the newest secret. It does store the event; a timed signature is good for minutes.
          </p>
          <CodeBlock code={curlOf(source.path, of.signed_headers, payload)} label="Request that sends the payload signed" />
        </>
      )}
    </>
  )
}

function curlOf(path: string, headers: Readonly<Record<string, string>>, payload: string): string {
  const all = { 'content-type': 'application/json', ...headers }
  return [
    `curl ${location.origin}${path} \\`,
    ...Object.entries(all).map(([name, value]) => `  -H ${quoted(`${name}: ${value}`)} \\`),
    `  --data-binary ${quoted(payload)}`,
  ].join('\n')
}

/** A text as a shell takes it literally. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
