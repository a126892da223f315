import { TextInput } from '@mantine/core'

/** Asks why something is changed, for the history of it. */
export function WhyInput({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <TextInput
      size="xs"
      aria-label="Why it is changed"
      placeholder="Why it is changed; kept in its history"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
