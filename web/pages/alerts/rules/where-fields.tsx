import { Button, NativeSelect, TagsInput } from '@mantine/core'
import { DIMENSIONS } from '../../../../model/vocabulary.ts'
import { words } from '../../../format.ts'
import { type Draft, listOf } from './draft.ts'

type Props = { of: Draft; onChange: (where: Draft) => void }

/** Values that dimensions must have: one of several of each. */
export function WhereFields({ of, onChange }: Props) {
  const names = Object.keys(of)
  const free = DIMENSIONS.filter((one) => !names.includes(one))
  return (
    <div className="stack rule-where">
      {names.map((name) => (
        <div key={name} className="rule-row">
          <TagsInput
            label={`Where ${words(name).toLowerCase()} is`}
            placeholder="Type and press Enter"
            value={listOf(of[name])}
            onChange={(values) => onChange({ ...of, [name]: values })}
          />
          <Button
            size="xs"
            variant="subtle"
            aria-label={`Any ${words(name).toLowerCase()}`}
            onClick={() => onChange(Object.fromEntries(Object.entries(of).filter(([one]) => one !== name)))}
          >
            Remove
          </Button>
        </div>
      ))}
      <NativeSelect
        size="xs"
        aria-label="Narrow by"
        className="rule-narrow"
        value=""
        onChange={({ currentTarget: { value } }) => value !== '' && onChange({ ...of, [value]: [] })}
        data={[
          { value: '', label: names.length === 0 ? 'Everywhere; narrow by …' : 'Narrow by …' },
          ...free.map((one) => ({ value: one, label: words(one) })),
        ]}
      />
    </div>
  )
}
