import { useNow } from '../now.ts'
import { useScope } from '../scope.ts'
import { CodeBlock } from './code-block.tsx'
import { Empty } from './states.tsx'

/** How events come in: one request, or a file. With `started`, for a tenant that has some already. */
export function FirstEvent({ started = false }: { started?: boolean }) {
  const { tenant } = useScope()
  const event = {
    specversion: '1.0',
    id: 'first-1',
    source: '/erp/example',
    type: 'invoice.received',
    time: new Date(useNow()).toISOString(),
    data: { object: 'invoice/INV-1', outcome: { status: 'ok' } },
  }
  const curl = [
    `curl ${location.origin}/v1/events \\`,
    `  -H 'authorization: Bearer YOUR_KEY' \\`,
    `  -H 'x-tenant-id: ${tenant}' \\`,
    `  -H 'content-type: application/cloudevents+json' \\`,
    `  -d '${JSON.stringify(event, null, 2)}'`,
  ].join('\n')
  return (
    <Empty certain title={started ? 'Send more events' : 'No events yet'}>
      <p>Send {started ? 'an' : 'the first'} event. It shows here within seconds; sending it again changes nothing.</p>
      <CodeBlock code={curl} label="Request that sends one event" />
      <p>Or load a file: XES, OCEL, CSV or CloudEvents, plain or gzip. The import ends with a data-quality report.</p>
      <CodeBlock code={`npx sightline import FILE --tenant ${tenant}`} label="Command that imports a file" />
    </Empty>
  )
}
