import { Button, NativeSelect, NumberInput, TagsInput } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { SEVERITIES } from '../../../../model/alert-rule.ts'
import { words } from '../../../format.ts'
import { type Draft, listOf, numberOf, textOf } from './draft.ts'

const UNITS = [
  { value: '1', label: 'seconds' },
  { value: '60', label: 'minutes' },
  { value: '3600', label: 'hours' },
  { value: '86400', label: 'days' },
]

type SecondsProps = {
  label: string
  description?: string
  value: unknown
  /** Whether it may be left empty, which means null. */
  optional?: boolean
  onChange: (seconds: number | null) => void
}

/** A length of time: a number and its unit; the largest unit that is whole is chosen. */
export function SecondsInput({ label, description, value, optional = false, onChange }: SecondsProps) {
  const seconds = numberOf(value)
  const [unit, setUnit] = useState(() => unitOf(seconds))
  const factor = Number(unit)
  return (
    <div className="seconds-input">
      <NumberInput
        label={label}
        {...(description === undefined ? {} : { description })}
        min={0}
        hideControls
        value={seconds === '' ? '' : seconds / factor}
        onChange={(next) => {
          if (typeof next === 'number') onChange(Math.round(next * factor))
          else if (optional) onChange(null)
        }}
      />
      <NativeSelect
        aria-label={`${label}, unit`}
        value={unit}
        data={UNITS}
        onChange={({ currentTarget }) => {
          setUnit(currentTarget.value)
          if (seconds !== '') onChange(Math.round((seconds / factor) * Number(currentTarget.value)))
        }}
      />
    </div>
  )
}

function unitOf(seconds: number | ''): string {
  if (seconds === '' || seconds === 0) return '60'
  return UNITS.findLast(({ value }) => seconds % Number(value) === 0)?.value ?? '1'
}

type NamesProps = {
  label: string
  description?: string
  value: unknown
  data?: readonly string[]
  onChange: (names: string[]) => void
}

/** Names of a list; empty means all. */
export function NamesInput({ label, description = 'Empty: all', value, data, onChange }: NamesProps) {
  return (
    <TagsInput
      label={label}
      description={description}
      value={listOf(value)}
      data={[...new Set(data ?? [])]}
      onChange={onChange}
      clearable
    />
  )
}

/** How grave something is. */
export function SeverityInput({ label, value, onChange }: { label: string; value: unknown; onChange: (value: string) => void }) {
  return (
    <NativeSelect
      label={label}
      value={textOf(value)}
      onChange={(event) => onChange(event.currentTarget.value)}
      data={SEVERITIES.map((one) => ({ value: one, label: words(one) }))}
    />
  )
}

type RowsProps = {
  /** What the rows are, and what one of them is. */
  title: string
  noun: string
  rows: readonly Draft[]
  /** What a row that is added says. */
  fresh: Draft
  add: string
  /** Fewest rows; those cannot be taken away. */
  least?: number
  /** Whether their order matters: they can be moved up. */
  ordered?: boolean
  children: (row: Draft, set: (changes: Draft) => void, index: number) => ReactNode
  onChange: (rows: Draft[]) => void
}

/** Rows that can be added and taken away, each with inputs of its own. */
export function Rows({ title, noun, rows, fresh, add, least = 1, ordered = false, children, onChange }: RowsProps) {
  // Each row has a name while it is edited, so that inputs stay with theirs when one before it is taken away or moved.
  const [names, setNames] = useState(() => [...rows.keys()])
  const named = names.length === rows.length ? names : [...rows.keys()]
  const change = (next: Draft[], nextNames: number[]): void => {
    setNames(nextNames)
    onChange(next)
  }
  return (
    <fieldset className="form-part rule-rows">
      <legend>{title}</legend>
      {rows.map((row, index) => (
        <div key={named[index]} className="rule-row">
          {children(row, (changes) => onChange(rows.with(index, { ...row, ...changes })), index)}
          <div className="row rule-row-acts">
            {ordered && (
              <Button
                size="xs"
                variant="subtle"
                disabled={index === 0}
                aria-label={`Move ${noun} ${index + 1} up`}
                onClick={() => change(raised(rows, index), raised(named, index))}
              >
                Move up
              </Button>
            )}
            <Button
              size="xs"
              variant="subtle"
              disabled={rows.length <= least}
              aria-label={`Remove ${noun} ${index + 1}`}
              onClick={() => change(rows.toSpliced(index, 1), named.toSpliced(index, 1))}
            >
              Remove {noun}
            </Button>
          </div>
        </div>
      ))}
      <div>
        <Button size="xs" variant="default" onClick={() => change([...rows, fresh], [...named, Math.max(-1, ...named) + 1])}>
          {add}
        </Button>
      </div>
    </fieldset>
  )
}

/** A list with one of its items moved up by one place. */
function raised<T>(list: readonly T[], index: number): T[] {
  return index === 0 ? [...list] : list.toSpliced(index, 1).toSpliced(index - 1, 0, ...list.slice(index, index + 1))
}
