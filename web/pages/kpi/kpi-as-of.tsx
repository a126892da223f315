import { NativeSelect, TextInput } from '@mantine/core'
import { useSearchParams } from 'react-router'
import { useAnswer } from '../../answers.ts'
import { day } from '../../format.ts'
import { useSetParameters } from '../../scope.ts'

/** As of when the page answers: `undefined` for now, an instant, or `frozen`: closed months as they were known then. */
export function useAsOf(): string | undefined {
  const [search] = useSearchParams()
  const asked = search.get('as_of')
  return asked === null || (asked !== 'frozen' && Number.isNaN(Date.parse(asked))) ? undefined : asked
}

/** Chooses as of when the page answers: now, a day, or as months were frozen. */
export function AsOfPicker() {
  const asOf = useAsOf()
  const setParameters = useSetParameters()
  const frozen = useAnswer('FrozenMonths', '/v1/frozen-months')
  const months = frozen.data?.months ?? []
  const isDay = asOf !== undefined && asOf !== 'frozen'
  return (
    <span className="row">
      <NativeSelect
        size="xs"
        aria-label="As of"
        value={isDay ? 'day' : (asOf ?? 'now')}
        data={[
          { value: 'now', label: 'As known now' },
          { value: 'day', label: 'As known on a day' },
          { value: 'frozen', label: `As frozen (${months.length})`, disabled: months.length === 0 },
        ]}
        onChange={(event) => {
          const choice = event.currentTarget.value
          const today = new Date().toISOString().slice(0, 10)
          setParameters({ as_of: choice === 'now' ? undefined : choice === 'frozen' ? 'frozen' : today })
        }}
      />
      {isDay && (
        <TextInput
          type="date"
          size="xs"
          aria-label="Known at the start of"
          title={`As it was known at the start of ${day(asOf)}, UTC`}
          value={asOf.slice(0, 10)}
          onChange={(event) => setParameters({ as_of: event.currentTarget.value })}
        />
      )}
    </span>
  )
}
