import { Textarea } from '@mantine/core'

/** Text of rules as code, to be changed by hand. */
export function YamlInput({ label, value, onChange }: { label: string; value: string; onChange: (text: string) => void }) {
  return (
    <Textarea
      className="mono-input"
      label={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      autosize
      minRows={14}
      maxRows={36}
      spellCheck={false}
    />
  )
}
