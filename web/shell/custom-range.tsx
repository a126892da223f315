import '@mantine/dates/styles.layer.css'
import { DatePicker } from '@mantine/dates'
import dayjs from 'dayjs'
import { useState } from 'react'

type Props = {
  /** Both as `YYYY-MM-DD`; `to` is the day after the last one, since windows are half-open. */
  onDone: (from: string, to: string) => void
}

/** A calendar for the first and the last day of a window. */
export function CustomRange({ onDone }: Props) {
  const [days, setDays] = useState<[string | null, string | null]>([null, null])
  return (
    <>
      <p className="dim" style={{ margin: '0 0 0.5rem' }}>
        First and last day, both included (UTC)
      </p>
      <DatePicker
        type="range"
        allowSingleDateInRange
        hideOutsideDates
        weekendDays={[]}
        ariaLabels={{
          previousMonth: 'Month before',
          nextMonth: 'Month after',
          previousYear: 'Year before',
          nextYear: 'Year after',
          previousDecade: 'Decade before',
          nextDecade: 'Decade after',
          monthLevelControl: 'Choose a month',
          yearLevelControl: 'Choose a year',
        }}
        value={days}
        maxDate={dayjs().format('YYYY-MM-DD')}
        onChange={(next) => {
          setDays(next)
          const [first, last] = next
          if (first !== null && last !== null) onDone(first, dayjs(last).add(1, 'day').format('YYYY-MM-DD'))
        }}
      />
    </>
  )
}
