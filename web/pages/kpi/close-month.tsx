import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { useAct } from '../../answers.ts'
import { Dialog, DialogActions } from '../../parts/dialog.tsx'
import { Fault } from '../../parts/states.tsx'
import { useSetParameters } from '../../scope.ts'
import { useToday } from '../../now.ts'

/** The month before that of an instant, ms, UTC. */
function monthBefore(now: number): string {
  const date = new Date(now)
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1)).toISOString().slice(0, 7)
}

/** Closes a month as it is known now; the last one that has ended is proposed. */
export function CloseMonth({ onClose }: { onClose: () => void }) {
  const last = monthBefore(useToday())
  const [month, setMonth] = useState(last)
  const [note, setNote] = useState('')
  const setParameters = useSetParameters()
  const close = useAct('FrozenMonth', () => ({ path: '/v1/frozen-months', body: { month: month.trim(), note } }))
  return (
    <Dialog title="Close a month" opened onClose={onClose} size="30rem">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          close.mutate(undefined, {
            onSuccess: () => {
              setParameters({ month: month.trim() })
              onClose()
            },
          })
        }}
      >
        <TextInput
          type="month"
          label="Month"
          description="As year and month, such as 2026-03; one that has ended, UTC"
          value={month}
          max={last}
          onChange={(event) => setMonth(event.currentTarget.value)}
          required
          data-autofocus
        />
        <TextInput
          label="Note"
          description="What the numbers were reported for"
          value={note}
          maxLength={500}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <p className="dim form-note">
          Its numbers are kept as they are known now. It can be opened again at any time; who did what stays in the audit.
        </p>
        {close.isError && <Fault error={close.error} />}
        <DialogActions onCancel={onClose} loading={close.isPending}>
          Close it
        </DialogActions>
      </form>
    </Dialog>
  )
}
