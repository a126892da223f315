import { NativeSelect, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { AlertDetail } from '../../../api/contract/alerts.ts'
import { useAct } from '../../answers.ts'
import { Dialog, DialogActions } from '../../parts/dialog.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { Fault } from '../../parts/states.tsx'

/** What people do to an alert, beside judging and silencing it. */
export type Act = 'acknowledge' | 'hand-over' | 'note' | 'resolve'

const TEXTS: Readonly<Record<Act, { title: string; label: string; description: string; button: string; required: boolean }>> = {
  acknowledge: {
    title: 'Acknowledge the alert',
    label: 'Note',
    description: 'What you are doing about it, for those who look next',
    button: 'Acknowledge',
    required: false,
  },
  'hand-over': {
    title: 'Hand the alert over',
    label: 'What they should know',
    description: 'Kept with the alert; their clock begins now',
    button: 'Hand over',
    required: true,
  },
  note: {
    title: 'Add a note',
    label: 'Note',
    description: 'Kept in the story of the alert and in the audit',
    button: 'Add it',
    required: true,
  },
  resolve: {
    title: 'Close the alert',
    label: 'Why it is over',
    description: 'Those who were told are told that it is over',
    button: 'Close it',
    required: true,
  },
}

type Props = { of: AlertDetail; act: Act | null; onClose: () => void }

/** Asks for what an act needs, and does it. */
export function ActDialog({ of, act, onClose }: Props) {
  return (
    <Dialog title={act === null ? '' : TEXTS[act].title} opened={act !== null} onClose={onClose} size="32rem">
      {act !== null && <Form key={act} of={of} act={act} onClose={onClose} />}
    </Dialog>
  )
}

function Form({ of, act, onClose }: Props & { act: Act }) {
  const { label, description, button, required } = TEXTS[act]
  const open = of.parties.filter(({ state }) => state === 'told' || state === 'held')
  const answering = of.parties.filter(({ state }) => state !== 'handed_over' && state !== 'done')
  const [text, setText] = useState('')
  const [party, setParty] = useState(act === 'hand-over' ? (answering[0]?.party ?? '') : '')
  const [to, setTo] = useState(of.choices[0]?.party ?? '')
  const trimmed = text.trim()
  const send = useAct('AlertDetail', () => ({
    path: `/v1/alerts/${of.id}/${act}`,
    body: bodyOf(act, { text: trimmed, party, to }),
  }))
  const isPossible = act !== 'hand-over' || (party !== '' && to !== '')
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        send.mutate(undefined, { onSuccess: onClose })
      }}
    >
      {act === 'acknowledge' && open.length > 1 && (
        <NativeSelect
          label="For"
          value={party}
          onChange={(event) => setParty(event.currentTarget.value)}
          data={[{ value: '', label: 'all who answer for it' }, ...open.map((one) => ({ value: one.party, label: one.title }))]}
        />
      )}
      {act === 'hand-over' && (
        <div className="form-grid">
          <NativeSelect
            label="From"
            value={party}
            onChange={(event) => setParty(event.currentTarget.value)}
            data={answering.map((one) => ({ value: one.party, label: one.title }))}
          />
          <NativeSelect
            label="To"
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
            data={of.choices.map((one) => ({ value: one.party, label: one.title }))}
          />
        </div>
      )}
      {act === 'hand-over' && of.choices.length === 0 && (
        <p className="form-note">
          There is no other party. <ScopedLink to="/alerts/routing">Add one under Routing</ScopedLink>.
        </p>
      )}
      <Textarea
        label={label}
        description={description}
        required={required}
        autosize
        minRows={3}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        data-autofocus
      />
      {send.isError && <Fault error={send.error} />}
      <DialogActions onCancel={onClose} loading={send.isPending} disabled={!isPossible || (required && trimmed.length < 3)}>
        {button}
      </DialogActions>
    </form>
  )
}

function bodyOf(act: Act, { text, party, to }: { text: string; party: string; to: string }): Record<string, unknown> {
  if (act === 'acknowledge') return { ...(party === '' ? {} : { party }), ...(text === '' ? {} : { note: text }) }
  if (act === 'hand-over') return { party, to, note: text }
  return act === 'note' ? { text } : { reason: text }
}
