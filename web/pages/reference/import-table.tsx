import { Button, Checkbox, FileButton, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { ReferenceKindInfo, ReferenceProblem, ReferenceSaved } from '../../../api/contract/reference.ts'
import { useAct } from '../../answers.ts'
import { count, counted } from '../../format.ts'
import { Dialog, DialogActions } from '../../parts/dialog.tsx'
import { Figures } from '../../parts/panel.tsx'
import { Fault } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { fieldsOf } from './fields.ts'

type Props = { of: ReferenceKindInfo; onClose: () => void }

/** Loads a table of rows: what would become of it is shown first, with what is wrong by row. */
export function ImportTable({ of, onClose }: Props) {
  const [csv, setCsv] = useState('')
  const [supersede, setSupersede] = useState(false)
  const [partial, setPartial] = useState(false)
  const path = `/v1/reference/${of.kind}`
  const preview = useAct('ReferenceSaved', () => ({ path, body: { csv, supersede, dry_run: true } }))
  const save = useAct('ReferenceSaved', () => ({ path, body: { csv, supersede, partial } }))
  const changed = (): void => {
    preview.reset()
    save.reset()
  }
  const take = async (file: File | null): Promise<void> => {
    if (file === null) return
    setCsv(await file.text())
    changed()
  }
  const seen = preview.data
  const ready = seen !== undefined && seen.added > 0 && (partial || seen.problems.length === 0)
  return (
    <Dialog title={`Import ${of.title.toLowerCase()}`} opened onClose={onClose} size="52rem">
      {save.isSuccess ? (
        <div className="stack">
          <Outcome of={save.data} done />
          <p className="dim form-note">It can be taken back whole from the list of changes.</p>
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <Button onClick={onClose}>Done</Button>
          </div>
        </div>
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault()
            if (ready) save.mutate()
            else preview.mutate()
          }}
        >
          <p className="dim form-note">
            A table with the columns <span className="mono">key, valid_from, valid_to</span> and{' '}
            <span className="mono">
              {fieldsOf(of)
                .map(({ name }) => name)
                .join(', ')}
            </span>
            . Days or instants; what is composed is JSON in its cell. An export has this form.
          </p>
          <div className="row">
            <FileButton accept=".csv,text/csv,text/plain" onChange={(file) => void take(file)}>
              {(props) => (
                <Button {...props} variant="default" size="xs">
                  Choose a file
                </Button>
              )}
            </FileButton>
            <span className="dim">or paste it</span>
          </div>
          <Textarea
            className="mono-input"
            aria-label="Table"
            value={csv}
            onChange={(event) => {
              setCsv(event.currentTarget.value)
              changed()
            }}
            autosize
            minRows={6}
            maxRows={14}
            spellCheck={false}
            required
          />
          <Checkbox
            label="End earlier rows of a key where a new one begins"
            checked={supersede}
            onChange={(event) => {
              setSupersede(event.currentTarget.checked)
              changed()
            }}
          />
          {preview.isError && <Fault error={preview.error} />}
          {seen !== undefined && <Outcome of={seen} done={false} />}
          {seen !== undefined && seen.problems.length > 0 && (
            <Checkbox
              label={`Keep the others and leave ${counted(seen.problems.length, 'row')} out`}
              checked={partial}
              onChange={(event) => setPartial(event.currentTarget.checked)}
            />
          )}
          {save.isError && <Fault error={save.error} />}
          <DialogActions onCancel={onClose} loading={preview.isPending || save.isPending} disabled={seen !== undefined && !ready}>
            {seen === undefined
              ? 'Show what would become of it'
              : seen.added === 0
                ? 'Nothing to keep'
                : `Keep ${counted(seen.added, 'row')}`}
          </DialogActions>
        </form>
      )}
    </Dialog>
  )
}

function Outcome({ of, done }: { of: ReferenceSaved; done: boolean }) {
  return (
    <section className="stack" aria-label={done ? 'What became of it' : 'What would become of it'}>
      <Figures
        items={[
          { name: done ? 'Kept' : 'To be kept', value: count(of.added) },
          { name: 'Known before', value: count(of.unchanged) },
          { name: done ? 'Earlier ones ended' : 'Earlier ones to end', value: count(of.ended) },
          { name: 'Refused', value: count(of.problems.length) },
        ]}
      />
      {of.problems.length > 0 && (
        <Table<ReferenceProblem>
          label="Rows that are refused"
          rows={of.problems.slice(0, 50)}
          rowKey={({ row, message }) => `${row} ${message}`}
          columns={[
            { head: 'Row', render: ({ row }) => count(row + 1), right: true },
            { head: 'Why', render: ({ message }) => message },
          ]}
        />
      )}
      {of.problems.length > 50 && <p className="dim form-note">and {count(of.problems.length - 50)} more</p>}
    </section>
  )
}
