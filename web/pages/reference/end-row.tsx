import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ReferenceRow } from '../../../api/contract/reference.ts'
import { useAct } from '../../answers.ts'
import { Dialog, DialogActions } from '../../parts/dialog.tsx'
import { Fault } from '../../parts/states.tsx'

type Props = { kind: string; row: ReferenceRow; today: string; onClose: () => void }

/** Ends a row at a day, or takes it away as if it had never been said. */
export function EndRow({ kind, row, today, onClose }: Props) {
  const [to, setTo] = useState(today)
  const path = `/v1/reference/${kind}/${row.id}`
  const end = useAct('ReferenceRow', () => ({ method: 'PATCH', path, body: { valid_to: to.trim() } }))
  const remove = useAct('ReferenceRow', () => ({ method: 'DELETE', path }))
  return (
    <Dialog title={`End ${row.key}`} opened onClose={onClose} size="32rem">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          end.mutate(undefined, { onSuccess: onClose })
        }}
      >
        <TextInput
          label="Holds until"
          description="A day or an instant, exclusive: what happened before stays judged by it"
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
          required
          data-autofocus
        />
        <p className="dim form-note">
          A row that was never right is taken away instead: what depends on it is computed anew as if it had not been said. It
          stays in the history of its key.
        </p>
        {(end.isError || remove.isError) && <Fault error={end.error ?? remove.error} />}
        <DialogActions
          onCancel={onClose}
          loading={end.isPending}
          aside={
            <Button
              variant="subtle"
              color="red"
              loading={remove.isPending}
              onClick={() => remove.mutate(undefined, { onSuccess: onClose })}
            >
              Take it away
            </Button>
          }
        >
          End it
        </DialogActions>
      </form>
    </Dialog>
  )
}
