import { SegmentedControl } from '@mantine/core'
import { useSetParameters } from '../scope.ts'
import { SPANS, useSpan } from '../span.ts'

/** Chooses the span of a technical page, up to now. */
export function SpanPicker({ longest = '30d' }: { longest?: (typeof SPANS)[number]['id'] }) {
  const span = useSpan()
  const setParameters = useSetParameters()
  const most = SPANS.findIndex(({ id }) => id === longest)
  return (
    <SegmentedControl
      size="xs"
      aria-label="Time span"
      value={span.id}
      data={SPANS.slice(0, most + 1).map(({ id, label }) => ({ value: id, label }))}
      onChange={(id) => setParameters({ span: id })}
    />
  )
}
