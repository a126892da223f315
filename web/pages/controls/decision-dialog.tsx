import { Button, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useAct } from '../../answers.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Fault } from '../../parts/states.tsx'

/** What a violation may become. */
export type Decision = 'open' | 'accepted' | 'remediated'

const TITLES: Readonly<Record<Decision, string>> = {
  accepted: 'Accept the violation',
  remediated: 'The violation is remediated',
  open: 'Reopen the violation',
}

type Props = { id: string; to: Decision | null; onClose: () => void }

/** Asks for the reason of a decision, and who vouches for it where a violation is accepted. */
export function DecisionDialog({ id, to, onClose }: Props) {
  return (
    <Dialog title={to === null ? '' : TITLES[to]} opened={to !== null} onClose={onClose} size="32rem">
      {to !== null && <Form id={id} to={to} onClose={onClose} />}
    </Dialog>
  )
}

function Form({ id, to, onClose }: { id: string; to: Decision; onClose: () => void }) {
  const [reason, setReason] = useState('')
  const [attestedBy, setAttestedBy] = useState('')
  const decide = useAct('ViolationDetail', () => ({
    path: `/v1/violations/${encodeURIComponent(id)}/decision`,
    body: { state: to, reason: reason.trim(), ...(attestedBy.trim() === '' ? {} : { attested_by: attestedBy.trim() }) },
  }))
  const ready = reason.trim().length >= 3 && (to !== 'accepted' || attestedBy.trim() !== '')
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        decide.mutate(undefined, { onSuccess: onClose })
      }}
    >
      <Textarea
        label="Why"
        description="Kept with the violation and in the audit"
        required
        minRows={3}
        autosize
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
        data-autofocus
      />
      {to !== 'open' && (
        <TextInput
          label="Attested by"
          description="Who vouches for it"
          required={to === 'accepted'}
          value={attestedBy}
          onChange={({ currentTarget }) => setAttestedBy(currentTarget.value)}
        />
      )}
      {decide.isError && <Fault error={decide.error} />}
      <div className="row">
        <Button type="submit" size="xs" disabled={!ready} loading={decide.isPending}>
          {to === 'accepted' ? 'Accept' : to === 'remediated' ? 'Remediated' : 'Reopen'}
        </Button>
        <Button size="xs" variant="default" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  )
}
