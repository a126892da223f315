import { Checkbox, NativeSelect, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ReferenceKindInfo, ReferenceRow } from '../../../api/contract/reference.ts'
import { useAct } from '../../answers.ts'
import { words } from '../../format.ts'
import { Dialog, DialogActions } from '../../parts/dialog.tsx'
import { Fault } from '../../parts/states.tsx'
import { bodyOf, boundText, type Field, fieldsOf, type Values, valuesOf } from './fields.ts'

type Props = { of: ReferenceKindInfo; row: ReferenceRow | undefined; onClose: () => void }

/** States a row, or states anew what a row says: from the same day in its place, from a later one after it. */
export function RowForm({ of, row, onClose }: Props) {
  const fields = fieldsOf(of)
  const [key, setKey] = useState(row?.key ?? '')
  const [from, setFrom] = useState(row === undefined ? '' : boundText(row.valid_from))
  const [to, setTo] = useState(row === undefined ? '' : boundText(row.valid_to))
  const [supersede, setSupersede] = useState(row !== undefined)
  const [values, setValues] = useState<Values>(() => valuesOf(fields, (row?.body ?? {}) as Record<string, unknown>))
  const { body, problems } = bodyOf(fields, values)
  const save = useAct('ReferenceSaved', () => ({
    path: `/v1/reference/${of.kind}`,
    body: {
      rows: [
        {
          key: key.trim(),
          ...(from.trim() === '' ? {} : { valid_from: from.trim() }),
          ...(to.trim() === '' ? {} : { valid_to: to.trim() }),
          body,
        },
      ],
      supersede,
    },
  }))
  return (
    <Dialog
      title={row === undefined ? `Add to ${of.title.toLowerCase()}` : `Change ${row.key}`}
      opened
      onClose={onClose}
      size="46rem"
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate(undefined, { onSuccess: onClose })
        }}
      >
        <div className="form-grid">
          <TextInput
            label="Key"
            description={of.key}
            placeholder={of.example.key}
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
            required
            disabled={row !== undefined}
          />
          <span />
          <TextInput
            label="Valid from"
            description="A day or an instant; empty: always"
            placeholder="2026-01-01"
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          <TextInput
            label="Valid to"
            description="Exclusive; empty: until further notice"
            placeholder="2027-01-01"
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
        </div>
        <fieldset className="form-part">
          <legend>What it says</legend>
          <div className="form-grid">
            {fields.map((field) => (
              <Input
                key={field.name}
                field={field}
                value={values[field.name] ?? ''}
                example={of.example.body[field.name]}
                problem={problems[field.name]}
                onChange={(value) => setValues({ ...values, [field.name]: value })}
              />
            ))}
          </div>
        </fieldset>
        <Checkbox
          label="End what this key says so far where this begins"
          description="Otherwise a period that overlaps is refused"
          checked={supersede}
          onChange={(event) => setSupersede(event.currentTarget.checked)}
        />
        {save.isError && <Fault error={save.error} />}
        <DialogActions onCancel={onClose} loading={save.isPending} disabled={Object.keys(problems).length > 0}>
          {row === undefined ? 'Add it' : 'Save'}
        </DialogActions>
      </form>
    </Dialog>
  )
}

type InputProps = {
  field: Field
  value: string | readonly string[]
  example: unknown
  problem: string | undefined
  onChange: (value: string | readonly string[]) => void
}

function Input({ field, value, example, problem, onChange }: InputProps) {
  const { name, kind, options, required } = field
  const label = words(name)
  const text = typeof value === 'string' ? value : ''
  const hint =
    example === undefined || example === null ? undefined : typeof example === 'string' ? example : JSON.stringify(example)
  if (kind === 'choice')
    return (
      <NativeSelect
        label={label}
        value={text}
        required={required}
        onChange={(event) => onChange(event.currentTarget.value)}
        data={[
          { value: '', label: required ? 'Choose one' : 'not said' },
          ...options.map((one) => ({ value: one, label: words(one) })),
        ]}
      />
    )
  if (kind === 'list')
    return (
      <TagsInput
        label={label}
        placeholder="Type and press Enter"
        value={typeof value === 'string' ? [] : [...value]}
        onChange={onChange}
      />
    )
  if (kind === 'json')
    return (
      <Textarea
        className="mono-input"
        label={label}
        description="JSON; empty: none"
        placeholder={hint}
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={problem}
        autosize
        minRows={2}
        maxRows={10}
        spellCheck={false}
      />
    )
  return (
    <TextInput
      label={label}
      placeholder={hint}
      value={text}
      required={required}
      inputMode={kind === 'number' ? 'decimal' : undefined}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
