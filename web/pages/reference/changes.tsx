import { Button } from '@mantine/core'
import type { ReferenceChanges } from '../../../api/contract/reference.ts'
import { useAct, useAnswer } from '../../answers.ts'
import { count, instant } from '../../format.ts'
import { Panel } from '../../parts/panel.tsx'
import { Fault, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'

type Change = ReferenceChanges['changes'][number]

/** What was stated of a kind lately, at once or in files; each can be taken back while all of it stands. */
export function Changes({ kind, admin }: { kind: string; admin: boolean }) {
  const changes = useAnswer('ReferenceChanges', `/v1/reference/${kind}/changes`)
  const undo = useAct('ReferenceUndone', (at: string) => ({ path: `/v1/reference/${kind}/undo`, body: { recorded_at: at } }))
  return (
    <Panel title="Changes" note="the last fifty; undoing one makes what it ended stand again">
      {undo.isError && <Fault error={undo.error} />}
      <Shown of={changes} height={120}>
        {({ changes: rows }) =>
          rows.length === 0 ? (
            <p className="dim form-note">Nothing has been stated yet.</p>
          ) : (
            <Table<Change>
              label="List of changes"
              rows={rows}
              rowKey={({ recorded_at }) => recorded_at}
              columns={[
                { head: 'At', render: ({ recorded_at }) => instant(recorded_at), nowrap: true },
                { head: 'By', render: ({ recorded_by }) => recorded_by },
                { head: 'Rows stated', render: ({ added }) => count(added), right: true },
                { head: 'Still stand', render: ({ standing }) => count(standing), right: true },
                ...(admin
                  ? [
                      {
                        head: <span className="visually-hidden">Undo</span>,
                        id: 'undo',
                        right: true,
                        render: ({ recorded_at, added, standing }: Change) =>
                          added === standing && (
                            <Button
                              size="compact-xs"
                              variant="default"
                              loading={undo.isPending && undo.variables === recorded_at}
                              aria-label={`Undo the change of ${instant(recorded_at)}`}
                              onClick={() => undo.mutate(recorded_at)}
                            >
                              Undo
                            </Button>
                          ),
                      },
                    ]
                  : []),
              ]}
            />
          )
        }
      </Shown>
    </Panel>
  )
}
