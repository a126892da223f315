import { Button, Popover, SegmentedControl } from '@mantine/core'
import { useDisclosure, useMediaQuery } from '@mantine/hooks'
import { lazy, Suspense } from 'react'
import { Loading } from '../parts/states.tsx'
import { RANGES, useScope, useSetParameters } from '../scope.ts'

const CustomRange = lazy(async () => ({ default: (await import('./custom-range.tsx')).CustomRange }))

/** Chooses the time window of the address: the last days, all history, or two dates. */
export function RangePicker() {
  const { window } = useScope()
  const setParameters = useSetParameters()
  const [open, { toggle, close }] = useDisclosure(false)
  const narrow = useMediaQuery('(max-width: 48em)') ?? false
  const choices = [
    ...RANGES.map(({ id, label }) => ({ value: id as string, label: label as string })),
    { value: 'all', label: 'All' },
  ]
  return (
    <div className="row range-picker" role="group" aria-label="Time range">
      <SegmentedControl
        size="xs"
        aria-label="Time range"
        value={window.id}
        data={narrow ? choices.filter(({ value }) => value !== '180d') : choices}
        onChange={(range) => setParameters({ range, from: undefined, to: undefined })}
      />
      <Popover opened={open} onChange={close} position="bottom-end" shadow="md" trapFocus returnFocus withinPortal={false}>
        <Popover.Target>
          <Button size="xs" variant={window.id === 'custom' ? 'light' : 'default'} onClick={toggle} aria-expanded={open}>
            {window.id === 'custom' ? window.label : 'Dates…'}
          </Button>
        </Popover.Target>
        <Popover.Dropdown aria-label="Choose two dates">
          <Suspense fallback={<Loading height={280} />}>
            <CustomRange
              onDone={(from, to) => {
                setParameters({ from, to, range: undefined })
                close()
              }}
            />
          </Suspense>
        </Popover.Dropdown>
      </Popover>
    </div>
  )
}
