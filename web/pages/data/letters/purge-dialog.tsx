import { Button, Checkbox, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../../../api.ts'
import { counted } from '../../../format.ts'
import { Dialog } from '../../../parts/dialog.tsx'
import { Fault } from '../../../parts/states.tsx'
import { useScope } from '../../../scope.ts'
import { chosenCount, type Chosen } from './letter-filter.ts'

/** Removes the bytes of letters for good, with a reason that the audit keeps. */
export function PurgeDialog({ chosen, onClose, onDone }: { chosen: Chosen | null; onClose: () => void; onDone: () => void }) {
  return (
    <Dialog title="Purge dead letters?" opened={chosen !== null} onClose={onClose} size="32rem">
      {chosen !== null && <Purge chosen={chosen} onClose={onClose} onDone={onDone} />}
    </Dialog>
  )
}

function Purge({ chosen, onClose, onDone }: { chosen: Chosen; onClose: () => void; onDone: () => void }) {
  const { tenant } = useScope()
  const queries = useQueryClient()
  const [reason, setReason] = useState('')
  const [sure, setSure] = useState(false)
  const size = chosenCount(chosen)
  const purge = useMutation({
    mutationFn: async () => {
      const which = 'ids' in chosen ? { ids: chosen.ids } : { filter: chosen.filter }
      let after: string | undefined
      do {
        const part = await ask('LetterPurged', '/v1/dead-letters/purge', {
          method: 'POST',
          tenant,
          body: { ...which, reason: reason.trim(), ...(after === undefined ? {} : { after }) },
        })
        after = part.next ?? undefined
      } while (after !== undefined)
    },
    onSuccess: () => {
      onDone()
      return queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === tenant })
    },
  })
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        purge.mutate()
      }}
    >
      <p style={{ margin: 0 }}>
        The bytes and headers of {counted(size, 'letter')} are removed for good: they can never be replayed. The letters stay
        listed as purged, so that the ledger still balances.
      </p>
      <Textarea
        label="Why"
        description="Kept in the audit and with each letter"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        maxLength={500}
        autosize
        minRows={2}
        required
        data-autofocus
      />
      <Checkbox
        label={`I mean it: remove ${counted(size, 'letter')}`}
        checked={sure}
        onChange={(event) => setSure(event.currentTarget.checked)}
      />
      {purge.isError && <Fault error={purge.error} />}
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        <Button variant="default" onClick={onClose}>
          Keep them
        </Button>
        <Button type="submit" color="red.9" loading={purge.isPending} disabled={!sure || reason.trim().length < 3}>
          Purge
        </Button>
      </div>
    </form>
  )
}
