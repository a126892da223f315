import { Checkbox, Progress, TextInput } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import type { RetentionPreview } from '../../../api/contract/retention.ts'
import { RETENTION_DAYS } from '../../../model/retention.ts'
import { useAct, useAnswer } from '../../answers.ts'
import { counted, day, percent } from '../../format.ts'
import { Dialog, DialogActions } from '../../parts/dialog.tsx'
import { Fault, Shown } from '../../parts/states.tsx'

/** Changes how long a tenant's history is kept, once what that would remove has been read and confirmed. */
export function ChangeRetention({ days: current, onClose }: { days: number | null; onClose: () => void }) {
  const [text, setText] = useState(current === null ? '' : String(current))
  const [shownDays, showDays] = useState<number | null>(null)
  const [isSure, setSure] = useState(false)
  const change = useAct('Retention', (days: number | null) => ({ method: 'PATCH', path: '/v1/retention', body: { days } }))
  const days = text.trim() === '' ? null : Number(text)
  const isValid = days === null || (Number.isInteger(days) && days >= RETENTION_DAYS.least && days <= RETENTION_DAYS.most)
  const isPreviewed = days === null || shownDays === days
  return (
    <Dialog title="Change the retention" opened onClose={onClose} size="34rem">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (isPreviewed) change.mutate(days, { onSuccess: onClose })
          else showDays(days)
        }}
      >
        <TextInput
          label="Days"
          description={`How long what has ended is kept: ${RETENTION_DAYS.least} to ${RETENTION_DAYS.most} days; empty keeps everything`}
          inputMode="numeric"
          value={text}
          error={isValid ? undefined : `A whole number from ${RETENTION_DAYS.least} to ${RETENTION_DAYS.most}, or nothing`}
          onChange={(event) => {
            setText(event.currentTarget.value)
            setSure(false)
          }}
          data-autofocus
        />
        {days !== null && isPreviewed && (
          <Preview key={days} days={days}>
            <Checkbox
              label="What is removed cannot be brought back; I want it removed"
              checked={isSure}
              onChange={(event) => setSure(event.currentTarget.checked)}
            />
          </Preview>
        )}
        <p className="dim form-note">
          A change takes effect after ten minutes, and until then it can be taken back. Who changed it and what was removed stays
          in the audit.
        </p>
        {change.isError && <Fault error={change.error} />}
        <DialogActions
          onCancel={onClose}
          loading={change.isPending}
          disabled={!isValid || (isPreviewed && (days === current || (days !== null && !isSure)))}
        >
          {isPreviewed ? (days === null ? 'Keep everything' : 'Change it') : 'Show what would go'}
        </DialogActions>
      </form>
    </Dialog>
  )
}

const COUNTING_MS = 1000

/** What would go; what confirms it stands below, once that is known. */
function Preview({ days, children }: { days: number; children: ReactNode }) {
  const preview = useAnswer(
    'RetentionPreview',
    '/v1/retention/preview',
    { days },
    { refreshMs: (answer) => (answer?.removes === null ? COUNTING_MS : false) },
  )
  return (
    <Shown of={preview} height={60}>
      {({ cut, held_by, counted: share, removes }) =>
        removes === null ? (
          <div role="status">
            <p style={{ margin: 0 }}>
              Counting what ended before {day(cut)} and would go: <span className="num">{percent(share)}</span>. Nothing is
              changed.
            </p>
            <Progress value={share * 100} size="sm" mt="xs" aria-label="Counted" />
          </div>
        ) : (
          <>
            <p style={{ margin: 0 }}>{said(cut, held_by, removes)}</p>
            {children}
          </>
        )
      }
    </Shown>
  )
}

function said(cut: string, heldBy: string | null, removes: NonNullable<RetentionPreview['removes']>): string {
  const { documents, events, calls, logs, measurements } = removes
  const held = heldBy === null ? '' : ` The frozen month ${heldBy} keeps what came after: open it again to remove more.`
  return `Of what ended before ${day(cut)}, ${counted(documents, 'document')} with ${counted(events, 'event')} would go now, and ${counted(calls, 'call')}, ${counted(logs, 'log record')} and ${counted(measurements, 'measurement')}. What changed within the last hour is looked at with the next removal.${held}`
}
