import { Button } from '@mantine/core'
import { useState } from 'react'
import type { DelayDocuments } from '../../../api/contract/delays.ts'
import { useWindowAnswer } from '../../answers.ts'
import { Legend } from '../../charts/legend.tsx'
import { csvText, download } from '../../csv.ts'
import { duration, instant } from '../../format.ts'
import { causeName, DELAY_CAUSES } from '../../parts/delay-causes.tsx'
import { DelayStrip } from '../../parts/delay-strip.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Panel } from '../../parts/panel.tsx'
import { DocumentLink } from '../../parts/scoped-link.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'

type Document = DelayDocuments['documents'][number]
const FIRST = 15
const MORE = 200

/** The documents behind the figures, each with the strip of its life. */
export function DocumentsPanel({
  type,
  filters,
  picked,
}: {
  type: string
  filters: Record<string, string>
  picked: Record<string, string>
}) {
  const [limit, setLimit] = useState(FIRST)
  const path = `/v1/process/${encodeURIComponent(type)}/delays/documents`
  const answer = useWindowAnswer('DelayDocuments', path, { ...filters, ...picked, limit })
  const exportRows = (documents: readonly Document[]): void =>
    download(
      `delay-segments-${type}.csv`,
      csvText(
        ['document', 'from', 'to', 'cause', 'working_s', 'off_s', 'stage', 'step', 'holder', 'system', 'caused_by', 'late'],
        documents.flatMap((document) =>
          document.segments.map((one) => [
            document.id,
            one.from,
            one.to,
            one.cause,
            one.working_s,
            one.off_s,
            one.stage,
            one.step,
            one.holder,
            one.system,
            one.caused_by,
            String(document.late),
          ]),
        ),
      ),
    )
  return (
    <Panel
      title="Documents"
      note={Object.keys(picked).length === 0 ? 'the longest first' : 'those that are chosen above, the most time first'}
      aside={
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="download" size={14} />}
          disabled={answer.data === undefined}
          onClick={() => exportRows(answer.data?.documents ?? [])}
        >
          CSV
        </Button>
      }
    >
      <Shown of={answer} height={320}>
        {({ documents, next }) =>
          documents.length === 0 ? (
            <Empty title="No document is like that in this window" />
          ) : (
            <div className="delay-documents">
              <Legend entries={DELAY_CAUSES.map(({ label, color, fill }) => ({ label, color, fill, area: true }))} />
              <Table<Document>
                label="Documents and where their time went"
                rows={documents}
                rowKey={(one) => one.id}
                columns={[
                  {
                    head: 'Document',
                    render: (one) => <DocumentLink type={one.type === 'procure_to_pay' ? 'invoice' : one.type} id={one.id} />,
                    nowrap: true,
                  },
                  { head: 'Elapsed', render: (one) => duration(one.elapsed_s), right: true },
                  { head: 'Where the time went', render: (one) => <DelayStrip of={one} label={`The time of ${one.id}`} /> },
                  {
                    head: 'Charged',
                    render: (one) => duration(Object.keys(picked).length === 0 ? one.elapsed_s : one.charged_s),
                    right: true,
                  },
                  { head: 'Late', render: lateness },
                  { head: 'Ended', render: (one) => (one.finished ? instant(one.until_at) : 'open'), nowrap: true },
                ]}
              />
              {next !== null && limit < MORE && (
                <Button size="compact-xs" variant="subtle" mt="xs" onClick={() => setLimit(MORE)}>
                  Show up to {MORE}
                </Button>
              )}
            </div>
          )
        }
      </Shown>
    </Panel>
  )
}

function lateness(one: Document) {
  if (!one.late) return ''
  const because = one.late_because.map((set) => set.map((cause) => causeName(cause).toLowerCase()).join(' and ')).join(', or ')
  return (
    <span className="chip" data-tone="bad" title={because === '' ? undefined : `would have been in time without: ${because}`}>
      late{because === '' ? '' : `: ${because}`}
    </span>
  )
}
