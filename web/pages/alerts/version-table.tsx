import { Button } from '@mantine/core'
import { useState } from 'react'
import { instant } from '../../format.ts'
import { DiffView } from '../../parts/diff-view.tsx'
import { Table } from '../../parts/table.tsx'
import { draftText } from './rules/draft-text.ts'
import { recordOf } from './rules/draft.ts'

/** A version of what somebody stated; `state` where it has one. */
export type Version = {
  version: number
  created_at: string | null
  created_by: string | null
  note: string
  body: unknown
  state?: string
}

/** Versions, the latest first: when, by whom and why, and what each changed of the one before. */
export function VersionTable({ of }: { of: readonly Version[] }) {
  const [shown, setShown] = useState<number | null>(null)
  const at = of.findIndex(({ version }) => version === shown)
  const [chosen, former] = [of[at], of[at + 1]]
  const hasStates = of.some(({ state }) => state !== undefined)
  return (
    <>
      <Table<Version>
        label="List of versions"
        rows={of}
        rowKey={({ version }) => String(version)}
        columns={[
          { head: 'Version', render: ({ version }) => version, nowrap: true },
          { head: 'Kept', render: ({ created_at: made }) => instant(made), nowrap: true },
          { head: 'By', render: ({ created_by }) => created_by },
          ...(hasStates ? [{ head: 'State', render: ({ state }: Version) => state, nowrap: true }] : []),
          { head: 'Why', render: ({ note }) => note || <span className="dim">–</span> },
          {
            id: 'diff',
            head: <span className="visually-hidden">What changed</span>,
            render: ({ version }) => (
              <Button
                size="compact-xs"
                variant="default"
                aria-pressed={shown === version}
                onClick={() => setShown(shown === version ? null : version)}
              >
                What changed
              </Button>
            ),
            right: true,
          },
        ]}
      />
      {chosen !== undefined && (
        <div className="section-below">
          <DiffView
            former={former === undefined ? '' : draftText(recordOf(former.body))}
            present={draftText(recordOf(chosen.body))}
            label={`What version ${chosen.version} changed`}
          />
        </div>
      )}
    </>
  )
}
