import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Quality } from '../../../../api/contract/data.ts'
import { useAct } from '../../../answers.ts'
import { counted, instant } from '../../../format.ts'
import { Panel } from '../../../parts/panel.tsx'
import { Fault } from '../../../parts/states.tsx'
import { Table } from '../../../parts/table.tsx'
import { useSession } from '../../../session.ts'
import { SeverityMark } from '../finding.tsx'

type Finding = Quality['findings'][number]

/** What sources send otherwise than they used to, before it breaks a mapping; workflows that did not run. */
export function Drift({ findings }: { findings: readonly Finding[] }) {
  const admin = useSession().scopes.includes('admin')
  const [all, setAll] = useState(false)
  const acknowledge = useAct('DriftFinding', ({ feed, check, subject }: Finding) => ({
    path: '/v1/quality/acknowledge',
    body: { feed, check, subject },
  }))
  const open = findings.filter(({ state }) => state === 'open')
  const rows = (all ? findings : open).toSorted((a, b) => RANK[a.severity] - RANK[b.severity])
  if (findings.length === 0) return null
  return (
    <Panel
      title="Changes in what sources send"
      note={open.length === 0 ? 'all acknowledged or gone' : `${counted(open.length, 'finding')} to look at`}
      aside={
        findings.length > open.length && (
          <Button size="compact-xs" variant="subtle" onClick={() => setAll(!all)}>
            {all ? 'Open ones only' : `Show ${counted(findings.length - open.length, 'earlier one')}`}
          </Button>
        )
      }
    >
      {acknowledge.isError && <Fault error={acknowledge.error} />}
      {rows.length === 0 ? (
        <p className="dim" style={{ margin: 0 }}>
          What comes has the shape that it used to have.
        </p>
      ) : (
        <Table<Finding>
          label="List of changes in what sources send"
          rows={rows}
          rowKey={({ feed, check, subject }) => `${feed} ${check} ${subject}`}
          columns={[
            { head: 'Severity', render: ({ severity }) => <SeverityMark severity={severity} />, nowrap: true },
            { head: 'Source', render: ({ feed }) => <span className="mono">{feed}</span> },
            {
              head: 'What',
              render: ({ message, subject }) => (
                <div className="two-lines">
                  <span>{message}</span>
                  <span className="mono dim">{subject}</span>
                </div>
              ),
            },
            { head: 'Since', render: ({ first_at }) => instant(first_at), nowrap: true },
            { head: 'Seen last', render: ({ last_at }) => instant(last_at), nowrap: true },
            {
              id: 'actions',
              head: <span className="visually-hidden">Actions</span>,
              render: (finding) =>
                finding.state !== 'open' ? (
                  <span className="dim">{finding.state}</span>
                ) : (
                  admin && (
                    <Button
                      size="compact-xs"
                      variant="default"
                      loading={acknowledge.isPending && acknowledge.variables === finding}
                      onClick={() => acknowledge.mutate(finding)}
                      aria-label={`Acknowledge: ${finding.message}`}
                    >
                      Acknowledge
                    </Button>
                  )
                ),
              right: true,
            },
          ]}
        />
      )}
    </Panel>
  )
}

const RANK = { error: 0, warning: 1, info: 2 } as const
